"""Time in a played session: timers fire, and a peer that answers by itself does, in its moment.

RFC 4271 section 10 has the timers; what an answering peer says when is this exercise's own choice.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from bgp.fsm import advance
from bgp.fsm_words import Event, State
from bgp.hold_time import keepalive_interval
from widgets.fsm_play import KEPT, Seat, Session
from widgets.fsm_play_events import clear, press, tidy, took, why_not

_ANSWERS_AFTER: Final = 1.0  # seconds an answering peer takes


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
            session = took(session, current, transition, "clock")
        current = next(each for each in session.seats if each.name == seat.name)
        session = session.with_seat(replace(current, connection=connection))
    return tidy(replace(session, now=session.now + max(0.0, seconds)))


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
