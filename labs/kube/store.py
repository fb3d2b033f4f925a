"""The objects of a cluster, in memory: versions, and the last changes for those who watch.

It stands where a cluster has etcd. One counter numbers all writes, as etcd's revision does; the
last changes are kept, so that a watch can start at a version it has seen and a long list can be
read in pieces that belong together. Whoever asks for something older is told so (410 in the API).
Objects are shared, not copied: nobody may change one in place.

Source: resource versions and watches in the Kubernetes API concepts.
"""

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, NamedTuple

from labs.kube.schema import Obj

FORMAT = 1
"""The form of `Store.dump`, for checkpoints."""


class Key(NamedTuple):
    """Where an object is kept, whatever version is asked for; "" is the cluster's scope."""

    group: str
    plural: str
    namespace: str
    name: str


class Change(NamedTuple):
    """One write: the object after it (for a delete: its last state), and before it."""

    type: Literal["ADDED", "MODIFIED", "DELETED"]
    key: Key
    object: Obj
    version: int
    before: Obj | None


class TooOldError(Exception):
    """The changes since that version are no longer all known.

    Attributes:
        oldest: the oldest version that can still be asked for.
    """

    def __init__(self, oldest: int) -> None:
        """Keep the oldest version known."""
        super().__init__(f"versions before {oldest} are forgotten")
        self.oldest = oldest


class MissingError(KeyError):
    """There is no object under that key."""


class ExistsError(KeyError):
    """There is an object under that key."""


class StaleError(Exception):
    """The object is no longer the one that was expected."""


def sharing(new: Any, old: Any) -> Any:  # noqa: ANN401 -- any JSON value
    """A value equal to `new` that shares with `old` every part that is the same in both.

    The last changes are kept, and most change little: so each costs little memory.
    """
    if isinstance(new, dict) and isinstance(old, dict):
        parts = {key: sharing(one, old.get(key)) for key, one in new.items()}
        unchanged = parts.keys() == old.keys() and all(old[key] is parts[key] for key in parts)
        return old if unchanged else parts
    if isinstance(new, list) and isinstance(old, list) and len(new) == len(old):
        items = [sharing(one, other) for one, other in zip(new, old, strict=True)]
        unchanged = all(one is other for one, other in zip(items, old, strict=True))
        return old if unchanged else items
    return old if type(new) is type(old) and new == old else new


class Store:
    """Objects by key; safe to use from any thread."""

    def __init__(self, history: int = 2048) -> None:
        """Start empty.

        Args:
            history: how many changes are kept at least for those who watch.
        """
        self._lock = threading.RLock()
        self._objects: dict[tuple[str, str], dict[Key, Obj]] = {}
        self._changes: list[Change] = []
        self._history = history
        self._version = 1
        self._waiting: dict[int, Callable[[], None]] = {}
        self._next_waiter = 0

    @property
    def version(self) -> int:
        """The number of the last write."""
        return self._version

    def get(self, key: Key) -> Obj | None:
        """The object under a key; `None` when there is none."""
        with self._lock:
            return self._objects.get((key.group, key.plural), {}).get(key)

    def list(
        self, group: str, plural: str, namespace: str | None = None
    ) -> tuple[tuple[Obj, ...], int]:
        """All objects of a resource by namespace and name, and the version of this list."""
        objects, version = self.state(group, plural)
        keys = (key for key in objects if namespace is None or key.namespace == namespace)
        return tuple(objects[key] for key in sorted(keys)), version

    def state(
        self, group: str, plural: str, version: int | None = None
    ) -> tuple[dict[Key, Obj], int]:
        """A resource's objects by key as they are now, or as they were at a version still known.

        Raises:
            TooOldError: that version is forgotten.
        """
        with self._lock:
            objects = dict(self._objects.get((group, plural), {}))
            if version is None or version == self._version:
                return objects, self._version
            for change in reversed(self.changes_after(version)):
                if (change.key.group, change.key.plural) != (group, plural):
                    continue
                if change.before is None:
                    objects.pop(change.key, None)
                else:
                    objects[change.key] = change.before
            return objects, version

    def create(self, key: Key, obj: Obj) -> Obj:
        """Keep a new object and return it with its version.

        Raises:
            ExistsError: there is one already.
        """
        with self._lock:
            if self.get(key) is not None:
                raise ExistsError(key)
            return self._write("ADDED", key, obj, None)

    def update(self, key: Key, obj: Obj, expect: str | None = None) -> Obj:
        """Replace an object and return it with its new version.

        Args:
            key: where it is.
            obj: the whole new object.
            expect: the resourceVersion it must have now; `None` for any.

        Raises:
            MissingError: there is none.
            StaleError: it has another resourceVersion.
        """
        with self._lock:
            return self._write("MODIFIED", key, obj, self._expected(key, expect))

    def delete(self, key: Key, expect: str | None = None) -> Obj:
        """Remove an object and return its last state.

        Raises:
            MissingError: there is none.
            StaleError: it has another resourceVersion than expected.
        """
        with self._lock:
            before = self._expected(key, expect)
            return self._write("DELETED", key, before, before)

    def _expected(self, key: Key, expect: str | None) -> Obj:
        before = self.get(key)
        if before is None:
            raise MissingError(key)
        if expect is not None and before["metadata"].get("resourceVersion") != expect:
            raise StaleError(key)
        return before

    def _write(
        self,
        kind: Literal["ADDED", "MODIFIED", "DELETED"],
        key: Key,
        obj: Obj,
        before: Obj | None,
    ) -> Obj:
        self._version += 1
        metadata = {**obj.get("metadata", {}), "resourceVersion": str(self._version)}
        written = {**obj, "metadata": metadata}
        if before is not None:
            written = sharing(written, before)
        of_resource = self._objects.setdefault((key.group, key.plural), {})
        if kind == "DELETED":
            del of_resource[key]
        else:
            of_resource[key] = written
        self._changes.append(Change(kind, key, written, self._version, before))
        if len(self._changes) >= 2 * self._history:
            del self._changes[: self._history]
        for wake in tuple(self._waiting.values()):
            wake()
        return written

    def changes_after(self, version: int, limit: int | None = None) -> tuple[Change, ...]:
        """The changes that followed a version, oldest first, at most `limit` of them.

        Raises:
            TooOldError: some of them are forgotten.
        """
        with self._lock:
            oldest = self._version - len(self._changes)
            if version < oldest:
                raise TooOldError(oldest)
            start = version - oldest
            end = None if limit is None else start + limit
            return tuple(self._changes[start:end])

    def subscribe(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Call `wake` after every change, in the writer's thread; it must return at once.

        Who is woken asks for the changes since the version it knows: so nothing piles up for
        those who are slow. Returns a function that ends it.
        """
        with self._lock:
            self._next_waiter += 1
            number = self._next_waiter
            self._waiting[number] = wake

        def leave() -> None:
            with self._lock:
                self._waiting.pop(number, None)

        return leave

    def dump(self) -> Obj:
        """Everything there is, as JSON, for a checkpoint."""
        with self._lock:
            objects: Iterable[tuple[Key, Obj]] = (
                item for kept in self._objects.values() for item in sorted(kept.items())
            )
            kept = [{"key": list(key), "object": obj} for key, obj in objects]
            return {"format": FORMAT, "version": self._version, "objects": kept}

    @classmethod
    def load(cls, dumped: Mapping[str, Any], history: int = 2048) -> "Store":
        """The store that `dump` told of; uids and versions are kept, older watches are not.

        Raises:
            ValueError: it is none, or of a form that this program does not know.
        """
        if dumped.get("format") != FORMAT:
            raise ValueError(f"a store of format {FORMAT} was expected, not {dumped.get('format')}")
        store = cls(history)
        store._version = int(dumped["version"])
        for entry in dumped["objects"]:
            key = Key(*entry["key"])
            store._objects.setdefault((key.group, key.plural), {})[key] = entry["object"]
        return store
