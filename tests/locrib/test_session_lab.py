"""A lab of sessions as a lesson sees it, answered from the recording of a real one."""

import re

import pytest

from labs.errors import LabError
from labs.lab_replay import Replay
from locrib.session_lab import SessionLab
from locrib.session_trouble import TROUBLES
from locrib.told import ToldError
from locrib.waiting import Waiting
from modules import catalog


@pytest.fixture
def lab() -> SessionLab:
    return SessionLab(Replay(catalog.module().recording("first-session")), "for a test")


def test_the_lab_shows_itself_as_a_network_with_its_sessions(lab: SessionLab) -> None:
    shown = lab._repr_mimebundle_()
    assert shown["text/plain"].startswith("4 of 4 sessions Established.")
    assert "<svg" in shown["text/html"]
    assert "Recorded from BIRD 2" in shown["text/plain"]
    assert "for a test" in shown["text/plain"]


def test_a_pod_and_a_service_answer_and_say_whom_they_saw(lab: SessionLab) -> None:
    assert "pod1 answered, and saw 192.0.2.10 ask." in lab.get("10.244.1.10").text
    assert "node1 answered, and saw 192.0.2.10 ask." in lab.get().text


def test_waiting_for_a_state_shows_the_way_there(lab: SessionLab) -> None:
    lab.stop_daemon("node1")
    text = lab.wait("tor1", "node1", "Active").text
    assert "received NOTIFICATION 6/2" in text
    assert "Connect → Active" in text


def test_a_daemon_that_is_stopped_gives_no_answer_and_the_picture_says_so(lab: SessionLab) -> None:
    lab.trouble(1)
    assert "node1 to tor1: no answer" in lab.sessions().text


def test_a_silent_daemon_is_not_told_to_be_stopped_or_frozen(lab: SessionLab) -> None:
    said = []
    for number in (1, 5):
        lab.trouble(number)
        with pytest.raises(ToldError) as caught:
            lab.show("node1")
        said.append(f"{caught.value} {lab.state('node1', 'tor1')}")
    assert said[0] == said[1]
    assert "what do its neighbors say?" in said[0]


def test_what_a_lab_cannot_do_is_told_without_a_traceback(lab: SessionLab) -> None:
    with pytest.raises(ToldError, match="is not frozen") as caught:
        lab.thaw("node1")
    assert caught.value._render_traceback_() == [str(caught.value)]
    with pytest.raises(ToldError, match="no host 'tor9'"):
        lab.stop_daemon("tor9")


def test_a_situation_that_was_not_recorded_is_told_with_the_next_step(lab: SessionLab) -> None:
    with pytest.raises(ToldError, match="the recording does not hold"):
        lab.routes("node1", 7)


@pytest.mark.parametrize("number", TROUBLES)
def test_a_trouble_takes_the_pod_away_and_its_opposite_brings_it_back(
    lab: SessionLab, number: int
) -> None:
    assert "Find out why" in lab.trouble(number).text
    assert lab.mended().text.startswith("Not mended yet. Expected:")
    assert "of 4 sessions Established" in lab.sessions().text
    lab.watch("tor1", "node1", 5)
    lab.trace("client", "10.244.1.10")
    lab.act(TROUBLES[number].undo)
    assert lab.mended().text.startswith("Mended:")


def test_a_trouble_does_not_say_what_it_did(lab: SessionLab) -> None:
    for number, trouble in TROUBLES.items():
        said = lab.trouble(number).text
        assert not re.search(rf"\b{trouble.do[0].replace('_', ' ')}", said)


def test_the_troubles_differ_in_what_is_seen(lab: SessionLab) -> None:
    seen = set()
    for number in TROUBLES:
        lab.trouble(number)
        seen.add(lab.sessions().text)
        assert "cut" not in lab.sessions().html.split("<svg")[1]
    assert len(seen) == len(TROUBLES)


def test_a_trouble_that_is_not_there_names_those_that_are(lab: SessionLab) -> None:
    with pytest.raises(LabError, match="troubles go from 1 to 5, not 9"):
        lab.trouble(9)


def test_mending_takes_the_scissors_from_the_picture(lab: SessionLab) -> None:
    lab.cut("border", "tor1")
    assert "border to tor1 is cut" in lab.sessions().text
    lab.mend()
    assert "cut" not in lab.sessions().text


def test_following_ends_when_the_session_is_up(lab: SessionLab) -> None:
    lab.stop_daemon("node1")
    lab.drop("tor1", "sw1")
    lab.start_daemon("node1")
    lab.heal("tor1", "sw1")
    found = list(lab.follow("tor1", "node1", 5))
    assert [edge.after for edge in found][-1] == "Established"


def test_announcements_are_shown_neighbor_by_neighbor(lab: SessionLab) -> None:
    lines = lab.announced("node1").text.splitlines()
    assert lines[0] == "node1 to tor1: 10.244.1.0/24, 198.51.100.7/32"
    assert lines[1] == "node1 to tor2: 198.51.100.7/32"


def test_outside_a_notebook_waiting_shows_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with Waiting("tor1 to node1") as waiting:
        waiting.tell(3.0, "Active")
    assert capsys.readouterr().out == ""
