"""FRR's log of a session (``debug bgp neighbor-events``) read into transitions, per connection.

Source: what 8.4.4 and 10.3 print (recordings in ``tests/bgp/recorded/fsm``) and why, in FRR's
``bgpd/``: ``bgp_event_update`` logs an edge before it acts, ``bgp_notify_print`` a NOTIFICATION,
``bgp_accept`` gives an incoming connection a peer structure of its own under the same name, and
``peer_xfer_conn`` makes that the peer once it is Established. An edge that stays in its state is
not logged. The log never names a connection; its file descriptor and its state tell which it is.
Nor does a NOTIFICATION's line: the thread that reads headers logs its own late, when the edge may
already stand there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from bgp.fsm_frr import FRR_EDGES, SENT_BY_MACHINE, STANDS_FOR, FrrEvent
from bgp.fsm_words import Event, State
from bgp.notification import ErrorCode, Notification

# Every repetition is bounded and every expression anchored: a line of a megabyte costs one look.
_TIME: Final = re.compile(
    r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d(?:\.\d{1,9})?"  # FRR's own
    r"|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?"  # a journal's
    r"|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d"  # syslog's
)
_PEER: Final = re.compile(r"[\w.:%-]{1,64}")
_EDGE: Final = re.compile(r"(\w{1,40}) \((\w{1,20})->(\w{1,20})\)(?:, fd (-?\d{1,9}))?")
_FAILED: Final = re.compile(r"Failure handling event (\w{1,40}) in state (\w{1,20}),")
_DELETED: Final = re.compile(r"(\w{1,20}) to Deleted\s*")
_NAME: Final = re.compile(r"([\w.:%-]{1,64})(?: fd -?\d{1,9})?")  # FRR 10 adds the descriptor
_SAID: Final = re.compile(
    r"(?:\(Hard Reset\))?: (sent to|received from) neighbor ([\w.:%-]{1,64}) (\d{1,3})/(\d{1,3}) "
)


@dataclass(frozen=True, slots=True)
class LoggedTransition:
    """One edge of the log.

    Attributes:
        line: the number of its line, 1 for the first.
        time: the log's time stamp, empty when it has none.
        peer: the neighbor's address, or the interface of an unnumbered one.
        connection: which of the peer's connections, 1 for the first seen.
        event: FRR's event; empty where FRR deletes a connection, which takes none.
        before: the state left.
        after: the state entered.
        known: whether FRR's table has the edge, or it is a deletion; False is worth a report.
        sent: the NOTIFICATION sent on this edge, None for none.
        received: the NOTIFICATION that caused it, None for none.
    """

    line: int
    time: str
    peer: str
    connection: int
    event: str
    before: State
    after: State
    known: bool
    sent: Notification | None = None
    received: Notification | None = None

    @property
    def notification(self) -> Notification | None:
        """The NOTIFICATION of the edge, whoever sent it; the one received if there are both."""
        return self.received or self.sent

    @property
    def rfc_event(self) -> Event | None:
        """The event of RFC 4271 that happened, None for one that only FRR has.

        FRR stops its machine for many reasons; which it was shows in the NOTIFICATION it sent.
        """
        if self.event in (FrrEvent.STOP, _DELETION) and self.sent is not None:
            return _STOPPED_BY.get(self.sent) or _STOPPED_FOR.get(self.sent.code)
        if self.event == FrrEvent.RECEIVE_NOTIFICATION and self.received == _VERSION:
            return Event.NOTIF_MSG_VER_ERR
        if self.event == FrrEvent.OPEN and self.before is State.ACTIVE:
            return Event.TCP_CONNECTION_CONFIRMED
        return None if self.event not in _EVENTS else STANDS_FOR.get(FrrEvent(self.event))


_DELETION: Final = ""
_VERSION: Final = Notification(ErrorCode.OPEN_MESSAGE, 1)
_STOPPED_BY: Final = {
    Notification(ErrorCode.CEASE, 1): Event.AUTOMATIC_STOP,
    Notification(ErrorCode.CEASE, 7): Event.OPEN_COLLISION_DUMP,
}
_STOPPED_FOR: Final = {
    int(ErrorCode.MESSAGE_HEADER): Event.BGP_HEADER_ERR,
    int(ErrorCode.OPEN_MESSAGE): Event.BGP_OPEN_MSG_ERR,
    int(ErrorCode.UPDATE_MESSAGE): Event.UPDATE_MSG_ERR,
    int(ErrorCode.FSM_ERROR): Event.UPDATE_MSG,  # FRR reads an UPDATE only in Established
    int(ErrorCode.CEASE): Event.MANUAL_STOP,
    int(ErrorCode.SEND_HOLD_TIMER_EXPIRED): Event.SEND_HOLD_TIMER_EXPIRES,
}


def parse_frr_log(lines: Iterable[str]) -> tuple[LoggedTransition, ...]:
    """Read a log; lines about other things are passed over.

    Args:
        lines: the log's lines.
    """
    transitions: list[LoggedTransition] = []
    peers: dict[str, _Peer] = {}
    for number, line in enumerate(lines, start=1):
        head, marker, tail = line.partition(" [FSM] ")
        if not marker:
            head, marker, tail = line.partition(" went from ")
            if marker:
                _hear_deletion(number, head, tail, peers, transitions)
            else:
                _hear_notification(line, peers, transitions)
            continue
        name = head.rsplit(maxsplit=1)[-1] if head.strip() else ""
        if _PEER.fullmatch(name) is None:
            continue
        peer = peers.setdefault(name, _Peer())
        found = _EDGE.match(tail)
        if found is None:
            _hear_failure(tail, peer, transitions)
        elif found[2] in _STATES and found[3] in _STATES:
            event, before, after = found[1], State(found[2]), State(found[3])
            peer.last = len(transitions)
            transition = LoggedTransition(
                line=number,
                time=_time(head),
                peer=name,
                connection=peer.take(before, event, after, int(found[4] or _CLOSED)),
                event=event,
                before=before,
                after=after,
                known=(before, event, after) in _KNOWN,
                sent=peer.said_by_us(event),
                received=peer.said_by_them(event),
            )
            transitions.append(transition)
            peer.follow(transition, peer.last)
    return tuple(transitions)


def _time(head: str) -> str:
    found = _TIME.match(head)
    return "" if found is None else found[0]


_STATES: Final = frozenset(state.value for state in State)
_EVENTS: Final = frozenset(event.value for event in FrrEvent)
_KNOWN: Final = frozenset((before, event.value, after) for before, event, after in FRR_EDGES)
_BY_MACHINE: Final = {(state, event.value): n for (state, event), n in SENT_BY_MACHINE.items()}
_OPENING: Final = (State.OPEN_SENT, State.OPEN_CONFIRM)
_UP: Final = (*_OPENING, State.ESTABLISHED)
_CLOSED: Final = -1


@dataclass(slots=True)
class _Seat:
    """One connection: its number, its state, and its file descriptor while it is open."""

    number: int
    state: State = State.IDLE
    fd: int = _CLOSED


@dataclass(slots=True)
class _Peer:
    """The peer's own connection and the incoming one, and NOTIFICATIONs not yet accounted for.

    Attributes:
        own: the configured peer's connection.
        incoming: the one that is not yet the peer's.
        ended: the state in which an edge ended an incoming connection, until FRR deletes it.
        seen: how many connections there were.
        last: index of the last edge.
        unexplained: index of a stop whose NOTIFICATION has not been seen.
        sent: the NOTIFICATION that waits for its edge.
        received: likewise.
    """

    own: _Seat | None = None
    incoming: _Seat | None = None
    ended: State | None = None
    seen: int = 0
    last: int = -1
    unexplained: int = -1
    sent: Notification | None = None
    received: Notification | None = None

    def take(self, before: State, event: str, after: State, fd: int) -> int:
        """Find the connection an edge is of, let it take the edge, and return its number."""
        self.ended = None
        arrives = before is State.ACTIVE and event in (FrrEvent.OPEN, FrrEvent.OPEN_DELAYED)
        if fd != _CLOSED and arrives:
            self.incoming = seat = self._new()
        elif self.incoming is not None and self.incoming.fd == fd:
            seat = self.incoming
        else:
            self.own = seat = self.own or self._new()
        seat.state, seat.fd = after, fd if after in _UP else _CLOSED
        if seat is self.incoming and after is State.ESTABLISHED:
            self.own, self.incoming = seat, self.own  # peer_xfer_conn
        elif seat is self.incoming and after not in _OPENING:
            self.incoming, self.ended = None, before
        return seat.number

    def delete(self, before: State) -> int | None:
        """End a connection that FRR deletes; None if an edge of the log has said so already."""
        if self.ended is before:
            self.ended = None
            return None
        if self.incoming is not None and self.incoming.state is before:
            seat, self.incoming = self.incoming, None
            return seat.number
        if self.own is not None and self.own.state is before:
            seat, self.own = self.own, None
            return seat.number
        return None

    def _new(self) -> _Seat:
        self.seen += 1
        return _Seat(self.seen)

    def follow(self, edge: LoggedTransition, index: int) -> None:
        """Remember a stop that a late line may explain, until the next connection opens."""
        if edge.event == FrrEvent.STOP and edge.before in _UP and edge.sent is None:
            self.unexplained = index
        elif edge.after is State.OPEN_SENT:
            self.unexplained = -1

    def said_by_us(self, event: str) -> Notification | None:
        """Whoever reads a message sends the NOTIFICATION, then stops the machine."""
        if event not in (FrrEvent.STOP, FrrEvent.FATAL, _DELETION):
            return None
        sent, self.sent = self.sent, None
        return sent

    def said_by_them(self, event: str) -> Notification | None:
        if event != FrrEvent.RECEIVE_NOTIFICATION:
            return None
        received, self.received = self.received, None
        return received


def _hear_deletion(
    number: int,
    head: str,
    tail: str,
    peers: dict[str, _Peer],
    transitions: list[LoggedTransition],
) -> None:
    found, name = _DELETED.fullmatch(tail), _NAME.fullmatch(head.rpartition("] ")[2])
    if found is None or found[1] not in _STATES or name is None or name[1] not in peers:
        return
    peer, before = peers[name[1]], State(found[1])
    connection = peer.delete(before)
    if connection is None:
        return
    peer.last = len(transitions)
    transitions.append(
        LoggedTransition(
            line=number,
            time=_time(head),
            peer=name[1],
            connection=connection,
            event=_DELETION,
            before=before,
            after=State.DELETED,
            known=True,
            sent=peer.said_by_us(_DELETION) if before in _UP else None,
        )
    )


def _hear_notification(
    line: str, peers: dict[str, _Peer], transitions: list[LoggedTransition]
) -> None:
    _, marker, tail = line.partition("%NOTIFICATION")
    said = _SAID.match(tail) if marker else None
    if said is None or int(said[3]) not in range(1, 256) or int(said[4]) not in range(256):
        return
    notification = Notification(int(said[3]), int(said[4]))
    peer = peers.setdefault(said[2], _Peer())
    if said[1] == "received from":
        peer.received = notification
        return
    if peer.last >= 0 and _sent_on(transitions[peer.last], notification):
        transitions[peer.last] = replace(transitions[peer.last], sent=notification)
    elif peer.unexplained >= 0 and notification.code == ErrorCode.MESSAGE_HEADER:
        transitions[peer.unexplained] = replace(transitions[peer.unexplained], sent=notification)
        peer.unexplained = -1
    else:
        peer.sent = notification


def _sent_on(edge: LoggedTransition, notification: Notification) -> bool:
    """Whether the machine itself sends this on that edge: then the edge is logged first."""
    by_machine = _BY_MACHINE.get((edge.before, edge.event))
    return by_machine == notification and edge.sent is None


def _hear_failure(tail: str, peer: _Peer, transitions: list[LoggedTransition]) -> None:
    """An action that fails leaves the state it was to reach for Idle."""
    failed = _FAILED.match(tail)
    if failed is not None and peer.last >= 0 and transitions[peer.last].event == failed[1]:
        transitions[peer.last] = replace(transitions[peer.last], after=State.IDLE)
