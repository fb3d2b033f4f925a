"""BIRD as the router of a lab's host: asked through its control socket and, for a person, birdc."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from labs.bird import Bird
from labs.bird_config import bird_config, protocol_name, session_state
from labs.errors import LabError
from labs.packages import Daemon
from labs.process_tree import ProcessTree
from labs.topology import Host, Session, Topology

_ROUTE: Final = re.compile(r"^(\d+\.\d+\.\d+\.\d+/\d+)\s", re.MULTILINE)
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

    def bfd(self, session: Session) -> str:
        """Return BIRD's state of the BFD session."""
        address = session.other(self._host.name).address
        for line in self._bird.ask("show bfd sessions").splitlines():
            if line.split()[:1] == [address]:
                return line.split()[2].lower()
        return "(no such session)"

    def announced(self, session: Session) -> tuple[str, ...]:
        """Return the prefixes BIRD exports, in its order."""
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

    def hurry(self, session: Session) -> None:
        """Restart the protocol."""
        self._bird.ask(f"restart {self._protocol(session)}")

    def signal(self, number: int) -> None:
        """Send BIRD a signal."""
        self._bird.signal(number)

    def stop(self) -> None:
        """Stop BIRD."""
        self._bird.close()

    def start(self) -> None:
        """Start BIRD as at first."""
        self._bird.start(bird_config(self._topology, self._host))

    def log(self) -> str:
        """Return what BIRD has logged."""
        return self._bird.log()

    def disconnect(self) -> None:
        """Close the control socket."""
        self._bird.disconnect()

    def _protocol(self, session: Session) -> str:
        return protocol_name(session.other(self._host.name).host)
