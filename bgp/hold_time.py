"""Hold time: what two OPENs agree on, and the keepalive and SendHoldTime that follow from it.

RFC 4271 section 4.2 (the smaller of the two; zero or at least three seconds), 4.4 (a third of it
between KEEPALIVEs), 6.2 (what is refused, and with which NOTIFICATION). RFC 9687 sections 4.3, 4.4
and 6.
"""

from __future__ import annotations

from typing import Final

from bgp.notification import ErrorCode, Notification
from bgp.values import check_int

LARGE_HOLD_TIME: Final = 240  # the 4 minutes RFC 4271 suggests on the way to OpenSent
UNACCEPTABLE: Final = Notification(ErrorCode.OPEN_MESSAGE, 6)
_SHORTEST: Final = 3


def acceptable(hold_time: int) -> bool:
    """Whether an OPEN may carry the hold time at all: 1 and 2 seconds are refused."""
    check_int("hold_time", hold_time, 0, 65535, "seconds")
    return hold_time == 0 or hold_time >= _SHORTEST


def negotiate(ours: int, theirs: int) -> int | Notification:
    """Return the hold time in use, or the NOTIFICATION that refuses the peer's.

    Args:
        ours: our configured hold time, in seconds.
        theirs: the one in the peer's OPEN, in seconds.

    Returns:
        The smaller of the two; 0 means that neither HoldTimer nor KeepaliveTimer runs.
    """
    check_int("hold_time", ours, 0, 65535, "seconds")
    return min(ours, theirs) if acceptable(theirs) else UNACCEPTABLE


def keepalive_interval(hold_time: int) -> float:
    """Return the seconds between KEEPALIVEs: a third of the hold time, 0 when there are none."""
    return hold_time / 3


def send_hold_time(configured: float, hold_time: int) -> float:
    """Return the seconds a peer may read nothing, 0 when it may for ever (RFC 9687).

    Args:
        configured: the least it may be, in seconds; 0 for no SendHoldTimer.
        hold_time: the negotiated hold time, in seconds; with 0 there is no SendHoldTimer either.

    Returns:
        The greater of the configured time and twice the hold time.
    """
    return max(configured, 2 * hold_time) if configured and hold_time else 0
