"""The scheduler: a pod without a node gets the one that fits and has the fewest pods.

It looks at nodeSelector, required node affinity, taints and what is unschedulable. Requests of CPU
and memory count for nothing: nodes of a lab are all the same machine. Source: assigning pods to
nodes, taints and tolerations in the Kubernetes documentation; the words of FailedScheduling.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from labs.kube import subresources
from labs.kube.api import Api, ApiError
from labs.kube.owned import is_active, with_conditions
from labs.kube.schema import Obj

UNSCHEDULABLE: Final = "node(s) were unschedulable"
_NO_MATCH: Final = "node(s) didn't match Pod's node affinity/selector"
_HARD: Final = ("NoSchedule", "NoExecute")


class Scheduler:
    """Binds pods to nodes."""

    name = "scheduler"
    watches = ("pods", "nodes")

    def __init__(self, api: Api) -> None:
        """Work through this API."""
        self._api = api

    def reconcile(self) -> None:
        """Bind every pod that waits and fits somewhere."""
        pods, nodes = self._api.list("pods"), self._api.list("nodes")
        load = Counter(pod["spec"].get("nodeName", "") for pod in pods if is_active(pod))
        for pod in sorted(pods, key=lambda pod: pod["metadata"]["creationTimestamp"]):
            waits = not pod["spec"].get("nodeName") and "deletionTimestamp" not in pod["metadata"]
            if (
                waits
                and pod["spec"].get("schedulerName", "default-scheduler") == "default-scheduler"
            ):
                self._place(pod, nodes, load)

    def _place(self, pod: Obj, nodes: list[Obj], load: Counter[str]) -> None:
        reasons = {node["metadata"]["name"]: unfit(pod, node) for node in nodes}
        fitting = [name for name, why in reasons.items() if not why]
        if not fitting:
            self._refuse(pod, reasons)
            return
        metadata = pod["metadata"]
        name = min(fitting, key=lambda one: (load[one], one))
        load[name] += 1
        try:
            subresources.bind(
                self._api, metadata["name"], metadata["namespace"], {"target": {"name": name}}
            )
            bound = self._api.get("pods", metadata["name"], metadata["namespace"])
            held = with_conditions({}, ("PodScheduled", True, "", ""))
            self._api.set_status(bound, {**(bound.get("status") or {}), "conditions": _plain(held)})
        except ApiError as error:
            if error.reason not in ("NotFound", "Conflict"):
                raise
            return
        place = f"{metadata['namespace']}/{metadata['name']}"
        told = f"Successfully assigned {place} to {name}"
        self._api.event(pod, "Scheduled", told, component="default-scheduler")

    def _refuse(self, pod: Obj, reasons: dict[str, str]) -> None:
        counted = Counter(reasons.values())
        why = ", ".join(f"{count} {reason}" for reason, count in sorted(counted.items()))
        total = len(reasons)
        told = (
            f"0/{total} nodes are available: {why}. preemption: 0/{total} nodes are available: "
            f"{total} Preemption is not helpful for scheduling."
        )
        before = pod.get("status") or {}
        known = [one for one in before.get("conditions") or () if one["type"] != "PodScheduled"]
        held = with_conditions(before, ("PodScheduled", False, "Unschedulable", told))
        status = {"phase": "Pending", **before, "conditions": [*known, *_plain(held)]}
        if status == before:
            return
        try:
            self._api.set_status(pod, status, manager="kube-scheduler")
        except ApiError as error:
            if error.reason not in ("NotFound", "Conflict"):
                raise
            return
        self._api.event(pod, "FailedScheduling", told, "Warning", "default-scheduler")


def _plain(conditions: list[Obj]) -> list[Obj]:
    """Return conditions as pods have them: without the time of an update, or empty words."""
    return [
        {key: value for key, value in one.items() if value and key != "lastUpdateTime"}
        for one in conditions
    ]


def unfit(pod: Obj, node: Obj) -> str:
    """Return why a pod cannot be on a node, "" when it can."""
    spec, labels = pod["spec"], node["metadata"].get("labels") or {}
    for taint in node["spec"].get("taints") or ():
        if taint["effect"] in _HARD and not _is_tolerated(taint, spec.get("tolerations") or ()):
            if taint["key"] == "node.kubernetes.io/unschedulable":
                return UNSCHEDULABLE
            value = taint.get("value", "")
            return f"node(s) had untolerated taint {{{taint['key']}: {value}}}"
    if not (spec.get("nodeSelector") or {}).items() <= labels.items():
        return _NO_MATCH
    required = ((spec.get("affinity") or {}).get("nodeAffinity") or {}).get(
        "requiredDuringSchedulingIgnoredDuringExecution"
    )
    if required and not any(_matches(term, node) for term in required["nodeSelectorTerms"]):
        return _NO_MATCH
    return ""


def _is_tolerated(taint: Obj, tolerations: list[Obj] | tuple[Obj, ...]) -> bool:
    for one in tolerations:
        if one.get("effect") and one["effect"] != taint["effect"]:
            continue
        if one.get("operator", "Equal") == "Exists":
            if not one.get("key") or one["key"] == taint["key"]:
                return True
        elif one.get("key") == taint["key"] and one.get("value", "") == taint.get("value", ""):
            return True
    return False


def _matches(term: Obj, node: Obj) -> bool:
    labels = node["metadata"].get("labels") or {}
    fields = {"metadata.name": node["metadata"]["name"]}
    wanted = [(labels, one) for one in term.get("matchExpressions") or ()]
    wanted += [(fields, one) for one in term.get("matchFields") or ()]
    return bool(wanted) and all(_holds(known, one) for known, one in wanted)


def _holds(known: dict[str, str], rule: Obj) -> bool:  # noqa: PLR0911 -- an operator each
    value, values = known.get(rule["key"]), rule.get("values") or []
    match rule["operator"]:
        case "In":
            return value in values
        case "NotIn":
            return value not in values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case "Gt":
            return value is not None and value.isdecimal() and int(value) > int(values[0])
        case "Lt":
            return value is not None and value.isdecimal() and int(value) < int(values[0])
    return False
