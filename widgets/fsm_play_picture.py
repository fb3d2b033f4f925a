"""The picture of a played session: one frozen session in, plain JSON out; the browser draws it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from bgp import fsm_messages as words
from bgp.errors import InvalidValueError
from bgp.fsm import Connection, rows_for
from bgp.fsm_frr import HABITS
from bgp.fsm_words import Action, Event, EventGroup, State, Timer
from bgp.hold_time import LARGE_HOLD_TIME, keepalive_interval
from widgets.fsm_graph import clear_way, edges
from widgets.fsm_picture import SHOWN, Picture, asked_way, differences, node_pictures, travelled
from widgets.fsm_play import CLEARED, MACHINE_TITLES, MACHINES, Done, Seat, Session
from widgets.fsm_play_events import why_not
from widgets.fsm_play_settings import FLAGS, IDENTITY, TIMES
from widgets.fsm_predict import Asked, outcome
from widgets.fsm_seen import seen_picture

_ALWAYS: Final = (Timer.CONNECT_RETRY, Timer.HOLD, Timer.KEEPALIVE)
_BY: Final = {"you": "you", "clock": "the clock", "peer": "the peer"}
_EDGES: Final = {name: edges(table) for name, table in MACHINES.items()}


def session_picture(session: Session, asked: Asked | None = None) -> Picture:
    """Return the picture of a session; with an open question, without what it asks for."""
    view: Picture = {
        "mode": "play",
        "title": "A BGP session",
        "origin": "",
        "machine": session.machine,
        "machine_title": MACHINE_TITLES[session.machine],
        "machines": [[name, title] for name, title in MACHINE_TITLES.items()],
        "nodes": _nodes(session),
        "seats": [_seat(session, seat) for seat in session.seats],
        "seen": seen_picture(session),
        "clock": clock(session),
        "events": _events(session),
        "clearing": session.seat.connection.state is State.CLEARING,
        "attributes": _attributes(session),
        "identity": [
            {"name": name, "title": title, "text": str(getattr(session.identity, name))}
            for name, (title, _) in IDENTITY.items()
        ],
        "peer_answers": session.peer_answers,
        "history": [_done(done, session.steps - n) for n, done in enumerate(_newest(session))],
        "earlier": max(0, session.steps - SHOWN),
        "edges": _EDGES[session.machine],
        "travelled": None,
        "gone": None,
        "differences": differences(),
        "habits": list(HABITS),
    }
    if asked is not None:
        view |= asked_way(asked)
    elif session.history:
        done = session.history[-1]
        way = travelled(done.before, done.after, _event_title(done), done.seat)
        gone = _gone(session, done)
        arrows = clear_way(clear_way(view["edges"], way["edge"]), gone["edge"] if gone else None)
        view |= {"travelled": way, "gone": gone, "edges": arrows}
    return view


def _gone(session: Session, last: Done) -> Picture | None:
    """The way of the connection that a collision closed in the same moment, None for none."""
    for done in session.history[-2:-1]:
        if done.rule and done.now == last.now and done.seat != last.seat:
            return travelled(done.before, done.after, _event_title(done), done.seat)
    return None


def _newest(session: Session) -> Iterable[Done]:
    return tuple(reversed(session.history))[:SHOWN]


def clock(session: Session) -> dict[str, Any]:
    """Return what changes as time passes: the moment, and what is left of every timer."""
    return {
        "now": round(session.now, 3),
        "timers": {
            seat.name: {
                timer.value: round(seat.connection.remaining(timer) or 0, 3)
                for timer in seat.connection.timers
            }
            for seat in session.seats
        },
    }


def _nodes(session: Session) -> list[dict[str, Any]]:
    frr = (State.CLEARING,) if session.frr else ()
    places = {seat.connection.state.value: [] for seat in session.seats}  # type: dict[str, list[str]]
    for seat in session.seats:
        places[seat.connection.state.value].append(seat.name)
    return node_pictures(frr, places, session.seat.connection.state)


def _seat(session: Session, seat: Seat) -> dict[str, Any]:
    connection = seat.connection
    return {
        "name": seat.name,
        "chosen": seat.name == session.chosen,
        "direction": words.DIRECTION_LINES[seat.direction] if connection.tcp else "",
        "state": connection.state.value,
        "line": words.STATE_LINES[connection.state],
        "counter": connection.connect_retry_counter,
        "hold": connection.negotiated_hold_time,
        "timers": [
            {
                "name": timer.value,
                "line": words.TIMER_LINES[timer],
                "total": _total(timer, connection),
                "running": timer in connection.timers,
            }
            for timer in Timer
            if timer in _ALWAYS or timer in connection.timers
        ],
    }


def _total(timer: Timer, connection: Connection) -> float:
    """How long a timer runs from its start, for the length of its bar."""
    attributes, agreed = connection.attributes, connection.negotiated_hold_time
    total = {
        Timer.CONNECT_RETRY: attributes.connect_retry_time,
        Timer.HOLD: LARGE_HOLD_TIME if agreed is None else agreed,
        Timer.KEEPALIVE: keepalive_interval(agreed or attributes.hold_time),
        Timer.DELAY_OPEN: attributes.delay_open_time,
        Timer.IDLE_HOLD: attributes.idle_hold_time,
        Timer.SEND_HOLD: attributes.send_hold_time,
    }[timer]
    return max(total, connection.remaining(timer) or 0)


def _events(session: Session) -> list[dict[str, Any]]:
    return [
        {
            "group": group.value,
            "title": words.GROUP_TITLES[group],
            "events": [
                {
                    "number": int(event),
                    "title": event.title,
                    "short": words.EVENT_SHORT[event],
                    "line": words.EVENT_LINES[event],
                    "optional": not event.mandatory,
                    "why": why_not(session, event) or "",
                }
                for event in sorted(Event, key=lambda event: not event.mandatory)
                if event.group is group
            ],
        }
        for group in EventGroup
    ]


def _attributes(session: Session) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "title": words.ATTRIBUTE_TITLES[name],
            "line": words.ATTRIBUTE_LINES[name],
            "flag": name in FLAGS,
            "value": value if name in FLAGS else f"{value:g}",
        }
        for name in (*FLAGS, *TIMES)
        for value in (getattr(session.attributes, name),)
    ]


def _event_title(done: Done) -> str:
    return CLEARED if done.event is None else done.event.title


def _done(done: Done, number: int) -> dict[str, Any]:
    return {
        "key": number,
        "time": f"{done.now:.1f} s",
        "seat": done.seat,
        "by": _BY[done.by],
        "event": CLEARED if done.event is None else words.event_name(done.event),
        "before": done.before.value,
        "after": done.after.value,
        "sent": ", ".join(done.sent),
    }


def said_done(session: Session, done: Done) -> Picture:
    """Return what is said after a step."""
    row = done.row
    return {
        "kind": "done",
        "sentence": words.CLEARED_SENTENCE if row is None else words.row_sentence(row),
        "line": words.CLEARED_LINE if done.event is None else words.EVENT_LINES[done.event],
        "actions": [] if row is None else [_action(action, done) for action in row.actions],
        "rule": done.rule,
        "why": [] if row is None else words.why_row(row),
        "elsewhere": _elsewhere(session, done),
    }


def _action(action: Action, done: Done) -> str:
    if action is Action.SEND_NOTIFICATION and done.row is not None:
        return f"{action.value}: {done.row.notification}"
    return action.value


def _elsewhere(session: Session, done: Done) -> str:
    """Say where the other machines would have gone, "" where they go the same way."""
    if done.row is None:
        return ""
    gone: dict[State, list[str]] = {}
    for name in MACHINES:
        for row in rows_for(done.before, done.row.event, MACHINES[name]):
            same = row.conditions == done.row.conditions and name != session.machine
            if same and row.next_state not in (None, done.after):
                gone.setdefault(row.next_state, []).append(MACHINE_TITLES[name])
    return " ".join(words.elsewhere_text(" and ".join(names), at) for at, names in gone.items())


def said_impossible(session: Session, event: Event, why: str) -> Picture:
    """Return what is said to an event that cannot happen now."""
    connection = session.seat.connection
    try:
        row = outcome(session, event).row
    except InvalidValueError:
        row = None
    anyway = None if row is None or event is Event.OPEN_COLLISION_DUMP else int(event)
    return {
        "kind": "impossible",
        "sentence": words.impossible_text(event, why, row),
        "line": words.EVENT_LINES[event],
        "state": connection.state.value,
        "anyway": anyway,
    }
