"""The cables of a lab: `ip` commands that lay a topology out, and those that break and mend a link.

Every link is a veth pair, a switch is a bridge in a namespace of its own, a pod hangs on its node
as Calico hangs it: an address of its own, a route to it, and a gateway that is nobody's address
but the node's end of the cable, by its hardware address. Nothing here runs anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from labs.errors import LabError
from labs.topology import End, Host, Link, Role, Topology
from labs.topology_file import POD_GATEWAY

BRIDGE: Final = "br0"
_NODE_END: Final = "ee:ee:ee:ee:ee:ee"
"""Hardware address of a node's end of a pod's cable; the one Calico gives it."""
_SETTINGS: Final = (
    "net.ipv4.ip_forward=1",
    "net.ipv4.fib_multipath_hash_policy=1",  # ECMP by port too: one client sees every path
    "net.ipv4.conf.all.rp_filter=0",  # an answer may come back by another way
    "net.ipv4.conf.default.rp_filter=0",
    "net.ipv4.conf.all.send_redirects=0",
    "net.ipv4.conf.default.send_redirects=0",
)

CROWD: Final = 20
"""Hosts on one switch that may still learn each other's hardware address by asking."""
_ALL: Final = 100  # percent
_BURST, _LATENCY = "16kb", "50ms"
"""A limited link sends this much at once, and keeps a packet this long before it loses it."""

DROPS: Final = {
    "all": ("",),
    "tcp": ("meta l4proto tcp ",),
    "bgp": ("tcp dport 179 ", "tcp sport 179 "),
    "icmp": ("meta l4proto icmp ",),
}
"""What a link can be made to lose, and how nftables tells it apart."""


def lay(topology: Topology) -> Iterator[str]:
    """Return the commands that make every host, link, address and route."""
    for name in (*topology.hosts, *topology.switches):
        yield f"ip netns add {name}"
        yield f"ip -n {name} link set lo up"
    for switch in topology.switches:
        yield f"ip -n {switch} link add {BRIDGE} type bridge"
        yield f"ip -n {switch} link set {BRIDGE} up"
    for host in topology.hosts.values():
        if host.role in (Role.ROUTER, Role.NODE):
            yield f"nsenter --net=/run/netns/{host.name} sysctl -qw {' '.join(_SETTINGS)}"
    for link in topology.links:
        yield from _cable(topology, link)
    for host in topology.hosts.values():
        on_links = {link.end(host.name).address for link in topology.links_of(host.name)}
        for address in topology.addresses(host.name):
            if address not in on_links:
                yield f"ip -n {host.name} addr add {address} dev lo"
    for host in topology.hosts.values():
        yield from routes(topology, host)


def _cable(topology: Topology, link: Link) -> Iterator[str]:
    one, other = link.ends
    yield (
        f"ip -n {one.host} link add {one.interface} mtu {link.mtu} type veth peer name "
        f"{other.interface} mtu {link.mtu} netns {other.host}"
    )
    for end in link.ends:
        if end.address:
            yield f"ip -n {end.host} addr add {end.address} dev {end.interface}"
        if end.host in topology.switches:
            yield f"ip -n {end.host} link set {end.interface} master {BRIDGE}"
        else:
            if _is_crowded(topology, link):
                hardware = hardware_address(end.address)
                yield f"ip -n {end.host} link set {end.interface} address {hardware}"
            # One packet a segment: a packet that veth leaves to be cut later ignores every MTU.
            yield f"ip -n {end.host} link set {end.interface} gso_max_segs 1"
        yield f"ip -n {end.host} link set {end.interface} up"


def hardware_address(address: str) -> str:
    """Return the hardware address of a host at a crowded switch: made of its IPv4 address."""
    octets = address.partition("/")[0].split(".")
    return ":".join(("02", "00", *(f"{int(octet):02x}" for octet in octets)))


def _hosts_of(topology: Topology, switch: str) -> list[End]:
    return [link.other(switch) for link in topology.links_of(switch) if link.other(switch).address]


def _is_crowded(topology: Topology, link: Link) -> bool:
    switch = next((name for name in link.names if name in topology.switches), None)
    return switch is not None and len(_hosts_of(topology, switch)) > CROWD


def introductions(topology: Topology) -> dict[str, str]:
    """Return, for each host of a crowded switch, an `ip -batch` that names all its neighbors.

    The kernel keeps about a thousand learned addresses for all network namespaces of a machine
    together, its own among them (net.ipv4.neigh.default.gc_thresh3); those set for good do not
    count. Without this a lab of forty routers on one switch would disturb its host.
    """
    batches: dict[str, str] = {}
    for switch in topology.switches:
        ends = _hosts_of(topology, switch)
        for mine in ends if len(ends) > CROWD else ():
            batches[mine.host] = batches.get(mine.host, "") + "".join(
                f"neigh replace {theirs.address.partition('/')[0]} dev {mine.interface} "
                f"lladdr {hardware_address(theirs.address)} nud permanent\n"
                for theirs in ends
                if theirs != mine
            )
    return batches


def routes(topology: Topology, host: Host) -> Iterator[str]:
    """Return the commands for a host's fixed routes, which its interfaces take with them."""
    if host.role is Role.POD:
        yield f"ip -n {host.name} route replace {POD_GATEWAY} dev eth0"
        yield f"ip -n {host.name} neigh replace {POD_GATEWAY} lladdr {_NODE_END} dev eth0"
        yield f"ip -n {host.name} route replace default via {POD_GATEWAY} dev eth0"
    elif host.gateway:
        addresses = topology.meeting(host.name, host.gateway)
        if addresses is None:
            raise LabError(f"{host.name} has no network in common with its gateway {host.gateway}")
        yield f"ip -n {host.name} route replace default via {addresses[1]}"
    yield from _written_down(topology, host)
    for link in topology.links_of(host.name):
        pod = topology.hosts.get(link.other(host.name).host)
        if host.role is Role.NODE and pod is not None and pod.role is Role.POD:
            address = link.end(pod.name).address.partition("/")[0]
            interface = link.end(host.name).interface
            yield f"ip -n {host.name} link set {interface} address {_NODE_END}"
            yield f"ip -n {host.name} route replace {address} dev {interface}"


def _written_down(topology: Topology, host: Host) -> Iterator[str]:
    """Return the commands for the static routes of a file, and between nodes for pods."""
    if host.daemon != "frr":  # FRR's staticd looks after its own
        for route in host.routes:
            yield f"ip -n {host.name} route replace {route}"
    if topology.node_routes and host.role is Role.NODE:
        for other in topology.hosts.values():
            next_door = topology.meeting(host.name, other.name)
            if other.role is Role.NODE and other.pod_cidr and other != host and next_door:
                yield f"ip -n {host.name} route replace {other.pod_cidr} via {next_door[1]}"


def hang_pod(pod: str, address: str, node: str, interface: str) -> Iterator[str]:
    """Return the commands that make a pod's namespace and hang it on its node, as `lay` would.

    Args:
        pod: the namespace.
        address: the pod's, without length.
        node: the node's namespace.
        interface: the node's end of the cable.
    """
    yield f"ip netns add {pod}"
    yield (
        f"ip -n {node} link add {interface} mtu 1500 address {_NODE_END} type veth peer name eth0 "
        f"mtu 1500 netns {pod}"
    )
    yield f"printf '%s\\n' {' '.join(map(repr, _inside_pod(address)))} | ip -n {pod} -batch -"
    yield (
        f"printf '%s\\n' 'link set {interface} up' 'route replace {address} dev {interface}' | "
        f"ip -n {node} -batch -"
    )


def _inside_pod(address: str) -> Iterator[str]:
    yield "link set lo up"
    yield f"addr add {address}/32 dev eth0"
    yield "link set eth0 up"
    yield f"route replace {POD_GATEWAY} dev eth0"
    yield f"neigh replace {POD_GATEWAY} lladdr {_NODE_END} dev eth0"
    yield f"route replace default via {POD_GATEWAY} dev eth0"


def unhang_pod(pod: str, node: str, interface: str) -> Iterator[str]:
    """Return the commands that take a pod's namespace away; its connections end with it."""
    yield f"ip -n {node} link del {interface} || true"
    yield f"ip netns del {pod} || true"


def cut(topology: Topology, link: Link) -> Iterator[str]:
    """Return the commands that cut a link: one end is set down, the other loses its carrier.

    The end set down is the switch's where there is one, else the second host's of the file.
    """
    end = _breaking_end(topology, link)
    yield f"ip -n {end} link set {link.end(end).interface} down"


def mend(topology: Topology, link: Link) -> Iterator[str]:
    """Return the commands that make a link whole again."""
    for end in link.ends:
        yield f"ip -n {end.host} link set {end.interface} mtu {link.mtu}"
        yield f"ip -n {end.host} link set {end.interface} up"
    for end in link.ends:
        if end.host in topology.hosts:
            yield from routes(topology, topology.hosts[end.host])


def own_addresses(topology: Topology, host: str) -> Iterator[str]:
    """Return the command that takes from a host each IPv4 address the topology does not give it.

    zebra leaves those it was told to set where they are when it ends.
    """
    own = " ".join(("127.0.0.1/8", *topology.addresses(host)))
    yield (
        f"ip -n {host} -o -4 address show | while read -r _ interface _ address _; do "
        f'case " {own} " in *" $address "*) ;; '
        f'*) ip -n {host} address del "$address" dev "$interface" ;; esac; done'
    )


def narrow(topology: Topology, link: Link, octets: int) -> Iterator[str]:
    """Return the commands that set the MTU of a link between two hosts, which both know it then."""
    if not _at_switches(topology, link):
        for end in link.ends:
            yield f"ip -n {end.host} link set {end.interface} mtu {octets}"


def refusing(topology: Topology, link: Link, octets: int | None) -> dict[str, str]:
    """Return, for each switch of a link, nftables rules that drop what is too large for its port.

    A real switch says nothing of it, and the hosts do not notice. An MTU set on the port would not
    do: the kernel tells the sender of a veth pair when the other end refuses its packet.

    Args:
        topology: which of the ends are switches.
        link: the link.
        octets: the port's MTU; None takes the rules back.
    """
    rules = {}
    for end in _at_switches(topology, link):
        table = f"table bridge mtu-{end.interface}"
        rules[end.host] = f"{table}\ndelete {table}\n"
        if octets is not None:
            rules[end.host] += (
                f"{table} {{\nchain passing {{\ntype filter hook forward priority 0\n"
                f'iifname "{end.interface}" meta length > {octets} drop\n'
                f'oifname "{end.interface}" meta length > {octets} drop\n}}\n}}\n'
            )
    return rules


def limiting(link: Link, kilobits: int) -> Iterator[str]:
    """Return the commands that let a link carry so many kilobits a second each way."""
    for end in link.ends:
        tbf = f"tbf rate {kilobits}kbit burst {_BURST} latency {_LATENCY}"
        yield f"tc -n {end.host} qdisc replace dev {end.interface} root {tbf}"


def limiting_nothing(link: Link) -> Iterator[str]:
    """Return the commands that take `limiting` back."""
    for end in link.ends:
        yield f"tc -n {end.host} qdisc del dev {end.interface} root"


def losing(link: Link, what: str | None, percent: int = 100) -> dict[str, str]:
    """Return, for each end's host, nftables rules that drop what arrives over the link.

    Args:
        link: the link.
        what: one of `DROPS`; None takes the rules back.
        percent: the share that is lost.
    """
    some = "" if percent == _ALL else f"numgen random mod {_ALL} < {percent} "
    rules = {}
    for end in link.ends:
        table = f"table netdev lose-{end.interface}"
        rules[end.host] = f"{table}\ndelete {table}\n"
        if what is not None:
            rules[end.host] += (
                f"{table} {{\nchain arriving {{\n"
                f'type filter hook ingress device "{end.interface}" priority 0\n'
                + "\n".join(f"{match}{some}drop" for match in DROPS[what])
                + "\n}\n}\n"
            )
    return rules


def _at_switches(topology: Topology, link: Link) -> list[End]:
    return [end for end in link.ends if end.host in topology.switches]


def _breaking_end(topology: Topology, link: Link) -> str:
    for name in link.names:
        if name in topology.switches:
            return name
    return link.names[1]
