"""What an operator would see of a played session on FRR and BIRD: which moment of theirs it is.

``bgp/fsm_visible.py`` has the words and the moments they were seen in; here a session is matched
with one of them by its states and the way it came. A moment that was not measured is not guessed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import takewhile
from types import MappingProxyType
from typing import Any, Final

from bgp.collision import Direction
from bgp.fsm_visible import COMMANDS, DAEMON_TITLES, MOMENTS, Moment
from bgp.fsm_words import Condition, Event, State
from widgets.fsm_play import Done, Session

S, E = State, Event
_NAMED: Final = MappingProxyType({moment.name: moment for moment in MOMENTS})
_PASSIVE: Final = tuple(event for event in Event if "Passive" in event.title)

_NOT_SEEN: Final = "FRR and BIRD were not watched in this moment, and nothing is guessed."

# What led to where the connection is now, where that says more than the state it is in.
_AFTER: Final[Mapping[tuple[State, Event | None], str]] = MappingProxyType(
    {
        (S.CONNECT, E.TCP_CONNECTION_FAILS): "refused",
        (S.OPEN_SENT, E.TCP_CONNECTION_FAILS): "closed-in-open-sent",
        (S.OPEN_SENT, E.BGP_OPEN_MSG_ERR): "wrong-as",
        (S.ESTABLISHED, E.HOLD_TIMER_EXPIRES): "hold-expired",
        (S.ESTABLISHED, E.NOTIF_MSG): "peer-cease",
        (S.ESTABLISHED, E.AUTOMATIC_STOP): "too-many-prefixes",
    }
)
_OPENING: Final = MappingProxyType({S.OPEN_SENT: "open-sent", S.OPEN_CONFIRM: "open-confirm"})
_TWO: Final[Mapping[tuple[State, ...], str]] = MappingProxyType(
    {
        (S.OPEN_SENT, S.OPEN_SENT): "two-calls",
        (S.OPEN_SENT, S.OPEN_CONFIRM): "collision",
    }
)
"""Of our connection and the peer's."""


def moment(session: Session) -> Moment | None:
    """Return the moment that a session is in, None where none was measured."""
    name = _of_one(session) if session.other is None else _of_two(session)
    return _NAMED.get(name or "")


def _of_two(session: Session) -> str | None:
    ours_first = sorted(session.seats, key=lambda seat: seat.direction is Direction.INCOMING)
    name = _TWO.get(tuple(seat.connection.state for seat in ours_first))
    who = session.identity
    return None if name == "collision" and who.local_id >= who.remote_id else name


def _of_one(session: Session) -> str | None:
    connection, moves = session.seat.connection, _moves(session)
    passive = bool(moves) and moves[0].event in _PASSIVE
    passive = passive and all(done.after is not S.CONNECT for done in moves)
    match connection.state:
        case S.ESTABLISHED:
            return "up"
        case S.CONNECT:
            return None if connection.tcp else "unanswered"
        case S.OPEN_SENT | S.OPEN_CONFIRM as state:
            return _of_opening(session, _OPENING[state], passive=passive)
        case S.CLEARING:
            return None
        case _:
            return _of_waiting(moves, passive=passive)


def _of_opening(session: Session, name: str, *, passive: bool) -> str | None:
    if session.seat.direction is Direction.OUTGOING:
        return name
    return f"incoming-{name}" if passive else _lost_call(session)


def _of_waiting(moves: Sequence[Done], *, passive: bool) -> str | None:
    """What stands behind Idle and Active: the way there."""
    last = moves[-1] if moves else None
    if last is None or last.row is None or Condition.DELAY_OPEN_RUNNING in last.row.conditions:
        return None
    if last.event is E.MANUAL_STOP:
        return "admin-down"
    return "passive" if passive and len(moves) == 1 else _AFTER.get((last.before, last.event))


def _lost_call(session: Session) -> str | None:
    """The moment of the peer's connection that has just won against ours."""
    settled = any(done.rule and done.before is S.OPEN_SENT for done in session.history[-2:])
    return "collision" if settled else None


def _moves(session: Session) -> list[Done]:
    """How the connection came where it is: its changes of state from the last start on.

    The end of FRR's clearing is left out: it is the step before that says what happened.
    """
    mine = [
        done
        for done in session.history
        if done.seat == session.chosen and done.before is not done.after and done.event is not None
    ]
    since = list(takewhile(lambda done: done.before is not S.IDLE, reversed(mine)))
    return mine[max(0, len(mine) - len(since) - 1) :]


def seen_picture(session: Session) -> dict[str, Any]:
    """Return what each command shows, daemons that agree together."""
    found = moment(session)
    if found is None:
        return {"what": _NOT_SEEN, "note": "", "rows": []}
    alike: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for daemon, shown in found.shown.items():
        told = tuple(zip(COMMANDS[daemon], (shown.summary, shown.detail), strict=True))
        alike.setdefault(told, []).append(DAEMON_TITLES[daemon])
    return {
        "what": found.what,
        "note": found.note,
        "rows": [
            {"daemons": " and ".join(titles), "shown": [list(pair) for pair in told]}
            for told, titles in alike.items()
        ],
    }
