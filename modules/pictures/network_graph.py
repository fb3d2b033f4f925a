"""Who is next to whom in a network: what its picture and its drawing in text are laid out by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from labs.topology import Role, Topology


def neighbors(topology: Topology, host: str) -> dict[str, tuple[str, ...]]:
    """Return the hosts next to a host, each with the switches on the way (one after the other)."""
    found: dict[str, tuple[str, ...]] = {}
    waiting: list[tuple[str, tuple[str, ...]]] = [(host, ())]
    while waiting:
        name, way = waiting.pop(0)
        for link in topology.links_of(name):
            other = link.other(name).host
            if other in topology.switches and other not in way:
                waiting.append((other, (*way, other)))
            elif other in topology.hosts and other != host:
                found.setdefault(other, way)
    return found


def home_of(topology: Topology, pod: str) -> str | None:
    """Return the node that a pod is on; None for a host that is no pod."""
    if topology.hosts[pod].role is not Role.POD:
        return None
    return next((link.other(pod).host for link in topology.links_of(pod)), None)


def layers(topology: Topology) -> dict[str, int]:
    """Return how many links each host is from the client; pods stand with their node.

    Without a client it is counted from the routers, if there are nodes too, else from those with
    the most sessions.
    """
    hosts = [name for name in topology.hosts if home_of(topology, name) is None]
    of_role = {role: [n for n in hosts if topology.hosts[n].role is role] for role in Role}
    routers = of_role[Role.ROUTER] if of_role[Role.NODE] else []
    first = of_role[Role.CLIENT] or routers or _busiest(topology, hosts)
    found, waiting = dict.fromkeys(first, 0), list(first)
    while waiting:
        name = waiting.pop(0)
        for other in neighbors(topology, name):
            if other in hosts and other not in found:
                found[other] = found[name] + 1
                waiting.append(other)
    return {name: found.get(name, 0) for name in hosts}


def _busiest(topology: Topology, hosts: list[str]) -> list[str]:
    """Return the hosts with the most sessions; of equals, all of a switch's, or else the first."""
    sessions = Counter(side.host for session in topology.sessions for side in session.sides)
    most = [name for name in hosts if sessions[name] == max(sessions.values(), default=0)]
    if len(most) < len(hosts):
        return most
    apart = any(set(link.names) <= set(hosts) for link in topology.links)
    return hosts[:1] if apart else hosts


def switch_layers(topology: Topology, at: Mapping[str, int]) -> dict[str, int]:
    """Return for each switch the layer of its hosts that are nearest to the client."""
    found = {}
    for switch in topology.switches:
        members = [at[name] for name in neighbors(topology, switch) if name in at]
        found[switch] = min(members, default=0)
    return found
