"""`locrib learn`: from nothing to JupyterLab on the course's home page, and the same again at once.

In this order, because each step is of use without the next: notebooks, daemons, server. Nothing
here asks a question, and nothing a learner wrote is ever replaced (`locrib.delivery`).
"""

import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.markup import escape

from locrib import course, daemons, delivery, files
from locrib.delivery import Action, Delivered
from locrib.greeting import greet
from locrib.proof import prove
from locrib.server import Server, running_page, serve
from locrib.terminal import out, say
from locrib.trouble import Exit, Trouble

_log = logging.getLogger(__name__)
SERVER_LOCK = "server.lock"
"""Held in a workspace's memory for as long as a server runs on it."""


@dataclass(frozen=True)
class Wishes:
    """What the command line asked for."""

    workspace: Path
    port: int | None = None
    browser: bool = True
    lab: bool = True
    fetch: bool = False
    check: bool = False


def learn(wishes: Wishes) -> None:
    """Deliver the lessons, make the daemons ready, and serve until the learner stops.

    Raises:
        Trouble: Something a learner needs cannot be had; the message says what to do.
    """
    report(delivery.deliver(course.notebooks(), wishes.workspace), wishes.workspace)
    if wishes.lab:
        _prepare_daemons(retry=wishes.fetch)
    if wishes.check:
        _check(wishes)
        return
    try:
        with files.locked(wishes.workspace / delivery.MEMORY / SERVER_LOCK, wait=False):
            greet(wishes.workspace)
            _serve_until_stopped(wishes)
    except BlockingIOError:
        _point_to_running(wishes.workspace)


def report(delivered: list[Delivered], workspace: Path) -> None:
    """Say where the notebooks are, and everything that was done to them."""
    say(f"Notebooks  {workspace}")
    for outcome in delivered:
        if outcome.action is Action.KEEP:
            continue
        beside = f" ({outcome.written})" if outcome.written not in (None, outcome.target) else ""
        say(f"           {outcome.target}: {outcome.action.value}{beside}")


def _prepare_daemons(*, retry: bool) -> None:
    ready = daemons.prepare(lambda line: say(f"           {line}"), retry=retry)
    have = ", ".join(f"{name} ({version})" for name, version in sorted(ready.versions.items()))
    say(f"Labs have  {have or 'none'}")
    for name, why in sorted(ready.missing.items()):
        say(f"           without {name}: {why}")
    if ready.missing:
        say("           `locrib learn --fetch` tries again")
    refused = daemons.refusal()
    if refused:
        say(f"           no lab can run here: {refused}")
    if refused or not ready.versions:
        say("           the lessons show recorded sessions of real routers instead")


def _check(wishes: Wishes) -> None:
    log = _log_file(wishes.workspace, "check.log")
    with serve(wishes.workspace, port=wishes.port, log=log) as server:
        prove(server, course.HOME, lambda line: say(f"Check      {line}"))
    say("Check      passed; the server is stopped")


def _serve_until_stopped(wishes: Wishes) -> None:
    browser = wishes.browser and _has_screen()
    log = _log_file(wishes.workspace, "server.log")
    with (
        serve(wishes.workspace, port=wishes.port, open_browser=browser, log=log) as server,
        _stop_signals() as stop,
    ):
        _say_open(server, browser=browser)
        while not stop.wait(0.5):
            if (code := server.process.poll()) is not None:
                if code == 0:  # File > Shut Down in JupyterLab
                    break
                raise Trouble(
                    "JupyterLab to run until you stop it",
                    f"it ended with exit code {code}",
                    "start it again with `make learn`: your work is saved in the workspace",
                )
        say("Stopping   kernels and server; your work stays in the workspace")


def _log_file(workspace: Path, name: str) -> Path | None:
    """Where the server's own messages go: the terminal is the learner's, unless --verbose."""
    return None if _log.isEnabledFor(logging.DEBUG) else workspace / delivery.MEMORY / name


def _say_open(server: Server, *, browser: bool) -> None:
    out.print(f"[bold]Open[/]       {escape(server.page(course.HOME))}", soft_wrap=True)
    say("           " + ("(your browser opens it) " if browser else "") + "Ctrl-C stops")


@contextmanager
def _stop_signals() -> Iterator[threading.Event]:
    """An event set by Ctrl-C, by a closed terminal and by a polite kill."""
    stop = threading.Event()
    chosen = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in chosen}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _point_to_running(workspace: Path) -> None:
    """Somebody who types `make learn` again wants the page they have lost, not an error."""
    address = running_page(workspace, course.HOME)
    if address is None:
        raise Trouble(
            f"to be the only one to open {workspace}",
            "another `locrib learn` holds it and does not answer yet",
            "look for the other terminal; or open a second workspace with --workspace DIR",
            code=Exit.BUSY,
        )
    say(f"Open       {address}")
    say("           (already running from another terminal)")


def _has_screen() -> bool:
    """Whether a browser opened from here would be seen, and not land in this terminal."""
    if sys.platform == "darwin" or os.environ.get("WSL_DISTRO_NAME"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
