"""What cannot happen to a connection at a moment, and why.

The table has an outcome for most of these pairs all the same; a learner who presses one should be
told what would have to happen first. RFC 4271 section 8.1 ("Optional Attribute Status").
"""

from __future__ import annotations

from typing import Final

from bgp.fsm import EXPIRIES, Connection
from bgp.fsm_words import Event, Timer

_DAMPED: Final = (
    Event.AUTOMATIC_START_DAMP,
    Event.AUTOMATIC_START_DAMP_PASSIVE,
    Event.IDLE_HOLD_TIMER_EXPIRES,
)
_PASSIVE: Final = (
    Event.MANUAL_START_PASSIVE,
    Event.AUTOMATIC_START_PASSIVE,
    Event.AUTOMATIC_START_DAMP_PASSIVE,
)
_NOT_PASSIVE: Final = (
    Event.MANUAL_START,
    Event.AUTOMATIC_START,
    Event.AUTOMATIC_START_DAMP,
)
_MESSAGES: Final = tuple(
    event
    for event in Event
    if Event.BGP_OPEN <= event <= Event.UPDATE_MSG_ERR and event is not Event.OPEN_COLLISION_DUMP
)


def why_impossible(connection: Connection, event: Event) -> str | None:
    """Say why an event cannot happen to a connection now, None when it can."""
    attributes = connection.attributes
    delaying = Timer.DELAY_OPEN in connection.timers
    timer = EXPIRIES.get(event)
    obstacles = (
        (
            event in _DAMPED and not attributes.damp_peer_oscillations,
            "DampPeerOscillations is off.",
        ),
        (timer is not None and timer not in connection.timers, f"The {timer} is not running."),
        (
            event in _MESSAGES and not connection.tcp,
            "There is no TCP connection for a message to arrive on.",
        ),
        (
            event is Event.BGP_OPEN_DELAYED and not delaying,
            "The DelayOpenTimer is not running: a valid OPEN is event 19.",
        ),
        (
            event is Event.BGP_OPEN and delaying,
            "The DelayOpenTimer is running: a valid OPEN is event 20.",
        ),
        (
            event in _PASSIVE and not attributes.passive_tcp_establishment,
            "PassiveTcpEstablishment is off: the start is the one that connects.",
        ),
        (
            event in _NOT_PASSIVE and attributes.passive_tcp_establishment,
            "PassiveTcpEstablishment is on: the start is the one that waits.",
        ),
    )
    return next((text for obstacle, text in obstacles if obstacle), None)
