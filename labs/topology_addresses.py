"""Refuse addresses and names of a topology's file that cannot work, by file, line and name.

The kernel and the daemons would take most of them, and a session would never come up. What an
address can be is RFC 1122 section 3.2.1.3; BGP Identifiers are RFC 6286 section 2.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Interface, ip_address, ip_interface
from typing import Final

from labs.toml_file import TomlFile
from labs.topology import Link, Service, Topology

_POINT_TO_POINT: Final = 31  # from this length on a network has no address of its own (RFC 3021)
_THIS_NETWORK: Final = 8  # bits; 0.0.0.0/8 is no host's
_SERVICE_NAME: Final = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")  # RFC 1035 section 2.3.1


def check_addresses(toml: TomlFile, topology: Topology) -> None:
    """Refuse what no host can have, what two have, and what cannot be found.

    Raises:
        LabError: names file, line and address.
    """
    _check_names(toml, topology)
    _check_usable(toml, topology)
    _check_owners(toml, topology)
    _check_ways(toml, topology)
    _check_services(toml, topology)
    _check_identifiers(toml, topology)


def _check_names(toml: TomlFile, topology: Topology) -> None:
    """Refuse a Service's name that a cluster would refuse; kube-proxy's rules have it."""
    for service in topology.services:
        if _SERVICE_NAME.fullmatch(service.name) is None:
            toml.fail(
                f"service.{service.name}",
                "a Service's name has 1 to 63 lower-case letters, digits and hyphens, the first a "
                "letter and the last no hyphen",
            )


def _places(toml: TomlFile, topology: Topology) -> Iterator[tuple[Link, str]]:
    """Yield the links, each with the place in the file that gives its addresses."""
    written = len(toml.array("link"))
    for number, link in enumerate(topology.links):
        pod = link.ends[0].host
        yield link, f"link.{number}.addresses" if number < written else f"pod.{pod}.address"


def _check_usable(toml: TomlFile, topology: Topology) -> None:
    for link, place in _places(toml, topology):
        for end in link.ends:
            if end.address:
                _usable(toml, place, IPv4Interface(end.address))
    for host in topology.hosts.values():
        for own in host.loopbacks:
            _usable(toml, f"host.{host.name}.loopbacks", IPv4Interface(own))
    for service in topology.services:
        for key, address in _virtual(service):
            _usable(toml, f"service.{service.name}.{key}", IPv4Interface(address))


def _usable(toml: TomlFile, place: str, own: IPv4Interface) -> None:
    """Refuse an address that no host can have."""
    if kind := _kind(own.ip):
        toml.fail(place, f"{own.ip} is {kind}: give a host's own address, such as 10.1.1.1")
    if own.network.prefixlen == 0:
        toml.fail(place, f"{own} would hold every address: give a length such as /24")
    if own.network.prefixlen < _POINT_TO_POINT:
        first, last = own.network.network_address, own.network.broadcast_address
        if own.ip in (first, last):
            kind = "names the network" if own.ip == first else "means every host"
            toml.fail(place, f"{own.ip} {kind} in {own.network}: take one of {first + 1} to "
                             f"{last - 1}")  # fmt: skip


def _kind(address: IPv4Address) -> str:
    """Say what an address is that no host has, "" for one that a host may have."""
    if int(address) >> (32 - _THIS_NETWORK) == 0:
        return "no address at all"
    if address.is_loopback:
        return "a loopback address"
    if address.is_multicast:
        return "a multicast address"
    return "a reserved address" if address.is_reserved else ""


def _check_owners(toml: TomlFile, topology: Topology) -> None:
    """Refuse an address of a link that another host has, on a link or as its own."""
    owners: dict[str, str] = {}
    for link, place in _places(toml, topology):
        for end in link.ends:
            address = end.address.partition("/")[0]
            if address and owners.setdefault(address, end.host) != end.host:
                toml.fail(place, f"{address} is the address of {owners[address]} too")
    for host in topology.hosts.values():
        for own in host.loopbacks:  # several hosts may share one, as anycast
            address = own.partition("/")[0]
            if owners.get(address, host.name) != host.name:
                place = f"host.{host.name}.loopbacks"
                toml.fail(place, f"{address} is the address of {owners[address]} too")


def _check_ways(toml: TomlFile, topology: Topology) -> None:
    """Refuse links of one host whose networks make it look for a neighbour on the wrong one."""
    places = {link.names: place for link, place in _places(toml, topology)}
    for host in topology.hosts:
        networks = {
            link: ip_interface(link.end(host).address).network
            for link in topology.links_of(host)
            if link.end(host).address
        }
        for link in reversed(networks):  # the mistake is more often in the later one
            for address in _neighbors(topology, link, host):
                inside = [other for other in networks if ip_address(address) in networks[other]]
                longest = max((networks[other].prefixlen for other in inside), default=0)
                wrong = [
                    other
                    for other in inside
                    if other is not link and networks[other].prefixlen == longest
                ]
                if wrong:
                    to, there = wrong[0].other(host).host, networks[wrong[0]]
                    toml.fail(
                        places[link.names],
                        f"{host} would look for {address} on its link to {to}, in {there}: "
                        "give the two links networks of their own",
                    )


def _neighbors(topology: Topology, link: Link, host: str) -> Iterator[str]:
    """Yield the addresses at the other end of a host's link, or around the switch there."""
    far = link.other(host)
    around = topology.links_of(far.host) if far.host in topology.switches else (link,)
    for near in around:
        end = near.other(far.host) if far.host in topology.switches else far
        if end.host != host and end.address:
            yield end.address.partition("/")[0]


def _virtual(service: Service) -> Iterator[tuple[str, str]]:
    yield "address", service.address
    if service.cluster_ip:
        yield "cluster_ip", service.cluster_ip


def _check_services(toml: TomlFile, topology: Topology) -> None:
    """Refuse a Service that shares an address or a port with a host or another Service."""
    hosts = {
        own.partition("/")[0]: name
        for name, host in topology.hosts.items()
        for own in (*host.loopbacks, *(link.end(name).address for link in topology.links_of(name)))
    }
    owners: dict[str, str] = {}
    ports: dict[int, str] = {}
    for service in topology.services:
        for key, address in _virtual(service):
            place = f"service.{service.name}.{key}"
            if address in hosts:
                toml.fail(place, f"{address} is the address of {hosts[address]} too")
            if address in owners:
                toml.fail(place, f"{address} is {owners[address]} already")
            owners[address] = f"the {key} of the Service {service.name}"
        if service.node_port is not None:
            owner = ports.setdefault(service.node_port, service.name)
            if owner != service.name:
                place = f"service.{service.name}.node_port"
                toml.fail(place, f"{service.node_port} is the port of the Service {owner} already")


def _check_identifiers(toml: TomlFile, topology: Topology) -> None:
    """Refuse a BGP Identifier of zero, and one that two speakers of an AS have."""
    owners: dict[tuple[int, str], str] = {}
    for host in topology.speakers():
        place = f"host.{host.name}.router_id"
        if int(IPv4Address(host.router_id)) == 0:
            toml.fail(place, "a BGP Identifier is not zero: give an address such as 10.0.0.1")
        owner = owners.setdefault((host.asn, host.router_id), host.name)
        if owner != host.name:
            toml.fail(
                place,
                f"{host.router_id} is the BGP Identifier of {owner} too, which is in AS "
                f"{host.asn} as well: no two speakers of one AS have the same",
            )
