"""Networks for lab_mesh.py: n FRR routers of one AS on one switch, meshed or with two reflectors.

They are values of `labs.topology`, made here instead of read from a file, and run without
`labs.lab`, which would ask every router for every session over and over while it waits.
"""

import itertools
import time
from concurrent.futures import ThreadPoolExecutor

from labs import wiring
from labs.frr import Frr
from labs.frr_config import frr_config
from labs.polling import poll
from labs.process_tree import ProcessTree
from labs.routers import find_daemon
from labs.topology import End, Host, Link, Role, Session, Side, Topology
from labs.topology_file import DAEMONS

ASN = 64512
SWITCH = "sw"
AT_ONCE = 8
"""How many routers are started side by side."""
PATIENCE = 120.0
QUIET = 0.5
"""Seconds without another UPDATE that count as the end."""
ONE_MORE = "10.244.250.0/24"


def ibgp(routers: int, reflectors: int = 0) -> Topology:
    """Return n routers, each with a prefix: fully meshed, or clients of so many reflectors."""
    clients = [f"r{number}" for number in range(1, routers + 1)]
    above = [f"rr{number}" for number in range(1, reflectors + 1)]
    address, hosts, links = {}, {}, []
    for number, name in enumerate((*clients, *above), 1):
        address[name] = f"172.18.0.{number}"
        own = (f"10.244.{number}.0/24",) if name in clients else ()
        # a node announces a prefix that is in no table of its kernel
        hosts[name] = Host(name, Role.NODE, DAEMONS["frr"], ASN, address[name], originates=own)
        links.append(Link((End(name, "eth0", f"{address[name]}/16"), End(SWITCH, name))))

    def session(one: str, other: str, *, client: bool) -> Session:
        policy = ("pods",), ("pods",)
        return Session(
            (
                Side(one, address[one], *policy, passive=True, client=client),
                Side(other, address[other], *policy),
            )
        )

    pairs = [(a, b) for place, a in enumerate(clients) for b in clients[place + 1 :]]
    if reflectors:
        pairs = [(reflector, client) for reflector in above for client in clients]
    sessions = [session(one, other, client=bool(reflectors)) for one, other in pairs]
    sessions += [session(a, b, client=False) for a, b in itertools.pairwise(above)]
    sets = {"pods": ("10.244.0.0/16 le 32",)}
    title = f"{routers} routers"
    return Topology("ibgp", title, hosts, (SWITCH,), tuple(links), tuple(sessions), sets)


class Running:
    """Such a network, running."""

    def __init__(self, tree: ProcessTree, topology: Topology) -> None:
        """Lay it out and start every router."""
        self.topology = topology
        tree.script("\n".join(wiring.lay(topology)))
        for host, neighbors in wiring.introductions(topology).items():
            tree.write(f"/run/lab/{host}/neighbors", neighbors)
            tree.script(f"ip -n {host} -batch /run/lab/{host}/neighbors")
        self._begun = time.perf_counter()

        def start(host: Host) -> Frr:
            return Frr(tree, host.name, find_daemon(host.daemons), frr_config(topology, host))

        with ThreadPoolExecutor(AT_ONCE) as pool:
            started = pool.map(start, topology.hosts.values())
            self.routers = dict(zip(topology.hosts, started, strict=True))

    def converge(self, prefixes: int) -> float:
        """Wait until every session is up and every router has a best path to so many prefixes.

        Returns:
            The seconds since the first router was started.
        """
        waiting = list(self.routers)

        def done() -> bool:
            while waiting and self._ready(waiting[-1], prefixes):
                waiting.pop()
            return not waiting

        poll("iBGP converges", done, PATIENCE, lambda: f"not yet: {', '.join(waiting)}")
        return time.perf_counter() - self._begun

    def _ready(self, name: str, prefixes: int) -> bool:
        peers = self.routers[name].ask_json("show bgp ipv4 unicast summary json").get("peers", {})
        up = sum(peer["state"] == "Established" for peer in peers.values())
        if up < len(self.topology.sessions_of(name)):
            return False
        routes = self.routers[name].ask_json("show bgp ipv4 unicast json")["routes"]
        return sum(any(p.get("bestpath") for p in paths) for paths in routes.values()) == prefixes

    def updates(self) -> int:
        """Wait until nobody sends UPDATEs any more; return how many all have sent since the start.

        It is bgpd's own count of messages, an End-of-RIB for each session among them (RFC 4724).
        """
        last, since = -1, time.perf_counter()

        def quiet() -> bool:
            nonlocal last, since
            sent = sum(map(_updates_of, self.routers.values()))
            if sent != last:
                last, since = sent, time.perf_counter()
            return time.perf_counter() - since > QUIET

        poll("nobody sends UPDATEs any more", quiet, PATIENCE, lambda: f"{last} so far")
        return last

    def announce(self) -> None:
        """Let the first router announce one more prefix."""
        lines = (f"router bgp {ASN}", "address-family ipv4 unicast", f"network {ONE_MORE}")
        self.routers["r1"].configure(lines)

    def disconnect(self) -> None:
        """Let go of the routers, which end with their namespaces."""
        for frr in self.routers.values():
            frr.disconnect()


def _updates_of(frr: Frr) -> int:
    told = frr.ask_json("show bgp neighbors json").values()
    return sum(each["messageStats"]["updatesSent"] for each in told if "messageStats" in each)
