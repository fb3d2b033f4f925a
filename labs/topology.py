"""A lab's topology: its hosts, links, sessions and Services held together, and asked.

Nothing here runs anything. `labs.topology_file` reads these values from a file, `labs.wiring`,
`labs.frr_config` and `labs.bird_config` turn them into commands and configurations, and a replay
needs nothing but the names.
"""

from __future__ import annotations

import ipaddress
import itertools
from collections.abc import Mapping
from dataclasses import dataclass

from labs.errors import LabError
from labs.topology_parts import (
    BFD_MILLISECONDS,
    BFD_MULTIPLIER,
    End,
    Host,
    Link,
    Role,
    Service,
    Session,
    Side,
    StaticRoute,
)

__all__ = [
    "BFD_MILLISECONDS",
    "BFD_MULTIPLIER",
    "End",
    "Host",
    "Link",
    "Role",
    "Service",
    "Session",
    "Side",
    "StaticRoute",
    "Topology",
]

BLOCK_LENGTH = 26
"""Length of the blocks a node hands out of its pod addresses; Calico's own is 26 too."""


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
        cluster: the integration that declares what its nodes' daemons do (`labs.integrations`), ""
            where there is no cluster and the topology configures them itself.
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
    cluster: str = ""

    def nodes(self) -> tuple[Host, ...]:
        """Return the nodes."""
        return tuple(host for host in self.hosts.values() if host.role is Role.NODE)

    def is_declared(self, host: str) -> bool:
        """Tell whether a cluster's integration configures a host's daemon, and nobody else."""
        return bool(self.cluster) and self.hosts[host].role is Role.NODE

    def expected_sessions(self) -> tuple[Session, ...]:
        """Return the sessions that come up by themselves: not those that objects declare."""
        return tuple(
            session
            for session in self.sessions
            if not any(self.is_declared(side.host) for side in session.sides)
        )

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
