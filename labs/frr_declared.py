"""FRR whose whole configuration somebody else declares: a controller writes it, nobody types it.

MetalLB hands its speakers' FRR a whole file and has it reloaded; a line typed by hand lasts until
the next reload. Here the same: `apply` takes a whole text and enters what differs from the one
before, `restore` takes back what was edited by hand.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Final

from labs.errors import LabError
from labs.frr import Frr
from labs.frr_reload import blocks, by_daemon, changes

_REFILTERED: Final = ("prefix-list", "route-map", "match ", "set ", "community-list", "on-match")
"""Lines that change a policy; bgpd passes routes through it again when told to."""


class DeclaredFrr:
    """The configuration of one host's FRR, as declared."""

    def __init__(self, host: str, frr: Frr, daemons: tuple[str, ...]) -> None:
        """Take over daemons that run, whatever they are configured to do now.

        Args:
            host: whose they are, for messages.
            frr: the daemons.
            daemons: those that run, such as ("zebra", "bgpd", "bfdd").
        """
        self._host, self._frr, self._daemons = host, frr, daemons
        self._declared = ""
        self._printed = self._running()

    @property
    def declared(self) -> str:
        """The text applied last."""
        return self._declared

    def apply(self, text: str) -> list[str]:
        """Bring the daemons to a whole configuration; return the lines that were entered.

        What was edited by hand is taken back on the way. A text with a line that FRR refuses
        changes nothing: the configuration before it stays in force.

        Raises:
            LabError: FRR refused a line; names the host, the daemon and the line.
        """
        edited = self.restore()
        lines = changes(self._declared, text)
        try:
            self._enter(lines)
        except LabError:
            with contextlib.suppress(LabError):  # what was refused is what is told
                self.restore()
            raise
        self._declared = text
        if lines:
            self._printed = self._running()
        return edited + lines

    def edits(self) -> list[str]:
        """Return the lines that would take back what was edited by hand since `apply`."""
        now = self._running()
        return changes(now, self._printed) if now != self._printed else []

    def restore(self) -> list[str]:
        """Take back what was edited by hand; return the lines that did it.

        Raises:
            LabError: FRR refused one.
        """
        lines = self.edits()
        self._enter(lines)
        return lines

    def _running(self) -> str:
        """Return what the daemons print of their configuration, without what is not protocol."""
        printed = "\n".join(self._frr.ask("show running-config", name) for name in self._daemons)
        return "\n".join(_plain(printed))

    def _enter(self, lines: list[str]) -> None:
        for daemon, mine in by_daemon(lines).items():
            if daemon not in self._daemons:
                raise LabError(
                    f"{self._host} runs no {daemon}, which `{mine[0]}` is for; "
                    f"it runs {', '.join(self._daemons)}"
                )
            self._frr.configure(mine, daemon)
        if any(word in line for line in lines for word in _REFILTERED) and "bgpd" in self._daemons:
            with contextlib.suppress(LabError):  # there is no router block any more
                self._frr.ask("clear bgp * soft")


def _plain(printed: str) -> Iterator[str]:
    for block in blocks(printed).values():
        yield from block.context
        yield from block.lines
        yield from ("exit" for _ in block.context)
