"""Deployments: a ReplicaSet for each version of the template, and the way from one to the next.

Source: Deployment (rolling update, Recreate, revisions, conditions, progress deadline) in the
Kubernetes documentation; annotations and words are the deployment controller's.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Final

from labs.kube import owned
from labs.kube.api import Api, ApiError
from labs.kube.schema import Obj
from labs.kube.times import now, parse
from labs.kube.workloads import set_status, template_hash

HASH_LABEL: Final = "pod-template-hash"
REVISION: Final = "deployment.kubernetes.io/revision"
_DESIRED: Final = "deployment.kubernetes.io/desired-replicas"
_NOT_COPIED: Final = ("kubectl.kubernetes.io/last-applied-configuration", REVISION, _DESIRED)
_AVAILABLE: Final = (
    ("MinimumReplicasUnavailable", "Deployment does not have minimum availability."),
    ("MinimumReplicasAvailable", "Deployment has minimum availability."),
)


class Deployments:
    """Keeps the ReplicaSets of each Deployment."""

    name = "deployments"
    watches = ("deployments.apps", "replicasets.apps", "pods")

    def __init__(self, api: Api) -> None:
        """Work through this API."""
        self._api = api

    def reconcile(self) -> float | None:
        """Bring every Deployment a step further."""
        sets = self._api.list("replicasets.apps")
        again = [
            self._keep(one, [rs for rs in sets if owned.is_owned(rs, one)])
            for one in self._api.list("deployments.apps")
            if "deletionTimestamp" not in one["metadata"]
        ]
        return min((seconds for seconds in again if seconds), default=None)

    def _keep(self, deployment: Obj, sets: list[Obj]) -> float | None:
        new = self._current(deployment, sets)
        old = [
            one for one in sets if new is None or one["metadata"]["uid"] != new["metadata"]["uid"]
        ]
        if new is None and deployment["spec"].get("paused"):
            self._tell(deployment, None, old)
            return None
        if new is None:
            new = self._create(deployment, sets)
            if new is None:
                return None
        else:
            new = self._renumber(deployment, new, old)
        if deployment["spec"].get("paused"):
            self._tell(deployment, new, old)
            return None
        if (deployment["spec"].get("strategy") or {}).get("type") == "Recreate":
            self._recreate(deployment, new, old)
        else:
            self._roll(deployment, new, old)
        self._tidy(deployment, old)
        return self._tell(deployment, new, old)

    # -- ReplicaSets ------------------------------------------------------------------------------

    @staticmethod
    def _current(deployment: Obj, sets: Sequence[Obj]) -> Obj | None:
        wanted = deployment["spec"]["template"]
        for one in sets:
            template = copy.deepcopy(one["spec"]["template"])
            template["metadata"].get("labels", {}).pop(HASH_LABEL, None)
            if template == wanted or template_hash(wanted) == one["metadata"]["labels"].get(
                HASH_LABEL
            ):
                return one
        return None

    def _create(self, deployment: Obj, sets: Sequence[Obj]) -> Obj | None:
        metadata, spec = deployment["metadata"], deployment["spec"]
        mark = template_hash(spec["template"])
        template = copy.deepcopy(spec["template"])
        template.setdefault("metadata", {}).setdefault("labels", {})[HASH_LABEL] = mark
        selector = copy.deepcopy(spec["selector"])
        selector.setdefault("matchLabels", {})[HASH_LABEL] = mark
        revision = str(max((revision_of(one) for one in sets), default=0) + 1)
        # A first version starts whole, a next one as the strategy has it.
        replicas = spec.get("replicas", 1) if not sets else 0
        wanted: Obj = {
            "apiVersion": "apps/v1",
            "kind": "ReplicaSet",
            "metadata": {
                "name": f"{metadata['name']}-{mark}",
                "namespace": metadata["namespace"],
                "labels": dict(template["metadata"]["labels"]),
                "annotations": self._annotations(deployment, revision),
                "ownerReferences": [owned.owner_of(deployment)],
            },
            "spec": {
                "replicas": replicas,
                "selector": selector,
                "template": template,
                "minReadySeconds": spec.get("minReadySeconds", 0),
            },
        }
        try:
            made = self._api.create(
                wanted, manager="kube-controller-manager", field_validation="Ignore"
            )
        except ApiError as error:
            if error.reason != "AlreadyExists":
                self._api.event(
                    deployment, "ReplicaSetCreateError", str(error), "Warning",
                    "deployment-controller",
                )  # fmt: skip
            return None
        self._number(deployment, revision)
        if replicas:
            self._told_scaled(deployment, made, 0, replicas)
        return made

    def _renumber(self, deployment: Obj, new: Obj, old: Sequence[Obj]) -> Obj:
        """Give the version in use the highest number: a rollback makes an old one new."""
        newest = max((revision_of(one) for one in old), default=0)
        revision = str(max(revision_of(new), newest + 1))
        annotations = self._annotations(deployment, revision)
        before = new["metadata"].get("annotations") or {}
        if not annotations.items() <= before.items():
            metadata = {**new["metadata"], "annotations": {**before, **annotations}}
            new = self._api.update({**new, "metadata": metadata}, manager="kube-controller-manager")
        self._number(deployment, revision)
        return new

    @staticmethod
    def _annotations(deployment: Obj, revision: str) -> dict[str, str]:
        given = deployment["metadata"].get("annotations") or {}
        kept = {key: value for key, value in given.items() if key not in _NOT_COPIED}
        return {**kept, REVISION: revision, _DESIRED: str(deployment["spec"].get("replicas", 1))}

    def _number(self, deployment: Obj, revision: str) -> None:
        metadata = deployment["metadata"]
        if (metadata.get("annotations") or {}).get(REVISION) != revision:
            self._api.patch(
                "deployments.apps", metadata["name"], metadata["namespace"],
                {"metadata": {"annotations": {REVISION: revision}}},
                manager="kube-controller-manager",
            )  # fmt: skip

    def _scale(self, deployment: Obj, replica_set: Obj, replicas: int) -> None:
        before = replica_set["spec"].get("replicas", 1)
        if before == replicas:
            return
        metadata = replica_set["metadata"]
        self._api.patch(
            "replicasets.apps", metadata["name"], metadata["namespace"],
            {"spec": {"replicas": replicas}}, manager="kube-controller-manager",
        )  # fmt: skip
        replica_set = {**replica_set, "spec": {**replica_set["spec"], "replicas": replicas}}
        self._told_scaled(deployment, replica_set, before, replicas)

    def _told_scaled(self, deployment: Obj, replica_set: Obj, before: int, after: int) -> None:
        way = "up" if after > before else "down"
        name = replica_set["metadata"]["name"]
        told = f"Scaled {way} replica set {name} from {before} to {after}"
        self._api.event(deployment, "ScalingReplicaSet", told, component="deployment-controller")

    # -- strategies -------------------------------------------------------------------------------

    def _recreate(self, deployment: Obj, new: Obj, old: Sequence[Obj]) -> None:
        for one in old:
            self._scale(deployment, one, 0)
        uids = {one["metadata"]["uid"] for one in old}
        left = any(
            reference["uid"] in uids
            for pod in self._api.list("pods", deployment["metadata"]["namespace"])
            for reference in pod["metadata"].get("ownerReferences") or ()
        )
        if not left:
            self._scale(deployment, new, deployment["spec"].get("replicas", 1))

    def _roll(self, deployment: Obj, new: Obj, old: Sequence[Obj]) -> None:
        wanted = deployment["spec"].get("replicas", 1)
        surge, missing = limits(deployment)
        asked = new["spec"].get("replicas", 1)
        others = sum(one["spec"].get("replicas", 1) for one in old)
        if asked > wanted or not others:
            self._scale(deployment, new, wanted)
            asked = wanted
        elif asked < wanted:
            room = wanted + surge - (asked + others)
            if room > 0:
                asked = min(wanted, asked + room)
                self._scale(deployment, new, asked)
        available = new.get("status", {}).get("availableReplicas", 0)
        # What may go: all beyond the fewest allowed, not counting new ones that are not up yet.
        spare = asked + others - (wanted - missing) - (asked - min(available, asked))
        self._shrink(deployment, old, spare)

    def _shrink(self, deployment: Obj, old: Sequence[Obj], spare: int) -> None:
        """Take so many pods from older versions, those first that are not up anyway."""
        sizes = {one["metadata"]["name"]: one["spec"].get("replicas", 1) for one in old}
        for one in old:
            name = one["metadata"]["name"]
            up = one.get("status", {}).get("availableReplicas", 0)
            down = min(max(spare, 0), max(0, sizes[name] - up))
            sizes[name] -= down
            spare -= down
        for one in sorted(old, key=revision_of):
            name = one["metadata"]["name"]
            down = min(max(spare, 0), sizes[name])
            sizes[name] -= down
            spare -= down
        for one in old:
            self._scale(deployment, one, sizes[one["metadata"]["name"]])

    def _tidy(self, deployment: Obj, old: Sequence[Obj]) -> None:
        """Forget the oldest versions."""
        limit = deployment["spec"].get("revisionHistoryLimit", 10)
        empty = [
            one
            for one in sorted(old, key=revision_of)
            if not one["spec"].get("replicas", 1) and not one.get("status", {}).get("replicas")
        ]
        for one in empty[: max(0, len(empty) - limit)]:
            metadata = one["metadata"]
            self._api.delete("replicasets.apps", metadata["name"], metadata["namespace"])

    # -- status -----------------------------------------------------------------------------------

    def _tell(self, deployment: Obj, new: Obj | None, old: Sequence[Obj]) -> float | None:
        every = [*([new] if new else []), *old]
        spec, before = deployment["spec"], deployment.get("status") or {}

        def total(name: str) -> int:
            return sum(one.get("status", {}).get(name, 0) for one in every)

        wanted = spec.get("replicas", 1)
        status: Obj = {
            "observedGeneration": deployment["metadata"].get("generation", 1),
            "replicas": total("replicas"),
            "updatedReplicas": (new or {}).get("status", {}).get("replicas", 0),
            "readyReplicas": total("readyReplicas"),
            "availableReplicas": total("availableReplicas"),
        }
        status["unavailableReplicas"] = max(
            0, max(wanted, status["replicas"]) - status["availableReplicas"]
        )
        _, missing = limits(deployment)
        enough = status["availableReplicas"] >= wanted - missing
        done = (
            status["updatedReplicas"] == wanted
            and status["replicas"] == wanted
            and status["availableReplicas"] == wanted
        )
        name = new["metadata"]["name"] if new else ""
        progress, again = _progress(deployment, status, name, done=done)
        conditions = [("Available", enough, *_AVAILABLE[enough])]
        status["conditions"] = owned.with_conditions(before, *conditions, *progress)
        set_status(self._api, deployment, {k: v for k, v in status.items() if v != 0})
        return again


def _progress(
    deployment: Obj, status: Obj, name: str, *, done: bool
) -> tuple[list[tuple[str, bool, str, str]], float | None]:
    """Return the condition Progressing, and when it may be another."""
    limit = deployment["spec"].get("progressDeadlineSeconds")
    if limit is None or not name:
        return [], None
    if done:
        told = f'ReplicaSet "{name}" has successfully progressed.'
        return [("Progressing", True, "NewReplicaSetAvailable", told)], None
    before = deployment.get("status") or {}
    counts = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")
    moved = any(before.get(key, 0) != status[key] for key in counts)
    known = next((c for c in before.get("conditions") or () if c["type"] == "Progressing"), None)
    told = f'ReplicaSet "{name}" is progressing.'
    if (
        known is None
        or moved
        or known["reason"] == "NewReplicaSetAvailable"
        or name not in known["message"]
    ):
        return [("Progressing", True, "ReplicaSetUpdated", told)], float(limit)
    waited = (parse(now()) - parse(known["lastUpdateTime"])).total_seconds()
    if known["reason"] == "ProgressDeadlineExceeded" or waited > limit:
        told = f'ReplicaSet "{name}" has timed out progressing.'
        return [("Progressing", False, "ProgressDeadlineExceeded", told)], None
    return [("Progressing", True, known["reason"], known["message"])], limit - waited + 1


def limits(deployment: Obj) -> tuple[int, int]:
    """Return how many pods there may be beyond those wanted, and how many may be missing."""
    spec = deployment["spec"]
    wanted = spec.get("replicas", 1)
    strategy = spec.get("strategy") or {}
    if strategy.get("type") == "Recreate":
        return 0, 0
    rolling = strategy.get("rollingUpdate") or {}
    surge = _share(rolling.get("maxSurge", "25%"), wanted, up=True)
    missing = _share(rolling.get("maxUnavailable", "25%"), wanted, up=False)
    return surge, (missing if surge or missing else 1)


def _share(number: int | str, whole: int, *, up: bool) -> int:
    if isinstance(number, int):
        return number
    part = int(number.rstrip("%")) * whole
    return -(-part // 100) if up else part // 100


def revision_of(replica_set: Obj) -> int:
    """Return the number of the version that a ReplicaSet is of."""
    text = (replica_set["metadata"].get("annotations") or {}).get(REVISION, "0")
    return int(text) if text.isdecimal() else 0
