"""An ordinary user for tests that must hold without root: a home, and commands run as that user."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from labs.packages import Daemon, daemons_folder

TOP = Path(__file__).parents[2]
ORDINARY_USER = 64712
"""A user id of the tests' own, that no account of the machine has."""


@contextmanager
def ordinary_home() -> Iterator[Path]:
    """Make a home for the user; skip where the tests run as an ordinary user already."""
    if os.geteuid() != 0:
        pytest.skip("everything here runs as an ordinary user already")
    home = Path(tempfile.mkdtemp(prefix="locrib-someone-", dir="/tmp"))
    os.chown(home, ORDINARY_USER, ORDINARY_USER)
    try:
        yield home
    finally:
        shutil.rmtree(home)


def as_ordinary_user(home: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    """Run a command as the user, with no variable of the superuser's."""
    user = ["--reuid", str(ORDINARY_USER), "--regid", str(ORDINARY_USER), "--clear-groups"]
    environment = {
        "HOME": str(home),
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(TOP),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return subprocess.run(
        ["setpriv", *user, *argv],
        env=environment | {k: v for k, v in os.environ.items() if k.endswith("_proxy")},
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
    )


def skip_unless_readable(home: Path, module: str) -> None:
    """Skip where the user may not read the project or the Python that runs it."""
    if as_ordinary_user(home, sys.executable, "-c", f"import {module}").returncode:
        pytest.skip(f"an ordinary user may not read {TOP} or {sys.prefix}: chmod a+rX them")


def give(daemon: Daemon, home: Path) -> None:
    """Give the user a daemon that was unpacked, at the same place under another home."""
    unpacked = daemon.root.parent
    there = home / ".local/share/locrib/daemons" / unpacked.relative_to(daemons_folder())
    shutil.copytree(unpacked, there, symlinks=True)
    for folder in (there, *there.relative_to(home).parents[:-1]):
        os.chown(home / folder, ORDINARY_USER, ORDINARY_USER)
