"""Containers that are programs of this machine: enough to test streams against real processes."""

import os
import pty
import signal
import socket
import struct
import subprocess
import termios
import threading
from collections.abc import Iterator, Sequence
from fcntl import ioctl
from pathlib import Path
from typing import Any

from labs.kube.errors import bad_request

Obj = dict[str, Any]


class LocalProcess:
    def __init__(self, argv: Sequence[str], *, stdin: bool, tty: bool) -> None:
        pipe = subprocess.PIPE
        self._terminal: int | None = None
        if tty:
            ours, theirs = pty.openpty()
            self._terminal = ours
            # It has a session of its own, so that the terminal is its controlling one.
            self._program = subprocess.Popen(
                argv, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
            )
            os.close(theirs)
            self.stdin: int | None = os.dup(ours) if stdin else None
            self.stdout, self.stderr = ours, None
            return
        null = subprocess.DEVNULL
        self._program = subprocess.Popen(
            argv, stdin=pipe if stdin else null, stdout=pipe, stderr=pipe, start_new_session=True
        )
        streams = (self._program.stdin, self._program.stdout, self._program.stderr)
        copies = [os.dup(stream.fileno()) if stream else None for stream in streams]
        for stream in streams:
            if stream:
                stream.close()
        self.stdin = copies[0]
        assert copies[1] is not None
        self.stdout = copies[1]
        self.stderr: int | None = copies[2]

    def wait(self) -> int:
        code = self._program.wait()
        return code if code >= 0 else 128 - code

    def resize(self, rows: int, columns: int) -> None:
        if self._terminal is not None:
            ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def kill(self) -> None:
        if self._program.poll() is None:
            os.killpg(self._program.pid, signal.SIGKILL)


class LocalContainers:
    """Logs are files in a folder; exec runs a program; attach runs `attached`."""

    def __init__(self, logs: Path, attached: Sequence[str] = ("cat",)) -> None:
        self.folder = logs
        self.attached = attached
        self.ended: set[str] = set()
        self.joined: list[LocalProcess] = []
        self.executed: list[LocalProcess] = []
        self._pause = threading.Event()

    def logs(
        self,
        pod: Obj,
        container: str,
        *,
        follow: bool = False,
        since: float | None = None,
        tail: int | None = None,
        previous: bool = False,
        timestamps: bool = False,
    ) -> Iterator[bytes]:
        del since
        name = pod["metadata"]["name"]
        if previous:
            raise bad_request(
                f'previous terminated container "{container}" in pod "{name}" not found'
            )
        file = self.folder / f"{name}.{container}.log"
        if not file.exists():
            raise bad_request(
                f'container "{container}" in pod "{name}" is waiting to start: ContainerCreating'
            )
        return self._lines(file, follow=follow, tail=tail, timestamps=timestamps)

    def _lines(
        self, file: Path, *, follow: bool, tail: int | None, timestamps: bool
    ) -> Iterator[bytes]:
        lead = b"2026-11-23T15:00:00.000000000Z " if timestamps else b""
        with file.open("rb") as log:
            lines = log.readlines()
            for line in lines if tail is None else lines[len(lines) - min(tail, len(lines)) :]:
                yield lead + line
            while follow and file.name not in self.ended:
                if line := log.readline():
                    yield lead + line
                else:
                    self._pause.wait(0.05)
                    yield b""

    def execute(
        self, pod: Obj, container: str, argv: Sequence[str], *, stdin: bool, tty: bool
    ) -> LocalProcess:
        del pod, container
        try:
            self.executed.append(LocalProcess(argv, stdin=stdin, tty=tty))
            return self.executed[-1]
        except (FileNotFoundError, PermissionError):  # a folder of the PATH may be closed to us
            raise bad_request(
                f'OCI runtime exec failed: exec: "{argv[0]}": executable file not found in $PATH'
            ) from None

    def attach(self, pod: Obj, container: str, *, stdin: bool, tty: bool) -> LocalProcess:
        del pod, container
        process = LocalProcess(self.attached, stdin=stdin, tty=tty)
        self.joined.append(process)
        return process

    def connect(self, pod: Obj, port: int) -> socket.socket:
        del pod
        return socket.create_connection(("127.0.0.1", port))
