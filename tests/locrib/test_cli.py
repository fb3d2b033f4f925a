"""The command as its user meets it: a process with a terminal or without one."""

import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from locrib import answers, cli, course, delivery, folders, lab
from locrib.trouble import Exit, Trouble

TOP = Path(__file__).parents[2]
COMMAND = [sys.executable, "-P", "-m", "locrib"]
GROUPS = {"lab": lab.app}
COMMANDS = sorted(
    [*(c.callback.__name__ for c in cli.app.registered_commands if c.callback), *GROUPS]
)
SUBCOMMANDS = sorted(
    (name, str(command.name))
    for name, group in GROUPS.items()
    for command in group.registered_commands
)
SECONDS = 120.0


def locrib(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command where nobody can answer a question."""
    return subprocess.run(
        [*COMMAND, *arguments],
        env=os.environ | {"PYTHONPATH": str(TOP), "COLUMNS": "100"} | variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )


def test_the_help_names_every_command_and_exit_code() -> None:
    done = locrib("--help")
    assert done.returncode == Exit.OK
    for command in COMMANDS:
        assert re.search(rf"^│ {command} ", done.stdout, re.MULTILINE)
    for code in Exit:
        line = rf"^ *{code.value}  {re.escape(code.meaning)} *$"
        assert re.search(line, done.stdout, re.MULTILINE)


def test_the_documented_exit_codes_are_those_of_the_program() -> None:
    text = (TOP / "docs" / "command.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| (.+) \|$", text, re.MULTILINE)
    assert rows == [(str(code.value), code.meaning) for code in Exit]


def test_every_command_is_documented() -> None:
    text = (TOP / "docs" / "command.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `locrib (\w+)", text, re.MULTILINE)) == set(COMMANDS)


def test_every_subcommand_is_documented() -> None:
    text = (TOP / "docs" / "command.md").read_text(encoding="utf-8")
    found = re.findall(r"^\| `locrib (\w+) (\w+)[` ]", text, re.MULTILINE)
    assert {pair for pair in found if pair[0] in GROUPS} == set(SUBCOMMANDS)


@pytest.mark.parametrize("command", [*((name,) for name in COMMANDS), *SUBCOMMANDS], ids=" ".join)
def test_every_command_explains_its_options(command: tuple[str, ...]) -> None:
    done = locrib(*command, "--help")
    assert done.returncode == Exit.OK
    assert f"Usage: locrib {' '.join(command)}" in done.stdout
    for option in re.findall(r"^│ +(?:\* +)?(--[\w-]+) ", done.stdout, re.MULTILINE):
        line = re.search(rf"^│.* {option}  .*\w", done.stdout, re.MULTILINE)
        assert line is not None, option


def test_the_version_is_one_line() -> None:
    done = locrib("--version")
    assert (done.returncode, done.stderr) == (Exit.OK, "")
    assert re.fullmatch(r"locrib \S+\n", done.stdout)


@pytest.mark.parametrize("arguments", [["--nonsense"], ["learn", "--port", "x"], ["unknown"]])
def test_a_wrong_command_line_says_so(arguments: list[str]) -> None:
    done = locrib(*arguments)
    assert done.returncode == Exit.USAGE
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


@pytest.mark.usefixtures("home")
def test_a_workspace_that_cannot_be_is_three_lines() -> None:
    done = locrib("learn", "--check", "--no-lab", "--workspace", "/proc/workspace")
    assert done.returncode == Exit.MACHINE
    assert [line.split()[0] for line in done.stderr.splitlines()] == ["Expected", "Saw", "Next"]
    verbose = locrib("-v", "learn", "--check", "--no-lab", "--workspace", "/proc/workspace")
    assert "Traceback" in verbose.stderr


def test_a_failure_nobody_foresaw_asks_for_a_report(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(**_options: object) -> None:
        raise ZeroDivisionError("[bold]markup[/] in a message")

    monkeypatch.setattr(cli, "app", broken)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == Exit.BUG
    said = capsys.readouterr().err
    assert "ZeroDivisionError: [bold]markup[/] in a message" in said
    assert "report it" in said


def test_every_trouble_ends_with_its_own_code(monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(**_options: object) -> None:
        raise Trouble("a", "b", "c", code=Exit.BUSY)

    monkeypatch.setattr(cli, "app", busy)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == Exit.BUSY


# What follows opens the course itself, with its own lessons.


def test_the_course_opens_and_a_learners_work_stays(home: Path) -> None:
    first = locrib("learn", "--check", "--no-lab")
    assert first.returncode == Exit.OK, first.stdout + first.stderr
    assert "runs the first cell" in first.stdout
    assert "the server is stopped" in first.stdout
    workspace = home / "Documents" / "locrib"
    page = next(path for path in workspace.glob("*.ipynb") if path.name != course.HOME)
    mine = page.read_text(encoding="utf-8").replace('"source": "', '"source": "mine ', 1)
    page.write_text(mine, encoding="utf-8")
    second = locrib("learn", "--check", "--no-lab")
    assert second.returncode == Exit.OK, second.stdout + second.stderr
    assert page.read_text(encoding="utf-8") == mine
    assert list(workspace.glob("*.updated*")) == []


@contextmanager
def learning() -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`locrib learn` once it has printed the address that opens the course."""
    with subprocess.Popen(
        [*COMMAND, "learn", "--no-lab", "--no-browser"],
        env=os.environ | {"PYTHONPATH": str(TOP)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            said = ""
            for line in process.stdout:
                said += line
                if found := re.search(r"http://\S+", line):
                    yield process, found[0]
                    break
            else:
                pytest.fail(f"no address in:\n{said}")
        finally:
            process.terminate()


@pytest.mark.usefixtures("home")
def test_whoever_learns_twice_gets_the_page_they_have_lost() -> None:
    with learning() as (process, address):
        again = locrib("learn", "--no-lab")
        assert (again.returncode, again.stderr) == (Exit.OK, "")
        assert address in again.stdout
        forget = locrib("forget")
        assert forget.returncode == Exit.BUSY
        process.send_signal(signal.SIGINT)
        assert process.wait(SECONDS) == Exit.OK


@pytest.mark.usefixtures("home")
def test_a_learner_who_works_on_is_not_lost_when_another_check_runs() -> None:
    with learning() as (process, _address):
        assert locrib("learn", "--check", "--no-lab").returncode == Exit.OK
        assert process.poll() is None


@pytest.fixture
def answered(home: Path) -> Path:
    """A workspace with nothing in it but an answer."""
    workspace = folders.workspace()
    assert home in workspace.parents
    delivery.deliver([], workspace)
    answers.save("q", 1, question_version=1, folder=workspace / answers.FOLDER)
    return workspace


def test_without_a_terminal_work_goes_only_with_yes(answered: Path) -> None:
    refused = locrib("forget", "--work")
    assert refused.returncode == Exit.USAGE
    assert "--yes" in refused.stderr
    assert (answered / "answers" / "q.json").exists()
    assert locrib("forget", "--work", "--yes").returncode == Exit.OK
    assert not answered.exists()


@pytest.mark.parametrize(("reply", "kept"), [("n\n", True), ("\n", True), ("y\n", False)])
def test_at_a_terminal_one_is_asked_before_work_goes(
    answered: Path, reply: str, kept: bool
) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, "forget", "--work"],
        env=os.environ | {"PYTHONPATH": str(TOP), "TERM": "dumb"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        os.write(ours, reply.encode())
        said = read_all(ours)
    os.close(ours)
    assert process.returncode == Exit.OK, said
    assert "Remove it?" in said
    assert (answered / "answers" / "q.json").exists() is kept


def read_all(terminal: int) -> str:
    """Everything written to a terminal until nobody holds its other end."""
    said = b""
    while True:
        try:
            chunk = os.read(terminal, 4096)
        except OSError:  # how Linux says that the other end is closed
            return said.decode()
        said += chunk
