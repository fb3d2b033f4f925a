"""The start of an unpacked daemon's program on a host, and what to say where it does not happen."""

from __future__ import annotations

from collections.abc import Sequence

from labs.errors import LabError
from labs.packages import Daemon
from labs.process import Process
from labs.process_log import DAEMON_LIMIT
from labs.process_tree import ProcessTree


def spawn_daemon(tree: ProcessTree, host: str, daemon: Daemon, argv: Sequence[str]) -> Process:
    """Start a program of a daemon in its root on a host.

    Raises:
        LabError: the program is missing, or cannot be run; names the host and what mends it.
    """
    try:
        return tree.spawn(argv, host, tree.root(host, daemon), log_limit=DAEMON_LIMIT)
    except LabError as error:
        raise LabError(
            f"{error}. What was unpacked of {daemon.title} is damaged: remove {daemon.root.parent} "
            "and run `locrib lab doctor --fetch` once, with network"
        ) from error


def check_start(process: Process, host: str, daemon: Daemon) -> None:
    """Find out whether a program that was just started still runs.

    Raises:
        LabError: it has ended; names the host and quotes its last lines.
    """
    if process.wait(0) is not None:
        name = process.name.rpartition("/")[2]
        raise LabError(
            f"{name} of {daemon.title} ended at its start on host {host}; its last lines:\n"
            f"{process.last_lines()}"
        )
