"""What can happen to a played session: an event, a second connection, the end of one of two.

What a row of the table does is in ``bgp``; here is only which connection an event belongs to, and
which of two goes in a collision (RFC 4271 section 6.8).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from bgp import fsm_messages as words
from bgp.collision import Direction, resolve
from bgp.errors import InvalidValueError
from bgp.fsm import Connection, Stimulus, Transition, rows_for, step
from bgp.fsm_possible import why_impossible
from bgp.fsm_words import Event, EventGroup, State
from bgp.hold_time import negotiate
from bgp.notification import Notification
from widgets.fsm_play import CLEARED, KEPT, Done, Seat, Session

_TCP_UP: Final = (Event.TCP_CR_ACKED, Event.TCP_CONNECTION_CONFIRMED)
_CALLS: Final = (*_TCP_UP, Event.TCP_CONNECTION_VALID)
_WAITING: Final = (State.CONNECT, State.ACTIVE)
_FROM_OUTSIDE: Final = (EventGroup.TCP, EventGroup.MESSAGE)
_OPENS: Final = (Event.BGP_OPEN, Event.BGP_OPEN_DELAYED)


def why_not(session: Session, event: Event) -> str | None:
    """Say why an event cannot happen to the chosen connection now, None when it can."""
    connection = session.seat.connection
    if not rows_for(State.IDLE, event, session.table) and session.frr:
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
    return tidy(session)


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
    return tidy(_seated(session, replace(seat, connection=after, since=session.now), done))


def _direct(session: Session, event: Event) -> Session:
    """Remember who opened a connection that comes up now."""
    if event not in _TCP_UP or session.seat.connection.state not in _WAITING:
        return session
    ours = event is Event.TCP_CR_ACKED
    direction = Direction.OUTGOING if ours else Direction.INCOMING
    return session.with_seat(replace(session.seat, direction=direction))


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
        at_first_open=session.frr,
    )
    if verdict.keep is None:
        stimulus = _stimulus(session, event)
        return tidy(_step(session, seat.name, stimulus, by, verdict.rule))
    if verdict.keep is seat.direction:
        session = _step(session, other.name, Stimulus(Event.OPEN_COLLISION_DUMP), by, verdict.rule)
        return tidy(_step(session, seat.name, _stimulus(session, event), by))
    if seat.connection.state is State.OPEN_CONFIRM and not session.frr:
        stimulus = _stimulus(session, event, loses=True)
        return tidy(_step(session, seat.name, stimulus, by, verdict.rule))
    lost = Stimulus(Event.OPEN_COLLISION_DUMP)
    return tidy(_step(session, seat.name, lost, by, verdict.rule))


def _step(session: Session, name: str, stimulus: Stimulus, by: str, rule: str = "") -> Session:
    seat = next(seat for seat in session.seats if seat.name == name)
    transition = step(seat.connection, stimulus, session.table)
    return took(session, seat, transition, by, rule)


def took(session: Session, seat: Seat, transition: Transition, by: str, rule: str = "") -> Session:
    """Return the session after a connection took a row of the table."""
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
    return replace(session.with_seat(seat), history=history, steps=session.steps + 1)


def tidy(session: Session) -> Session:
    """Return the session without the one of two connections that ended, if one did."""
    over = [seat for seat in session.seats if seat.connection.state is State.IDLE]
    if len(session.seats) == 1 or not over:
        return session
    kept = [seat for seat in session.seats if seat not in over] or [session.seats[0]]
    chosen = session.chosen if session.chosen in {s.name for s in kept} else kept[0].name
    return replace(session, seats=tuple(kept), chosen=chosen)
