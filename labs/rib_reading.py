"""BIRD's `show route all` and GoBGP's `global rib` read into what a snapshot holds of a table.

FRR's JSON is read in `bgp.frr_json`; a recording of it is a case file. What these two print is read
here, for a lab's snapshots only: attributes that no lab sets are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from typing import Any, Final

from bgp.as_path import AsPath
from bgp.community import Community, LargeCommunity
from bgp.route import LOCAL_PEER, Origin, Path, Peer, PeerType
from bgp.snapshot import RibEntry
from labs.topology import Host, Topology

_ROUTE: Final = re.compile(r"(\d\S*)?\s+[^\[]*\[(\S+) [^\]]*\] (\* )?\(")
_ATTRIBUTE: Final = re.compile(r"\tBGP\.(\w+): ?(.*)")
_NUMBERS: Final = re.compile(r"\(([\d, ]+)\)")
_ORIGINS: Final = (Origin.IGP, Origin.EGP, Origin.INCOMPLETE)


def peers_of(topology: Topology, host: Host) -> dict[str, Peer]:
    """Return the neighbors of a host as a path names them, by host."""
    found = {}
    for session in topology.sessions_of(host.name):
        theirs = session.other(host.name)
        other = topology.hosts[theirs.host]
        found[other.name] = Peer(
            id=theirs.address,
            type=PeerType.IBGP if other.asn == host.asn else PeerType.EBGP,
            address=IPv4Address(theirs.address),
            router_id=IPv4Address(other.router_id),
            asn=other.asn,
        )
    return found


@dataclass
class _Route:
    """One route as BIRD prints it."""

    prefix: str
    protocol: str
    best: bool
    attributes: dict[str, str] = field(default_factory=dict)


def bird_rib(text: str, peers: Mapping[str, Peer]) -> tuple[RibEntry, ...]:
    """Read what `show route all` prints.

    Args:
        text: the output, of BIRD 2 or 1.6.
        peers: the neighbors by the names of their protocols; a route of any other protocol is the
            router's own.
    """
    routes: list[_Route] = []
    prefix = ""
    for line in text.splitlines():
        if attribute := _ATTRIBUTE.match(line):
            routes[-1].attributes[attribute[1]] = attribute[2].strip()
        elif route := _ROUTE.match(line):
            prefix = route[1] or prefix
            routes.append(_Route(prefix, route[2], bool(route[3])))
    return _entries((r.prefix, r.best, _bird_path(r, peers)) for r in routes)


def _bird_path(route: _Route, peers: Mapping[str, Peer]) -> Path:
    peer = peers.get(route.protocol, LOCAL_PEER)
    told = route.attributes
    return Path(
        id=peer.id,
        peer=peer,
        as_path=AsPath.parse(told.get("as_path", "")),
        origin=Origin.parse("origin", told.get("origin", "IGP").lower()),
        med=int(told["med"]) if "med" in told else None,
        local_pref=int(told["local_pref"]) if "local_pref" in told else None,
        # a NEXT_HOP with a link-local one behind it is of IPv6 only
        next_hop=IPv4Address(told["next_hop"]) if "next_hop" in told else None,
        originator_id=IPv4Address(told["originator_id"]) if "originator_id" in told else None,
        cluster_list=tuple(map(IPv4Address, told.get("cluster_list", "").split())),
        communities=tuple(
            Community.parse(_colons(numbers))
            for numbers in _NUMBERS.findall(told.get("community", ""))
        ),
        large_communities=tuple(
            LargeCommunity.parse(_colons(numbers))
            for numbers in _NUMBERS.findall(told.get("large_community", ""))
        ),
    )


def _colons(numbers: str) -> str:
    return ":".join(number.strip() for number in numbers.split(","))


def gobgp_rib(
    table: Mapping[str, Sequence[Mapping[str, Any]]], peers: Mapping[str, Peer]
) -> tuple[RibEntry, ...]:
    """Read what `gobgp global rib -j` prints.

    Args:
        table: the parsed JSON.
        peers: the neighbors by address; a path without one of these is the router's own.
    """
    return _entries(
        (prefix, bool(path.get("best")), _gobgp_path(path, peers))
        for prefix, paths in table.items()
        for path in paths
    )


def _gobgp_path(path: Mapping[str, Any], peers: Mapping[str, Peer]) -> Path:
    peer = peers.get(str(path.get("neighbor-ip")), LOCAL_PEER)
    told: dict[int, Mapping[str, Any]] = {one["type"]: one for one in path["attrs"]}

    def value(attribute: int, name: str = "value") -> Any:  # noqa: ANN401 - JSON
        return told.get(attribute, {}).get(name)

    segments = value(2, "as_paths") or []
    asns = [asn for segment in segments for asn in segment["asns"]]
    next_hop, originator = value(3, "nexthop"), value(9)
    return Path(
        id=peer.id,
        peer=peer,
        as_path=AsPath.of(*asns),
        origin=_ORIGINS[value(1) or 0],
        med=value(4, "metric"),
        local_pref=value(5),
        next_hop=IPv4Address(next_hop) if next_hop else None,
        originator_id=IPv4Address(originator) if originator else None,
        cluster_list=tuple(map(IPv4Address, value(10) or ())),
        communities=tuple(
            Community.parse(f"{number >> 16}:{number & 0xFFFF}")
            for number in value(8, "communities") or ()
        ),
    )


def _entries(routes: Iterable[tuple[str, bool, Path]]) -> tuple[RibEntry, ...]:
    """Gather the paths of each prefix, giving a second one of the same peer a name of its own."""
    found: dict[str, list[tuple[bool, Path]]] = {}
    for prefix, best, path in routes:
        found.setdefault(prefix, []).append((best, path))
    return tuple(
        RibEntry(
            prefix,
            tuple(path for _, path in paths),
            next((path.id for best, path in paths if best), None),
            tuple(path.id for best, path in paths if best),
        )
        for prefix, paths in sorted(found.items())
    )
