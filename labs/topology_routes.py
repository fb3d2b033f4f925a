"""What every speaker of a topology hears when all is well: a pure function of policies and rules.

It follows what each side sends and accepts, and the rules that keep a route from going round:
AS_PATH (RFC 4271 section 9.1.2), iBGP and reflection (RFC 4271 section 9.2, RFC 4456 sections 6
and 8). It knows nothing of preference: it tells what is heard, by any way.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, replace

from labs.roas import Validity, validity
from labs.topology import Host, Session, Topology


@dataclass(frozen=True)
class _Heard:
    """A route as one speaker has it."""

    prefix: str
    origin: str  # the host that announced it first
    as_path: tuple[int, ...] = ()
    clusters: tuple[str, ...] = ()
    inside: bool = False  # heard over iBGP
    client: bool = False  # heard from a client of this speaker


def expected_routes(topology: Topology) -> dict[str, frozenset[str]]:
    """Return the prefixes each speaker learns from its neighbors when everything is up."""
    heard: dict[str, set[_Heard]] = {host.name: set() for host in topology.speakers()}
    waiting = [
        (host.name, _Heard(prefix, host.name))
        for host in topology.speakers()
        for prefix in host.originates
    ]
    while waiting:
        host, route = waiting.pop()
        for session in topology.sessions_of(host):
            passed = _pass_on(topology, session, host, route)
            neighbor = session.other(host).host
            if passed is not None and passed not in heard[neighbor]:
                heard[neighbor].add(passed)
                waiting.append((neighbor, passed))
    return {
        host: frozenset(route.prefix for route in routes) - {*topology.hosts[host].originates}
        for host, routes in heard.items()
    }


def _pass_on(topology: Topology, session: Session, host: str, route: _Heard) -> _Heard | None:
    """Return the route as the other side has it, None when it does not get there."""
    mine, theirs = session.side(host), session.other(host)
    sender, receiver = topology.hosts[host], topology.hosts[theirs.host]
    for policy in (mine.sends, theirs.accepts):
        if not any(within(route.prefix, topology.prefixes[name]) for name in policy):
            return None
    if sender.asn == receiver.asn:
        return _pass_on_inside(session, sender, receiver, route)
    as_path = route.as_path
    if mine.as_override:
        as_path = tuple(sender.asn if asn == receiver.asn else asn for asn in as_path)
    as_path = (sender.asn, *as_path)
    roas = topology.hosts[receiver.rpki].roas if theirs.reject_invalid else ()
    refused = validity(route.prefix, as_path[-1], roas) is Validity.INVALID
    if refused or receiver.asn in as_path:
        return None
    return _Heard(route.prefix, route.origin, as_path)


def _pass_on_inside(session: Session, sender: Host, receiver: Host, route: _Heard) -> _Heard | None:
    """Pass a route on over iBGP, by the rules of reflection."""
    if route.inside and not (route.client or session.side(sender.name).client):
        return None  # what iBGP told, iBGP is not told again
    clusters = route.clusters
    if route.inside:
        clusters = (sender.cluster_id or sender.router_id, *clusters)
    own = receiver.cluster_id or receiver.router_id
    if receiver.name == route.origin or own in clusters:
        return None
    client = session.side(receiver.name).client
    return replace(route, clusters=clusters, inside=True, client=client)


def within(prefix: str, entries: Iterable[str]) -> bool:
    """Tell whether a prefix matches one of a prefix set's entries."""
    network = ipaddress.IPv4Network(prefix)
    for entry in entries:
        base, _, longest = entry.partition(" le ")
        outer = ipaddress.IPv4Network(base)
        if network.subnet_of(outer) and network.prefixlen <= int(longest or outer.prefixlen):
            return True
    return False
