"""The small fabrics of the first lesson, as data, and the situation one of them is in.

A fabric is a router running real FRR, a client behind it, and neighbours that announce one prefix
and answer HTTP on an address in it. Nothing here runs anything: the live stage builds what is
written here, the replay needs only the names and the situation.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from labs.errors import LabError

Said = Mapping[str, Any]
"""What a neighbour announces beyond the bare prefix: fields of `labs.wire.Announcement`."""

CLIENT, CLIENT_ADDRESS, CLIENT_GATEWAY = "client", "192.0.2.10", "192.0.2.1"
SAYABLE: Final = ("as_path", "origin", "med", "local_pref", "next_hop", "originator_id")


@dataclass(frozen=True)
class Neighbor:
    """A host at the end of one link of the router.

    Attributes:
        name: the host.
        asn: AS number of its BGP speaker.
        router_id: its BGP Identifier.
        says: what it announces to begin with.
        igp_metric: metric of the router's route to the announced NEXT_HOP, a loopback of the
            neighbour; None when NEXT_HOP is the neighbour's own end of the link.
    """

    name: str
    asn: int
    router_id: str
    says: Said = field(default_factory=dict)
    igp_metric: int | None = None


@dataclass(frozen=True)
class Fabric:
    """A router and its neighbours.

    Attributes:
        name: how the fabric is asked for.
        router: the router's host name.
        asn: its AS number.
        router_id: its BGP Identifier.
        prefix: what every neighbour announces.
        address: the address in the prefix that answers HTTP.
        neighbors: at the links 10.1.1.0/30, 10.1.2.0/30 and so on.
        announced: whether the neighbours announce from the start, or when told to.
        second: whether a second router, GoBGP, hears the same neighbours.
    """

    name: str
    router: str
    asn: int
    router_id: str
    prefix: str
    address: str
    neighbors: tuple[Neighbor, ...]
    announced: bool = True
    second: bool = False

    def neighbor(self, name: str) -> Neighbor:
        """Return the neighbour of that name.

        Raises:
            LabError: there is none.
        """
        for neighbor in self.neighbors:
            if neighbor.name == name:
                return neighbor
        names = ", ".join(neighbor.name for neighbor in self.neighbors)
        raise LabError(f"the {self.name} has no {name!r}: its neighbours are {names}")

    def link(self, name: str) -> tuple[str, str]:
        """Return the two addresses of a neighbour's link: the router's, the neighbour's."""
        number = self.neighbors.index(self.neighbor(name)) + 1
        return f"10.1.{number}.1", f"10.1.{number}.2"

    def next_hop(self, name: str) -> str:
        """Return the NEXT_HOP a neighbour announces unless told otherwise."""
        number = self.neighbors.index(self.neighbor(name)) + 1
        loopback = self.neighbor(name).igp_metric is not None
        return f"10.255.0.{number}" if loopback else self.link(name)[1]

    def names(self) -> dict[str, str]:
        """Return the neighbour's name for each session address."""
        return {self.link(neighbor.name)[1]: neighbor.name for neighbor in self.neighbors}

    def configuration(self) -> str:
        """Return bgpd's configuration.

        eBGP routes need a policy in each direction (RFC 8212), and a route-map must stand before
        the neighbour that uses it.
        """
        policies, sessions, family = [], [], []
        for neighbor in self.neighbors:
            address = self.link(neighbor.name)[1]
            policies += [
                f"route-map FROM-{neighbor.name} permit 10",
                " match ip address prefix-list SERVICES",
            ]
            sessions += [
                f" neighbor {address} remote-as {neighbor.asn}",
                f" neighbor {address} description {neighbor.name}",
                f" neighbor {address} passive",
            ]
            family += [
                f"  neighbor {address} soft-reconfiguration inbound",
                f"  neighbor {address} route-map FROM-{neighbor.name} in",
                f"  neighbor {address} route-map NOTHING out",
            ]
        return "\n".join(
            [
                "frr defaults traditional",
                "bgp route-map delay-timer 0",  # the stage applies a change of policy itself
                f"ip prefix-list SERVICES seq 5 permit {self.prefix}",
                "route-map NOTHING deny 10",
                *policies,
                f"router bgp {self.asn}",
                f" bgp router-id {self.router_id}",
                " timers bgp 10 30",
                *sessions,
                " address-family ipv4 unicast",
                *family,
                " exit-address-family",
            ]
        )


RACK: Final = Fabric(
    name="rack",
    router="tor",
    asn=64601,
    router_id="10.0.0.1",
    prefix="198.51.100.7/32",
    address="198.51.100.7",
    neighbors=tuple(
        Neighbor(f"node{number}", 64512, f"10.0.1.{number}", {"as_path": [64512]})
        for number in (1, 2, 3)
    ),
)
"""A top-of-rack router and three Kubernetes nodes of one AS that announce one Service VIP."""

BORDER: Final = Fabric(
    name="border",
    router="core",
    asn=64601,
    router_id="10.0.0.9",
    prefix="203.0.113.0/24",
    address="203.0.113.80",
    neighbors=(
        Neighbor("amber1", 64601, "10.0.2.1", {"as_path": [64701], "med": 10}, 30),
        Neighbor("amber2", 64601, "10.0.2.2", {"as_path": [64701], "med": 20}, 10),
        Neighbor("blue", 64601, "10.0.2.3", {"as_path": [64702], "med": 50}, 20),
    ),
    announced=False,
    second=True,
)
"""A core router whose three border routers (iBGP) hear one prefix from two providers, AS 64701
(amber) and AS 64702 (blue). The MEDs and IGP metrics make "is better than" a circle."""

FABRICS: Final = {fabric.name: fabric for fabric in (RACK, BORDER)}


@dataclass(frozen=True)
class Situation:
    """What has been done to a fabric since it came up; what a recording is looked up by.

    Attributes:
        said: (neighbour, what it announces) in the order the paths arrived.
        cut: names of the neighbours whose link is cut.
        lines: (context, configuration line) entered on the router and not undone.
    """

    said: tuple[tuple[str, str], ...] = ()
    cut: frozenset[str] = frozenset()
    lines: tuple[tuple[str, str], ...] = ()

    def saying(self, name: str, said: Said) -> Situation:
        """Return the situation after an announcement; one anew keeps its place in the order."""
        text = json.dumps(dict(said), sort_keys=True)
        if name in dict(self.said):
            kept = tuple((n, text if n == name else old) for n, old in self.said)
            return replace(self, said=kept)
        return replace(self, said=(*self.said, (name, text)))

    def silent(self, name: str) -> Situation:
        """Return the situation after a withdrawal."""
        return replace(self, said=tuple(pair for pair in self.said if pair[0] != name))

    def announcement(self, name: str) -> dict[str, Any] | None:
        """Return what a neighbour announces, None when it announces nothing."""
        text = dict(self.said).get(name)
        return None if text is None else json.loads(text)

    def configured(self, lines: Sequence[str]) -> Situation:
        """Return the situation after configuration lines; `no X` takes back what X began."""
        entered = list(self.lines)
        for context, line in in_context(lines):
            if line.startswith("no "):
                undone = [p for p in entered if p[0] == context and p[1].startswith(line[3:])]
                if undone:
                    entered = [pair for pair in entered if pair not in undone]
                    continue
            if (context, line) not in entered:
                entered.append((context, line))
        return replace(self, lines=tuple(entered))

    def key(self) -> str:
        """Return the situation as text, the order of arrival included."""
        parts = {
            "said": [[name, json.loads(text)] for name, text in self.said],
            "cut": sorted(self.cut),
            "lines": sorted(map(list, self.lines)),
        }
        return json.dumps(parts, sort_keys=True)


def at_first(fabric: Fabric) -> Situation:
    """Return the situation of a fabric that has just come up."""
    situation = Situation()
    for neighbor in fabric.neighbors if fabric.announced else ():
        situation = situation.saying(neighbor.name, neighbor.says)
    return situation


CONTEXTS: Final = ("router bgp", "route-map", "address-family", "interface")


def in_context(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Pair each configuration line with the line that opened its context ("" for none)."""
    context = ""
    for line in (line.strip() for line in lines):
        if line.startswith(CONTEXTS):
            context = line
        else:
            yield context, line


def check_said(said: Said) -> None:
    """Refuse an attribute that a neighbour of a stage cannot be told to send.

    Raises:
        LabError: names it and the ones there are.
    """
    for name in said:
        if name not in SAYABLE:
            raise LabError(f"a neighbour cannot say {name!r}: it can say {', '.join(SAYABLE)}")
