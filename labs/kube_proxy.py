"""kube-proxy's rules for one node, in the shape kube-proxy itself gives them in nftables mode.

Learners read these rules in a lab as they will read them at work: the same table, the same chains,
sets and maps, names made the same way. Source of the shape: kubernetes/kubernetes,
pkg/proxy/nftables/README.md and proxier.go.

Left out of kube-proxy's repertoire: session affinity, loadBalancerSourceRanges, internal traffic
policy Local, topology hints, IPv6. The real one edits its table step by step; this text replaces it
whole, in one transaction, which connections under way do not notice (their NAT is in conntrack).
"""

import base64
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

TABLE: Final = "kube-proxy"
MARK: Final = "0x00004000"
"""The bit of a packet's mark that asks for masquerading (kube-proxy's --masquerade-bit 14)."""
NAME_LIMIT: Final = 240  # characters after the prefix; nftables takes names below 256


class TrafficPolicy(StrEnum):
    """A Service's externalTrafficPolicy: which endpoints outside traffic may reach."""

    CLUSTER = "Cluster"
    LOCAL = "Local"


@dataclass(frozen=True)
class Endpoint:
    """One ready endpoint: a pod's address and port, and the node it runs on."""

    address: str
    port: int
    node: str


@dataclass(frozen=True)
class ServicePort:
    """One port of a Service with what it leads to.

    Attributes:
        namespace: of the Service.
        name: of the Service.
        port_name: name of the port, "" for the only one.
        cluster_ip: the Service's ClusterIP.
        port: where clients connect to.
        endpoints: the ready ones, on any node.
        load_balancer_ips: addresses from `status.loadBalancer`.
        node_port: the port on every node's own address, None without one.
        policy: externalTrafficPolicy.
        protocol: `tcp` or `udp`.
    """

    namespace: str
    name: str
    port_name: str
    cluster_ip: str
    port: int
    endpoints: tuple[Endpoint, ...] = ()
    load_balancer_ips: tuple[str, ...] = ()
    node_port: int | None = None
    policy: TrafficPolicy = TrafficPolicy.CLUSTER
    protocol: str = "tcp"

    @property
    def base(self) -> str:
        """What the names of this port's chains end in."""
        told = f"{self.namespace}/{self.name}" + (f":{self.port_name}" if self.port_name else "")
        readable = f"{self.namespace}/{self.name}/{self.protocol}/{self.port_name}"
        return f"{_hash(told + self.protocol)}-{readable}"[:NAME_LIMIT]

    def endpoint_chain(self, endpoint: Endpoint) -> str:
        """Name the chain that leads to one endpoint."""
        place = f"{endpoint.address}/{endpoint.port}"
        readable = f"{self.namespace}/{self.name}/{self.protocol}/{self.port_name}__{place}"
        told = f"{readable}:{place}"
        return f"endpoint-{_hash(told)}-{readable}"[:NAME_LIMIT]

    @property
    def outside(self) -> tuple[str, ...]:
        """The keys of the map `service-ips` that outside clients use."""
        return tuple(self.key(address) for address in self.load_balancer_ips)

    def key(self, address: str) -> str:
        """Return `address . protocol . port` as a key of a map."""
        return f"{address} . {self.protocol} . {self.port}"


@dataclass(frozen=True)
class ProxyNode:
    """The node the rules are for: its name, its own addresses, its pods' prefix."""

    name: str
    addresses: tuple[str, ...]
    pod_cidr: str


def ruleset(node: ProxyNode, services: Iterable[ServicePort]) -> str:
    """Return the whole table for a node as text for `nft -f`.

    Args:
        node: where the rules will stand.
        services: every port of every Service of the cluster, in any order.
    """
    ports = sorted(services, key=lambda port: (port.namespace, port.name, port.port_name))
    body = [
        *_maps(node, ports),
        *_BASE_CHAINS,
        *(chain for port in ports if port.endpoints for chain in _service_chains(node, port)),
    ]
    lines = [f"add table ip {TABLE}", f"delete table ip {TABLE}", f"table ip {TABLE} {{"]
    lines += [f'\tcomment "rules for {TABLE}"', *body, "}"]
    return "\n".join(lines) + "\n"


_BASE_CHAINS: Final = (
    """\
	chain nat-prerouting {
		type nat hook prerouting priority dstnat; policy accept;
		jump services
	}
	chain nat-output {
		type nat hook output priority -100; policy accept;
		jump services
	}
	chain nat-postrouting {
		type nat hook postrouting priority srcnat; policy accept;
		jump masquerading
	}
	chain filter-input {
		type filter hook input priority filter; policy accept;
		ct state new jump nodeport-endpoints-check
		ct state new jump service-endpoints-check
	}
	chain filter-forward {
		type filter hook forward priority filter; policy accept;
		ct state new jump service-endpoints-check
		ct state new jump cluster-ips-check
	}
	chain filter-output {
		type filter hook output priority -110; policy accept;
		ct state new jump service-endpoints-check
	}
	chain filter-output-post-dnat {
		type filter hook output priority -90; policy accept;
		ct state new jump cluster-ips-check
	}
	chain services {
		ip daddr . meta l4proto . th dport vmap @service-ips
		ip daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports
	}
	chain service-endpoints-check {
		ip daddr . meta l4proto . th dport vmap @no-endpoint-services
	}
	chain nodeport-endpoints-check {
		ip daddr @nodeport-ips meta l4proto . th dport vmap @no-endpoint-nodeports
	}
	chain cluster-ips-check {
		ip daddr @cluster-ips reject comment "Reject traffic to invalid ports of ClusterIPs"
	}
	chain reject-chain {
		reject
	}""",
    f"""\
	chain mark-for-masquerade {{
		meta mark set meta mark or {MARK}
	}}
	chain masquerading {{
		meta mark and {MARK} == 0 return
		meta mark set meta mark xor {MARK}
		masquerade fully-random
	}}""",
)
"""What is there whatever the Services are."""

_IP_MAP: Final = "ipv4_addr . inet_proto . inet_service : verdict"
_NODEPORT_MAP: Final = "inet_proto . inet_service : verdict"


def _maps(node: ProxyNode, ports: Sequence[ServicePort]) -> Iterator[str]:
    """Yield the sets and maps by which packets find their Service's chain."""
    reached = [port for port in ports if port.endpoints]
    lost = [port for port in ports if not port.endpoints]
    dry = [
        port for port in reached if port.policy is TrafficPolicy.LOCAL and not _local(node, port)
    ]
    yield _set("cluster-ips", "ipv4_addr", sorted({port.cluster_ip for port in ports}))
    yield _set("nodeport-ips", "ipv4_addr", node.addresses)
    yield _map(
        "service-ips",
        _IP_MAP,
        [
            *(f"{port.key(port.cluster_ip)} : goto service-{port.base}" for port in reached),
            *(f"{key} : goto external-{port.base}" for port in reached for key in port.outside),
        ],
    )
    yield _map(
        "service-nodeports",
        _NODEPORT_MAP,
        [
            f"{port.protocol} . {port.node_port} : goto external-{port.base}"
            for port in reached
            if port.node_port
        ],
    )
    yield _map(
        "no-endpoint-services",
        _IP_MAP,
        [
            *(
                f"{key} : goto reject-chain"
                for port in lost
                for key in (port.key(port.cluster_ip), *port.outside)
            ),
            *(f"{key} : drop" for port in dry for key in port.outside),
        ],
    )
    yield _map(
        "no-endpoint-nodeports",
        _NODEPORT_MAP,
        [
            f"{port.protocol} . {port.node_port} : {verdict}"
            for found, verdict in ((lost, "goto reject-chain"), (dry, "drop"))
            for port in found
            if port.node_port
        ],
    )


def _service_chains(node: ProxyNode, port: ServicePort) -> Iterator[str]:
    """Yield the chains of one port: its endpoints, its ClusterIP, its outside addresses."""
    for endpoint in port.endpoints:
        yield _chain(
            port.endpoint_chain(endpoint),
            f"ip saddr {endpoint.address} jump mark-for-masquerade",
            f"meta l4proto {port.protocol} dnat to {endpoint.address}:{endpoint.port}",
        )
    yield _chain(
        f"service-{port.base}",
        f"ip daddr {port.cluster_ip} {port.protocol} dport {port.port} "
        f"ip saddr != {node.pod_cidr} jump mark-for-masquerade",
        _choose(port, port.endpoints),
    )
    if not port.load_balancer_ips and not port.node_port:
        return
    if port.policy is TrafficPolicy.CLUSTER:
        yield _chain(
            f"external-{port.base}", "jump mark-for-masquerade", f"goto service-{port.base}"
        )
        return
    local = _local(node, port)
    if local:
        yield _chain(f"local-{port.base}", _choose(port, local))
    yield _chain(
        f"external-{port.base}",
        f'ip saddr {node.pod_cidr} goto service-{port.base} comment "short-circuit pod traffic"',
        'fib saddr type local jump mark-for-masquerade comment "masquerade local traffic"',
        f'fib saddr type local goto service-{port.base} comment "short-circuit local traffic"',
        *([f"goto local-{port.base}"] if local else []),
    )


def _local(node: ProxyNode, port: ServicePort) -> tuple[Endpoint, ...]:
    return tuple(endpoint for endpoint in port.endpoints if endpoint.node == node.name)


def _choose(port: ServicePort, endpoints: Sequence[Endpoint]) -> str:
    """Return the rule that picks one endpoint at random, for each new connection."""
    choices = [f"{n} : goto {port.endpoint_chain(e)}" for n, e in enumerate(endpoints)]
    return f"numgen random mod {len(endpoints)} vmap {{ {', '.join(choices)} }}"


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return base64.b32encode(digest).decode()[:8]


def _chain(name: str, *rules: str) -> str:
    return "\n".join([f"\tchain {name} {{", *(f"\t\t{rule}" for rule in rules), "\t}"])


def _set(name: str, kind: str, elements: Sequence[str]) -> str:
    return _container("set", name, kind, elements)


def _map(name: str, kind: str, elements: Sequence[str]) -> str:
    return _container("map", name, kind, elements)


def _container(what: str, name: str, kind: str, elements: Sequence[str]) -> str:
    held = [f"\t\telements = {{ {', '.join(elements)} }}"] if elements else []
    return "\n".join([f"\t{what} {name} {{", f"\t\ttype {kind}", *held, "\t}"])
