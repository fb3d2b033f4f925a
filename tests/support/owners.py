"""Owners of labs that are processes of their own, to be killed, and all that is theirs in /proc.

What a process starts inherits its environment, so a mark in it finds a lab's first process at
whatever moment. The PID namespaces of those so found hold the rest, whose environment labs set.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from processes import in_namespace

from labs.polling import poll

TOP = Path(__file__).parents[2]
LOCRIB = (sys.executable, "-P", "-m", "locrib", "lab")
GONE_SECONDS = 15.0
READ_SECONDS = 60.0


class Owner:
    """A process that owns a lab, or reaches one, with whatever it starts."""

    def __init__(self, *argv: str, runtime: Path) -> None:
        """Start it; `runtime` is its runtime folder, with one for temporary files in it."""
        self.mark = f"LOCRIB_TEST_OWNER={uuid.uuid4().hex}"
        self._namespaces: dict[str, int] = {}  # kept open: the kernel gives their numbers again
        name, _, value = self.mark.partition("=")
        self.process = subprocess.Popen(
            argv, cwd=TOP, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True,
            env=os.environ | {
                name: value, "PYTHONPATH": str(TOP), "XDG_RUNTIME_DIR": str(runtime),
                "TMPDIR": str(runtime / "tmp"), "COLUMNS": "200",
            },
        )  # fmt: skip

    def processes(self) -> dict[int, str]:
        """Return what lives of it, by process id: its command line."""
        marked = {}
        for entry in Path("/proc").iterdir():
            # It may end while it is looked at; other users' cannot be looked at.
            with contextlib.suppress(OSError):
                if entry.name.isdigit() and self.mark.encode() in (
                    (entry / "environ").read_bytes().split(b"\0")
                ):
                    marked[int(entry.name)] = _command(entry)
                    self._keep(entry / "ns" / "pid_for_children")
        for namespace in self._namespaces:
            for number in in_namespace("pid", namespace):
                with contextlib.suppress(OSError):
                    marked[number] = _command(Path(f"/proc/{number}"))
        return {number: command for number, command in marked.items() if command}

    def _keep(self, link: Path) -> None:
        """Hold a PID namespace that is not this process's own, until all of the owner is gone."""
        namespace = os.open(link, os.O_RDONLY | os.O_CLOEXEC)
        name = str(Path(f"/proc/self/fd/{namespace}").readlink())
        if name in self._namespaces or name == str(Path("/proc/self/ns/pid").readlink()):
            os.close(namespace)
        else:
            self._namespaces[name] = namespace

    def says(self, word: str) -> str:
        """Read what it prints up to a line that begins with a word, and return that line."""
        said = []
        for line in self.process.stdout or ():
            said.append(line)
            if line.startswith(word):
                return line
        raise AssertionError(f"it never said {word}: {''.join(said)}")

    def kill(self, number: int | None = None) -> None:
        """Kill it, or one of its processes, without a warning, and wait until all of it is gone."""
        self.processes()  # finds its namespaces while they can be found
        if number is None:
            self.process.kill()
        else:
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        self.gone()

    def end(self) -> None:
        """Kill whatever lives of it, as after a test that failed half-way."""
        for number in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        self.gone()

    def gone(self) -> None:
        """Wait until all of it is gone."""
        self.process.communicate(timeout=READ_SECONDS)
        poll("all of it is gone", lambda: not self.processes(), GONE_SECONDS,
             lambda: str(self.processes()))  # fmt: skip
        while self._namespaces:
            os.close(self._namespaces.popitem()[1])

    def ends(self) -> tuple[int, str]:
        """Wait for its own end; return its status and what it printed since."""
        said, _ = self.process.communicate(timeout=READ_SECONDS)
        return self.process.returncode, said


Start = Callable[..., Owner]


@pytest.fixture
def start(runtime: Path) -> Iterator[Start]:
    """Start owners in the test's runtime folder; what a failing test leaves of them is ended."""
    started: list[Owner] = []

    def begin(*argv: str) -> Owner:
        started.append(Owner(*argv, runtime=runtime))
        return started[-1]

    yield begin
    for owner in started:
        owner.end()


def pass_time(seconds: float) -> None:
    """Let a moment come."""
    due = time.monotonic() + seconds
    poll("the moment comes", lambda: time.monotonic() >= due, seconds + 1)


def _command(entry: Path) -> str:
    """Return a process's command line, "" for one that has ended and waits to be collected."""
    state = (entry / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    return "" if state in "ZX" else words or "?"
