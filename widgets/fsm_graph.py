"""Where the states stand and how the arrows run: the picture of the machine, made from its table.

Which arrows there are, and what they are called, is read from the rows; only places and curves are
drawn by hand, and an arrow without a curve of its own gets a straight one. RFC 4271 section 8.2.2.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import hypot
from typing import Final, NamedTuple, TypedDict

from bgp.fsm_frr import FRR_EDGES, FrrEvent
from bgp.fsm_row import Row
from bgp.fsm_words import RFC_STATES, Condition, Event, State

S = State
WIDTH, HEIGHT = 920, 408
NODE_WIDTH, NODE_HEIGHT = 112, 44
_NAMED: Final = 3  # more events than that on one arrow are counted, not named
_LETTER, _RISE, _FALL = 7.2, 11, 4  # of a name: the usual width of a letter, above, below its line
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
    S.IDLE: (66, 196),
    S.CONNECT: (262, 88),
    S.ACTIVE: (262, 304),
    S.OPEN_SENT: (480, 196),
    S.OPEN_CONFIRM: (672, 196),
    S.ESTABLISHED: (858, 196),
    S.CLEARING: (672, 300),
    S.DELETED: (66, 382),
}

_CURVES: Final = {
    (S.IDLE, S.CONNECT): Curve("M84 174C100 120 140 92 205 88", 150, 86, "end"),
    (S.IDLE, S.ACTIVE): Curve("M84 218C100 272 140 300 205 304", 118, 274, "start"),
    (S.CONNECT, S.IDLE): Curve("M222 110C200 140 165 165 123 178", 198, 130, "end"),
    (S.ACTIVE, S.IDLE): Curve("M222 282C200 252 165 227 123 214", 172, 232, "start"),
    (S.CONNECT, S.OPEN_SENT): Curve("M318 92C390 98 452 130 467 173", 456, 132, "start"),
    (S.CONNECT, S.ACTIVE): Curve("M248 110V281", 254, 264, "start"),
    (S.ACTIVE, S.CONNECT): Curve("M276 282V111", 283, 168, "start"),
    (S.ACTIVE, S.OPEN_SENT): Curve("M318 304C410 304 476 270 486 219", 462, 278, "start"),
    (S.OPEN_SENT, S.ACTIVE): Curve("M456 218C430 262 380 284 319 292", 442, 234, "end"),
    (S.OPEN_SENT, S.OPEN_CONFIRM): Curve("M536 196H615", 576, 186),
    (S.OPEN_CONFIRM, S.ESTABLISHED): Curve("M728 196H801", 765, 164),
    (S.ESTABLISHED, S.IDLE): Curve("M866 218C866 446 52 446 52 219", 560, 401),
    (S.OPEN_CONFIRM, S.IDLE): Curve("M678 174C674 -36 60 -40 56 173", 646, 97, "start"),
    (S.OPEN_SENT, S.IDLE): Curve("M424 196H123", 364, 212),
    (S.CONNECT, S.OPEN_CONFIRM): Curve("M318 80C460 60 622 90 656 173", 344, 68, "start"),
    (S.ACTIVE, S.OPEN_CONFIRM): Curve("M318 314C460 336 622 300 656 219", 344, 337, "start"),
    (S.ESTABLISHED, S.CLEARING): Curve("M850 218C846 270 800 300 729 300", 832, 254, "end"),
    (S.CLEARING, S.IDLE): Curve("M616 304C410 372 84 384 72 219", 470, 362),
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


def edges(table: tuple[Row, ...]) -> list[Edge]:
    """Return every arrow of a table; an event that leaves the state alone has none."""
    frr = any(row.state is S.CLEARING for row in table)
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


def clear_way(drawn: Iterable[Edge], way: Edge | None) -> list[Edge]:
    """Return the arrows, without the names that the name of the way just taken would lie upon."""
    if way is None:
        return list(drawn)
    taken = name_box(way)
    return [
        each if each["id"] == way["id"] or not _touch(name_box(each), taken) else unnamed(each)
        for each in drawn
    ]


def unnamed(drawn: Edge) -> Edge:
    """Return the arrow without its name; its title still tells all."""
    return {**drawn, "label": ""}


def name_box(drawn: Edge) -> tuple[float, float, float, float]:
    """Return the room an arrow's name takes: left, top, right and bottom."""
    wide = len(drawn["label"]) * _LETTER
    left = drawn["x"] - {"start": 0, "middle": wide / 2, "end": wide}[drawn["anchor"]]
    return left, drawn["y"] - _RISE, left + wide, drawn["y"] + _FALL


def _touch(one: tuple[float, ...], two: tuple[float, ...]) -> bool:
    return one[0] < two[2] and two[0] < one[2] and one[1] < two[3] and two[1] < one[3]


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
