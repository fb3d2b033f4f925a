"""What a cluster does by itself: dependents go with their owners, namespaces with their content.

Sources: garbage collection (background, foreground, orphan), namespace deletion and the events'
time to live (one hour) in the Kubernetes documentation.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from datetime import UTC, datetime

from labs.kube.api import MERGE_PATCH, Api, ApiError
from labs.kube.controller import EVERYTHING, Controller
from labs.kube.deleting import FOREGROUND, ORPHAN
from labs.kube.kinds import Kind
from labs.kube.schema import Obj
from labs.kube.store import Change, TooOldError
from labs.kube.times import now, parse

EVENT_LIFE = 3600.0
_LOOK_AT_EVENTS = 60.0


def controllers(api: Api) -> tuple[Controller, ...]:
    """The controllers that keep a cluster tidy, to be run with all others."""
    return (Namespaces(api), Garbage(api), Events(api))


def _everything(api: Api, namespace: str | None = None) -> Iterator[tuple[Kind, Obj]]:
    for kind in api.kinds.all():
        if kind.storage and (namespace is None or kind.namespaced):
            for obj in api.store.list(kind.group, kind.plural, namespace)[0]:
                yield kind, obj


def _delete(api: Api, kind: Kind, obj: Obj, propagation: str = "Background") -> None:
    metadata = obj["metadata"]
    try:
        api.delete(
            kind.resource,
            metadata["name"],
            metadata.get("namespace", ""),
            propagation=propagation,
            uid=metadata["uid"],
        )
    except ApiError as error:
        # Gone already, or another of the same name by now: either is what was wanted.
        if error.reason not in ("NotFound", "Conflict"):
            raise


def _matters(change: Change) -> bool:
    """Whether a change can be one of those that owners and namespaces are concerned by."""
    metadata, before = change.object["metadata"], (change.before or {}).get("metadata", {})
    owners = metadata.get("ownerReferences") != before.get("ownerReferences")
    return change.type == "DELETED" or "deletionTimestamp" in metadata or owners


class _Tidying(ABC):
    """Looks at the whole world, and only after a change that can matter to it."""

    watches = (EVERYTHING,)

    def __init__(self, api: Api) -> None:
        """Work through this API."""
        self._api = api
        self._seen: int | None = None

    def reconcile(self) -> None:
        """Tidy up, when there may be something to tidy up."""
        now = self._api.store.version
        if self._seen is None or self._news(self._seen):
            self.tidy()
        self._seen = now

    def _news(self, seen: int) -> bool:
        try:
            return any(map(_matters, self._api.store.changes_after(seen)))
        except TooOldError:
            return True

    @abstractmethod
    def tidy(self) -> None:
        """Do what has to be done."""


class Namespaces(_Tidying):
    """A namespace that is deleted takes its content with it, and waits for finalizers."""

    name = "namespaces"

    def tidy(self) -> None:
        """Empty the namespaces that are to go; drop those that are empty."""
        for namespace in self._api.list("namespaces"):
            if "deletionTimestamp" in namespace["metadata"]:
                self._empty(namespace)

    def _empty(self, namespace: Obj) -> None:
        name = namespace["metadata"]["name"]
        for kind, obj in tuple(_everything(self._api, name)):
            if "deletionTimestamp" not in obj["metadata"]:
                _delete(self._api, kind, obj)
        left = tuple(_everything(self._api, name))
        if left:
            status = {"phase": "Terminating", "conditions": _conditions(left, namespace)}
            self._api.set_status(namespace, status)
        elif namespace["spec"].get("finalizers"):
            try:
                self._api.patch("namespaces", name, "", {"spec": {"finalizers": []}}, MERGE_PATCH)
            except ApiError as error:
                if error.reason != "NotFound":
                    raise


def _conditions(left: tuple[tuple[Kind, Obj], ...], namespace: Obj) -> list[Obj]:
    counted: dict[str, int] = {}
    finalizers: dict[str, int] = {}
    for kind, obj in left:
        counted[kind.resource] = counted.get(kind.resource, 0) + 1
        for name in obj["metadata"].get("finalizers") or ():
            finalizers[name] = finalizers.get(name, 0) + 1
    remaining = ", ".join(
        f"{name} has {count} resource instances" for name, count in sorted(counted.items())
    )
    waiting = ", ".join(
        f"{name} in {count} resource instances" for name, count in sorted(finalizers.items())
    )
    told = (
        (
            "NamespaceContentRemaining",
            "SomeResourcesRemain",
            f"Some resources are remaining: {remaining}",
            True,
        ),
        (
            "NamespaceFinalizersRemaining",
            "SomeFinalizersRemain",
            f"Some content in the namespace has finalizers remaining: {waiting}",
            bool(finalizers),
        ),
    )
    before = {
        condition["type"]: condition
        for condition in (namespace.get("status") or {}).get("conditions") or ()
    }
    return [
        {
            "type": name,
            "status": "True",
            "lastTransitionTime": before.get(name, {}).get("lastTransitionTime", now()),
            "reason": reason,
            "message": message,
        }
        for name, reason, message, there in told
        if there
    ]


class Garbage(_Tidying):
    """Objects go when their owners are gone, before them (foreground) or stay (orphan)."""

    name = "garbage"

    def tidy(self) -> None:
        """Delete what has lost its owners; let go of owners whose dependents are settled."""
        world = tuple(_everything(self._api))
        living = {obj["metadata"]["uid"] for _, obj in world}
        dependents: dict[str, list[tuple[Kind, Obj]]] = {}
        for kind, obj in world:
            owners = obj["metadata"].get("ownerReferences") or ()
            for owner in owners:
                dependents.setdefault(owner["uid"], []).append((kind, obj))
            lost = bool(owners) and not any(owner["uid"] in living for owner in owners)
            if lost and "deletionTimestamp" not in obj["metadata"]:
                _delete(self._api, kind, obj)
        for kind, obj in world:
            metadata = obj["metadata"]
            finalizers = metadata.get("finalizers") or ()
            if "deletionTimestamp" not in metadata:
                continue
            owned = dependents.get(metadata["uid"], [])
            if ORPHAN in finalizers:
                for dependent in owned:
                    self._disown(*dependent, metadata["uid"])
                self._let_go(kind, obj, ORPHAN)
            elif FOREGROUND in finalizers and not self._blocked(owned, metadata["uid"]):
                self._let_go(kind, obj, FOREGROUND)

    def _blocked(self, owned: list[tuple[Kind, Obj]], uid: str) -> bool:
        """Delete the dependents; tell whether the owner has to wait for one of them."""
        waits = False
        for kind, obj in owned:
            metadata = obj["metadata"]
            if "deletionTimestamp" not in metadata:
                _delete(self._api, kind, obj, "Foreground")
            waits = waits or any(
                owner["uid"] == uid and owner.get("blockOwnerDeletion")
                for owner in metadata["ownerReferences"]
            )
        return waits

    def _disown(self, kind: Kind, obj: Obj, uid: str) -> None:
        owners = [one for one in obj["metadata"]["ownerReferences"] if one["uid"] != uid]
        self._patch(kind, obj, {"ownerReferences": owners or None})

    def _let_go(self, kind: Kind, obj: Obj, finalizer: str) -> None:
        left = [name for name in obj["metadata"]["finalizers"] if name != finalizer]
        self._patch(kind, obj, {"finalizers": left or None})

    def _patch(self, kind: Kind, obj: Obj, metadata: Obj) -> None:
        known = obj["metadata"]
        change = {"metadata": {"resourceVersion": known["resourceVersion"], **metadata}}
        try:
            self._api.patch(
                kind.resource, known["name"], known.get("namespace", ""), change, MERGE_PATCH
            )
        except ApiError as error:
            # It changed meanwhile, and that change wakes us again.
            if error.reason not in ("NotFound", "Conflict"):
                raise


class Events:
    """Events are kept for an hour."""

    name = "events"
    watches: tuple[str, ...] = ()

    def __init__(self, api: Api, life: float = EVENT_LIFE) -> None:
        """Work through this API; events live for `life` seconds."""
        self._api = api
        self._life = life

    def reconcile(self) -> float:
        """Delete the events that are too old."""
        at = datetime.now(UTC)
        for event in self._api.list("events"):
            last = event.get("lastTimestamp") or event["metadata"]["creationTimestamp"]
            if (at - parse(last)).total_seconds() > self._life:
                _delete(self._api, self._api.kind("events"), event)
        return _LOOK_AT_EVENTS
