"""Real logs of FRR 8.4 and 10 in the instrument: every recording plays, and is told."""

import json
from pathlib import Path
from typing import Any

import pytest

from bgp import InvalidValueError
from bgp.fsm_log import LoggedTransition
from bgp.fsm_recording import RecordedLog, parse_recording
from bgp.fsm_words import State
from widgets import SessionFsm
from widgets.fsm_graph import clear_way
from widgets.fsm_replay import grown, read_log

RECORDED = sorted((Path(__file__).parents[1] / "bgp" / "recorded" / "fsm").glob("*.log"))
COLLISIONS = [file for file in RECORDED if file.name.startswith(("collision", "second"))]


def recording(file: Path) -> RecordedLog:
    return parse_recording(file.read_text(encoding="utf-8"))


def seek(widget: SessionFsm, position: int) -> None:
    widget.obey({"do": "seek", "position": position})


def test_there_are_recordings_of_both_versions() -> None:
    assert len(RECORDED) >= 40
    assert len(COLLISIONS) == 10


@pytest.mark.parametrize("file", RECORDED, ids=lambda file: file.stem)
def test_a_recording_plays_from_its_beginning_to_its_end(file: Path) -> None:
    recorded = recording(file)
    widget = SessionFsm.replay(file.read_text(encoding="utf-8"))
    assert recorded.daemon in widget.view["origin"]
    assert widget.view["end"] == len(recorded.transitions) > 0
    for position, logged in enumerate(recorded.transitions, start=1):
        seek(widget, position)
        view = json.loads(json.dumps(widget.view))
        assert view["strange"] == 0
        arrows = {arrow["id"] for arrow in view["edges"]}
        assert f"{logged.before}-{logged.after}" in arrows
        assert view["travelled"]["after"] == logged.after.value
        standing = {name: node["id"] for node in view["nodes"] for name in node["tokens"]}
        assert standing[str(logged.connection)] == logged.after.value
        assert standing == {seat["name"]: seat["state"] for seat in view["seats"]}
        assert logged.after.value in widget.svg()
        assert view["history"][0]["after"] == logged.after.value


@pytest.mark.parametrize("file", COLLISIONS, ids=lambda file: file.stem)
def test_a_recorded_collision_shows_two_connections_and_the_rule(file: Path) -> None:
    transitions = recording(file).transitions
    killed = next(n for n, logged in enumerate(transitions) if str(logged.sent or "")[:3] == "6/7")
    widget = SessionFsm.replay(transitions, position=killed + 1)
    cards = {seat["name"]: seat for seat in widget.view["seats"]}
    assert {seat["direction"] for seat in cards.values()} == {
        "opened by the router",
        "opened by the peer",
    }
    lost = str(transitions[killed].connection)
    (kept,) = set(cards) - {lost}
    assert cards[lost]["line"] == "Closed in the collision."
    rule = widget.view["said"]["rule"]
    assert f"Connection {kept}" in rule
    assert rule in " ".join(widget.text().split())
    if "second" in file.name:
        assert "is Established: the new one is closed" in rule
    else:
        higher = "the peer" if "higher" in file.name else "the router"
        assert f"{higher} has the higher one" in rule


def test_the_rule_claims_nothing_that_the_log_does_not_show() -> None:
    transitions = recording(COLLISIONS[0]).transitions
    killed = next(n for n, logged in enumerate(transitions) if logged.sent is not None)
    late = SessionFsm.replay(transitions[killed:], position=1)
    assert "higher BGP Identifier stays." in late.view["said"]["rule"]
    assert "Connection" not in late.view["said"]["rule"]


def test_a_title_of_one_s_own_comes_before_the_recording_s() -> None:
    text = RECORDED[0].read_text(encoding="utf-8")
    assert SessionFsm.replay(text).view["title"] == "Administrative shutdown"
    wrong = (RECORDED[0].parent / "wrong-as.frr-10.log").read_text(encoding="utf-8")
    assert SessionFsm.replay(wrong).view["title"] == "Wrong AS"
    assert SessionFsm.replay(text, title="Taken down").view["title"] == "Taken down"


def test_a_transition_that_is_better_known_later_takes_its_own_place() -> None:
    transitions = recording(COLLISIONS[0]).transitions
    killed = next(n for n, logged in enumerate(transitions) if logged.sent is not None)
    known = transitions[killed]
    vague = LoggedTransition(
        known.line,
        known.time,
        known.peer,
        known.connection,
        known.event,
        known.before,
        known.after,
        known.known,
    )
    log = read_log([*transitions[:killed], vague])
    assert grown(log, known).transitions == transitions[: killed + 1]
    assert (
        grown(grown(log, known), transitions[killed + 1]).transitions == transitions[: killed + 2]
    )


def test_an_arrow_s_name_is_back_when_the_way_has_gone_on() -> None:
    widget = SessionFsm.replay(recording(RECORDED[0]).transitions, position=1)
    named = clear_way(widget.view["edges"], None)
    assert (
        next(each for each in named if each["id"] == "OpenSent-OpenConfirm")["label"] == "BGPOpen"
    )
    assert widget.state is State.CONNECT


@pytest.mark.parametrize("log", [None, 5, b"10.0.0.2 [FSM]", [b"10.0.0.2 [FSM]"], [1, 2]])
def test_what_is_no_log_is_refused_and_not_taken_for_an_empty_one(log: Any) -> None:
    with pytest.raises(InvalidValueError, match="FRR's log as text or lines"):
        SessionFsm.replay(log)
