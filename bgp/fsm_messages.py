"""Every English sentence about the state machine: states, events, what was done and why.

The names are RFC 4271's (section 8); the sentences are ours. What happens is in
``bgp/fsm_table.py``; this file only says it.
"""

from __future__ import annotations

from typing import Final

from bgp.collision import Direction
from bgp.fsm import Transition
from bgp.fsm_log import LoggedTransition
from bgp.fsm_row import Row
from bgp.fsm_words import Action, Counter, Event, EventGroup, Origin, State, Timer

STATE_LINES: Final = {
    State.IDLE: "Nothing is tried and every call is refused, until something starts the session.",
    State.CONNECT: "We called the peer over TCP and wait for the call to be answered.",
    State.ACTIVE: "No call of ours is out: we listen for the peer's until it is time to try again.",
    State.OPEN_SENT: "TCP is up, our OPEN is on its way, and we wait for the peer's.",
    State.OPEN_CONFIRM: "Both OPENs were fine; the peer's first KEEPALIVE will confirm ours.",
    State.ESTABLISHED: "The session is up: routes flow, and KEEPALIVEs hold it.",
    State.CLEARING: "FRR only: the session is over, and its routes are being removed.",
    State.DELETED: "FRR only: the neighbor was taken out of the configuration.",
}

GROUP_TITLES: Final = {
    EventGroup.ADMINISTRATIVE: "An operator decides",
    EventGroup.TIMER: "A timer expires",
    EventGroup.TCP: "TCP reports",
    EventGroup.MESSAGE: "A message arrives",
}

# A few words for a button; the RFC's name stands beside them.
EVENT_SHORT: Final = {
    Event.MANUAL_START: "start the session",
    Event.MANUAL_STOP: "stop the session",
    Event.AUTOMATIC_START: "start by itself",
    Event.MANUAL_START_PASSIVE: "start, only listen",
    Event.AUTOMATIC_START_PASSIVE: "start by itself, only listen",
    Event.AUTOMATIC_START_DAMP: "start by itself, damped",
    Event.AUTOMATIC_START_DAMP_PASSIVE: "start damped, only listen",
    Event.AUTOMATIC_STOP: "stop by itself",
    Event.CONNECT_RETRY_TIMER_EXPIRES: "time to call again",
    Event.HOLD_TIMER_EXPIRES: "peer silent too long",
    Event.KEEPALIVE_TIMER_EXPIRES: "our KEEPALIVE is due",
    Event.DELAY_OPEN_TIMER_EXPIRES: "waited long enough",
    Event.IDLE_HOLD_TIMER_EXPIRES: "idle long enough",
    Event.TCP_CONNECTION_VALID: "a call comes in",
    Event.TCP_CR_INVALID: "a bad call comes in",
    Event.TCP_CR_ACKED: "our call is answered",
    Event.TCP_CONNECTION_CONFIRMED: "the peer's call is up",
    Event.TCP_CONNECTION_FAILS: "the call fails or ends",
    Event.BGP_OPEN: "a good OPEN",
    Event.BGP_OPEN_DELAYED: "a good OPEN before ours",
    Event.BGP_HEADER_ERR: "a broken header",
    Event.BGP_OPEN_MSG_ERR: "a bad OPEN",
    Event.OPEN_COLLISION_DUMP: "lost the collision",
    Event.NOTIF_MSG_VER_ERR: "peer: wrong version",
    Event.NOTIF_MSG: "a NOTIFICATION",
    Event.KEEPALIVE_MSG: "a KEEPALIVE",
    Event.UPDATE_MSG: "an UPDATE",
    Event.UPDATE_MSG_ERR: "a bad UPDATE",
    Event.SEND_HOLD_TIMER_EXPIRES: "peer reads nothing",
}

EVENT_LINES: Final = {
    Event.MANUAL_START: "An operator asks for the session.",
    Event.MANUAL_STOP: "An operator shuts the session down.",
    Event.AUTOMATIC_START: "The router itself asks for the session, after a failure for instance.",
    Event.MANUAL_START_PASSIVE: "An operator asks for the session, and the peer is to call first.",
    Event.AUTOMATIC_START_PASSIVE: "The router starts by itself and lets the peer call first.",
    Event.AUTOMATIC_START_DAMP: "The router starts by itself, where failures are damped.",
    Event.AUTOMATIC_START_DAMP_PASSIVE: (
        "The router starts by itself, where failures are damped, and lets the peer call first."
    ),
    Event.AUTOMATIC_STOP: "The router itself ends the session: too many prefixes, for instance.",
    Event.CONNECT_RETRY_TIMER_EXPIRES: "A call went unanswered for long enough to try another.",
    Event.HOLD_TIMER_EXPIRES: "Neither KEEPALIVE nor UPDATE came within the hold time.",
    Event.KEEPALIVE_TIMER_EXPIRES: "A third of the hold time has passed: the peer must hear of us.",
    Event.DELAY_OPEN_TIMER_EXPIRES: "The peer had its chance to send the first OPEN.",
    Event.IDLE_HOLD_TIMER_EXPIRES: "The rest in Idle that damping put on a failed session is over.",
    Event.TCP_CONNECTION_VALID: "A TCP SYN came from an address and to a port we accept.",
    Event.TCP_CR_INVALID: "A TCP SYN came from an address or to a port we do not accept.",
    Event.TCP_CR_ACKED: "The TCP connection that we opened is up.",
    Event.TCP_CONNECTION_CONFIRMED: "The TCP connection that the peer opened is up.",
    Event.TCP_CONNECTION_FAILS: "TCP gave up: refused, reset, timed out, or closed by the peer.",
    Event.BGP_OPEN: "The peer's OPEN arrived and nothing is wrong with it.",
    Event.BGP_OPEN_DELAYED: "The peer's OPEN arrived while we still held ours back.",
    Event.BGP_HEADER_ERR: "A message arrived whose marker, length or type is wrong.",
    Event.BGP_OPEN_MSG_ERR: "We cannot accept the OPEN that arrived: another AS, a hold time of 1.",
    Event.OPEN_COLLISION_DUMP: "Two connections to the same peer: this is the one to close.",
    Event.NOTIF_MSG_VER_ERR: "The peer refused the BGP version that we speak.",
    Event.NOTIF_MSG: "The peer says what went wrong and closes.",
    Event.KEEPALIVE_MSG: "The peer is there and has nothing else to say.",
    Event.UPDATE_MSG: "The peer announces or withdraws routes.",
    Event.UPDATE_MSG_ERR: "An UPDATE arrived that does not make sense.",
    Event.SEND_HOLD_TIMER_EXPIRES: "The peer has read nothing off the TCP connection for too long.",
}

TIMER_LINES: Final = {
    Timer.CONNECT_RETRY: "until the next call",
    Timer.HOLD: "until silence ends the session",
    Timer.KEEPALIVE: "until our next KEEPALIVE",
    Timer.DELAY_OPEN: "until we stop waiting for the peer's OPEN",
    Timer.IDLE_HOLD: "until the session may start again",
    Timer.SEND_HOLD: "until a peer that reads nothing is given up",
}

# Of SessionAttributes: how each is called and what it changes.
ATTRIBUTE_TITLES: Final = {
    "delay_open": "DelayOpen",
    "passive_tcp_establishment": "PassiveTcpEstablishment",
    "damp_peer_oscillations": "DampPeerOscillations",
    "send_notification_without_open": "SendNOTIFICATIONwithoutOPEN",
    "collision_detect_established_state": "CollisionDetectEstablishedState",
    "connect_retry_time": "ConnectRetryTime",
    "hold_time": "HoldTime",
    "delay_open_time": "DelayOpenTime",
    "idle_hold_time": "IdleHoldTime",
    "send_hold_time": "SendHoldTime",
}
ATTRIBUTE_LINES: Final = {
    "delay_open": "let the peer send the first OPEN",
    "passive_tcp_establishment": "let the peer call",
    "damp_peer_oscillations": "rest in Idle after a failure",
    "send_notification_without_open": "say why, even before an OPEN",
    "collision_detect_established_state": "let a new connection challenge an Established one",
    "connect_retry_time": "between calls",
    "hold_time": "what our OPEN offers",
    "delay_open_time": "how long our OPEN is held back",
    "idle_hold_time": "the rest after a failure",
    "send_hold_time": "how long a peer may read nothing, at least",
}

DIRECTION_LINES: Final = {
    Direction.OUTGOING: "opened by us",
    Direction.INCOMING: "opened by the peer",
}

NO_SECOND: Final = "There is no second connection to collide with."
SETTLED_BY_OPEN: Final = "Who has to go is settled when the OPEN arrives: let a BGPOpen come."
BAD_IDENTITY: Final = (
    "Local and remote AS are the same and so are the BGP Identifiers: that OPEN is not a good one "
    "(event 22, NOTIFICATION 2/3)."
)
BAD_HOLD_TIME: Final = "The peer offers a hold time of {} s: that OPEN is not a good one ({})."
OURS_ALREADY: Final = (
    "This is the connection that we opened. A second one would be the peer's: event 17."
)
THEIRS_ALREADY: Final = (
    "This is the connection that the peer opened. A second one would be ours: event 16."
)
TWO_ALREADY: Final = "There are two connections to this peer already."
NOT_IN_FRR: Final = "FRR has no such event."
CLEARED_LINE: Final = "The routes of the session are gone; FRR's peer may start again."
CLEARED_SENTENCE: Final = "The routes are cleared: FRR's peer goes from Clearing to Idle."


def event_name(event: Event) -> str:
    """Return the RFC's spelling with its number."""
    return f"{event.title} ({int(event)})"


def row_sentence(row: Row) -> str:
    """Say in one sentence what a row of the table does."""
    event = event_name(row.event)
    if row.ignored:
        return f"{row.state} ignores {event}."
    if row.next_state is None:
        return f"{event} in {row.state}: what follows is outside the RFC's scope."
    if row.next_state is row.state:
        where = f"{event}: the connection stays in {row.state}"
    else:
        where = f"{event} takes the connection from {row.state} to {row.next_state}"
    said = [where, *_highlights(row)]
    return f"{'; '.join(said)}."


def transition_sentence(transition: Transition) -> str:
    """Say in one sentence what happened to a connection."""
    return row_sentence(transition.row)


def _highlights(row: Row) -> list[str]:
    """What the peer or the operator would notice, in the order of the actions."""
    said = [_SEEN[action] for action in row.actions if action in _SEEN]
    if row.notification is not None:
        said.insert(0, f"NOTIFICATION {row.notification} is sent")
    if row.counter is Counter.INCREMENT:
        said.append("one more failure is counted")
    return said


_SEEN: Final = {
    Action.CONNECT: "a TCP connection is tried",
    Action.LISTEN: "the peer may call",
    Action.SEND_OPEN: "an OPEN is sent",
    Action.SEND_KEEPALIVE: "a KEEPALIVE is sent",
    Action.START_DELAY_OPEN: "our OPEN is held back",
    Action.RESTART_HOLD: "the HoldTimer starts over",
    Action.PROCESS_UPDATE: "the routes are taken in",
    Action.DELETE_ROUTES: "all routes of the session go",
    Action.CLEAR_ROUTES: "all routes of the session go",
    Action.TRACK: "the second connection is watched until its OPEN comes",
    Action.DETECT_COLLISION: "a collision is looked for",
    Action.PROCESS_TCP: "the call is taken",
    Action.REJECT_TCP: "the call is refused",
}


def why_row(row: Row) -> list[str]:
    """Say why this row and not another: its conditions, where it is written, what is odd in it."""
    said = []
    if row.conditions:
        said.append(f"Because: {', '.join(condition.value for condition in row.conditions)}.")
    if row.note:
        said.append(row.note)
    if row.origin is not Origin.FRR:
        said.append(f"{row.origin.value} section {row.section}.")
    return said


def elsewhere_text(machine: str, state: State) -> str:
    """Say where another machine would be now."""
    return f"{machine} would be in {state} now."


def impossible_text(event: Event, why: str, row: Row | None) -> str:
    """Explain an event that cannot happen, and what the table says of it all the same."""
    anyway = "" if row is None else f" The table has a row for it all the same: {row_sentence(row)}"
    return f"{event_name(event)} cannot happen now. {why}{anyway}"


DELETION: Final = "deletion"


def logged_event(logged: LoggedTransition) -> str:
    """Return the name of a logged event; FRR deletes a connection without one."""
    return logged.event or DELETION


def logged_sentence(logged: LoggedTransition) -> str:
    """Say in one sentence what a line of FRR's log tells."""
    stays = logged.before is logged.after
    where = (
        f"{logged_event(logged)}: the connection stays in {logged.after}"
        if stays
        else f"{logged_event(logged)} takes the connection from {logged.before} to {logged.after}"
    )
    if logged.notification is not None:
        how = "is received" if logged.received else "is sent"
        where += f"; NOTIFICATION {logged.notification} {how}"
    strange = "" if logged.known else " FRR's table has no such edge: worth a report."
    return f"{where}.{strange}"
