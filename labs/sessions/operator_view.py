"""What an operator reads of one session: FRR's and BIRD's own pages, two words of each."""

import re
from collections.abc import Mapping

from bgp.fsm_visible import PREFIXES, Shown
from labs.bird import Bird
from labs.frr import Frr
from labs.sessions.octets import ROUTER_AS

_FIRST_COLUMNS = 9  # of `show bgp summary`, before State/PfxRcd; PfxSnt and Desc follow it


class FrrRouter:
    """FRR with a neighbor a moment."""

    def __init__(self, frr: Frr) -> None:
        """Take over a running FRR."""
        self._frr = frr

    def look(self, address: str) -> Shown:
        """Read the two words an operator would."""
        summary = self._frr.ask("show bgp summary").splitlines()
        (line,) = (line.split() for line in summary if line.startswith(f"{address} "))
        word = " ".join(line[_FIRST_COLUMNS:-2])
        told = self._frr.ask(f"show bgp neighbors {address}")
        state = re.search(r"BGP state = ([^,\n]*)", told)
        return Shown(PREFIXES if word.isdigit() else word, state[1].strip() if state else "")

    def start(self, address: str) -> None:
        """Start a session that was shut down."""
        self._frr.configure([f"router bgp {ROUTER_AS}", f"no neighbor {address} shutdown"])


class BirdRouter:
    """BIRD with a protocol a moment."""

    def __init__(self, bird: Bird, names: Mapping[str, str]) -> None:
        """Take over a running BIRD.

        Args:
            bird: the daemon.
            names: the protocol's name by the neighbor's address.
        """
        self._bird = bird
        self._names = names

    def look(self, address: str) -> Shown:
        """Read the words an operator would."""
        name = self._names[address]
        told = self._bird.ask(f"show protocols all {name}")
        (line,) = (line for line in told.splitlines() if line.startswith(f"{name} "))
        _, _, _, up, _, *info = line.split()
        state = re.search(r"BGP state: *(\S+)", told)
        return Shown(" ".join([up, *info]), state[1] if state else "")

    def start(self, address: str) -> None:
        """Start a session that was disabled."""
        self._bird.ask(f"enable {self._names[address]}")
