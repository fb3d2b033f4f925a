"""A router's log as a value: its transitions, one peer of them, where the slider stands.

Source of the transitions: ``bgp.fsm_log`` (FRR's ``debug bgp neighbor-events``), recorded or live.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from bgp.errors import InvalidValueError
from bgp.fsm_log import LoggedTransition, parse_frr_log
from bgp.fsm_recording import FORMAT, RecordedLog, parse_recording
from bgp.fsm_words import Event, State
from bgp.notification import ErrorCode, Notification
from widgets.text import clip

MOST: Final = 20_000  # transitions kept of a log that never ends: the newest
_WIDEST: Final = 60
_SPELLED: Final = {
    "as": "AS",
    "open": "OPEN",
    "opensent": "OpenSent",
    "notification": "NOTIFICATION",
}
_LATE: Final = 50  # a line that makes an edge better known comes soon after it
_UP: Final = (State.OPEN_SENT, State.OPEN_CONFIRM, State.ESTABLISHED)
COLLISION: Final = Notification(ErrorCode.CEASE, 7)
_RULE: Final = (
    "Of two connections to one peer, the one opened by the speaker with the higher BGP Identifier "
    "stays."
)


@dataclass(frozen=True, slots=True)
class Replay:
    """A log being replayed.

    Attributes:
        transitions: what the log told, of all peers, oldest first.
        peer: the peer shown.
        position: how many of its transitions have happened.
        title: what it is of, "" for the peer's name.
        origin: where it comes from, one sentence; "" when that is not known.
    """

    transitions: tuple[LoggedTransition, ...] = ()
    peer: str = ""
    position: int = 0
    title: str = ""
    origin: str = ""

    def titled(self, title: str = "", origin: str = "") -> Replay:
        """Return the log with another title and origin; what is empty stays as it was."""
        return replace(self, title=title or self.title, origin=origin or self.origin)

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


def read_log(
    log: str | RecordedLog | Iterable[str] | Iterable[LoggedTransition],
    peer: str | None = None,
    title: str = "",
) -> Replay:
    """Read a log and stand at its beginning.

    Args:
        log: FRR's log as text or lines, a recording or its text (``docs/formats.md``), or
            transitions somebody has read already.
        peer: the peer to show; the first of the log when None.
        title: what it is called; the recording's name without one.

    Raises:
        InvalidValueError: the recording cannot be read, or the log says nothing of the peer.
    """
    if isinstance(log, str) and log.startswith(f"# {FORMAT} "):
        log = parse_recording(log)
    if isinstance(log, RecordedLog):
        origin = f"{log.done} Recorded from {log.daemon}."
        read = Replay(
            log.transitions[-MOST:],
            title=_title(log.scenario),
            origin=origin,
        )
    else:
        lines = log.splitlines() if isinstance(log, str) else _lines(log)
        known = [line for line in lines if isinstance(line, LoggedTransition)]
        read = Replay(tuple(known or parse_frr_log(map(str, lines)))[-MOST:])
    read = read.titled(title)
    if peer is not None:
        return with_peer(read, peer)
    return replace(read, peer=read.peers[0] if read.peers else "")


def _lines(log: object) -> list[str | LoggedTransition]:
    if isinstance(log, Iterable) and not isinstance(log, bytes):
        lines = list(log)
        if all(isinstance(line, str | LoggedTransition) for line in lines):
            return lines
    kind = f"{type(log).__name__} that holds no text"
    raise InvalidValueError("log", kind, "FRR's log as text or lines, or transitions read from one")


def _title(scenario: str) -> str:
    """Spell the name of a recording's file as words."""
    words = [_SPELLED.get(word, word) for word in scenario.split("-")]
    return f"{words[0][:1].upper()}{words[0][1:]}{' '.join(['', *words[1:]])}"


def with_peer(log: Replay, peer: str) -> Replay:
    """Return the log of another peer, at its beginning.

    Raises:
        InvalidValueError: the log says nothing of the peer.
    """
    if peer not in log.peers:
        known = ", ".join(clip(name, _WIDEST) for name in log.peers[:8]) or "none in this log"
        raise InvalidValueError("peer", peer, f"a peer of the log: {known}")
    return replace(log, peer=peer, position=0)


def seek(log: Replay, position: object) -> Replay:
    """Return the log with the slider elsewhere.

    Raises:
        InvalidValueError: it is no place in the log.
    """
    last = len(log.of_peer)
    if isinstance(position, bool) or not isinstance(position, int) or not 0 <= position <= last:
        raise InvalidValueError("position", position, f"a whole number from 0 to {last}")
    return replace(log, position=position)


def grown(log: Replay, logged: LoggedTransition, *, hold: bool = False) -> Replay:
    """Return the log with one more transition; a slider at the end stays at the end.

    A transition that is there already, and now better known, takes its own place: the line that
    tells of a NOTIFICATION may come after the line of its edge.

    Args:
        log: the log so far.
        logged: what came.
        hold: whether the slider stays where it is.
    """
    for place in range(len(log.transitions) - 1, max(-1, len(log.transitions) - _LATE), -1):
        if _same_line(log.transitions[place], logged):
            before, after = log.transitions[:place], log.transitions[place + 1 :]
            return replace(log, transitions=(*before, logged, *after))
    at_end = log.position == len(log.of_peer)
    peer = log.peer or logged.peer
    log = replace(log, transitions=(*log.transitions[1 - MOST :], logged), peer=peer)
    end = len(log.of_peer)
    return replace(log, position=end if at_end and not hold else min(log.position, end))


def _same_line(one: LoggedTransition, two: LoggedTransition) -> bool:
    return (one.line, one.time, one.peer, one.event) == (two.line, two.time, two.peer, two.event)


def states(past: Iterable[LoggedTransition]) -> dict[int, State]:
    """Return where each connection is after these transitions."""
    return {logged.connection: logged.after for logged in past}


def opened_by_router(past: Iterable[LoggedTransition]) -> dict[int, bool]:
    """Return for each connection whose TCP opening the log shows whether the router opened it."""
    opened: dict[int, bool] = {}
    for logged in past:
        if logged.rfc_event in (Event.TCP_CR_ACKED, Event.TCP_CONNECTION_CONFIRMED):
            opened[logged.connection] = logged.rfc_event is Event.TCP_CR_ACKED
    return opened


def collision_rule(past: tuple[LoggedTransition, ...]) -> str:
    """Say by which rule the last transition ended one of two connections, "" if it did not.

    RFC 4271 section 6.8. The log does not tell the BGP Identifiers to compare; which connection
    stayed tells which of them is the higher.
    """
    if not past or past[-1].notification != COLLISION:
        return ""
    killed = past[-1].connection
    others = [
        (number, state)
        for number, state in states(past).items()
        if number != killed and state in _UP
    ]
    if not others:
        return _RULE
    kept, state = others[-1]
    if state is State.ESTABLISHED:
        return f"Connection {kept} is Established: the new one is closed."
    ours = opened_by_router(past).get(kept)
    if ours is None:
        return _RULE
    who = "the router" if ours else "the peer"
    return f"{_RULE} Connection {kept} stays, which {who} opened: {who} has the higher one."
