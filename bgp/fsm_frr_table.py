"""FRR's machine as a table that can be stepped: the RFC's rows, with FRR's differences put in.

Derived from ``bgp/fsm_frr.py`` (next states, and the habits that a table can show) and
``bgp/fsm_table.py``; nothing is decided here. FRR's own Clearing has rows for all events: it
ignores them until ``Clearing_Completed``, which is no event of the RFC's.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from bgp.fsm_frr import DIFFERENCES, Difference, FrrEvent
from bgp.fsm_table import RFC_TABLE, Row
from bgp.fsm_words import Action, Condition, Event, Origin, State
from bgp.notification import ErrorCode, Notification

A, S, E = Action, State, FrrEvent

# FRR has no such events: neither damping by the RFC's optional method nor the two TCP checks.
ABSENT: Final = frozenset(map(Event, (6, 7, 13, 14, 15, 29)))

_SAME: Final = {
    Event.MANUAL_START: E.START,
    Event.AUTOMATIC_START: E.START,
    Event.MANUAL_STOP: E.STOP,
    Event.AUTOMATIC_STOP: E.STOP,
    Event.CONNECT_RETRY_TIMER_EXPIRES: E.CONNECT_RETRY,
    Event.HOLD_TIMER_EXPIRES: E.HOLD,
    Event.KEEPALIVE_TIMER_EXPIRES: E.KEEPALIVE,
    Event.DELAY_OPEN_TIMER_EXPIRES: E.DELAY_OPEN,
    Event.BGP_OPEN: E.RECEIVE_OPEN,
    Event.BGP_OPEN_DELAYED: E.RECEIVE_OPEN,
    Event.NOTIF_MSG: E.RECEIVE_NOTIFICATION,
    Event.NOTIF_MSG_VER_ERR: E.RECEIVE_NOTIFICATION,
    Event.KEEPALIVE_MSG: E.RECEIVE_KEEPALIVE,
    Event.UPDATE_MSG: E.RECEIVE_UPDATE,
    # FRR sends the NOTIFICATION from where it found the error and then stops the session.
    Event.BGP_HEADER_ERR: E.STOP,
    Event.BGP_OPEN_MSG_ERR: E.STOP,
    Event.UPDATE_MSG_ERR: E.STOP,
    Event.OPEN_COLLISION_DUMP: E.STOP,
}
_WAITING: Final = (S.CONNECT, S.ACTIVE)


def frr_event(row: Row) -> FrrEvent | None:
    """Return FRR's event in the situation of a row of the RFC's, None where it has none."""
    if row.event in (Event.TCP_CR_ACKED, Event.TCP_CONNECTION_CONFIRMED):
        # A second connection from OpenSent on has a peer structure of its own: this one never
        # hears of it.
        if row.state not in _WAITING:
            return None
        return E.OPEN_DELAYED if Condition.DELAY_OPEN in row.conditions else E.OPEN
    if row.event is Event.TCP_CONNECTION_FAILS:
        return E.OPEN_FAILED if row.state in _WAITING else E.CLOSED
    # An OPEN in Connect or Active is the delayed one, and only there.
    if row.event is (Event.BGP_OPEN if row.state in _WAITING else Event.BGP_OPEN_DELAYED):
        return None
    return _SAME.get(row.event)


def _row(row: Row) -> Row:
    event = frr_event(row)
    changed = _habits(row)
    different = None if event is None else DIFFERENCES.get((row.state, event))
    if different is None or different.next_state is row.next_state:
        return changed
    return _different(changed, different)


def _different(row: Row, different: Difference) -> Row:
    actions, notification = row.actions, row.notification
    target = different.next_state
    if row.event is Event.BGP_OPEN:  # closed without a word
        actions, notification = (A.STOP_CONNECT_RETRY, A.RELEASE, A.DROP), None
    if target is S.CLEARING:
        actions = (*(a for a in actions if a is not A.DELETE_ROUTES), A.CLEAR_ROUTES)
    if target is S.ACTIVE:
        actions = (A.DROP, A.START_CONNECT_RETRY, A.LISTEN)
    return replace(
        row,
        actions=actions,
        notification=notification,
        next_state=target,
        note=different.why,
        origin=Origin.FRR,
        section="",
    )


def _habits(row: Row) -> Row:
    """Apply what FRR does otherwise on an edge that it shares with the RFC."""
    if row.state is S.OPEN_SENT and row.event is Event.BGP_OPEN:
        kept = tuple(a for a in row.actions if a is not A.HOLD_NEGOTIATED)
        note = "The four-minute HoldTimer runs on; the negotiated one counts from Established."
        return replace(row, actions=kept, note=note, origin=Origin.FRR, section="")
    if row.state is S.OPEN_SENT and row.event is Event.NOTIF_MSG_VER_ERR:
        return replace(
            row,
            actions=(A.SEND_NOTIFICATION, *row.actions),
            notification=Notification(ErrorCode.FSM_ERROR, 1),
            note="FRR answers any NOTIFICATION here with one of its own.",
            origin=Origin.FRR,
            section="",
        )
    own = {Event.BGP_HEADER_ERR: 1, Event.BGP_OPEN_MSG_ERR: 2}.get(row.event)
    if row.state is S.ESTABLISHED and own is not None:
        note = "FRR sends the code of the error itself, as section 6 asks."
        return replace(row, notification=Notification(own), note=note, origin=Origin.FRR)
    return row


FRR_TABLE: Final = (
    *(_row(row) for row in RFC_TABLE if row.event not in ABSENT),
    *(
        Row(S.CLEARING, event, next_state=S.CLEARING, origin=Origin.FRR, section="")
        for event in Event
        if event not in ABSENT
    ),
)
"""The rows of FRR's machine."""
