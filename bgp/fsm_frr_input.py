"""What FRR makes of what arrives: its machine's event, and the NOTIFICATION sent on the way.

FRR judges a message before its machine hears of it, so a NOTIFICATION has one of two sources. Most
are sent by whoever reads the message, and the machine is told to stop (``BGP_Stop``): ``JUDGED``.
A few are sent by the machine itself: ``SENT_BY_MACHINE``. Source: FRR's ``bgpd/bgp_io.c``
(``validate_header``), ``bgp_packet.c`` (``bgp_open_receive``, ``bgp_update_receive`` ...),
``bgp_attr.c``, ``bgpd.c`` (the operator's commands) and ``bgp_fsm.c``, 8.4 and 10.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from bgp.errors import InvalidValueError
from bgp.fsm_frr import FrrEvent, next_state
from bgp.fsm_words import Event, State
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
    OPEN = "an OPEN"
    OPEN_VERSION = "an OPEN with version 5"
    OPEN_AS = "an OPEN with another AS than configured"
    OPEN_AS_ZERO = "an OPEN with AS 0"
    OPEN_IDENTIFIER = "an OPEN with BGP Identifier 0.0.0.0"
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
class Judgement:
    """What the machine is told of an input.

    Attributes:
        event: the machine's event, None when it hears nothing of it.
        notification: the NOTIFICATION sent before that, None for none.
        deletes: whether the connection is deleted, its machine with it.
    """

    event: FrrEvent | None
    notification: Notification | None = None
    deletes: bool = False


def _stop(code: int, subcode: int) -> Judgement:
    return Judgement(E.STOP, Notification(code, subcode))


_UNSYNCHRONIZED, _LENGTH, _TYPE = _stop(1, 1), _stop(1, 2), _stop(1, 3)
_HOLD_TIME, _PEER_AS = _stop(2, 6), _stop(2, 2)
_LIST, _NETWORK = _stop(3, 1), _stop(3, 10)
_WITHDRAWN = Judgement(E.RECEIVE_UPDATE)  # RFC 7606: treat-as-withdraw, the session stays

JUDGED: Final = MappingProxyType(
    {
        H.SILENCE: Judgement(E.HOLD),
        H.FIN: Judgement(E.CLOSED),
        H.RESET: Judgement(E.FATAL),
        H.SHUTDOWN: _stop(6, 2),
        H.CLEAR: _stop(6, 4),
        H.REMOVE: Judgement(None, Notification(6, 3), deletes=True),
        H.MARKER: _UNSYNCHRONIZED,
        H.LENGTH_SHORT: _LENGTH,
        H.LENGTH_LONG: _LENGTH,
        H.TYPE_ZERO: _TYPE,
        H.TYPE_UNKNOWN: _TYPE,
        H.OPEN_SHORT: _LENGTH,
        H.UPDATE_SHORT: _LENGTH,
        H.NOTIFICATION_SHORT: _LENGTH,
        H.KEEPALIVE_LONG: _LENGTH,
        H.OPEN: Judgement(E.RECEIVE_OPEN),
        H.OPEN_VERSION: _stop(2, 1),
        H.OPEN_AS: _PEER_AS,
        H.OPEN_AS_ZERO: _PEER_AS,
        H.OPEN_IDENTIFIER: _stop(2, 3),
        H.OPEN_HOLD_1: _HOLD_TIME,
        H.OPEN_HOLD_2: _HOLD_TIME,
        H.OPEN_PARAMETER: _stop(2, 4),
        H.OPEN_PARAMETERS_LENGTH: _stop(2, 0),
        H.OPEN_OWN_IDENTIFIER: Judgement(E.RECEIVE_OPEN),
        H.OPEN_MULTICAST_IDENTIFIER: Judgement(E.RECEIVE_OPEN),
        H.KEEPALIVE: Judgement(E.RECEIVE_KEEPALIVE),
        H.UPDATE: Judgement(E.RECEIVE_UPDATE),
        H.END_OF_RIB: Judgement(E.RECEIVE_UPDATE),
        H.UPDATE_WITHDRAWN_LENGTH: _LIST,
        H.UPDATE_ATTRIBUTES_LENGTH: _LIST,
        H.UPDATE_MISSING: _WITHDRAWN,
        H.UPDATE_ORIGIN: _WITHDRAWN,
        H.UPDATE_ORIGIN_LAST: _WITHDRAWN,
        H.UPDATE_PREFIX: _NETWORK,
        H.NOTIFICATION: Judgement(E.RECEIVE_NOTIFICATION),
        H.NOTIFICATION_VERSION: Judgement(E.RECEIVE_NOTIFICATION),
        H.ROUTE_REFRESH: Judgement(None),
        H.CAPABILITY: _TYPE,  # unless the dynamic capability was offered, which is off
    }
)

# FRR 8.4 stops reading attributes at a malformed one and takes those behind it for prefixes
# (bgp_attr_parse: "goto done").
OF_8_4: Final = MappingProxyType({H.UPDATE_ORIGIN: _NETWORK})

# Their reader looks at the state first: a FSM error, with the subcode RFC 6608 gives the state.
ONLY_IN_ESTABLISHED: Final = frozenset(
    {
        H.UPDATE,
        H.END_OF_RIB,
        H.UPDATE_WITHDRAWN_LENGTH,
        H.UPDATE_ATTRIBUTES_LENGTH,
        H.UPDATE_MISSING,
        H.UPDATE_ORIGIN,
        H.UPDATE_ORIGIN_LAST,
        H.UPDATE_PREFIX,
        H.ROUTE_REFRESH,
    }
)
# The event of RFC 4271 that each input is; a ROUTE-REFRESH (RFC 2918) is none.
_R = Event
_GROUPS = (
    (_R.HOLD_TIMER_EXPIRES, (H.SILENCE,)),
    (_R.TCP_CONNECTION_FAILS, (H.FIN, H.RESET)),
    (_R.MANUAL_STOP, (H.SHUTDOWN, H.CLEAR, H.REMOVE)),
    (_R.BGP_HEADER_ERR, (H.MARKER, H.LENGTH_SHORT, H.LENGTH_LONG, H.TYPE_ZERO, H.TYPE_UNKNOWN)),
    (_R.BGP_HEADER_ERR, (H.OPEN_SHORT, H.UPDATE_SHORT, H.NOTIFICATION_SHORT, H.KEEPALIVE_LONG)),
    (_R.BGP_HEADER_ERR, (H.CAPABILITY,)),
    (_R.BGP_OPEN, (H.OPEN, H.OPEN_OWN_IDENTIFIER, H.OPEN_MULTICAST_IDENTIFIER)),
    (_R.BGP_OPEN_MSG_ERR, (H.OPEN_VERSION, H.OPEN_AS, H.OPEN_AS_ZERO, H.OPEN_IDENTIFIER)),
    (_R.BGP_OPEN_MSG_ERR, (H.OPEN_HOLD_1, H.OPEN_HOLD_2, H.OPEN_PARAMETER)),
    (_R.BGP_OPEN_MSG_ERR, (H.OPEN_PARAMETERS_LENGTH,)),
    (_R.KEEPALIVE_MSG, (H.KEEPALIVE,)),
    (_R.UPDATE_MSG, (H.UPDATE, H.END_OF_RIB)),
    (_R.UPDATE_MSG_ERR, (H.UPDATE_WITHDRAWN_LENGTH, H.UPDATE_ATTRIBUTES_LENGTH, H.UPDATE_MISSING)),
    (_R.UPDATE_MSG_ERR, (H.UPDATE_ORIGIN, H.UPDATE_ORIGIN_LAST, H.UPDATE_PREFIX)),
    (_R.NOTIF_MSG, (H.NOTIFICATION,)),
    (_R.NOTIF_MSG_VER_ERR, (H.NOTIFICATION_VERSION,)),
)
RFC_EVENTS: Final = MappingProxyType({each: event for event, group in _GROUPS for each in group})

FSM_SUBCODES: Final = MappingProxyType({S.OPEN_SENT: 1, S.OPEN_CONFIRM: 2, S.ESTABLISHED: 3})

# bgp_fsm_event_error and bgp_fsm_holdtime_expire: FRR logs the edge first, then the NOTIFICATION.
_HOLD_EXPIRED = Notification(ErrorCode.HOLD_TIMER_EXPIRED, 0)
_UNEXPECTED = Notification(ErrorCode.FSM_ERROR, FSM_SUBCODES[S.OPEN_SENT])
SENT_BY_MACHINE: Final = MappingProxyType(
    {
        (S.OPEN_SENT, E.RECEIVE_KEEPALIVE): _UNEXPECTED,
        (S.OPEN_SENT, E.RECEIVE_UPDATE): _UNEXPECTED,
        (S.OPEN_SENT, E.RECEIVE_NOTIFICATION): _UNEXPECTED,
        (S.OPEN_SENT, E.HOLD): _HOLD_EXPIRED,
        (S.OPEN_CONFIRM, E.HOLD): _HOLD_EXPIRED,
        (S.ESTABLISHED, E.HOLD): _HOLD_EXPIRED,
    }
)


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
        return self.after in FSM_SUBCODES


# A command is about the configured peer: an incoming connection that is not yet that peer's is
# deleted with its stub and says nothing (bgpd.c: peer_clear, peer_flag_modify_action).
OF_INCOMING: Final = MappingProxyType(
    dict.fromkeys((H.SHUTDOWN, H.CLEAR), Judgement(None, deletes=True))
)
PROFILES: Final = ("frr-8.4", "frr-10")


def judge(
    state: State, happens: Input, profile: str = "frr-8.4", *, incoming: bool = False
) -> Judgement:
    """Return what the machine is told when something happens in a state.

    Args:
        state: OpenSent, OpenConfirm or Established.
        happens: what happens.
        profile: ``frr-8.4`` or ``frr-10``.
        incoming: whether the peer opened the connection.

    Raises:
        InvalidValueError: no connection is open in that state, or there is no such profile.
    """
    if state not in FSM_SUBCODES:
        raise InvalidValueError("state", state, "OpenSent, OpenConfirm or Established")
    if profile not in PROFILES:
        raise InvalidValueError("profile", profile, " or ".join(PROFILES))
    if happens in ONLY_IN_ESTABLISHED and state is not S.ESTABLISHED:
        return _stop(ErrorCode.FSM_ERROR, FSM_SUBCODES[state])
    if incoming and state is not S.ESTABLISHED and happens in OF_INCOMING:
        return OF_INCOMING[happens]
    if profile == "frr-8.4" and happens in OF_8_4:
        return OF_8_4[happens]
    return JUDGED[happens]


def predict(
    state: State, happens: Input, profile: str = "frr-8.4", *, incoming: bool = False
) -> Prediction:
    """Return what FRR does when something happens on a connection in a state.

    Args:
        state: OpenSent, OpenConfirm or Established.
        happens: what happens.
        profile: ``frr-8.4`` or ``frr-10``.
        incoming: whether the peer opened the connection.

    Raises:
        InvalidValueError: no connection is open in that state, or there is no such profile.
    """
    judged = judge(state, happens, profile, incoming=incoming)
    if judged.event is None:
        after = S.DELETED if judged.deletes else state
        return Prediction(state, None, after, judged.notification)
    sent = judged.notification or SENT_BY_MACHINE.get((state, judged.event))
    return Prediction(state, judged.event, next_state(state, judged.event), sent)
