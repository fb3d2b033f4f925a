"""What containers print: read by one thread for all of them, kept in memory, the newest lines only.

Each line is kept with the moment it came, as a container runtime writes it (`kubectl logs
--timestamps`, `--since`). Whoever is attached gets the octets as they come.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

LIMIT = 256 << 10
"""Octets kept of one container's log."""
_CHUNK = 1 << 16
_LOOK_SECONDS = 0.2


class ContainerLog:
    """One run's output; any thread may read it."""

    def __init__(self) -> None:
        """Begin, empty."""
        self._changed = threading.Condition()
        self._lines: deque[tuple[float, bytes]] = deque()
        self._octets = 0
        self._first = 0  # the number of the oldest line that is kept
        self._rest: dict[int, bytes] = {}
        self._listeners: list[Callable[[int, bytes], None]] = []
        self.ended = False

    def feed(self, data: bytes, stream: int = 1) -> None:
        """Add output of stream 1 or 2."""
        with self._changed:
            *whole, rest = (self._rest.get(stream, b"") + data).split(b"\n")
            self._rest[stream] = rest
            if len(rest) > _CHUNK:
                whole.append(rest)
                self._rest[stream] = b""
            for line in whole:
                self._keep(line)
            for listener in self._listeners:
                listener(stream, data)
            self._changed.notify_all()

    def say(self, line: str) -> None:
        """Add a line of our own."""
        self.feed(line.encode() + b"\n")

    def end(self) -> None:
        """No more will come."""
        with self._changed:
            for stream, rest in self._rest.items():
                if rest:
                    self._keep(rest)
                self._rest[stream] = b""
            self.ended = True
            self._changed.notify_all()

    def _keep(self, line: bytes) -> None:
        self._lines.append((time.time(), line))
        self._octets += len(line) + 1
        while self._octets > LIMIT and len(self._lines) > 1:
            self._octets -= len(self._lines.popleft()[1]) + 1
            self._first += 1

    def last(self, count: int) -> str:
        """Return the last lines as text."""
        with self._changed:
            return "\n".join(line.decode(errors="replace") for _, line in [*self._lines][-count:])

    @contextlib.contextmanager
    def listening(self, listener: Callable[[int, bytes], None]) -> Iterator[None]:
        """Pass on what comes for the length of a `with` block, as (stream, octets)."""
        with self._changed:
            self._listeners.append(listener)
        try:
            yield
        finally:
            with self._changed:
                self._listeners.remove(listener)

    def read(
        self, *, follow: bool, since: float | None, tail: int | None, timestamps: bool
    ) -> Iterator[bytes]:
        """Yield whole lines (see `labs.kube.streams.Containers.logs`)."""
        begin = time.time() - since if since is not None else 0.0
        with self._changed:
            at = self._first
            if tail is not None:
                at = max(at, self._first + len(self._lines) - tail)
        while True:
            with self._changed:
                if follow and at >= self._first + len(self._lines) and not self.ended:
                    self._changed.wait(_LOOK_SECONDS)
                lines = [*self._lines][max(0, at - self._first) :]
                at = self._first + len(self._lines)
                over = self.ended or not follow
            yield b"".join(
                (_stamp(when) if timestamps else b"") + line + b"\n"
                for when, line in lines
                if when >= begin
            )
            if over:
                return


def _stamp(when: float) -> bytes:
    moment = datetime.fromtimestamp(when, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f000Z ").encode()


class Pump:
    """The thread that reads every container's pipes."""

    def __init__(self) -> None:
        """Start it."""
        self._selector = selectors.DefaultSelector()
        self._new: deque[tuple[int, Callable[[bytes], None]]] = deque()
        self._wake, self._waker = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._selector.register(self._wake, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run, name="containers' output", daemon=True)
        self._thread.start()

    def watch(self, descriptor: int, sink: Callable[[bytes], None]) -> None:
        """Pass on what can be read there; b"" at its end, when the descriptor is closed."""
        self._new.append((descriptor, sink))
        with contextlib.suppress(BlockingIOError):
            os.write(self._waker, b"+")

    def close(self) -> None:
        """End the thread, and close what it reads."""
        with contextlib.suppress(BlockingIOError):
            os.write(self._waker, b"-")
        self._thread.join()
        for key in tuple(self._selector.get_map().values()):
            os.close(key.fd)
        for descriptor, _ in self._new:
            os.close(descriptor)
        self._selector.close()
        os.close(self._waker)

    def _run(self) -> None:
        while True:
            for key, _ in self._selector.select():
                if key.fd == self._wake:
                    if b"-" in os.read(self._wake, _CHUNK):
                        return
                    while self._new:
                        descriptor, sink = self._new.popleft()
                        self._selector.register(descriptor, selectors.EVENT_READ, sink)
                    continue
                try:
                    data = os.read(key.fd, _CHUNK)
                except OSError:  # a terminal ends by an error
                    data = b""
                if not data:
                    self._selector.unregister(key.fd)
                    os.close(key.fd)
                key.data(data)
