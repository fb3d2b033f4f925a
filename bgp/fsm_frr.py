"""FRR's machine, as what it does differently from RFC 4271 and nothing else.

Source: the table ``FSM`` in FRR's ``bgpd/bgp_fsm.c``; the next states of 8.4 and 10 are the same.
FRR has 16 events of its own; each stands for one or several of the RFC's. An edge that is not in
``DIFFERENCES`` is the RFC's (with DelayOpen off). Actions that the table cannot show are in
``HABITS``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from bgp.fsm_table import RFC_TABLE
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

# The RFC's event that each of FRR's stands for; the others it covers behave alike in the RFC or
# are told apart by FRR's code and not by its table.
STANDS_FOR: Final = MappingProxyType(
    {
        E.START: Event.AUTOMATIC_START,
        E.STOP: Event.MANUAL_STOP,
        E.OPEN: Event.TCP_CR_ACKED,
        E.OPEN_DELAYED: Event.TCP_CR_ACKED,
        E.CLOSED: Event.TCP_CONNECTION_FAILS,
        E.OPEN_FAILED: Event.TCP_CONNECTION_FAILS,
        E.FATAL: Event.TCP_CONNECTION_FAILS,
        E.CONNECT_RETRY: Event.CONNECT_RETRY_TIMER_EXPIRES,
        E.HOLD: Event.HOLD_TIMER_EXPIRES,
        E.KEEPALIVE: Event.KEEPALIVE_TIMER_EXPIRES,
        E.DELAY_OPEN: Event.DELAY_OPEN_TIMER_EXPIRES,
        E.RECEIVE_OPEN: Event.BGP_OPEN,
        E.RECEIVE_KEEPALIVE: Event.KEEPALIVE_MSG,
        E.RECEIVE_UPDATE: Event.UPDATE_MSG,
        E.RECEIVE_NOTIFICATION: Event.NOTIF_MSG,
    }
)


@dataclass(frozen=True, slots=True)
class Difference:
    """An edge on which FRR and the RFC part.

    Attributes:
        next_state: where FRR goes.
        why: what that means to someone watching, one sentence.
    """

    next_state: State
    why: str


_CLEARING = "FRR clears the peer's routes in a state of its own before it is Idle again."
_REFUSED = "A failed TCP open shows as Active, with or without DelayOpen."
_SECOND = "The incoming connection runs on a second peer structure; this one is not its."

DIFFERENCES: Final = MappingProxyType(
    {
        (S.CONNECT, E.OPEN_FAILED): Difference(S.ACTIVE, _REFUSED),
        (S.CONNECT, E.OPEN_DELAYED): Difference(S.CONNECT, "FRR has an event for DelayOpen."),
        (S.CONNECT, E.RECEIVE_OPEN): Difference(
            S.OPEN_CONFIRM, "FRR gets an OPEN here only while it delays its own."
        ),
        (S.ACTIVE, E.OPEN_FAILED): Difference(S.ACTIVE, _REFUSED),
        (S.ACTIVE, E.OPEN_DELAYED): Difference(S.ACTIVE, "FRR has an event for DelayOpen."),
        (S.ACTIVE, E.RECEIVE_OPEN): Difference(
            S.OPEN_CONFIRM, "FRR gets an OPEN here only while it delays its own."
        ),
        (S.OPEN_SENT, E.OPEN): Difference(S.ACTIVE, _SECOND),
        (S.OPEN_SENT, E.OPEN_DELAYED): Difference(S.IDLE, _SECOND),
        (S.OPEN_CONFIRM, E.OPEN): Difference(S.IDLE, _SECOND),
        (S.OPEN_CONFIRM, E.OPEN_DELAYED): Difference(S.IDLE, _SECOND),
        (S.OPEN_CONFIRM, E.RECEIVE_OPEN): Difference(
            S.IDLE, "A second OPEN closes the TCP connection without a NOTIFICATION."
        ),
        (S.ESTABLISHED, E.STOP): Difference(S.CLEARING, _CLEARING),
        (S.ESTABLISHED, E.OPEN): Difference(S.CLEARING, _SECOND),
        (S.ESTABLISHED, E.OPEN_DELAYED): Difference(S.IDLE, _SECOND),
        (S.ESTABLISHED, E.CLOSED): Difference(S.CLEARING, _CLEARING),
        (S.ESTABLISHED, E.OPEN_FAILED): Difference(S.CLEARING, _CLEARING),
        (S.ESTABLISHED, E.FATAL): Difference(S.CLEARING, _CLEARING),
        (S.ESTABLISHED, E.CONNECT_RETRY): Difference(S.CLEARING, _CLEARING),
        (S.ESTABLISHED, E.HOLD): Difference(S.CLEARING, _CLEARING),
        (S.ESTABLISHED, E.RECEIVE_OPEN): Difference(
            S.CLEARING, "A second OPEN closes the TCP connection without a NOTIFICATION."
        ),
        (S.ESTABLISHED, E.RECEIVE_NOTIFICATION): Difference(S.CLEARING, _CLEARING),
    }
)

HABITS: Final = (
    (
        "In OpenConfirm FRR lets the four-minute HoldTimer of OpenSent run on; the negotiated "
        "hold time counts from Established."
    ),
    "Any NOTIFICATION in OpenSent is answered with 5/1, also one about the version.",
    (
        "A header or OPEN error gets its own code in every state, as section 6 asks and 8.2.2 "
        "does not."
    ),
    (
        "An incoming connection runs on a second peer structure: `show bgp neighbors` says Active "
        "while OpenSent and OpenConfirm happen out of sight."
    ),
    "After a failure in Established the peer shows Idle until its start timer fires.",
)


def next_state(state: State, event: FrrEvent) -> State:
    """Return where FRR's table goes."""
    if state is S.DELETED:
        return S.DELETED
    if state is S.CLEARING:
        return S.IDLE if event is E.CLEARED else S.CLEARING
    if event is E.CLEARED:
        return S.IDLE  # Clearing_Completed is an exception anywhere else
    different = DIFFERENCES.get((state, event))
    return different.next_state if different else _rfc_next_state(state, STANDS_FOR[event])


_OFF: Final = (
    Condition.DELAY_OPEN,
    Condition.DELAY_OPEN_RUNNING,
    Condition.SEND_NOTIFICATION,
    Condition.COLLISION_ESTABLISHED,
    Condition.COLLISION_LOST,
)


def _rfc_next_state(state: State, event: Event) -> State:
    """The RFC's next state with every option off."""
    for row in RFC_TABLE:
        if row.state is state and row.event is event and not set(row.conditions) & set(_OFF):
            return row.next_state or state
    raise KeyError((state, event))


FRR_EDGES: Final = frozenset(
    (state, event, next_state(state, event)) for state in State for event in FrrEvent
)
