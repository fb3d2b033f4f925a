"""FRR's own names for what its machine does: 16 events, and its table in terms of them.

Derived from FRR's rows (``bgp/fsm_frr_table.py``), which are the RFC's and FRR's differences. Only
the cells of FRR's table that no situation leads to are written here. Source: the table ``FSM`` in
FRR's ``bgpd/bgp_fsm.c``; the next states of 8.4 and 10 are the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from bgp.fsm_frr_differences import BESIDE_THE_TABLE
from bgp.fsm_frr_differences import DIFFERENCES as _DIFFERENCES
from bgp.fsm_frr_table import FRR_TABLE, RFC_ROWS
from bgp.fsm_row import Row
from bgp.fsm_words import Condition, Event, State

S = State


class FrrEvent(StrEnum):
    """FRR's events, spelled as ``debug bgp neighbor-events`` prints them."""

    START = "BGP_Start"
    STOP = "BGP_Stop"
    OPEN = "TCP_connection_open"
    OPEN_DELAYED = "TCP_connection_open_w_delay"
    CLOSED = "TCP_connection_closed"
    OPEN_FAILED = "TCP_connection_open_failed"
    FATAL = "TCP_fatal_error"
    CONNECT_RETRY = "ConnectRetry_timer_expired"
    HOLD = "Hold_Timer_expired"
    KEEPALIVE = "KeepAlive_timer_expired"
    DELAY_OPEN = "DelayOpen_timer_expired"
    RECEIVE_OPEN = "Receive_OPEN_message"
    RECEIVE_KEEPALIVE = "Receive_KEEPALIVE_message"
    RECEIVE_UPDATE = "Receive_UPDATE_message"
    RECEIVE_NOTIFICATION = "Receive_NOTIFICATION_message"
    CLEARED = "Clearing_Completed"


E = FrrEvent


def _events(*numbers: int) -> tuple[Event, ...]:
    return tuple(map(Event, numbers))


# The RFC's events behind each of FRR's, the plain one first. FRR judges a message before its
# machine hears of it: an error that was answered with a NOTIFICATION reaches it as a stop.
_BEHIND: Final = MappingProxyType(
    {
        E.START: _events(3, 1),
        E.STOP: _events(2, 8, 21, 22, 23, 28),
        E.OPEN: _events(16, 17),
        E.OPEN_DELAYED: _events(16, 17),
        E.CLOSED: _events(18),
        E.OPEN_FAILED: _events(18),
        E.FATAL: _events(18, 29),
        E.CONNECT_RETRY: _events(9),
        E.HOLD: _events(10),
        E.KEEPALIVE: _events(11),
        E.DELAY_OPEN: _events(12),
        E.RECEIVE_OPEN: _events(19, 20),
        E.RECEIVE_KEEPALIVE: _events(26),
        E.RECEIVE_UPDATE: _events(27),
        E.RECEIVE_NOTIFICATION: _events(25, 24),
    }
)
STANDS_FOR: Final = MappingProxyType({event: behind[0] for event, behind in _BEHIND.items()})
"""The RFC's event that each of FRR's usually is."""

_WAITING: Final = (S.CONNECT, S.ACTIVE)
_TCP_UP: Final = _events(16, 17)


def frr_events(row: Row) -> tuple[FrrEvent, ...]:
    """Return what FRR calls the event of a row in its situation; nothing where it never arises."""
    waiting, conditions = row.state in _WAITING, row.conditions
    if _never_arises(row, waiting=waiting):
        return ()
    if row.event in _TCP_UP:
        return (E.OPEN_DELAYED if Condition.DELAY_OPEN in conditions else E.OPEN,)
    if row.event is Event.TCP_CONNECTION_FAILS:
        calling = row.state is S.CONNECT and Condition.DELAY_OPEN_NOT_RUNNING in conditions
        return (E.OPEN_FAILED,) if calling else (E.CLOSED, E.FATAL)
    if row.event is Event.UPDATE_MSG and row.state is not S.ESTABLISHED:
        return (E.STOP,)
    return tuple(event for event, behind in _BEHIND.items() if row.event in behind)


def _never_arises(row: Row, *, waiting: bool) -> bool:
    return (
        # From OpenSent on a second connection has a peer structure of its own: this one never
        # hears of it.
        (row.event in _TCP_UP and not waiting)
        # An OPEN in Connect or Active is the delayed one, and only there.
        or row.event is (Event.BGP_OPEN if waiting else Event.BGP_OPEN_DELAYED)
        or (row.event is Event.OPEN_COLLISION_DUMP and row.ignored)
        # FRR 10.3 ends the connection behind its machine's back.
        or (row.event is Event.SEND_HOLD_TIMER_EXPIRES and row.next_state is row.state)
    )


# Cells of FRR's table that no situation leads to, as far as they are not Idle.
_NEVER: Final = MappingProxyType(
    {
        (S.ACTIVE, E.OPEN_FAILED): S.ACTIVE,
        (S.OPEN_SENT, E.OPEN): S.ACTIVE,
        (S.OPEN_SENT, E.OPEN_FAILED): S.ACTIVE,
        (S.ESTABLISHED, E.OPEN): S.CLEARING,
        (S.ESTABLISHED, E.OPEN_FAILED): S.CLEARING,
    }
)
_REACHED: Final = MappingProxyType(
    {(row.state, event): row for row in FRR_TABLE for event in frr_events(row)}
)


def next_state(state: State, event: FrrEvent) -> State:
    """Return where FRR's table goes."""
    if state is S.DELETED:
        return S.DELETED
    if state is S.CLEARING:
        return S.IDLE if event is E.CLEARED else S.CLEARING
    row = _REACHED.get((state, event))
    return _NEVER.get((state, event), S.IDLE) if row is None else row.next_state or state


FRR_EDGES: Final = frozenset(
    (state, event, next_state(state, event)) for state in State for event in FrrEvent
)


SENT_BY_MACHINE: Final = MappingProxyType(
    {
        (row.state, event): row.notification
        for row in FRR_TABLE
        for event in frr_events(row)
        if row.notification is not None and event is not E.STOP
    }
)
"""NOTIFICATIONs the machine itself sends, with its edge; others go before the edge, with a stop."""


@dataclass(frozen=True, slots=True)
class EdgeDifference:
    """An edge on which FRR and the RFC part.

    Attributes:
        next_state: where FRR goes.
        why: what that means to someone watching, one sentence or two.
    """

    next_state: State
    why: str


DIFFERENCES: Final = MappingProxyType(
    {
        (row.state, event): EdgeDifference(each.next_state, each.why)
        for row in RFC_ROWS
        for each in _DIFFERENCES
        for event in frr_events(row)
        if each.is_about(row)
        and each.next_state is next_state(row.state, event)
        and row.event is STANDS_FOR[event]
    }
)
"""The edges that lead elsewhere than the RFC's."""

_ON_EDGES: Final = {each.why for each in DIFFERENCES.values()}

HABITS: Final = (
    *dict.fromkeys(each.why for each in _DIFFERENCES if each.why not in _ON_EDGES),
    *BESIDE_THE_TABLE,
)
"""What FRR does otherwise on edges it shares with the RFC, and what no edge shows."""
