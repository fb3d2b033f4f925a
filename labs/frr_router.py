"""FRR as the router of a lab's host: asked through bgpd's vty and, for a person, through vtysh."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from labs.frr import Frr
from labs.frr_config import bfdd_config, frr_config
from labs.packages import Daemon
from labs.process_tree import ProcessTree
from labs.topology import Host, Session, Topology


class FrrRouter:
    """zebra and bgpd."""

    tools: Mapping[str, Sequence[str]] = {"vtysh": ("/usr/bin/vtysh",)}

    def __init__(self, tree: ProcessTree, topology: Topology, host: Host, daemon: Daemon) -> None:
        """Start both."""
        self.daemon, self._topology, self._host = daemon, topology, host
        self._asn: int | None = None
        self._more: tuple[str, ...] = ()
        watched = any(session.bfd for session in topology.sessions_of(host.name))
        bfdd = bfdd_config() if watched else None
        self._frr = Frr(tree, host.name, daemon, frr_config(topology, host), bfdd)

    @property
    def root(self) -> str:
        """The daemon's root as its host sees it."""
        return self._frr.root

    def show(self, command: str) -> str:
        """Return what vtysh prints."""
        return self._frr.vtysh(command)

    def table(self, prefix: str) -> str:
        """Return bgpd's JSON for one prefix."""
        return self._frr.ask(f"show bgp ipv4 unicast {prefix} json")

    def configure(self, lines: Sequence[str]) -> None:
        """Enter configuration lines in bgpd, and pass every route through the policies again."""
        self._frr.configure([line.strip() for line in lines])
        self._frr.ask("clear bgp ipv4 unicast * soft")

    def state(self, session: Session) -> str:
        """Return bgpd's state of a session."""
        address = session.other(self._host.name).address
        told = self._frr.ask_json(f"show bgp neighbors {address} json")
        return str(told.get(address, {}).get("bgpState", "(no such neighbor)"))

    def bfd(self, session: Session) -> str:
        """Return bfdd's state of the peer."""
        address = session.other(self._host.name).address
        for peer in json.loads(self._frr.ask("show bfd peers json", "bfdd")):
            if peer["peer"] == address:
                return str(peer["status"])
        return "(no such peer)"

    def announced(self, session: Session) -> tuple[str, ...]:
        """Return the prefixes bgpd sends, in its order."""
        address = session.other(self._host.name).address
        told = self._frr.ask_json(
            f"show bgp ipv4 unicast neighbors {address} advertised-routes json"
        )
        return tuple(told.get("advertisedRoutes", {}))

    def own_table(self) -> None:
        """Say that the kernel has its routes."""

    def table_mark(self) -> str:
        """Return the version of bgpd's table and the number of paths in it."""
        told = self._frr.ask_json("show bgp ipv4 unicast json")
        return f"{told['tableVersion']} {sum(map(len, told['routes'].values()))}"

    def best(self, prefix: str) -> tuple[str, str] | None:
        """Return AS_PATH and NEXT_HOP of the best path."""
        for path in self._frr.ask_json(f"show bgp ipv4 unicast {prefix} json").get("paths", []):
            if path.get("bestpath", {}).get("overall"):
                return path["aspath"]["string"].replace("Local", ""), path["nexthops"][0]["ip"]
        return None

    def tell(self, asn: int | None, more: tuple[str, ...]) -> None:
        """Announce prefixes by `network`, or start bgpd anew for another AS number."""
        if asn != self._asn:
            self._frr.stop("bgpd")
            self._asn, self._more = asn, more
            self._frr.start("bgpd", frr_config(self._topology, self._host, asn, more))
            return
        lines = [f"router bgp {self._asn or self._host.asn}", "address-family ipv4 unicast"]
        lines += [f"no network {prefix}" for prefix in self._more if prefix not in more]
        lines += [f"network {prefix}" for prefix in more if prefix not in self._more]
        self._frr.configure(lines)
        self._more = more

    def hurry(self, session: Session) -> None:
        """Clear the session."""
        self._frr.ask(f"clear bgp {session.other(self._host.name).address}")

    def signal(self, number: int) -> None:
        """Send bgpd a signal; zebra goes on."""
        self._frr.signal("bgpd", number)

    def stop(self) -> None:
        """Stop bgpd; zebra goes on."""
        self._frr.stop("bgpd")

    def start(self) -> None:
        """Start bgpd as at first."""
        self._asn, self._more = None, ()
        self._frr.start("bgpd", frr_config(self._topology, self._host))

    def log(self) -> str:
        """Return what bgpd has logged."""
        return self._frr.log_of("bgpd")

    def disconnect(self) -> None:
        """Close the sockets."""
        self._frr.disconnect()
