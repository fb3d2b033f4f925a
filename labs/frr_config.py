"""FRR's configuration for a host of a topology, as text: pure functions.

Every neighbor has a policy in each direction, since without one nothing passes an eBGP session
(RFC 8212), and a route-map stands before the neighbor that uses it. Against the daemon's defaults a
lab is in a hurry: no wait between two UPDATEs or before the first, a second between two attempts
to connect. Timers of the protocol are the daemon's own unless the topology says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_interface

from labs.stayrtr import PORT
from labs.topology import BFD_MILLISECONDS, BFD_MULTIPLIER, Host, Session, Topology

CONNECT_SECONDS = 1
BFD_PROFILE = "lab"
RPKI_SECONDS = 2


def frr_config(
    topology: Topology,
    host: Host,
    asn: int | None = None,
    more: tuple[str, ...] = (),
    release: str = "frr-8.4",
) -> str:
    """Write bgpd's configuration.

    Args:
        topology: where the host stands.
        host: a host that runs FRR.
        asn: another My Autonomous System than the topology's.
        more: prefixes it announces beyond those of the topology.
        release: which FRR of `labs.packages` it is for; two lines are spelled differently.
    """
    sessions = topology.sessions_of(host.name)
    lines = [
        "frr defaults traditional",
        "log timestamp precision 6",
        "debug bgp neighbor-events",
        "bgp route-map delay-timer 1",
    ]
    if topology.is_declared(host.name):
        return "\n".join(lines) + "\n"  # the rest is what the cluster's objects lead to
    lines += _prefix_lists(topology, host)
    if host.rpki:
        lines += _rpki(topology, host, release)
    for session in sessions:
        lines += _route_maps(session, host)
    lines += [
        f"router bgp {host.asn if asn is None else asn}",
        f" bgp router-id {host.router_id}",
        " coalesce-time 0",
    ]
    if host.cluster_id:
        lines.append(f" bgp cluster-id {host.cluster_id}")
    if host.relax:
        lines.append(" bgp bestpath as-path multipath-relax")
    links = {str(ip_interface(own).network) for own in topology.addresses(host.name)}
    if not {*host.originates, *more} <= links:
        lines.append(" no bgp network import-check")  # it announces what its kernel does not have
    for session in sessions:
        lines += _neighbor(topology, session, host)
    lines.append(" address-family ipv4 unicast")
    lines += [f"  network {prefix}" for prefix in (*host.originates, *more)]
    for session in sessions:
        lines += _family(session, host)
    lines += [" exit-address-family", "exit"]
    return "\n".join(lines) + "\n"


def _prefix_lists(topology: Topology, host: Host) -> Iterator[str]:
    sides = [session.side(host.name) for session in topology.sessions_of(host.name)]
    used = {name for side in sides for name in (*side.sends, *side.accepts)}
    for name in topology.prefixes:
        if name in used:
            for number, entry in enumerate(topology.prefixes[name], start=1):
                yield f"ip prefix-list {name.upper()} seq {5 * number} permit {entry}"


def _rpki(topology: Topology, host: Host, release: str) -> Iterator[str]:
    addresses = topology.meeting(host.name, host.rpki)
    assert addresses is not None  # noqa: S101 - the reader of topologies has checked it
    transport = "" if release == "frr-8.4" else "tcp "
    yield "rpki"
    yield f" rpki polling_period {RPKI_SECONDS}"
    yield f" rpki cache {transport}{addresses[1]} {PORT} preference 1"
    yield "exit"


def _route_maps(session: Session, host: Host) -> Iterator[str]:
    mine, neighbor = session.side(host.name), session.other(host.name).host
    for name, sets in ((f"FROM-{neighbor}", mine.accepts), (f"TO-{neighbor}", mine.sends)):
        if mine.reject_invalid and sets is mine.accepts:
            yield f"route-map {name} deny 5"
            yield " match rpki invalid"
            yield "exit"
        if not sets:
            yield f"route-map {name} deny 10"
        for number, prefixes in enumerate(sets, start=1):
            yield f"route-map {name} permit {10 * number}"
            yield f" match ip address prefix-list {prefixes.upper()}"
            yield "exit"


def _neighbor(topology: Topology, session: Session, host: Host) -> Iterator[str]:
    mine, theirs = session.side(host.name), session.other(host.name)
    neighbor = topology.hosts[theirs.host]
    yield f" neighbor {theirs.address} remote-as {neighbor.asn}"
    yield f" neighbor {theirs.address} description {neighbor.name}"
    if mine.hold is not None:
        yield f" neighbor {theirs.address} timers {mine.keepalive} {mine.hold}"
    yield f" neighbor {theirs.address} timers connect {CONNECT_SECONDS}"
    yield f" neighbor {theirs.address} advertisement-interval 0"
    if mine.passive:
        yield f" neighbor {theirs.address} passive"
    if session.password:
        yield f" neighbor {theirs.address} password {session.password}"
    if session.bfd:
        yield f" neighbor {theirs.address} bfd profile {BFD_PROFILE}"


def _family(session: Session, host: Host) -> Iterator[str]:
    mine, theirs = session.side(host.name), session.other(host.name)
    yield f"  neighbor {theirs.address} route-map FROM-{theirs.host} in"
    yield f"  neighbor {theirs.address} route-map TO-{theirs.host} out"
    if mine.client:
        yield f"  neighbor {theirs.address} route-reflector-client"
    if mine.next_hop_self:
        yield f"  neighbor {theirs.address} next-hop-self"
    if mine.as_override:
        yield f"  neighbor {theirs.address} as-override"
    if mine.max_prefixes is not None:
        yield f"  neighbor {theirs.address} maximum-prefix {mine.max_prefixes}"


def bfdd_config() -> str:
    """Write bfdd's configuration: what every session with BFD asks for."""
    return "\n".join(
        [
            "bfd",
            f" profile {BFD_PROFILE}",
            f"  receive-interval {BFD_MILLISECONDS}",
            f"  transmit-interval {BFD_MILLISECONDS}",
            f"  detect-multiplier {BFD_MULTIPLIER}",
            "",
        ]
    )


def staticd_config(host: Host) -> str:
    """Write staticd's configuration: the host's static routes."""
    return "\n".join(f"ip route {route.prefix} {route.via}" for route in host.routes)
