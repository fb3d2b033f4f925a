"""The nodes of a lab as Node objects, and what follows from cordoning one.

Everything a Node tells is true of this lab: the kernel is this machine's, the addresses are those
of the topology, and the "kubelet" is ours. Source: Node in the core/v1 API reference.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from labs.kube.api import Api, ApiError
from labs.kube.schema import Obj
from labs.kube.times import now

UNSCHEDULABLE_TAINT: Final = "node.kubernetes.io/unschedulable"
_ARCHITECTURES: Final = {"x86_64": "amd64", "aarch64": "arm64"}
_PODS: Final = 110
_CONDITIONS: Final = (
    (
        "MemoryPressure",
        "False",
        "KubeletHasSufficientMemory",
        "kubelet has sufficient memory available",
    ),
    ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
)


@dataclass(frozen=True)
class NodeFacts:
    """What a topology says of a node: its name, its address, the prefix of its pods."""

    name: str
    address: str
    pod_cidr: str


def node(facts: NodeFacts) -> Obj:
    """Return the Node object of a node of the lab."""
    architecture = _ARCHITECTURES.get(platform.machine(), platform.machine())
    labels = {
        "kubernetes.io/hostname": facts.name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": architecture,
    }
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": facts.name, "labels": labels},
        "spec": {"podCIDR": facts.pod_cidr, "podCIDRs": [facts.pod_cidr]},
    }


def status(facts: NodeFacts, version: str) -> Obj:
    """Return a Node's status."""
    moment = now()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1024
    amounts = {"cpu": str(os.cpu_count() or 1), "memory": f"{memory}Ki", "pods": str(_PODS)}
    return {
        "addresses": [
            {"type": "InternalIP", "address": facts.address},
            {"type": "Hostname", "address": facts.name},
        ],
        "capacity": amounts,
        "allocatable": amounts,
        "conditions": [
            {
                "type": kind,
                "status": state,
                "reason": reason,
                "message": message,
                "lastHeartbeatTime": moment,
                "lastTransitionTime": moment,
            }
            for kind, state, reason, message in _CONDITIONS
        ],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": 0}},
        "nodeInfo": {
            "machineID": "",
            "systemUUID": "",
            "bootID": "",
            "kernelVersion": platform.release(),
            "osImage": _system(),
            "containerRuntimeVersion": f"locrib://{version.partition('+')[0].lstrip('v')}",
            "kubeletVersion": version,
            "kubeProxyVersion": "",
            "operatingSystem": "linux",
            "architecture": _ARCHITECTURES.get(platform.machine(), platform.machine()),
        },
    }


def _system() -> str:
    try:
        lines = Path("/etc/os-release").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.system()
    told = dict(line.split("=", 1) for line in lines if "=" in line)
    return told.get("PRETTY_NAME", platform.system()).strip('"')


class NodeKeeper:
    """Keeps the Node objects of a lab's nodes, and taints those that are cordoned."""

    name = "nodes"
    watches = ("nodes",)

    def __init__(self, api: Api, nodes: Sequence[NodeFacts], version: str) -> None:
        """Stand ready."""
        self._api, self._version = api, version
        self._nodes: Mapping[str, NodeFacts] = {one.name: one for one in nodes}

    def reconcile(self) -> None:
        """Register nodes that are missing, as a kubelet does, and taint or untaint the others."""
        there = {one["metadata"]["name"]: one for one in self._api.list("nodes")}
        for name, facts in self._nodes.items():
            if name not in there:
                made = self._api.create(node(facts), manager="kubelet")
                self._api.set_status(made, status(facts, self._version), manager="kubelet")
                told = f"Node {name} event: Registered Node {name} in Controller"
                self._api.event(made, "RegisteredNode", told, component="node-controller")
            else:
                self._taint(there[name])

    def _taint(self, one: Obj) -> None:
        taints = one["spec"].get("taints") or []
        cordoned = bool(one["spec"].get("unschedulable"))
        kept = [taint for taint in taints if taint["key"] != UNSCHEDULABLE_TAINT]
        if cordoned and len(kept) == len(taints):
            kept.append({"key": UNSCHEDULABLE_TAINT, "effect": "NoSchedule", "timeAdded": now()})
        elif cordoned or len(kept) == len(taints):
            return
        spec = {key: value for key, value in one["spec"].items() if key != "taints"}
        if kept:
            spec["taints"] = kept
        try:
            self._api.update({**one, "spec": spec}, manager="node-controller")
        except ApiError as error:
            if error.reason not in ("NotFound", "Conflict"):
                raise
