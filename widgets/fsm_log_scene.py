"""A recorded or live log as a scene: its transitions, one peer of them, the slider's place.

Source of the transitions: ``bgp.fsm_log`` (FRR's ``debug bgp neighbor-events``). The picture has
the shape of a played session's, so that one view draws both.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from bgp import fsm_messages as words
from bgp.errors import InvalidValueError
from bgp.fsm_frr import HABITS
from bgp.fsm_log import LoggedTransition
from bgp.fsm_words import RFC_STATES, State
from widgets.fsm_graph import edges, logged_edges
from widgets.fsm_picture import SHOWN, differences, node_pictures, travelled
from widgets.fsm_predict import EVENT, Asked
from widgets.fsm_session import MACHINES
from widgets.text import clip

MOST: Final = 20_000  # transitions kept of a log that never ends: the newest
_FRR_EDGES: Final = edges(MACHINES["frr"], frr=True)
_WIDEST: Final = 60


@dataclass(frozen=True, slots=True)
class LogScene:
    """A log being replayed.

    Attributes:
        transitions: what the log told, of all peers, oldest first.
        peer: the peer shown.
        position: how many of its transitions have happened.
        live: whether it still grows.
    """

    transitions: tuple[LoggedTransition, ...] = ()
    peer: str = ""
    position: int = 0
    live: bool = False

    @property
    def peers(self) -> tuple[str, ...]:
        """The peers in the log, in order of appearance."""
        return tuple(dict.fromkeys(logged.peer for logged in self.transitions))

    @property
    def of_peer(self) -> tuple[LoggedTransition, ...]:
        """The transitions of the peer shown."""
        return tuple(logged for logged in self.transitions if logged.peer == self.peer)

    @property
    def past(self) -> tuple[LoggedTransition, ...]:
        """Those that have happened where the slider stands."""
        return self.of_peer[: self.position]


def scene_of(transitions: Iterable[LoggedTransition], peer: str | None = None) -> LogScene:
    """Return a log at its beginning.

    Raises:
        InvalidValueError: the log says nothing of the peer.
    """
    scene = LogScene(tuple(transitions)[-MOST:])
    if peer is not None:
        return with_peer(scene, peer)
    return replace(scene, peer=scene.peers[0] if scene.peers else "")


def with_peer(scene: LogScene, peer: str) -> LogScene:
    """Return the log of another peer, at its beginning.

    Raises:
        InvalidValueError: the log says nothing of the peer.
    """
    if peer not in scene.peers:
        known = ", ".join(clip(name, _WIDEST) for name in scene.peers[:8]) or "none in this log"
        raise InvalidValueError("peer", peer, f"a peer of the log: {known}")
    return replace(scene, peer=peer, position=0)


def seek(scene: LogScene, position: object) -> LogScene:
    """Return the log with the slider elsewhere.

    Raises:
        InvalidValueError: it is no place in the log.
    """
    last = len(scene.of_peer)
    if isinstance(position, bool) or not isinstance(position, int) or not 0 <= position <= last:
        raise InvalidValueError("position", position, f"a whole number from 0 to {last}")
    return replace(scene, position=position)


def grown(scene: LogScene, logged: LoggedTransition) -> LogScene:
    """Return the log with one more transition; a slider at the end stays at the end."""
    at_end = scene.position == len(scene.of_peer)
    scene = replace(
        scene,
        transitions=(*scene.transitions[1 - MOST :], logged),
        peer=scene.peer or logged.peer,
        live=True,
    )
    end = len(scene.of_peer)
    return replace(scene, position=end if at_end else min(scene.position, end))


def log_picture(scene: LogScene, asked: Asked | None = None) -> dict[str, Any]:
    """Return the picture of a log where its slider stands."""
    past = scene.past
    states: dict[int, State] = {}
    for logged in past:
        states[logged.connection] = logged.after
    if not states and scene.of_peer:
        states = {scene.of_peer[0].connection: scene.of_peer[0].before}
    tokens: dict[str, list[str]] = {}
    for connection, state in states.items():
        tokens.setdefault(state.value, []).append(str(connection))
    latest = past[-1] if past else None
    moving = latest.connection if latest else next(iter(states), 0)
    view = _frame(scene)
    view |= {
        "nodes": node_pictures(_extra(scene), tokens, states.get(moving)),
        "edges": [] if asked else _edges(scene),
        "travelled": None
        if latest is None
        else travelled(latest.before, latest.after, words.logged_event(latest)),
        "seats": [_seat(n, state, chosen=n == moving) for n, state in sorted(states.items())],
        "history": [
            _line(logged, len(past) - n) for n, logged in enumerate(past[: -SHOWN - 1 : -1])
        ],
        "earlier": max(0, len(past) - SHOWN),
    }
    if asked is not None:
        shown = asked.kind == EVENT and asked.before is not asked.after
        view["travelled"] = travelled(asked.before, asked.after, "?") if shown else None
        view["differences"], view["habits"] = [], []
    return view


def _frame(scene: LogScene) -> dict[str, Any]:
    end = len(scene.of_peer)
    return {
        "mode": "log",
        "title": f"A router's log: {scene.peer}" if scene.peer else "A router's log",
        "machine": "frr",
        "machine_title": "FRR",
        "machines": [],
        "peers": list(scene.peers),
        "peer": scene.peer,
        "position": scene.position,
        "end": end,
        "live": scene.live,
        "strange": sum(not logged.known for logged in scene.past),
        "clock": {"now": 0, "timers": {}},
        "events": [],
        "clearing": False,
        "attributes": [],
        "identity": [],
        "peer_answers": False,
        "differences": differences(),
        "habits": list(HABITS),
    }


def _extra(scene: LogScene) -> list[State]:
    """FRR's own states, as far as the log reaches them; Clearing always."""
    seen = {state for logged in scene.of_peer for state in (logged.before, logged.after)}
    return [State.CLEARING, *(s for s in State if s in seen and s not in RFC_STATES)]


def _edges(scene: LogScene) -> list[Any]:
    known = {drawn["id"] for drawn in _FRR_EDGES}
    pairs = [(logged.before, logged.after) for logged in scene.past]
    return [*_FRR_EDGES, *(e for e in logged_edges(pairs) if e["id"] not in known)]


def _seat(number: int, state: State, *, chosen: bool) -> dict[str, Any]:
    return {
        "name": str(number),
        "chosen": chosen,
        "direction": "",
        "state": state.value,
        "line": words.STATE_LINES[state],
        "counter": None,
        "hold": None,
        "timers": [],
    }


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


def said_logged(logged: LoggedTransition, prediction: str = "") -> dict[str, Any]:
    """Return what is said at a line of the log."""
    return {
        "kind": "done",
        "prediction": prediction,
        "sentence": words.logged_sentence(logged),
        "line": "",
        "actions": [],
        "rule": "",
        "why": [],
        "elsewhere": "",
    }
