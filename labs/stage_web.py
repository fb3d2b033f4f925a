"""HTTP through a stage: a tiny server in every neighbour, and a client that asks on schedule.

The sockets live in the hosts' network namespaces and the code in the owner's process: every packet
crosses the router's kernel, and no program has to be started for it. The client never waits for
one answer before it asks again, so a request that gets lost shows as one late dot, not as a pause.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from labs.process_tree import ProcessTree

PATIENCE = 3.0
"""Seconds before a request counts as lost: long enough for TCP to send a lost SYN again (1 s)."""
BEAT = 0.04
"""Seconds between two requests."""
REQUEST = b"GET / HTTP/1.0\r\n\r\n"


@dataclass(frozen=True)
class Reply:
    """One request of the client.

    Attributes:
        at: when it was sent, seconds from the first.
        took: seconds until the answer was complete, None when none came.
        node: the host that answered, None when none did.
    """

    at: float
    took: float | None
    node: str | None


@dataclass(frozen=True)
class Traffic:
    """What the client saw.

    Attributes:
        replies: every request, in the order they were sent.
        event: what was done meanwhile ("the link to node2 is cut"), None for nothing.
        event_at: when, seconds from the first request.
    """

    replies: tuple[Reply, ...]
    event: str | None = None
    event_at: float | None = None

    @property
    def lost(self) -> int:
        """How many requests nobody answered."""
        return sum(reply.node is None for reply in self.replies)

    def shares(self) -> dict[str, int]:
        """How many requests each host answered, by name."""
        names = sorted({reply.node for reply in self.replies if reply.node is not None})
        return {name: sum(reply.node == name for reply in self.replies) for name in names}

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data, times rounded to a tenth of a millisecond."""
        return {
            "replies": [
                [round(r.at, 4), None if r.took is None else round(r.took, 4), r.node]
                for r in self.replies
            ],
            "event": self.event,
            "event_at": None if self.event_at is None else round(self.event_at, 4),
        }

    @classmethod
    def from_data(cls, data: Any) -> Self:  # noqa: ANN401 - JSON from a recording
        """Read what `as_data` wrote."""
        replies = tuple(Reply(at, took, node) for at, took, node in data["replies"])
        return cls(replies, data["event"], data["event_at"])


class Servers:
    """One thread that answers for every host with the host's own name."""

    def __init__(self, tree: ProcessTree, address: str, hosts: Sequence[str]) -> None:
        """Listen on `address`, port 80, in each host; the address must be configured there."""
        self._selector = selectors.DefaultSelector()
        self._ending = threading.Event()
        for host in hosts:
            listener = tree.open_socket(host, socket.AF_INET, socket.SOCK_STREAM)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((address, 80))
            listener.listen(128)
            listener.setblocking(False)
            self._selector.register(listener, selectors.EVENT_READ, (host, True))
        self._thread = threading.Thread(target=self._serve, name="stage-servers", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop answering."""
        self._ending.set()
        self._thread.join()
        for key in tuple(self._selector.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]  # only sockets are registered
        self._selector.close()

    def _serve(self) -> None:
        while not self._ending.is_set():
            for key, _ in self._selector.select(0.1):
                host, listening = key.data
                assert isinstance(key.fileobj, socket.socket)  # noqa: S101 - only sockets are registered
                if listening:
                    with contextlib.suppress(OSError):
                        connection, _ = key.fileobj.accept()
                        connection.setblocking(False)
                        self._selector.register(connection, selectors.EVENT_READ, (host, False))
                else:
                    self._answer(key.fileobj, host)

    def _answer(self, connection: socket.socket, host: str) -> None:
        self._selector.unregister(connection)
        with contextlib.suppress(OSError):
            if connection.recv(1 << 12):
                body = f"{host}\n".encode()
                head = f"HTTP/1.0 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode()
                connection.sendall(head + body)
        connection.close()


@dataclass
class _Request:
    """A request on its way."""

    at: float
    connection: socket.socket
    sent: bool = False
    data: bytearray = field(default_factory=bytearray)


class Client:
    """Asks from a host, on a fixed beat."""

    def __init__(self, tree: ProcessTree, host: str, address: str) -> None:
        """Ask `address`, port 80, from `host`."""
        self._tree, self._host, self._address = tree, host, address

    def ask(
        self,
        count: int,
        event: tuple[str, int, Callable[[], None]] | None = None,
        meanwhile: Callable[[], None] | None = None,
    ) -> Traffic:
        """Send requests and gather the answers.

        Args:
            count: how many requests.
            event: (what, after how many requests, doing it): something done meanwhile.
            meanwhile: called again and again after the event.
        """
        start = time.monotonic()
        replies: list[Reply] = []
        happened: float | None = None
        sent = 0
        with selectors.DefaultSelector() as selector:
            while sent < count or selector.get_map():
                now = time.monotonic() - start
                if event is not None and happened is None and sent >= event[1]:
                    happened = now
                    event[2]()
                elif happened is not None and meanwhile is not None:
                    meanwhile()
                if sent < count and now >= sent * BEAT:
                    replies += self._send(selector, now)
                    sent += 1
                wait = sent * BEAT - now if sent < count else BEAT
                for key, mask in selector.select(max(0.0, min(wait, BEAT))):
                    replies += self._advance(selector, key.data, mask, start)
                replies += self._give_up(selector, time.monotonic() - start)
        replies.sort(key=lambda reply: reply.at)
        return Traffic(tuple(replies), event[0] if event else None, happened)

    def _send(self, selector: selectors.BaseSelector, now: float) -> list[Reply]:
        connection = self._tree.open_socket(self._host, socket.AF_INET, socket.SOCK_STREAM)
        connection.setblocking(False)
        request = _Request(now, connection)
        with contextlib.suppress(BlockingIOError):
            try:
                connection.connect((self._address, 80))
            except BlockingIOError:
                raise
            except OSError:
                connection.close()
                return [Reply(now, None, None)]
        selector.register(connection, selectors.EVENT_WRITE, request)
        return []

    @staticmethod
    def _advance(
        selector: selectors.BaseSelector, request: _Request, mask: int, start: float
    ) -> list[Reply]:
        try:
            if mask & selectors.EVENT_WRITE and not request.sent:
                request.connection.sendall(REQUEST)
                request.sent = True
                selector.modify(request.connection, selectors.EVENT_READ, request)
                return []
            data = request.connection.recv(1 << 12)
        except OSError:
            return [_close(selector, request, None)]
        if data:
            request.data += data
            return []
        took = time.monotonic() - start - request.at
        return [_close(selector, request, took)]

    @staticmethod
    def _give_up(selector: selectors.BaseSelector, now: float) -> list[Reply]:
        late = [k.data for k in selector.get_map().values() if now - k.data.at > PATIENCE]
        return [_close(selector, request, None) for request in late]


def _close(selector: selectors.BaseSelector, request: _Request, took: float | None) -> Reply:
    selector.unregister(request.connection)
    request.connection.close()
    node = request.data.decode(errors="replace").rpartition("\r\n")[2].strip() or None
    return Reply(request.at, took if node else None, node)
