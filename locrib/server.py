"""The course's JupyterLab server: started, awaited, and stopped with everything it started."""

import contextlib
import dataclasses
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from locrib.jupyter_env import environment, runtime
from locrib.trouble import Trouble

START_SECONDS = 60.0
"""A loaded machine with a cold disk takes many times the usual three seconds."""
STOP_SECONDS = 10.0
FIRST_PORT, PORTS = 8888, 50
"""Without a wish of the learner's: Jupyter's usual port, or one nearby that is free."""
_HOST = "127.0.0.1"


@dataclasses.dataclass(frozen=True)
class Server:
    """A running server.

    Attributes:
        port: The TCP port on 127.0.0.1.
        token: The secret that opens it; whoever has it can run code as the learner.
        process: The server's process, also the leader of its process group.
    """

    port: int
    token: str = dataclasses.field(repr=False)
    process: subprocess.Popen[bytes] = dataclasses.field(repr=False)

    @property
    def url(self) -> str:
        """The root of the server, without the token."""
        return f"http://{_HOST}:{self.port}"

    def page(self, notebook: str) -> str:
        """The address that opens `notebook` (a path in the workspace) in JupyterLab."""
        return f"{self.url}/lab/tree/{quote(notebook)}?token={self.token}"


@contextlib.contextmanager
def serve(
    workspace: Path, *, port: int | None = None, open_browser: bool = False, log: Path | None = None
) -> Iterator[Server]:
    """Run JupyterLab on `workspace` for as long as the block runs.

    Args:
        workspace: The folder whose notebooks it shows.
        port: The port to listen on; without one, a free one.
        open_browser: Whether Jupyter opens the course's home page in the learner's browser.
        log: Where the server's own messages go; the terminal when None.

    Yields:
        The server, once it answers.

    Raises:
        Trouble: The port is taken, or the server ended or said nothing for a minute.
    """
    if port is not None:
        _check_free(port)
    token = secrets.token_urlsafe(24)
    with contextlib.ExitStack() as stack:
        ours, theirs = os.pipe()
        stack.callback(os.close, theirs)
        try:
            output = stack.enter_context(log.open("wb")) if log else None
            process = subprocess.Popen(
                [
                    *(sys.executable, "-P", "-m", "locrib.serve", str(ours)),
                    f"--ServerApp.root_dir={workspace}",
                    f"--ServerApp.port={port or FIRST_PORT}",
                    f"--ServerApp.port_retries={PORTS if port is None else 0}",
                    f"--ServerApp.open_browser={open_browser}",
                    f"--ServerApp.allow_root={os.getuid() == 0}",
                    "--Application.log_level=WARN",
                ],
                # The token is handed over where other users of the machine cannot read it.
                env=environment() | {"JUPYTER_TOKEN": token},
                cwd=workspace,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT if output else None,
                pass_fds=[ours],
                # Ctrl-C in the terminal is for the owner, who then stops the server in order.
                start_new_session=True,
            )
        finally:
            os.close(ours)
        stack.callback(_stop, process)
        yield _await_answer(process, token, log)


def running_page(workspace: Path, notebook: str) -> str | None:
    """The address that opens `notebook` on a server that runs on `workspace`, None without one."""
    for note in runtime().glob("jpserver-*.json"):
        found = _note(note)
        if found is None or Path(found["root_dir"]) != workspace:
            continue
        # A server that was killed leaves its note behind.
        if _answers(found["port"], found["token"]):
            return f"{found['url']}lab/tree/{quote(notebook)}?token={found['token']}"
    return None


def _await_answer(process: subprocess.Popen[bytes], token: str, log: Path | None) -> Server:
    deadline = time.monotonic() + START_SECONDS
    where = f"the end of {log}" if log else "what it said above"
    again = f"read {where}; then try again, a busy machine may only have been slow"
    while True:
        # Which port it found is known from the note that Jupyter leaves once it listens.
        note = _note(runtime() / f"jpserver-{process.pid}.json")
        if note and _answers(note["port"], token):
            return Server(note["port"], token, process)
        if (code := process.poll()) is not None:
            raise Trouble("JupyterLab to start", f"it ended with exit code {code}", again)
        if time.monotonic() > deadline:
            seen = f"no answer for {START_SECONDS:.0f} seconds"
            raise Trouble("JupyterLab to answer", seen, again)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.1)


def _answers(port: int, token: str) -> bool:
    """Whether a server answers a request that needs the token."""
    request = urllib.request.Request(
        f"http://{_HOST}:{port}/api/status", headers={"Authorization": f"token {token}"}
    )
    # A proxy from the environment has no business between us and our own machine.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(request, timeout=5) as reply:
            return "started" in json.load(reply)
    except (OSError, ValueError):
        return False


def _note(path: Path) -> dict[str, Any] | None:
    """What a running server says of itself; None when it is not, or not yet, all there."""
    try:
        note = json.loads(path.read_text(encoding="utf-8"))
        return note if {"port", "url", "token", "root_dir"} <= set(note) else None
    except (OSError, ValueError, TypeError):
        return None


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Stop the server in order, then by force: kernels end with it either way."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _check_free(port: int) -> None:
    """Try the port here, so that a taken one is a sentence and not a server's traceback."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except OSError as error:
            raise Trouble(
                f"port {port} to be free",
                error.strerror or str(error),
                "leave out --port, and a free one is found",
            ) from error
