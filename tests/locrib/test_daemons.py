"""What `locrib learn` does about daemons that cannot be had: say so once, and go on."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from labs import packages
from locrib import daemons, folders

TOP = Path(__file__).parents[2]


@pytest.fixture
def without_apt(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without apt: nothing can be unpacked."""
    empty = tmp_path / "bin"
    empty.mkdir()
    monkeypatch.setenv("PATH", str(empty))
    return home


@pytest.mark.usefixtures("without_apt")
def test_a_machine_without_packages_goes_on_without_a_lab() -> None:
    told: list[str] = []
    ready = daemons.prepare(told.append)
    assert ready.versions == {}
    assert set(ready.missing) == set(daemons.WANTED)
    assert all("apt" in why for why in ready.missing.values())
    assert any("unpacking" in line for line in told)


@pytest.mark.usefixtures("without_apt")
def test_what_could_not_be_had_is_not_tried_again_unasked() -> None:
    first = daemons.prepare(str)
    told: list[str] = []
    assert daemons.prepare(told.append) == first
    assert told == []
    daemons.prepare(told.append, retry=True)
    assert any("unpacking" in line for line in told)


@pytest.mark.lab
def test_a_machine_that_refuses_labs_says_what_to_do() -> None:
    refusing = 'echo 0 > /proc/sys/user/max_net_namespaces && exec "$@"'
    done = subprocess.run(
        [
            *("unshare", "--user", "--map-root-user", "--", "sh", "-c", refusing, "sh"),
            *(sys.executable, "-c", "from locrib import daemons; print(daemons.refusal())"),
        ],
        capture_output=True,
        text=True,
        check=True,
        cwd=TOP,
    )
    assert "the lab did not start" in done.stdout
    assert "sysctl" in done.stdout


@pytest.mark.usefixtures("without_apt")
@pytest.mark.parametrize("rubbish", ["", "{", "[]", '{"format": "locrib-daemons-missing"}'])
def test_a_damaged_memory_is_no_memory(rubbish: str) -> None:
    memory = folders.make(folders.state(), "a test") / "daemons-missing.json"
    memory.write_text(rubbish, encoding="utf-8")
    assert set(daemons.prepare(str).missing) == set(daemons.WANTED)


@pytest.mark.usefixtures("without_apt")
def test_daemons_that_are_there_need_no_machine_that_can_fetch(home: Path) -> None:
    for name in daemons.WANTED:
        folder = folders.data() / "daemons" / "bookworm-amd64" / name
        (folder / "root").mkdir(parents=True)
        manifest = {
            "format": packages.MANIFEST_FORMAT,
            "name": name,
            "version": "1.2",
            "package": "p 1.2",
            "release": "bookworm",
            "architecture": "amd64",
        }
        (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    ready = daemons.prepare(pytest.fail)
    assert ready.versions == dict.fromkeys(daemons.WANTED, "1.2")
    assert not ready.missing
    assert home in folders.data().parents
