"""What a host's daemon has logged, before it was stopped and started again too.

Readers note the numbers of its lines, so it only ever grows: what is left of a process that was
stopped is kept as text, without the descriptors, and an empty line stands for each that is gone.
"""

from __future__ import annotations

import threading

from labs.process import Process
from labs.process_log import DAEMON_LIMIT


class DaemonLog:
    """The log of one daemon, through all its processes; any thread may read it."""

    def __init__(self) -> None:
        """Begin with no process."""
        self._before: list[str] = []
        self._process: Process | None = None
        self._reading = threading.RLock()

    def begin(self, process: Process) -> None:
        """Go on with another process."""
        with self._reading:
            self._process = process

    def end(self) -> None:
        """Keep what the process logged, and give its descriptors back."""
        with self._reading:
            if self._process is None:
                return
            self._before += self._process.log().splitlines()
            self._process.close()
            self._process = None
            kept = 0
            for number in range(len(self._before) - 1, -1, -1):
                kept += len(self._before[number])
                if kept > DAEMON_LIMIT:
                    self._before[number] = ""

    def text(self) -> str:
        """Return what was logged."""
        with self._reading:
            return "\n".join([*self._before, *([self._process.log()] if self._process else [])])

    def last_lines(self, count: int = 6) -> str:
        """Return the end of it, for an error message."""
        return "\n".join(self.text().strip().splitlines()[-count:]) or "(it printed nothing)"
