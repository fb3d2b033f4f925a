"""A packet's way through a lab, host by host: the kernel's route, and the BGP path behind it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_interface, ip_network
from typing import Any, Final

from bgp.snapshot import Translation
from labs.errors import LabError
from labs.lab_services import Asker
from labs.lab_values import Hop
from labs.process_tree import ProcessTree
from labs.topology import Topology

MOST_HOPS: Final = 16
NAT: Final = "kube-proxy"
_EVERYTHING: Final = "0.0.0.0/0"
_SOURCES: Final = {"bgp": "bgp", "bird": "bgp", "kernel": "connected"}
"""What `ip route` calls whoever told the kernel; anything else was put there for good."""


def kernel_prefixes(tree: ProcessTree, host: str) -> frozenset[str]:
    """Return the prefixes that a host's kernel forwards, as `ip route` writes them."""
    routes: list[dict[str, Any]] = json.loads(tree.run(["ip", "-n", host, "-j", "-4", "route"]))
    return frozenset(route["dst"] for route in routes if route.get("type", "unicast") == "unicast")


@dataclass(frozen=True)
class Tracer:
    """Follows packets.

    Attributes:
        tree: the lab.
        topology: who has which address.
        best: for each host whose daemon can be asked, its AS_PATH and NEXT_HOP for a prefix.
        nat: the Services a host's kernel knows, by address, as it treats packets of an asker.
    """

    tree: ProcessTree
    topology: Topology
    best: Mapping[str, Callable[[str], tuple[str, str] | None]]
    nat: Callable[[str, Asker], Mapping[str, Translation]]

    def trace(self, host: str, address: str) -> Iterator[Hop]:
        """Follow a packet for an address from a host."""
        begin = host
        for _ in range(MOST_HOPS):
            translation = self.nat(host, self._asker(begin, host)).get(address)
            hop = self._routed(host, address) if translation is None else (
                _translated(host, address, translation)
            )  # fmt: skip
            yield hop
            if not hop.to or hop.problem:
                return
            host, address = hop.to, hop.next_hop if hop.source == NAT else address
        yield Hop(host, problem=f"the packet goes round: {MOST_HOPS} hops and not there")

    def _asker(self, begin: str, host: str) -> Asker:
        """Return what a packet that began its way somewhere is to kube-proxy on a host."""
        if begin == host:
            return Asker.NODE
        own = self.topology.hosts[host].pod_cidr
        sources = [ip_interface(source) for source in self.topology.addresses(begin)]
        pod = bool(own) and any(source in ip_network(own) for source in sources)
        return Asker.POD if pod else Asker.OUTSIDE

    def _routed(self, host: str, address: str) -> Hop:
        chosen = self._get(host, address)
        if chosen is None:
            return Hop(host, problem=f"no route to {address}")
        if chosen.get("type") == "local":
            return Hop(host, source="here")
        matching = self._get(host, address, "fibmatch") or chosen
        route = str(matching["dst"])
        if "/" not in route and route != "default":
            route += "/32"
        next_hop = str(chosen.get("gateway", ""))
        interface = str(chosen.get("dev", ""))
        source = _SOURCES.get(str(matching.get("protocol")), "fixed")
        as_path = bgp_next_hop = ""
        if source == "bgp" and host in self.best:
            prefix = _EVERYTHING if route == "default" else route
            as_path, bgp_next_hop = self.best[host](prefix) or ("", "")
        to = self._across(host, interface, next_hop or address)
        problem = "" if to else f"nobody at {next_hop or address} on {interface}"
        return Hop(host, route, next_hop, interface, source, to, as_path, bgp_next_hop, problem)

    def _across(self, host: str, interface: str, address: str) -> str:
        """Return who gets a packet for an address that leaves by an interface, "" for nobody."""
        links = self.topology.links_of(host)
        link = next((link for link in links if link.end(host).interface == interface), None)
        across = link.other(host).host if link is not None else ""
        if across not in self.topology.switches:
            return across  # a pod's gateway is nobody's address: its node has the other end
        owners = self.topology.at(address)
        return next((name for name in owners if self.topology.meeting(host, name)), "")

    def _get(self, host: str, address: str, *more: str) -> dict[str, Any] | None:
        try:
            told = self.tree.run(["ip", "-n", host, "-j", "-4", "route", "get", *more, address])
        except LabError:
            return None
        found: list[dict[str, Any]] = json.loads(told or "[]")
        return found[0] if found else None


def _translated(host: str, address: str, service: Translation) -> Hop:
    """Rewrite the destination as kube-proxy does, which picks at random: here the first pod."""
    if not service.endpoints:
        problem = f"kube-proxy has no endpoint for {service.service} here"
        return Hop(host, f"{address}/32", source=NAT, problem=problem)
    endpoint, *others = (place.partition(":")[0] for place in service.endpoints)
    return Hop(host, f"{address}/32", endpoint, source=NAT, to=host, others=tuple(others))
