"""A lab held by one process for others: the door through which commands reach a lab that is up.

The holder owns the lab and listens on a unix socket in a folder only its user can enter; each
request is one JSON object on a line, answered by one, and descriptors travel beside it. What a
client asks for is a verb of `labs.lab_verbs`; the holder keeps the situation, so that two clients
see the same one. While a verb waits for a session, each look at it is a line of its own before the
answer. What a client began and did not end, a capture, ends when it hangs up. A lab that nobody has
asked anything of for a while ends by itself, and when the holder is killed, be it while the lab
comes up, the lab's first process removes the socket.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import signal
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from labs import first_process
from labs.descriptors import readable
from labs.errors import LabError
from labs.lab import Lab
from labs.lab_recording import encode
from labs.process import Process
from labs.process_tree import ProcessTree
from labs.situation import Situation

CHANGES: Final = (
    *("cut", "mtu", "drop", "limit", "heal", "freeze", "thaw", "stop_daemon", "kill"),
    *("start_daemon", "as_number", "routes", "policy", "endpoints", "roas", "configure", "mend"),
    *("objects", "mark"),
)
"""The verbs that change a lab; any other is a question."""
QUESTIONS: Final = (
    *("run", "show", "paths", "announced", "state", "wait_state", "wait_notification", "watch"),
    *("marked", "transitions", "curl", "trace", "snapshot", "begin_capture", "end_capture"),
    "objects_declared",
)
PATIENT: Final = ("run", "wait_notification", "transitions", "marked", "curl",
                  "begin_capture", "end_capture")  # fmt: skip
"""Questions that no daemon is asked for: they read logs and packets, also while the lab changes."""
LINE_LIMIT: Final = 1 << 24
SUFFIX: Final = ".lab"
BACKLOG: Final = 128


class LabBusyError(LabError):
    """A lab of that name is up already."""


@dataclass(frozen=True)
class Claim:
    """A name taken in a folder: a listening socket at `folder/NAME.lab`."""

    folder: Path
    name: str
    listener: socket.socket
    inode: int

    def close(self) -> None:
        """Give the name back, unless the file has been taken away and made anew by hand."""
        with _alone(self.folder) as place, self.listener, contextlib.suppress(FileNotFoundError):
            # While somebody listens, no other lab takes the name, nor any file the inode.
            if os.stat(f"{self.name}{SUFFIX}", dir_fd=place).st_ino == self.inode:
                os.unlink(f"{self.name}{SUFFIX}", dir_fd=place)


def check_name(name: str) -> None:
    """Check that a lab can be called so.

    Raises:
        LabError: the name cannot be a file's.
    """
    if not name or not all(char.isalnum() or char in "-_." for char in name) or name[0] == ".":
        raise LabError(f"a lab's name is letters, digits, '-', '_' and '.', not {name!r}")


def claim(folder: Path, name: str, tree: ProcessTree | None = None) -> Claim:
    """Take a name for a lab.

    Args:
        folder: one that only this user can enter; made if missing.
        name: letters, digits, `-`, `_` and `.`.
        tree: the lab's namespaces, whose first process gives the name back should this process be
            killed; None where the caller's end does not matter.

    Raises:
        LabBusyError: a lab of that name is up.
        LabError: the name cannot be a file's.
    """
    check_name(name)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _opened(folder) as place:
        if tree is not None:  # unlocked: the lock would go with the descriptor, and stay
            tree.tidy(place, f"{name}{SUFFIX}")
    with _alone(folder) as place:
        address = f"/proc/self/fd/{place}/{name}{SUFFIX}"  # however long the folder's name is
        _remove_stale(place, name)
        listener = socket.socket(socket.AF_UNIX)
        try:
            listener.bind(address)
        except OSError as error:
            listener.close()
            if error.errno == errno.EADDRINUSE:
                raise LabBusyError(f"a lab called {name} is up already") from error
            raise LabError(
                f"the lab's socket {folder / name}{SUFFIX} cannot be made: {error.strerror}"
            ) from error
        os.chmod(f"{name}{SUFFIX}", 0o600, dir_fd=place)
        listener.listen(BACKLOG)
        return Claim(folder, name, listener, os.stat(f"{name}{SUFFIX}", dir_fd=place).st_ino)


def names(folder: Path) -> list[str]:
    """Return the names of the labs that are up or coming up; what a crash left is removed."""
    if not folder.is_dir():
        return []
    with _alone(folder) as place:
        for name in _names(folder):
            _remove_stale(place, name)
        return _names(folder)


def _names(folder: Path) -> list[str]:
    return sorted(path.name.removesuffix(SUFFIX) for path in folder.glob(f"*{SUFFIX}"))


def _remove_stale(place: int, name: str) -> None:
    """Remove a socket that nobody listens on; the folder is locked, so nobody is about to."""
    if first_process.is_stale(f"/proc/self/fd/{place}/{name}{SUFFIX}"):
        os.unlink(f"{name}{SUFFIX}", dir_fd=place)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[int]:
    """Open a folder, one process at a time; yields its descriptor."""
    with _opened(folder) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_EX)  # let go with the descriptor
        yield descriptor


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


class Holder:
    """A lab and its door; `serve` returns when the lab is asked to end, or idle for too long."""

    def __init__(self, claimed: Claim, lab: Lab, topology: str, idle: float | None = None) -> None:
        """Hold `lab` under the claimed name.

        Args:
            claimed: the name and its socket.
            lab: a live lab.
            topology: the name or the file its topology is loaded by, for clients.
            idle: seconds without any request after which it ends by itself; None for never.
        """
        self.claimed, self.lab, self.topology, self.idle = claimed, lab, topology, idle
        self.since = time.time()
        self._used = time.monotonic()
        # With the captures each of them has under way, by number.
        self._clients: dict[socket.socket, dict[int, list[Any]]] = {}
        self._ended = threading.Event()
        # Changes come one after the other, and no question of a daemon begins in the middle of one.
        self._changing = threading.Lock()
        self._asking = threading.local()  # `client`: who waits, in this thread
        lab._tell = self._look  # noqa: SLF001 - what is called at each look of a verb that waits

    def end(self) -> None:
        """Make `serve` return."""
        self._ended.set()

    def serve(self) -> None:
        """Answer clients until the end."""
        listener = self.claimed.listener
        while not self._ended.is_set() and not self._is_idle():
            if readable([listener], 0.2):
                try:
                    client, _ = listener.accept()
                except OSError:  # too many open files: those who are there go on, and may leave
                    self._ended.wait(0.2)
                    continue
                threading.Thread(target=self._talk, args=(client,), daemon=True).start()

    def _is_idle(self) -> bool:
        return (
            self.idle is not None
            and not self._clients
            and time.monotonic() - self._used > self.idle
        )

    def _talk(self, client: socket.socket) -> None:
        """Answer one client until it hangs up."""
        self._clients[client] = {}
        try:
            with client:
                if owner(client)[0] != os.geteuid():
                    return  # the folder keeps others out; this holds even if it was opened up
                for request, descriptors in requests(client):
                    self._used = time.monotonic()
                    try:
                        reply = self._answer(client, request, descriptors)
                    except LabError as error:
                        reply = {"error": str(error)}
                    except OSError:
                        raise
                    except Exception as error:  # noqa: BLE001 - the last line of defence
                        reply = {"error": f"the lab does not understand {request!r} ({error!r})"}
                    finally:
                        for descriptor in descriptors:
                            os.close(descriptor)
                    send(client, reply)
        except OSError:
            pass  # it went away in the middle of an answer
        finally:
            self._used = time.monotonic()
            for number, capture in self._clients.pop(client).items():
                with contextlib.suppress(LabError, OSError):  # the lab may have ended too
                    self.lab._ask("end_capture", *capture, number)  # noqa: SLF001 - as in `_ask`

    def _answer(
        self, client: socket.socket, request: dict[str, Any], descriptors: list[int]
    ) -> dict[str, Any]:
        kind, arguments = request["kind"], request.get("arguments", [])
        verbs: dict[str, Callable[[], dict[str, Any]]] = {
            "info": self._info,
            "situation": lambda: {"situation": self.lab.situation.plain()},
            "stand": lambda: self._stand(Situation.of(request["situation"])),
            "change": lambda: self._change(request["verb"], arguments),
            "ask": lambda: self._ask(client, request["verb"], arguments),
            "run": lambda: self._run(
                client, self.lab.spawn(arguments[0], arguments[1], descriptors)
            ),
            "kubectl": lambda: self._run(client, self.lab.spawn_kubectl(arguments[0], descriptors)),
            "down": self._down,
        }
        return verbs[kind]()

    def _look(self, seconds: float, state: str) -> None:
        """Tell the client that waits in this thread of a look."""
        if (client := getattr(self._asking, "client", None)) is not None:
            send(client, {"look": [seconds, state]})

    def _info(self) -> dict[str, Any]:
        quiet = time.monotonic() - self._used
        return {
            "name": self.claimed.name,
            "topology": self.topology,
            "title": self.lab.title,
            "since": self.since,
            "process": os.getpid(),
            "ends_in": None if self.idle is None else max(0.0, self.idle - quiet),
            "situation": str(self.lab.situation),
        }

    def _stand(self, situation: Situation) -> dict[str, Any]:
        with self._changing:
            self.lab.situation = situation
        return {}

    def _change(self, verb: str, arguments: list[Any]) -> dict[str, Any]:
        if verb not in CHANGES:
            raise LabError(f"no verb changes a lab like {verb!r}; there are {', '.join(CHANGES)}")
        with self._changing:
            getattr(self.lab, verb)(*arguments)
        return {"situation": self.lab.situation.plain()}

    def _ask(self, client: socket.socket, verb: str, arguments: list[Any]) -> dict[str, Any]:
        if verb not in QUESTIONS:
            raise LabError(
                f"nothing in a lab is asked by {verb!r}; there are {', '.join(QUESTIONS)}"
            )
        if verb not in PATIENT:
            with self._changing:
                pass  # a daemon that is just restarted would answer nobody
        if verb == "end_capture":
            self._clients[client].pop(arguments[-1], None)
        self._asking.client = client
        answer = self.lab._ask(verb, *arguments)  # noqa: SLF001 - the other half of one contract
        if verb == "begin_capture":
            self._clients[client][answer] = arguments
        return {"answer": encode(verb, answer)}

    @staticmethod
    def _run(client: socket.socket, process: Process) -> dict[str, Any]:
        """Let a program on the client's own streams end; the client interrupts it or hangs up."""
        try:
            while (status := process.wait(0)) is None:
                waited: list[Process | socket.socket] = [process, client]
                if client in readable(waited, None):
                    said = client.recv(64)
                    process.signal(signal.SIGINT if said else signal.SIGKILL)
                    if not said:
                        process.stop()
        finally:
            process.close()
        return {"status": status}

    def _down(self) -> dict[str, Any]:
        self.end()
        return {}


def requests(connection: socket.socket) -> Iterator[tuple[dict[str, Any], list[int]]]:
    """Yield each JSON object that arrives, with the descriptors that came beside it.

    Raises:
        OSError: the connection broke, or carried something else.
    """
    buffer, descriptors = bytearray(), list[int]()
    while True:
        data, given, _, _ = socket.recv_fds(connection, 1 << 16, 3, socket.MSG_CMSG_CLOEXEC)
        descriptors += given
        buffer += data
        if not data or len(buffer) > LINE_LIMIT:
            for descriptor in descriptors:
                os.close(descriptor)
            return
        while (end := buffer.find(b"\n")) >= 0:
            line = bytes(buffer[:end])
            del buffer[: end + 1]
            try:
                request = json.loads(line)
            except ValueError as error:
                raise OSError(f"no JSON: {line[:80]!r}") from error
            yield (request if isinstance(request, dict) else {}), descriptors
            descriptors = []


def send(
    connection: socket.socket, message: dict[str, Any], descriptors: tuple[int, ...] = ()
) -> None:
    """Send one JSON object, with descriptors beside it."""
    data = json.dumps(message).encode() + b"\n"
    sent = socket.send_fds(connection, [data], list(descriptors)) if descriptors else 0
    connection.sendall(data[sent:])


def owner(connection: socket.socket) -> tuple[int, int]:
    """Return user and process at the other end, as the kernel knows them (unix(7), SO_PEERCRED)."""
    size = struct.calcsize("3i")
    known = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    process, user, _ = struct.unpack("3i", known)
    return user, process
