"""Where the states stand and how the arrows run: the picture of the machine, made from its table.

Which arrows there are, and what they are called, is read from the rows; only places and curves are
drawn by hand, and an arrow without a curve of its own gets a straight one. RFC 4271 section 8.2.2.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import hypot
from typing import Final, NamedTuple, TypedDict

from bgp.fsm_frr import FRR_EDGES, FrrEvent
from bgp.fsm_table import Row
from bgp.fsm_words import RFC_STATES, Condition, Event, State

S = State
WIDTH, HEIGHT = 860, 372
NODE_WIDTH, NODE_HEIGHT = 112, 44
_NAMED: Final = 3  # more events than that on one arrow are counted, not named
_LONG: Final = 24  # a longer name than that is left to the tooltip


class Node(TypedDict):
    """A state in the picture."""

    id: str
    x: float
    y: float


class Edge(TypedDict):
    """An arrow: where it runs, what it is called, whether it is shown without being asked for."""

    id: str  # "Idle-Connect"
    before: str
    after: str
    path: str
    label: str
    title: str  # every event of the arrow
    x: float
    y: float
    anchor: str
    common: bool


class Curve(NamedTuple):
    """A hand-drawn arrow."""

    path: str
    x: float
    y: float
    anchor: str = "middle"


PLACES: Final = {
    S.IDLE: (68, 166),
    S.CONNECT: (250, 66),
    S.ACTIVE: (250, 266),
    S.OPEN_SENT: (430, 166),
    S.OPEN_CONFIRM: (612, 166),
    S.ESTABLISHED: (794, 166),
    S.CLEARING: (612, 320),
    S.DELETED: (68, 340),
}

_CURVES: Final = {
    (S.IDLE, S.CONNECT): Curve("M88 144C104 96 136 68 194 64", 128, 70, "end"),
    (S.IDLE, S.ACTIVE): Curve("M88 188C104 240 136 266 194 268", 128, 270, "end"),
    (S.CONNECT, S.OPEN_SENT): Curve("M306 70C360 78 400 104 418 143", 396, 92, "start"),
    (S.CONNECT, S.ACTIVE): Curve("M234 88V243", 274, 122, "start"),
    (S.ACTIVE, S.CONNECT): Curve("M266 244V89", 258, 224, "end"),
    (S.ACTIVE, S.OPEN_SENT): Curve("M306 268C380 264 424 230 436 189", 392, 264, "start"),
    (S.OPEN_SENT, S.ACTIVE): Curve("M410 188C392 222 350 246 307 254", 396, 228, "start"),
    (S.OPEN_SENT, S.OPEN_CONFIRM): Curve("M486 166H555", 520, 138),
    (S.OPEN_CONFIRM, S.ESTABLISHED): Curve("M668 166H737", 702, 138),
    (S.ESTABLISHED, S.IDLE): Curve("M794 188C794 402 60 402 60 189", 620, 322, "middle"),
    (S.OPEN_CONFIRM, S.IDLE): Curve("M612 144C600 -34 66 -34 62 143", 330, 22, "middle"),
    (S.OPEN_SENT, S.IDLE): Curve("M374 166H125", 320, 180, "middle"),
    (S.CONNECT, S.IDLE): Curve("M206 88C186 112 152 136 124 148", 176, 128, "start"),
    (S.ACTIVE, S.IDLE): Curve("M206 244C186 220 152 196 124 184", 170, 240, "start"),
    (S.CONNECT, S.OPEN_CONFIRM): Curve("M306 58C430 40 560 70 596 143", 540, 72, "start"),
    (S.ACTIVE, S.OPEN_CONFIRM): Curve("M306 280C430 296 560 260 600 189", 546, 254, "start"),
    (S.ESTABLISHED, S.CLEARING): Curve("M794 188C794 260 740 318 669 320", 738, 262, "end"),
    (S.CLEARING, S.IDLE): Curve("M556 324C360 368 66 352 60 189", 400, 352, "middle"),
}

# The pairs a beginner meets first; with them the arrows of the table that are drawn at once.
_COMMON: Final = (
    (S.IDLE, Event.MANUAL_START),
    (S.CONNECT, Event.TCP_CR_ACKED),
    (S.OPEN_SENT, Event.BGP_OPEN),
    (S.OPEN_CONFIRM, Event.KEEPALIVE_MSG),
    (S.OPEN_SENT, Event.TCP_CONNECTION_FAILS),
    (S.ACTIVE, Event.CONNECT_RETRY_TIMER_EXPIRES),
    (S.ESTABLISHED, Event.HOLD_TIMER_EXPIRES),
)
_FRR_COMMON: Final = (*_COMMON, (S.CONNECT, Event.TCP_CONNECTION_FAILS))
_UNUSUAL: Final = frozenset({Condition.DELAY_OPEN, Condition.DELAY_OPEN_RUNNING})


def nodes(states: Iterable[State]) -> list[Node]:
    """Return the six states, and of FRR's two those that are wanted."""
    wanted = (*RFC_STATES, *(s for s in (S.CLEARING, S.DELETED) if s in set(states)))
    return [{"id": state.value, "x": PLACES[state][0], "y": PLACES[state][1]} for state in wanted]


def edges(table: tuple[Row, ...], *, frr: bool) -> list[Edge]:
    """Return every arrow of a table; an event that leaves the state alone has none."""
    common = _FRR_COMMON if frr else _COMMON
    events: dict[tuple[State, State], list[Event]] = {}
    usual: dict[tuple[State, State], Event] = {}
    for row in table:
        if row.next_state is None or row.next_state is row.state:
            continue
        pair = (row.state, row.next_state)
        found = events.setdefault(pair, [])
        if row.event not in found:
            found.append(row.event)
        if (row.state, row.event) in common and not set(row.conditions) & _UNUSUAL:
            usual.setdefault(pair, row.event)
    drawn = [
        edge(*pair, [f"{int(e)} {e.title}" for e in found], _first(found, usual.get(pair)))
        | {"common": pair in usual}
        for pair, found in events.items()
    ]
    if frr:
        cleared = edge(S.CLEARING, S.IDLE, [FrrEvent.CLEARED.value], FrrEvent.CLEARED.value)
        drawn.append(cleared | {"common": True})
    return drawn


def _first(events: list[Event], usual: Event | None) -> str:
    """What an arrow is called: its usual event, or its few, or how many there are."""
    if usual is not None:
        return usual.title
    if len(events) == 1:
        title = events[0].title
        return f"{int(events[0])} {title}" if len(title) <= _LONG else f"event {int(events[0])}"
    if len(events) <= _NAMED:
        return f"events {', '.join(str(int(event)) for event in events)}"
    return f"{len(events)} events"


def logged_edges(pairs: Iterable[tuple[State, State]]) -> list[Edge]:
    """Return the arrows between pairs of states, each called by FRR's events for it."""
    drawn: list[Edge] = []
    for before, after in dict.fromkeys(pairs):
        if before is after:
            continue
        names = sorted(
            event.value for state, event, to in FRR_EDGES if (state, to) == (before, after)
        )
        drawn.append(edge(before, after, names or ["not in FRR's table"], ""))
    return drawn


def edge(before: State, after: State, events: list[str], label: str) -> Edge:
    """Return one arrow."""
    curve = _CURVES.get((before, after)) or _straight(before, after)
    return {
        "id": f"{before.value}-{after.value}",
        "before": before.value,
        "after": after.value,
        "path": curve.path,
        "label": label,
        "title": f"{before} to {after}: {', '.join(events)}",
        "x": curve.x,
        "y": curve.y,
        "anchor": curve.anchor,
        "common": False,
    }


def _straight(before: State, after: State) -> Curve:
    """A straight arrow between the borders of two states, a little to the right of its way."""
    (x1, y1), (x2, y2) = PLACES[before], PLACES[after]
    length = hypot(x2 - x1, y2 - y1)
    ux, uy = (x2 - x1) / length, (y2 - y1) / length
    reach = min(
        NODE_WIDTH / 2 / abs(ux) if ux else length,
        NODE_HEIGHT / 2 / abs(uy) if uy else length,
    )
    side = 8
    start = (x1 + ux * reach - uy * side, y1 + uy * reach + ux * side)
    end = (x2 - ux * (reach + 1) - uy * side, y2 - uy * (reach + 1) + ux * side)
    path = f"M{start[0]:.0f} {start[1]:.0f}L{end[0]:.0f} {end[1]:.0f}"
    return Curve(path, (start[0] + end[0]) / 2, (start[1] + end[1]) / 2 - 6)
