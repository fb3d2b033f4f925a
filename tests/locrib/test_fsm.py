import json
import sys
from collections.abc import Callable

import pytest
from rich.console import Console

from bgp.fsm_messages import STATE_LINES
from bgp.fsm_table import RFC_TABLE
from bgp.fsm_visible import MOMENTS
from bgp.fsm_words import RFC_STATES, State
from locrib import cli, terminal
from locrib.trouble import Exit

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Call `locrib fsm` in this process: exit code, standard output, standard error."""

    def call(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["locrib", "fsm", *words])
        code = 0
        try:
            cli.main()
        except SystemExit as end:
            code = int(end.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def test_the_json_is_the_whole_table_ignored_events_too(run: Run) -> None:
    code, out, err = run("--json")
    rows = json.loads(out)
    assert (code, err, len(rows)) == (0, "", len(RFC_TABLE))
    assert {(row["state"], row["event_number"]) for row in rows} == {
        (row.state.value, int(row.event)) for row in RFC_TABLE
    }
    for row in rows:
        assert isinstance(row["conditions"], list)
        assert isinstance(row["actions"], list)
        assert row["connect_retry_counter"] in ("zero", "increment", None)
        assert row["next_state"] is not None or row["note"]


def test_one_row_reads_as_documented(run: Run) -> None:
    _, out, _ = run("--state", "openconfirm", "--event", "10", "--json")
    (row,) = json.loads(out)
    assert (row["event_name"], row["next_state"]) == ("HoldTimer_Expires", "Idle")
    assert row["notification"] == {"code": 4, "subcode": 0}
    assert row["connect_retry_counter"] == "increment"


def test_people_see_a_table_a_state_with_events_of_one_outcome_on_one_line(run: Run) -> None:
    _, out, _ = run()
    for state in RFC_STATES:
        assert STATE_LINES[state] in " ".join(out.split())
    assert "Ignored: 1, 3, 4, 5, 6, 7." in out
    assert "locrib fsm --visible" in out
    (one_line,) = [line for line in out.splitlines() if line.startswith("→ Established")]
    assert one_line.split()[2:] == ["26", "KeepAliveMsg"]


@pytest.mark.parametrize("columns", [60, 80, 200])
def test_every_event_is_on_the_page_however_narrow(
    run: Run, columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr(terminal, "out", Console(highlight=False, width=columns))
    _, out, _ = run("--ignored")
    plain = "".join(out.split())
    for row in RFC_TABLE:
        assert f"{int(row.event)}{row.event.title}".replace(" ", "") in plain
    assert max(map(len, out.splitlines())) <= max(80, columns)


def test_one_state_is_shown_alone(run: Run) -> None:
    _, out, _ = run("--state", "active")
    assert out.startswith("Active\n")
    assert "To see less" not in out
    assert STATE_LINES[State.CONNECT] not in out


def test_one_event_is_told_with_its_actions_and_what_frr_does(run: Run) -> None:
    _, out, _ = run("--state", "Connect", "--event", "18")
    assert "- listen for a connection from the peer" in out
    assert "FRR and BIRD go to Active here" in out
    assert "FRR: → Active instead of Idle." in out
    assert run("--state", "Connect", "--event", "tcpconnectionfails")[1] == out


def test_rows_can_all_be_told_in_full(run: Run) -> None:
    _, out, _ = run("--state", "OpenSent", "--actions")
    assert "OpenSent, if negotiated hold time zero: → OpenConfirm" in out
    assert "- send a NOTIFICATION: 4/0 (Hold Timer Expired)" in out
    assert "OpenSent: ignored" not in out
    assert "OpenSent: ignored" in run("--state", "OpenSent", "--actions", "--ignored")[1]


def test_frr_is_told_by_what_it_does_differently(run: Run) -> None:
    _, out, _ = run("--frr")
    assert "FRR: → Clearing. RFC: Idle." in out
    assert "FRR 8.4 lets the HoldTimer of OpenSent run on" in out
    assert "show bgp neighbors" in out
    _, narrow, _ = run("--frr", "--event", "24")
    assert "NOTIFICATION: FRR 5/1, RFC none." in narrow
    assert "26 KeepAliveMsg" not in narrow


def test_frr_as_json_is_the_rows_that_differ_by_release(run: Run) -> None:
    _, out, _ = run("--frr", "--json", "--state", "OpenConfirm", "--event", "26")
    (row,) = json.loads(out)
    assert row["release"] == "frr-8.4"
    assert "restart the HoldTimer, unless the hold time is zero" not in row["actions"]


def test_visible_names_are_told_moment_by_moment(run: Run) -> None:
    _, out, _ = run("--visible")
    flat = " ".join(out.split())
    for moment in MOMENTS:
        assert moment.what in flat
    assert "RFC Idle FRR Active BIRD start Active Socket: Connection refused" in flat
    _, narrow, _ = run("--visible", "--state", "Connect")
    assert narrow.count("FRR   ") == 1
    moments = json.loads(run("--visible", "--json")[1])
    assert [moment["moment"] for moment in moments] == [moment.name for moment in MOMENTS]
    assert moments[0]["shown"]["frr-10"] == {"summary": "Idle (Admin)", "detail": "Idle"}


@pytest.mark.parametrize("option", [["--event", "3"], ["--frr"], ["--actions"], ["--ignored"]])
def test_options_about_rows_are_refused_beside_visible(run: Run, option: list[str]) -> None:
    code, out, err = run("--visible", *option)
    assert (code, out) == (Exit.USAGE, "")
    assert "leave out --visible" in err


def test_an_event_that_is_ignored_only_under_a_condition_says_so(run: Run) -> None:
    _, out, _ = run("--state", "Established")
    flat = " ".join(out.split())
    assert "Ignored: 1, 3, 4, 5, 6, 7, 15, 19 (if not CollisionDetectEstablishedState)" in flat


@pytest.mark.parametrize("words", [["--state", "Up"], ["--event", "30"], ["--event", "x"]])
def test_what_the_machine_does_not_have_is_refused(run: Run, words: list[str]) -> None:
    code, out, err = run(*words)
    assert (code, out) == (Exit.USAGE, "")
    assert f"Saw      {words[1]}" in err
    assert "Next" in err
