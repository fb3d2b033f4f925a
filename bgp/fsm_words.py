"""The vocabulary of the state machine: states, events, conditions, actions, timers.

RFC 4271 section 8.1 (events and optional session attributes) and 8.2.2 (actions). Names are the
RFC's spelling; descriptions are ours.
"""

from __future__ import annotations

from enum import Enum, IntEnum, StrEnum
from typing import Final


class State(StrEnum):
    """The six states of RFC 4271 section 8.2.2, and the two that FRR adds."""

    IDLE = "Idle"
    CONNECT = "Connect"
    ACTIVE = "Active"
    OPEN_SENT = "OpenSent"
    OPEN_CONFIRM = "OpenConfirm"
    ESTABLISHED = "Established"
    CLEARING = "Clearing"
    DELETED = "Deleted"


RFC_STATES: Final = tuple(State)[:6]


class EventGroup(StrEnum):
    """Section 8.1's four kinds of event."""

    ADMINISTRATIVE = "administrative"
    TIMER = "timer"
    TCP = "TCP connection"
    MESSAGE = "BGP message"


class Event(IntEnum):
    """The events of section 8.1 by number; 29 is RFC 9687's."""

    MANUAL_START = 1
    MANUAL_STOP = 2
    AUTOMATIC_START = 3
    MANUAL_START_PASSIVE = 4
    AUTOMATIC_START_PASSIVE = 5
    AUTOMATIC_START_DAMP = 6
    AUTOMATIC_START_DAMP_PASSIVE = 7
    AUTOMATIC_STOP = 8
    CONNECT_RETRY_TIMER_EXPIRES = 9
    HOLD_TIMER_EXPIRES = 10
    KEEPALIVE_TIMER_EXPIRES = 11
    DELAY_OPEN_TIMER_EXPIRES = 12
    IDLE_HOLD_TIMER_EXPIRES = 13
    TCP_CONNECTION_VALID = 14
    TCP_CR_INVALID = 15
    TCP_CR_ACKED = 16
    TCP_CONNECTION_CONFIRMED = 17
    TCP_CONNECTION_FAILS = 18
    BGP_OPEN = 19
    BGP_OPEN_DELAYED = 20
    BGP_HEADER_ERR = 21
    BGP_OPEN_MSG_ERR = 22
    OPEN_COLLISION_DUMP = 23
    NOTIF_MSG_VER_ERR = 24
    NOTIF_MSG = 25
    KEEPALIVE_MSG = 26
    UPDATE_MSG = 27
    UPDATE_MSG_ERR = 28
    SEND_HOLD_TIMER_EXPIRES = 29

    @property
    def title(self) -> str:
        """The RFC's spelling."""
        return _TITLES[self]

    @property
    def group(self) -> EventGroup:
        """The kind of event."""
        if self <= Event.AUTOMATIC_STOP:
            return EventGroup.ADMINISTRATIVE
        if self <= Event.IDLE_HOLD_TIMER_EXPIRES or self is Event.SEND_HOLD_TIMER_EXPIRES:
            return EventGroup.TIMER
        if self <= Event.TCP_CONNECTION_FAILS:
            return EventGroup.TCP
        return EventGroup.MESSAGE

    @property
    def mandatory(self) -> bool:
        """Whether every implementation must have the event (section 8.1)."""
        return self not in _OPTIONAL


_TITLES: Final = {
    Event.MANUAL_START: "ManualStart",
    Event.MANUAL_STOP: "ManualStop",
    Event.AUTOMATIC_START: "AutomaticStart",
    Event.MANUAL_START_PASSIVE: "ManualStart_with_PassiveTcpEstablishment",
    Event.AUTOMATIC_START_PASSIVE: "AutomaticStart_with_PassiveTcpEstablishment",
    Event.AUTOMATIC_START_DAMP: "AutomaticStart_with_DampPeerOscillations",
    Event.AUTOMATIC_START_DAMP_PASSIVE: (
        "AutomaticStart_with_DampPeerOscillations_and_PassiveTcpEstablishment"
    ),
    Event.AUTOMATIC_STOP: "AutomaticStop",
    Event.CONNECT_RETRY_TIMER_EXPIRES: "ConnectRetryTimer_Expires",
    Event.HOLD_TIMER_EXPIRES: "HoldTimer_Expires",
    Event.KEEPALIVE_TIMER_EXPIRES: "KeepaliveTimer_Expires",
    Event.DELAY_OPEN_TIMER_EXPIRES: "DelayOpenTimer_Expires",
    Event.IDLE_HOLD_TIMER_EXPIRES: "IdleHoldTimer_Expires",
    Event.TCP_CONNECTION_VALID: "TcpConnection_Valid",
    Event.TCP_CR_INVALID: "Tcp_CR_Invalid",
    Event.TCP_CR_ACKED: "Tcp_CR_Acked",
    Event.TCP_CONNECTION_CONFIRMED: "TcpConnectionConfirmed",
    Event.TCP_CONNECTION_FAILS: "TcpConnectionFails",
    Event.BGP_OPEN: "BGPOpen",
    Event.BGP_OPEN_DELAYED: "BGPOpen with DelayOpenTimer running",
    Event.BGP_HEADER_ERR: "BGPHeaderErr",
    Event.BGP_OPEN_MSG_ERR: "BGPOpenMsgErr",
    Event.OPEN_COLLISION_DUMP: "OpenCollisionDump",
    Event.NOTIF_MSG_VER_ERR: "NotifMsgVerErr",
    Event.NOTIF_MSG: "NotifMsg",
    Event.KEEPALIVE_MSG: "KeepAliveMsg",
    Event.UPDATE_MSG: "UpdateMsg",
    Event.UPDATE_MSG_ERR: "UpdateMsgErr",
    Event.SEND_HOLD_TIMER_EXPIRES: "SendHoldTimer_Expires",
}

_OPTIONAL: Final = frozenset(map(Event, (3, 4, 5, 6, 7, 8, 12, 13, 14, 15, 20, 23, 29)))


class Timer(StrEnum):
    """The timers of section 8; SendHoldTimer is RFC 9687's."""

    CONNECT_RETRY = "ConnectRetryTimer"
    HOLD = "HoldTimer"
    KEEPALIVE = "KeepaliveTimer"
    DELAY_OPEN = "DelayOpenTimer"
    IDLE_HOLD = "IdleHoldTimer"
    SEND_HOLD = "SendHoldTimer"


class Condition(StrEnum):
    """What a row asks of the session's attributes and timers."""

    DELAY_OPEN = "DelayOpen"
    NOT_DELAY_OPEN = "not DelayOpen"
    DELAY_OPEN_RUNNING = "DelayOpenTimer running"
    DELAY_OPEN_NOT_RUNNING = "DelayOpenTimer not running"
    SEND_NOTIFICATION = "SendNOTIFICATIONwithoutOPEN"
    NOT_SEND_NOTIFICATION = "not SendNOTIFICATIONwithoutOPEN"
    DAMP = "DampPeerOscillations"
    NOT_DAMP = "not DampPeerOscillations"
    HOLD_TIME = "negotiated hold time not zero"
    NO_HOLD_TIME = "negotiated hold time zero"
    COLLISION_ESTABLISHED = "CollisionDetectEstablishedState"
    NOT_COLLISION_ESTABLISHED = "not CollisionDetectEstablishedState"
    COLLISION_LOST = "this connection loses the collision"
    COLLISION_NOT_LOST = "this connection does not lose a collision"


class Action(StrEnum):
    """What the local system does; the value is the sentence people read.

    RFC 4271's, except where the sentence names another source.
    """

    INITIALIZE = "initialize all BGP resources"
    COMPLETE_INITIALIZATION = "complete BGP initialization"
    ZERO_COUNTER = "set ConnectRetryCounter to zero"
    COUNT = "increment ConnectRetryCounter by 1"
    START_CONNECT_RETRY = "start the ConnectRetryTimer with its initial value"
    STOP_CONNECT_RETRY = "stop the ConnectRetryTimer"
    CONNECT = "initiate a TCP connection to the peer"
    LISTEN = "listen for a connection from the peer"
    DROP = "drop the TCP connection"
    RELEASE = "release all BGP resources"
    DELETE_ROUTES = "delete all routes of this connection"
    START_DELAY_OPEN = "start the DelayOpenTimer with its initial value"
    STOP_DELAY_OPEN = "stop the DelayOpenTimer"
    SEND_OPEN = "send an OPEN"
    SEND_KEEPALIVE = "send a KEEPALIVE"
    SEND_NOTIFICATION = "send a NOTIFICATION"
    HOLD_LARGE = "set the HoldTimer to a large value (4 minutes suggested)"
    HOLD_CONFIGURED = "set the HoldTimer to the configured hold time (FRR)"
    HOLD_NEGOTIATED = "set the HoldTimer to the negotiated value"
    STOP_HOLD = "stop the HoldTimer"
    RESTART_HOLD = "restart the HoldTimer, unless the hold time is zero"
    START_KEEPALIVE = "start the KeepaliveTimer"
    STOP_KEEPALIVE = "stop the KeepaliveTimer"
    RESTART_KEEPALIVE = "restart the KeepaliveTimer, unless the hold time is zero"
    START_SEND_HOLD = "start the SendHoldTimer, unless its time or the hold time is zero (RFC 9687)"
    RESTART_SEND_HOLD = "restart the SendHoldTimer when that is sent (RFC 9687)"
    DAMP = "damp peer oscillations, if DampPeerOscillations"
    TRACK = "track the second connection until it sends an OPEN"
    PROCESS_TCP = "process the TCP connection request"
    REJECT_TCP = "reject the TCP connection request"
    PROCESS_UPDATE = "process the UPDATE"
    DETECT_COLLISION = "look for a collision (section 6.8)"
    LOG = "log the error"
    CLEAR_ROUTES = "clear the peer's routes before leaving (FRR)"


class Counter(StrEnum):
    """What happens to ConnectRetryCounter."""

    ZERO = "zero"
    INCREMENT = "increment"


class Origin(Enum):
    """Which document a row is from."""

    RFC_4271 = "RFC 4271"
    RFC_9687 = "RFC 9687"
    FRR = "FRR"
