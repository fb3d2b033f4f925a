"""FRR's log of a session (``debug bgp neighbor-events``) read into transitions, per connection.

Source: ``bgp_event_update`` and ``bgp_notify_send`` in FRR's ``bgpd/`` (8.4 and 10). A peer whose
two sides call at once has two connections under one name; they are told apart by the state each
was last seen in, and by the file descriptor where the log gives one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from bgp.fsm_frr import FRR_EDGES
from bgp.fsm_words import State
from bgp.notification import Notification

# Anchored on both sides: a line of a megabyte is looked at once.
_TIME: Final = re.compile(r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d(?:\.\d+)?")
_EDGE: Final = re.compile(r"(\w+) \((\w+)->(\w+)\)(?:, fd (-?\d+))?")
_SAID: Final = re.compile(
    r"(?:\(Hard Reset\))?: (sent to|received from) neighbor (\S+) (\d+)/(\d+)"
)


@dataclass(frozen=True, slots=True)
class LoggedTransition:
    """One line of the log.

    Attributes:
        line: its number, 1 for the first.
        time: the log's time stamp, empty when it has none.
        peer: the neighbor's address.
        connection: which of the peer's connections, 1 for the first seen.
        event: FRR's event.
        before: the state left.
        after: the state entered.
        known: whether FRR's table has the edge; False is worth a report.
        notification: the NOTIFICATION sent or received on the way, None for none.
        received: whether the peer sent that NOTIFICATION.
    """

    line: int
    time: str
    peer: str
    connection: int
    event: str
    before: State
    after: State
    known: bool
    notification: Notification | None = None
    received: bool = False


def parse_frr_log(lines: Iterable[str]) -> tuple[LoggedTransition, ...]:
    """Read a log; lines about other things are passed over.

    Args:
        lines: the log's lines.
    """
    transitions: list[LoggedTransition] = []
    seats: dict[str, list[_Seat]] = {}
    pending: dict[str, tuple[Notification, bool]] = {}
    for number, line in enumerate(lines, start=1):
        head, marker, tail = line.partition(" [FSM] ")
        if not marker:
            _note_notification(line, pending)
            continue
        found = _EDGE.match(tail)
        if found is None or not head:
            continue
        event, before, after, fd = found[1], _state(found[2]), _state(found[3]), found[4]
        if before is None or after is None:
            continue
        peer = head.split()[-1] if head.split() else ""
        time = _TIME.match(head)
        seat = _seat(seats.setdefault(peer, []), before, fd)
        seat.state, seat.fd = after, fd
        notification_seen, received = pending.pop(peer, (None, False))
        transitions.append(
            LoggedTransition(
                line=number,
                time="" if time is None else time[0],
                peer=peer,
                connection=seat.number,
                event=event,
                before=before,
                after=after,
                known=(before, event, after) in _KNOWN,
                notification=notification_seen,
                received=received,
            )
        )
    return tuple(transitions)


def _note_notification(line: str, pending: dict[str, tuple[Notification, bool]]) -> None:
    _, marker, tail = line.partition("%NOTIFICATION")
    said = _SAID.match(tail) if marker else None
    if said is not None and int(said[3]) in range(1, 256) and int(said[4]) in range(256):
        notification = Notification(int(said[3]), int(said[4]))
        pending[said[2]] = (notification, said[1] == "received from")


_KNOWN: Final = frozenset((before, event.value, after) for before, event, after in FRR_EDGES)


@dataclass(slots=True)
class _Seat:
    number: int
    state: State
    fd: str | None


def _seat(seats: list[_Seat], before: State, fd: str | None) -> _Seat:
    """The connection a line is about: same descriptor, else same state, else a new one."""
    same_state = [seat for seat in seats if seat.state is before]
    open_fd = fd is not None and not fd.startswith("-")
    for seat in same_state:
        if open_fd and seat.fd == fd:
            return seat
    if same_state:
        return same_state[0]
    seat = _Seat(len(seats) + 1, before, fd)
    seats.append(seat)
    return seat


def _state(word: str) -> State | None:
    return State(word) if word in _STATES else None


_STATES: Final = frozenset(state.value for state in State)
