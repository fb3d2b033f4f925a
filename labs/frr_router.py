"""FRR as the router of a lab's host: asked through bgpd's vty and, for a person, through vtysh."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from bgp.errors import InvalidValueError
from bgp.frr_json import parse_frr_table
from bgp.profiles import profile
from bgp.snapshot import Bfd, RibEntry
from labs.errors import LabError
from labs.frr import Frr
from labs.frr_config import bfdd_config, frr_config, staticd_config
from labs.frr_declared import DeclaredFrr
from labs.packages import Daemon
from labs.polling import poll
from labs.process_tree import ProcessTree
from labs.roas import Roa
from labs.routers import BFD_UP
from labs.topology import Host, Session, Topology

_ROA: Final = re.compile(r"^(\d\S*)\s+(\d+) -\s+(\d+)\s+(\d+)", re.MULTILINE)
_ELSEWHERE: Final = re.compile(r"(no )?(ip(v6)? route|interface|bfd|router (?!bgp\b)\w+)\b")
"""Lines for another daemon than bgpd."""
_STATIC: Final = {"mgmtd", "staticd"}
TABLE_SECONDS: Final = 3.0


class FrrRouter:
    """zebra and bgpd, and bfdd once `watch` was called."""

    tools: Mapping[str, Sequence[str]] = {"vtysh": ("/usr/bin/vtysh",)}

    def __init__(self, tree: ProcessTree, topology: Topology, host: Host, daemon: Daemon) -> None:
        """Start zebra and bgpd."""
        self.daemon, self._topology, self._host = daemon, topology, host
        self._asn: int | None = None
        self._more: tuple[str, ...] = ()
        self._watched = False
        modules = ("rpki",) if host.rpki else ()
        # The daemon of a cluster's node calls and is never called, as MetalLB runs it.
        options = ("-p", "0") if topology.is_declared(host.name) else ()
        config = self._config()
        self._frr = Frr(tree, host.name, daemon, config, modules=modules, options=options)
        self._frr.start_static(staticd_config(host))

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
        """Enter configuration lines, and pass every route through the policies again.

        bgpd is told directly. vtysh, which tells zebra of every route-map and prefix list too, is
        called where another daemon is meant.
        """
        told = [line.strip() for line in lines]
        if any(map(_ELSEWHERE.match, told)):
            self._frr.enter(told)
        else:
            self._frr.configure(told)
        self._frr.ask("clear bgp ipv4 unicast * soft")

    def state(self, session: Session) -> str:
        """Return bgpd's state of a session."""
        address = session.other(self._host.name).address
        told = self._frr.ask_json(f"show bgp neighbors {address} json")
        return str(told.get(address, {}).get("bgpState", "(no such neighbor)"))

    def watch(self) -> None:
        """Start bfdd, once, where BFD is asked for; sessions should be Established before.

        A session is Established on the connection that came in while bgpd still has one of its own
        to that neighbor. When bgpd deletes that one it takes BFD away from both, the neighbor hears
        that BFD is down, and closes a session that is milliseconds old (Cease, 6/10). A bfdd that
        comes later hears from bgpd which sessions it wants, and finds one of each.
        """
        sessions = self._topology.sessions_of(self._host.name)
        declared = self._topology.is_declared(self._host.name)
        if self._watched or not (declared or any(session.bfd for session in sessions)):
            return
        self._frr.start("bfdd", "" if declared else bfdd_config())
        self._watched = True

    def declare(self) -> DeclaredFrr:
        """Let somebody else declare the whole configuration from now on."""
        self.watch()
        return DeclaredFrr(self._host.name, self._frr, ("zebra", "bgpd", "bfdd"))

    def session_states(self) -> Mapping[str, str]:
        """Return the state of each session there is, by the neighbor's address."""
        told = self._frr.ask_json("show bgp summary json")
        peers = told.get("ipv4Unicast", {}).get("peers", {})
        return {address: str(peer["state"]) for address, peer in peers.items()}

    def bfd(self, session: Session) -> Bfd:
        """Return how bfdd sees the peer; its detection time is as RFC 5880 section 6.8.4 has it."""
        address = session.other(self._host.name).address
        for peer in json.loads(self._frr.ask("show bfd peers json", "bfdd")):
            if peer["peer"] == address:
                interval = max(peer["receive-interval"], peer["remote-transmit-interval"])
                agreed = peer["remote-detect-multiplier"] * interval
                up = peer["status"] == BFD_UP
                return Bfd(address, peer["status"], agreed if up else None)
        return Bfd(address, "(no such peer)")

    def received(self, session: Session) -> tuple[str, ...]:
        """Return the prefixes that passed the policy; bgpd is not told to keep the others."""
        address = session.other(self._host.name).address
        told = self._ask_json(f"show bgp ipv4 unicast neighbors {address} routes json")
        return tuple(told.get("routes", {}))

    def rib(self) -> tuple[RibEntry, ...]:
        """Return bgpd's table, asked prefix by prefix."""
        prefixes = self._ask_json("show bgp ipv4 unicast json").get("routes", {})
        return tuple(entry for p in sorted(prefixes) if (entry := self._entry(p)) is not None)

    def _entry(self, prefix: str) -> RibEntry | None:
        def read() -> list[RibEntry | None]:
            text = self.table(prefix)
            if '"paths"' not in text:
                return [None]  # it went away meanwhile
            try:
                table = parse_frr_table(
                    text, profile(self.daemon.name), self._asn or self._host.asn
                )
            except InvalidValueError:  # a path that bgpd is just taking out
                return []
            return [RibEntry(prefix, table.paths, table.best, table.multipath)]

        return poll(f"bgpd of {self._host.name} lists {prefix}", read, TABLE_SECONDS)[0]

    def announced(self, session: Session) -> tuple[str, ...]:
        """Return the prefixes bgpd sends, in its order."""
        address = session.other(self._host.name).address
        told = self._ask_json(f"show bgp ipv4 unicast neighbors {address} advertised-routes json")
        return tuple(told.get("advertisedRoutes", {}))

    def own_table(self) -> None:
        """Say that the kernel has its routes."""

    def table_mark(self) -> str:
        """Return the version of bgpd's table and the number of paths in it."""
        told = self._ask_json("show bgp ipv4 unicast json")
        routes = told.get("routes", {})
        return f"{told.get('tableVersion', 0)} {sum(map(len, routes.values()))}"

    def _ask_json(self, command: str) -> dict[str, Any]:
        """Ask bgpd; nothing where what is asked for is not declared, yet."""
        try:
            told: dict[str, Any] = self._frr.ask_json(command)
        except LabError as error:
            absent = "instance not found" in str(error) or "No such neighbor" in str(error)
            if absent and self._topology.is_declared(self._host.name):
                return {}
            raise
        return told

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
            self._frr.start("bgpd", self._config())
            return
        lines = [f"router bgp {self._asn or self._host.asn}", "address-family ipv4 unicast"]
        lines += [f"no network {prefix}" for prefix in self._more if prefix not in more]
        lines += [f"network {prefix}" for prefix in more if prefix not in self._more]
        self._frr.configure(lines)
        self._more = more

    def roas(self) -> frozenset[Roa]:
        """Return the ROAs that the validator has told bgpd."""
        try:
            table = self._frr.ask("show rpki prefix-table")
        except LabError as error:
            if "No connection to RPKI cache server" in str(error):
                return frozenset()
            raise
        return frozenset(
            Roa(f"{prefix}/{length}", int(longest), int(asn))
            for prefix, length, longest, asn in _ROA.findall(table)
        )

    def refilter(self) -> None:
        """Pass what was received through the policies again (`clear bgp * soft in`)."""
        self._frr.ask("clear bgp ipv4 unicast * soft in")

    def _config(self) -> str:
        return frr_config(self._topology, self._host, self._asn, self._more, self.daemon.name)

    def hurry(self, session: Session) -> None:
        """Clear the session."""
        self._frr.ask(f"clear bgp {session.other(self._host.name).address}")

    def alive(self) -> bool:
        """Tell whether the daemon's process still runs."""
        return self._frr.alive("bgpd")

    def signal(self, number: int) -> None:
        """Send bgpd a signal; zebra goes on."""
        self._frr.signal("bgpd", number)

    def signal_beside(self, daemon: str, number: int) -> None:
        """Send another daemon than bgpd a signal."""
        self._frr.signal(daemon, number)

    def stop(self) -> None:
        """Stop bgpd; zebra goes on."""
        self._frr.stop("bgpd")

    def start(self) -> None:
        """Start bgpd as at first."""
        self._asn, self._more = None, ()
        self._frr.start("bgpd", self._config())

    def renew(self) -> bool:
        """Let the daemons that were configured since their start begin as at first.

        Where it is neither bgpd nor staticd alone all of them do.
        """
        if self._topology.is_declared(self._host.name):
            return False  # whoever declares it takes back what was edited by hand
        changed = {*self._frr.changed()}
        if changed == {"bgpd"}:
            self.stop()
            self.start()
        elif changed and changed <= _STATIC:
            self._frr.stop_static()
            self._frr.start_static(staticd_config(self._host))
        elif changed:
            self._frr.close()
            self._watched = False
            self._frr.start("zebra", "")
            self.start()
            self._frr.start_static(staticd_config(self._host))
        return bool(changed)

    def log(self) -> str:
        """Return what bgpd has logged."""
        return self._frr.log_of("bgpd")

    def disconnect(self) -> None:
        """Close the sockets."""
        self._frr.disconnect()
