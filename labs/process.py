"""A program that runs in a lab: whether it has ended, what it has printed, and how to end it."""

import os
import signal
import threading
from typing import Any, Protocol

from labs.descriptors import readable
from labs.errors import LabError
from labs.process_log import ProcessLog


class Owner(Protocol):
    """Whose program it is: the process tree."""

    def request(self, verb: str, **fields: Any) -> Any:  # noqa: ANN401 - replies differ by verb
        """Ask the lab's first process for something."""

    def forget(self, process: "Process") -> None:
        """Stop keeping a program whose descriptors have been given back."""


class Process:
    """A program running in a lab."""

    def __init__(self, tree: Owner, name: str, pid: int, ended: int, log: ProcessLog) -> None:
        """Take over the descriptor that tells of the program's end, and its log."""
        self.name = name
        self.pid = pid
        self._tree = tree
        self._ended = ended
        self._log = log
        self._status: int | None = None
        self._reading = threading.Lock()

    def wait(self, seconds: float) -> int | None:
        """Wait for the end; return the exit status, or None if it still runs.

        A negative status is the number of the signal that ended it. Several threads may wait.
        """
        if self._status is None and readable([self], seconds):
            with self._reading:
                if self._status is None:  # it can be read once
                    # Nothing written means that the whole lab ended with it.
                    self._status = int(os.read(self._ended, 16) or b"-9")
        return self._status

    def log(self) -> str:
        """Return what the program has printed so far; empty lines stand for what is gone."""
        return self._log.text()

    def last_lines(self, count: int = 6) -> str:
        """Return the end of the log, for an error message."""
        return last_lines(self.log(), count)

    def stop(self, seconds: float = 5.0) -> int:
        """End the program, gently first; return its exit status."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            self._tree.request("kill", pid=self.pid, number=int(number))
            status = self.wait(seconds)
            if status is not None:
                return status
        raise LabError(f"{self.name} (process {self.pid} of the lab) does not end, even by SIGKILL")

    def fileno(self) -> int:
        """Return a descriptor that is readable once the program has ended, for `select`."""
        return self._ended

    def signal(self, number: int) -> None:
        """Send the program, and what it has started, a signal."""
        self._tree.request("kill", pid=self.pid, number=number)

    def close(self) -> None:
        """Give back the descriptors; the program itself is not touched."""
        if not self._log.closed:
            os.close(self._ended)
            self._log.close()
            self._tree.forget(self)


def last_lines(said: str, count: int = 6) -> str:
    """Return the end of what a program printed, for an error message."""
    return "\n".join(said.strip().splitlines()[-count:]) or "(it printed nothing)"
