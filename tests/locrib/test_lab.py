"""`locrib lab` as its user meets it: a lab up in one process, and other commands that reach it."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from labs.polling import poll
from locrib import daemons
from locrib.lab_up import parse_time
from locrib.trouble import Exit, Trouble

TOP = Path(__file__).parents[2]
COMMAND = [sys.executable, "-P", "-m", "locrib", "lab"]
SECONDS = 60.0

pytestmark = pytest.mark.lab


class Shell:
    """A user's shell: the command with a runtime folder of the test's own."""

    def __init__(self, runtime: Path) -> None:
        runtime.mkdir(mode=0o700)
        self.runtime = runtime
        self.environment = os.environ | {
            "XDG_RUNTIME_DIR": str(runtime), "PYTHONPATH": str(TOP), "COLUMNS": "100",
        }  # fmt: skip

    def __call__(self, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        """Run `locrib lab ARGUMENTS` to its end."""
        return subprocess.run(
            [*COMMAND, *arguments], env=self.environment, input=typed, capture_output=True,
            text=True, check=False, timeout=SECONDS,
        )  # fmt: skip

    def say(self, *arguments: str) -> str:
        """Run a command that must work; return what it printed."""
        done = self(*arguments)
        assert done.returncode == Exit.OK, done.stdout + done.stderr
        return done.stdout

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command that goes on."""
        return subprocess.Popen(
            [*COMMAND, *arguments], env=self.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    return Shell(tmp_path_factory.mktemp("user") / "run")


@pytest.fixture(scope="module")
def lab(shell: Shell) -> Iterator[str]:
    """The name of a detached lab."""
    if (refused := daemons.refusal()) is not None:
        pytest.skip(refused)
    # The run may be interrupted: such a lab ends by itself soon.
    done = shell("up", "first-session", "--detach", "--name", "class", "--idle", "10m")
    assert done.returncode == Exit.OK, done.stderr
    assert re.search(r"^Ready .* in \d+\.\d s$", done.stdout, re.MULTILINE)
    yield "class"
    shell.say("down", "class")
    assert "No lab is up" in shell.say("list")
    assert list((shell.runtime / "locrib" / "labs").iterdir()) == []


@pytest.mark.usefixtures("lab")
def test_a_lab_that_is_up_is_listed_and_shown(shell: Shell) -> None:
    assert shell.say("list").startswith("class: A first session")
    assert 500 < json.loads(shell.say("list", "--json"))["ends_in"] <= 600
    shown = shell.say("show")
    assert "tor1 - node1: Established, Established" in shown
    assert "nothing done" in shown


@pytest.mark.usefixtures("lab")
def test_commands_run_where_they_are_told_and_end_as_they_end(shell: Shell) -> None:
    assert "192.0.2.10/24" in shell.say("run", "client", "--", "ip", "-br", "addr")
    assert shell("run", "client", "--", "sh", "-c", "echo no >&2; exit 7").returncode == 7
    assert shell("run", "client", "--", "cat", typed="typed here").stdout == "typed here"
    assert "64512" in shell.say("vtysh", "tor1", "-c", "show bgp summary")
    assert "Established" in shell.say("vtysh", "node1", "-c", "show protocols")


@pytest.mark.usefixtures("lab")
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-"])
def test_a_command_runs_with_a_stream_that_is_closed(shell: Shell, closed: str) -> None:
    line = f"{shlex.join([*COMMAND, 'run', 'client', '--', 'sh', '-c', 'cat; exit 7'])} {closed}"
    done = subprocess.run(
        ["sh", "-c", line], env=shell.environment, capture_output=True, text=True, check=False,
        timeout=SECONDS, input="",
    )  # fmt: skip
    assert done.returncode == 7, done.stderr


@pytest.mark.usefixtures("lab")
@pytest.mark.parametrize("command", [("show",), ("list",), ("transitions", "tor1", "node1")])
def test_a_reader_that_leaves_early_is_no_mistake(shell: Shell, command: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [*COMMAND, *command], env=shell.environment, stdout=writing, stderr=subprocess.PIPE,
            text=True, check=False, timeout=SECONDS,
        )  # fmt: skip
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (Exit.OK, "")


@pytest.mark.usefixtures("lab")
def test_the_way_is_explained_of_whatever_curl_takes(shell: Shell) -> None:
    for url in ("10.244.1.10:80", "10.244.1.10/x"):
        told = shell.say("curl", "client", url, "--explain")
        assert "pod1: arrived" in told
        assert "pod1 answered" in told
    refused = shell("curl", "client", "http://[", "--explain")
    assert refused.returncode == Exit.INPUT
    assert "expected a URL with an address such as http://198.51.100.7/" in refused.stderr


def test_gobgp_has_no_prompt_and_is_asked_by_the_line(shell: Shell, tmp_path: Path) -> None:
    if (refused := daemons.refusal()) is not None:
        pytest.skip(refused)
    file = tmp_path / "alone.toml"
    file.write_text(
        'title = "GoBGP alone"\n[host.go]\nrole = "node"\ndaemon = "gobgp"\nasn = 64512\n'
        'router_id = "10.0.0.1"\n'
    )
    shell.say("up", str(file), "--detach")
    try:
        told = shell("vtysh", "go", "--lab", "alone")
        assert told.returncode == Exit.USAGE
        assert "Next     run `locrib lab vtysh go -c neighbor`." in told.stderr
        assert "AS:        64512" in shell.say("vtysh", "go", "-c", "global", "--lab", "alone")
    finally:
        shell.say("down", "alone")


def test_a_full_disk_behind_the_output_is_told_as_such(shell: Shell) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*COMMAND, "list"], env=shell.environment, stdout=full, stderr=subprocess.PIPE,
            text=True, check=False, timeout=SECONDS,
        )  # fmt: skip
    assert done.returncode == Exit.MACHINE
    assert "Saw      a full disk (ENOSPC)." in done.stderr
    assert "Exception" not in done.stderr


@pytest.mark.usefixtures("lab")
def test_a_command_is_interrupted_where_it_runs(shell: Shell) -> None:
    with shell.start("run", "client", "--", "sh", "-c", "echo on; exec sleep 600") as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "on\n"
        running.send_signal(signal.SIGINT)
        assert running.wait(SECONDS) == 128 + signal.SIGINT
    assert "sleep" not in shell.say("run", "client", "--", "ps", "-e", "-o", "comm")


@pytest.mark.usefixtures("lab")
def test_breaking_and_mending_from_the_command_line(shell: Shell) -> None:
    assert "AS_PATH 64601 64512" in shell.say("paths", "border", "10.244.1.0/24")
    assert "pod1 answered and saw 192.0.2.10" in shell.say("curl", "client", "http://10.244.1.10/")
    assert shell.say("trace", "client", "10.244.1.10").splitlines()[-1] == "pod1: arrived"
    told = shell.say("curl", "client", "http://10.244.1.10/", "--explain").splitlines()
    assert [line.split()[0] for line in told[:2]] == ["client:", "border:"]
    assert "pod1 answered" in told[-1]
    assert "cut sw1 tor1: yes" in shell.say("cut", "tor1", "sw1")
    broken = shell("trace", "client", "10.244.1.10")
    assert broken.returncode == Exit.CHECK
    assert shell("cut", "tor1", "sw1").returncode == Exit.INPUT
    assert "nothing done" in shell.say("mend")
    shell.say("stop", "node1")
    poll("the edge is logged", lambda: "-> Idle" in shell.say("transitions", "tor1", "node1"))
    assert re.search(r"─ node1 .* daemon stopped", shell.say("show"))
    shell.say("start", "node1")
    shell.say("mend")


@pytest.mark.usefixtures("lab")
def test_two_snapshots_tell_what_changed(shell: Shell, tmp_path: Path) -> None:
    before, after = tmp_path / "before.json", tmp_path / "after.json"
    shell.say("snapshot", str(before))
    assert shell.say("diff", str(before)) == "Nothing differs.\n"
    shell.say("kill", "node1")
    poll("tor1 has noticed", lambda: "tor1 - node1: Established" not in shell.say("show"))
    changed = shell("diff", str(before))
    assert changed.returncode == Exit.CHECK
    assert "tor1: kernel route 10.244.1.0/24 metric 20: gone" in changed.stdout
    after.write_text(shell.say("snapshot"))
    assert "node1: daemon: " in shell("diff", str(before), str(after)).stdout
    shell.say("mend")
    after.write_text("{}")
    damaged = shell("diff", str(before), str(after))
    assert damaged.returncode == Exit.INPUT
    assert "format: expected locrib-snapshot" in damaged.stderr


@pytest.mark.usefixtures("lab")
def test_a_checkpoint_is_come_back_to(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "before-lunch.json"
    shell.say("cut", "tor2", "node1")
    assert "cut node1 tor2: yes" in shell.say("checkpoint", str(file))
    shell.say("mend")
    assert "cut node1 tor2: yes" in shell.say("restore", str(file))
    shell.say("mend")
    file.write_text(file.read_text().replace("first-session", "rack"))
    other = shell("restore", str(file))
    assert other.returncode == Exit.INPUT
    assert "the checkpoint is of rack" in other.stderr
    file.write_text("{")
    assert "a checkpoint in" in shell("restore", str(file)).stderr


@pytest.mark.usefixtures("lab")
def test_a_link_is_captured_and_held_to_a_rate(shell: Shell) -> None:
    assert "Keepalive Message" in shell.say("capture", "tor1", "sw1", "--seconds", "4")
    assert shell("capture", "tor1", "sw1", "no filter", "-s", "1").returncode == Exit.INPUT
    assert "limit sw1 tor1: 1000" in shell.say("limit", "tor1", "sw1", "1000")
    assert "drop sw1 tor1: " in shell.say("drop", "tor1", "sw1", "icmp", "--percent", "30")
    assert "zebra" in shell.say("freeze", "tor1", "--daemon", "zebra")
    shell.say("thaw", "tor1", "--daemon", "zebra")
    shell.say("mend")


@pytest.mark.usefixtures("lab")
def test_a_daemon_is_told_to_say_other_things(shell: Shell) -> None:
    assert "routes node1: 3" in shell.say("routes", "node1", "3")
    assert "10.245.0.0/26" in shell.say("vtysh", "tor1", "-c", "show ip route bgp")
    shell.say("configure", "tor1", "router bgp 64601", "no neighbor 10.1.1.11 route-map X in")
    assert shell("configure", "tor1", "nonsense").returncode == Exit.INPUT
    assert "as node1: 64999" in shell.say("asn", "node1", "64999")
    assert "nothing done" in shell.say("mend")


@pytest.mark.usefixtures("lab")
def test_what_happens_is_followed_as_it_happens(shell: Shell) -> None:
    shell.say("mend")
    with shell.start("transitions", "tor1", "node1", "--follow") as running:
        assert running.stdout is not None
        shell.say("stop", "node1")
        assert "Established -> " in running.stdout.readline()
        running.send_signal(signal.SIGINT)
        assert running.wait(SECONDS) == Exit.INTERRUPTED
    shell.say("mend")


@pytest.mark.usefixtures("lab")
def test_mistakes_are_three_lines(shell: Shell) -> None:
    for arguments, told in (
        (["run", "nobody", "--", "true"], "nobody"),
        (["cut", "tor1", "pod1"], "pod1"),
        (["show", "--lab", "other"], "no lab called other is up (class)"),
        (["up", "first-session", "--name", "class"], "a lab called class is up already"),
        (["up", "first-session", "--name", "class", "--detach"], "is up already"),
        (["up", "nonsense"], "no topology is called 'nonsense'"),
        (["up", "first-session", "--idle", "soon"], "'soon'"),
        (["up", "./my topology.toml"], "give it one by --name NAME"),
    ):
        done = shell(*arguments)
        assert done.returncode in (Exit.INPUT, Exit.BUSY, Exit.USAGE), done.stderr
        assert [line.split()[0] for line in done.stderr.splitlines()] == ["Expected", "Saw", "Next"]
        assert told in done.stderr


def test_a_mistake_in_a_topology_says_to_correct_it(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "bad.toml"
    file.write_text('title = "x"\n[host.a]\nrole = "routr"\n')
    done = shell("up", str(file))
    assert done.returncode == Exit.INPUT
    assert "bad.toml:3: host.a.role: expected one of" in done.stderr
    assert "correct it" in done.stderr


@pytest.mark.usefixtures("lab")
def test_a_lab_in_the_foreground_ends_with_its_terminal(shell: Shell) -> None:
    for ending in (signal.SIGINT, signal.SIGTERM):
        with shell.start("up", "first-session", "--name", "mine") as running:
            assert running.stdout is not None
            for line in running.stdout:
                if "Ctrl-C" in line:
                    break
            several = shell("show")
            assert (several.returncode, "several are: class, mine" in several.stderr) == (
                Exit.USAGE, True,
            )  # fmt: skip
            running.send_signal(ending)
            assert running.wait(SECONDS) == Exit.OK
            assert "nothing is left of it" in running.stdout.read()
    assert shell.say("list").count("\n") == 1


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("30m", 1800), ("2h", 7200), ("45", 45), ("0.5m", 30)]
)
def test_times_are_read_as_people_write_them(text: str, seconds: float) -> None:
    assert parse_time(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "-1s", "0", "2d"])
def test_a_time_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Trouble):
        parse_time(text)


@pytest.mark.usefixtures("lab")
def test_a_picture_of_a_lab_is_written_and_opened(shell: Shell, tmp_path: Path) -> None:
    file, opened = tmp_path / "fabric.svg", tmp_path / "opened"
    shell.environment["BROWSER"] = f"sh -c 'echo \"$0\" > {opened}' %s"
    shell.say("cut", "tor2", "node1")
    assert f"Drawn    {file}" in shell.say("show", "--picture", str(file), "--open")
    assert opened.read_text().strip() == file.as_uri()
    told = [element.text for element in ET.parse(file).iter()]  # noqa: S314 - drawn by us
    assert {"sw1", "node1", "✂ cut", "router · FRR 8.4.4 · AS 64900"} <= {*told}
    shell.say("mend")
    shell.environment["BROWSER"] = str(tmp_path / "no-browser-there")
    assert shell("show", "--open").returncode == Exit.USAGE
    nowhere = shell("show", "--picture", str(tmp_path / "no-folder" / "a.svg"))
    assert nowhere.returncode == Exit.INPUT
    assert "No such file" in nowhere.stderr


@pytest.mark.usefixtures("lab")
def test_a_terminal_without_unicode_gets_a_drawing_in_ascii(shell: Shell) -> None:
    assert "│  └─ sw1" in shell.say("show")
    shell.environment["PYTHONIOENCODING"] = "ascii"
    plain = shell.say("show")
    assert "|  `- sw1" in plain
    assert plain.isascii()
    del shell.environment["PYTHONIOENCODING"]
