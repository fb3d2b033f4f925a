"""What the actions of the state machine do to timers, and for how long.

RFC 4271 section 8.2.2 names the timers; their lengths are session attributes or follow from the
hold time (sections 4.2, 4.4 and 10). The IdleHoldTimer is section 8.1.1's, the SendHoldTimer
RFC 9687's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from bgp.fsm_words import Action, Timer
from bgp.hold_time import LARGE_HOLD_TIME, keepalive_interval, send_hold_time

if TYPE_CHECKING:
    from bgp.fsm import SessionAttributes

_OF_CONNECTION: Final = (Timer.HOLD, Timer.KEEPALIVE, Timer.SEND_HOLD)
_Length = Callable[["SessionAttributes", int], float]


def _zero(_: SessionAttributes, __: int) -> float:
    return 0


def _connect_retry(attributes: SessionAttributes, _: int) -> float:
    return attributes.connect_retry_time


def _hold(_: SessionAttributes, hold_time: int) -> float:
    return hold_time


def _keepalive(_: SessionAttributes, hold_time: int) -> float:
    return keepalive_interval(hold_time)


def _send_hold(attributes: SessionAttributes, hold_time: int) -> float:
    return send_hold_time(attributes.send_hold_time, hold_time)


SETS: Final[Mapping[Action, Mapping[Timer, _Length]]] = MappingProxyType(
    {
        Action.INITIALIZE: {Timer.IDLE_HOLD: _zero},  # it keeps a peer in Idle, no further
        Action.START_CONNECT_RETRY: {Timer.CONNECT_RETRY: _connect_retry},
        Action.STOP_CONNECT_RETRY: {Timer.CONNECT_RETRY: _zero},
        Action.START_DELAY_OPEN: {Timer.DELAY_OPEN: lambda a, _: a.delay_open_time},
        Action.STOP_DELAY_OPEN: {Timer.DELAY_OPEN: _zero},
        Action.HOLD_LARGE: {Timer.HOLD: lambda _, __: LARGE_HOLD_TIME},
        Action.HOLD_CONFIGURED: {Timer.HOLD: lambda a, _: a.hold_time},
        Action.HOLD_NEGOTIATED: {Timer.HOLD: _hold},
        Action.RESTART_HOLD: {Timer.HOLD: _hold},
        Action.STOP_HOLD: {Timer.HOLD: _zero},
        Action.START_KEEPALIVE: {Timer.KEEPALIVE: _keepalive},
        Action.RESTART_KEEPALIVE: {Timer.KEEPALIVE: _keepalive},
        Action.STOP_KEEPALIVE: {Timer.KEEPALIVE: _zero},
        Action.START_SEND_HOLD: {Timer.SEND_HOLD: _send_hold},
        Action.RESTART_SEND_HOLD: {Timer.SEND_HOLD: _send_hold},
        Action.DAMP: {Timer.IDLE_HOLD: lambda a, _: a.idle_hold_time},
        Action.DROP: dict.fromkeys(_OF_CONNECTION, _zero),
        Action.RELEASE: dict.fromkeys((*_OF_CONNECTION, Timer.DELAY_OPEN), _zero),
    }
)
"""Seconds by attributes and hold time; zero stops a timer."""
