"""Live or recorded: chosen with a reason, and the same to a lesson."""

import pytest

from labs.errors import LabError
from locrib.open_lab import CHOICE_VARIABLE, open_lab


@pytest.mark.parametrize("name", ["rack", "first-session"])
def test_a_recording_can_be_asked_for(name: str) -> None:
    lab = open_lab(name, {CHOICE_VARIABLE: "recording"})
    assert not lab.live
    assert "LOCRIB_STAGE asks for it" in repr(lab)


def test_where_no_lab_runs_there_is_a_recording_and_the_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse() -> None:
        raise LabError("no FRR is unpacked here: run something.\nsecond line")

    monkeypatch.setattr("labs.stage.router_daemon", refuse)
    lab = open_lab("rack", {})
    assert not lab.live
    assert lab.origin.endswith("no lab runs here: no FRR is unpacked here: run something")
    with pytest.raises(LabError):
        open_lab("rack", {CHOICE_VARIABLE: "live"})


def test_a_lab_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(KeyError, match=r"there are: rack, border, .*first-session"):
        open_lab("no-such", {})
