"""Watches: every change, in order, to everyone who asked, and nobody waits for anybody.

A watcher knows the version it has told, and reads on from there whenever the store has changed.
So a slow client costs nothing: nothing is queued for it. One that falls behind further than the
store remembers is told to list again (410 Expired), as a cluster does.

Source: "Efficient detection of changes" and "Streaming lists" in the Kubernetes API concepts.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Protocol

from labs.kube import listing, tables
from labs.kube.api import Api
from labs.kube.errors import bad_request, expired, invalid_options
from labs.kube.kinds import Kind
from labs.kube.listing import Selection
from labs.kube.schema import Obj
from labs.kube.store import Change, Store, TooOldError
from labs.kube.violation import forbidden

LONGEST = 3600.0
BOOKMARK_EVERY = 60.0
_AT_ONCE = 100
INITIAL_EVENTS_END = {"k8s.io/initial-events-end": "true"}


class Bell:
    """Rings in a loop whenever a store changes, once for many changes in a row."""

    def __init__(self, store: Store, loop: asyncio.AbstractEventLoop) -> None:
        """Listen to the store; `loop` is where `rung` is awaited."""
        self._loop = loop
        self._pending = False
        self._next: asyncio.Future[None] = loop.create_future()
        self._leave = store.subscribe(self._pull)

    def _pull(self) -> None:
        if not self._pending:
            self._pending = True
            self._loop.call_soon_threadsafe(self.ring)

    def ring(self) -> None:
        """Wake everyone who waits."""
        self._pending = False
        rung, self._next = self._next, self._loop.create_future()
        rung.set_result(None)

    def next(self) -> asyncio.Future[None]:
        """What is done with the next ring: take it before looking, await it after."""
        return self._next

    def close(self) -> None:
        """Listen no more, and wake everyone a last time."""
        self._leave()
        self.ring()


class Stream(Protocol):
    """Where a watch is written to."""

    gone: bool
    """Nobody reads any more."""

    async def send(self, chunk: bytes) -> None:
        """Write, and wait until the reader keeps up."""


Shown = Callable[[Obj, bool], Obj]
"""An object as the client asked for it, and whether it is the first one (tables)."""


def shown_as(form: str, kind: Kind, include: str) -> Shown:
    """How the objects of a watch are shown: as they are, as table rows, as metadata only."""
    if form == "Table":
        return lambda obj, first: tables.table(
            kind,
            [obj],
            {"resourceVersion": obj["metadata"]["resourceVersion"]},
            include,
            head=first,
        )
    if form:
        return lambda obj, _: tables.partial(obj)
    return lambda obj, _: obj


class Watch:
    """One watch: where it is, and until when it goes on."""

    def __init__(
        self, api: Api, bell: Bell, selected: Selection, query: Mapping[str, str], shown: Shown
    ) -> None:
        """Take what is watched.

        Raises:
            ApiError: the query contradicts itself.
        """
        _check(query)
        self._api, self._bell = api, bell
        self._selected, self._shown = selected, shown
        self._initial = query.get("sendInitialEvents") == "true"
        self._bookmarks = query.get("allowWatchBookmarks") in ("1", "true") or self._initial
        self._until = time.monotonic() + _seconds(query)
        self._at = listing.version(query)
        self._first = True
        self._told = time.monotonic()

    async def events(self) -> AsyncIterator[list[Obj]]:
        """The events, some at a time; it ends when its time is over or it fell behind."""
        if self._initial or not self._at:
            yield self._everything()
        while True:
            rung = self._bell.next()
            try:
                changes = _changes(self._api.store, self._at)
            except TooOldError as error:
                told = f"too old resource version: {self._at} ({error.oldest})"
                yield [{"type": "ERROR", "object": expired(told).status()}]
                return
            yield self._changed(changes)
            left = self._until - time.monotonic()
            if left <= 0:
                return
            if not changes:
                await asyncio.wait({rung}, timeout=min(left, BOOKMARK_EVERY))

    def _everything(self) -> list[Obj]:
        """Everything there is: what "any version" and "the newest" begin with."""
        selected, kind = self._selected, self._selected.kind
        home = selected.home
        state, self._at = self._api.store.state(home.group, home.plural)
        keys = sorted(key for key, obj in state.items() if selected.has(key, obj))
        events = [self._event("ADDED", state[key]) for key in keys]
        if self._initial:
            events.append(bookmark(kind, self._at, INITIAL_EVENTS_END))
        return events

    def _changed(self, changes: Sequence[Change]) -> list[Obj]:
        events = []
        for change in changes:
            if name := _meaning(self._selected, change):
                events.append(self._event(name, change.object))
            self._at = change.version
        now = time.monotonic()
        due = now - self._told > BOOKMARK_EVERY or now >= self._until
        if self._bookmarks and due and not events:
            events = [bookmark(self._selected.kind, self._at)]
        if events:
            self._told = now
        return events

    def _event(self, name: str, stored: Obj) -> Obj:
        obj = self._shown(self._api.view(stored, self._selected.kind), self._first)
        self._first = False
        return {"type": name, "object": obj}


def _seconds(query: Mapping[str, str]) -> float:
    text = query.get("timeoutSeconds") or f"{LONGEST:.0f}"
    if not text.isdecimal():
        raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax')
    return min(float(text), LONGEST)


def _changes(store: Store, at: int) -> tuple[Change, ...]:
    if at > store.version:
        # It watched a store that had more: an older checkpoint was loaded since.
        raise TooOldError(store.version)
    return store.changes_after(at, _AT_ONCE)


def _check(query: Mapping[str, str]) -> None:
    match = query.get("resourceVersionMatch", "")
    if "sendInitialEvents" in query and match != "NotOlderThan":
        why = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
        raise invalid_options("ListOptions", forbidden("resourceVersionMatch", why))
    if match and "sendInitialEvents" not in query:
        why = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
        raise invalid_options("ListOptions", forbidden("resourceVersionMatch", why))
    if query.get("limit", "0") == "" or query.get("continue"):
        why = "continue is forbidden for watch"
        raise invalid_options("ListOptions", forbidden("continue", why))


def _meaning(selected: Selection, change: Change) -> str:
    """What a change is to a watcher: an object may come into its selection, and leave it."""
    key, home = change.key, selected.home
    if (key.group, key.plural) != (home.group, home.plural):
        return ""
    was = selected.has(key, change.before)
    now = change.type != "DELETED" and selected.has(key, change.object)
    if now:
        return "MODIFIED" if was else "ADDED"
    return "DELETED" if was else ""


def bookmark(kind: Kind, at: int, annotations: Mapping[str, str] | None = None) -> Obj:
    """Tells how far the watcher has seen."""
    metadata: Obj = {"resourceVersion": str(at), "creationTimestamp": None}
    if annotations:
        metadata["annotations"] = dict(annotations)
    obj = {"kind": kind.kind, "apiVersion": kind.api_version, "metadata": metadata}
    return {"type": "BOOKMARK", "object": obj}


async def send(events: AsyncIterator[list[Obj]], stream: Stream) -> None:
    """Write a watch's events until it ends or its reader is gone."""
    async for some in events:
        if stream.gone:
            return
        if some:
            lines = (json.dumps(event, separators=(",", ":")) for event in some)
            await stream.send("".join(f"{line}\n" for line in lines).encode())
