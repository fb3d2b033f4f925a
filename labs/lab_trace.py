"""A packet's way through a lab, host by host: the kernel's route, and the BGP path behind it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from labs.errors import LabError
from labs.lab_values import Hop
from labs.process_tree import ProcessTree
from labs.topology import Topology

MOST_HOPS: Final = 16
_SOURCES: Final = {"bgp": "bgp", "bird": "bgp", "kernel": "connected"}
"""What `ip route` calls whoever told the kernel; anything else was put there for good."""


def kernel_prefixes(tree: ProcessTree, host: str) -> frozenset[str]:
    """Return the prefixes that a host's kernel forwards, as `ip route` writes them."""
    routes: list[dict[str, Any]] = json.loads(tree.run(["ip", "-n", host, "-j", "-4", "route"]))
    return frozenset(route["dst"] for route in routes if route.get("type", "unicast") == "unicast")


def trace(
    tree: ProcessTree,
    topology: Topology,
    best: Mapping[str, Callable[[str], tuple[str, str] | None]],
    host: str,
    address: str,
) -> Iterator[Hop]:
    """Follow a packet for an address from a host.

    Args:
        tree: the lab.
        topology: who has which address.
        best: for each host whose daemon can be asked, its AS_PATH and NEXT_HOP for a prefix.
        host: where the packet starts.
        address: where it goes.
    """
    for _ in range(MOST_HOPS):
        hop = _hop(tree, topology, best, host, address)
        yield hop
        if not hop.to or hop.problem:
            return
        host = hop.to
    yield Hop(host, problem=f"the packet goes round: {MOST_HOPS} hops and not there")


def _hop(
    tree: ProcessTree,
    topology: Topology,
    best: Mapping[str, Callable[[str], tuple[str, str] | None]],
    host: str,
    address: str,
) -> Hop:
    chosen = _get(tree, host, address)
    if chosen is None:
        return Hop(host, problem=f"no route to {address}")
    if chosen.get("type") == "local":
        return Hop(host, source="here")
    matching = _get(tree, host, address, "fibmatch") or chosen
    route = str(matching["dst"])
    if "/" not in route and route != "default":
        route += "/32"
    next_hop = str(chosen.get("gateway", ""))
    interface = str(chosen.get("dev", ""))
    source = _SOURCES.get(str(matching.get("protocol")), "fixed")
    as_path = bgp_next_hop = ""
    if source == "bgp" and host in best:
        as_path, bgp_next_hop = best[host](route) or ("", "")
    # A pod's gateway is nobody's address: its node answers for it, at the other end of the cable.
    link = next((x for x in topology.links_of(host) if x.end(host).interface == interface), None)
    across = link.other(host).host if link is not None else ""
    if across in topology.switches:
        owners = topology.at(next_hop or address)
        across = next((name for name in owners if topology.meeting(host, name)), "")
    problem = "" if across else f"nobody at {next_hop or address} on {interface}"
    return Hop(host, route, next_hop, interface, source, across, as_path, bgp_next_hop, problem)


def _get(tree: ProcessTree, host: str, address: str, *more: str) -> dict[str, Any] | None:
    try:
        told = tree.run(["ip", "-n", host, "-j", "-4", "route", "get", *more, address])
    except LabError:
        return None
    found: list[dict[str, Any]] = json.loads(told or "[]")
    return found[0] if found else None
