"""Read a topology from its file, and refuse a mistake by file, line and name.

The format is TOML: `[host.NAME]`, `[switch.NAME]`, `[pod.NAME]`, `[service.NAME]`, `[prefixes]`,
and a `[[link]]` or `[[session]]` each. Every file in `labs/topologies` is an example of it, and
`labs.topology` says what each word means. A session's policies are a table per end, under its name.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from labs.errors import LabError
from labs.kube_proxy import TrafficPolicy
from labs.roas import Roa, read_roa
from labs.toml_file import TomlFile, TomlTable, interface, prefix
from labs.topology import End, Host, Link, Role, Service, Topology
from labs.topology_addresses import check_addresses
from labs.topology_limits import limit
from labs.topology_sessions import check_sessions, read_session
from labs.topology_static import check_static_routes, read_static_routes

FOLDER: Final = Path(__file__).parent / "topologies"
DAEMONS: Final[Mapping[str, tuple[str, ...]]] = {
    "frr": ("frr-8.4", "frr-10"),
    "frr-8.4": ("frr-8.4",),
    "frr-10": ("frr-10",),
    "newest frr": ("frr-10", "frr-8.4"),
    "bird": ("bird",),
    "bird-1.6": ("bird-1.6",),
    "gobgp": ("gobgp",),
}
"""What a host may run, and which daemons of `labs.packages` that means, the first choice first."""
POLICIES: Final = tuple(policy.value for policy in TrafficPolicy)
POD_GATEWAY: Final = "169.254.1.1"
"""A pod's default route leads to this address, which nobody has, as with Calico."""

_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,14}")  # an interface's name has at most 15 characters
_TAKEN: Final = ("lo", "all", "default")  # words of the kernel
_SET_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,30}")
_ENTRY: Final = re.compile(r"(\S+?)(?: le (\d{1,2}))?")
_AS_LIMIT: Final = 2**32 - 1
_ENDS: Final = 2
_NODE_PORTS: Final = range(30000, 32768)
_MTU: Final = range(576, 9217)
_KINDS: Final = ("host", "switch", "pod", "service", "link", "session")
_SPOKEN: Final = ("asn", "router_id", "originates", "blocks", "cluster_id", "relax", "rpki")
"""Words about a host that mean something only with a BGP daemon."""


def known() -> tuple[str, ...]:
    """Return the names of the topologies that ship with the course."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


def load(name: str | Path) -> Topology:
    """Read a topology by the name it ships under, or by the path of a file.

    Raises:
        LabError: there is none, or it has a mistake; names file, line and what is wrong.
    """
    path = Path(name)
    if isinstance(name, str) and path.suffix != ".toml":
        path = FOLDER / f"{name}.toml"
        if name not in known():
            raise LabError(
                f"no topology is called {name!r}; there are {', '.join(known())}, or give the "
                "path of a file that ends in .toml"
            )
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LabError(f"{path} cannot be read as a topology: {error}") from error
    return parse(text, path.name)


def parse(text: str, file: str) -> Topology:
    """Read a topology from text; `file` is what an error calls it.

    Raises:
        LabError: it has a mistake; names file, line and what is wrong.
    """
    toml = TomlFile(text, file)
    whole = toml.whole()
    whole.only("title", "node_routes", "prefixes", "cluster", *_KINDS)
    title = whole.text("title", "one line that says what the topology shows")
    hosts = {name: _host(name, table) for name, table in toml.tables("host").items()}
    if not hosts:
        toml.fail("host", "a topology needs hosts: begin with [host.NAME]")
    switches = tuple(toml.tables("switch"))
    for name, table in toml.tables("switch").items():
        _check_name(table, name, hosts)
        table.only()
    links = [_link(table, hosts, switches) for table in toml.array("link")]
    _check_links(toml, links)
    nodes = [host.name for host in hosts.values() if host.role is Role.NODE]
    for name, table in toml.tables("pod").items():
        _check_name(table, name, {*hosts, *switches})
        hosts[name], link = _pod(name, table, nodes)
        links.append(link)
    topology = Topology(
        name=file.removesuffix(".toml"),
        title=title,
        hosts=hosts,
        switches=switches,
        links=tuple(links),
        sessions=(),
        prefixes=_prefix_sets(toml.table("prefixes")),
        services=tuple(_service(n, t, hosts) for n, t in toml.tables("service").items()),
        node_routes=whole.flag("node_routes"),
        cluster=_cluster(toml.table("cluster")),
    )
    _check_cluster(toml, topology)
    check_addresses(toml, topology)
    _check_gateways(toml, topology)
    _check_validators(toml, topology)
    check_static_routes(toml, topology)
    sessions = tuple(read_session(table, topology) for table in toml.array("session"))
    check_sessions(toml, sessions)
    return replace(topology, sessions=sessions)


def _check_name(table: TomlTable, name: str, others: Collection[str] = ()) -> None:
    """Refuse a name that cannot be an interface's, or that is taken."""
    if _NAME.fullmatch(name) is None or name in _TAKEN:
        table.file.fail(
            table.place,
            "a name has 1 to 15 lower-case letters, digits and hyphens, the first a letter, and "
            f"is none of {', '.join(_TAKEN)}",
        )
    if name in others:
        table.file.fail(table.place, f"the name {name!r} is taken")


def _cluster(table: TomlTable) -> str:
    """Read which integration a cluster runs, "" for no cluster."""
    table.only("integration")
    return table.text("integration", "the name of an integration", "" if not table.data else None)


def _check_cluster(toml: TomlFile, topology: Topology) -> None:
    """Refuse a cluster whose nodes lack what its objects need."""
    for host in topology.nodes() if topology.cluster else ():
        if host.daemon != "frr":
            toml.fail(f"host.{host.name}", "the daemon of a cluster's node is frr")
        if not host.pod_cidr:
            toml.fail(f"host.{host.name}", "a cluster's node has a pod_cidr")
    if topology.cluster and (
        topology.services or any(host.role is Role.POD for host in topology.hosts.values())
    ):
        toml.fail("cluster", "a cluster's pods and Services are objects: take them out of the file")


def _prefix_sets(table: TomlTable) -> dict[str, tuple[str, ...]]:
    """Read the named sets of prefixes."""
    for name in table.data:
        if _SET_NAME.fullmatch(name) is None:
            table.fail(name, "a set's name has lower-case letters, digits and underscores")
        for entry in table.texts(name):
            found = _ENTRY.fullmatch(entry)
            if found is None or prefix(found[1]) is None or not _longer(found):
                table.fail(
                    name,
                    "expected a prefix, or a prefix and the longest within it that is meant, such "
                    f"as 10.244.0.0/16 le 32; seen {entry!r}",
                )
    return {name: table.texts(name) for name in table.data}


def _longer(entry: re.Match[str]) -> bool:
    length = int(entry[1].partition("/")[2] or 32)
    return entry[2] is None or length <= int(entry[2]) <= 32  # noqa: PLR2004 - IPv4's longest


def _host(name: str, table: TomlTable) -> Host:
    _check_name(table, name)
    table.only("role", "daemon", *_SPOKEN, "gateway", "routes", "loopbacks", "pod_cidr", "roas")
    role = Role(table.one_of("role", [role.value for role in Role if role is not Role.POD]))
    spoken = "daemon" in table.data
    if not spoken:
        for key in _SPOKEN:
            if key in table.data:
                table.fail(key, "a host without a daemon does not speak BGP")
    daemons = DAEMONS[table.one_of("daemon", DAEMONS)] if spoken else ()
    for key in _SPOKEN:
        if key in table.data and (why := limit(daemons, key)):
            table.fail(key, f"{name} {why}")
    asn = range(1, _AS_LIMIT + 1)
    return Host(
        name=name,
        role=role,
        daemons=daemons,
        asn=table.number("asn", asn, f"an AS number from 1 to {_AS_LIMIT}") if spoken else 0,
        router_id=table.address("router_id") if spoken else "",
        originates=table.prefixes("originates"),
        blocks=table.prefix("blocks", ""),
        gateway=table.text("gateway", "a host's name", ""),
        loopbacks=table.prefixes("loopbacks"),
        cluster_id=table.address("cluster_id", ""),
        relax=table.flag("relax"),
        pod_cidr=table.prefix("pod_cidr", ""),
        roas=_roas(table, role),
        rpki=table.text("rpki", "a validator's name", ""),
        routes=read_static_routes(table),
    )


def _roas(table: TomlTable, role: Role) -> tuple[Roa, ...]:
    if "roas" in table.data and role is not Role.VALIDATOR:
        table.fail("roas", "only a host with the role validator tells ROAs")
    found = []
    for text in table.texts("roas", []):
        roa = read_roa(text)
        if roa is None:
            table.fail(
                "roas", f"expected ROAs such as 198.51.100.0/24 le 24 from 64701, seen {text!r}"
            )
        found.append(roa)
    return tuple(found)


def _check_validators(toml: TomlFile, topology: Topology) -> None:
    """Refuse a router whose validator is none, or is not next door."""
    for host in topology.hosts.values():
        if host.rpki:
            place = f"host.{host.name}.rpki"
            asked = topology.hosts.get(host.rpki)
            if asked is None or asked.role is not Role.VALIDATOR:
                toml.fail(place, f"no validator is called {host.rpki!r}")
            if topology.meeting(host.name, host.rpki) is None:
                toml.fail(place, f"{host.rpki} has no address in a network of {host.name}")


def _link(table: TomlTable, hosts: Collection[str], switches: Collection[str]) -> Link:
    table.only("ends", "addresses", "mtu")
    ends = table.names("ends", (*hosts, *switches), "host or switch")
    if len(ends) != _ENDS or ends[0] == ends[1]:
        table.fail("ends", f"expected two different hosts or switches, seen {list(ends)}")
    addresses = table.texts("addresses")
    if len(addresses) != _ENDS:
        table.fail("addresses", 'expected one for each end, "" for a switch')
    for name, address in zip(ends, addresses, strict=True):
        if name in switches and address:
            table.fail("addresses", f'{name} is a switch and has no address: write ""')
        if name not in switches and interface(address) is None:
            table.fail(
                "addresses",
                f"expected an address of {name} with length, such as 10.1.1.1/24, seen {address!r}",
            )
    first, second = ends
    mtu = table.number("mtu", _MTU, f"octets from {_MTU[0]} to {_MTU[-1]}", 1500)
    return Link((End(first, second, addresses[0]), End(second, first, addresses[1])), mtu)


def _check_links(toml: TomlFile, links: list[Link]) -> None:
    """Refuse two links between the same two."""
    pairs: set[frozenset[str]] = set()
    for number, link in enumerate(links):
        pair = frozenset(link.names)
        if pair in pairs:
            toml.fail(f"link.{number}", f"{' and '.join(link.names)} have a link already")
        pairs.add(pair)


def _pod(name: str, table: TomlTable, nodes: Collection[str]) -> tuple[Host, Link]:
    """Read one pod: a host with one link, to its node."""
    table.only("node", "address")
    node = table.one_of("node", nodes)
    link = Link((End(name, "eth0", f"{table.address('address')}/32"), End(node, name)))
    return Host(name, Role.POD, gateway=node), link


def _service(name: str, table: TomlTable, hosts: Mapping[str, Host]) -> Service:
    """Read one Service: answered by nodes themselves, or by pods behind kube-proxy."""
    if "pods" not in table.data:
        table.only("address", "nodes")
        nodes = [host.name for host in hosts.values() if host.role is Role.NODE]
        return Service(name, table.address("address"), table.names("nodes", nodes, "node"))
    table.only("address", "pods", "cluster_ip", "node_port", "policy")
    for host in hosts.values():
        if host.role is Role.NODE and not host.pod_cidr:
            table.fail("pods", f"kube-proxy on {host.name} has to know its pod_cidr")
    return Service(
        name,
        table.address("address"),
        pods=table.names("pods", [h.name for h in hosts.values() if h.role is Role.POD], "pod"),
        cluster_ip=table.address("cluster_ip"),
        node_port=table.maybe_number("node_port", _NODE_PORTS, "a port from 30000 to 32767"),
        policy=table.one_of("policy", POLICIES, POLICIES[0]),
    )


def _check_gateways(toml: TomlFile, topology: Topology) -> None:
    """Refuse a default route to a host that is not there, or not next door."""
    for host in topology.hosts.values():
        place = f"host.{host.name}.gateway"
        if host.gateway and host.gateway not in topology.hosts:
            toml.fail(place, f"no host is called {host.gateway!r}")
        apart = host.gateway and topology.meeting(host.name, host.gateway) is None
        if apart and host.role is not Role.POD:
            toml.fail(place, f"{host.gateway} has no address in a network of {host.name}")
