"""What the API serves, as kubectl asks for it: groups, versions, resources, short names, verbs.

Both forms are answered: the aggregated one (apidiscovery.k8s.io/v2), which kubectl asks for first,
and the older one with a document per group and version. Source: the discovery API of Kubernetes.
"""

import re

from labs.kube.errors import no_such_path
from labs.kube.kinds import Kind, Kinds
from labs.kube.schema import Obj

VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
_STAGES = {"": 0, "beta": 1, "alpha": 2}

_CHANGE = ("get", "patch", "update")
_CONNECT = ("create", "get")
_SUBRESOURCES: dict[str, tuple[tuple[str, ...], tuple[str, str, str] | None]] = {
    "status": (_CHANGE, None),
    "scale": (_CHANGE, ("autoscaling", "v1", "Scale")),
    "log": (("get",), None),
    "exec": (_CONNECT, ("", "v1", "PodExecOptions")),
    "attach": (_CONNECT, ("", "v1", "PodAttachOptions")),
    "portforward": (_CONNECT, ("", "v1", "PodPortForwardOptions")),
    "eviction": (("create",), ("policy", "v1", "Eviction")),
    "binding": (("create",), ("", "v1", "Binding")),
    "finalize": (("update",), None),
}


def _by_age(version: str) -> tuple[int, int, int, str]:
    """v2 before v1 before v1beta2 before v1alpha1, as Kubernetes prefers them."""
    found = re.fullmatch(r"v(\d+)(?:(alpha|beta)(\d+))?", version)
    if found is None:
        return 3, 0, 0, version
    major, stage, minor = found.groups()
    return _STAGES[stage or ""], -int(major), -int(minor or 0), version


def groups(kinds: Kinds) -> dict[str, list[str]]:
    """Each group's versions, the preferred one first."""
    served: dict[str, set[str]] = {}
    for kind in kinds:
        served.setdefault(kind.group, set()).add(kind.version)
    return {group: sorted(versions, key=_by_age) for group, versions in served.items()}


def _of(kinds: Kinds, group: str, version: str) -> list[Kind]:
    return [kind for kind in kinds if (kind.group, kind.version) == (group, version)]


def _subresources(kind: Kind) -> list[str]:
    extra = {"finalize"} if kind.resource == "namespaces" else set()
    return sorted(extra | (kind.subresources & set(_SUBRESOURCES)))


def api_versions() -> Obj:
    """The answer to /api."""
    return {
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": [],
    }


def _group(name: str, versions: list[str]) -> Obj:
    told = [{"groupVersion": f"{name}/{version}", "version": version} for version in versions]
    return {"name": name, "versions": told, "preferredVersion": told[0]}


def group_list(kinds: Kinds) -> Obj:
    """The answer to /apis."""
    named = [_group(name, versions) for name, versions in groups(kinds).items() if name]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": named}


def group(kinds: Kinds, name: str) -> Obj:
    """The answer to /apis/GROUP.

    Raises:
        ApiError: there is no such group.
    """
    versions = groups(kinds).get(name)
    if not name or versions is None:
        raise no_such_path()
    return {"kind": "APIGroup", "apiVersion": "v1", **_group(name, versions)}


def resource_list(kinds: Kinds, name: str, version: str) -> Obj:
    """The answer to /api/v1 and /apis/GROUP/VERSION.

    Raises:
        ApiError: there is no such group or version.
    """
    served = _of(kinds, name, version)
    if not served:
        raise no_such_path()
    resources: list[Obj] = []
    for kind in served:
        entry = {
            "name": kind.plural,
            "singularName": kind.singular_name,
            "namespaced": kind.namespaced,
            "kind": kind.kind,
            "verbs": list(kind.verbs or VERBS),
        }
        if kind.short_names:
            entry["shortNames"] = list(kind.short_names)
        if kind.categories:
            entry["categories"] = list(kind.categories)
        resources.append(entry)
        for part in _subresources(kind):
            verbs, answers = _SUBRESOURCES[part]
            entry = {
                "name": f"{kind.plural}/{part}",
                "singularName": "",
                "namespaced": kind.namespaced,
                "kind": answers[2] if answers else kind.kind,
                "verbs": list(verbs),
            }
            if answers and answers[0]:
                entry |= {"group": answers[0], "version": answers[1]}
            resources.append(entry)
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": served[0].api_version,
        "resources": resources,
    }


def aggregated(kinds: Kinds, *, core: bool) -> Obj:
    """The whole of /api (core) or /apis in one document."""
    items = [
        {
            "metadata": {"name": name, "creationTimestamp": None},
            "versions": [
                {
                    "version": version,
                    "resources": [_discovered(kind) for kind in _of(kinds, name, version)],
                    "freshness": "Current",
                }
                for version in versions
            ],
        }
        for name, versions in groups(kinds).items()
        if (name == "") is core
    ]
    return {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {},
        "items": items,
    }


def _discovered(kind: Kind) -> Obj:
    own = (kind.group, kind.version, kind.kind)
    told: Obj = {
        "resource": kind.plural,
        "responseKind": _response(own),
        "scope": "Namespaced" if kind.namespaced else "Cluster",
        "singularResource": kind.singular_name,
        "verbs": list(kind.verbs or VERBS),
    }
    if kind.short_names:
        told["shortNames"] = list(kind.short_names)
    if kind.categories:
        told["categories"] = list(kind.categories)
    parts = [
        {
            "subresource": part,
            "responseKind": _response(_SUBRESOURCES[part][1] or own),
            "verbs": list(_SUBRESOURCES[part][0]),
        }
        for part in _subresources(kind)
    ]
    return told | ({"subresources": parts} if parts else {})


def _response(kind: tuple[str, str, str]) -> Obj:
    return dict(zip(("group", "version", "kind"), kind, strict=True))
