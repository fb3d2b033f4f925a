"""What `kubectl get pods` shows: READY, STATUS and RESTARTS are worked out as a cluster does.

STATUS is the phase only while nothing better is known: a waiting container's reason
(ContainerCreating, CrashLoopBackOff), an ended one's, how many init containers are done
(Init:1/2), or Terminating.
"""

from dataclasses import dataclass, field

from labs.kube.kinds import Column
from labs.kube.schema import Obj
from labs.kube.times import age


@dataclass
class _Told:
    """What is known after some of a pod's containers were looked at."""

    reason: str
    ready: int = 0
    restarts: int = 0
    ended: list[str] = field(default_factory=list)


def _ended(state: Obj) -> str:
    ended = state.get("terminated", {})
    if ended.get("reason"):
        return str(ended["reason"])
    if ended.get("signal"):
        return f"Signal:{ended['signal']}"
    return f"ExitCode:{ended.get('exitCode', 0)}"


def _count(told: _Told, status: Obj) -> None:
    told.restarts += status.get("restartCount", 0)
    before = status.get("lastState", {}).get("terminated", {}).get("finishedAt")
    if before:
        told.ended.append(before)


def _sidecars(pod: Obj) -> set[str]:
    inits = pod.get("spec", {}).get("initContainers", [])
    return {one["name"] for one in inits if one.get("restartPolicy") == "Always"}


def _initializing(pod: Obj, told: _Told) -> bool:
    """Look at the init containers; whether one of them is not done."""
    inits = pod.get("spec", {}).get("initContainers", [])
    sidecars = _sidecars(pod)
    kept = _Told("")
    for number, status in enumerate(pod.get("status", {}).get("initContainerStatuses", [])):
        _count(told, status)
        state = status.get("state", {})
        if status.get("name") in sidecars:
            _count(kept, status)
            if status.get("started"):
                told.ready += bool(status.get("ready"))
                continue
        if "terminated" in state:
            if state["terminated"].get("exitCode") == 0:
                continue
            told.reason = f"Init:{_ended(state)}"
        elif state.get("waiting", {}).get("reason", "PodInitializing") != "PodInitializing":
            told.reason = f"Init:{state['waiting']['reason']}"
        else:
            told.reason = f"Init:{number}/{len(inits)}"
        return True
    # Once the init containers are done only those that go on running count.
    told.restarts, told.ended = kept.restarts, kept.ended
    return False


def _running(pod: Obj, told: _Told) -> None:
    """Look at the containers, the last first: the first one's reason wins."""
    running = False
    for status in reversed(pod.get("status", {}).get("containerStatuses", [])):
        _count(told, status)
        state = status.get("state", {})
        if state.get("waiting", {}).get("reason"):
            told.reason = state["waiting"]["reason"]
        elif "terminated" in state:
            told.reason = _ended(state)
        elif status.get("ready") and "running" in state:
            running = True
            told.ready += 1
    if told.reason == "Completed" and running:
        told.reason = "Running" if _condition(pod, "Ready") == "True" else "NotReady"


def _condition(pod: Obj, name: str) -> str:
    for one in pod.get("status", {}).get("conditions", []):
        if one.get("type") == name:
            return str(one.get("status"))
    return ""


def _look(pod: Obj) -> _Told:
    status = pod.get("status", {})
    told = _Told(status.get("reason") or status.get("phase") or "Unknown")
    for one in status.get("conditions", []):
        if one.get("type") == "PodScheduled" and one.get("reason") == "SchedulingGated":
            told.reason = "SchedulingGated"
    if not _initializing(pod, told):
        _running(pod, told)
    if pod.get("metadata", {}).get("deletionTimestamp"):
        if status.get("reason") == "NodeLost":
            told.reason = "Unknown"
        elif status.get("phase") not in {"Succeeded", "Failed"}:
            told.reason = "Terminating"
    return told


def pod_ready(pod: Obj) -> str:
    """READY: "1/2", the containers that are ready and all of them."""
    total = len(pod.get("spec", {}).get("containers", [])) + len(_sidecars(pod))
    return f"{_look(pod).ready}/{total}"


def pod_state(pod: Obj) -> str:
    """STATUS: "Running", "CrashLoopBackOff", "Init:0/1", "Terminating", ..."""
    return _look(pod).reason


def pod_restarts(pod: Obj) -> str:
    """RESTARTS: "3 (20s ago)"."""
    told = _look(pod)
    since = f" ({age(max(told.ended))} ago)" if told.restarts and told.ended else ""
    return f"{told.restarts}{since}"


def _addresses(pod: Obj) -> str:
    status = pod.get("status", {})
    known = [one.get("ip") for one in status.get("podIPs", [])] or [status.get("podIP")]
    return known[0] or "<none>"


def _gates(pod: Obj) -> str:
    gates = [one["conditionType"] for one in pod.get("spec", {}).get("readinessGates", [])]
    held = sum(_condition(pod, gate) == "True" for gate in gates)
    return f"{held}/{len(gates)}" if gates else "<none>"


POD_COLUMNS = (
    Column("Ready", pod_ready, description="Containers that are ready, of all."),
    Column("Status", pod_state, description="What the pod does."),
    Column("Restarts", pod_restarts, description="How often its containers were restarted."),
    Column("IP", _addresses, description="Its address.", wide=True),
    Column(
        "Node",
        lambda pod: pod.get("spec", {}).get("nodeName") or "<none>",
        description="Its node.",
        wide=True,
    ),
    Column(
        "Nominated Node",
        lambda pod: pod.get("status", {}).get("nominatedNodeName") or "<none>",
        description="Where it waits for room.",
        wide=True,
    ),
    Column("Readiness Gates", _gates, description="Conditions that hold, of those set.", wide=True),
)
