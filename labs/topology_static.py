"""Read the static routes of a topology's file: `routes = ["0.0.0.0/0 via 10.1.1.1"]`."""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_interface
from typing import Final

from labs.toml_file import TomlFile, TomlTable, address, prefix
from labs.topology import StaticRoute, Topology

_ROUTE: Final = re.compile(r"(\S+) via (\S+)")


def read_static_routes(table: TomlTable) -> tuple[StaticRoute, ...]:
    """Read the static routes of one host.

    Raises:
        LabError: one is none, or leads to a prefix twice; names file, line and what is wrong.
    """
    found: dict[str, StaticRoute] = {}
    for text in table.texts("routes", []):
        parts = _ROUTE.fullmatch(text)
        to, via = (prefix(parts[1]), address(parts[2])) if parts else (None, None)
        if to is None or via is None:
            table.fail("routes", f"expected routes such as 10.9.0.0/16 via 10.1.1.1, seen {text!r}")
        if to in found:
            table.fail("routes", f"there are two to {to}, and the kernel takes one")
        found[to] = StaticRoute(to, via)
    return tuple(found.values())


def check_static_routes(toml: TomlFile, topology: Topology) -> None:
    """Refuse a route by way of nobody next door, and one that `gateway` has already."""
    for host in topology.hosts.values():
        place = f"host.{host.name}.routes"
        own = [ip_interface(own) for own in topology.addresses(host.name)]
        for route in host.routes:
            via = ip_address(route.via)
            if not any(via in mine.network and via != mine.ip for mine in own):
                toml.fail(place, f"{host.name} has no address in a network with {route.via}")
            if not topology.at(route.via):
                toml.fail(place, f"nobody has the address {route.via}")
            if host.gateway and route.prefix == "0.0.0.0/0":
                toml.fail(place, f"the default route leads to {host.gateway} by gateway already")
