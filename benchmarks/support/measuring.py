"""What the benchmarks of labs share: the machine's load, owners of labs, and the memory of both.

Memory is PSS, from /proc/PID/smaps_rollup: a page that several processes share counts once, in
equal parts, so that sums mean something. Processes are found from the one that a benchmark started
downwards; all of a lab hangs below its owner.
"""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

OWNER = """
import sys
from labs.lab import Lab
with Lab(sys.argv[1]):
    print("up", flush=True)
    sys.stdin.read()
"""
"""A program that brings a lab up and keeps it until its standard input ends."""


def load() -> str:
    """Say how busy this machine has been, for whoever reads the figures."""
    one, five, _ = os.getloadavg()
    return f"load {one:.1f} in the last minute, {five:.1f} in five, on {os.cpu_count()} cores"


class Owner:
    """A process of its own that owns a lab, or a shell script that builds one."""

    def __init__(self, argv: list[str]) -> None:
        """Start it; it prints a word at each milestone."""
        self.process = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    @classmethod
    def of_lab(cls, topology: str) -> "Owner":
        """Start a process that brings up a lab."""
        return cls([sys.executable, "-c", OWNER, topology])

    def __enter__(self) -> Self:
        """Give itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it with everything below it."""
        self.end()

    def wait_for(self, word: str) -> list[str]:
        """Read what it prints up to a milestone; return the lines before that.

        Raises:
            RuntimeError: it ended before.
        """
        assert self.process.stdout is not None  # noqa: S101 - it was asked for
        seen: list[str] = []
        for line in self.process.stdout:
            if line.strip() == word:
                return seen
            seen.append(line.rstrip())
        raise RuntimeError(f"it ended before it said {word!r}: {seen[-3:]}")

    def end(self, *, kill: bool = False) -> None:
        """End it by the end of its input, or by SIGKILL; and wait for it."""
        assert self.process.stdin is not None  # noqa: S101 - as above
        if kill:
            self.process.send_signal(signal.SIGKILL)
        self.process.stdin.close()
        self.process.wait(30)


def below(pid: int) -> list[int]:
    """Return a process and everything it has started, as far as it still runs."""
    parents = dict(_parents())
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        waiting += [child for child, parent in parents.items() if parent == one]
    return found


def _parents() -> Iterator[tuple[int, int]]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                text = (entry / "stat").read_text(encoding="utf-8")
            except OSError:
                continue  # it has ended
            yield int(entry.name), int(text.rpartition(")")[2].split()[1])


def memory(pids: list[int]) -> Counter[str]:
    """Return the PSS of processes by program, in MiB."""
    found: Counter[str] = Counter()
    for pid in pids:
        place = Path(f"/proc/{pid}")
        try:
            name = (place / "comm").read_text(encoding="utf-8").strip()
            lines = (place / "smaps_rollup").read_text(encoding="utf-8").splitlines()
        except OSError:
            continue  # it has ended
        found[name] += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return Counter({name: kib / 1024 for name, kib in found.items()})


def pid_namespaces(pids: list[int]) -> set[str]:
    """Return the PID namespaces in which processes live, this program's own aside."""
    found = set()
    for pid in pids:
        try:
            found.add(str(Path(f"/proc/{pid}/ns/pid").readlink()))
        except OSError:
            continue
    return found - {str(Path("/proc/self/ns/pid").readlink())}
