"""What labs do seldom wrong, done often: up and down, checkpoints, Ctrl-C, two at one moment."""

import contextlib
import os
import random
import resource
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from counts import Times
from interrupted import Interrupted
from owners import LOCRIB, Owner, Start
from unpacked import wanted

from labs import topology_file
from labs.errors import LabError
from labs.holder import names
from labs.lab import Lab
from labs.packages import Daemons
from labs.polling import poll
from labs.remote import RemoteLab, labs_up
from locrib.trouble import Exit

pytestmark = pytest.mark.lab
POD = "http://10.244.1.10/"
THOUSAND = 1024


@pytest.fixture(autouse=True)
def all_daemons(daemons: Daemons, namespaces: None) -> None:
    del namespaces
    for name in ("frr-8.4", "bird", "bird-1.6", "gobgp", "nftables", "stayrtr"):
        wanted(daemons, name)


@pytest.fixture
def runtime(tmp_path: Path) -> Path:
    """A runtime folder for owners of labs."""
    (tmp_path / "tmp").mkdir()
    tmp_path.chmod(0o700)
    return tmp_path


def open_things() -> tuple[int, int]:
    """The descriptors and threads of this process."""
    return len(list(Path("/proc/self/fd").iterdir())), threading.active_count()


def test_labs_that_come_and_go_leave_nothing_open_in_their_owner(times: Times) -> None:
    mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8")
    before = open_things()
    known = topology_file.known()
    for number in range(times(2, soak=100)):
        with Lab(known[number % len(known)]) as lab:
            assert lab.snapshot().hosts
        assert open_things() == before
        assert Path("/proc/self/mountinfo").read_text(encoding="utf-8") == mounts


def break_something(lab: Lab, chance: random.Random) -> None:
    """Do one to three different things to a lab."""
    things: list[Callable[[], None]] = [
        lambda: lab.cut("tor2", "node1"),
        lambda: lab.mtu("sw1", "node1", chance.choice([600, 1400])),
        lambda: lab.drop("border", "tor2", "icmp", chance.choice([30, 100])),
        lambda: lab.limit("tor1", "sw1", 1000),
        lambda: lab.routes("node1", chance.randint(1, 100)),
        lambda: lab.configure("tor1", "route-map TO-border permit 10", "set metric 5"),
        lambda: lab.stop_daemon("tor2"),
        lambda: lab.freeze("tor1", "zebra"),
    ]
    for thing in chance.sample(things, chance.randint(1, 3)):
        with contextlib.suppress(LabError):  # a daemon that was stopped before is not told more
            thing()


def test_a_checkpoint_is_come_back_to_however_often(times: Times) -> None:
    chance = random.Random(4)  # noqa: S311 - the same things each time
    with Lab("first-session") as lab:
        for _ in range(times(2, soak=50)):
            break_something(lab, chance)
            checkpoint = lab.checkpoint()
            assert checkpoint.done
            lab.mend()
            assert lab.curl("client", POD)[0].server == "pod1"
            lab.restore(checkpoint)
            assert lab.checkpoint() == checkpoint
            lab.mend()


def ask_on_and_on(lab: Lab) -> None:
    while True:
        lab.curl("client", POD)
        lab.run("client", "ip route; sleep 0.01")
        lab.announced("tor1", "border")
        lab.state("node1", "tor1")
        lab.show("node1", "show protocols")


def test_a_lab_whose_user_interrupts_it_goes_on(times: Times) -> None:
    chance = random.Random(4)  # noqa: S311 - the same moments each time
    with Lab("first-session") as lab:
        for _ in range(times(5, soak=200)):
            with pytest.raises(KeyboardInterrupt), Interrupted(chance.uniform(0.001, 0.2)):
                ask_on_and_on(lab)
            assert lab.run("tor1", "echo $((6 * 7))").text == "42\n"
            assert lab.curl("client", POD)[0].server == "pod1"
            assert lab.state("tor1", "node1") == lab.state("node1", "tor1") == "Established"
            assert "10.244.1.0/24" in lab.announced("tor1", "border")
        left = lab.run("client", "ps -e -o args").text.splitlines()
        assert [line for line in left if "sleep 0.01" in line] == []


def end(*owners: Owner) -> None:
    for owner in owners:
        owner.process.send_signal(signal.SIGTERM)
    for owner in owners:
        status, said = owner.ends()
        assert (status, "nothing is left of it" in said) == (Exit.OK, True), said
        owner.gone()


def ask_the_routers(lab: Lab) -> None:
    while True:
        assert "10.244.1.0/24" in lab.announced("tor1", "border")
        assert lab.state("tor1", "node1") == "Established"


def test_a_question_to_a_router_that_is_interrupted_leaves_the_next_one_its_answer(
    times: Times,
) -> None:
    chance = random.Random(4)  # noqa: S311 - the same moments each time
    with Lab("first-session") as lab:
        for _ in range(times(60, soak=500)):
            with pytest.raises(KeyboardInterrupt), Interrupted(chance.uniform(0.001, 0.05)):
                ask_the_routers(lab)
        lab.configure("tor1", "route-map TO-border permit 10", "set metric 5")  # nor is it refused
        lab.mend()


@pytest.mark.turns(2, soak=50)
@pytest.mark.usefixtures("turn")
def test_of_two_labs_of_one_name_started_at_one_moment_one_comes_up(
    runtime: Path, start: Start
) -> None:
    folder = runtime / "locrib" / "labs"
    pair = [start(*LOCRIB, "up", "first-session", "--name", "same") for _ in range(2)]

    def refused() -> Owner | None:
        names(folder)  # a look at the list disturbs neither
        return next((owner for owner in pair if owner.process.poll() is not None), None)

    loser = poll("one of them is refused", refused, 60)
    status, said = loser.ends()
    assert (status, "a lab called same is up already" in said) == (Exit.BUSY, True), said
    (winner,) = (owner for owner in pair if owner is not loser)
    winner.says("Ready")
    assert [info.process for info in labs_up(folder)] == [winner.process.pid]
    end(winner)
    loser.gone()
    assert list(folder.iterdir()) == []


@pytest.mark.turns(2, soak=50)
@pytest.mark.usefixtures("turn")
def test_two_labs_started_at_one_moment_both_come_up_and_know_nothing_of_each_other(
    runtime: Path, start: Start
) -> None:
    folder = runtime / "locrib" / "labs"
    started = {name: start(*LOCRIB, "up", name) for name in ("first-session", "four-daemons")}
    for owner in started.values():
        owner.says("Ready")
    assert {info.name: info.process for info in labs_up(folder)} == {
        name: owner.process.pid for name, owner in started.items()
    }
    for name in started:
        with RemoteLab(folder, name) as lab:
            assert lab.curl("client", POD)[0].server == "pod1"
    end(*started.values())
    assert list(folder.iterdir()) == []


@pytest.fixture
def a_thousand_open_files() -> Iterator[None]:
    """More than `select.select` counts; the number allowed is as before afterwards."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < THOUSAND * 2:
        pytest.skip(f"this process may open {hard} files only")
    resource.setrlimit(resource.RLIMIT_NOFILE, (THOUSAND * 2, hard))
    taken = [os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC) for _ in range(THOUSAND)]
    yield
    for descriptor in taken:
        os.close(descriptor)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("a_thousand_open_files")
def test_an_owner_of_a_thousand_open_files_has_a_lab_like_any_other() -> None:
    with Lab("first-session") as lab:
        assert lab.curl("client", POD)[0].server == "pod1"
        assert lab.run("client", "echo on").text == "on\n"
        lab.stop_daemon("node1")
        lab.mend()
