"""`locrib lab doctor` as its user meets it."""

import json

import pytest
from typer.testing import CliRunner

from labs.doctor import FETCH, Finding
from locrib import lab_doctor
from locrib.lab import app
from locrib.trouble import Exit

GOOD = Finding("namespaces", "namespaces of a lab's own", ok=True, seen="as root", needed=True)
LACK = Finding("bird", "the daemon bird", ok=False, seen="not unpacked: [no] network", mend=FETCH)
BAD = Finding("namespaces", "namespaces", ok=False, seen="refused", mend="sudo x", needed=True)


def run(monkeypatch: pytest.MonkeyPatch, findings: list[Finding], *options: str) -> tuple[int, str]:
    """Run the command on a machine where the doctor finds this."""
    monkeypatch.setattr(lab_doctor, "examine", lambda *_: iter(findings))
    done = CliRunner().invoke(app, ["doctor", *options])
    return done.exit_code, done.stdout


def test_a_lack_of_one_daemon_does_not_keep_labs_from_running(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    code, said = run(monkeypatch, [GOOD, LACK])
    assert code == Exit.OK
    assert "no   the daemon bird: not unpacked: [no] network" in said
    assert f"mend: {FETCH}" in said
    assert "Labs run here, but for 1 of 2 things." in said


def test_a_machine_that_refuses_labs_is_told_what_happens_instead(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    code, said = run(monkeypatch, [BAD])
    assert code == Exit.CHECK
    assert "mend: sudo x" in said
    assert "lessons play recordings" in said


def test_scripts_get_one_object(monkeypatch: pytest.MonkeyPatch) -> None:
    code, said = run(monkeypatch, [GOOD, LACK], "--json")
    assert code == Exit.OK
    result = json.loads(said)
    assert (result["version"], result["labs_run"]) == (1, True)
    assert [finding["ok"] for finding in result["findings"]] == [True, False]
