"""A lab that one process holds and others reach: shared, private, and gone with its holder."""

import contextlib
import inspect
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from counts import Times
from interrupted import Interrupted
from owners import Owner, pass_time
from processes import in_namespace

from labs.errors import LabError
from labs.holder import CHANGES, QUESTIONS, Claim, Holder, LabBusyError, claim
from labs.lab import Lab
from labs.lab_asking import Asking
from labs.lab_changes import LabChanges
from labs.polling import poll
from labs.remote import Door, RemoteLab, labs_up

pytestmark = pytest.mark.lab

TOP = Path(__file__).parents[2]
HOLD = """
import sys
from pathlib import Path
from labs.holder import Holder, claim
from labs.lab import Lab
from labs.process_tree import ProcessTree
tree = ProcessTree()
claimed = claim(Path(sys.argv[1]), "held", tree)
lab = Lab("first-session", tree)
holder = Holder(claimed, lab, "first-session")
print(tree.pid, flush=True)
holder.serve()
"""
STREAM = """
import sys
from pathlib import Path
from labs.remote import RemoteLab
with RemoteLab(Path(sys.argv[1]), "rack") as lab:
    lab.execute("client", ["sh", "-c", "while :; do echo streamed; done"], (0, 1, 2))
"""
CAPTURE = """
import signal, sys
from pathlib import Path
from labs.remote import RemoteLab
with RemoteLab(Path(sys.argv[1]), "rack") as lab, lab.capture("tor1", "sw1"):
    print("begun", flush=True)
    signal.pause()
"""
STRANGER = "import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])"


@contextlib.contextmanager
def held(claimed: Claim, lab: Lab, idle: float | None = None) -> Iterator[threading.Thread]:
    """Hold a lab in a thread of this process."""
    holder = Holder(claimed, lab, "first-session", idle)
    thread = threading.Thread(target=holder.serve)
    thread.start()
    try:
        yield thread
    finally:
        holder.end()
        thread.join(10)


@pytest.fixture(scope="module")
def folder(namespaces: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in which a lab called `rack` is held."""
    del namespaces
    place = tmp_path_factory.mktemp("runtime") / "labs"
    claimed = claim(place, "rack")
    with contextlib.closing(claimed), Lab("first-session") as lab, held(claimed, lab):
        yield place


@pytest.fixture
def remote(folder: Path) -> Iterator[RemoteLab]:
    with RemoteLab(folder, "rack") as lab:
        yield lab


def test_a_held_lab_is_listed_with_what_it_is(folder: Path) -> None:
    (info,) = labs_up(folder)
    assert (info.name, info.topology, info.process) == ("rack", "first-session", os.getpid())
    assert (info.ends_in, info.situation) == (None, "nothing done")


def test_a_client_asks_and_changes_it_like_its_own(remote: RemoteLab) -> None:
    assert remote.state("tor1", "node1") == "Established"
    assert [hop.host for hop in remote.trace("client", "10.244.1.10")][-1] == "pod1"
    assert remote.paths("border", "10.244.1.0/24")[0].as_path.segments[0].asns == (64601, 64512)
    remote.mark()
    remote.stop_daemon("node1")
    assert remote.wait_state("tor1", "node1", "Active", 20) < 20
    assert remote.transitions("tor1", "node1")[0].before.value == "Established"
    remote.mend()
    assert remote.curl("client", "http://10.244.1.10/")[0].server == "pod1"


def test_two_clients_see_one_situation(folder: Path, remote: RemoteLab) -> None:
    with RemoteLab(folder, "rack") as other:
        remote.cut("tor2", "node1")
        assert str(other.situation) == "cut node1 tor2: yes"
        with pytest.raises(LabError, match="cut already"):
            other.cut("node1", "tor2")
        other.mend()
        assert remote.situation.done == ()


def test_a_program_runs_on_its_callers_streams_and_tells_its_status(remote: RemoteLab) -> None:
    reader, writer = os.pipe()
    source, sink = os.pipe()
    with os.fdopen(reader) as said, os.fdopen(sink, "w") as told:
        told.write("typed here\n")
        told.close()
        script = "read line; echo $line; echo complaint >&2; ip -br addr show lo; exit 3"
        assert remote.execute("client", ["sh", "-c", script], (source, writer, writer)) == 3
        os.close(writer)
        os.close(source)
        text = said.read()
    assert text.startswith("typed here\ncomplaint\nlo ")


def test_a_program_finds_the_hosts_own_router(remote: RemoteLab) -> None:
    reader, writer = os.pipe()
    with os.fdopen(reader) as said, Path(os.devnull).open() as nothing:
        argv = ["vtysh", "-c", "show bgp summary"]
        assert remote.execute("tor1", argv, (nothing.fileno(), writer, writer)) == 0
        os.close(writer)
        assert "64512" in said.read()


@pytest.mark.parametrize(("ending", "status"), [("interrupt", -signal.SIGINT), ("close", None)])
def test_a_program_ends_when_its_caller_interrupts_it_or_goes(
    folder: Path, ending: str, status: int | None
) -> None:
    lab = RemoteLab(folder, "rack")
    reader, writer = os.pipe()
    ended: list[int | str] = []

    def run() -> None:
        try:
            ended.append(lab.execute("client", ["sh", "-c", "echo on; exec sleep 600"],
                                     (0, writer, writer)))  # fmt: skip
        except LabError as error:
            ended.append(str(error))

    thread = threading.Thread(target=run)
    thread.start()
    with os.fdopen(reader) as said:
        os.read(said.fileno(), 3)
        if ending == "interrupt":
            lab.door.interrupt()
        else:
            lab.door.hang_up()
        thread.join(10)
        os.close(writer)
        assert said.read() == ""  # nobody has the pipe open any more
    lab.close()
    assert ended == [status if status is not None else "the lab rack has ended"]


CROWD = 8


def ask_in_turn(folder: Path, number: int, count: int) -> str:
    """Ask a lab as one client of many; return what went wrong, "" for nothing."""
    with RemoteLab(folder, "rack") as lab:
        questions: list[tuple[Callable[[], object], object]] = [
            (lambda: lab.state("tor1", "node1"), "Established"),
            (lambda: "10.244.1.0/24" in lab.announced("tor1", "border"), True),
            (lambda: lab.curl("client", "http://10.244.1.10/")[0].server, "pod1"),
            (lambda: lab.trace("client", "10.244.1.10")[-1].host, "pod1"),
            (lambda: lab.wait_state("tor2", "node1", "Established", 10) < 10, True),
            (lambda: "64512" in lab.show("tor1", "show bgp summary"), True),
            (lambda: lab.paths("border", "10.244.1.0/24")[0].peer.asn in (64601, 64602), True),
        ]
        for turn in range(count):
            question, answer = questions[(number + turn) % len(questions)]
            if (seen := question()) != answer:
                return f"client {number}, question {turn}: {seen!r} instead of {answer!r}"
    return ""


def test_many_clients_at_once_each_get_their_own_answers(folder: Path, times: Times) -> None:
    count = times(7, soak=140)
    with ThreadPoolExecutor(CROWD) as pool:
        clients = [pool.submit(ask_in_turn, folder, number, count) for number in range(CROWD)]
        assert [client.result() for client in clients] == [""] * CROWD


def test_a_client_interrupted_in_a_question_gets_the_next_ones_answer(
    remote: RemoteLab, times: Times
) -> None:
    def ask() -> None:
        while True:
            assert "10.244.1.0/24" in remote.announced("tor1", "border")
            assert remote.state("tor1", "node1") == "Established"

    chance = random.Random(4)  # noqa: S311 - the same moments each time
    with remote.capture("tor1", "sw1") as captured:
        for _ in range(times(20, soak=200)):
            with pytest.raises(KeyboardInterrupt), Interrupted(chance.uniform(0.001, 0.05)):
                ask()
        with pytest.raises(KeyboardInterrupt), Interrupted(0.2):
            remote.wait_state("tor1", "node1", "Idle", 600)
        assert remote.state("tor1", "node1") == "Established"
    assert isinstance(captured.text, str)


def test_a_client_that_waits_is_told_of_each_look(remote: RemoteLab) -> None:
    remote.mend()
    looks: list[tuple[float, str]] = []
    remote.stop_daemon("node1")
    remote.mend()
    remote.wait_state("tor1", "node1", "Established", 20, lambda *look: looks.append(look))
    assert looks[-1][1] == "Established"
    looks.clear()
    remote.watch("tor1", "node1", 0.3, lambda *look: looks.append(look))
    assert len(looks) > 1
    assert {state for _, state in looks} == {"Established"}
    assert [passed for passed, _ in looks] == sorted(passed for passed, _ in looks)


def test_what_a_client_that_is_killed_was_capturing_is_captured_no_more(
    folder: Path, remote: RemoteLab, tmp_path: Path
) -> None:
    def sockets() -> int:
        return len(remote.run("tor1", "cat /proc/net/packet").text.splitlines())

    (tmp_path / "tmp").mkdir()
    before = sockets()
    client = Owner(sys.executable, "-c", CAPTURE, str(folder), runtime=tmp_path)
    client.says("begun")
    assert sockets() == before + 1
    client.kill()
    poll("its socket is closed", lambda: sockets() == before)


def test_a_client_that_waits_leaves_room_for_others(folder: Path, remote: RemoteLab) -> None:
    remote.mend()
    with ThreadPoolExecutor(1) as pool, RemoteLab(folder, "rack") as other:
        waiting = pool.submit(other.wait_state, "tor1", "node1", "Idle", 30.0)
        for _ in range(20):
            assert remote.state("tor1", "node1") == "Established"
        assert not waiting.done()
        remote.stop_daemon("node1")
        assert waiting.result() < 30
    remote.mend()


def test_a_client_killed_while_a_program_streams_takes_the_program_along(
    folder: Path, remote: RemoteLab, tmp_path: Path, times: Times
) -> None:
    (tmp_path / "tmp").mkdir()
    chance = random.Random(4)  # noqa: S311 - the same moments each time
    for _ in range(times(3, soak=50)):
        client = Owner(sys.executable, "-c", STREAM, str(folder), runtime=tmp_path)
        client.says("streamed")
        pass_time(chance.uniform(0, 0.2))
        client.kill()
        poll(
            "its program is gone",
            lambda: "echo streamed" not in remote.run("client", "ps -e -o args").text,
        )
    assert remote.state("tor1", "node1") == "Established"


def test_a_name_is_taken_once(folder: Path) -> None:
    with pytest.raises(LabBusyError, match="a lab called rack is up already"):
        claim(folder, "rack")
    with contextlib.closing(claim(folder, "rack.2")) as other:
        assert other.name == "rack.2"
    assert [info.name for info in labs_up(folder)] == ["rack"]


@pytest.mark.parametrize("name", ["", "../x", "a b", ".hidden", "a/b"])
def test_a_name_that_is_no_files_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(LabError, match="a lab's name is letters"):
        claim(tmp_path, name)


def test_a_lab_that_is_not_up_is_told_apart_from_those_that_are(folder: Path) -> None:
    with pytest.raises(LabError, match=r"no lab called other is up \(rack\)"):
        RemoteLab(folder, "other")


def test_what_the_holder_does_not_understand_is_refused_and_the_talk_goes_on(folder: Path) -> None:
    with contextlib.closing(Door(folder, "rack")) as door:
        for request, told in (
            ({"kind": "nonsense"}, "does not understand"),
            ({"kind": "change", "verb": "close"}, "no verb changes a lab like 'close'"),
            ({"kind": "ask", "verb": "_tree"}, "nothing in a lab is asked by '_tree'"),
            ({"kind": "ask", "verb": "state", "arguments": ["nobody", "x"]}, "nobody"),
            (
                {"kind": "ask", "verb": "run", "arguments": ["client", "true", float("inf")]},
                "does not understand .*OverflowError",
            ),
        ):
            with pytest.raises(LabError, match=told):
                door.ask(**request)
        assert door.ask("info")["name"] == "rack"


def test_every_verb_of_a_lab_passes_the_door() -> None:
    def verbs(kind: type) -> set[str]:
        return {name for name, found in vars(kind).items()
                if inspect.isfunction(found) and name[0] != "_"}  # fmt: skip

    by_others = {"checkpoint", "restore"}  # made of the rest
    assert set(CHANGES) == verbs(LabChanges) - by_others
    assert set(QUESTIONS) == verbs(Asking)


def test_only_its_user_reaches_it(folder: Path) -> None:
    assert folder.stat().st_mode & 0o777 == 0o700
    door = folder / "rack.lab"
    assert door.stat().st_mode & 0o777 == 0o600
    if os.geteuid() == 0:
        done = subprocess.run(
            ["/usr/bin/python3", "-I", "-c", STRANGER, str(door)],
            user=61234, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert "PermissionError" in done.stderr


def test_a_lab_nobody_asks_anything_of_ends_by_itself(namespaces: None, tmp_path: Path) -> None:
    del namespaces
    claimed = claim(tmp_path, "forgotten")
    with Lab("first-session") as lab, held(claimed, lab, idle=1.0) as thread:
        with RemoteLab(tmp_path, "forgotten") as client:
            assert 0.5 < (client.info().ends_in or 0) <= 1.0
            thread.join(1.5)
            assert client.info().name == "forgotten"  # it waits while somebody is there
        thread.join(20)
        assert not thread.is_alive()
    claimed.close()
    assert list(tmp_path.iterdir()) == []


def test_a_lab_stopped_by_ctrl_z_says_what_lets_it_go_on(namespaces: None, tmp_path: Path) -> None:
    del namespaces
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=TOP
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        holder.send_signal(signal.SIGSTOP)
        stat = Path(f"/proc/{holder.pid}/stat")  # a question asked before that waits for its answer
        poll(
            "the signal has arrived", lambda: stat.read_text().rpartition(")")[2].split()[0] == "T"
        )
        advice = f"the lab held is stopped, .* `kill -CONT {holder.pid}`, lets it go on"
        poll("it has stopped", lambda: [one.title for one in labs_up(tmp_path)] == ["stopped"])
        with pytest.raises(LabError, match=advice):
            RemoteLab(tmp_path, "held")
        holder.send_signal(signal.SIGCONT)
        with RemoteLab(tmp_path, "held") as lab:
            assert lab.state("tor1", "node1") == "Established"
            lab.down()
        assert holder.wait(20) == 0


def test_nothing_is_left_when_the_holder_is_killed(namespaces: None, tmp_path: Path) -> None:
    del namespaces
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=TOP
    ) as holder:
        assert holder.stdout is not None
        unshare = int(holder.stdout.readline())
        (first,) = Path(f"/proc/{unshare}/task/{unshare}/children").read_text().split()
        identity = str(Path(f"/proc/{first}/ns/pid").readlink())
        assert len(in_namespace("pid", identity)) > 5
        assert [info.name for info in labs_up(tmp_path)] == ["held"]
        holder.kill()
    poll("its processes are gone", lambda: not in_namespace("pid", identity))
    poll("its socket is gone", lambda: not list(tmp_path.iterdir()))
