"""Where each row of the state machine is written: the section of its state, and those it points to.

RFC 4271 section 8.2.2 has the rows; section 6 how errors and collisions are handled; RFC 4486 and
6608 the subcodes; RFC 9687 the SendHoldTimer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bgp.fsm_row import Row
from bgp.fsm_words import Action
from bgp.notification import ErrorCode

_POINTS_TO: Final = {
    "RFC 4271 6.8": (Action.DETECT_COLLISION, Action.TRACK),
    "RFC 4271 4.2": (Action.HOLD_NEGOTIATED,),
    "RFC 9687 4.3": (Action.START_SEND_HOLD, Action.RESTART_SEND_HOLD),
}
_ERRORS: Final[Mapping[int, str]] = {
    ErrorCode.MESSAGE_HEADER: "RFC 4271 6.1",
    ErrorCode.OPEN_MESSAGE: "RFC 4271 6.2",
    ErrorCode.UPDATE_MESSAGE: "RFC 4271 6.3",
    ErrorCode.HOLD_TIMER_EXPIRED: "RFC 4271 6.5",
    ErrorCode.FSM_ERROR: "RFC 4271 6.6",
    ErrorCode.CEASE: "RFC 4486",
    ErrorCode.SEND_HOLD_TIMER_EXPIRED: "RFC 9687 5",
}


def sources(row: Row) -> tuple[str, ...]:
    """Return every section a row is from: the state's own, then those that it points to."""
    found = [f"{row.origin.value} {row.section}".strip()]
    found += [section for section, actions in _POINTS_TO.items() if set(actions) & set(row.actions)]
    told = row.notification
    if told is not None:
        found.append(_ERRORS[told.code])
        found += ["RFC 6608"] if told.code == ErrorCode.FSM_ERROR and told.subcode else []
    return tuple(dict.fromkeys(found))
