import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bgp import Knobs
from bgp.reasons import StepId, Undecided
from locrib import cli, terminal
from locrib.bestpath import parse_knobs
from locrib.trouble import Exit, Trouble

RECORDED = Path(__file__).parents[1] / "bgp" / "recorded"
CASES = RECORDED / "frr-8.4.jsonl"
SHOW = json.loads((RECORDED / "frr-show.jsonl").read_text(encoding="utf-8").splitlines()[0])

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Call `locrib bestpath` in this process: exit code, standard output, standard error."""

    def call(*words: str, stdin: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["locrib", "bestpath", *words])
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        code = 0
        try:
            cli.main()
        except SystemExit as end:
            code = int(end.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def objects(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_cases_give_one_object_a_line_in_the_documented_shape(run: Run) -> None:
    code, out, err = run("--cases", str(CASES), "--profile", "frr-8.4", "--json")
    assert (code, err) == (0, "")
    answers = [json.loads(line) for line in CASES.read_text(encoding="utf-8").splitlines()]
    results = objects(out)
    closed = {member.value for member in (*StepId, *Undecided)}
    for answer, result in zip(answers, results, strict=True):
        assert result["case"] == answer["case"]
        assert result["best"] == answer["best"]
        assert result["multipath"] == sorted(answer["multipath"])
        assert result["decided_by"] in closed
        assert result["reason"] == (answer["reason"] if answer["best"] else None)


def test_other_profiles_give_no_reason(run: Run) -> None:
    _, out, _ = run("--cases", str(CASES), "--profile", "bird", "--json")
    assert {result["reason"] for result in objects(out)} == {None}


def test_frrs_output_comes_from_a_file_or_from_standard_input(run: Run, tmp_path: Path) -> None:
    text = json.dumps(SHOW["show"])
    file = tmp_path / "show.json"
    file.write_text(text, encoding="utf-8")
    words = ["--profile", SHOW["profile"], "--local-as", str(SHOW["local_as"]), "--json"]
    from_file = run(str(file), *words)
    from_stdin = run("-", *words, stdin=text)
    assert from_file == from_stdin
    (result,) = objects(from_file[1])
    assert result["best"] == result["router"]["best"]
    assert any("list reversed" in assumption for assumption in result["assumptions"])


def test_a_person_gets_a_table_a_sentence_and_what_the_router_said(run: Run) -> None:
    code, out, _ = run("-", "--profile", SHOW["profile"], stdin=json.dumps(SHOW["show"]))
    assert code == 0
    assert "is best" in out
    assert "The router took" in out
    assert "taken as 64512" in out


def test_knobs_are_read_as_they_are_spelled_at_the_router() -> None:
    knobs = parse_knobs(["deterministic-med", "maximum-paths=4", "reject-as-sets=false"])
    assert knobs == Knobs(deterministic_med=True, maximum_paths=4, reject_as_sets=False)


@pytest.mark.parametrize(
    ("words", "stdin", "code", "says"),
    [
        ([], "", Exit.USAGE, "one thing to read"),
        (["a", "--cases", "b"], "", Exit.USAGE, "one thing to read"),
        (["-", "--profile", "junos"], "", Exit.USAGE, "one of frr, rfc4271"),
        (["-", "--knob", "med=5"], "", Exit.USAGE, "one of always_compare_med"),
        (["-", "--local-as", "0"], "", Exit.USAGE, "local_as"),
        (["-", "--router-id", "x"], "", Exit.USAGE, "BGP Identifier"),
        (["--cases", "-", "--knob", "deterministic-med"], "", Exit.USAGE, "carries itself"),
        (["nowhere.json"], "", Exit.INPUT, "No such file"),
        (["-"], "{", Exit.INPUT, "well-formed JSON"),
        (["-"], "{}", Exit.INPUT, "the output for one prefix"),
        (["--cases", "-"], "{}", Exit.INPUT, "line 1: paths"),
        (["--cases", "-"], '{"version": 9}', Exit.INPUT, "the case format known here"),
    ],
)
def test_what_is_wrong_is_said_with_its_exit_code(
    run: Run, words: list[str], stdin: str, code: Exit, says: str
) -> None:
    ended, out, err = run(*words, stdin=stdin)
    assert (ended, out) == (code, "")
    assert says in " ".join(err.split())


def test_a_case_that_cannot_be_read_is_named_and_the_others_are_decided(run: Run) -> None:
    good = CASES.read_text(encoding="utf-8").splitlines()[0]
    code, out, err = run("--cases", "-", "--json", stdin=f"{good}\n{{\n\n{good}\n")
    assert code == Exit.INPUT
    assert len(objects(out)) == 2
    assert "line 2:" in err


def test_what_a_router_prints_cannot_drive_the_terminal(run: Run) -> None:
    hostile = json.loads(CASES.read_text(encoding="utf-8").splitlines()[0])
    hostile["case"] = "\x1b[2J[bold]x[/]"
    hostile["paths"][0]["id"] = "\x1b]0;owned\x07[red]p1"
    _, out, _ = run("--cases", "-", stdin=json.dumps(hostile))
    assert "\x1b" not in out
    assert "\x07" not in out
    assert "[bold]x[/]" in out


def test_a_hundred_thousand_cases_would_take_no_more_memory_than_a_few() -> None:
    """The command reads a stream that is longer than the memory it is allowed to add."""
    line = CASES.read_text(encoding="utf-8").splitlines()[0]
    padded = json.dumps({**json.loads(line), "frr_view": "x" * 200_000})

    def lines() -> Iterator[bytes]:
        for _ in range(600):  # 120 MB of cases
            yield (padded + "\n").encode()

    code = (
        "import resource, sys\n"
        "import locrib.cli\n"
        "used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "sys.argv = ['locrib', 'bestpath', '--cases', '-', '--json', '--profile', 'frr-8.4']\n"
        "try:\n    locrib.cli.main()\nexcept SystemExit as ended:\n    status = ended.code\n"
        "grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - used\n"
        "print(status, grown, file=sys.stderr)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        for chunk in lines():
            process.stdin.write(chunk)
        process.stdin.close()
        status, grown = map(int, process.stderr.read().split())
    assert status == Exit.OK
    assert grown < 20_000  # KiB


def test_no_community_turns_into_a_picture(capsys: pytest.CaptureFixture[str]) -> None:
    trouble = Trouble("a large community", "64512:100:200 and root:x:0", "look again")
    terminal.show(trouble)
    terminal.say("64512:100:200")
    said = capsys.readouterr()
    assert "64512:100:200 and root:x:0" in said.err
    assert said.out == "64512:100:200\n"
