"""Setting up, where it can be seen without fetching a hundred packages each time."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
SECONDS = 120


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what set-up reads, in a folder whose path has a space."""
    checkout = tmp_path / "loc rib"
    (checkout / "tools").mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml", "constraints.txt", "tools/bootstrap.py"):
        shutil.copy(TOP / name, checkout / name)
    return checkout


def bootstrap(
    checkout: Path, *arguments: str, python: str = sys.executable, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Set up with this Python, or with another one."""
    return subprocess.run(
        [python, "tools/bootstrap.py", *arguments],
        cwd=checkout,
        env={name: value for name, value in os.environ.items() if name != "NEWEST"} | variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )


def make_done(checkout: Path, *, dev: bool = False) -> None:
    """Leave behind what a finished set-up leaves."""
    program = (
        "import sys; sys.path.insert(0, 'tools'); import bootstrap; bootstrap.VENV.mkdir();"
        "bootstrap.PYTHON.parent.mkdir(); bootstrap.PYTHON.symlink_to(sys.executable);"
        "import json; bootstrap.STAMP.write_text(json.dumps("
        f"{{'fingerprint': bootstrap.fingerprint(newest=False), 'dev': {dev}}}))"
    )
    subprocess.run([sys.executable, "-c", program], cwd=checkout, check=True)


def test_a_second_set_up_says_and_does_nothing(checkout: Path) -> None:
    make_done(checkout)
    start = time.monotonic()
    done = bootstrap(checkout, PIP_NO_INDEX="1")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert time.monotonic() - start < 5


@pytest.mark.parametrize("changed", ["pyproject.toml", "constraints.txt"])
def test_other_versions_are_fetched(checkout: Path, changed: str) -> None:
    make_done(checkout)
    with (checkout / changed).open("a", encoding="utf-8") as file:
        file.write("\n# another version\n")
    done = bootstrap(checkout, PIP_NO_INDEX="1", PIP_FIND_LINKS="")
    assert done.returncode == 4
    assert "fetching" in done.stdout


def test_a_moved_checkout_is_set_up_anew(checkout: Path) -> None:
    make_done(checkout)
    moved = checkout.rename(checkout.with_name("elsewhere"))
    assert "fetching" in bootstrap(moved, PIP_NO_INDEX="1", PIP_FIND_LINKS="").stdout


def test_without_a_network_the_reason_and_the_next_step_are_said(checkout: Path) -> None:
    done = bootstrap(checkout, PIP_NO_INDEX="1", PIP_FIND_LINKS="")
    assert done.returncode == 4
    assert "pip could not install" in done.stderr
    assert not (checkout / ".venv" / "locrib-stamp.json").exists()


def test_what_the_tests_need_includes_what_learners_need(checkout: Path) -> None:
    make_done(checkout, dev=True)
    assert bootstrap(checkout, PIP_NO_INDEX="1").stdout == ""


@pytest.mark.parametrize("stamp", ["", "{", "[]", json.dumps({"fingerprint": 1})])
def test_a_damaged_stamp_is_no_stamp(checkout: Path, stamp: str) -> None:
    make_done(checkout)
    (checkout / ".venv" / "locrib-stamp.json").write_text(stamp, encoding="utf-8")
    assert "fetching" in bootstrap(checkout, PIP_NO_INDEX="1", PIP_FIND_LINKS="").stdout


def pretending(checkout: Path, pretence: str) -> subprocess.CompletedProcess[str]:
    """Set up on a Python that was told something about itself first."""
    program = (
        f"import importlib.util, runpy, shutil, sys\n{pretence}\n"
        "sys.argv = ['tools/bootstrap.py']\n"
        "runpy.run_path(sys.argv[0], run_name='__main__')\n"
    )
    command = [sys.executable, "-c", program]
    return subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)


def test_a_python_without_venv_is_named_with_the_one_command(checkout: Path) -> None:
    # As on Debian without python3-venv: the module ensurepip is not there.
    done = pretending(
        checkout,
        "found = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name: None if name == 'ensurepip' else found(name)",
    )
    assert done.returncode == 4
    assert "apt-get install -y python3" in done.stderr
    assert "venv" in done.stderr


def test_a_python_that_is_too_old_is_named_with_the_one_command(checkout: Path) -> None:
    done = pretending(checkout, "sys.version_info = (3, 9, 2); shutil.which = lambda name: None")
    assert done.returncode == 4
    assert "Python 3.11 or newer is needed" in done.stderr
    assert "apt-get install" in done.stderr


def test_a_machine_without_any_python_is_told_so_by_make(checkout: Path, tmp_path: Path) -> None:
    empty = tmp_path / "bin"
    empty.mkdir()
    makefile = (checkout / "Makefile").read_text(encoding="utf-8")
    (checkout / "Makefile").write_text(makefile.replace("/usr/bin/python3", "/nowhere/python3"))
    make = shutil.which("make")
    assert make is not None
    done = subprocess.run(
        [make, "learn"],
        cwd=checkout,
        env={"PATH": str(empty)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "sudo apt-get install -y python3 python3-venv" in done.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere; run as another user")
def test_a_checkout_of_somebody_else_is_a_sentence(checkout: Path) -> None:
    checkout.chmod(0o500)
    done = bootstrap(checkout)
    checkout.chmod(0o700)
    assert done.returncode == 4
    assert "folder of your own" in done.stderr
