"""The state machine as a table: every state, event and condition of RFC 4271 section 8.2.2.

Rule of this file: what a session does next is written here and nowhere else. ``bgp/fsm.py`` only
looks up. Rows that share an outcome in the text share a line here. Where the text is silent,
contradicts itself or another section, the row carries a note.

Actions are in the order of the text. Subcodes: Cease by RFC 4486, Finite State Machine Error by
RFC 6608 (by state for a message that was not expected, 0 for a timer). RFC 9687 (section 4.3) adds
event 29 and the SendHoldTimer's actions, which name it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from bgp.fsm_row import Row, Table
from bgp.fsm_words import Action, Condition, Event, EventGroup, Origin, State
from bgp.notification import (
    ADMINISTRATIVE_SHUTDOWN,
    COLLISION_RESOLUTION,
    MAXIMUM_PREFIXES,
    ErrorCode,
    Notification,
)

A, C, S = Action, Condition, State

_STARTS: Final = (1, 3, 4, 5, 6, 7)
_FAIL: Final = (A.STOP_CONNECT_RETRY, A.RELEASE, A.DROP, A.COUNT, A.DAMP)
_QUIET: Final = (A.STOP_CONNECT_RETRY, A.RELEASE, A.DROP)
_LOSE: Final = (A.STOP_CONNECT_RETRY, A.DELETE_ROUTES, A.RELEASE, A.DROP, A.COUNT, A.DAMP)
_OPEN: Final = (A.COMPLETE_INITIALIZATION, A.SEND_OPEN, A.HOLD_LARGE)

_CEASE_ADMIN: Final = Notification(ErrorCode.CEASE, ADMINISTRATIVE_SHUTDOWN)
_CEASE_PREFIXES: Final = Notification(ErrorCode.CEASE, MAXIMUM_PREFIXES)
_CEASE_COLLISION: Final = Notification(ErrorCode.CEASE, COLLISION_RESOLUTION)
_HOLD_EXPIRED: Final = Notification(ErrorCode.HOLD_TIMER_EXPIRED, 0)
_HEADER: Final = Notification(ErrorCode.MESSAGE_HEADER)
_BAD_OPEN: Final = Notification(ErrorCode.OPEN_MESSAGE)
_BAD_UPDATE: Final = Notification(ErrorCode.UPDATE_MESSAGE)

_AUTOMATIC = "Maximum prefixes is the RFC's example of an automatic stop; other causes have others."
_FSM_SUBCODES: Final = {S.OPEN_SENT: 1, S.OPEN_CONFIRM: 2, S.ESTABLISHED: 3}


def _fsm_error(state: State, event: Event) -> Notification:
    """RFC 6608 names the state for an unexpected message; a timer has no subcode of its own."""
    message = event.group is EventGroup.MESSAGE
    return Notification(ErrorCode.FSM_ERROR, _FSM_SUBCODES[state] if message else 0)


def _each(
    state: State,
    numbers: Sequence[int],
    actions: tuple[Action, ...] = (),
    next_state: State | None = None,
    *,
    when: tuple[Condition, ...] = (),
    note: str = "",
    section: str = "8.2.2",
) -> Iterator[Row]:
    """Rows that send nothing; ``next_state`` left out means staying."""
    for number in numbers:
        event, goes = Event(number), next_state or state
        yield Row(state, event, when, actions, goes, note=note, section=section)


def _notify(
    state: State,
    number: int,
    notification: Notification,
    actions: tuple[Action, ...],
    *,
    when: tuple[Condition, ...] = (),
    first: tuple[Action, ...] = (),
    note: str = "",
) -> Row:
    """A row that sends a NOTIFICATION, with nothing but ``first`` before it, and ends in Idle."""
    sent = (*first, A.SEND_NOTIFICATION, *actions)
    return Row(state, Event(number), when, sent, S.IDLE, notification, note)


def _idle() -> Iterator[Row]:
    start = (A.INITIALIZE, A.ZERO_COUNTER, A.START_CONNECT_RETRY)
    yield from _each(S.IDLE, (1, 3), (*start, A.CONNECT, A.LISTEN), S.CONNECT)
    yield from _each(S.IDLE, (4, 5), (*start, A.LISTEN), S.ACTIVE)
    yield from _each(S.IDLE, (2, 8))
    for number in (6, 7, 13):
        yield Row(
            S.IDLE,
            Event(number),
            (C.DAMP,),
            note="How oscillation is damped, and so what follows, is outside the RFC's scope.",
        )
    undamped = "Without DampPeerOscillations the event should not occur here."
    yield from _each(S.IDLE, (6, 7), when=(C.NOT_DAMP,), note=undamped, section="8.1.2")
    yield from _each(S.IDLE, (13,), when=(C.NOT_DAMP,), note=undamped, section="8.1.3")
    yield from _each(
        S.IDLE,
        (14,),
        note="The one pair the text never mentions; Idle refuses all incoming connections.",
    )
    yield from _each(S.IDLE, (*range(9, 13), *range(15, 29)))


def _before_open(state: State) -> Iterator[Row]:
    """Connect and Active, as far as the text treats them alike."""
    running, not_running = (C.DELAY_OPEN_RUNNING,), (C.DELAY_OPEN_NOT_RUNNING,)
    yield from _each(state, _STARTS)
    yield from _each(state, (14,), (A.PROCESS_TCP,))
    yield from _each(state, (15,), (A.REJECT_TCP,))
    delayed = (A.STOP_CONNECT_RETRY, A.START_DELAY_OPEN)
    yield from _each(state, (16, 17), delayed, when=(C.DELAY_OPEN,))
    now = (A.STOP_CONNECT_RETRY, *_OPEN)
    yield from _each(state, (16, 17), now, S.OPEN_SENT, when=(C.NOT_DELAY_OPEN,))
    ready = (A.COMPLETE_INITIALIZATION, A.STOP_DELAY_OPEN)
    in_order = ready if state is S.CONNECT else ready[::-1]
    reply = (A.STOP_CONNECT_RETRY, *in_order, A.SEND_OPEN, A.SEND_KEEPALIVE)
    timed = (*reply, A.START_KEEPALIVE, A.HOLD_NEGOTIATED)
    yield from _each(state, (20,), timed, S.OPEN_CONFIRM, when=(C.HOLD_TIME,))
    untimed = (*reply, A.STOP_KEEPALIVE, A.STOP_HOLD)
    yield from _each(state, (20,), untimed, S.OPEN_CONFIRM, when=(C.NO_HOLD_TIME,))
    for number, error in ((21, _HEADER), (22, _BAD_OPEN)):
        yield _notify(state, number, error, _FAIL, when=(C.SEND_NOTIFICATION,))
        yield from _each(state, (number,), _FAIL, S.IDLE, when=(C.NOT_SEND_NOTIFICATION,))
    refused = (A.STOP_CONNECT_RETRY, A.STOP_DELAY_OPEN, A.RELEASE, A.DROP)
    yield from _each(state, (24,), refused, S.IDLE, when=running)
    yield from _each(state, (24,), _FAIL, S.IDLE, when=not_running)


def _connect() -> Iterator[Row]:
    yield from _before_open(S.CONNECT)
    yield from _each(
        S.CONNECT, (2,), (A.DROP, A.RELEASE, A.ZERO_COUNTER, A.STOP_CONNECT_RETRY), S.IDLE
    )
    yield from _each(
        S.CONNECT, (9,), (A.DROP, A.START_CONNECT_RETRY, A.STOP_DELAY_OPEN, A.CONNECT, A.LISTEN)
    )
    yield from _each(S.CONNECT, (12,), (A.SEND_OPEN, A.HOLD_LARGE), S.OPEN_SENT)
    yield from _each(
        S.CONNECT,
        (18,),
        (A.START_CONNECT_RETRY, A.STOP_DELAY_OPEN, A.LISTEN),
        S.ACTIVE,
        when=(C.DELAY_OPEN_RUNNING,),
    )
    yield from _each(
        S.CONNECT,
        (18,),
        (A.STOP_CONNECT_RETRY, A.DROP, A.RELEASE),
        S.IDLE,
        when=(C.DELAY_OPEN_NOT_RUNNING,),
        note="FRR and BIRD go to Active here: the RFC does so only while the DelayOpenTimer runs.",
    )
    rest = (A.STOP_CONNECT_RETRY, A.STOP_DELAY_OPEN, A.RELEASE, A.DROP, A.COUNT, A.DAMP)
    yield from _each(S.CONNECT, (8, 10, 11, 13, 19, 23, *range(25, 29)), rest, S.IDLE)


def _active() -> Iterator[Row]:
    yield from _before_open(S.ACTIVE)
    stop = (A.RELEASE, A.STOP_DELAY_OPEN, A.DROP, A.ZERO_COUNTER, A.STOP_CONNECT_RETRY)
    running = C.DELAY_OPEN_RUNNING
    yield _notify(S.ACTIVE, 2, _CEASE_ADMIN, stop, when=(running, C.SEND_NOTIFICATION))
    yield from _each(S.ACTIVE, (2,), stop, S.IDLE, when=(running, C.NOT_SEND_NOTIFICATION))
    yield from _each(S.ACTIVE, (2,), stop, S.IDLE, when=(C.DELAY_OPEN_NOT_RUNNING,))
    yield from _each(S.ACTIVE, (9,), (A.START_CONNECT_RETRY, A.CONNECT, A.LISTEN), S.CONNECT)
    yield from _each(
        S.ACTIVE, (12,), (A.STOP_CONNECT_RETRY, A.STOP_DELAY_OPEN, *_OPEN), S.OPEN_SENT
    )
    yield from _each(
        S.ACTIVE,
        (18,),
        (A.START_CONNECT_RETRY, A.STOP_DELAY_OPEN, A.RELEASE, A.COUNT, A.DAMP),
        S.IDLE,
        note="The text restarts the ConnectRetryTimer and goes to Idle, where it means nothing.",
    )
    yield from _each(S.ACTIVE, (8, 10, 11, 13, 19, 23, *range(25, 29)), _FAIL, S.IDLE)


def _open_sent() -> Iterator[Row]:
    state = S.OPEN_SENT
    yield from _each(state, _STARTS)
    stop = (A.STOP_CONNECT_RETRY, A.RELEASE, A.DROP, A.ZERO_COUNTER)
    yield _notify(state, 2, _CEASE_ADMIN, stop)
    yield _notify(state, 8, _CEASE_PREFIXES, _FAIL, note=_AUTOMATIC)
    yield _notify(state, 10, _HOLD_EXPIRED, _FAIL)
    yield from _each(state, (14, 16, 17), (A.TRACK,))
    yield from _each(state, (15,))
    yield from _each(state, (18,), (A.DROP, A.START_CONNECT_RETRY, A.LISTEN), S.ACTIVE)
    opened = (A.STOP_DELAY_OPEN, A.STOP_CONNECT_RETRY, A.SEND_KEEPALIVE)
    timed = (*opened, A.START_KEEPALIVE, A.HOLD_NEGOTIATED)
    yield from _each(state, (19,), timed, S.OPEN_CONFIRM, when=(C.HOLD_TIME,))
    untimed = (*opened, A.STOP_KEEPALIVE, A.STOP_HOLD)
    yield from _each(
        state,
        (19,),
        untimed,
        S.OPEN_CONFIRM,
        when=(C.NO_HOLD_TIME,),
        note="The text says only that the two timers are not started; the large HoldTimer value "
        "of OpenSent is taken to end here.",
    )
    yield _notify(state, 21, _HEADER, _FAIL)
    yield _notify(state, 22, _BAD_OPEN, _FAIL)
    yield _notify(state, 23, _CEASE_COLLISION, _FAIL)
    yield from _each(state, (24,), _QUIET, S.IDLE)
    for number in (9, *range(11, 14), 20, *range(25, 29)):
        note = "The text answers a NOTIFICATION with a NOTIFICATION."
        error = _fsm_error(state, Event(number))
        yield _notify(state, number, error, _FAIL, note=note if number == Event.NOTIF_MSG else "")


def _open_confirm() -> Iterator[Row]:
    state = S.OPEN_CONFIRM
    yield from _each(state, _STARTS)
    stop = (A.RELEASE, A.DROP, A.ZERO_COUNTER, A.STOP_CONNECT_RETRY)
    yield _notify(state, 2, _CEASE_ADMIN, stop)
    yield _notify(state, 8, _CEASE_PREFIXES, _FAIL, note=_AUTOMATIC)
    yield _notify(state, 10, _HOLD_EXPIRED, _FAIL)
    yield from _each(state, (11,), (A.SEND_KEEPALIVE, A.RESTART_KEEPALIVE))
    yield from _each(state, (14, 16, 17), (A.TRACK,))
    yield from _each(state, (15,))
    yield from _each(state, (18, 25), _FAIL, S.IDLE)
    lost, kept = (C.COLLISION_LOST,), (C.COLLISION_NOT_LOST,)
    looked = (A.DETECT_COLLISION,)
    yield _notify(state, 19, _CEASE_COLLISION, _FAIL, when=lost, first=looked)
    yield from _each(
        state,
        (19,),
        looked,
        when=kept,
        note="What follows when the connection is kept is not said; it is taken to stay.",
    )
    yield _notify(state, 21, _HEADER, _FAIL)
    yield _notify(state, 22, _BAD_OPEN, _FAIL)
    yield _notify(state, 23, _CEASE_COLLISION, _FAIL)
    yield from _each(state, (24,), _QUIET, S.IDLE)
    yield from _each(state, (26,), (A.RESTART_HOLD, A.START_SEND_HOLD), S.ESTABLISHED)
    for number in (9, 12, 13, 20, 27, 28):
        yield _notify(state, number, _fsm_error(state, Event(number)), _FAIL)


def _established() -> Iterator[Row]:
    state = S.ESTABLISHED
    yield from _each(state, _STARTS)
    stop = (A.STOP_CONNECT_RETRY, A.DELETE_ROUTES, A.RELEASE, A.DROP, A.ZERO_COUNTER)
    yield _notify(state, 2, _CEASE_ADMIN, stop)
    yield _notify(state, 8, _CEASE_PREFIXES, _LOSE, note=_AUTOMATIC)
    yield _notify(
        state,
        10,
        _HOLD_EXPIRED,
        _FAIL,
        note="The text forgets to delete the routes here; every other way out of Established does.",
    )
    alive = (A.SEND_KEEPALIVE, A.RESTART_KEEPALIVE, A.RESTART_SEND_HOLD)
    yield from _each(state, (11,), alive)
    yield from _each(state, (14, 16, 17), (A.TRACK,))
    yield from _each(state, (15,))
    quiet = (A.STOP_CONNECT_RETRY, A.DELETE_ROUTES, A.RELEASE, A.DROP, A.COUNT)
    yield from _each(state, (18, 24, 25), quiet, S.IDLE)
    detecting = (C.COLLISION_ESTABLISHED,)
    yield from _each(
        state,
        (19,),
        (A.DETECT_COLLISION,),
        when=detecting,
        note="If this connection has to go, event 23 follows.",
    )
    yield from _each(
        state,
        (19,),
        when=(C.NOT_COLLISION_ESTABLISHED,),
        note="Not said in 8.2.2; section 8.1.1 has a collision ignored in Established by default.",
        section="8.1.1",
    )
    yield _notify(state, 23, _CEASE_COLLISION, _LOSE, when=detecting)
    yield from _each(
        state,
        (23,),
        when=(C.NOT_COLLISION_ESTABLISHED,),
        note="Without CollisionDetectEstablishedState the event should not occur here.",
        section="8.1.5",
    )
    yield from _each(state, (26,), (A.RESTART_HOLD,))
    yield from _each(state, (27,), (A.PROCESS_UPDATE, A.RESTART_HOLD))
    yield _notify(
        state,
        28,
        _BAD_UPDATE,
        _LOSE,
        note="RFC 7606 turns most of these into treat-as-withdraw: the session stays.",
    )
    unexpected = (A.DELETE_ROUTES, A.STOP_CONNECT_RETRY, *_LOSE[2:])
    clash = "Section {} asks for the message's own error code; FRR and BIRD send that one."
    notes = {21: clash.format("6.1"), 22: clash.format("6.2")}
    for number in (9, 12, 13, 20, 21, 22):
        error = _fsm_error(state, Event(number))
        yield _notify(state, number, error, unexpected, note=notes.get(number, ""))


def _send_hold() -> Iterator[Row]:
    lose = (A.LOG, A.RELEASE, A.STOP_CONNECT_RETRY, A.DROP, A.COUNT, A.DAMP)  # section 4.3
    yield Row(
        S.ESTABLISHED,
        Event.SEND_HOLD_TIMER_EXPIRES,
        (),
        (A.SEND_NOTIFICATION, *lose),
        S.IDLE,
        Notification(ErrorCode.SEND_HOLD_TIMER_EXPIRED, 0),
        "The NOTIFICATION is sent only where it does not delay the rest: the peer is not reading.",
        Origin.RFC_9687,
        "4.3",
    )


RFC_TABLE: Final = Table(
    sorted(
        (
            *_idle(),
            *_connect(),
            *_active(),
            *_open_sent(),
            *_open_confirm(),
            *_established(),
            *_send_hold(),
        ),
        key=lambda row: (tuple(State).index(row.state), row.event),
    )
)
