"""A BGP speaker that says what it is told: many sessions, each from an address of its own.

It fills a router under test with paths a real neighbour would never send on demand: any AS_PATH
segment, any ORIGINATOR_ID, several neighbours with the same BGP Identifier. It always dials
(RFC 4271 section 8, the active side), keeps its sessions alive from one thread of its own, and
forgets the routes it is sent. Its sockets live in a lab's namespace, its code in the owner's
process, so the code is ordinary Python and the traffic never leaves the lab.
"""

import contextlib
import selectors
import socket
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from labs.closing import Closing
from labs.errors import LabError
from labs.polling import poll
from labs.process_tree import ProcessTree
from labs.wire import (
    KEEPALIVE,
    NOTIFICATION,
    OPEN,
    Announcement,
    Received,
    hold_time_of,
    message,
    open_message,
    take_messages,
    update_message,
    withdraw_message,
)

BGP_PORT = 179
HOLD_TIME = 240  # seconds; RFC 4271 section 8 calls 4 minutes a suggested large value
RETRY_SECONDS = 0.05
SEND_BUFFER = 1 << 20


@dataclass
class Session:
    """One session of the speaker; `address` is where it dials from."""

    address: str
    asn: int
    router_id: str
    peer: str
    established: bool = False
    last_word: str = "never connected"
    connection: socket.socket | None = None
    buffer: bytearray = field(default_factory=bytearray)
    keepalive: float = HOLD_TIME / 3
    due: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, octets: bytes) -> None:
        """Send whole messages.

        Raises:
            LabError: the session is down.
        """
        with self.lock:
            if self.connection is None:
                raise LabError(f"the session from {self.address} is down: {self.last_word}")
            try:
                self.connection.sendall(octets)
            except OSError as error:
                raise LabError(f"the session from {self.address} broke: {error}") from error


class Speaker(Closing):
    """A speaker standing in one host of a lab; use it in a `with` block."""

    def __init__(self, tree: ProcessTree, host: str) -> None:
        """Stand in `host`; its addresses must include those the sessions dial from."""
        self._tree = tree
        self._host = host
        self._sessions: list[Session] = []
        self._selector = selectors.DefaultSelector()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="bgp-speaker", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Close every session and end the thread."""
        self._ending.set()
        self._thread.join()
        for session in self._sessions:
            self._drop(session, "closed by its owner")
        self._selector.close()

    def open(self, address: str, asn: int, router_id: str, peer: str) -> Session:
        """Begin a session from `address` to `peer`; it comes up on its own."""
        session = Session(address, asn, router_id, peer)
        self._sessions.append(session)
        return session

    def wait_established(self, sessions: Sequence[Session], seconds: float = 20.0) -> None:
        """Wait until every given session is Established.

        Raises:
            LabError: the deadline passed; names the sessions that are not and their last word.
        """
        poll(
            "every session Established",
            lambda: all(session.established for session in sessions),
            seconds,
            lambda: "; ".join(
                f"{s.address} (AS {s.asn}): {s.last_word}" for s in sessions if not s.established
            ),
        )

    @staticmethod
    def announce(session: Session, announcements: Iterable[Announcement]) -> None:
        """Announce prefixes on a session, in order."""
        session.send(b"".join(map(update_message, announcements)))

    @staticmethod
    def withdraw(session: Session, prefixes: Iterable[str]) -> None:
        """Withdraw prefixes on a session, in order."""
        session.send(b"".join(map(withdraw_message, prefixes)))

    def _serve(self) -> None:
        while not self._ending.is_set():
            now = time.monotonic()
            for session in tuple(self._sessions):
                if session.due <= now:
                    self._step(session, now)
            if not self._selector.get_map():
                self._ending.wait(RETRY_SECONDS)
                continue
            for key, _ in self._selector.select(RETRY_SECONDS):
                self._receive(key.data)

    def _step(self, session: Session, now: float) -> None:
        if session.connection is None:
            session.due = now + RETRY_SECONDS
            self._dial(session)
        else:
            session.due = now + session.keepalive
            with contextlib.suppress(LabError):  # the receiving side will see it broken
                session.send(message(KEEPALIVE))

    def _dial(self, session: Session) -> None:
        try:
            client = self._tree.open_socket(self._host, socket.AF_INET, socket.SOCK_STREAM)
        except LabError as error:
            session.last_word = str(error)
            return
        try:
            client.settimeout(5.0)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client.bind((session.address, 0))
            client.connect((session.peer, BGP_PORT))
            client.sendall(open_message(session.asn, HOLD_TIME, session.router_id))
        except OSError as error:
            session.last_word = f"no connection ({error})"
            client.close()
            return
        session.last_word = "OPEN sent, no answer yet"
        session.buffer.clear()
        session.connection = client
        session.due = time.monotonic() + HOLD_TIME / 3
        self._selector.register(client, selectors.EVENT_READ, session)

    def _receive(self, session: Session) -> None:
        client = session.connection
        if client is None:
            return
        try:
            data = client.recv(1 << 16)
        except OSError as error:
            self._drop(session, f"{session.last_word}, then {error}")
            return
        if not data:
            self._drop(session, f"{session.last_word}, then the peer closed the connection")
            return
        session.buffer += data
        try:
            for received in take_messages(session.buffer):
                self._follow(session, received)
        except ValueError as error:
            self._drop(session, str(error))

    def _follow(self, session: Session, received: Received) -> None:
        session.last_word = f"received {received}"
        if received.kind == OPEN:
            agreed = min(HOLD_TIME, hold_time_of(received.body))
            if agreed:
                session.keepalive = agreed / 3
                session.due = time.monotonic() + session.keepalive
            with contextlib.suppress(LabError):
                session.send(message(KEEPALIVE))
        elif received.kind == KEEPALIVE:
            session.established = True
        elif received.kind == NOTIFICATION:
            self._drop(session, session.last_word)

    def _drop(self, session: Session, why: str) -> None:
        with session.lock:
            session.established = False
            session.last_word = why
            session.due = time.monotonic() + RETRY_SECONDS
            if session.connection is not None:
                self._selector.unregister(session.connection)
                session.connection.close()
                session.connection = None
