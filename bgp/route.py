"""Paths and where they came from: what the decision process of RFC 4271 section 9.1 looks at.

A ``Path`` holds the attributes as the decision process sees them, after import policy. A value
that BGP does not allow is refused when it is made, so nothing later has to check again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from ipaddress import IPv4Address
from typing import Final

from bgp.as_path import EMPTY_AS_PATH, AsPath, parse_asn
from bgp.community import LLGR_STALE, Community, LargeCommunity
from bgp.errors import InvalidValueError
from bgp.values import MAX_U32, MAX_U64, Address, check_int

MAX_NAME: Final = 200


def _check_name(field: str, name: object) -> None:
    if not isinstance(name, str) or not name.strip() or len(name) > MAX_NAME:
        raise InvalidValueError(field, name, f"a name of 1 to {MAX_NAME} characters")


class Origin(IntEnum):
    """ORIGIN (RFC 4271 section 4.3 a); lower is preferred."""

    IGP = 0
    EGP = 1
    INCOMPLETE = 2

    @classmethod
    def parse(cls, field: str, value: object) -> Origin:
        """Read ``igp``, ``egp``, ``incomplete`` in any case, or a router's ``i``, ``e``, ``?``."""
        if isinstance(value, Origin):
            return value
        if isinstance(value, str):
            word = {"i": "igp", "e": "egp", "?": "incomplete"}.get(value, value).upper()
            if word in cls.__members__:
                return cls[word]
        raise InvalidValueError(field, value, "igp, egp or incomplete")

    def __str__(self) -> str:
        """Print the word routers print."""
        return self.name.lower() if self is Origin.INCOMPLETE else self.name


class PeerType(StrEnum):
    """How a path was learned; the value is how a decision case spells it."""

    EBGP = "ebgp"
    IBGP = "ibgp"
    CONFED_EBGP = "confed-ebgp"
    LOCAL = "local"

    @property
    def label(self) -> str:
        """The name a network engineer says."""
        return {"ebgp": "eBGP", "ibgp": "iBGP", "confed-ebgp": "confed eBGP", "local": "local"}[
            self
        ]

    @property
    def internal(self) -> bool:
        """Whether the peer is inside our AS as the world sees it (RFC 5065 section 5.3)."""
        return self in (PeerType.IBGP, PeerType.CONFED_EBGP)


@dataclass(frozen=True, slots=True)
class Peer:
    """The BGP speaker a path was learned from.

    Attributes:
        id: a name for people.
        type: kind of session; ``local`` for a route this router originates.
        address: the peer's address on the session; None only for ``local``.
        router_id: its BGP Identifier; None only for ``local``.
        asn: its AS number; None only for ``local``.
    """

    id: str
    type: PeerType
    address: Address | None = None
    router_id: IPv4Address | None = None
    asn: int | None = None

    def __post_init__(self) -> None:
        """A learned path has a peer with address, identifier and AS; a local one has none."""
        _check_name("peer.id", self.id)
        if self.type is PeerType.LOCAL:
            return
        if self.address is None:
            raise InvalidValueError(
                "peer.address", None, f"the address of an {self.type.label} peer"
            )
        if self.router_id is None:
            raise InvalidValueError("peer.router_id", None, "the peer's BGP Identifier")
        if int(self.router_id) == 0:
            raise InvalidValueError(
                "peer.router_id", self.router_id, "a BGP Identifier other than zero"
            )
        parse_asn("peer.as", self.asn)


LOCAL_PEER: Final = Peer("local", PeerType.LOCAL)


@dataclass(frozen=True, slots=True)
class Path:
    """One path to the prefix in question.

    Attributes:
        id: its name in results, unique among the candidates.
        peer: where it came from.
        as_path: AS_PATH.
        origin: ORIGIN.
        med: MULTI_EXIT_DISC, or None when the attribute is absent.
        local_pref: LOCAL_PREF, or None when not set (the speaker's default holds).
        weight: FRR's and Cisco's local weight, 0 to 4294967295; other speakers do not have it.
        next_hop: NEXT_HOP, or None when not known.
        next_hop_resolvable: whether a route to NEXT_HOP exists (section 9.1.2.1).
        igp_metric: metric of the route that resolves NEXT_HOP; None when not known.
        originator_id: ORIGINATOR_ID (RFC 4456), which stands in for the peer's identifier.
        cluster_list: CLUSTER_LIST (RFC 4456), nearest first.
        communities: COMMUNITIES (RFC 1997).
        large_communities: LARGE_COMMUNITY (RFC 8092).
        aigp: accumulated IGP metric (RFC 7311), or None when absent.
        loop: True when the speaker is known to have refused the path as a loop, False when known
            not to; None to find out from AS_PATH and the reflector attributes.
    """

    id: str
    peer: Peer
    as_path: AsPath = EMPTY_AS_PATH
    origin: Origin = Origin.IGP
    med: int | None = None
    local_pref: int | None = None
    weight: int = 0
    next_hop: Address | None = None
    next_hop_resolvable: bool = True
    igp_metric: int | None = None
    originator_id: IPv4Address | None = None
    cluster_list: tuple[IPv4Address, ...] = ()
    communities: tuple[Community, ...] = ()
    large_communities: tuple[LargeCommunity, ...] = ()
    aigp: int | None = None
    loop: bool | None = None

    def __post_init__(self) -> None:
        """Refuse a number that does not fit its attribute."""
        _check_name("id", self.id)
        check_int("weight", self.weight, 0, MAX_U32)
        for field, value in (
            ("med", self.med),
            ("local_pref", self.local_pref),
            ("igp_metric", self.igp_metric),
        ):
            if value is not None:
                check_int(field, value, 0, MAX_U32)
        if self.aigp is not None:
            check_int("aigp", self.aigp, 0, MAX_U64)

    @property
    def is_local(self) -> bool:
        """Whether this router originates the path itself."""
        return self.peer.type is PeerType.LOCAL

    @property
    def is_llgr_stale(self) -> bool:
        """Whether the path carries LLGR_STALE and is therefore least preferred (RFC 9494)."""
        return LLGR_STALE in self.communities

    @property
    def identifier(self) -> IPv4Address | None:
        """The BGP Identifier of tie-break f: ORIGINATOR_ID where present (RFC 4456 section 9)."""
        return self.originator_id if self.originator_id is not None else self.peer.router_id


@dataclass(frozen=True, slots=True)
class Confederation:
    """A confederation as its member sees it (RFC 5065).

    Attributes:
        identifier: the AS number the outside world sees.
        members: AS numbers of the other member ASes that are peered with.
    """

    identifier: int
    members: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Refuse wrong AS numbers."""
        parse_asn("confederation.identifier", self.identifier)
        for asn in self.members:
            parse_asn("confederation.peers", asn)


@dataclass(frozen=True, slots=True)
class Speaker:
    """The router that decides.

    Attributes:
        asn: its AS number; in a confederation, its member AS.
        router_id: its BGP Identifier, None when not known (then its own ORIGINATOR_ID cannot be
            recognised).
        cluster_id: its cluster identifier as a reflector; None when it is none or not known.
        confederation: the confederation it belongs to, if any.
    """

    asn: int
    router_id: IPv4Address | None = None
    cluster_id: IPv4Address | None = None
    confederation: Confederation | None = None

    def __post_init__(self) -> None:
        """Refuse a wrong AS number."""
        parse_asn("local_as", self.asn)

    @property
    def public_as(self) -> int:
        """The AS number that stands for us outside: the confederation identifier, if any."""
        return self.confederation.identifier if self.confederation else self.asn
