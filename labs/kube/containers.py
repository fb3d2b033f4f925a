"""Containers: real processes in namespaces of their own, in a pod's network and a read-only root.

What containerd and runc are to a node. An image is one of `labs.kube.images`; a web server of ours
is a listener of the one process for all of them (`labs.kube.web`).
"""

from __future__ import annotations

import contextlib
import json
import os
import pty
import shutil
import signal
import struct
import sys
import termios
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from fcntl import ioctl
from pathlib import Path
from typing import Any

from labs.errors import LabError
from labs.kube import container_init
from labs.kube.container_log import ContainerLog, Pump
from labs.kube.images import Failed, Idle, Image, Web
from labs.kube.web import Site, WebServers
from labs.process import Process as LabProcess
from labs.process_tree import ProcessTree

MOUNT = "/run/lab/kube/mnt"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_SIGNALLED = 128
CAPABILITY_NAMES = (
    *("chown", "dac_override", "fowner", "fsetid", "kill", "setgid", "setuid", "setpcap"),
    *("net_bind_service", "net_raw", "sys_chroot", "audit_write", "setfcap"),
)
"""The capabilities of `container_init`, as setpriv calls them."""
_KILL_SECONDS = 5.0


class StartError(Exception):
    """A container's program could not be started; its text is the runtime's."""


@dataclass(frozen=True)
class Wanted:
    """A container as it is to run.

    Attributes:
        key: which it is, in all of the lab.
        image: what it runs.
        argv: what its spec asks for instead of the image's entrypoint and arguments.
        network: the network namespace.
        address: the pod's address.
        pod: the pod's name, which is its hostname, too.
        environment: its variables.
        folder: its working directory.
        scratch: a folder of the lab that is its /tmp.
        volumes: (folder of the lab, place in the container, writable).
        stdin: whether its input is kept open.
        terminal: whether it has a terminal.
    """

    key: str
    image: Image
    argv: tuple[str, ...]
    network: str
    address: str
    pod: str
    environment: dict[str, str] = field(default_factory=dict)
    folder: str = "/"
    scratch: str = ""
    volumes: tuple[tuple[str, str, bool], ...] = ()
    stdin: bool = False
    terminal: bool = False


class Program:
    """A program that was started in a container; `labs.kube.streams.Process` is its shape."""

    def __init__(
        self, process: LabProcess, stdin: int | None, stdout: int, stderr: int | None
    ) -> None:
        """Take over the process; the descriptors are whose who asked for them."""
        self.process = process
        self.stdin, self.stdout, self.stderr = stdin, stdout, stderr

    def wait(self) -> int:
        """Wait for its end."""
        status = None
        while status is None:
            status = self.process.wait(1.0)
        with contextlib.suppress(ValueError):  # two may have waited
            self.process.close()
        return exit_code(status)

    def resize(self, rows: int, columns: int) -> None:
        """Tell the terminal its size."""
        set_size(self.stdout, rows, columns)

    def kill(self) -> None:
        """End it."""
        with contextlib.suppress(LabError):
            self.process.signal(signal.SIGKILL)


def set_size(terminal: int, rows: int, columns: int) -> None:
    """Give a terminal a size."""
    with contextlib.suppress(OSError):  # it has ended
        ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def exit_code(status: int) -> int:
    """Return a status as a shell and a container runtime write it: 128 and the signal's number."""
    return status if status >= 0 else _SIGNALLED - status


class Running:
    """A container that runs, or has ended: a program, a listener, or something idle."""

    def __init__(self, log: ContainerLog) -> None:
        """Begin."""
        self.log = log
        self.process: LabProcess | None = None
        self.stdin: int | None = None
        self.terminal: int | None = None
        self._web: WebServers | None = None
        self._key = ""
        self._mark = ""
        self._tree: ProcessTree | None = None
        self._code: int | None = None
        self._looking = threading.Lock()

    def code(self) -> int | None:
        """Return the exit code once it has ended."""
        with self._looking:
            if self.process is not None and self._code is None:
                status = self.process.wait(0)
                if status is not None:
                    self._code = exit_code(status)
                    self.log.end()
                    self._let_go()
            return self._code

    def stop(self, number: int = signal.SIGTERM) -> None:
        """Ask it to end, or make it (SIGKILL)."""
        if self._code is not None:
            return
        if self.process is not None:
            with contextlib.suppress(LabError):
                if number == signal.SIGKILL or self._tree is None:
                    self.process.signal(signal.SIGKILL)
                else:  # to the program alone, as a runtime does, and not to what it has started
                    self._tree.script(f"kill -{int(number)} $(cat {self._mark})")
            return
        if self._web is not None:
            self._web.stop(self._key)
        self.end(_SIGNALLED + signal.SIGKILL if number == signal.SIGKILL else 0)

    def end(self, code: int) -> None:
        """Count as ended, where no process does it."""
        self._code = code
        self.log.end()

    def run(self, program: Program, tree: ProcessTree, mark: str) -> None:
        """Be a program, whose number is in a file of the lab."""
        self.process, self.stdin = program.process, program.stdin
        self._tree, self._mark = tree, mark

    def serve(self, web: WebServers, key: str) -> None:
        """Be a listener."""
        self._web, self._key = web, key

    def _let_go(self) -> None:
        assert self.process is not None  # noqa: S101 - a program has ended
        self.process.close()
        for descriptor in (self.stdin, self.terminal):
            if descriptor is not None:
                os.close(descriptor)
        self.stdin = self.terminal = None


class Runtime:
    """Starts containers in a lab."""

    def __init__(self, tree: ProcessTree) -> None:
        """Start what all of them share."""
        self.tree = tree
        self.pump = Pump()
        self.web = WebServers(tree, self.pump)
        tree.script(f"mkdir -p {MOUNT}")

    def close(self) -> None:
        """End what all of them share; the containers end with the lab."""
        self.web.close()
        self.pump.close()

    def start(self, wanted: Wanted) -> Running:
        """Start a container.

        Raises:
            StartError: its program does not exist in the image.
            LabError: the lab could not start it.
        """
        running = Running(ContainerLog())
        own = wanted.image.program(wanted.argv[0]) if wanted.argv else None
        if own is not None:
            self._start_own(running, wanted, own(wanted.argv[1:]))
            return running
        check_program(wanted.image, wanted.argv)
        self._start_program(running, wanted)
        return running

    def _start_own(self, running: Running, wanted: Wanted, does: Web | Idle | Failed) -> None:
        if isinstance(does, Failed):
            running.log.say(does.said)
            running.end(does.code)
        elif isinstance(does, Web):
            site = Site(
                key=wanted.key,
                host=wanted.network,
                address=wanted.address,
                port=does.port,
                name=wanted.pod,
                text=does.text,
            )
            why = self.web.start(site, running.log.say)
            running.serve(self.web, wanted.key)
            if why:
                running.log.say(f"listen tcp :{does.port}: bind: {why.lower()}")
                running.end(1)
            elif does.text:
                running.log.say(f"[INFO] server is listening on :{does.port}")

    def _start_program(self, running: Running, wanted: Wanted) -> None:
        program = self.execute(
            wanted, wanted.argv, stdin=wanted.stdin, terminal=wanted.terminal, beside=False
        )
        running.run(program, self.tree, mark_of(wanted))
        if wanted.terminal:
            running.terminal = os.dup(program.stdout)
        self.pump.watch(program.stdout, lambda data: running.log.feed(data, 1))
        if program.stderr is not None:
            self.pump.watch(program.stderr, lambda data: running.log.feed(data, 2))

    def execute(
        self, wanted: Wanted, argv: Sequence[str], *, stdin: bool, terminal: bool, beside: bool
    ) -> Program:
        """Start a program in a container.

        Args:
            wanted: the container.
            argv: the program and its arguments.
            stdin: whether its input is kept open.
            terminal: whether it has a terminal.
            beside: whether it joins the program that runs there; beside a web server of ours, which
                is no process of the pod's, it is alone.

        Raises:
            StartError: there is no such program.
        """
        check_program(wanted.image, argv)
        variables = {"PATH": _PATH, "HOSTNAME": wanted.pod, "HOME": "/root"}
        variables |= ({"TERM": "xterm"} if terminal else {}) | wanted.environment
        if beside:
            command = _joining(wanted, argv, variables, terminal=terminal)
        else:
            command = _starting(wanted, argv, variables, terminal=terminal)
        ours, theirs = _terminal() if terminal else _pipes(stdin=stdin)
        try:
            process = self.tree.spawn(command, wanted.network, streams=theirs)
        except BaseException:
            for descriptor in ours:
                if descriptor is not None:
                    os.close(descriptor)
            raise
        finally:
            for descriptor in {*theirs}:
                os.close(descriptor)
        given, out, errors = ours
        if terminal and not stdin and given is not None:
            os.close(given)
            given = None
        assert out is not None  # noqa: S101 - only input and errors may be missing
        return Program(process, given, out, errors)


def mark_of(wanted: Wanted) -> str:
    """Return the file of the lab with the number of a container's program."""
    return f"{wanted.scratch}.pid"


def _starting(
    wanted: Wanted, argv: Sequence[str], variables: dict[str, str], *, terminal: bool
) -> list[str]:
    """Return the command that starts a program in namespaces of its own."""
    spec: dict[str, Any] = {
        "root": MOUNT,
        "tools": wanted.image.tools,
        "files": _files(wanted),
        "scratch": wanted.scratch,
        "mark": mark_of(wanted) if argv == wanted.argv else "",
        "volumes": wanted.volumes,
        "hostname": wanted.pod,
        "terminal": terminal,
        "folder": wanted.folder,
        "environment": variables,
        "argv": list(argv),
    }
    own = ("--mount", "--pid", "--ipc", "--uts", "--fork", "--kill-child")
    program = (sys.executable, "-I", "-S", str(Path(container_init.__file__)))
    return ["unshare", *own, "--", *program, json.dumps(spec)]


def _joining(
    wanted: Wanted, argv: Sequence[str], variables: dict[str, str], *, terminal: bool
) -> list[str]:
    """Return the command that starts a program in the namespaces of one that runs."""
    join = f'exec nsenter --target "$(cat {mark_of(wanted)})" --mount --pid --ipc --uts -- "$@"'
    kept = ",".join(f"+{name}" for name in CAPABILITY_NAMES)
    lessen = ("setpriv", "--no-new-privs", f"--bounding-set=-all,{kept}")
    own = ("setsid", "--ctty", "--wait") if terminal else ()
    assigned = [f"{name}={value}" for name, value in variables.items()]
    program = ("env", "-i", "-C", wanted.folder, *assigned, *argv)
    return ["/bin/sh", "-c", join, "sh", *lessen, *own, *program]


def _terminal() -> tuple[tuple[int | None, int | None, int | None], tuple[int, int, int]]:
    ours, theirs = pty.openpty()
    for descriptor in (ours, theirs):
        os.set_inheritable(descriptor, False)
    return (os.dup(ours), ours, None), (theirs, theirs, theirs)


def _pipes(
    *, stdin: bool
) -> tuple[tuple[int | None, int | None, int | None], tuple[int, int, int]]:
    given = None
    if stdin:
        taken, given = os.pipe2(os.O_CLOEXEC)
    else:
        taken = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    read_out, out = os.pipe2(os.O_CLOEXEC)
    read_errors, errors = os.pipe2(os.O_CLOEXEC)
    return (given, read_out, read_errors), (taken, out, errors)


def check_program(image: Image, argv: Sequence[str]) -> None:
    """Refuse a program that an image does not have, in runc's words.

    Raises:
        StartError: it has none of that name.
    """
    name = argv[0] if argv else ""
    if "/" in name:
        inside = name.startswith(("/usr/", "/bin/", "/sbin/", "/lib"))
        if not (image.tools and inside and os.access(name, os.X_OK)):
            raise StartError(f'exec: "{name}": stat {name}: no such file or directory')
    elif not image.tools or shutil.which(name, path=_PATH) is None:
        raise StartError(f'exec: "{name}": executable file not found in $PATH')


def _files(wanted: Wanted) -> dict[str, str]:
    return {
        "etc/hosts": f"127.0.0.1\tlocalhost\n{wanted.address}\t{wanted.pod}\n",
        "etc/hostname": f"{wanted.pod}\n",
        "etc/resolv.conf": "# a lab has no DNS\n",
        "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n",
        "etc/group": "root:x:0:\nnogroup:x:65534:\n",
    }
