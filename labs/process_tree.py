"""A lab is a process tree: namespaces of its own that end when their owner ends.

`ProcessTree` is the owner's side. It starts one first process (see `first_process`) in new mount,
PID, network, IPC and UTS namespaces, inside a user namespace unless the owner may do all that it
takes, and asks it to do everything else. The host's network, mounts and processes are never
touched: even /sys is the lab's own, for the host's lets root change its interfaces. Hosts are
network namespaces; a daemon's programs run in a host by chroot into its unpacked root (see
`packages`), with /run, /etc/frr and the like private to that host.
"""

import contextlib
import os
import re
import shlex
import socket
import subprocess
import sys
import threading
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from labs import first_process, unshare
from labs.closing import Closing
from labs.errors import LabError
from labs.first_link import FirstLink, on
from labs.packages import PRIVATE_FOLDERS, Daemon
from labs.process import Process, last_lines
from labs.process_log import ProcessLog, Trimmer

START_SECONDS = 20.0
RUN_SECONDS = 30.0
SCRIPT_LIMIT = 1 << 14
"""Octets of a script run at a time: each part has its own time, and execve(2) takes 128 KiB."""
TRACED = "\x01"
"""What the shell prints before a command that it is about to run."""


class ProcessTree(Closing):
    """One lab's namespaces and everything in them; use it in a `with` block.

    It belongs to the process that made it: what that process forks without a new program, as
    `multiprocessing` may, has no part in it.
    """

    def __init__(self) -> None:
        """Start the first process.

        Raises:
            LabError: the system refuses namespaces, or a tool is missing.
        """
        command = unshare.command()
        self._processes: list[Process] = []
        self._trimmer = Trimmer()
        self._roots: dict[str, threading.Lock] = {}
        self._ready_roots: set[str] = set()
        control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._link = FirstLink(control)
        _owned.add(self)
        with theirs, os.fdopen(os.memfd_create("complaints"), "w+b") as complaints:
            self._unshare = subprocess.Popen(
                [
                    *(*command, sys.executable, "-I"),
                    *(str(Path(first_process.__file__)), str(theirs.fileno())),
                ],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=complaints,
                stderr=complaints,
                start_new_session=True,  # Ctrl-C in a terminal is the owner's business
            )
            theirs.close()
            try:
                self.script(
                    "mount -t tmpfs tmpfs /run; mkdir /run/netns /run/lab; ip link set lo up\n"
                    # Where another mount covers a part of /sys, a new one is refused.
                    "mount -t sysfs -o ro sysfs /sys 2>/dev/null || mount -t tmpfs -o ro tmpfs /sys"
                )
            except BaseException as error:
                self.close()
                if not isinstance(error, LabError):
                    raise
                complaints.seek(0)
                said = complaints.read().decode(errors="replace").strip() or str(error)
                raise LabError(
                    f"the lab did not start: {said}; {unshare.UNSHARE_ADVICE}"
                ) from error

    @property
    def pid(self) -> int:
        """The process id, on the host, of the tree's root."""
        return self._unshare.pid

    def disown(self) -> None:
        """Let go of the lab without ending it, in a copy of its owner."""
        self._link.close()

    def close(self) -> None:
        """End the lab with everything in it; returns when it is gone."""
        self._link.close()
        try:
            self._unshare.wait(START_SECONDS)
        except subprocess.TimeoutExpired:
            self._unshare.kill()
            self._unshare.wait()
        self._trimmer.close()
        for process in tuple(self._processes):
            process.close()

    def forget(self, process: Process) -> None:
        """Stop keeping a program whose descriptors have been given back."""
        self._processes.remove(process)

    def request(self, verb: str, descriptors: Sequence[int] = (), **fields: Any) -> Any:  # noqa: ANN401 - replies differ by verb
        """Ask the first process for something; return its reply, or the descriptor it gave.

        Raises:
            LabError: it was refused, or the lab has ended.
        """
        return self._link.request(verb, descriptors, **fields)

    def spawn(
        self,
        argv: Sequence[str],
        host: str | None = None,
        root: str | None = None,
        streams: Sequence[int] | None = None,
        log_limit: int | None = None,
    ) -> Process:
        """Start a program.

        Args:
            argv: the program and its arguments.
            host: the host whose network it sees; None is the lab's own empty one.
            root: a path in the lab to chroot into (see `root`).
            streams: descriptors for its standard input, output and error, which the caller keeps;
                without them it reads nothing and prints into its log.
            log_limit: octets beyond which the oldest lines of its log go; None keeps all of them.

        Raises:
            LabError: the program could not be started.
        """
        log = ProcessLog(log_limit)
        ended, watcher = os.pipe()
        nothing = os.open(os.devnull, os.O_RDONLY)
        output = log.open()
        try:
            reply = self.request(
                "spawn",
                [*(streams or (nothing, output, output)), watcher],
                argv=list(argv),
                host=host,
                root=root,
            )
        except BaseException:
            os.close(ended)
            log.close()
            raise
        finally:
            for descriptor in (watcher, nothing, output):
                os.close(descriptor)
        process = Process(self, argv[0], reply["pid"], ended, log)
        self._processes.append(process)
        if log_limit is not None:
            self._trimmer.watch(log)
        return process

    def run(
        self,
        argv: Sequence[str],
        host: str | None = None,
        root: str | None = None,
        seconds: float = RUN_SECONDS,
    ) -> str:
        """Run a program to its end; return what it printed.

        Raises:
            LabError: it failed or took too long; the text quotes its last lines.
        """
        status, said = self._finish(argv, host, root, seconds)
        if status != 0:
            raise LabError(f"{_ended(' '.join(argv), host, status, seconds)}{last_lines(said)}")
        return said

    def script(self, text: str, host: str | None = None) -> str:
        """Run shell commands, stopping at the first that fails; return what they printed.

        A long text is run in parts, each by a shell of its own, so a line of it is a whole command.

        Raises:
            LabError: a command failed or took too long; the text quotes it and its last lines.
        """
        printed = ""
        for part in _parts(text):
            traced = f"PS4='{TRACED}'; set -x\n{part}"
            status, said = self._finish(["/bin/sh", "-ec", traced], host, None, RUN_SECONDS)
            begun = re.split(rf"{TRACED}(.*\n)", said)  # what was printed, a command, printed ...
            if status != 0:
                command = begun[-2].strip() if begun[1:] else part
                what = _ended(command, host, status, RUN_SECONDS)
                raise LabError(f"{what}{last_lines(begun[-1])}")
            printed += "".join(begun[::2])
        return printed

    def _finish(
        self, argv: Sequence[str], host: str | None, root: str | None, seconds: float
    ) -> tuple[int | None, str]:
        """Run a program to its end; return its status, None after so long, and what it printed."""
        process = self.spawn(argv, host, root)
        try:
            return process.wait(seconds), process.log()
        finally:
            if process.wait(0) is None:  # too long, or Ctrl-C
                with contextlib.suppress(LabError):  # it ends with the lab
                    process.stop()
            process.close()

    def tidy(self, folder: int, name: str) -> None:
        """Have a unix socket removed when its listener is gone with the owner, even by SIGKILL.

        Args:
            folder: a descriptor of the socket's folder, on the host. Who makes a socket there has
                the folder locked (flock(2)).
            name: its name there; there need not be one yet.
        """
        self.request("tidy", [folder], name=name)

    def open_socket(self, host: str | None, family: int, kind: int) -> socket.socket:
        """Open a socket in a host's network, or the lab's own; the owner uses it like any other."""
        return socket.socket(fileno=self.request("socket", host=host, family=family, kind=kind))

    def connect(self, path: str) -> socket.socket:
        """Connect to a unix socket of the lab."""
        return socket.socket(fileno=self.request("connect", path=path))

    def write(self, path: str, text: str) -> None:
        """Write a file of the lab, which is one below /run: the rest is the host's.

        Raises:
            LabError: the path leads elsewhere, or cannot be written.
        """
        if not os.path.normpath(path).startswith("/run/"):
            raise LabError(f"a lab writes below /run only, and {path} is the host's")
        self.request("write", path=path, text=text)

    def add_host(self, name: str) -> None:
        """Add a host: a network namespace with its loopback up."""
        self.script(f"ip netns add {name}; ip -n {name} link set lo up")

    def root(self, host: str, daemon: Daemon) -> str:
        """Return the path, in the lab, of a daemon's root as a host sees it; make it once.

        The unpacked folder itself is mounted read-only.
        """
        base = f"/run/lab/{host}/{daemon.name}"
        root = f"{base}/root"
        with self._roots.setdefault(root, threading.Lock()):
            if root not in self._ready_roots:
                self._mount_root(base, root, daemon)
                self._ready_roots.add(root)
        return root

    def _mount_root(self, base: str, root: str, daemon: Daemon) -> None:
        commands = [
            f"mkdir -p {root} {' '.join(f'{base}/own/{name}' for name in PRIVATE_FOLDERS)}",
            f"mount --bind {shlex.quote(str(daemon.root))} {root}",
            f"mount -o remount,bind,ro{_kept_flags(daemon.root)} {root}",
            *(f"mount --bind {base}/own/{name} {root}/{name}" for name in PRIVATE_FOLDERS),
            *(f"mount --rbind /{name} {root}/{name}" for name in ("proc", "dev")),
        ]
        self.script("; ".join(commands))


_owned: weakref.WeakSet[ProcessTree] = weakref.WeakSet()


def _disown_all() -> None:
    """Close the copies of control sockets that a forked child has: they would outlive the owner."""
    for tree in _owned:
        tree.disown()


os.register_at_fork(after_in_child=_disown_all)


def _parts(text: str) -> list[str]:
    """Cut a script into parts of whole lines."""
    parts = [""]
    for line in text.splitlines(keepends=True):
        if parts[-1] and len(parts[-1]) + len(line) > SCRIPT_LIMIT:
            parts.append("")
        parts[-1] += line
    return parts


def _ended(command: str, host: str | None, status: int | None, seconds: float) -> str:
    """Say how a command ended that was to end well."""
    how = f"failed with status {status}" if status else f"did not end within {seconds:g} seconds"
    return f"`{command}`{on(host)} {how}:\n"


def _kept_flags(folder: Path) -> str:
    """Return the mount options a user namespace must repeat when it remounts `folder`."""
    flags = os.statvfs(folder).f_flag
    names = {os.ST_NOSUID: ",nosuid", os.ST_NODEV: ",nodev", os.ST_NOEXEC: ",noexec"}
    names |= {os.ST_NOATIME: ",noatime", os.ST_RELATIME: ",relatime"}
    return "".join(name for flag, name in names.items() if flags & flag)
