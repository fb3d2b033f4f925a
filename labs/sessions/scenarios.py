"""The sessions that are recorded: what is done on a link until FRR's log shows its end.

Each is one FRR with one neighbor, in the words of RFC 4271 section 8. FRR dials unless told to
be passive; the neighbor is `Conversation`, so that it can be as wrong as the scenario needs.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from bgp.fsm_frr_input import Input
from bgp.fsm_log import LoggedTransition, parse_frr_log
from bgp.fsm_words import State
from labs.frr import Frr
from labs.polling import poll
from labs.sessions.conversation import Conversation, FarEnd
from labs.sessions.link import ROUTER_ADDRESS, neighbor_address
from labs.sessions.octets import HOLD_TIME, NEIGHBOR_AS, NEIGHBOR_ID, OCTETS, ROUTER_AS
from labs.wire import KEEPALIVE, OPEN, open_message

NEIGHBOR = neighbor_address(0)
LOWER_ID, HIGHER_ID = "10.0.0.0", NEIGHBOR_ID  # than the router's 10.0.0.1
SHORT = f"neighbor {NEIGHBOR} timers 1 3"
PASSIVE = f"neighbor {NEIGHBOR} passive"
RETRY = f"neighbor {NEIGHBOR} timers connect 1"
_SECONDS = 20.0

Play = Callable[[Frr, FarEnd], None]


@dataclass(frozen=True)
class Scenario:
    """One session to record.

    Attributes:
        name: its name, also the file's.
        done: what is done, one or two sentences.
        play: does it.
        options: lines of `router bgp` it needs.
    """

    name: str
    done: str
    play: Play
    options: Sequence[str] = ()


def edges(frr: Frr) -> tuple[LoggedTransition, ...]:
    """Read the edges FRR has logged so far."""
    return parse_frr_log(frr.log().splitlines())


def _until(frr: Frr, before: State, after: State, times: int = 1) -> None:
    """Wait until the log has an edge."""

    def logged() -> bool:
        return sum((e.before, e.after) == (before, after) for e in edges(frr)) >= times

    poll(f"{before} to {after} in FRR's log", logged, _SECONDS, lambda: frr.log()[-600:])


def _up(frr: Frr, session: Conversation) -> Conversation:
    session.establish(NEIGHBOR_AS, HOLD_TIME, NEIGHBOR_ID)
    _until(frr, State.OPEN_CONFIRM, State.ESTABLISHED)
    return session


def _clean_start(frr: Frr, far: FarEnd) -> None:
    session = _up(frr, far.accept(NEIGHBOR))
    session.send(OCTETS[Input.UPDATE])


def _incoming_start(frr: Frr, far: FarEnd) -> None:
    _until(frr, State.CONNECT, State.ACTIVE)
    _up(frr, far.dial(NEIGHBOR, ROUTER_ADDRESS))


def _open_sent(happens: Input, frr: Frr, far: FarEnd) -> None:
    session = far.accept(NEIGHBOR)
    session.hear(OPEN)
    if happens is not Input.SILENCE:
        session.send(OCTETS[happens])
    session.last_words()
    _until(frr, State.OPEN_SENT, State.IDLE)


def _closed_in_open_sent(frr: Frr, far: FarEnd) -> None:
    session = far.accept(NEIGHBOR)
    session.hear(OPEN)
    session.close()
    _until(frr, State.OPEN_SENT, State.ACTIVE)


def _established(happens: Input, frr: Frr, far: FarEnd) -> None:
    session = _up(frr, far.accept(NEIGHBOR))
    if happens is Input.FIN:
        session.close()
    elif happens is Input.SHUTDOWN:
        frr.configure([f"router bgp {ROUTER_AS}", f"neighbor {NEIGHBOR} shutdown"])
    elif happens is not Input.SILENCE:
        session.send(OCTETS[happens])
    _until(frr, State.CLEARING, State.IDLE)


def _restart(frr: Frr, far: FarEnd) -> None:
    _established(Input.NOTIFICATION, frr, far)
    far.accept(NEIGHBOR).establish(NEIGHBOR_AS, HOLD_TIME, NEIGHBOR_ID)
    _until(frr, State.OPEN_CONFIRM, State.ESTABLISHED, times=2)


def _refused(frr: Frr, far: FarEnd) -> None:
    far.deafen()
    _until(frr, State.CONNECT, State.ACTIVE, times=3)


def _deleted(frr: Frr, far: FarEnd) -> None:
    _until(frr, State.CONNECT, State.ACTIVE)
    session = far.dial(NEIGHBOR, ROUTER_ADDRESS)
    session.hear(OPEN)
    session.open(NEIGHBOR_AS, HOLD_TIME, NEIGHBOR_ID)
    session.hear(KEEPALIVE)
    frr.configure([f"router bgp {ROUTER_AS}", f"neighbor {NEIGHBOR} shutdown"])
    session.last_words()
    _until(frr, State.OPEN_CONFIRM, State.DELETED)


def _second(frr: Frr, far: FarEnd) -> None:
    _up(frr, far.accept(NEIGHBOR))
    second = far.dial(NEIGHBOR, ROUTER_ADDRESS)
    second.hear(OPEN)
    second.open(NEIGHBOR_AS, HOLD_TIME, NEIGHBOR_ID)
    second.last_words()
    _until(frr, State.OPEN_SENT, State.IDLE)


def _collide(identifier: str, first_on_ours: bool, frr: Frr, far: FarEnd) -> None:
    ours = far.accept(NEIGHBOR)
    ours.hear(OPEN)
    theirs = far.dial(NEIGHBOR, ROUTER_ADDRESS)
    theirs.hear(OPEN)
    first, second = (ours, theirs) if first_on_ours else (theirs, ours)
    keep, lose = (theirs, ours) if identifier == HIGHER_ID else (ours, theirs)
    message = open_message(NEIGHBOR_AS, HOLD_TIME, identifier)
    first.send(message)
    lose.last_words()
    if keep is second:
        second.send(message)
    keep.hear(KEEPALIVE)
    keep.keepalive()
    _until(frr, State.OPEN_CONFIRM, State.ESTABLISHED)


def _collisions() -> tuple[Scenario, ...]:
    return tuple(
        Scenario(
            f"collision-{size}-identifier-open-on-{side}",
            "Both sides open a connection. The peer's BGP Identifier is "
            f"{size}; its first OPEN arrives on the connection that {opener} opened.",
            partial(_collide, identifier, side == "outgoing"),
        )
        for size, identifier in (("higher", HIGHER_ID), ("lower", LOWER_ID))
        for side, opener in (("outgoing", "FRR"), ("incoming", "the peer"))
    )


SCENARIOS = (
    Scenario("clean-start", "OPEN, OPEN, KEEPALIVE, KEEPALIVE; then one UPDATE.", _clean_start),
    Scenario(
        "incoming-start",
        "FRR is passive; the peer opens the connection and the session comes up.",
        _incoming_start,
        [PASSIVE],
    ),
    Scenario("refused", "The peer refuses every TCP connection.", _refused, [RETRY]),
    Scenario(
        "silent-peer",
        "The peer accepts the TCP connection and says nothing; the hold time is 3 seconds.",
        partial(_open_sent, Input.SILENCE),
        [SHORT],
    ),
    Scenario(
        "closed-in-opensent",
        "The peer accepts the TCP connection and closes it at FRR's OPEN.",
        _closed_in_open_sent,
    ),
    *(
        Scenario(name, f"The peer answers with {happens.value}.", partial(_open_sent, happens))
        for name, happens in (
            ("wrong-as", Input.OPEN_AS),
            ("bad-open-version", Input.OPEN_VERSION),
            ("bad-open-hold-time", Input.OPEN_HOLD_1),
            ("bad-open-identifier", Input.OPEN_IDENTIFIER),
            ("notification-for-open", Input.NOTIFICATION_VERSION),
        )
    ),
    Scenario(
        "hold-timer-expiry",
        "The session is up, then the peer falls silent; the hold time is 3 seconds.",
        partial(_established, Input.SILENCE),
        [SHORT],
    ),
    Scenario(
        "administrative-shutdown",
        "The session is up, then FRR's operator shuts the neighbor down.",
        partial(_established, Input.SHUTDOWN),
    ),
    Scenario(
        "peer-closes",
        "The session is up, then the peer closes the TCP connection without a NOTIFICATION.",
        partial(_established, Input.FIN),
    ),
    Scenario(
        "peer-resets-and-returns",
        "The session is up, the peer sends a Cease, and the session comes up again.",
        _restart,
    ),
    Scenario(
        "second-connection",
        "The session is up; the peer opens a second connection and sends its OPEN there.",
        _second,
    ),
    Scenario(
        "incoming-deleted",
        "FRR is passive; the peer's connection is in OpenConfirm when FRR's operator shuts the "
        "neighbor down.",
        _deleted,
        [PASSIVE],
    ),
    *_collisions(),
)
