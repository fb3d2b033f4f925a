"""A MetalLB configuration as values: what its objects mean once they are read together.

Source: MetalLB internal/config (Config) and internal/bgp/community.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from labs.integrations.metallb_errors import ConfigError, TransientError
from labs.integrations.metallb_go import Address, Network, parsed_number, quoted
from labs.integrations.metallb_selectors import Selector
from labs.kube.schema import Obj


@dataclass(frozen=True)
class Community:
    """A standard community (two numbers) or a large one (three): RFC 1997, RFC 8092."""

    numbers: tuple[int, ...]

    @property
    def large(self) -> bool:
        """Whether it is a large community."""
        return len(self.numbers) == 3  # noqa: PLR2004 -- RFC 8092: three numbers

    @property
    def order(self) -> tuple[int, ...]:
        """MetalLB sorts by this: a standard community counts as a large one of one number."""
        if self.large:
            return self.numbers
        return ((self.numbers[0] << 16) + self.numbers[1], 0, 0)

    def __str__(self) -> str:
        """The numbers, with colons between."""
        return ":".join(map(str, self.numbers))


def parsed_community(text: str) -> Community:
    """The community of "64512:100" or "large:64512:1:2".

    Raises:
        TransientError: it has another form, so it may be a name that does not exist yet.
        ConfigError: it has the form and a number does not fit.
    """
    parts = text.split(":")
    if len(parts) not in {2, 4}:
        raise TransientError(f"invalid community format: {text}")
    bits = 16
    if len(parts) == 4:  # noqa: PLR2004 -- "large" and three numbers
        if parts.pop(0) != "large":
            raise ConfigError(
                "invalid community value: invalid marker for large community, expected community "
                f"to be of format large:<uint32>:<uint32>:<uint32> but got {quoted(text)} instead"
            )
        bits = 32
    numbers = []
    for part in parts:
        try:
            numbers.append(parsed_number(part, bits))
        except ConfigError as why:
            raise ConfigError(
                f"invalid community value: invalid section {quoted(part)} of community "
                f"{quoted(text)}, err: {quoted(why)}"
            ) from None
    return Community(tuple(numbers))


@dataclass(frozen=True)
class Peer:
    """A BGPPeer; times are in nanoseconds, None where the router's own are kept.

    Attributes:
        name: the object's name.
        my_asn: our own AS number.
        asn: the peer's, as FRR takes it: a number, "internal" or "external".
        address: where to dial; None: on `interface`, unnumbered.
        password: in clear text, wherever it came from.
    """

    name: str
    my_asn: int
    asn: str
    address: Address | None = None
    interface: str = ""
    source: Address | None = None
    port: int = 0
    hold_time: int | None = None
    keepalive_time: int | None = None
    connect_time: int | None = None
    router_id: Address | None = None
    nodes: tuple[Selector, ...] = ()
    password: str = ""
    bfd_profile: str = ""
    graceful_restart: bool = False
    multihop: bool = False
    vrf: str = ""
    local_asn: int = 0
    dual_stack: bool = False

    @property
    def shown(self) -> str:
        """The address, or the interface: how logs call the peer."""
        return self.interface if self.address is None else str(self.address)


@dataclass(frozen=True)
class BfdProfile:
    """A BFDProfile; intervals in milliseconds, None where FRR's own are kept."""

    name: str
    receive_interval: int | None = None
    transmit_interval: int | None = None
    detect_multiplier: int | None = None
    echo_mode: bool = False
    echo_interval: int | None = None
    passive_mode: bool = False
    minimum_ttl: int | None = None


@dataclass(frozen=True)
class Advertisement:
    """A BGPAdvertisement; `nodes` are the names of those that announce."""

    name: str
    aggregation_length: int = 32
    aggregation_length_v6: int = 128
    local_pref: int = 0
    communities: frozenset[Community] = frozenset()
    nodes: frozenset[str] = frozenset()
    peers: tuple[str, ...] = ()
    services: tuple[Selector, ...] = ()

    def length(self, version: int) -> int:
        """The length of what is announced for an address of IP version 4 or 6."""
        return self.aggregation_length if version == 4 else self.aggregation_length_v6  # noqa: PLR2004 -- the version


@dataclass(frozen=True)
class Reservation:
    """For whom a pool is: IPAddressPool's serviceAllocation."""

    priority: int = 0
    namespaces: frozenset[str] = frozenset()
    services: tuple[Selector, ...] = ()


@dataclass(frozen=True)
class Pool:
    """An IPAddressPool with what announces it.

    Attributes:
        given: each item of spec.addresses with the prefixes it comes to.
        reserved: for whom it is; None: for anyone.
    """

    name: str
    given: tuple[tuple[str, tuple[Network, ...]], ...]
    auto_assign: bool = True
    avoid_buggy: bool = False
    reserved: Reservation | None = None
    advertisements: tuple[Advertisement, ...] = ()

    @property
    def networks(self) -> tuple[Network, ...]:
        """All its prefixes, in the order given."""
        return tuple(network for _, networks in self.given for network in networks)

    def versions(self) -> frozenset[int]:
        """The IP versions of its addresses."""
        return frozenset(network.version for network in self.networks)

    def holds(self, address: Address) -> bool:
        """Whether an address is one of its own."""
        return any(address in network for network in self.networks)


@dataclass(frozen=True)
class Config:
    """A whole configuration; everything is sorted by name.

    Attributes:
        extras: FRR's lines from the ConfigMap bgpextras, as they are.
    """

    pools: tuple[Pool, ...] = ()
    peers: tuple[Peer, ...] = ()
    bfd_profiles: tuple[BfdProfile, ...] = ()
    extras: str = ""

    def pool(self, name: str) -> Pool | None:
        """The pool of this name."""
        return next((one for one in self.pools if one.name == name), None)


@dataclass(frozen=True)
class Resources:
    """The objects a configuration is read from."""

    pools: Sequence[Obj] = ()
    peers: Sequence[Obj] = ()
    bfd_profiles: Sequence[Obj] = ()
    bgp_advertisements: Sequence[Obj] = ()
    l2_advertisements: Sequence[Obj] = ()
    communities: Sequence[Obj] = ()
    secrets: Mapping[str, Obj] = field(default_factory=dict)
    nodes: Sequence[Obj] = ()
    namespaces: Sequence[Obj] = ()
    extras: Obj | None = None
