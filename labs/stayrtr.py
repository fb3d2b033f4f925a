"""stayrtr in a lab: one host's validated cache, which tells routers the ROAs (RTR, RFC 8210)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from labs.errors import LabError
from labs.packages import Daemon
from labs.polling import poll
from labs.process_tree import ProcessTree
from labs.roas import Roa, cache_file

PORT: Final = 8282
_FILE: Final = "/etc/stayrtr/roas.json"
_REFRESH_SECONDS: Final = "1"


class Stayrtr:
    """stayrtr running in one host; it ends with its lab."""

    def __init__(self, tree: ProcessTree, host: str, daemon: Daemon, roas: Iterable[Roa]) -> None:
        """Start it and wait until it serves.

        Raises:
            LabError: it ended; the text quotes its last lines.
        """
        self._tree = tree
        self._root = tree.root(host, daemon)
        self.tell(roas)
        options = ["-bind", f":{PORT}", "-checktime=false", "-refresh", _REFRESH_SECONDS]
        server = tree.spawn(["stayrtr", *options, "-cache", _FILE], host, self._root)

        def serving() -> bool:
            if server.wait(0) is not None:
                raise LabError(
                    f"stayrtr of {daemon.title} ended at its start on host {host}; its last lines:"
                    f"\n{server.last_lines()}"
                )
            return "Server started" in server.log()

        poll(f"stayrtr of {daemon.title} serves", serving, explain=server.last_lines)

    def tell(self, roas: Iterable[Roa]) -> None:
        """Serve other ROAs; routers hear of them within a few seconds."""
        self._tree.write(f"{self._root}{_FILE}", cache_file(roas))
