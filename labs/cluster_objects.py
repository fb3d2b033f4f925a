"""The objects of a cluster that somebody declared: written down for a checkpoint, and brought back.

What controllers made of them (ReplicaSets, pods of a Deployment, EndpointSlices, events, statuses)
is not part of it: they make it again. Of a node its labels, taints and whether it is cordoned are.
"""

from __future__ import annotations

import contextlib
import json
from typing import Final

from labs.errors import LabError
from labs.kube.api import Api, ApiError
from labs.kube.owned import is_free
from labs.kube.schema import Obj
from labs.polling import poll

GONE_SECONDS: Final = 40.0
_MADE: Final = ("uid", "resourceVersion", "creationTimestamp", "generation", "managedFields")
_OTHERS: Final = (
    *("events", "leases.coordination.k8s.io", "endpointslices.discovery.k8s.io"),
    *("customresourcedefinitions.apiextensions.k8s.io", "controllerrevisions.apps"),
)
"""Kinds that only controllers write."""
_DATA: Final = ("ConfigMap", "Secret", "ServiceAccount")
_TRIES: Final = 4

_Key = tuple[str, str, str]


def declared(api: Api) -> dict[_Key, Obj]:
    """Return the objects that somebody declared, by (resource, namespace, name)."""
    found: dict[_Key, Obj] = {}
    for kind in api.kinds.all():
        readable = not kind.verbs or "create" in kind.verbs
        if not kind.storage or kind.resource in _OTHERS or not readable:
            continue
        with contextlib.suppress(ApiError):  # a kind that is only asked, and kept nowhere
            for obj in api.list(kind.resource):
                told = "spec" in obj or obj["kind"] in _DATA
                if told and is_free(obj) and "deletionTimestamp" not in obj["metadata"]:
                    metadata = obj["metadata"]
                    key = (kind.resource, metadata.get("namespace", ""), metadata["name"])
                    found[key] = _plain(obj)
    return found


def _plain(obj: Obj) -> Obj:
    metadata = {k: v for k, v in obj["metadata"].items() if k not in _MADE}
    return {**{k: v for k, v in obj.items() if k != "status"}, "metadata": metadata}


def written(objects: dict[_Key, Obj]) -> str:
    """Return declared objects as text for a checkpoint."""
    return json.dumps(list(objects.items()), separators=(",", ":"))


def read(text: str) -> dict[_Key, Obj]:
    """Return what `written` wrote.

    Raises:
        LabError: it is something else.
    """
    try:
        found = {(str(a), str(b), str(c)): dict(obj) for (a, b, c), obj in json.loads(text)}
    except (TypeError, ValueError) as error:
        raise LabError(f"expected a cluster's objects, seen {text[:80]!r}") from error
    return found


def bring_back(api: Api, wanted: dict[_Key, Obj]) -> None:
    """Make the declared objects what they were; waits until what has to go is gone.

    Raises:
        LabError: the API refuses an object, whatever the order; quotes it.
    """
    _delete(api, [key for key in declared(api) if key not in wanted])
    trouble: dict[_Key, str] = {}
    for _ in range(_TRIES):  # an admission check may want another object there first
        there = declared(api)
        changed = [key for key, obj in wanted.items() if there.get(key) != obj]
        trouble = {}
        for key in sorted(changed, key=lambda key: key[0] != "namespaces"):
            try:
                _write(api, key, wanted[key], there.get(key))
            except ApiError as error:
                trouble[key] = str(error)
        if not trouble:
            return
    raise LabError(f"an object cannot be brought back: {next(iter(trouble.values()))}")


def _write(api: Api, key: _Key, wanted: Obj, before: Obj | None) -> None:
    resource, namespace, name = key
    if before is None:
        api.create(wanted, field_validation="Ignore")
        return
    now = api.get(resource, name, namespace)
    metadata = {k: now["metadata"][k] for k in _MADE if k in now["metadata"]}
    new = {**wanted, "metadata": {**wanted["metadata"], **metadata}}
    if "status" in now:
        new["status"] = now["status"]
    if resource == "pods":  # most of a pod cannot be changed
        _delete(api, [key])
        api.create(wanted, field_validation="Ignore")
        return
    api.update(new, field_validation="Ignore")


def _delete(api: Api, keys: list[_Key]) -> None:
    for resource, namespace, name in sorted(keys, key=lambda key: key[0] == "namespaces"):
        try:
            grace = 0 if resource == "pods" else None
            api.delete(resource, name, namespace, grace=grace)
        except ApiError as error:
            if error.reason not in ("NotFound", "Forbidden"):
                raise LabError(f"{resource}/{name} cannot be deleted: {error}") from error

    def left() -> list[str]:
        there = []
        for resource, namespace, name in keys:
            with contextlib.suppress(ApiError):
                api.get(resource, name, namespace)
                there.append(f"{resource}/{name}")
        return there

    poll("objects are gone", lambda: not left(), GONE_SECONDS, lambda: ", ".join(left()))
