"""Stepping the machine: one connection, a virtual clock, and a look-up in the table.

State belongs to a connection, not to a peer: in a collision a peer has two (``bgp/collision.py``).
Nothing here decides what happens next; ``bgp/fsm_table.py`` does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

from bgp.errors import InvalidValueError
from bgp.fsm_row import Row, Table
from bgp.fsm_table import RFC_TABLE
from bgp.fsm_timers import SETS
from bgp.fsm_words import Action, Condition, Counter, Event, State, Timer
from bgp.notification import Notification


@dataclass(frozen=True, slots=True)
class SessionAttributes:
    """The optional session attributes of section 8.1.1 and the times of section 10, in seconds.

    ``send_hold_time`` is the least SendHoldTime of RFC 9687: twice the negotiated hold time where
    that is more, as its section 6 has it; 0 switches the SendHoldTimer off.
    """

    delay_open: bool = False
    passive_tcp_establishment: bool = False
    damp_peer_oscillations: bool = False
    send_notification_without_open: bool = False
    collision_detect_established_state: bool = False
    connect_retry_time: float = 120
    hold_time: int = 90
    delay_open_time: float = 5
    idle_hold_time: float = 60
    send_hold_time: float = 480


_NO_TIMERS: Final[Mapping[Timer, float]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Connection:
    """One connection at one moment.

    Attributes:
        state: where it is.
        now: seconds on its virtual clock.
        timers: running timers and the moment each expires.
        connect_retry_counter: ConnectRetryCounter.
        negotiated_hold_time: the hold time both agreed on, None before the OPENs.
        tcp: whether there is a TCP connection under it.
        peer_reads: whether the peer takes in what is sent; else nothing leaves, KEEPALIVEs neither.
        attributes: its session attributes.
    """

    state: State = State.IDLE
    now: float = 0
    timers: Mapping[Timer, float] = field(default_factory=lambda: _NO_TIMERS)
    connect_retry_counter: int = 0
    negotiated_hold_time: int | None = None
    tcp: bool = False
    peer_reads: bool = True
    attributes: SessionAttributes = field(default_factory=SessionAttributes)

    def remaining(self, timer: Timer) -> float | None:
        """Return the seconds until a timer expires, None when it does not run."""
        return None if timer not in self.timers else self.timers[timer] - self.now


@dataclass(frozen=True, slots=True)
class Stimulus:
    """An event with what it carries.

    Attributes:
        event: the event.
        hold_time: for an OPEN, the hold time that results from it; None for our own.
        loses_collision: for an OPEN or a dump, whether this connection has to go.
    """

    event: Event
    hold_time: int | None = None
    loses_collision: bool = False


@dataclass(frozen=True, slots=True)
class Transition:
    """One step of one connection.

    Attributes:
        row: the row of the table that applied.
        stimulus: what happened.
        before: the connection before.
        after: the connection after.
    """

    row: Row
    stimulus: Stimulus
    before: Connection
    after: Connection

    @property
    def sent(self) -> tuple[str, ...]:
        """The messages sent, in order; none where the peer does not read."""
        if not self.before.peer_reads:
            return ()
        words = {
            Action.SEND_OPEN: "OPEN",
            Action.SEND_KEEPALIVE: "KEEPALIVE",
            Action.SEND_NOTIFICATION: f"NOTIFICATION {self.row.notification}",
        }
        return tuple(words[action] for action in self.row.actions if action in words)

    @property
    def notification(self) -> Notification | None:
        """The NOTIFICATION sent, None when there was none."""
        return self.row.notification


def rows_for(state: State, event: Event, table: tuple[Row, ...] = RFC_TABLE) -> tuple[Row, ...]:
    """Return the rows of a state and an event."""
    if isinstance(table, Table):
        return table.by_pair.get((state, event), ())
    return tuple(row for row in table if row.state is state and row.event is event)


def step(
    connection: Connection, stimulus: Stimulus, table: tuple[Row, ...] = RFC_TABLE
) -> Transition:
    """Let one event happen.

    Where the RFC leaves what follows out of its scope the connection stays where it is; the row
    says so.

    Raises:
        InvalidValueError: the table has no row for it (event 29 outside Established).
    """
    for row in rows_for(connection.state, stimulus.event, table):
        if all(_holds(condition, connection, stimulus) for condition in row.conditions):
            break
    else:
        raise InvalidValueError(
            "event", f"{stimulus.event.title} in {connection.state}", "an event the table has here"
        )
    return Transition(row, stimulus, connection, _apply(row, connection, stimulus))


def _holds(condition: Condition, connection: Connection, stimulus: Stimulus) -> bool:
    truth = _TRUTHS.get(condition)
    if truth is None:
        return not _TRUTHS[OPPOSITES[condition]](connection, stimulus)
    return truth(connection, stimulus)


_TRUTHS: Final[Mapping[Condition, Callable[[Connection, Stimulus], bool]]] = MappingProxyType(
    {
        Condition.DELAY_OPEN: lambda c, _: c.attributes.delay_open,
        Condition.DELAY_OPEN_RUNNING: lambda c, _: Timer.DELAY_OPEN in c.timers,
        Condition.SEND_NOTIFICATION: lambda c, _: c.attributes.send_notification_without_open,
        Condition.DAMP: lambda c, _: c.attributes.damp_peer_oscillations,
        Condition.HOLD_TIME: lambda c, stimulus: _hold_time(c, stimulus) != 0,
        Condition.COLLISION_ESTABLISHED: (
            lambda c, _: c.attributes.collision_detect_established_state
        ),
        Condition.COLLISION_LOST: lambda _, stimulus: stimulus.loses_collision,
    }
)
OPPOSITES: Final = {
    Condition.NOT_DELAY_OPEN: Condition.DELAY_OPEN,
    Condition.DELAY_OPEN_NOT_RUNNING: Condition.DELAY_OPEN_RUNNING,
    Condition.NOT_SEND_NOTIFICATION: Condition.SEND_NOTIFICATION,
    Condition.NOT_DAMP: Condition.DAMP,
    Condition.NO_HOLD_TIME: Condition.HOLD_TIME,
    Condition.NOT_COLLISION_ESTABLISHED: Condition.COLLISION_ESTABLISHED,
    Condition.COLLISION_NOT_LOST: Condition.COLLISION_LOST,
}


def _hold_time(connection: Connection, stimulus: Stimulus) -> int:
    if stimulus.hold_time is not None:
        return stimulus.hold_time
    if connection.negotiated_hold_time is not None:
        return connection.negotiated_hold_time
    return connection.attributes.hold_time


_TCP_UP: Final = (Event.TCP_CR_ACKED, Event.TCP_CONNECTION_CONFIRMED)
_OPENS: Final = (Event.BGP_OPEN, Event.BGP_OPEN_DELAYED)


def _apply(row: Row, connection: Connection, stimulus: Stimulus) -> Connection:
    hold_time = _hold_time(connection, stimulus)
    timers = dict(connection.timers)
    _expire(timers, stimulus.event)
    for action in row.actions:
        if action not in SETS or not _happens(action, connection):
            continue
        for timer, length in SETS[action].items():
            if seconds := length(connection.attributes, hold_time):
                timers[timer] = connection.now + seconds
            else:
                timers.pop(timer, None)
    counter = {
        None: connection.connect_retry_counter,
        Counter.ZERO: 0,
        Counter.INCREMENT: connection.connect_retry_counter + 1,
    }[row.counter]
    opening = row.state in (State.CONNECT, State.ACTIVE)
    dropped = Action.DROP in row.actions or row.next_state is State.IDLE
    agreed = hold_time if stimulus.event in _OPENS else connection.negotiated_hold_time
    return replace(
        connection,
        state=row.next_state or row.state,
        timers=MappingProxyType(timers),
        connect_retry_counter=counter,
        tcp=(connection.tcp or (opening and stimulus.event in _TCP_UP)) and not dropped,
        peer_reads=connection.peer_reads or dropped,
        negotiated_hold_time=None if dropped else agreed,
    )


EXPIRIES: Final = {
    Event.CONNECT_RETRY_TIMER_EXPIRES: Timer.CONNECT_RETRY,
    Event.HOLD_TIMER_EXPIRES: Timer.HOLD,
    Event.KEEPALIVE_TIMER_EXPIRES: Timer.KEEPALIVE,
    Event.DELAY_OPEN_TIMER_EXPIRES: Timer.DELAY_OPEN,
    Event.IDLE_HOLD_TIMER_EXPIRES: Timer.IDLE_HOLD,
    Event.SEND_HOLD_TIMER_EXPIRES: Timer.SEND_HOLD,
}


def _expire(timers: dict[Timer, float], event: Event) -> None:
    """A timer that has expired no longer runs."""
    if event in EXPIRIES:
        timers.pop(EXPIRIES[event], None)


def _happens(action: Action, connection: Connection) -> bool:
    """Whether an action that hangs on more than its row's conditions is done."""
    if action is Action.DAMP:
        return connection.attributes.damp_peer_oscillations
    return action is not Action.RESTART_SEND_HOLD or connection.peer_reads


def advance(
    connection: Connection, seconds: float, table: tuple[Row, ...] = RFC_TABLE
) -> tuple[Connection, tuple[Transition, ...]]:
    """Let time pass: timers that expire on the way fire in their order.

    Args:
        connection: where it stands.
        seconds: how long, zero or more.
        table: the machine.

    Raises:
        InvalidValueError: the time is negative.
    """
    if seconds < 0:
        raise InvalidValueError("seconds", seconds, "zero or more")
    end = connection.now + seconds
    happened: list[Transition] = []
    while due := _next_due(connection, end):
        timer, moment = due
        event = next(event for event, expiring in EXPIRIES.items() if expiring is timer)
        transition = step(replace(connection, now=moment), Stimulus(event), table)
        happened.append(transition)
        connection = transition.after
    return replace(connection, now=end), tuple(happened)


def _next_due(connection: Connection, end: float) -> tuple[Timer, float] | None:
    due = [(moment, timer) for timer, moment in connection.timers.items() if moment <= end]
    if not due:
        return None
    moment, timer = min(due)
    return timer, moment
