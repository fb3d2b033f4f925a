"""The model certifies questions about sessions: what two routers do, computed by `bgp`.

A question gives `facts`; each wrong answer says with which of them its misconception replaces the
truth (`as_if`). Right and wrong answers are then computed by the same function: nobody types which
is which. States, NOTIFICATIONs and times come from the machine's table (RFC 4271 section 8, FRR's
differences) and from `bgp.hold_time`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any, Final, TypeVar

from bgp.fsm import Connection, SessionAttributes, Stimulus, Transition, advance, step
from bgp.fsm_frr_input import Input, predict
from bgp.fsm_frr_table import FRR_TABLES
from bgp.fsm_row import Row
from bgp.fsm_table import RFC_TABLE
from bgp.fsm_words import Event, State
from bgp.hold_time import keepalive_interval
from bgp.notification import Notification
from modules.session_facts import (
    Audience,
    Facts,
    Journey,
    Machine,
    Names,
    Stream,
    Timers,
)

MACHINES: Final[Mapping[str, tuple[Row, ...]]] = {"rfc4271": RFC_TABLE, **FRR_TABLES}
HEADERS: Final = 52
"""Octets of the IPv4 header, the TCP header and its time stamps around a segment."""
SEGMENT: Final = 1448
"""Octets that one segment carries on an Ethernet of 1,500."""
NLRI: Final = 5
"""Octets of one /32 in an UPDATE: its length and four octets (section 4.3)."""
_UPDATE: Final = 23 + 27  # header and lengths; ORIGIN, a 4-octet AS_PATH of one AS, NEXT_HOP
_COMING_UP: Final = (
    Event.AUTOMATIC_START,
    Event.TCP_CR_ACKED,
    Event.BGP_OPEN,
    Event.KEEPALIVE_MSG,
)


def state(facts: Machine) -> str:
    """State after the events."""
    return str(play(facts)[-1].after.state)


def fall(facts: Machine) -> str:
    """NOTIFICATION sent at the last event, and the state after it."""
    last = play(facts)[-1]
    return f"{_code(last)}, {last.after.state}"


def offer(facts: Timers) -> str:
    """What becomes of the peer's hold time: `refused CODE/SUBCODE`, or the seconds in use."""
    agreed = facts.agreed
    return f"refused {_short(agreed)}" if isinstance(agreed, Notification) else f"{agreed} s"


def silence(facts: Timers) -> str:
    """How long after the peer's last word the session falls, and with which NOTIFICATION."""
    if facts.patience == "none":
        fallen = step(established(facts), Stimulus(Event.TCP_CONNECTION_FAILS))
        return f"0 s, {_code(fallen)}"
    connection = established(facts)
    agreed = connection.negotiated_hold_time or 0
    if facts.patience == "keepalive":
        return f"{keepalive_interval(agreed):g} s, {_code(expiry(connection))}"
    fallen = expiry(connection)
    return f"{fallen.before.now - connection.now:g} s, {_code(fallen)}"


def introduction(facts: Names) -> str:
    """What comes of two OPENs: who sends which NOTIFICATION, or Established."""
    sends = []
    for receiver, expected in facts.expects.items():
        (sender,) = (name for name in facts.says if name != receiver)
        if facts.says[sender] != expected and facts.judge != "nobody":
            judge = receiver if facts.judge == "receiver" else sender
            refused = predict(State.OPEN_SENT, Input.OPEN_AS)
            sends.append(f"{judge} sends {_short(refused.notification)}, {refused.after}")
    return "; ".join(sends) or str(State.ESTABLISHED)


def stream(facts: Stream) -> str:
    """What becomes of the session: `up, all routes`, `up, no routes`, or when and why it falls."""
    segment = min(SEGMENT, update_octets(facts.routes)) if facts.routes else 0
    lost = segment + HEADERS > facts.limit and not facts.told
    silent = facts.keepalive + HEADERS > facts.limit or (lost and facts.in_order)
    if not silent:
        return "up, no routes" if lost else "up, all routes"
    connection = established(Timers(180, facts.hold_time))
    fallen = expiry(connection)
    return f"{fallen.before.now - connection.now:g} s, {_code(fallen)}"


def update_octets(routes: int) -> int:
    """Return the octets of UPDATEs that announce so many /32 with the same attributes."""
    return _UPDATE + NLRI * routes


def journey(facts: Journey) -> str:
    """AS_PATH and NEXT_HOP as the last router has them."""
    path: list[int] = []
    next_hop = facts.routers[0]
    for name, asn in zip(facts.routers[:-1], facts.asns, strict=False):
        if facts.prepends == "front":
            path.insert(0, asn)
        elif facts.prepends == "back" or not path:
            path.append(asn)
        next_hop = name if facts.next_hop_self else next_hop
    return f"{' '.join(map(str, path))} by {next_hop}"


def audience(facts: Audience) -> str:
    """Which prefixes the client still reaches, joined by `+`."""
    reached = (name for name, peers in facts.told.items() if set(peers) & set(facts.up))
    return "+".join(reached) or "none"


def _code(fallen: Transition) -> str:
    return _short(fallen.notification)


def _short(notification: Notification | None) -> str:
    return f"{notification.code:d}/{notification.subcode}" if notification else "nothing"


# -- the machine ------------------------------------------------------------------------------


def play(facts: Machine) -> list[Transition]:
    """Let the events happen to a new connection.

    Raises:
        ValueError: there are no events, or the table has no row for one of them.
    """
    if not facts.events:
        raise ValueError("one event or more is expected")
    connection, done = Connection(), []
    for number in facts.events:
        done.append(step(connection, Stimulus(Event(number)), MACHINES[facts.machine]))
        connection = done[-1].after
    return done


def established(timers: Timers) -> Connection:
    """Return a connection that has just become Established with the agreed hold time.

    Raises:
        ValueError: the hold time is refused.
    """
    agreed = timers.agreed
    if isinstance(agreed, Notification):
        raise ValueError(f"a hold time of {timers.theirs} s is refused with {agreed}")  # noqa: TRY004 - no type is wrong
    connection = Connection(attributes=SessionAttributes(hold_time=timers.ours))
    for event in _COMING_UP:
        connection = step(connection, Stimulus(event, hold_time=agreed)).after
    return connection


def expiry(connection: Connection) -> Transition:
    """Return what ends a connection on which nothing is heard any more.

    Raises:
        ValueError: its hold time is 0: nothing ever will.
    """
    if not connection.negotiated_hold_time:
        raise ValueError("a hold time of 0 never expires")
    _, happened = advance(connection, connection.negotiated_hold_time)
    return happened[-1]


# -- reading ----------------------------------------------------------------------------------

_F = TypeVar("_F", bound=Facts)


def _ask(kind: type[_F], ask: Callable[[_F], str]) -> Callable[[Mapping[str, Any]], str]:
    def answer(given: Mapping[str, Any]) -> str:
        known = {field.name for field in fields(kind)}
        if stray := sorted(set(given) - known):
            raise ValueError(f"{', '.join(stray)}: there are {', '.join(sorted(known))}")
        return ask(kind(**{name: _frozen(value) for name, value in given.items()}))

    return answer


def _frozen(value: Any) -> Any:  # noqa: ANN401 - TOML
    return tuple(value) if isinstance(value, Sequence) and not isinstance(value, str) else value


SESSION_ASKS: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {
    "state": _ask(Machine, state),
    "fall": _ask(Machine, fall),
    "offer": _ask(Timers, offer),
    "silence": _ask(Timers, silence),
    "introduction": _ask(Names, introduction),
    "stream": _ask(Stream, stream),
    "journey": _ask(Journey, journey),
    "audience": _ask(Audience, audience),
}
"""What can be asked of a session; each takes the facts of a question as its file has them."""
