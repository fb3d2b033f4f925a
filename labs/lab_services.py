"""The Services of a lab as kube-proxy on each node sees them: from a topology and what was done.

Pure: `labs.kube_proxy` writes the rules, `labs.lab_doing` loads them. `read_rules` goes the other
way, from the rules a node's kernel really has to what they do.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import Final

from bgp.snapshot import Translation
from labs.kube_proxy import Endpoint, ProxyNode, ServicePort, TrafficPolicy, ruleset
from labs.pod_server import PORT
from labs.situation import Situation
from labs.topology import Host, Role, Service, Topology

NAMESPACE: Final = "default"
NONE: Final = "none"


def policy_key(service: str) -> str:
    """Name a Service's externalTrafficPolicy in a situation."""
    return f"policy {service}"


def endpoints_key(service: str) -> str:
    """Name a Service's ready endpoints in a situation."""
    return f"endpoints {service}"


def proxied_nodes(topology: Topology) -> list[Host]:
    """Return the nodes on which kube-proxy runs: all, where a Service has pods behind it."""
    if not topology.cluster and not any(service.cluster_ip for service in topology.services):
        return []
    return [host for host in topology.hosts.values() if host.role is Role.NODE]


def rules(topology: Topology, situation: Situation) -> dict[str, str]:
    """Return kube-proxy's rules for each node, by node."""
    ports = [_port(topology, service, situation) for service in topology.services
             if service.cluster_ip]  # fmt: skip
    return {
        node.name: ruleset(
            ProxyNode(
                node.name,
                tuple(address.partition("/")[0] for address in topology.addresses(node.name)),
                node.pod_cidr,
            ),
            ports,
        )
        for node in proxied_nodes(topology)
    }


def _port(topology: Topology, service: Service, situation: Situation) -> ServicePort:
    ready = situation.get(endpoints_key(service.name))
    pods = service.pods if ready is None else () if ready == NONE else tuple(ready.split())
    return ServicePort(
        namespace=NAMESPACE,
        name=service.name,
        port_name="",
        cluster_ip=service.cluster_ip,
        port=PORT,
        endpoints=tuple(_endpoint(topology, pod) for pod in pods),
        load_balancer_ips=(service.address,),
        node_port=service.node_port,
        policy=TrafficPolicy(situation.get(policy_key(service.name)) or service.policy),
    )


def _endpoint(topology: Topology, pod: str) -> Endpoint:
    (link,) = topology.links_of(pod)
    return Endpoint(link.end(pod).address.partition("/")[0], PORT, link.other(pod).host)


_CHAIN: Final = re.compile(r"chain (\S+) \{\n(.*?)\n\t\}", re.DOTALL)
_KEY: Final = re.compile(r"(\d+\.\d+\.\d+\.\d+) \. (\w+) \. (\w+) : (goto \S+|drop)")
_JUMP: Final = re.compile(r"(?:goto|jump) ([^\s,}]+)")
_DNAT: Final = re.compile(r"dnat to (\S+)")
_MARKED: Final = "mark-for-masquerade"
_PORTS: Final = {"http": "80"}
"""nft writes the names of /etc/services where it knows them."""


class Asker(Enum):
    """Who asks a Service, as kube-proxy on a node tells them apart."""

    OUTSIDE = auto()
    POD = auto()
    """A pod of the node."""
    NODE = auto()
    """The node itself."""


def read_rules(text: str, asker: Asker = Asker.OUTSIDE) -> tuple[Translation, ...]:
    """Read what `nft list table ip kube-proxy` prints: where each Service's address leads.

    A pod that asks its own Service, and a node that asks, are masqueraded too; `source` tells what
    befalls a client from elsewhere. externalTrafficPolicy Local is for those outside: a pod and the
    node are led to every endpoint. Yet what the node itself sends is dropped before it is led
    anywhere, where none of them is local.
    """
    chains: dict[str, str] = dict(_CHAIN.findall(text))
    found: dict[str, Translation] = {}
    for address, protocol, port, verdict in _KEY.findall(text):
        service = f"{address}:{_PORTS.get(port, port)}/{protocol}"
        chain = verdict.removeprefix("goto ").rstrip(",")
        endpoints, marked = _follow(chains, chain, asker)
        # a Service that is in both maps is one whose packets are lost here after all
        lost = verdict == "drop" or service in found
        if lost and asker is Asker.POD and service in found:
            continue  # what is forwarded is looked at when it is for an endpoint already
        if lost:
            endpoints = set()
        source = "the node's" if marked and not lost else "kept"
        found[service] = Translation(service, tuple(sorted(endpoints)), source)
    return tuple(found[service] for service in sorted(found))


def _follow(chains: dict[str, str], name: str, asker: Asker) -> tuple[set[str], bool]:
    """Return the endpoints that a chain leads a packet to, and whether it is marked."""
    endpoints: set[str] = set()
    marked = False
    for line in map(str.strip, chains.get(name, "").splitlines()):
        if not _concerns(line, asker):
            continue
        endpoints |= set(_DNAT.findall(line))
        for target in _JUMP.findall(line):
            marked |= target == _MARKED
            further, also = _follow(chains, target, asker)
            endpoints |= further
            marked |= also
        if "goto" in line:
            break  # the lines below are for others
    return endpoints, marked


def _concerns(line: str, asker: Asker) -> bool:
    """Tell whether a rule is for packets of an asker; none here is one that asks itself."""
    if "fib saddr type local" in line:
        return asker is Asker.NODE
    return not line.startswith("ip saddr ") or (asker is Asker.POD and "goto" in line)
