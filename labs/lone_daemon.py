"""A daemon that is one program on its host, as BIRD and GoBGP are: its process and its log."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from labs.closing import Closing
from labs.daemon_log import DaemonLog
from labs.daemon_start import spawn_daemon
from labs.packages import Daemon
from labs.process import Process
from labs.process_tree import ProcessTree


class LoneDaemon(Closing):
    """One program running in one host; use it in a `with` block."""

    _process: Process

    def __init__(self, tree: ProcessTree, host: str, daemon: Daemon, config: str) -> None:
        """Start it and wait until it answers, as `start` does.

        Raises:
            LabError: it ended; the text quotes its last lines.
        """
        self._tree = tree
        self._host = host
        self._daemon = daemon
        self._log = DaemonLog()
        self.root = tree.root(host, daemon)
        self.start(config)

    @abstractmethod
    def start(self, config: str) -> None:
        """Start the daemon and wait until it answers.

        Raises:
            LabError: it ended; the text quotes its last lines.
        """

    def close(self) -> None:
        """Stop the daemon; `start` starts it again."""
        self._process.stop()
        self._log.end()

    def log(self) -> str:
        """Return what the daemon has logged."""
        return self._log.text()

    def alive(self) -> bool:
        """Tell whether the daemon runs."""
        return self._process.wait(0) is None

    def signal(self, number: int) -> None:
        """Send the daemon a signal."""
        self._tree.request("kill", pid=self._process.pid, number=number)

    def _spawn(self, argv: Sequence[str]) -> None:
        """Start the program itself."""
        self._process = spawn_daemon(self._tree, self._host, self._daemon, argv)
        self._log.begin(self._process)
