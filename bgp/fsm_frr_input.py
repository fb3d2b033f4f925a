"""What FRR makes of what arrives: every input joined with FRR's rows.

FRR judges a message before its machine hears of it. Here is only what the table of
``bgp/fsm_frr_table.py`` cannot know: which event an input is to FRR, and the subcode that tells
what was wrong with it. Where the session goes and which NOTIFICATION is sent is the row's.
Source: FRR's ``bgpd/bgp_io.c`` (``validate_header``), ``bgp_packet.c`` (``bgp_open_receive``,
``bgp_update_receive`` ...), ``bgp_attr.c`` and ``bgpd.c`` (the operator's commands), 8.4 and 10.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from bgp.errors import InvalidValueError
from bgp.fsm_frr import FrrEvent, frr_events, next_state
from bgp.fsm_frr_differences import RELEASES
from bgp.fsm_frr_table import FRR_TABLES
from bgp.fsm_row import Row
from bgp.fsm_words import Condition, Event, State
from bgp.notification import ErrorCode, Notification


class Input(StrEnum):
    """What happens to a connection; the value is the phrase people read."""

    SILENCE = "nothing arrives for the hold time"
    FIN = "the peer closes the TCP connection"
    RESET = "the peer breaks the TCP connection"
    SHUTDOWN = "the operator: neighbor shutdown"
    CLEAR = "the operator: clear bgp"
    REMOVE = "the operator: no neighbor"
    MARKER = "a header whose marker is not all ones"
    LENGTH_SHORT = "a header with a length of 18"
    LENGTH_LONG = "a header with a length of 4097"
    TYPE_ZERO = "a header with type 0"
    TYPE_UNKNOWN = "a header with type 7"
    OPEN_SHORT = "an OPEN of 28 octets"
    UPDATE_SHORT = "an UPDATE of 22 octets"
    NOTIFICATION_SHORT = "a NOTIFICATION of 20 octets"
    KEEPALIVE_LONG = "a KEEPALIVE of 20 octets"
    ROUTE_REFRESH_SHORT = "a ROUTE-REFRESH of 22 octets"
    OPEN = "an OPEN"
    OPEN_VERSION = "an OPEN with version 5"
    OPEN_AS = "an OPEN with another AS than configured"
    OPEN_AS_ZERO = "an OPEN with AS 0"
    OPEN_IDENTIFIER = "an OPEN with BGP Identifier 0.0.0.0"
    OPEN_HOLD_0 = "an OPEN with a hold time of 0 s"
    OPEN_HOLD_1 = "an OPEN with a hold time of 1 s"
    OPEN_HOLD_2 = "an OPEN with a hold time of 2 s"
    OPEN_PARAMETER = "an OPEN with an optional parameter nobody knows"
    OPEN_PARAMETERS_LENGTH = "an OPEN whose optional parameters are longer than itself"
    OPEN_OWN_IDENTIFIER = "an OPEN with our BGP Identifier, from another AS"
    OPEN_MULTICAST_IDENTIFIER = "an OPEN with BGP Identifier 224.1.1.1"
    KEEPALIVE = "a KEEPALIVE"
    UPDATE = "an UPDATE with a route"
    END_OF_RIB = "an empty UPDATE (End-of-RIB)"
    UPDATE_WITHDRAWN_LENGTH = "an UPDATE whose withdrawn routes are longer than itself"
    UPDATE_ATTRIBUTES_LENGTH = "an UPDATE whose attributes are longer than itself"
    UPDATE_MISSING = "an UPDATE without NEXT_HOP"
    UPDATE_ORIGIN = "an UPDATE with ORIGIN 9, before other attributes"
    UPDATE_ORIGIN_LAST = "an UPDATE with ORIGIN 9 as its last attribute"
    UPDATE_PREFIX = "an UPDATE with a prefix of 33 bits"
    NOTIFICATION = "a NOTIFICATION: Cease"
    NOTIFICATION_VERSION = "a NOTIFICATION: unsupported version"
    ROUTE_REFRESH = "a ROUTE-REFRESH"
    CAPABILITY = "a dynamic CAPABILITY message"


H, E, S = Input, FrrEvent, State


@dataclass(frozen=True, slots=True)
class Case:
    """What an input is to FRR.

    Attributes:
        event: the event of RFC 4271 that FRR takes it for; None for none.
        subcode: the NOTIFICATION's subcode where the event alone does not settle it.
        named: FRR's own event where the RFC's has several.
    """

    event: Event | None
    subcode: int | None = None
    named: FrrEvent | None = None


_HEADER, _OPEN, _UPDATE = Event.BGP_HEADER_ERR, Event.BGP_OPEN_MSG_ERR, Event.UPDATE_MSG_ERR
_LENGTH, _TYPE = Case(_HEADER, 2), Case(_HEADER, 3)
_HOLD_TIME, _PEER_AS = Case(_OPEN, 6), Case(_OPEN, 2)
_LIST, _NETWORK = Case(_UPDATE, 1), Case(_UPDATE, 10)
_VALID_OPEN = Case(Event.BGP_OPEN)
_WITHDRAWN = Case(Event.UPDATE_MSG)  # RFC 7606: treat-as-withdraw, the session stays

CASES: Final = MappingProxyType(
    {
        H.SILENCE: Case(Event.HOLD_TIMER_EXPIRES),
        H.FIN: Case(Event.TCP_CONNECTION_FAILS),
        H.RESET: Case(Event.TCP_CONNECTION_FAILS, named=E.FATAL),
        H.SHUTDOWN: Case(Event.MANUAL_STOP),
        H.CLEAR: Case(Event.MANUAL_STOP, 4),
        H.REMOVE: Case(Event.MANUAL_STOP, 3),
        H.MARKER: Case(_HEADER, 1),
        H.LENGTH_SHORT: _LENGTH,
        H.LENGTH_LONG: _LENGTH,
        H.TYPE_ZERO: _TYPE,
        H.TYPE_UNKNOWN: _TYPE,
        H.OPEN_SHORT: _LENGTH,
        H.UPDATE_SHORT: _LENGTH,
        H.NOTIFICATION_SHORT: _LENGTH,
        H.KEEPALIVE_LONG: _LENGTH,
        H.ROUTE_REFRESH_SHORT: _LENGTH,
        H.OPEN: _VALID_OPEN,
        H.OPEN_VERSION: Case(_OPEN, 1),
        H.OPEN_AS: _PEER_AS,
        H.OPEN_AS_ZERO: _PEER_AS,
        H.OPEN_IDENTIFIER: Case(_OPEN, 3),
        H.OPEN_HOLD_0: _VALID_OPEN,
        H.OPEN_HOLD_1: _HOLD_TIME,
        H.OPEN_HOLD_2: _HOLD_TIME,
        H.OPEN_PARAMETER: Case(_OPEN, 4),
        H.OPEN_PARAMETERS_LENGTH: Case(_OPEN, 0),
        H.OPEN_OWN_IDENTIFIER: _VALID_OPEN,
        H.OPEN_MULTICAST_IDENTIFIER: _VALID_OPEN,
        H.KEEPALIVE: Case(Event.KEEPALIVE_MSG),
        H.UPDATE: Case(Event.UPDATE_MSG),
        H.END_OF_RIB: Case(Event.UPDATE_MSG),
        H.UPDATE_WITHDRAWN_LENGTH: _LIST,
        H.UPDATE_ATTRIBUTES_LENGTH: _LIST,
        H.UPDATE_MISSING: _WITHDRAWN,
        H.UPDATE_ORIGIN: _WITHDRAWN,
        H.UPDATE_ORIGIN_LAST: _WITHDRAWN,
        H.UPDATE_PREFIX: _NETWORK,
        H.NOTIFICATION: Case(Event.NOTIF_MSG),
        H.NOTIFICATION_VERSION: Case(Event.NOTIF_MSG_VER_ERR),
        H.ROUTE_REFRESH: Case(None),
        H.CAPABILITY: _TYPE,  # unless the dynamic capability was offered, which is off
    }
)

# FRR 8.4 stops reading attributes at a malformed one and takes those behind it for prefixes
# (bgp_attr_parse: "goto done").
OF_8_4: Final = MappingProxyType({H.UPDATE_ORIGIN: _NETWORK})

# A command is about the configured peer: an incoming connection that is not yet that peer's goes
# with its stub, unheard; `no neighbor` still speaks to it (bgpd.c: peer_clear,
# peer_flag_modify_action).
_UNHEARD: Final = (H.SHUTDOWN, H.CLEAR)


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a real FRR will do.

    Attributes:
        before: the state the input finds.
        event: the event its log names, None when it names none.
        after: the state its log names.
        notification: the NOTIFICATION on the wire; None for none.
    """

    before: State
    event: FrrEvent | None
    after: State
    notification: Notification | None

    @property
    def stays(self) -> bool:
        """Whether the connection lives on."""
        return self.after in _OPEN_STATES


def case_of(state: State, happens: Input, release: str = "frr-8.4") -> Case:
    """Return what FRR takes an input for.

    Raises:
        InvalidValueError: no connection is open in that state, or there is no such release.
    """
    if state not in _OPEN_STATES:
        raise InvalidValueError("state", state, "OpenSent, OpenConfirm or Established")
    if release not in RELEASES:
        raise InvalidValueError("release", release, " or ".join(RELEASES))
    if happens is H.ROUTE_REFRESH and state is not S.ESTABLISHED:
        return Case(Event.UPDATE_MSG)  # its reader looks at the state first, as an UPDATE's does
    if release == "frr-8.4" and happens in OF_8_4:
        return OF_8_4[happens]
    return CASES[happens]


def predict(
    state: State, happens: Input, release: str = "frr-8.4", *, incoming: bool = False
) -> Prediction:
    """Return what FRR does when something happens on a connection in a state.

    Args:
        state: OpenSent, OpenConfirm or Established.
        happens: what happens.
        release: ``frr-8.4`` or ``frr-10``.
        incoming: whether the peer opened the connection.

    Raises:
        InvalidValueError: no connection is open in that state, or there is no such release.
    """
    case = case_of(state, happens, release)
    if case.event is None:
        return Prediction(state, None, state, None)
    row = _row(state, case.event, release)
    told = row.notification
    if told is not None and told.code != ErrorCode.FSM_ERROR and case.subcode is not None:
        told = Notification(told.code, case.subcode)
    if incoming and state is not S.ESTABLISHED and happens in _UNHEARD:
        return Prediction(state, None, S.DELETED, None)
    if happens is H.REMOVE:
        return Prediction(state, None, S.DELETED, told)
    event = case.named or frr_events(row)[0]
    return Prediction(state, event, next_state(state, event), told)


def _row(state: State, event: Event, release: str) -> Row:
    """The row of a session without options, whose hold time is not zero."""
    found = (
        row
        for row in FRR_TABLES[release]
        if row.state is state and row.event is event and not set(row.conditions) & _UNMET
    )
    return next(found)


_OPEN_STATES: Final = (S.OPEN_SENT, S.OPEN_CONFIRM, S.ESTABLISHED)
_UNMET: Final = frozenset(
    {Condition.COLLISION_ESTABLISHED, Condition.COLLISION_LOST, Condition.NO_HOLD_TIME}
)
