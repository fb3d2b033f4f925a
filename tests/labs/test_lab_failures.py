"""Whatever a lab lacks or loses, it says where and what to do, and it still comes down.

A full disk, a damaged daemon, a configuration a daemon refuses, a daemon that dies: each time the
error names the host, and no process, mount or open file is left.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from processes import in_namespace
from unpacked import wanted

from labs.errors import LabError
from labs.lab import Lab
from labs.packages import Daemons, daemons_folder
from labs.polling import poll
from labs.process_tree import ProcessTree
from labs.topology_file import load

pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("all_daemons", "nothing_is_left")]
TOP = Path(__file__).parents[2]
POD = "http://10.244.1.10/"
WITH_A_FULL_DISK = """
import os, subprocess, sys
from pathlib import Path
place = sys.argv[1]
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", place], check=True)
try:
    with Path(place, "filler").open("wb", buffering=0) as filler:
        while filler.write(bytes(4096)):
            pass
except OSError as error:
    print(error.strerror)
os.environ["TMPDIR"] = place

from labs.lab import Lab
with Lab("first-session") as lab:
    lab.stop_daemon("node1")
    lab.mend()
    print(lab.curl("client", "http://10.244.1.10/")[0].server)
"""


@pytest.fixture
def all_daemons(daemons: Daemons, namespaces: None) -> None:
    del namespaces
    for name in ("frr-8.4", "bird", "bird-1.6", "gobgp", "nftables"):
        wanted(daemons, name)


@pytest.fixture
def nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Count what is there before a lab and after it."""

    def there() -> tuple[str, int]:
        mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8")
        return mounts, len(list(Path("/proc/self/fd").iterdir()))

    started: list[str] = []

    class Noted(ProcessTree):
        def __init__(self) -> None:
            super().__init__()
            children = Path(f"/proc/{self.pid}/task/{self.pid}/children")
            first = children.read_text(encoding="ascii").strip()
            started.append(str(Path(f"/proc/{first}/ns/pid").readlink()))

    monkeypatch.setattr("labs.lab.ProcessTree", Noted)
    before = there()
    yield
    assert there() == before
    for namespace in started:
        assert in_namespace("pid", namespace) == []


@pytest.fixture
def damaged(
    daemons: Daemons, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[[str], Path]:
    """Take files out of a copy of FRR, beside the other daemons as they are."""

    def damage(pattern: str) -> Path:
        for daemon in daemons.values():
            unpacked = daemon.root.parent
            there = tmp_path / "locrib/daemons" / unpacked.relative_to(daemons_folder())
            there.parent.mkdir(parents=True, exist_ok=True)
            if daemon.name == "frr-8.4":
                copy = Path(shutil.copytree(unpacked, there, symlinks=True))
            elif daemon.name != "frr-10":
                there.symlink_to(unpacked)
        for file in copy.glob(pattern):
            file.unlink()
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
        return copy

    return damage


def test_a_lab_needs_no_room_on_the_disk(tmp_path: Path) -> None:
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    done = subprocess.run(
        ["unshare", *user, "--mount", sys.executable, "-c", WITH_A_FULL_DISK, str(tmp_path)],
        cwd=TOP, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["No space left on device", "pod1"]


def test_a_full_run_folder_is_named_and_mended_by_room() -> None:
    with Lab("first-session") as lab:
        tree = lab._parts.tree
        tree.script(
            "mount -t tmpfs -o remount,size=8m tmpfs /run; cat /dev/zero >/run/filler || true"
        )
        with pytest.raises(
            LabError, match=r"/run/lab/node1/.* could not be written: No space left on device"
        ):
            lab.routes("node1", 1000)
        tree.script("rm /run/filler")
        lab.mend()
        assert lab.curl("client", POD)[0].server == "pod1"


def test_a_missing_binary_is_named_with_its_host_and_what_brings_it_back(
    damaged: Callable[[str], Path],
) -> None:
    folder = damaged("root/usr/lib/frr/bgpd")
    with pytest.raises(LabError) as refused:
        Lab("rack")
    told = str(refused.value)
    assert told.startswith("/usr/lib/frr/bgpd on ")
    assert "could not be started: No such file or directory. What was unpacked of frr 8.4" in told
    assert f"remove {folder} and run `locrib lab doctor --fetch` once, with network" in told


def test_a_daemon_that_dies_at_its_start_is_named_with_its_host_and_its_last_words(
    damaged: Callable[[str], Path],
) -> None:
    damaged("root/usr/lib/*/frr/libfrr.so*")
    with pytest.raises(
        LabError,
        match=r"zebra of frr 8.4.* ended at its start on host \w+; its last lines:\n"
        r".* libfrr.so.0: cannot open shared object file",
    ):
        Lab("rack")


@pytest.mark.parametrize(
    ("host", "words"),
    [
        (
            "metallb",
            r"refused its configuration on host metallb: .*line \d+: +bgp router-id nobody",
        ),
        ("bird", r"ended at its start on host bird; .*\n.*bird.conf:2:11 syntax error"),
        ("calico", r"ended at its start on host calico; .*\n.*bird.conf:2:11 Number or IPv4"),
        ("cilium", r"on (host )?cilium(.|\n)*invalid router-id format: nobody"),
    ],
)
def test_a_line_that_a_daemon_refuses_is_named_with_its_host(host: str, words: str) -> None:
    four = load("four-daemons")
    bad = replace(four.hosts[host], router_id="nobody")
    with pytest.raises(LabError, match=words):
        Lab(replace(four, hosts={**four.hosts, host: bad}))


def test_a_daemon_that_dies_later_is_named_and_mended() -> None:
    with Lab("four-daemons") as lab:
        nodes = ("metallb", "bird", "calico", "cilium")
        for node in nodes:
            lab._parts.routers[node].signal(signal.SIGKILL)
        for node in nodes:
            poll(f"{node}'s is dead", lambda r=lab._parts.routers[node]: not r.alive())
            with pytest.raises(LabError, match=rf" on {node} (ended at|failed with)"):
                lab.state(node, "tor")
        lab.mend()
        for number in range(1, len(nodes) + 1):
            assert lab.curl("client", f"http://10.244.{number}.10/")[0].server == f"pod{number}"
