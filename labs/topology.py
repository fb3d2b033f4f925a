"""A lab's topology as frozen values: hosts, links, switches, sessions, pods, services.

Nothing here runs anything. `labs.topology_file` reads these values from a file, `labs.wiring`,
`labs.frr_config` and `labs.bird_config` turn them into commands and configurations, and a replay
needs nothing but the names.
"""

from __future__ import annotations

import ipaddress
import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from labs.errors import LabError
from labs.roas import Roa

BLOCK_LENGTH = 26
"""Length of the blocks a node hands out of its pod addresses; Calico's own is 26 too."""
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
        next_hop_self: whether it puts itself as NEXT_HOP into what it sends inside its AS.
        as_override: whether it replaces the other side's AS in what it sends there by its own, so
            that two sites of one AS hear each other.
        reject_invalid: whether it refuses what the ROAs call invalid.
        max_prefixes: how many prefixes it takes before it ends the session, None for any number.
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


@dataclass(frozen=True)
class Topology:
    """Everything a lab is made of.

    Attributes:
        name: the file's name without its ending.
        title: one line for a person.
        hosts: by name, pods among them.
        switches: names of the switches, which have no address.
        links: at most one between two names.
        sessions: at most one between two hosts.
        prefixes: the sets that policies name; each entry as FRR's prefix lists write it, such as
            `10.244.0.0/16 le 32`.
        services: what is reached under one address.
        node_routes: whether nodes of one network have fixed routes to each other's pods, as kindnet
            writes them.
    """

    name: str
    title: str
    hosts: Mapping[str, Host]
    switches: tuple[str, ...]
    links: tuple[Link, ...]
    sessions: tuple[Session, ...]
    prefixes: Mapping[str, tuple[str, ...]]
    services: tuple[Service, ...] = ()
    node_routes: bool = False

    def host(self, name: str) -> Host:
        """Return a host.

        Raises:
            LabError: there is none of that name; names those there are.
        """
        if name not in self.hosts:
            raise LabError(f"{self.name} has no host {name!r}; it has {', '.join(self.hosts)}")
        return self.hosts[name]

    def service(self, name: str) -> Service:
        """Return a Service that kube-proxy leads to pods.

        Raises:
            LabError: there is none of that name; names those there are.
        """
        proxied = {service.name: service for service in self.services if service.cluster_ip}
        if name not in proxied:
            known = ", ".join(proxied) or "none"
            raise LabError(f"kube-proxy knows no Service {name!r} here; it knows {known}")
        return proxied[name]

    def speaker(self, name: str) -> Host:
        """Return a host that speaks BGP.

        Raises:
            LabError: there is none of that name; names those there are.
        """
        if not self.host(name).daemon:
            speakers = ", ".join(host.name for host in self.speakers())
            raise LabError(f"{name} runs no BGP daemon; these do: {speakers}")
        return self.hosts[name]

    def speakers(self) -> tuple[Host, ...]:
        """Return the hosts that speak BGP."""
        return tuple(host for host in self.hosts.values() if host.daemon)

    def link(self, one: str, other: str) -> Link:
        """Return the link between two hosts or switches, in either order.

        Raises:
            LabError: there is none; names the links of the first.
        """
        for link in self.links:
            if {one, other} == set(link.names):
                return link
        for name in (one, other):
            if name not in self.hosts and name not in self.switches:
                known = ", ".join((*self.hosts, *self.switches))
                raise LabError(f"{self.name} has no {name!r}; it has {known}")
        found = [link.other(one).host for link in self.links_of(one)]
        raise LabError(f"{one} has no link to {other!r}; it has links to {', '.join(found)}")

    def links_of(self, host: str) -> tuple[Link, ...]:
        """Return the links of a host or switch."""
        return tuple(link for link in self.links if host in link.names)

    def sessions_of(self, host: str) -> tuple[Session, ...]:
        """Return the sessions of a host."""
        return tuple(s for s in self.sessions if host in (s.sides[0].host, s.sides[1].host))

    def session(self, host: str, neighbor: str) -> Session:
        """Return the session of a host with a neighbor, given by name or by address.

        Raises:
            LabError: there is none; names the neighbors there are.
        """
        self.speaker(host)
        for session in self.sessions_of(host):
            if neighbor in (session.other(host).host, session.other(host).address):
                return session
        known = ", ".join(session.other(host).host for session in self.sessions_of(host))
        raise LabError(f"{host} has no neighbor {neighbor!r}; its neighbors are {known or 'none'}")

    def addresses(self, host: str) -> tuple[str, ...]:
        """Return a host's addresses, with length: of its links, its own, its Services'."""
        own = [link.end(host).address for link in self.links_of(host) if link.end(host).address]
        served = [f"{service.address}/32" for service in self.services if host in service.nodes]
        loopbacks = self.hosts[host].loopbacks if host in self.hosts else ()
        return (*own, *loopbacks, *served)

    def at(self, address: str) -> tuple[str, ...]:
        """Return the hosts that an address is on."""
        wanted = ipaddress.ip_address(address)
        return tuple(
            name
            for name in self.hosts
            if any(ipaddress.ip_interface(own).ip == wanted for own in self.addresses(name))
        )

    def meeting(self, one: str, other: str) -> tuple[str, str] | None:
        """Return the addresses at which two hosts meet in one network; None when they do not."""
        for mine in self.addresses(one):
            for theirs in self.addresses(other):
                ours = ipaddress.ip_interface(mine)
                if ours.network == ipaddress.ip_interface(theirs).network and mine != theirs:
                    return str(ours.ip), theirs.partition("/")[0]
        return None

    def blocks(self, node: str, count: int) -> tuple[str, ...]:
        """Return the first `count` blocks that a node can be told to announce.

        Raises:
            LabError: the node has none, or fewer.
        """
        speaker = self.speaker(node)
        if not speaker.blocks:
            raise LabError(f"the topology gives {node} no blocks to announce")
        whole = ipaddress.IPv4Network(speaker.blocks)
        most = 2 ** max(0, BLOCK_LENGTH - whole.prefixlen)
        if not 0 <= count <= most:
            raise LabError(f"{node} can announce 0 to {most} blocks out of {whole}, not {count}")
        found = itertools.islice(whole.subnets(new_prefix=BLOCK_LENGTH), count) if count else ()
        return tuple(map(str, found))
