import json
import sys
from collections.abc import Callable

import pytest

from bgp.fsm_table import RFC_TABLE
from locrib import cli
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


def test_people_see_what_changes_something_and_are_told_of_the_rest(run: Run) -> None:
    _, out, _ = run("--state", "Active")
    assert "ConnectRetryTimer" in out.replace("\n", "")
    assert "6 ignored events are not shown" in out
    _, whole, _ = run("--state", "Active", "--ignored")
    assert "not shown" not in whole


def test_one_event_is_told_with_its_actions(run: Run) -> None:
    _, out, _ = run("--state", "Connect", "--event", "18")
    assert "listen for a connection from the peer" in out
    assert "FRR and BIRD go to Active here" in out


def test_frr_is_told_by_what_it_does_differently(run: Run) -> None:
    _, out, _ = run("--frr")
    assert "Clearing" in out
    assert "FRR 8.4 lets the HoldTimer of OpenSent run on" in out


@pytest.mark.parametrize("words", [["--state", "Up"], ["--event", "30"], ["--event", "x"]])
def test_what_the_machine_does_not_have_is_refused(run: Run, words: list[str]) -> None:
    code, out, err = run(*words)
    assert (code, out) == (Exit.USAGE, "")
    assert err
