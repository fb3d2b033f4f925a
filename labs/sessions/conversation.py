"""The far end of a session, spoken by hand: one message at a time, well formed or not.

`labs.speaker` keeps sessions up by itself; here nothing happens by itself, so that a router can be
held in OpenSent or OpenConfirm and told what no sane neighbor would say (RFC 4271 section 8).
"""

import contextlib
import socket
import struct

from labs.closing import Closing
from labs.errors import LabError
from labs.polling import poll
from labs.process_tree import ProcessTree
from labs.wire import KEEPALIVE, NOTIFICATION, OPEN, Received, message, open_message, take_messages

BGP_PORT = 179
SECONDS = 10.0
BACKLOG = 512
_LINGER_ZERO = struct.pack("ii", 1, 0)


class Conversation:
    """One TCP connection with the router; `address` is the neighbor it plays."""

    def __init__(self, connection: socket.socket, address: str) -> None:
        """Take over a connection that is open."""
        self.address = address
        self.heard: list[Received] = []
        self.ended: str | None = None
        self._connection = connection
        self._buffer = bytearray()
        connection.settimeout(SECONDS)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, octets: bytes) -> None:
        """Send octets as they are.

        Raises:
            LabError: the router has closed the connection.
        """
        try:
            self._connection.sendall(octets)
        except OSError as error:
            raise LabError(f"{self.address}: the router is gone ({error})") from error

    def open(self, asn: int, hold_time: int, router_id: str) -> None:
        """Send an OPEN."""
        self.send(open_message(asn, hold_time, router_id))

    def keepalive(self) -> None:
        """Send a KEEPALIVE."""
        self.send(message(KEEPALIVE))

    def hear(self, kind: int) -> Received:
        """Wait for the router's next message of a kind; others before it are kept in `heard`.

        Raises:
            LabError: the connection ended first, or the router is silent.
        """
        while True:
            received = self.hear_next()
            if received is None:
                raise LabError(
                    f"{self.address}: the router said {self.said()} and {self.ended}; a message "
                    f"of type {kind} was expected"
                )
            if received.kind == kind:
                return received

    def establish(self, asn: int, hold_time: int, router_id: str) -> None:
        """Go through the whole opening: OPEN, OPEN, KEEPALIVE, KEEPALIVE."""
        self.hear(OPEN)
        self.open(asn, hold_time, router_id)
        self.hear(KEEPALIVE)
        self.keepalive()

    def stop_reading(self) -> None:
        """Take in no more than a few packets from now on, so that the router's buffers fill."""
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 0)  # the least there is

    def last_words(self) -> tuple[int, int] | None:
        """Wait for the end; return code and subcode of the NOTIFICATION before it, if any.

        Raises:
            LabError: the router neither says anything more nor closes.
        """
        told = None
        while (received := self.hear_next()) is not None:
            if received.kind == NOTIFICATION:
                told = (received.body[0], received.body[1])
        return told

    def said(self) -> str:
        """Name what the router said so far."""
        return ", ".join(map(str, self.heard)) or "nothing"

    def close(self) -> None:
        """Close the connection in the ordinary way (TCP FIN)."""
        self._connection.close()

    def reset(self) -> None:
        """Break the connection (TCP RST)."""
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
        self._connection.close()

    def hear_next(self) -> Received | None:
        """Return the next message, None at the end of the connection.

        Raises:
            LabError: the router is silent.
        """
        while not (taken := take_messages(self._buffer, 1)):
            try:
                data = self._connection.recv(1 << 16)
            except TimeoutError as error:
                raise LabError(
                    f"{self.address}: the router said {self.said()} and then nothing for "
                    f"{SECONDS:g} seconds"
                ) from error
            except OSError as error:
                self.ended = f"broke the connection ({error.strerror})"
                return None
            if not data:
                self.ended = "closed the connection"
                return None
            self._buffer += data
        self.heard += taken
        return taken[0]


class FarEnd(Closing):
    """A host in which the router's neighbors live; use it in a `with` block.

    It accepts what the router opens, on every address of the host, and can dial itself.
    """

    def __init__(self, tree: ProcessTree, host: str) -> None:
        """Listen on the BGP port."""
        self._tree = tree
        self._host = host
        self._open: list[Conversation] = []
        self._waiting: dict[str, Conversation] = {}
        self._listener = tree.open_socket(host, socket.AF_INET, socket.SOCK_STREAM)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("", BGP_PORT))
        self._listener.listen(BACKLOG)
        self._listener.setblocking(False)

    def close(self) -> None:
        """Close every connection and stop listening."""
        self._listener.close()
        for conversation in self._open:
            conversation.close()

    def deafen(self) -> None:
        """Stop listening: from now on the router's connections are refused."""
        self._listener.close()

    def accept(self, address: str, seconds: float = SECONDS) -> Conversation:
        """Wait until the router has connected to a neighbor; connections to others are kept.

        Raises:
            LabError: it did not in time.
        """

        def come() -> Conversation | None:
            with contextlib.suppress(BlockingIOError):
                while address not in self._waiting:
                    connection, _ = self._listener.accept()
                    called = connection.getsockname()[0]
                    self._waiting[called] = self._keep(connection, called)
            return self._waiting.pop(address, None)

        return poll(f"the router connects to {address}", come, seconds)

    def dial(self, address: str, router: str) -> Conversation:
        """Open a connection to the router, from a neighbor's address.

        Raises:
            LabError: the router refused it.
        """
        connection = self._tree.open_socket(self._host, socket.AF_INET, socket.SOCK_STREAM)
        try:
            connection.settimeout(SECONDS)
            connection.bind((address, 0))
            connection.connect((router, BGP_PORT))
        except OSError as error:
            connection.close()
            raise LabError(f"{address}: no connection to {router} ({error})") from error
        return self._keep(connection, address)

    def _keep(self, connection: socket.socket, address: str) -> Conversation:
        conversation = Conversation(connection, address)
        self._open.append(conversation)
        return conversation
