"""The BGP daemons of a lab's hosts behind one small contract: what every verb needs of a daemon.

`labs.frr_router`, `labs.bird_router` and `labs.gobgp_router` know how their daemon is asked, told
and stopped; `labs.lab` knows neither vtysh nor birdc.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from bgp.snapshot import Bfd, RibEntry
from labs import packages
from labs.errors import LabError
from labs.packages import Daemon
from labs.roas import Roa
from labs.topology import Session

BFD_UP: Final = "up"


class Router(Protocol):
    """A host's BGP daemon; every method raises `LabError` when the daemon does not do it."""

    daemon: Daemon
    tools: Mapping[str, Sequence[str]]
    """The daemon's command line tools by name: the program in its root and what always follows."""

    @property
    def root(self) -> str:
        """The daemon's root as its host sees it."""

    def show(self, command: str) -> str:
        """Return what the daemon's own command line tool prints."""

    def state(self, session: Session) -> str:
        """Return what the daemon calls the state of a session."""

    def bfd(self, session: Session) -> Bfd:
        """Return how BFD sees a session that it watches."""

    def received(self, session: Session) -> tuple[str, ...]:
        """Return the prefixes it has from the other side: before its policy where it keeps that."""

    def rib(self) -> tuple[RibEntry, ...]:
        """Return its whole table."""

    def announced(self, session: Session) -> tuple[str, ...]:
        """Return the prefixes it sends to the other side, sorted as it lists them."""

    def own_table(self) -> frozenset[str] | None:
        """Return the prefixes in its table; None for a daemon that puts them into the kernel."""

    def table_mark(self) -> str:
        """Return text that changes whenever its table does."""

    def best(self, prefix: str) -> tuple[str, str] | None:
        """Return AS_PATH and NEXT_HOP of the best BGP route of a prefix; None without one."""

    def tell(self, asn: int | None, more: tuple[str, ...]) -> None:
        """Announce another My Autonomous System, and prefixes beyond the topology's."""

    def roas(self) -> frozenset[Roa]:
        """Return the ROAs that its validator has told it; none for a host that asks none."""

    def refilter(self) -> None:
        """Pass everything received through the policies again."""

    def hurry(self, session: Session) -> None:
        """Begin a session anew at once instead of when a timer says."""

    def alive(self) -> bool:
        """Tell whether the daemon's process still runs."""

    def signal(self, number: int) -> None:
        """Send the daemon a signal."""

    def stop(self) -> None:
        """Stop the daemon."""

    def start(self) -> None:
        """Start the daemon, which is stopped, configured as at first."""

    def renew(self) -> bool:
        """Undo what it was configured by hand since its start; tell whether there was anything."""

    def log(self) -> str:
        """Return everything it has logged."""

    def disconnect(self) -> None:
        """Let go of the daemon, which ends with its lab."""


_NAMES: Final = {"frr": "FRR", "bird": "BIRD", "gobgp": "GoBGP"}


def daemon_title(daemon: Daemon) -> str:
    """Return a daemon as a person calls it, such as FRR 8.4.4."""
    return f"{_NAMES[daemon.name.partition('-')[0]]} {daemon.version}"


def find_daemon(names: Sequence[str]) -> Daemon:
    """Return the first of some daemons that is unpacked on this machine.

    Raises:
        LabError: none is.
    """
    here = packages.installed()
    for name in names:
        if name in here:
            return here[name]
    raise LabError(
        f"{' or '.join(names)} is not unpacked here: run `locrib lab doctor --fetch` once, with "
        "network"
    )
