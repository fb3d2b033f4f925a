"""What a question about sessions gives, as values: two hold times, two names, a port, a journey.

Some facts have a default that is the truth of the protocol; a wrong answer's `as_if` says otherwise
(`modules.certify_session`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from bgp.hold_time import negotiate
from bgp.notification import Notification

KEEPALIVE: Final = 19
"""Octets of a KEEPALIVE: a header and nothing else (RFC 4271 section 4.4)."""


@dataclass(frozen=True)
class Machine:
    """A connection and what has happened to it.

    Attributes:
        machine: `rfc4271`, `frr-8.4` or `frr-10`.
        events: numbers of the events, in order, from Idle.
    """

    machine: str = "frr-10"
    events: tuple[int, ...] = ()


@dataclass(frozen=True)
class Timers:
    """Two hold times.

    Attributes:
        ours: the one configured on the router that is asked about, in seconds.
        theirs: the one in the peer's OPEN.
        refuses: whether a hold time of 1 or 2 is refused; that is the truth.
        smaller: whether the smaller one counts; that is the truth.
        patience: how many hold times or keepalive intervals of silence a router waits: `hold` or
            `keepalive`; `none` when TCP itself would tell.
    """

    ours: int = 90
    theirs: int = 90
    refuses: bool = True
    smaller: bool = True
    patience: Literal["hold", "keepalive", "none"] = "hold"

    @property
    def agreed(self) -> int | Notification:
        """The hold time in use, or the NOTIFICATION that refuses the peer's."""
        agreed = negotiate(self.ours, self.theirs)
        if isinstance(agreed, Notification):
            if self.refuses:
                return agreed
            agreed = min(self.ours, self.theirs)
        return agreed if self.smaller else self.ours


@dataclass(frozen=True)
class Names:
    """Who says which AS number, who expects which, and who looks.

    Attributes:
        says: AS number in each router's OPEN.
        expects: AS number each router has configured for the other.
        judge: who compares: the `receiver` of an OPEN (the truth), its `sender`, or `nobody`.
    """

    says: Mapping[str, int]
    expects: Mapping[str, int]
    judge: Literal["receiver", "sender", "nobody"] = "receiver"


@dataclass(frozen=True)
class Stream:
    """A TCP stream across a port that drops large packets without a word.

    Attributes:
        limit: the largest packet the port lets through, in octets.
        routes: how many /32 the peer announces after that.
        hold_time: the hold time in use, in seconds.
        keepalive: octets of a KEEPALIVE.
        in_order: whether what follows a lost segment waits for it, as in TCP.
        told: whether TCP hears of the drop and sends smaller segments.
    """

    limit: int = 1500
    routes: int = 0
    hold_time: int = 9
    keepalive: int = KEEPALIVE
    in_order: bool = True
    told: bool = False


@dataclass(frozen=True)
class Journey:
    """A prefix on its way through eBGP routers.

    Attributes:
        routers: their names in the order the announcement passes them; it is read at the last.
        asns: AS number of each.
        prepends: `front` (the truth), `back`, or `never`.
        next_hop_self: whether each sets NEXT_HOP to itself; that is the truth for eBGP.
    """

    routers: tuple[str, ...]
    asns: tuple[int, ...]
    prepends: Literal["front", "back", "never"] = "front"
    next_hop_self: bool = True


@dataclass(frozen=True)
class Audience:
    """What is told to whom, and who is still there to pass it on.

    Attributes:
        told: the peers that each prefix is announced to, by its name.
        up: the peers that still have a way to the client.
    """

    told: Mapping[str, tuple[str, ...]]
    up: tuple[str, ...]


Facts = Machine | Timers | Names | Stream | Journey | Audience
