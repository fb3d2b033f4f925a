"""The session a SessionFsm plays: one frozen value, and everything that can happen to it.

A peer has one connection, or two in a collision (RFC 4271 sections 6.8 and 8.2.1); both live on
one virtual clock. What a row does is in ``bgp``; here is only which connection an event belongs to,
and what the answering peer of the exercise says when.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address
from typing import Final

from bgp import fsm_messages as words
from bgp.collision import Direction, resolve
from bgp.errors import InvalidValueError
from bgp.fsm import Connection, SessionAttributes, Stimulus, Transition, advance, rows_for, step
from bgp.fsm_frr_table import FRR_TABLE
from bgp.fsm_possible import why_impossible
from bgp.fsm_table import RFC_TABLE, Row
from bgp.fsm_words import Event, EventGroup, State
from bgp.hold_time import keepalive_interval, negotiate
from bgp.notification import Notification

MACHINES: Final = {"rfc4271": RFC_TABLE, "frr": FRR_TABLE}
MACHINE_TITLES: Final = {"rfc4271": "RFC 4271", "frr": "FRR"}
CLEARED: Final = "Clearing_Completed"
KEPT: Final = 500  # steps remembered
_ANSWERS_AFTER: Final = 1.0  # seconds an answering peer takes
_TCP_UP: Final = (Event.TCP_CR_ACKED, Event.TCP_CONNECTION_CONFIRMED)
_CALLS: Final = (*_TCP_UP, Event.TCP_CONNECTION_VALID)
_WAITING: Final = (State.CONNECT, State.ACTIVE)
_FROM_OUTSIDE: Final = (EventGroup.TCP, EventGroup.MESSAGE)
_OPENS: Final = (Event.BGP_OPEN, Event.BGP_OPEN_DELAYED)


_LOCAL_ID: Final = IPv4Address("10.0.0.1")
_REMOTE_ID: Final = IPv4Address("10.0.0.2")


@dataclass(frozen=True, slots=True)
class Identity:
    """The two speakers: what a collision and a hold time are settled by."""

    local_as: int = 64512
    local_id: IPv4Address = _LOCAL_ID
    remote_as: int = 65001
    remote_id: IPv4Address = _REMOTE_ID
    remote_hold_time: int = 90


@dataclass(frozen=True, slots=True)
class Seat:
    """A connection with its place in the picture.

    Attributes:
        name: A for the first connection of a session, B for the second.
        direction: who opened it.
        connection: the connection.
        since: the moment it entered its state, or last heard the peer in it.
    """

    name: str = "A"
    direction: Direction = Direction.OUTGOING
    connection: Connection = field(default_factory=Connection)
    since: float = 0


@dataclass(frozen=True, slots=True)
class Done:
    """One step of the history.

    Attributes:
        now: seconds on the clock.
        seat: which connection.
        by: who caused it: ``you``, ``clock`` or ``peer``.
        before: the state left.
        after: the state entered.
        event: the event, None for FRR's ``Clearing_Completed``.
        row: the row that applied, None with ``event``.
        sent: messages sent.
        rule: what settled a collision, "" for none.
    """

    now: float
    seat: str
    by: str
    before: State
    after: State
    event: Event | None
    row: Row | None
    sent: tuple[str, ...] = ()
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Session:
    """A session at one moment.

    Attributes:
        machine: a key of ``MACHINES``.
        identity: the speakers.
        peer_answers: whether the peer does its part by itself as the clock runs.
        seats: its connections, one or two.
        chosen: name of the connection that pressed events belong to.
        now: seconds on the clock.
        history: the last ``KEPT`` steps, oldest first.
        steps: how many there were in all.
    """

    machine: str = "rfc4271"
    identity: Identity = field(default_factory=Identity)
    peer_answers: bool = False
    seats: tuple[Seat, ...] = (Seat(),)
    chosen: str = "A"
    now: float = 0
    history: tuple[Done, ...] = ()
    steps: int = 0

    def __post_init__(self) -> None:
        """Refuse a machine that is none."""
        if self.machine not in MACHINES:
            raise InvalidValueError("machine", self.machine, f"one of {', '.join(MACHINES)}")

    @property
    def table(self) -> tuple[Row, ...]:
        """The rows of its machine."""
        return MACHINES[self.machine]

    @property
    def seat(self) -> Seat:
        """The chosen connection's seat."""
        return next(seat for seat in self.seats if seat.name == self.chosen)

    @property
    def other(self) -> Seat | None:
        """The seat beside the chosen one, None when there is none."""
        return next((seat for seat in self.seats if seat.name != self.chosen), None)

    def answering(self, answers: bool) -> Session:
        """Return the session with a peer that does its part by itself, or does not."""
        return replace(self, peer_answers=answers)

    @property
    def attributes(self) -> SessionAttributes:
        """The session's attributes; both connections have the same."""
        return self.seats[0].connection.attributes


def new_session(
    machine: str,
    attributes: SessionAttributes | None,
    identity: Identity | None,
    *,
    peer_answers: bool,
) -> Session:
    """Return a session at rest in Idle.

    Raises:
        InvalidValueError: there is no such machine.
    """
    connection = Connection(attributes=attributes or SessionAttributes())
    seat = Seat(connection=connection)
    return Session(machine, identity or Identity(), peer_answers, (seat,))


def why_not(session: Session, event: Event) -> str | None:
    """Say why an event cannot happen to the chosen connection now, None when it can."""
    connection = session.seat.connection
    if not rows_for(State.IDLE, event, session.table) and session.machine == "frr":
        return words.NOT_IN_FRR
    if event is Event.OPEN_COLLISION_DUMP:
        return words.NO_SECOND if session.other is None else words.SETTLED_BY_OPEN
    if event in _CALLS and connection.state not in (State.IDLE, *_WAITING):
        crossing = _no_second_by(session, event)
        if crossing is not None:
            return crossing
    why = why_impossible(connection, event)
    return _bad_open(session) if why is None and event in _OPENS else why


def _no_second_by(session: Session, event: Event) -> str | None:
    """Say why a call does not bring a second connection."""
    if session.other is not None:
        return words.TWO_ALREADY
    ours = event is Event.TCP_CR_ACKED
    if ours is not (session.seat.direction is Direction.OUTGOING):
        return None
    return words.OURS_ALREADY if ours else words.THEIRS_ALREADY


def _bad_open(session: Session) -> str | None:
    """Say why the peer's OPEN is no good one."""
    who = session.identity
    if (who.local_as, who.local_id) == (who.remote_as, who.remote_id):
        return words.BAD_IDENTITY
    agreed = negotiate(session.attributes.hold_time, who.remote_hold_time)
    if isinstance(agreed, Notification):
        return words.BAD_HOLD_TIME.format(who.remote_hold_time, agreed)
    return None


def press(session: Session, event: Event, *, by: str = "you") -> Session:
    """Let an event happen to the chosen connection, possible or not.

    Raises:
        InvalidValueError: the table has no row for it, or leaves what follows out of its scope.
    """
    before = session
    if event in _OPENS and session.other is not None:
        return _open_in_collision(session, session.other, event, by)
    tracked = event in _CALLS and session.seat.connection.state not in (State.IDLE, *_WAITING)
    session = _direct(session, event)
    session = _step(session, session.chosen, _stimulus(session, event), by)
    if tracked and before.other is None:
        return _second(session, event, by)
    other = session.other
    if event.group is EventGroup.ADMINISTRATIVE and event in _STOPS and other is not None:
        session = _step(session, other.name, Stimulus(event), by)  # a stop is the whole peer's
    return _tidy(session)


_STOPS: Final = (Event.MANUAL_STOP, Event.AUTOMATIC_STOP)


def second_call(session: Session) -> Session:
    """Let a second connection come up: the peer's when the chosen one is ours, else ours.

    Raises:
        InvalidValueError: there is nothing to collide with, or there are two already.
    """
    ours = session.seat.direction is Direction.OUTGOING
    event = Event.TCP_CONNECTION_CONFIRMED if ours else Event.TCP_CR_ACKED
    why = why_not(session, event)
    if session.seat.connection.state in (State.IDLE, State.CLEARING, *_WAITING) or why:
        rule = why or "a connection in OpenSent, OpenConfirm or Established"
        raise InvalidValueError("second connection", session.seat.connection.state, rule)
    return press(session, event)


def clear(session: Session, *, by: str = "you") -> Session:
    """Let FRR finish clearing the routes: Clearing to Idle.

    Raises:
        InvalidValueError: the chosen connection is not in Clearing.
    """
    seat = session.seat
    if seat.connection.state is not State.CLEARING:
        raise InvalidValueError("event", CLEARED, "a connection in Clearing (FRR's machine)")
    after = replace(seat.connection, state=State.IDLE)
    done = Done(session.now, seat.name, by, State.CLEARING, State.IDLE, None, None)
    return _tidy(_seated(session, replace(seat, connection=after, since=session.now), done))


def _direct(session: Session, event: Event) -> Session:
    """Remember who opened a connection that comes up now."""
    if event not in _TCP_UP or session.seat.connection.state not in _WAITING:
        return session
    ours = event is Event.TCP_CR_ACKED
    direction = Direction.OUTGOING if ours else Direction.INCOMING
    return _put(session, replace(session.seat, direction=direction))


def _stimulus(session: Session, event: Event, *, loses: bool = False) -> Stimulus:
    agreed: int | None = None
    if event in _OPENS:
        offer = negotiate(session.attributes.hold_time, session.identity.remote_hold_time)
        agreed = offer if isinstance(offer, int) else None
    return Stimulus(event, hold_time=agreed, loses_collision=loses)


def _second(session: Session, event: Event, by: str) -> Session:
    """A second connection to the same peer: it has a state of its own."""
    first = session.seats[0]
    name = "B" if first.name == "A" else "A"
    ours = event is Event.TCP_CR_ACKED
    waiting = replace(
        Connection(attributes=first.connection.attributes), state=State.ACTIVE, now=session.now
    )
    direction = Direction.OUTGOING if ours else Direction.INCOMING
    seat = Seat(name, direction, waiting, session.now)
    session = replace(session, seats=(*session.seats, seat), chosen=name)
    return session if event not in _TCP_UP else _step(session, name, Stimulus(event), by)


def _open_in_collision(session: Session, other: Seat, event: Event, by: str) -> Session:
    """An OPEN on one of two connections: section 6.8 says which of them goes."""
    seat, who = session.seat, session.identity
    verdict = resolve(
        who.local_id,
        who.remote_id,
        who.local_as,
        who.remote_as,
        other=other.connection.state,
        arrived_on=seat.direction,
        collision_detect_established_state=session.attributes.collision_detect_established_state,
    )
    if verdict.keep is None:
        stimulus = _stimulus(session, event)
        return _tidy(_step(session, seat.name, stimulus, by, verdict.rule))
    if verdict.keep is seat.direction:
        session = _step(session, other.name, Stimulus(Event.OPEN_COLLISION_DUMP), by, verdict.rule)
        return _tidy(_step(session, seat.name, _stimulus(session, event), by))
    if seat.connection.state is State.OPEN_CONFIRM and session.machine == "rfc4271":
        stimulus = _stimulus(session, event, loses=True)
        return _tidy(_step(session, seat.name, stimulus, by, verdict.rule))
    lost = Stimulus(Event.OPEN_COLLISION_DUMP)
    return _tidy(_step(session, seat.name, lost, by, verdict.rule))


def _step(session: Session, name: str, stimulus: Stimulus, by: str, rule: str = "") -> Session:
    seat = next(seat for seat in session.seats if seat.name == name)
    transition = step(seat.connection, stimulus, session.table)
    return _took(session, seat, transition, by, rule)


def _took(session: Session, seat: Seat, transition: Transition, by: str, rule: str = "") -> Session:
    row, moment = transition.row, transition.before.now
    done = Done(
        moment,
        seat.name,
        by,
        row.state,
        transition.after.state,
        row.event,
        row,
        transition.sent,
        rule,
    )
    heard = transition.after.state is not row.state or row.event.group in _FROM_OUTSIDE
    since = moment if heard else seat.since
    return _seated(session, replace(seat, connection=transition.after, since=since), done)


def _seated(session: Session, seat: Seat, done: Done) -> Session:
    history = (*session.history[1 - KEPT :], done)
    return replace(_put(session, seat), history=history, steps=session.steps + 1)


def _put(session: Session, seat: Seat) -> Session:
    seats = tuple(seat if each.name == seat.name else each for each in session.seats)
    return replace(session, seats=seats)


def _tidy(session: Session) -> Session:
    """A connection of two that ended is gone; what remains is the session's only one."""
    over = [seat for seat in session.seats if seat.connection.state is State.IDLE]
    if len(session.seats) == 1 or not over:
        return session
    kept = [seat for seat in session.seats if seat not in over] or [session.seats[0]]
    chosen = session.chosen if session.chosen in {s.name for s in kept} else kept[0].name
    return replace(session, seats=tuple(kept), chosen=chosen)


def pass_time(session: Session, seconds: float) -> Session:
    """Let the clock run: timers fire, and an answering peer answers, each at its moment.

    Raises:
        InvalidValueError: the time is negative.
    """
    end = session.now + seconds
    for _ in range(KEPT):  # a clock that runs for days does not stop the notebook
        moment, who = _next_moment(session, end)
        session = _advance_all(session, moment - session.now)
        if who is None and moment >= end:
            break
        if who is not None and any(seat.name == who for seat in session.seats):
            chosen = session.chosen
            session = _answer(replace(session, chosen=who))
            if any(seat.name == chosen for seat in session.seats):
                session = replace(session, chosen=chosen)
    return session


def until_next(session: Session) -> float | None:
    """Return the seconds until something happens by itself, None when nothing will."""
    moments = [m for seat in session.seats for m in seat.connection.timers.values()]
    moments += [due for seat in session.seats if (due := _answer_due(session, seat)) is not None]
    return max(0.0, min(moments) - session.now) if moments else None


def _next_moment(session: Session, end: float) -> tuple[float, str | None]:
    """The next answer of the peer before ``end``, or ``end`` itself."""
    due = [
        (moment, seat.name)
        for seat in session.seats
        if (moment := _answer_due(session, seat)) is not None and moment <= end
    ]
    if not due:
        return end, None
    moment, name = min(due)
    timers = [m for seat in session.seats for m in seat.connection.timers.values() if m <= moment]
    # Timers that fire first may change what the peer would have answered.
    return (min(timers), None) if timers and min(timers) < moment else (moment, name)


def _advance_all(session: Session, seconds: float) -> Session:
    for seat in session.seats:
        connection, happened = advance(seat.connection, max(0.0, seconds), session.table)
        for transition in happened:
            current = next(each for each in session.seats if each.name == seat.name)
            session = _took(session, current, transition, "clock")
        current = next(each for each in session.seats if each.name == seat.name)
        session = _put(session, replace(current, connection=connection))
    return _tidy(replace(session, now=session.now + max(0.0, seconds)))


def _answer_due(session: Session, seat: Seat) -> float | None:
    """When the peer, or FRR's clearing, says something next on a connection."""
    connection = seat.connection
    if connection.state is State.CLEARING:
        return seat.since + _ANSWERS_AFTER
    if not session.peer_answers:
        return None
    if connection.state in (State.CONNECT, State.OPEN_SENT, State.OPEN_CONFIRM):
        return seat.since + _ANSWERS_AFTER
    if connection.state is State.ACTIVE and connection.tcp:
        return seat.since + _ANSWERS_AFTER
    if connection.state is State.ESTABLISHED and connection.negotiated_hold_time:
        return seat.since + keepalive_interval(connection.negotiated_hold_time)
    return None


def _answer(session: Session) -> Session:
    connection = session.seat.connection
    if connection.state is State.CLEARING:
        return clear(session, by="clock")
    event = {
        State.CONNECT: Event.TCP_CR_ACKED,
        State.OPEN_SENT: Event.BGP_OPEN,
        State.OPEN_CONFIRM: Event.KEEPALIVE_MSG,
        State.ESTABLISHED: Event.KEEPALIVE_MSG,
    }.get(connection.state, Event.BGP_OPEN_DELAYED)
    if connection.state is State.CONNECT and connection.tcp:
        event = Event.BGP_OPEN_DELAYED
    if why_not(session, event) is not None:
        # A peer whose OPEN is no good: it is refused once, and the session ends.
        event = Event.BGP_OPEN_MSG_ERR
    return press(session, event, by="peer")
