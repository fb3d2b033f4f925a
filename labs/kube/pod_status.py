"""A pod's status from what its containers do: phase, conditions, addresses.

Source: the pod lifecycle (phase, conditions) in the Kubernetes documentation.
"""

from __future__ import annotations

from collections.abc import Sequence

from labs.kube.container_state import ContainerState
from labs.kube.schema import Obj
from labs.kube.times import now


def phase(pod: Obj, inits: Sequence[ContainerState], containers: Sequence[ContainerState]) -> str:
    """Return Pending, Running, Succeeded or Failed."""
    policy = pod["spec"].get("restartPolicy", "Always")
    if any(_failed(state) for state in inits) and policy == "Never":
        return "Failed"
    over = [state.ended for state in containers if state.ended is not None]
    if len(over) == len(containers) and policy != "Always":
        if all(one["exitCode"] == 0 for one in over):
            return "Succeeded"
        if policy == "Never":
            return "Failed"
    begun = all(state.running is not None or state.ended is not None for state in containers)
    return "Running" if begun else "Pending"


def _failed(state: ContainerState) -> bool:
    return state.ended is not None and state.ended["exitCode"] != 0


def status(
    pod: Obj,
    inits: Sequence[ContainerState],
    containers: Sequence[ContainerState],
    *,
    host: str,
    address: str,
    begun: str,
) -> Obj:
    """Return the whole status, with the conditions' times kept where they did not change."""
    before = pod.get("status") or {}
    told: Obj = {
        "phase": phase(pod, inits, containers),
        "hostIP": host,
        "hostIPs": [{"ip": host}],
        "startTime": before.get("startTime", begun),
        "qosClass": before.get("qosClass", "BestEffort"),
    }
    if address:
        told |= {"podIP": address, "podIPs": [{"ip": address}]}
    if inits:
        told["initContainerStatuses"] = [state.status() for state in inits]
    told["containerStatuses"] = [state.status() for state in containers]
    told["conditions"] = _conditions(before, told, inits, containers, networked=bool(address))
    return told


def _conditions(
    before: Obj,
    told: Obj,
    inits: Sequence[ContainerState],
    containers: Sequence[ContainerState],
    *,
    networked: bool,
) -> list[Obj]:
    undone = [
        state.name
        for state in inits
        if not (state.started or (state.ended is not None and state.ended["exitCode"] == 0))
    ]
    unready = [state.name for state in containers if not state.ready]
    over = told["phase"] in ("Succeeded", "Failed")
    reason, message = "", ""
    if unready:
        reason, message = (
            "ContainersNotReady",
            f"containers with unready status: [{' '.join(unready)}]",
        )
    if over:
        reason, message = (
            ("PodCompleted", "") if told["phase"] == "Succeeded" else ("PodFailed", "")
        )
    waits = f"containers with incomplete status: [{' '.join(undone)}]"
    found = [
        ("PodReadyToStartContainers", networked, "", ""),
        (
            "Initialized",
            not undone,
            "ContainersNotInitialized" if undone else "",
            waits if undone else "",
        ),
        ("Ready", not unready and not over, reason, message),
        ("ContainersReady", not unready and not over, reason, message),
    ]
    known = {one["type"]: one for one in before.get("conditions") or ()}
    conditions = []
    for kind, holds, why, words in found:
        state = "True" if holds else "False"
        same = known.get(kind, {}).get("status") == state
        one: Obj = {"type": kind, "status": state}
        one["lastTransitionTime"] = known[kind]["lastTransitionTime"] if same else now()
        if why:
            one["reason"] = why
        if words:
            one["message"] = words
        conditions.append(one)
    kept = [one for kind, one in known.items() if kind not in {name for name, *_ in found}]
    return conditions + kept
