"""Watches: every change, in order, to everyone who asked, and nobody waits for anybody.

A watcher knows the version it has told, and reads on from there whenever the store has changed.
So a slow client costs nothing: nothing is queued for it. One that falls behind further than the
store remembers is told to list again (410 Expired), as a cluster does.

Source: "Efficient detection of changes" and "Streaming lists" in the Kubernetes API concepts.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Protocol

from labs.kube import listing, tables
from labs.kube.api import Api
from labs.kube.errors import ApiError, expired, invalid_options
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

    @property
    def gone(self) -> bool:
        """Whether nobody reads any more."""

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


async def watch(
    api: Api,
    bell: Bell,
    selected: Selection,
    query: Mapping[str, str],
    shown: Shown,
) -> AsyncIterator[list[Obj]]:
    """The events of a watch, some at a time; it ends when its time is over or it fell behind.

    Raises:
        ApiError: the query contradicts itself.
    """
    initial = query.get("sendInitialEvents") == "true"
    _check(query)
    bookmarks = query.get("allowWatchBookmarks") in ("1", "true") or initial
    until = time.monotonic() + min(float(query.get("timeoutSeconds") or LONGEST), LONGEST)
    at = listing.version(query)
    first = True
    if initial or not at:
        # "Any version" and "the newest" begin with everything there is.
        state, at = api.store.state(selected.kind.group, selected.kind.plural)
        keys = sorted(key for key, obj in state.items() if selected.has(key, obj))
        events = []
        for key in keys:
            obj = shown(api.view(state[key], selected.kind), first)
            events.append({"type": "ADDED", "object": obj})
            first = False
        if initial:
            events.append(bookmark(selected.kind, at, INITIAL_EVENTS_END))
        yield events
    told = time.monotonic()
    while True:
        rung = bell.next()
        try:
            changes = _changes(api.store, at)
        except TooOldError as error:
            status = expired(f"too old resource version: {at} ({error.oldest})").status()
            yield [{"type": "ERROR", "object": status}]
            return
        events = []
        for change in changes:
            if event := _event(api, selected, change):
                events.append({**event, "object": shown(event["object"], first)})
                first = False
            at = change.version
        left = until - time.monotonic()
        if bookmarks and not events and (time.monotonic() - told > BOOKMARK_EVERY or left <= 0):
            events = [bookmark(selected.kind, at)]
        if events:
            told = time.monotonic()
            yield events
        if left <= 0:
            return
        if not changes:
            yield []
            await asyncio.wait({rung}, timeout=min(left, BOOKMARK_EVERY))


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


def _event(api: Api, selected: Selection, change: Change) -> Obj | None:
    """What a change is to this watcher: an object may come into its selection, and leave it."""
    key, kind = change.key, selected.kind
    if (key.group, key.plural) != (kind.group, kind.plural):
        return None
    was = selected.has(key, change.before)
    now = change.type != "DELETED" and selected.has(key, change.object)
    if not (was or now):
        return None
    name = "DELETED" if not now else "MODIFIED" if was else "ADDED"
    return {"type": name, "object": api.view(change.object, kind)}


def bookmark(kind: Kind, at: int, annotations: Mapping[str, str] | None = None) -> Obj:
    """Tells how far the watcher has seen."""
    metadata: Obj = {"resourceVersion": str(at), "creationTimestamp": None}
    if annotations:
        metadata["annotations"] = dict(annotations)
    obj = {"kind": kind.kind, "apiVersion": kind.api_version, "metadata": metadata}
    return {"type": "BOOKMARK", "object": obj}


async def send(events: AsyncIterator[list[Obj]], stream: Stream) -> None:
    """Write a watch's events until it ends or its reader is gone."""
    try:
        async for some in events:
            if stream.gone:
                return
            if some:
                lines = (json.dumps(event, separators=(",", ":")) for event in some)
                await stream.send("".join(f"{line}\n" for line in lines).encode())
    except ApiError as error:
        event = {"type": "ERROR", "object": error.status()}
        await stream.send(f"{json.dumps(event)}\n".encode())
