"""A lab ends with its owner, at whatever moment, and a lab that cannot come up leaves nothing."""

import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from processes import in_namespace

from labs.errors import LabError
from labs.lab import Lab
from labs.packages import Daemons, daemons_folder
from labs.polling import poll
from labs.process_tree import ProcessTree
from labs.topology_file import load

pytestmark = pytest.mark.lab
TOP = Path(__file__).parents[2]
MOMENTS = 10
OWNER = """
from labs.lab import Lab
from labs.process_tree import ProcessTree
begin = ProcessTree.__init__
def told(tree):
    begin(tree)
    print(tree.pid, flush=True)
ProcessTree.__init__ = told
with Lab("first-session") as lab:
    lab.mtu("sw1", "node1", 1400)
    with lab.capture("tor1", "sw1"):
        lab.stop_daemon("node1")
        lab.mend()
        lab.routes("node1", 100)
        lab.watch("tor1", "node1", 60)
"""


def mounts() -> str:
    return Path("/proc/self/mountinfo").read_text(encoding="utf-8")


def files() -> list[tuple[str, int]]:
    """Every file of the data folder with the time of its last change."""
    return sorted(
        (str(path), path.lstat().st_mtime_ns)
        for path in daemons_folder().rglob("*")
        if path.is_file()
    )


@pytest.fixture
def all_daemons(daemons: Daemons, namespaces: None) -> None:
    del namespaces
    for missing in daemons.missing.values():
        pytest.skip(missing)


@pytest.mark.usefixtures("all_daemons")
def test_an_owner_killed_at_any_moment_leaves_nothing() -> None:
    before = mounts(), files(), sorted(path.name for path in Path("/run").iterdir())
    for moment in random.Random(4).sample(range(100, 3500), MOMENTS):  # noqa: S311
        with subprocess.Popen(
            [sys.executable, "-c", OWNER], stdout=subprocess.PIPE, cwd=TOP, text=True
        ) as owner:
            assert owner.stdout is not None
            unshare = int(owner.stdout.readline())
            (first,) = Path(f"/proc/{unshare}/task/{unshare}/children").read_text().split()
            namespace = str(Path(f"/proc/{first}/ns/pid").readlink())
            due = time.monotonic() + moment / 1000
            poll("the moment comes", lambda due=due: time.monotonic() >= due)
            assert owner.poll() is None
            owner.send_signal(signal.SIGKILL)
            owner.wait(10)
        poll("every process is gone", lambda n=namespace: not in_namespace("pid", n), 10)
        poll("its parent is gone", lambda u=unshare: not Path(f"/proc/{u}").exists(), 10)
    assert (mounts(), files(), sorted(path.name for path in Path("/run").iterdir())) == before


@pytest.mark.usefixtures("all_daemons")
def test_two_labs_of_one_topology_have_nothing_in_common() -> None:
    with Lab("first-session") as one, Lab("first-session") as other:
        one.stop_daemon("node1")
        one.wait_state("tor1", "node1", "Active", 10)
        assert other.state("tor1", "node1") == "Established"
        assert other.curl("client", "http://10.244.1.10/")[0].server == "pod1"
        other.close()
        one.mend()
        assert one.curl("client", "http://10.244.1.10/")[0].server == "pod1"


@pytest.mark.usefixtures("all_daemons")
def test_a_daemon_that_is_not_unpacked_is_named_with_what_unpacks_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    with pytest.raises(LabError, match="is not unpacked here: run `locrib lab doctor --fetch`"):
        Lab("rack")


@pytest.mark.usefixtures("all_daemons")
def test_a_lab_that_does_not_come_up_says_what_is_lacking_and_comes_down(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("labs.lab_parts.UP_SECONDS", 4.0)
    topology = load("first-session")
    (wrong,) = [s for s in topology.sessions if s.sides[0].host == "tor1"]
    apart = replace(wrong, sides=(wrong.sides[0], replace(wrong.sides[1], address="10.1.1.99")))
    sessions = tuple(apart if session is wrong else session for session in topology.sessions)
    trees: list[int] = []

    class Noted(ProcessTree):
        def __init__(self) -> None:
            super().__init__()
            trees.append(self.pid)

    monkeypatch.setattr("labs.lab.ProcessTree", Noted)
    with pytest.raises(
        LabError, match=r"not within 4 seconds: .*tor1 calls its session with node1"
    ):
        Lab(replace(topology, sessions=sessions))
    assert not Path(f"/proc/{trees[0]}").exists()
