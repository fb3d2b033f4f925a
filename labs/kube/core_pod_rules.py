"""A pod's defaults that are no constants, and its rules in Kubernetes' words.

Sources: the API reference of Pod v1, Kubernetes 1.37; what the admission plug-ins of a plain
cluster add (ServiceAccount, DefaultTolerationSeconds, Priority). The words are a cluster's.
"""

from collections.abc import Iterator
from typing import Any

from labs.kube.core_container_rules import container_violations
from labs.kube.names import dns_label, labels_violations
from labs.kube.schema import Obj
from labs.kube.violation import Violation, duplicate, forbidden, invalid, required

_WAIT = 300  # seconds a pod stays on a node that is not ready
_AWAY = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
_CHANGE = (
    "pod updates may not change fields other than `spec.containers[*].image`,"
    "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only "
    "additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set "
    "to 1 if it was previously negative)"
)


def pod_defaults(new: Obj, old: Obj | None) -> Obj:
    """What the API server and its admission plug-ins add to a pod."""
    spec = image_policies(dict(new.get("spec") or {}))
    spec.setdefault("enableServiceLinks", True)
    # What admission added once stays: whoever changes the pod need not repeat it.
    spec = {**{name: one for name, one in _admitted(old).items() if one}, **spec}
    name = spec.get("serviceAccountName") or spec.get("serviceAccount") or "default"
    spec |= {"serviceAccountName": name, "serviceAccount": name}
    spec.setdefault("priority", 0)
    spec.setdefault("preemptionPolicy", "PreemptLowerPriority")
    spec["tolerations"] = _tolerations(spec.get("tolerations") or [])
    for part in ("containers", "initContainers"):
        if part in spec:
            spec[part] = [_requests(one) for one in spec[part]]
    return {**new, "spec": spec}


def _admitted(old: Obj | None) -> Obj:
    before = (old or {}).get("spec") or {}
    names = ("serviceAccountName", "serviceAccount", "priority", "preemptionPolicy")
    return {name: before.get(name) for name in names}


def _tolerations(given: list[Obj]) -> list[Obj]:
    covered = {one.get("key") for one in given if one.get("effect") in (None, "", "NoExecute")}
    return given + [
        {"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": _WAIT}
        for key in _AWAY
        if not covered & {key, None, ""}
    ]


def _requests(container: Obj) -> Obj:
    """What is limited and not requested is requested as limited."""
    amounts = container.get("resources") or {}
    limits = amounts.get("limits") or {}
    if not limits:
        return container
    requests = {**limits, **(amounts.get("requests") or {})}
    return {**container, "resources": {**amounts, "requests": requests}}


def image_policies(spec: Obj) -> Obj:
    """A pod's specification with each container's imagePullPolicy filled in."""
    done = dict(spec)
    for part in ("containers", "initContainers"):
        if part in done:
            done[part] = [_pulled(one) for one in done[part] or []]
    if "volumes" in done:
        done["volumes"] = [
            one if len(one) > 1 else {**one, "emptyDir": {}} for one in spec["volumes"]
        ]
    return done


def _pulled(container: Obj) -> Obj:
    if container.get("imagePullPolicy"):
        return container
    image = str(container.get("image", ""))
    name, _, digest = image.partition("@")
    _, colon, tag = name.rpartition("/")[2].partition(":")
    latest = not digest and (not colon or tag == "latest")
    return {**container, "imagePullPolicy": "Always" if latest else "IfNotPresent"}


def pod_rules(new: Obj, old: Obj | None) -> list[Violation]:
    """What is wrong with a pod, or with a change of one."""
    found = list(pod_spec_violations(new.get("spec") or {}, "spec"))
    if old is not None and _fixed(new) != _fixed(old):
        found.append(forbidden("spec", _CHANGE))
    return found


def _fixed(pod: Obj) -> Obj:
    """The part of a pod's specification that stays as it was made."""
    spec = dict(pod.get("spec") or {})
    for name in ("activeDeadlineSeconds", "tolerations", "nodeName", "schedulingGates"):
        spec.pop(name, None)
    for part in ("containers", "initContainers"):
        if part in spec:
            loose = {"image", "imagePullPolicy"}
            spec[part] = [
                {key: value for key, value in one.items() if key not in loose} for one in spec[part]
            ]
    return spec


def pod_spec_violations(spec: Obj, path: str) -> Iterator[Violation]:
    """What is wrong with what a pod runs, given at `path`."""
    volumes = spec.get("volumes") or []
    yield from _volumes(volumes, f"{path}.volumes")
    known = {one.get("name") for one in volumes}
    names: set[str] = set()
    for part in ("initContainers", "containers"):
        for number, one in enumerate(spec.get(part) or []):
            where = f"{path}.{part}[{number}]"
            yield from container_violations(one, where, known, init=part == "initContainers")
            if one.get("name") in names:
                yield duplicate(f"{where}.name", one["name"])
            names.add(one.get("name", ""))
    yield from labels_violations(spec.get("nodeSelector"), f"{path}.nodeSelector")
    grace = spec.get("terminationGracePeriodSeconds")
    if grace is not None and grace < 0:
        where = f"{path}.terminationGracePeriodSeconds"
        yield invalid(where, grace, "must be greater than or equal to 0")
    for number, one in enumerate(spec.get("tolerations") or []):
        yield from _toleration(one, f"{path}.tolerations[{number}]")
    if spec.get("hostname"):
        where = f"{path}.hostname"
        yield from (invalid(where, spec["hostname"], why) for why in dns_label(spec["hostname"]))


def _volumes(volumes: list[Obj], path: str) -> Iterator[Violation]:
    names: set[str] = set()
    for number, one in enumerate(volumes):
        where, name = f"{path}[{number}]", one.get("name", "")
        if name:
            yield from (invalid(f"{where}.name", name, why) for why in dns_label(name))
        if name in names:
            yield duplicate(f"{where}.name", name)
        names.add(name)
        sources = [key for key in one if key != "name"]
        if not sources:
            yield required(where, "must specify a volume type")
        for more in sources[1:]:
            yield forbidden(f"{where}.{more}", "may not specify more than 1 volume type")
        if "secret" in one and not (one["secret"] or {}).get("secretName"):
            yield required(f"{where}.secret.secretName")
        if "configMap" in one and not (one["configMap"] or {}).get("name"):
            yield required(f"{where}.configMap.name")


def _toleration(one: Obj, path: str) -> Iterator[Violation]:
    operator: Any = one.get("operator", "")
    if not one.get("key") and operator != "Exists":
        why = (
            'operator must be Exists when `key` is empty, which means "match all values and all '
            'keys"'
        )
        yield invalid(f"{path}.operator", operator, why)
    if operator == "Exists" and one.get("value"):
        why = "value must be empty when `operator` is 'Exists'"
        yield invalid(f"{path}.operator", one["value"], why)
    if one.get("tolerationSeconds") is not None and one.get("effect") != "NoExecute":
        why = "effect must be 'NoExecute' when `tolerationSeconds` is set"
        yield invalid(f"{path}.effect", one.get("effect", ""), why)
