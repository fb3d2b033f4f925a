"""A lab is a process tree: namespaces of its own that end when their owner ends.

`ProcessTree` is the owner's side. It starts one first process (see `first_process`) in new mount,
PID, network, IPC and UTS namespaces, inside a user namespace unless the owner may do all that it
takes, and asks it to do everything else. The host's network, mounts and processes are never
touched: even /sys is the lab's own, for the host's lets root change its interfaces. Hosts are
network namespaces; a daemon's programs run in a host by chroot into its unpacked root (see
`packages`), with /run, /etc/frr and the like private to that host.
"""

import contextlib
import errno
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import threading
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from labs import first_process
from labs.closing import Closing
from labs.descriptors import readable
from labs.errors import LabError
from labs.packages import PRIVATE_FOLDERS, Daemon
from labs.process_log import ProcessLog, Trimmer

START_SECONDS = 20.0
RUN_SECONDS = 30.0
SCRIPT_LIMIT = 1 << 14
"""Octets of a script run at a time: each part has its own time, and execve(2) takes 128 KiB."""
TRACED = "\x01"
"""What the shell prints before a command that it is about to run."""
NEEDED_CAPABILITIES = (10, 12, 13, 18, 21)
"""NET_BIND_SERVICE, NET_ADMIN, NET_RAW, SYS_CHROOT and SYS_ADMIN (capabilities(7))."""
OVER = (errno.EPIPE, errno.ECONNRESET, errno.EBADF, errno.ENOTCONN)
"""What a socket says whose other end is gone, or that was closed."""
UNSHARE_ADVICE = (
    "labs need namespaces: on Ubuntu 23.10 and later allow them with `sudo sysctl "
    "kernel.apparmor_restrict_unprivileged_userns=0`, in a container run it privileged, or use a "
    "virtual machine"
)


class Process:
    """A program running in a lab."""

    def __init__(
        self, tree: "ProcessTree", name: str, pid: int, ended: int, log: ProcessLog
    ) -> None:
        """Take over the descriptor that tells of the program's end, and its log."""
        self.name = name
        self.pid = pid
        self._tree = tree
        self._ended = ended
        self._log = log
        self._status: int | None = None
        self._reading = threading.Lock()

    def wait(self, seconds: float) -> int | None:
        """Wait for the end; return the exit status, or None if it still runs.

        A negative status is the number of the signal that ended it. Several threads may wait.
        """
        if self._status is None and readable([self], seconds):
            with self._reading:
                if self._status is None:  # it can be read once
                    # Nothing written means that the whole lab ended with it.
                    self._status = int(os.read(self._ended, 16) or b"-9")
        return self._status

    def log(self) -> str:
        """Return what the program has printed so far; empty lines stand for what is gone."""
        return self._log.text()

    def last_lines(self, count: int = 6) -> str:
        """Return the end of the log, for an error message."""
        return _last_lines(self.log(), count)

    def stop(self, seconds: float = 5.0) -> int:
        """End the program, gently first; return its exit status."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            self._tree.request("kill", pid=self.pid, number=int(number))
            status = self.wait(seconds)
            if status is not None:
                return status
        raise LabError(f"{self.name} (process {self.pid} of the lab) does not end, even by SIGKILL")

    def fileno(self) -> int:
        """Return a descriptor that is readable once the program has ended, for `select`."""
        return self._ended

    def signal(self, number: int) -> None:
        """Send the program, and what it has started, a signal."""
        self._tree.request("kill", pid=self.pid, number=number)

    def close(self) -> None:
        """Give back the descriptors; the program itself is not touched."""
        if not self._log.closed:
            os.close(self._ended)
            self._log.close()
            self._tree.forget(self)


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
        needed = (("unshare", "util-linux"), ("ip", "iproute2"), ("mount", "mount"))
        unshare, _, _ = (_tool(name, package) for name, package in needed)
        self._lock = threading.Lock()
        self._requests = 0
        self._processes: list[Process] = []
        self._trimmer = Trimmer()
        self._roots: dict[str, threading.Lock] = {}
        self._ready_roots: set[str] = set()
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        _owned.add(self)
        self._control.settimeout(RUN_SECONDS)
        user = [] if _is_capable() else ["--user", "--map-root-user"]
        with theirs, os.fdopen(os.memfd_create("complaints"), "w+b") as complaints:
            self._unshare = subprocess.Popen(
                [
                    *(unshare, *user, "--mount", "--pid", "--net", "--ipc", "--uts"),
                    *("--fork", "--mount-proc", "--", sys.executable, "-I"),
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
                raise LabError(f"the lab did not start: {said}; {UNSHARE_ADVICE}") from error

    @property
    def pid(self) -> int:
        """The process id, on the host, of the tree's root."""
        return self._unshare.pid

    def disown(self) -> None:
        """Let go of the lab without ending it, in a copy of its owner."""
        self._control.close()

    def close(self) -> None:
        """End the lab with everything in it; returns when it is gone."""
        self._control.close()
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
        with self._lock:
            self._requests += 1
            message = {"verb": verb, "request": self._requests, **fields}
            try:
                self._send(json.dumps(message).encode(), descriptors)
                reply, given = self._reply(self._requests)
            except TimeoutError as error:
                raise LabError(f"the lab does not answer within {RUN_SECONDS:g} seconds") from error
            except OSError as error:
                what = "the lab has ended" if error.errno in OVER else _told(verb, fields)
                raise LabError(f"{what} ({error.strerror})") from error
        if "error" in reply:
            raise LabError(f"{_told(verb, fields)}: {reply['error']}")
        return given[0] if given else reply

    def _send(self, data: bytes, descriptors: Sequence[int]) -> None:
        if len(data) <= first_process.MESSAGE_LIMIT:
            socket.send_fds(self._control, [data], list(descriptors))
            return
        with os.fdopen(os.memfd_create("request"), "wb") as file:
            file.write(data)
            file.flush()
            parts = [first_process.IN_A_FILE]
            socket.send_fds(self._control, parts, [*descriptors, file.fileno()])

    def _reply(self, number: int) -> tuple[dict[str, Any], list[int]]:
        """Wait for the answer to a request, past those that nobody waited for to the end.

        Ctrl-C, or a time that is over, leaves such answers behind.
        """
        while True:
            data, given, _, _ = socket.recv_fds(self._control, 1 << 16, 1, socket.MSG_CMSG_CLOEXEC)
            if not data:
                raise LabError("the lab has ended")
            reply = json.loads(data)
            if reply.pop("request") == number:
                return reply, given
            for descriptor in given:
                os.close(descriptor)

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
            raise LabError(f"{_ended(' '.join(argv), host, status, seconds)}{_last_lines(said)}")
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
                raise LabError(f"{what}{_last_lines(begun[-1])}")
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


def _tool(name: str, package: str) -> str:
    """Return where a tool of the system is, whatever PATH its user has."""
    found = shutil.which(name, path=os.defpath + ":/usr/sbin:/sbin")
    if found is None:
        raise LabError(f"labs need `{name}`: install it with `sudo apt install {package}`")
    return found


def _is_capable() -> bool:
    """Tell whether this is a root that may do all a lab takes; a container's often may not."""
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    (effective,) = re.findall(r"^CapEff:\s*(\w+)", status, re.MULTILINE)
    mine = int(effective, 16)
    return os.geteuid() == 0 and all(mine >> number & 1 for number in NEEDED_CAPABILITIES)


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
    return f"`{command}`{_on(host)} {how}:\n"


def _last_lines(said: str, count: int = 6) -> str:
    return "\n".join(said.strip().splitlines()[-count:]) or "(it printed nothing)"


def _on(host: str | None) -> str:
    return f" on {host}" if host else ""


def _told(verb: str, fields: Mapping[str, Any]) -> str:
    """Say what the first process did not do."""
    if verb == "spawn":
        return f"{fields['argv'][0]}{_on(fields['host'])} could not be started"
    if verb == "write":
        return f"{fields['path']} could not be written"
    return f"{verb} {fields}"


def _kept_flags(folder: Path) -> str:
    """Return the mount options a user namespace must repeat when it remounts `folder`."""
    flags = os.statvfs(folder).f_flag
    names = {os.ST_NOSUID: ",nosuid", os.ST_NODEV: ",nodev", os.ST_NOEXEC: ",noexec"}
    names |= {os.ST_NOATIME: ",noatime", os.ST_RELATIME: ",relatime"}
    return "".join(name for flag, name in names.items() if flags & flag)
