"""A kubelet's probes: it asks a container over HTTP or TCP, or runs a program in it.

Source: Probe in the core/v1 API reference; the words of a failure are the kubelet's.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from labs.errors import LabError
from labs.kube.containers import Program, StartError
from labs.kube.schema import Obj

_REDIRECT, _CLIENT_ERROR = 300, 400
_MOST = 10 << 10


@dataclass
class ProbeState:
    """A probe of one container, and what it has seen."""

    kind: str
    probe: Obj
    due: float
    passed: int = 0
    failed: int = 0
    result: bool | None = None

    def count(self, *, fine: bool, now: float) -> None:
        """Count a result; `result` changes at the thresholds."""
        self.passed, self.failed = (self.passed + 1, 0) if fine else (0, self.failed + 1)
        self.due = now + self.probe.get("periodSeconds", 10)
        if fine and self.passed >= self.probe.get("successThreshold", 1):
            self.result = True
        elif not fine and self.failed >= self.probe.get("failureThreshold", 3):
            self.result = False


def ask(  # noqa: PLR0911 -- a reason each
    probe: Obj,
    ports: dict[str, int],
    address: str,
    open_socket: Callable[[], socket.socket],
    execute: Callable[[list[str]], Program],
) -> str:
    """Probe once; return what is wrong, "" when all is well.

    Args:
        probe: as the container's spec has it.
        ports: the container's named ports.
        address: the pod's.
        open_socket: opens a TCP socket on the node.
        execute: runs a program in the container.
    """
    seconds = float(probe.get("timeoutSeconds", 1))
    if "exec" in probe:
        return _run(lambda: execute(list(probe["exec"].get("command") or ())), seconds)
    asked = probe.get("httpGet") or probe.get("tcpSocket") or {}
    port = ports.get(str(asked.get("port")), asked.get("port"))
    if not isinstance(port, int):
        return f"couldn't find port {port!r} among the container's"
    host = asked.get("host") or address
    where = f"{host}:{port}"
    request = None
    path = ""
    if "httpGet" in probe:
        path = f"/{asked.get('path', '/').lstrip('/')}"
        if asked.get("scheme", "HTTP") != "HTTP":
            return f'Get "https://{where}{path}": http: server gave HTTP response to HTTPS client'
        headers = "".join(f"{h['name']}: {h['value']}\r\n" for h in asked.get("httpHeaders") or ())
        request = (
            f"GET {path} HTTP/1.0\r\nHost: {where}\r\nUser-Agent: kube-probe/1.37\r\n{headers}\r\n"
        ).encode()
    try:
        with open_socket() as client:
            client.settimeout(seconds)
            client.connect((host, port))
            if request is None:
                return ""
            client.sendall(request)
            return _read(client)
    except TimeoutError:
        told = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
    except LabError as error:
        return str(error)
    except OSError as error:
        word = {errno.ECONNREFUSED: "connection refused", errno.EHOSTUNREACH: "no route to host"}
        why = word.get(error.errno or 0, (error.strerror or "").lower())
        told = f"dial tcp {where}: connect: {why}"
    return f'Get "http://{where}{path}": {told}' if request else told


def _read(client: socket.socket) -> str:
    head = client.recv(_MOST).split(b"\r\n", 1)[0].split()
    code = int(head[1]) if len(head) > 1 and head[1].isdigit() else 0
    if 200 <= code < _CLIENT_ERROR:  # noqa: PLR2004 - what HTTP calls a success
        return ""
    return f"HTTP probe failed with statuscode: {code}"


def _run(start: Callable[[], Program], seconds: float) -> str:
    try:
        program = start()
    except (StartError, LabError) as error:
        return str(error)
    said = bytearray()
    assert program.stderr is not None  # noqa: S101 - it has no terminal
    readers = [
        threading.Thread(target=_collect, args=(descriptor, said), daemon=True)
        for descriptor in (program.stdout, program.stderr)
    ]
    for reader in readers:
        reader.start()
    until = time.monotonic() + seconds
    status = program.process.wait(seconds)
    if status is None:
        program.kill()
    for reader in readers:
        reader.join(max(0.1, until - time.monotonic()))
    if status is None:
        return f'command timed out: "{seconds:g}s"'
    program.process.close()
    return "" if status == 0 else said.decode(errors="replace").rstrip()[:_MOST] or "(no output)"


def _collect(descriptor: int, into: bytearray) -> None:
    with contextlib.suppress(OSError):
        while data := os.read(descriptor, _MOST):
            into += data
    os.close(descriptor)
