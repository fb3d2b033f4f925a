"""The picture of a replayed log, in the shape of a played session's: one view draws both."""

from __future__ import annotations

from typing import Any, Final

from bgp import fsm_messages as words
from bgp.fsm_frr import HABITS
from bgp.fsm_log import LoggedTransition
from bgp.fsm_words import RFC_STATES, State
from widgets.fsm_graph import clear_way, edges, logged_edges
from widgets.fsm_picture import SHOWN, asked_way, differences, node_pictures, travelled
from widgets.fsm_play import FRR, MACHINES
from widgets.fsm_predict import Asked
from widgets.fsm_replay import COLLISION, Replay, collision_rule, opened_by_router, states

_FRR_EDGES: Final = edges(MACHINES[FRR])


def replay_picture(log: Replay, asked: Asked | None = None) -> dict[str, Any]:
    """Return the picture of a log where its slider stands."""
    past, whole = log.past, log.of_peer
    where = states(past) or {logged.connection: logged.before for logged in whole[:1]}
    tokens: dict[str, list[str]] = {}
    for connection, state in where.items():
        tokens.setdefault(state.value, []).append(str(connection))
    latest = past[-1] if past else None
    way = latest and travelled(latest.before, latest.after, words.logged_event(latest))
    moving = latest.connection if latest else next(iter(where), 0)
    view = _frame(log) | {
        "nodes": node_pictures(_extra(log), tokens, where.get(moving)),
        "edges": clear_way(_edges(log), way["edge"] if way else None),
        "travelled": way,
        "gone": None,
        "seats": _seats(log, where, moving),
        "history": [
            _line(logged, len(past) - n) for n, logged in enumerate(past[: -SHOWN - 1 : -1])
        ],
        "earlier": max(0, len(past) - SHOWN),
    }
    return view if asked is None else view | asked_way(asked)


def _frame(log: Replay) -> dict[str, Any]:
    end = len(log.of_peer)
    return {
        "mode": "log",
        "title": log.title or (f"A router's log: {log.peer}" if log.peer else "A router's log"),
        "origin": log.origin,
        "machine": "frr",
        "machine_title": "FRR",
        "machines": [],
        "peers": list(log.peers),
        "peer": log.peer,
        "position": log.position,
        "end": end,
        "strange": sum(not logged.known for logged in log.past),
        "clock": {"now": 0, "timers": {}},
        "events": [],
        "seen": None,
        "clearing": False,
        "attributes": [],
        "identity": [],
        "peer_answers": False,
        "differences": differences(),
        "habits": list(HABITS),
    }


def _extra(log: Replay) -> list[State]:
    """FRR's own states, as far as the log reaches them; Clearing always."""
    seen = {state for logged in log.of_peer for state in (logged.before, logged.after)}
    return [State.CLEARING, *(s for s in State if s in seen and s not in RFC_STATES)]


def _edges(log: Replay) -> list[Any]:
    known = {drawn["id"] for drawn in _FRR_EDGES}
    pairs = [(logged.before, logged.after) for logged in log.past]
    return [*_FRR_EDGES, *(e for e in logged_edges(pairs) if e["id"] not in known)]


def _seats(log: Replay, where: dict[int, State], moving: int) -> list[dict[str, Any]]:
    ours = opened_by_router(log.past)
    last = {logged.connection: logged for logged in log.past}
    return [
        {
            "name": str(number),
            "chosen": number == moving,
            "direction": "" if number not in ours else _OPENED[ours[number]],
            "state": state.value,
            "line": _seat_line(last.get(number), state),
            "counter": None,
            "hold": None,
            "timers": [],
        }
        for number, state in sorted(where.items())
    ]


_OPENED: Final = {True: "opened by the router", False: "opened by the peer"}


def _seat_line(last: LoggedTransition | None, state: State) -> str:
    if last is not None and last.notification == COLLISION:
        return "Closed in the collision."
    return words.STATE_LINES[state]


def _line(logged: LoggedTransition, number: int) -> dict[str, Any]:
    said = ""
    if logged.notification is not None:
        said = f"NOTIFICATION {logged.notification} {'received' if logged.received else 'sent'}"
    return {
        "key": number,
        "time": logged.time.partition(" ")[2] or f"line {logged.line}",
        "seat": str(logged.connection),
        "by": "" if logged.known else "not in FRR's table",
        "event": words.logged_event(logged),
        "before": logged.before.value,
        "after": logged.after.value,
        "sent": said,
    }


def said_logged(log: Replay) -> dict[str, Any] | None:
    """Return what is said where the slider stands, None at the beginning."""
    past = log.past
    if not past:
        return None
    logged, event = past[-1], past[-1].rfc_event
    meant = f"RFC 4271: {words.event_name(event)}. {words.EVENT_LINES[event]}" if event else ""
    return {
        "kind": "done",
        "sentence": words.logged_sentence(logged),
        "line": meant,
        "actions": [],
        "rule": collision_rule(past),
        "why": [],
        "elsewhere": "",
    }
