"""FRR's machine: what it does otherwise than RFC 4271, and nothing else.

The one place where that is written. ``bgp/fsm_frr_table.py`` puts it into the RFC's table,
``bgp/fsm_frr.py`` gives the result FRR's own names, ``bgp/fsm_frr_input.py`` joins it with what
arrives. Source: ``FSM`` and ``bgp_timer_set`` in FRR's ``bgpd/bgp_fsm.c``, 8.4.4 and 10.3; the
HoldTimer as ``tests/labs/test_fsm_timers.py`` meets it in real daemons, DelayOpen as
``test_fsm_delay_open.py`` there, a peer that reads nothing as ``test_fsm_send_hold.py``, the rest
from OpenSent on as ``test_fsm_trials.py``. By the source alone: a timer that does not run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from bgp.fsm_row import Row
from bgp.fsm_words import Action, Condition, Event, State
from bgp.notification import ErrorCode, Notification

A, C, S = Action, Condition, State
RELEASES: Final = ("frr-8.4", "frr-10")

# Options of the RFC's that FRR does not have: damping, and looking at a SYN before TCP is up.
ABSENT: Final = frozenset(map(Event, (6, 7, 13, 14, 15)))
ABSENT_ACTIONS: Final = frozenset({Action.DAMP})

_NO_SWAPS: Final[Mapping[Action, tuple[Action, ...]]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing FRR does otherwise, on one or several rows of the RFC's table.

    Attributes:
        states: the rows' states.
        events: the rows' events.
        why: what that means to someone watching, one sentence.
        when: only rows with this condition; None for all.
        next_state: where FRR goes; None for where the RFC goes.
        notification: what FRR sends; None for what the RFC sends.
        silent: whether FRR sends no NOTIFICATION.
        actions: what FRR does instead of all the RFC's actions; None for the RFC's.
        swaps: of the RFC's actions, those for which FRR does others, or nothing.
        releases: the FRRs that do so.
    """

    states: tuple[State, ...]
    events: tuple[Event, ...]
    why: str
    when: Condition | None = None
    next_state: State | None = None
    notification: Notification | None = None
    silent: bool = False
    actions: tuple[Action, ...] | None = None
    swaps: Mapping[Action, tuple[Action, ...]] = field(default_factory=lambda: _NO_SWAPS)
    releases: tuple[str, ...] = RELEASES

    def is_about(self, row: Row) -> bool:
        """Whether it is about a row of the RFC's."""
        here = row.state in self.states and row.event in self.events
        return here and (self.when is None or self.when in row.conditions)


def _events(*numbers: int) -> tuple[Event, ...]:
    return tuple(map(Event, numbers))


_WAITING: Final = (S.CONNECT, S.ACTIVE)
_UP: Final = (S.ESTABLISHED,)
_CLOSE: Final = (A.STOP_CONNECT_RETRY, A.RELEASE, A.DROP)
_CLEAR: Final = MappingProxyType({A.DELETE_ROUTES: (), A.DROP: (A.DROP, A.CLEAR_ROUTES)})
_EXCEPTION: Final = (
    "A timer that should not run is an exception to FRR: it closes without a NOTIFICATION."
)
_BEFORE_OPEN: Final = "FRR says what was wrong, also before it has sent its own OPEN."
_SECOND_OPEN: Final = "A second OPEN closes the TCP connection without a NOTIFICATION."

DIFFERENCES: Final = (
    Difference(
        (S.CONNECT,),
        _events(18),
        "A failed TCP open shows as Active, with or without DelayOpen.",
        when=C.DELAY_OPEN_NOT_RUNNING,
        next_state=S.ACTIVE,
        actions=(A.DROP, A.START_CONNECT_RETRY, A.LISTEN),
    ),
    Difference(
        (S.CONNECT,),
        _events(18),
        "A connection that ends while FRR delays its OPEN leads to Idle.",
        when=C.DELAY_OPEN_RUNNING,
        next_state=S.IDLE,
        actions=(A.STOP_CONNECT_RETRY, A.STOP_DELAY_OPEN, A.RELEASE, A.DROP),
    ),
    Difference(
        _WAITING,
        _events(16, 17),
        "The configured hold time counts in OpenSent: 180 s by default, not four minutes.",
        when=C.NOT_DELAY_OPEN,
        swaps=MappingProxyType({A.HOLD_LARGE: (A.HOLD_CONFIGURED,)}),
    ),
    Difference(
        _WAITING,
        _events(21),
        _BEFORE_OPEN,
        when=C.NOT_SEND_NOTIFICATION,
        notification=Notification(ErrorCode.MESSAGE_HEADER),
    ),
    Difference(
        _WAITING,
        _events(22),
        _BEFORE_OPEN,
        when=C.NOT_SEND_NOTIFICATION,
        notification=Notification(ErrorCode.OPEN_MESSAGE),
    ),
    Difference(
        _WAITING,
        _events(27, 28),
        "An UPDATE before the OPENs is answered with a NOTIFICATION.",
        notification=Notification(ErrorCode.FSM_ERROR, 0),
    ),
    Difference(
        (S.OPEN_SENT,),
        _events(19),
        "FRR 8.4 lets the HoldTimer of OpenSent run on in OpenConfirm.",
        when=C.HOLD_TIME,
        swaps=MappingProxyType({A.HOLD_NEGOTIATED: ()}),
        releases=("frr-8.4",),
    ),
    Difference(
        (S.OPEN_CONFIRM,),
        _events(26),
        "FRR 8.4 lets the HoldTimer run on into Established: the negotiated hold time counts "
        "only from the next KEEPALIVE or UPDATE.",
        swaps=MappingProxyType({A.RESTART_HOLD: ()}),
        releases=("frr-8.4",),
    ),
    Difference(
        (S.OPEN_SENT,),
        _events(24),
        "In OpenSent FRR answers any NOTIFICATION with one of its own, also one about the version.",
        notification=Notification(ErrorCode.FSM_ERROR, 1),
    ),
    Difference(
        (S.OPEN_CONFIRM,),
        _events(19),
        _SECOND_OPEN,
        next_state=S.IDLE,
        silent=True,
        actions=_CLOSE,
    ),
    Difference((S.OPEN_SENT,), _events(9, 11, 12), _EXCEPTION, silent=True),
    Difference((S.OPEN_CONFIRM,), _events(9, 12), _EXCEPTION, silent=True),
    Difference(
        _UP,
        _events(2, 8, 10, 18, 21, 22, 24, 25, 28),
        "FRR clears the peer's routes in a state of its own before it is Idle again.",
        next_state=S.CLEARING,
        swaps=_CLEAR,
    ),
    Difference(
        _UP,
        _events(23),
        "FRR clears the peer's routes in a state of its own before it is Idle again.",
        when=C.COLLISION_ESTABLISHED,
        next_state=S.CLEARING,
        swaps=_CLEAR,
    ),
    Difference(
        _UP,
        _events(19),
        _SECOND_OPEN,
        next_state=S.CLEARING,
        silent=True,
        actions=(*_CLOSE, A.CLEAR_ROUTES),
    ),
    Difference(_UP, _events(9), _EXCEPTION, next_state=S.CLEARING, silent=True, swaps=_CLEAR),
    Difference(_UP, _events(12), _EXCEPTION, silent=True),
    Difference(
        _UP,
        _events(21),
        "In Established too a header error gets its own code, as section 6.1 asks.",
        notification=Notification(ErrorCode.MESSAGE_HEADER),
    ),
    Difference(
        _UP,
        _events(22),
        "In Established too an OPEN error gets its own code, as section 6.2 asks.",
        notification=Notification(ErrorCode.OPEN_MESSAGE),
    ),
    Difference(
        _UP,
        _events(29),
        "FRR 8.4 leaves a peer that reads nothing without a NOTIFICATION.",
        next_state=S.CLEARING,
        silent=True,
        swaps=_CLEAR,
        releases=("frr-8.4",),
    ),
    Difference(
        _UP,
        _events(29),
        "FRR 10.3 closes the TCP connection and does not tell its machine: the peer still shows "
        "as Established.",
        next_state=S.ESTABLISHED,
        releases=("frr-10",),
    ),
)
"""In the order in which they are put into the table; a row may have several."""

BESIDE_THE_TABLE: Final = (
    "A passive neighbor's start leads to Connect, and from there to Active at once.",
    (
        "An incoming connection runs on a second peer structure: `show bgp neighbors` says Active "
        "while OpenSent and OpenConfirm happen out of sight."
    ),
    (
        "The first OPEN settles a collision, though the other connection is only in OpenSent; the "
        "RFC waits for OpenConfirm."
    ),
    "After a failure in Established the peer shows Idle until its start timer fires.",
    (
        "A peer may read nothing for twice the configured hold time; there is no SendHoldTime to "
        "set."
    ),
)
"""What no row can show."""
