"""The first process of a lab: process 1 of its namespaces, and the only one its owner talks to.

It holds one end of a socket pair whose other end only the owner has. When the owner ends, however
it ends, the socket closes, this process exits, and the kernel ends every other process of the PID
namespace and frees its network namespaces: nothing can leak. (`unshare --kill-child` survives a
SIGKILL of its owner, and a parent-death signal fires when a mere thread ends.)

It answers requests, one JSON object a message, with file descriptors beside them (unix(7),
SCM_RIGHTS): `spawn` a program in a host's network namespace and a daemon's root, open a `socket` in
a host, `connect` to a program's control socket, `write` a file, `tidy` a socket of the owner's away
when the owner is gone. It runs alone, outside any package (`python -I first_process.py FD`), so it
imports nothing but the standard library.

A request that cannot be carried out is answered by an error, whatever is wrong with it: an
exception here would end the lab.
"""

import contextlib
import ctypes
import fcntl
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

CLONE_NEWNET = 0x40000000
MESSAGE_LIMIT = 1 << 16
"""Octets of a message; every system's sockets carry that. A longer request comes in a file."""
IN_A_FILE = b"in a file"
"""The message that says that the request is in the last of the descriptors beside it."""
TIDY_SECONDS = 2.0

libc = ctypes.CDLL(None, use_errno=True)


class InHost:
    """Enter a host's network namespace for the length of a `with` block.

    Safe because this process has one thread, and needed because a socket or a child belongs to
    the namespace its maker stood in.
    """

    def __init__(self, host: str | None) -> None:
        """Choose the host by name; None stays in the lab's own namespace."""
        self.host = host

    def __enter__(self) -> None:
        """Go into the host's namespace."""
        if self.host is not None:
            self.home = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
            self._enter(os.open(f"/run/netns/{self.host}", os.O_RDONLY | os.O_CLOEXEC))

    def __exit__(self, *_: object) -> None:
        """Come back."""
        if self.host is not None:
            self._enter(self.home)

    @staticmethod
    def _enter(descriptor: int) -> None:
        try:
            if libc.setns(descriptor, CLONE_NEWNET):
                code = ctypes.get_errno()
                raise OSError(code, os.strerror(code))
        finally:
            os.close(descriptor)


class FirstProcess:
    """Answers the owner's requests and reaps whatever ends."""

    def __init__(self, control: socket.socket) -> None:
        """Listen to the owner on `control`."""
        self.control = control
        self.watchers: dict[int, int] = {}  # process id -> descriptor told of its end
        self.untidy: list[tuple[int, str]] = []  # (folder's descriptor, name) of sockets
        self.verbs: dict[str, Callable[..., tuple[dict[str, Any], list[int]]]] = {
            "spawn": self.spawn,
            "socket": self.open_socket,
            "connect": self.connect,
            "write": self.write,
            "kill": self.kill,
            "tidy": self.tidy,
        }

    def serve(self) -> None:
        """Answer until the owner is gone."""
        woken, waker = socket.socketpair()
        for end in (woken, waker):
            end.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
        with selectors.DefaultSelector() as selector:
            selector.register(self.control, selectors.EVENT_READ)
            selector.register(woken, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    if key.fileobj is woken:
                        woken.recv(4096)
                        self.reap()
                    elif not self.answer():
                        return

    def answer(self) -> bool:
        """Answer one request; return False when the owner is gone."""
        try:
            data, descriptors, _, _ = socket.recv_fds(
                self.control, MESSAGE_LIMIT, 8, socket.MSG_CMSG_CLOEXEC
            )
        except ConnectionError:
            return False
        if not data:
            return False
        if data == IN_A_FILE:
            with os.fdopen(descriptors.pop(), "rb") as file:
                file.seek(0)
                data = file.read()
        request = json.loads(data)
        asked = request.pop("request")
        reply: dict[str, Any]
        given: list[int] = []
        try:
            reply, given = self.verbs[request.pop("verb")](descriptors, **request)
        except OSError as error:
            reply = {"error": error.strerror or str(error), "errno": error.errno}
        except Exception as error:  # noqa: BLE001 - no text, a chroot that failed in the child ...
            reply = {"error": str(error), "errno": None}
        finally:
            for descriptor in descriptors:  # a verb takes out what it keeps
                os.close(descriptor)
        # The owner knows by the number what this answers: it may have stopped waiting for it.
        socket.send_fds(self.control, [json.dumps({**reply, "request": asked}).encode()], given)
        for descriptor in given:
            os.close(descriptor)
        return True

    def spawn(
        self, descriptors: list[int], argv: list[str], host: str | None, root: str | None
    ) -> tuple[dict[str, Any], list[int]]:
        """Start a program; `descriptors` are its stdin, stdout, stderr and the end watcher."""

        def enter_root() -> None:
            if root is not None:
                os.chroot(root)
                os.chdir("/")

        stdin, stdout, stderr, watcher = descriptors
        with InHost(host):
            child = subprocess.Popen(
                argv,
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
                preexec_fn=enter_root,  # noqa: PLW1509 - this process has one thread
                env={
                    "PATH": "/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/frr",
                    "LANG": "C.UTF-8",
                    "HOME": "/root",
                    "TERM": "dumb",
                },
            )
        child.returncode = 0  # reaped below, by pid: Popen must not wait for it
        self.watchers[child.pid] = watcher
        descriptors.remove(watcher)
        return {"pid": child.pid}, []

    def open_socket(
        self, _: list[int], host: str | None, family: int, kind: int
    ) -> tuple[dict[str, Any], list[int]]:
        """Open a socket that lives in a host's network namespace."""
        with InHost(host):
            return {}, [socket.socket(family, kind).detach()]

    def connect(self, _: list[int], path: str) -> tuple[dict[str, Any], list[int]]:
        """Connect to a unix socket, such as a daemon's control socket.

        A daemon that hangs accepts nobody. Waiting for it here would be deaf to the owner's end.
        """
        with socket.socket(socket.AF_UNIX) as client:
            client.setblocking(False)
            client.connect(path)
            client.setblocking(True)
            return {}, [client.detach()]

    def write(self, _: list[int], path: str, text: str) -> tuple[dict[str, Any], list[int]]:
        """Write a file, making its folder."""
        file = Path(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return {}, []

    def kill(self, _: list[int], pid: int, number: int) -> tuple[dict[str, Any], list[int]]:
        """Send a signal to a program started by `spawn`, if it still runs."""
        if pid in self.watchers:
            os.killpg(pid, number)
        return {}, []

    def tidy(self, descriptors: list[int], name: str) -> tuple[dict[str, Any], list[int]]:
        """Remove a socket, in the folder given as a descriptor, once the owner is gone.

        The owner itself cannot be trusted with it: it may be killed. It need not exist yet.
        """
        self.untidy.append((descriptors.pop(), name))
        return {}, []

    def leave(self) -> None:
        """Remove what the owner left behind."""
        for folder, name in self.untidy:
            with contextlib.suppress(OSError):
                remove_stale(folder, name)

    def reap(self) -> None:
        """Collect ended processes, also daemons' orphans, and tell the owner of each exit."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            watcher = self.watchers.pop(pid, None)
            if watcher is not None:
                with contextlib.suppress(BrokenPipeError):  # nobody waits for it any more
                    os.write(watcher, str(os.waitstatus_to_exitcode(status)).encode())
                os.close(watcher)


def remove_stale(folder: int, name: str) -> None:
    """Remove a socket that nobody listens on; one that a new owner has made since is left alone.

    Whoever makes one holds the folder's lock meanwhile, and never for long. The kernel closes what
    a killed owner had open one after the other, so its listener may be there for a moment yet.
    """
    deadline = time.monotonic() + TIDY_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.stat(name, dir_fd=folder)  # where there is none, nothing is left to do
            if is_stale(f"/proc/self/fd/{folder}/{name}"):
                os.unlink(name, dir_fd=folder)
                return
            fcntl.flock(folder, fcntl.LOCK_UN)
        time.sleep(0.01)


def is_stale(address: str) -> bool:
    """Tell whether a socket's file is there and nobody listens."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.setblocking(False)
        try:
            probe.connect(address)
        except ConnectionRefusedError:
            return True
        except OSError:  # no such file, or so many callers that they have to queue
            return False
    return False


if __name__ == "__main__":
    for ignored in (signal.SIGINT, signal.SIGQUIT):  # by what a shell script starts with `&`
        signal.signal(ignored, signal.SIG_DFL)  # and whatever is spawned inherits this
    first = FirstProcess(socket.socket(fileno=int(sys.argv[1])))
    first.serve()
    first.leave()
    os._exit(0)
