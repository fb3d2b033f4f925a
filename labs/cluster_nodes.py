"""The nodes of a cluster for its integration: their FRR is told whole configurations, and watched.

A lab is in a hurry where a cluster is not (docs/labs.md): into what an integration declares go
`coalesce-time 0`, no wait between two UPDATEs, and a second between two attempts to connect where
nothing else is asked for. Nothing else is added or changed.
"""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Callable, Mapping
from typing import Final

from labs.errors import LabError
from labs.frr_config import CONNECT_SECONDS
from labs.frr_declared import DeclaredFrr
from labs.lab_parts import Parts

LOOK_SECONDS: Final = 1.0
"""How often a running configuration is looked at for hand edits."""
_NEIGHBOR: Final = re.compile(r"\s*neighbor (\S+) (?:interface )?remote-as ")
_CONNECT: Final = re.compile(r"\s*neighbor (\S+) timers connect ")


def hurried(text: str) -> str:
    """Return an FRR configuration with the lines by which a lab is in a hurry."""
    lines = text.splitlines()
    patient = {found[1] for line in lines if (found := _CONNECT.match(line))}
    told: list[str] = []
    for line in lines:
        told.append(line)
        if line.startswith("router bgp "):
            told.append(" coalesce-time 0")
        elif found := _NEIGHBOR.match(line):
            told.append(f" neighbor {found[1]} advertisement-interval 0")
            if found[1] not in patient:
                told.append(f" neighbor {found[1]} timers connect {CONNECT_SECONDS}")
    return "\n".join(told) + "\n"


class ClusterNodes:
    """What an integration may do to the nodes of a lab (`labs.kube.integration.Nodes`)."""

    def __init__(self, parts: Parts, log: Callable[[str, str, str], None]) -> None:
        """Take over the nodes' daemons.

        Args:
            parts: the lab.
            log: takes (workload, node, line) for the log of the integration's pods.
        """
        self._parts, self._log = parts, log
        self._locks = {host.name: threading.Lock() for host in parts.topology.nodes()}
        self._declared: dict[str, DeclaredFrr] = {}
        self._edited: dict[str, Callable[[], None]] = {}
        for name in self._locks:
            self._declared[name] = parts.frr(name).declare()
        self._ending = threading.Event()
        self._watch = threading.Thread(target=self._look, name="hand edits", daemon=True)
        self._watch.start()

    def close(self) -> None:
        """Look no more."""
        self._ending.set()
        self._watch.join()

    def names(self) -> tuple[str, ...]:
        """Return the nodes."""
        return tuple(self._locks)

    def address(self, node: str) -> str:
        """Return a node's InternalIP."""
        return node_address(self._parts, node)

    def configure(self, node: str, text: str) -> None:
        """Bring a node's FRR to this whole configuration.

        Raises:
            LabError: it refused a line, or does not run; what was in force stays so.
        """
        with self._locks[node]:
            self._declared[node].apply(hurried(text))

    def sessions(self, node: str) -> Mapping[str, str]:
        """Return the state of each session, by the neighbor's address; none while FRR is down."""
        with contextlib.suppress(LabError):
            return self._parts.frr(node).session_states()
        return {}

    def on_edit(self, node: str, told: Callable[[], None]) -> None:
        """Call `told` when the node no longer runs what it was configured to."""
        self._edited[node] = told

    def log(self, workload: str, node: str, line: str) -> None:
        """Add a line to the log of the integration's pod."""
        self._log(workload, node, line)

    def begin_anew(self, node: str) -> None:
        """Take over a node's daemons that were started again, with nothing of the old."""
        with self._locks[node]:
            before = self._declared[node].declared
            self._declared[node] = self._parts.frr(node).declare()
            self._declared[node].apply(before)

    def _look(self) -> None:
        while not self._ending.wait(LOOK_SECONDS):
            running = self._parts.running()
            for name, lock in self._locks.items():
                if name not in running or not (told := self._edited.get(name)):
                    continue
                with contextlib.suppress(LabError):  # it ends, or is frozen
                    with lock:
                        edited = bool(self._declared[name].edits())
                    if edited:  # without the lock: who is told configures the node
                        told()


def node_address(parts: Parts, node: str) -> str:
    """Return a node's address on its links."""
    return parts.topology.addresses(node)[0].partition("/")[0]
