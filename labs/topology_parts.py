"""What a lab's topology is made of, as frozen values: hosts, links, sessions, Services.

`labs.topology` holds them together, `labs.topology_file` reads them from a file.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from labs.roas import Roa

BFD_MILLISECONDS = 300
BFD_MULTIPLIER = 3
"""BFD in a lab: a packet every 300 ms, and three missing in a row end a session."""


class Role(StrEnum):
    """What a host is in the course's story; only routers and nodes run a BGP daemon."""

    CLIENT = "client"
    ROUTER = "router"
    NODE = "node"
    VALIDATOR = "validator"
    POD = "pod"


@dataclass(frozen=True)
class StaticRoute:
    """A route that somebody wrote down: to `prefix` by way of a neighbor's address `via`."""

    prefix: str
    via: str

    def __str__(self) -> str:
        """Write it as a topology does."""
        return f"{self.prefix} via {self.via}"


@dataclass(frozen=True)
class Host:
    """A host: one network namespace.

    Attributes:
        name: as links, sessions and verbs call it.
        role: what it plays.
        daemons: what it may run by the names of `labs.packages`, the first one unpacked is taken;
            empty for a host that does not speak BGP.
        asn: AS number of the daemon, 0 without one.
        router_id: BGP Identifier of the daemon, empty without one.
        originates: prefixes it announces of its own.
        blocks: the prefix out of which it can be told to announce blocks, empty for none.
        gateway: the host its default route leads to, empty for none.
        routes: its static routes; staticd's where it runs FRR, else the kernel's own.
        loopbacks: addresses of its own, with length, on no link.
        cluster_id: its CLUSTER_ID as a route reflector (RFC 4456 section 7), empty for its
            BGP Identifier.
        roas: what a validator tells routers.
        rpki: the validator that the daemon asks, empty for none.
        pod_cidr: the prefix of a node's pods, empty for none.
        relax: whether paths with different AS_PATHs of one length share the traffic.
    """

    name: str
    role: Role
    daemons: tuple[str, ...] = ()
    asn: int = 0
    router_id: str = ""
    originates: tuple[str, ...] = ()
    blocks: str = ""
    gateway: str = ""
    loopbacks: tuple[str, ...] = ()
    cluster_id: str = ""
    relax: bool = False
    pod_cidr: str = ""
    roas: tuple[Roa, ...] = ()
    rpki: str = ""
    routes: tuple[StaticRoute, ...] = ()

    @property
    def daemon(self) -> str:
        """Which daemon it runs, whatever the version: "frr", "bird", "gobgp" or "" for none."""
        return self.daemons[0].partition("-")[0] if self.daemons else ""


@dataclass(frozen=True)
class End:
    """One end of a link: a host or switch, its interface, its address with length ("" for none)."""

    host: str
    interface: str
    address: str = ""


@dataclass(frozen=True)
class Link:
    """A cable between two hosts, or a host and a switch; `mtu` in octets."""

    ends: tuple[End, End]
    mtu: int = 1500

    def end(self, host: str) -> End:
        """Return the end at a host."""
        return self.ends[0] if self.ends[0].host == host else self.ends[1]

    def other(self, host: str) -> End:
        """Return the end that is not at a host."""
        return self.ends[1] if self.ends[0].host == host else self.ends[0]

    @property
    def names(self) -> tuple[str, str]:
        """The two hosts."""
        return self.ends[0].host, self.ends[1].host


@dataclass(frozen=True)
class Side:
    """One speaker's side of a session.

    Attributes:
        host: the speaker.
        address: where it speaks from, without length.
        sends: names of the prefix sets it announces to the other side.
        accepts: names of the prefix sets it takes from the other side.
        hold: seconds of the Hold Time it asks for, None for its daemon's own; its KEEPALIVEs come
            every third of it (RFC 4271 section 4.4).
        passive: whether it waits for the other side to connect.
        client: whether the other side is its route reflector client (RFC 4456).
        next_hop_self: whether it puts itself as NEXT_HOP into what other ASes told it, where it
            sends that inside its AS.
        as_override: whether it replaces the other side's AS in what it sends there by its own, so
            that two sites of one AS hear each other.
        reject_invalid: whether it refuses what the ROAs call invalid.
        max_prefixes: how many prefixes it takes before it ends the session for good, None for any
            number.
    """

    host: str
    address: str
    sends: tuple[str, ...]
    accepts: tuple[str, ...]
    hold: int | None = None
    passive: bool = False
    client: bool = False
    next_hop_self: bool = False
    as_override: bool = False
    reject_invalid: bool = False
    max_prefixes: int | None = None

    @property
    def keepalive(self) -> int:
        """Seconds between its KEEPALIVEs, where it asks for a Hold Time of its own."""
        return max(1, (self.hold or 0) // 3)


@dataclass(frozen=True)
class Session:
    """A BGP session between two hosts.

    Attributes:
        sides: the two speakers.
        bfd: whether BFD watches it (RFC 5882).
        password: of its TCP segments' MD5 signature (RFC 2385), empty for none.
    """

    sides: tuple[Side, Side]
    bfd: bool = False
    password: str = ""

    def side(self, host: str) -> Side:
        """Return a host's own side."""
        return self.sides[0] if self.sides[0].host == host else self.sides[1]

    def other(self, host: str) -> Side:
        """Return the side of a host's neighbor."""
        return self.sides[1] if self.sides[0].host == host else self.sides[0]


@dataclass(frozen=True)
class Service:
    """A Service: an address, and who answers on it.

    Attributes:
        name: the Service.
        address: where clients outside the cluster reach it (a load balancer's address).
        nodes: the nodes that answer themselves, each with its own name; empty where kube-proxy
            leads to pods.
        pods: the pods behind it, by kube-proxy's rules on every node.
        cluster_ip: its address inside the cluster, empty without kube-proxy.
        node_port: the port on every node's own address, None for none.
        policy: its externalTrafficPolicy, "Cluster" or "Local".
    """

    name: str
    address: str
    nodes: tuple[str, ...] = ()
    pods: tuple[str, ...] = ()
    cluster_ip: str = ""
    node_port: int | None = None
    policy: str = "Cluster"
