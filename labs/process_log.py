"""What a program of a lab prints: kept in memory, and of a daemon that prints for days the newest.

A file in memory (memfd_create(2)) is written by the program itself, so that a full disk takes no
answer away and nobody has to copy. bgpd writes some eight KiB each time a session goes down and
comes back; a lab in which one does so all night would hold a gigabyte. So the oldest lines of a log
with a limit are given back, by a hole in the file (fallocate(2)) that its writer does not notice.
An empty line stands for each, so that a line keeps its number for whoever has noted it.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import threading
from typing import Final

DAEMON_LIMIT: Final = 2 << 20
"""Octets of a daemon's log; the newest half at least is there at any time."""
TRIM_SECONDS: Final = 10.0
_KEEP_SIZE, _PUNCH_HOLE = 1, 2

_libc = ctypes.CDLL(None, use_errno=True)
_libc.fallocate.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_longlong, ctypes.c_longlong)


class ProcessLog:
    """A program's output; any thread may read it."""

    def __init__(self, limit: int | None = None) -> None:
        """Make it, empty.

        Args:
            limit: octets beyond which the oldest lines go; None keeps everything.
        """
        self.limit = limit
        self._descriptor = os.memfd_create("log")
        self._reading = threading.Lock()
        self._begin = 0
        self._gone = 0

    def open(self) -> int:
        """Return a descriptor for the program to print into, which the caller closes.

        It appends, so that two streams do not overwrite one another.
        """
        return os.open(f"/proc/self/fd/{self._descriptor}", os.O_WRONLY | os.O_APPEND)

    def text(self) -> str:
        """Return what was printed so far, with an empty line for each that is gone."""
        with self._reading:
            kept = os.pread(self._descriptor, self._size() - self._begin, self._begin)
            return "\n" * self._gone + kept.decode(errors="replace")

    def trim(self) -> None:
        """Let the oldest lines go where there are more than the limit allows.

        Raises:
            OSError: the system does not punch holes.
        """
        with self._reading:
            if self.limit is None or self.closed:
                return
            size = self._size()
            if size - self._begin <= self.limit:
                return
            oldest = os.pread(self._descriptor, size - self._begin - self.limit // 2, self._begin)
            oldest = oldest[: oldest.rfind(b"\n") + 1]
            self._begin += len(oldest)
            self._gone += len(oldest.decode(errors="replace").splitlines())
            way = _KEEP_SIZE | _PUNCH_HOLE
            if self._begin and _libc.fallocate(self._descriptor, way, 0, self._begin):
                code = ctypes.get_errno()
                raise OSError(code, os.strerror(code))

    def held(self) -> int:
        """Return how many octets of memory it takes."""
        return os.fstat(self._descriptor).st_blocks * 512

    def _size(self) -> int:
        return os.fstat(self._descriptor).st_size

    @property
    def closed(self) -> bool:
        """Whether it was given back."""
        return self._descriptor < 0

    def close(self) -> None:
        """Give the memory back."""
        with self._reading:
            if not self.closed:
                os.close(self._descriptor)
                self._descriptor = -1


class Trimmer:
    """Trims logs from time to time, in a thread: nobody has to read one for it to stay small."""

    def __init__(self, seconds: float = TRIM_SECONDS) -> None:
        """Begin with no log, and no thread."""
        self._seconds = seconds
        self._logs: list[ProcessLog] = []
        self._changing = threading.Lock()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def watch(self, log: ProcessLog) -> None:
        """Trim a log too, until it is closed."""
        with self._changing:
            self._logs.append(log)
            if self._thread is None:
                self._thread = threading.Thread(target=self._trim, name="trims logs", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def _trim(self) -> None:
        while not self._over.wait(self._seconds):
            with self._changing:
                self._logs = [log for log in self._logs if not log.closed]
                logs = tuple(self._logs)
            for log in logs:
                with contextlib.suppress(OSError):  # it stays whole then
                    log.trim()
