"""BIRD as the router of a lab's host: asked through its control socket and, for a person, birdc."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from bgp.snapshot import Bfd, RibEntry
from labs.bird import Bird
from labs.bird_config import (
    ROA_TABLE,
    bird_config,
    protocol_name,
    session_state,
    table_name,
)
from labs.errors import LabError
from labs.packages import Daemon
from labs.process_tree import ProcessTree
from labs.rib_reading import bird_rib, peers_of
from labs.roas import Roa
from labs.routers import BFD_UP
from labs.topology import Host, Session, Topology

_ROUTE: Final = re.compile(r"^(\d+\.\d+\.\d+\.\d+/\d+)\s", re.MULTILINE)
_ROA: Final = re.compile(r"^(\d\S*/\d+)-(\d+) AS(\d+)\s", re.MULTILINE)
_AS_PATH: Final = re.compile(r"BGP\.as_path:[ \t]*(.*)")
_NEXT_HOP: Final = re.compile(r"BGP\.next_hop:\s*(\S+)")


class BirdRouter:
    """BIRD 2 or 1.6."""

    tools: Mapping[str, Sequence[str]] = {"birdc": ("/usr/sbin/birdc", "-s", "/run/bird.ctl")}

    def __init__(self, tree: ProcessTree, topology: Topology, host: Host, daemon: Daemon) -> None:
        """Start it."""
        self.daemon, self._topology, self._host = daemon, topology, host
        self._bird = Bird(tree, host.name, daemon, bird_config(topology, host))

    @property
    def root(self) -> str:
        """The daemon's root as its host sees it."""
        return self._bird.root

    def show(self, command: str) -> str:
        """Return what birdc prints."""
        return self._bird.birdc(command)

    def state(self, session: Session) -> str:
        """Return BIRD's BGP state of a session."""
        told = self._bird.ask(f"show protocols all {self._protocol(session)}")
        return session_state(told) or "(no such neighbor)"

    def bfd(self, session: Session) -> Bfd:
        """Return how BIRD sees the other side; its last column is the detection time."""
        address = session.other(self._host.name).address
        for line in self._bird.ask("show bfd sessions").splitlines():
            if line.split()[:1] == [address]:
                *_, state, _, _, detection = line.split()
                up = state.lower() == BFD_UP
                return Bfd(address, state.lower(), round(1000 * float(detection)) if up else None)
        return Bfd(address, "(no such session)")

    def received(self, session: Session) -> tuple[str, ...]:
        """Return the prefixes that passed the filter; BIRD is not told to keep the others."""
        told = self._bird.ask(f"show route protocol {self._protocol(session)} all")
        return tuple(entry.prefix for entry in bird_rib(told, {}))

    def rib(self) -> tuple[RibEntry, ...]:
        """Return BIRD's table, links and static routes among it."""
        peers = peers_of(self._topology, self._host)
        by_protocol = {protocol_name(name): peer for name, peer in peers.items()}
        table = table_name(self.daemon.name)  # ROAs stand in another
        return bird_rib(self._bird.ask(f"show route table {table} all"), by_protocol)

    def announced(self, session: Session) -> tuple[str, ...]:
        """Return the prefixes BIRD exports, in its order; none while the session is down."""
        if self.state(session) != "Established":  # then BIRD knows no table to export from
            return ()
        return tuple(_ROUTE.findall(self._bird.ask(f"show route export {self._protocol(session)}")))

    def own_table(self) -> None:
        """Say that the kernel has its routes."""

    def table_mark(self) -> str:
        """Return the table."""
        return self._bird.ask("show route")

    def best(self, prefix: str) -> tuple[str, str] | None:
        """Return AS_PATH and NEXT_HOP of the selected route."""
        try:
            told = self._bird.ask(f"show route {prefix} primary all")
        except LabError:  # not in the table
            return None
        as_path, next_hop = _AS_PATH.search(told), _NEXT_HOP.search(told)
        return None if as_path is None or next_hop is None else (as_path[1].strip(), next_hop[1])

    def tell(self, asn: int | None, more: tuple[str, ...]) -> None:
        """Reconfigure BIRD, which begins those sessions anew that the change concerns."""
        self._bird.reconfigure(bird_config(self._topology, self._host, asn, more))

    def roas(self) -> frozenset[Roa]:
        """Return the ROAs that the validator has told BIRD."""
        return frozenset(
            Roa(prefix, int(longest), int(asn))
            for prefix, longest, asn in _ROA.findall(
                self._bird.ask(f"show route table {ROA_TABLE}")
            )
        )

    def refilter(self) -> None:
        """Pass what was received through the filters again, as BIRD does by itself for a ROA."""
        for session in self._topology.sessions_of(self._host.name):
            self._bird.ask(f"reload in {self._protocol(session)}")

    def hurry(self, session: Session) -> None:
        """Restart the protocol, or enable it where too many prefixes have disabled it."""
        name = self._protocol(session)
        if "already disabled" in self._bird.ask(f"restart {name}"):
            self._bird.ask(f"enable {name}")

    def alive(self) -> bool:
        """Tell whether the daemon's process still runs."""
        return self._bird.alive()

    def signal(self, number: int) -> None:
        """Send BIRD a signal."""
        self._bird.signal(number)

    def stop(self) -> None:
        """Stop BIRD."""
        self._bird.close()

    def start(self) -> None:
        """Start BIRD as at first."""
        self._bird.start(bird_config(self._topology, self._host))

    def renew(self) -> bool:
        """Do nothing: no verb of a lab configures a running BIRD by hand."""
        return False

    def log(self) -> str:
        """Return what BIRD has logged."""
        return self._bird.log()

    def disconnect(self) -> None:
        """Close the control socket."""
        self._bird.disconnect()

    def _protocol(self, session: Session) -> str:
        return protocol_name(session.other(self._host.name).host)
