"""Make the project's environment in .venv on a fresh machine, then stay out of the way.

Run by `make learn` and `make test` with the system's Python, so: standard library only, and a
missing prerequisite is a sentence with the one command that installs it. A second run compares one
hash and ends. Versions are those of constraints.txt, which names no package index: pip asks the one
that its user configured. `NEWEST=1` takes the newest versions that pyproject.toml allows instead.

    python3 tools/bootstrap.py [--dev]
"""

# Read by a Python too old for the project, which must get as far as saying so.
from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "locrib-stamp.json"
OLDEST = (3, 11)
NEWER = tuple(f"python3.{minor}" for minor in range(20, OLDEST[1] - 1, -1))

FOR_TESTS = {
    # command: (Debian's package, what the tests do with it)
    "git": ("git", "to know which files are the project's"),
    "chromium": ("chromium", "to drive the course in a real browser"),
    "node": ("nodejs", "to test the widgets' JavaScript"),
    "ip": ("iproute2", "to wire the hosts of a lab"),
}


def main() -> None:
    """Bring .venv up to date for learners, or with `--dev` for those who test and change it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--dev", action="store_true", help="also what the tests need")
    dev = parser.parse_args().dev
    newest = os.environ.get("NEWEST", "") not in ("", "0")
    need_python()
    if dev:
        system_packages()
    need_venv()
    with one_at_a_time():
        wanted = fingerprint(newest=newest)
        if up_to_date(wanted, dev=dev):
            return
        install(dev=dev, newest=newest)
        STAMP.write_text(json.dumps({"fingerprint": wanted, "dev": dev}), encoding="utf-8")


def need_python() -> None:
    """Go on with a Python that is new enough, this one or another one of the machine."""
    if sys.version_info >= OLDEST:
        return
    for name in NEWER:
        if found := shutil.which(name):
            os.execv(found, [found, *sys.argv])  # noqa: S606 -- the same program, a newer Python
    stop(
        f"Python {OLDEST[0]}.{OLDEST[1]} or newer is needed; {sys.executable} is "
        f"{platform.python_version()}.",
        apt("python3.11", "python3.11-venv"),
        "or name one: make learn PYTHON=/path/to/python3",
    )


def need_venv() -> None:
    """Debian and Ubuntu ship the module `venv` without what it needs."""
    if importlib.util.find_spec("ensurepip") is not None:
        return
    package = "python3-venv"
    if Path(sys.executable).resolve() != Path("/usr/bin/python3").resolve():
        package = f"python3.{sys.version_info.minor}-venv"
    if not (os.geteuid() == 0 and "--dev" in sys.argv and apt_install([package])):
        stop("Python's venv module is not whole on this machine.", apt(package))


def system_packages() -> None:
    """What the tests need from the distribution: installed as root, else named.

    None of it is a service. Without one of them its tests are skipped, and say so.
    """
    missing = [name for name in FOR_TESTS if shutil.which(name) is None]
    if not missing:
        return
    packages = [FOR_TESTS[name][0] for name in missing]
    if os.geteuid() == 0 and apt_install(packages):
        return
    for name in missing:
        say(f"without {name}, {FOR_TESTS[name][1]}, some tests are skipped")
    say(f"  {apt(*packages)}")


def apt_install(packages: list[str]) -> bool:
    """Install distribution packages (as root), and tell whether that worked."""
    if shutil.which("apt-get") is None:
        return False
    say(f"installing {', '.join(packages)} (once, as root)")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        done = subprocess.run(
            ["apt-get", "-q", *command],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            say(f"apt-get {command[0]} failed: {(done.stderr or done.stdout).strip()[-300:]}")
            return False
    return True


def fingerprint(*, newest: bool) -> str:
    """What an environment depends on; one made elsewhere or from other versions is made anew."""
    known = hashlib.sha256()
    for part in (
        (ROOT / "pyproject.toml").read_bytes(),
        (ROOT / "constraints.txt").read_bytes(),
        f"{ROOT} {sys.executable} {platform.python_version()} newest={newest}".encode(),
    ):
        known.update(hashlib.sha256(part).digest())
    return known.hexdigest()


def up_to_date(wanted: str, *, dev: bool) -> bool:
    """Whether .venv is whole and was made from the same things (or from more)."""
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
        return bool(stamp["fingerprint"] == wanted and stamp["dev"] >= dev and PYTHON.exists())
    except (OSError, ValueError, KeyError, TypeError):
        return False


def install(*, dev: bool, newest: bool) -> None:
    """Make or renew the environment, showing how far it is."""
    STAMP.unlink(missing_ok=True)
    if not PYTHON.exists() or not works():
        say(f"making {VENV} with Python {platform.python_version()}")
        try:
            venv.create(VENV, clear=True, with_pip=True, symlinks=True)
        except (OSError, subprocess.CalledProcessError) as error:
            stop(f"{VENV} cannot be made: {error}.", "see to its permissions and to free space")
    versions = ["--upgrade", "--upgrade-strategy", "eager"] if newest else ["-c", "constraints.txt"]
    target = ".[dev]" if dev else "."
    pip([*versions, "--editable", target])
    say("ready")


def works() -> bool:
    """Whether the environment's Python and pip run: its Python may have been upgraded away."""
    done = subprocess.run([PYTHON, "-m", "pip", "--version"], capture_output=True, check=False)
    return done.returncode == 0


def pip(arguments: list[str]) -> None:
    """Run pip, with one line of progress instead of a thousand."""
    about = sum(1 for _ in (ROOT / "constraints.txt").open(encoding="utf-8"))
    say(f"fetching up to {about} packages; a minute or two, once")
    command = [PYTHON, "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
    heard: list[str] = []
    with subprocess.Popen(
        [*command, *arguments],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as running:
        collected = 0
        for line in running.stdout or ():
            heard.append(line.rstrip())
            if line.startswith("Collecting "):
                collected += 1
                redraw(f"{collected} of up to {about}: {line.split()[1]}")
            elif line.startswith("Installing collected packages"):
                redraw("")
                say("installing")
    redraw("")
    if running.returncode:
        print("\n".join(heard[-20:]), file=sys.stderr)
        stop("pip could not install the packages; its last lines are above.", "mend and try again")


def redraw(line: str) -> None:
    """Show progress in place on a terminal, and nowhere else."""
    if sys.stdout.isatty():
        width = shutil.get_terminal_size().columns - 1
        print(f"\r\033[K{line[:width]}", end="", flush=True)


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """`make learn` and `make test` at once must not install over each other."""
    try:
        (ROOT / "build").mkdir(exist_ok=True)
        lock = (ROOT / "build" / "bootstrap.lock").open("w", encoding="utf-8")
    except OSError as error:
        stop(f"{ROOT} cannot be written: {error}.", "clone the project into a folder of your own")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another set-up is at work here; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def apt(*packages: str) -> str:
    """The one command that installs packages of the distribution."""
    as_root = "" if os.geteuid() == 0 else "sudo "
    return f"{as_root}apt-get install -y {' '.join(packages)}"


def say(line: str) -> None:
    """One line of progress."""
    print(f"setup: {line}", flush=True)


def stop(problem: str, *next_steps: str) -> NoReturn:
    """End with what is wrong and what to do about it."""
    print(f"setup: {problem}", file=sys.stderr)
    for step in next_steps:
        print(f"  {step}", file=sys.stderr)
    raise SystemExit(4)


if __name__ == "__main__":
    main()
