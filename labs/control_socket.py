"""A daemon's control socket, asked by any thread: a question has its whole answer before the next.

FRR's vty and BIRD's control socket answer in the order they are asked, and nothing in an answer
tells whose it is. A live instrument follows a router in a thread while a cell of its notebook asks
the same one. An answer that nobody waited for to its end (Ctrl-C, a daemon that is frozen) would be
taken for the next one's, so the connection goes with it and the next question opens another.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Final

from labs.process_tree import ProcessTree

COMMAND_SECONDS: Final = 20.0


class ControlSocket:
    """A connection to one daemon."""

    def __init__(
        self, tree: ProcessTree, path: str, whole: Callable[[bytearray], bool], hello: bytes = b""
    ) -> None:
        """Connect on the first question.

        Args:
            tree: the lab.
            path: of the socket, in the lab.
            whole: tells whether these octets are a whole answer.
            hello: sent at the start of every connection; an answer comes first in any case.
        """
        self._tree, self._path, self._whole, self._hello = tree, path, whole, hello
        self._socket: socket.socket | None = None
        self._lock = threading.RLock()

    def open(self) -> None:
        """Connect, unless it is connected.

        Raises:
            LabError: there is no such socket, or nobody listens.
            OSError: the daemon closed it, or does not answer.
        """
        with self._lock:
            if self._socket is None:
                self._socket = self._tree.connect(self._path)
                self._socket.settimeout(COMMAND_SECONDS)
                self._exchange(self._hello)

    def ask(self, question: bytes) -> bytes:
        """Send a question; return its answer.

        Raises:
            LabError: there is no such socket, or nobody listens.
            OSError: the daemon closed it; TimeoutError where it does not answer.
        """
        with self._lock:
            self.open()
            return self._exchange(question)

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Let no other thread ask for the length of a `with` block."""
        with self._lock:
            yield

    def close(self) -> None:
        """Close the connection; a thread that waits for an answer hears of it as OSError."""
        held = self._socket
        if held is not None:
            with contextlib.suppress(OSError):  # it is closed already
                held.shutdown(socket.SHUT_RDWR)
        with self._lock:
            self._drop()

    def _exchange(self, question: bytes) -> bytes:
        held, answer, over = self._socket, bytearray(), False
        assert held is not None  # noqa: S101 - `open` has connected it
        try:
            held.sendall(question)
            while not self._whole(answer):
                data = held.recv(1 << 20)
                if not data:
                    raise ConnectionResetError
                answer += data
            over = True
        finally:
            if not over:
                self._drop()
        return bytes(answer)

    def _drop(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
