"""A lab ends with its owner, at whatever moment, and a lab that cannot come up leaves nothing."""

import os
import random
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from owners import LOCRIB, Owner, Start, pass_time

from labs.errors import LabError
from labs.lab import Lab
from labs.packages import Daemons, daemons_folder
from labs.polling import poll
from labs.process_tree import ProcessTree
from labs.topology_file import load
from locrib.trouble import Exit

pytestmark = pytest.mark.lab
STORY = """
import sys
print("up", flush=True)
from labs.lab import Lab
with Lab("first-session") as lab:
    print("verbs", flush=True)
    lab.mtu("sw1", "node1", 1400)
    with lab.capture("tor1", "sw1"):
        lab.stop_daemon("node1")
        lab.mend()
        lab.routes("node1", 100)
        lab.watch("tor1", "node1", 1)
        lab.snapshot()
    print("down", flush=True)
print("gone", flush=True)
"""
FORKS = """
import os, signal
from labs.lab import Lab
with Lab("first-session") as lab:
    child = os.fork()  # as multiprocessing does
    if child:
        print("child", child, flush=True)
    signal.pause()
"""
CLIENT = """
import sys
from pathlib import Path
from labs.remote import RemoteLab
with RemoteLab(Path(sys.argv[1]), "killed") as lab:
    print("reached", flush=True)
    while True:
        lab.routes("node1", 10)
        lab.transitions("tor1", "node1")
        lab.curl("client", "http://10.244.1.10/")
        lab.mend()
"""
UP = (*LOCRIB, "up", "first-session", "--name", "killed")
STAGES = ("up", "verbs", "down")
LONGEST = {"up": 3.0, "verbs": 3.0, "down": 0.4}
"""Seconds into each stage at which an owner is killed at the latest; most stages last as long."""


def files() -> list[tuple[str, int]]:
    """Every file of the data folder with the time of its last change."""
    return sorted(
        (str(path), path.lstat().st_mtime_ns)
        for path in daemons_folder().rglob("*")
        if path.is_file()
    )


def here() -> tuple[str, list[tuple[str, int]], list[str]]:
    """What a lab must not touch: mounts, the data folder, /run."""
    mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8")
    return mounts, files(), sorted(path.name for path in Path("/run").iterdir())


@pytest.fixture
def all_daemons(daemons: Daemons, namespaces: None) -> None:
    del namespaces
    for missing in daemons.missing.values():
        pytest.skip(missing)


@pytest.fixture
def runtime(all_daemons: None, tmp_path: Path) -> Iterator[Path]:
    """A runtime folder for owners, and afterwards no trace of them."""
    del all_daemons
    (tmp_path / "tmp").mkdir()
    tmp_path.chmod(0o700)
    before = here()
    yield tmp_path
    assert here() == before
    assert traces(tmp_path) == []


def traces(runtime: Path) -> list[Path]:
    return [path for path in runtime.rglob("*") if not path.is_dir()]


def moment(turn: int) -> tuple[str, float]:
    """Choose a stage, each in its turn, and seconds into it; the same moments each time."""
    stage = STAGES[turn % len(STAGES)]
    return stage, random.Random(turn).uniform(0, LONGEST[stage])  # noqa: S311 - nothing secret


@pytest.mark.turns(4, soak=80)
def test_an_owner_in_python_killed_at_any_moment_leaves_nothing(start: Start, turn: int) -> None:
    stage, seconds = moment(turn)
    owner = start(sys.executable, "-c", STORY)
    owner.says(stage)
    pass_time(seconds)
    owner.kill()


@pytest.mark.turns(3, soak=60)
def test_a_command_that_keeps_a_lab_killed_at_any_moment_leaves_nothing(
    runtime: Path, start: Start, turn: int
) -> None:
    stage, seconds = moment(turn)
    owner = start(*UP)
    owner.says("Up")
    client = None
    if stage != "up":
        owner.says("         Ctrl-C")
        client = start(sys.executable, "-c", CLIENT, str(runtime / "locrib" / "labs"))
        client.says("reached")
    if stage == "down":
        owner.process.send_signal(signal.SIGTERM)
    pass_time(seconds)
    owner.kill()
    if client is not None:
        status, said = client.ends()
        assert (status, "LabError: " in said) == (1, True), said


@pytest.mark.turns(3, soak=60)
def test_a_command_interrupted_while_a_lab_comes_up_says_so_and_leaves_nothing(
    start: Start, turn: int
) -> None:
    chance = random.Random(turn)  # noqa: S311 - the same moments each time
    owner = start(*UP)
    owner.says("Up")
    pass_time(chance.uniform(0, 3))
    owner.process.send_signal(signal.SIGINT)
    status, said = owner.ends()
    ready = "Ready" in said  # then Ctrl-C is how a lab is ended
    assert (status, "Down" in said) == ((Exit.OK, True) if ready else (Exit.INTERRUPTED, False)), (
        said
    )
    owner.gone()


@pytest.mark.turns(3, soak=60)
def test_a_detached_lab_whose_holder_or_command_is_killed_leaves_nothing(
    runtime: Path, start: Start, turn: int
) -> None:
    stage, seconds = moment(turn)
    first = (turn - 1) // len(STAGES) % 2 == 0  # each stage has its turn with each of two ends
    owner = start(*UP, "--detach")
    if stage == "up":
        holder = begun(owner)
        pass_time(seconds / 2)
        # Of a command that nobody waits for any more, nobody would know the lab.
        owner.kill(holder if first else None)
        return
    owner.says("Ready")
    held = holder_of(owner)
    assert held is not None
    if stage == "verbs":
        client = start(sys.executable, "-c", CLIENT, str(runtime / "locrib" / "labs"))
        client.says("reached")
        pass_time(seconds)
        owner.kill(held)
        status, said = client.ends()
        assert (status, "LabError: " in said) == (1, True), said
    elif first:
        ending = start(*LOCRIB, "down", "killed")
        pass_time(0.3 + seconds)
        owner.kill(held)
        ending.ends()
    else:
        ending = start(*LOCRIB, "down", "killed")
        pass_time(0.3 + seconds)
        ending.kill()
        again = start(*LOCRIB, "down", "--all")
        assert again.ends()[0] in (Exit.OK, Exit.INPUT)  # it may end on its way there
        owner.gone()


def begun(owner: Owner) -> int:
    """Wait for the process that is to hold a detached lab."""

    def there() -> int | None:
        if (status := owner.process.poll()) is not None:
            raise LabError(f"the command ended with {status}: {owner.ends()[1]}")
        return holder_of(owner)

    return poll("its holder has begun", there, 60, lambda: str(owner.processes()))


def holder_of(owner: Owner) -> int | None:
    """Return the process that holds a detached lab."""
    found = owner.processes()
    return next((number for number, command in found.items() if " --ready " in command), None)


def test_a_child_that_its_owner_forked_does_not_keep_the_lab(start: Start) -> None:
    owner = start(sys.executable, "-c", FORKS)
    child = int(owner.says("child").split()[1])
    owner.processes()
    os.kill(owner.process.pid, signal.SIGKILL)
    poll("only the child is left", lambda: list(owner.processes()) == [child],
         explain=lambda: str(owner.processes()))  # fmt: skip
    owner.kill(child)


def test_a_detached_lab_that_dies_on_its_way_up_is_told_of(start: Start) -> None:
    owner = start(*UP, "--detach")
    holder = begun(owner)
    os.kill(holder, signal.SIGKILL)
    status, said = owner.ends()
    assert status == Exit.MACHINE
    assert [line.split()[0] for line in said.splitlines()] == ["Expected", "Saw", "Next"]
    assert "its process was ended by SIGKILL" in said
    owner.gone()


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
