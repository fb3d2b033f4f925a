"""ReplicaSets and DaemonSets: so many pods of a template, or one on each node.

Sources: ReplicaSet and DaemonSet in the Kubernetes documentation; the events' words are theirs.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Final

from labs.kube import owned, scheduler
from labs.kube.api import Api, ApiError
from labs.kube.schema import Obj
from labs.kube.selectors import label_selector

REVISION_LABEL: Final = "controller-revision-hash"
_BURST: Final = 50
_AGAIN: Final = 1.0


class ReplicaSets:
    """Keeps so many pods of each ReplicaSet."""

    name = "replicasets"
    watches = ("replicasets.apps", "pods")

    def __init__(self, api: Api) -> None:
        """Work through this API."""
        self._api = api

    def reconcile(self) -> float | None:
        """Make the pods that lack, and end those that are too many."""
        pods = self._api.list("pods")
        again = [self._keep(one, pods) for one in self._api.list("replicasets.apps")]
        return min((seconds for seconds in again if seconds), default=None)

    def _keep(self, replica_set: Obj, pods: list[Obj]) -> float | None:
        metadata, spec = replica_set["metadata"], replica_set["spec"]
        if "deletionTimestamp" in metadata:
            return None
        matches = label_selector(spec["selector"])
        mine = []
        for pod in pods:
            if pod["metadata"]["namespace"] != metadata["namespace"] or not matches(
                pod["metadata"].get("labels") or {}
            ):
                continue
            if owned.is_owned(pod, replica_set):
                mine.append(pod)
            elif owned.is_free(pod) and owned.is_active(pod):
                mine.append(self._adopt(pod, replica_set))
        active = [pod for pod in mine if owned.is_active(pod)]
        wanted = spec.get("replicas", 1)
        for _ in range(min(wanted - len(active), _BURST)):
            pod = owned.pod_from(spec["template"], replica_set)
            if not owned.create_pod(self._api, pod, replica_set, "replicaset-controller"):
                break
        for pod in owned.kept(active)[wanted:]:
            owned.delete_pod(self._api, pod, replica_set, "replicaset-controller")
        return self._tell(replica_set, active)

    def _adopt(self, pod: Obj, replica_set: Obj) -> Obj:
        metadata = {**pod["metadata"], "ownerReferences": [owned.owner_of(replica_set)]}
        return self._api.update({**pod, "metadata": metadata}, manager="kube-controller-manager")

    def _tell(self, replica_set: Obj, active: list[Obj]) -> float | None:
        spec = replica_set["spec"]
        wait = spec.get("minReadySeconds", 0)
        ready = [pod for pod in active if owned.is_ready(pod)]
        available = [pod for pod in ready if owned.is_available(pod, wait)]
        labels = (spec["template"].get("metadata") or {}).get("labels") or {}
        status: Obj = {
            "replicas": len(active),
            "fullyLabeledReplicas": sum(
                labels.items() <= (pod["metadata"].get("labels") or {}).items() for pod in active
            ),
            "readyReplicas": len(ready),
            "availableReplicas": len(available),
            "observedGeneration": replica_set["metadata"].get("generation", 1),
        }
        set_status(self._api, replica_set, status)
        return _AGAIN if len(available) < len(ready) else None


def set_status(api: Api, obj: Obj, status: Obj) -> None:
    """Write a status, unless the object is gone or is another by now: the next look tells."""
    if obj.get("status") == status:
        return
    try:
        api.set_status(obj, status, manager="kube-controller-manager")
    except ApiError as error:
        if error.reason not in ("NotFound", "Conflict"):
            raise


def template_hash(template: Obj) -> str:
    """Return what tells one template from another, as it stands in names and labels."""
    return owned.spelled(zlib.crc32(json.dumps(template, sort_keys=True).encode()) | 1 << 32)


class DaemonSets:
    """Keeps one pod of each DaemonSet on every node that it fits."""

    name = "daemonsets"
    watches = ("daemonsets.apps", "pods", "nodes")

    def __init__(self, api: Api) -> None:
        """Work through this API."""
        self._api = api

    def reconcile(self) -> None:
        """Make the pods that lack, and end those that have no place."""
        pods, nodes = self._api.list("pods"), self._api.list("nodes")
        for one in self._api.list("daemonsets.apps"):
            if "deletionTimestamp" not in one["metadata"]:
                self._keep(one, [pod for pod in pods if owned.is_owned(pod, one)], nodes)

    def _keep(self, daemon_set: Obj, pods: list[Obj], nodes: list[Obj]) -> None:
        spec = daemon_set["spec"]
        mark = template_hash(spec["template"])
        fitting = {
            node["metadata"]["name"]
            for node in nodes
            if not scheduler.unfit(_pod(daemon_set, node["metadata"]["name"], mark), node)
        }
        active: dict[str, list[Obj]] = {}
        for pod in pods:
            if owned.is_active(pod):
                active.setdefault(_meant_for(pod), []).append(pod)
        for name in sorted(fitting - active.keys()):
            pod = _pod(daemon_set, name, mark)
            owned.create_pod(self._api, pod, daemon_set, "daemonset-controller")
        for name, there in active.items():
            for pod in owned.kept(there)[1 if name in fitting else 0 :]:
                owned.delete_pod(self._api, pod, daemon_set, "daemonset-controller")
        self._roll(daemon_set, active, mark)
        self._tell(daemon_set, active, fitting, mark)

    def _roll(self, daemon_set: Obj, active: Mapping[str, list[Obj]], mark: str) -> None:
        """Replace pods of an older template, no more at a time than may be missing."""
        strategy = daemon_set["spec"].get("updateStrategy") or {}
        if strategy.get("type", "RollingUpdate") != "RollingUpdate":
            return
        pods = [pod for there in active.values() for pod in there]
        old = [pod for pod in pods if _mark(pod) != mark]
        missing = [pod for pod in pods if not owned.is_ready(pod)]
        room = max(
            1, _share((strategy.get("rollingUpdate") or {}).get("maxUnavailable", 1), len(active))
        )
        for pod in old:
            if pod in missing or room > len(missing):
                owned.delete_pod(self._api, pod, daemon_set, "daemonset-controller")
                if pod not in missing:
                    missing.append(pod)

    def _tell(
        self, daemon_set: Obj, active: Mapping[str, list[Obj]], fitting: set[str], mark: str
    ) -> None:
        placed = [active[name][0] for name in fitting if name in active]
        ready = sum(owned.is_ready(pod) for pod in placed)
        status: Obj = {
            "currentNumberScheduled": len(placed),
            "numberMisscheduled": len(active.keys() - fitting),
            "desiredNumberScheduled": len(fitting),
            "numberReady": ready,
            "observedGeneration": daemon_set["metadata"].get("generation", 1),
            "updatedNumberScheduled": sum(_mark(pod) == mark for pod in placed),
            "numberAvailable": ready,
        }
        if len(fitting) > ready:
            status["numberUnavailable"] = len(fitting) - ready
        set_status(self._api, daemon_set, status)


def _mark(pod: Obj) -> str:
    return str((pod["metadata"].get("labels") or {}).get(REVISION_LABEL, ""))


def _share(number: int | str, whole: int) -> int:
    if isinstance(number, int):
        return number
    return -(-int(number.rstrip("%")) * whole // 100)


def _pod(daemon_set: Obj, node: str, mark: str) -> Obj:
    """Return the pod for a node: bound to it by an affinity, and tolerant of its troubles."""
    pod = owned.pod_from(daemon_set["spec"]["template"], daemon_set)
    pod["metadata"]["labels"][REVISION_LABEL] = mark
    field = {"key": "metadata.name", "operator": "In", "values": [node]}
    affinity = pod["spec"].setdefault("affinity", {}).setdefault("nodeAffinity", {})
    affinity["requiredDuringSchedulingIgnoredDuringExecution"] = {
        "nodeSelectorTerms": [{"matchFields": [field]}]
    }
    tolerations = pod["spec"].setdefault("tolerations", [])
    tolerations += [
        {"key": f"node.kubernetes.io/{key}", "operator": "Exists", "effect": effect}
        for key, effect in (
            ("not-ready", "NoExecute"),
            ("unreachable", "NoExecute"),
            ("unschedulable", "NoSchedule"),
        )
    ]
    return pod


def _meant_for(pod: Obj) -> str:
    if name := pod["spec"].get("nodeName"):
        return str(name)
    terms = pod["spec"]["affinity"]["nodeAffinity"][
        "requiredDuringSchedulingIgnoredDuringExecution"
    ]
    return str(terms["nodeSelectorTerms"][0]["matchFields"][0]["values"][0])
