"""A recorded stage answers what was recorded, and says so about anything else."""

import json
import re
from pathlib import Path

import pytest

from labs import lab_recording
from labs.errors import LabError
from labs.stage_replay import Replay

RECORDINGS = Path(__file__).parents[2] / "modules" / "bgp-for-kubernetes" / "recordings"


@pytest.fixture
def rack() -> Replay:
    return Replay(RECORDINGS / "rack.json")


def test_the_verbs_lead_from_situation_to_situation(rack: Replay) -> None:
    assert rack.forwarding() == ("node1", "node2", "node3")
    assert rack.cut("node2").event == "link to node2 cut"
    assert rack.forwarding() == ("node1", "node3")
    rack.heal("node2")
    assert set(rack.get(24).shares()) == {"node1", "node2", "node3"}


def test_an_order_of_arrival_that_was_not_recorded_finds_the_same_announcements(
    rack: Replay,
) -> None:
    rack.withdraw("node1")
    rack.say("node1")
    assert rack.forwarding() == ("node1", "node2", "node3")


def test_a_situation_that_was_not_recorded_is_refused_and_nothing_changes(rack: Replay) -> None:
    before = rack.situation
    with pytest.raises(LabError, match=r"when node1 announces as_path .*, med 4711; run it on"):
        rack.say("node1", med=4711)
    with pytest.raises(LabError, match="does not know what happens when router bgp 1"):
        rack.configure("router bgp 1", "no such thing")
    assert rack.situation == before


def test_a_command_that_was_not_recorded_names_those_that_were(rack: Replay) -> None:
    with pytest.raises(LabError, match="which has `show bgp ipv4 unicast"):
        rack.show("show running-config")


def test_a_second_opinion_that_was_not_recorded_is_refused(rack: Replay) -> None:
    with pytest.raises(LabError, match="recorded without one"):
        rack.second_opinion()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "cannot be read as a recording"),
        ("[]", "expected 'locrib-recording'"),
        ('{"format": "other"}', "expected 'locrib-recording'"),
        ('{"format": "locrib-recording", "version": 2}', "expected 1, seen 2: update"),
    ],
)
def test_what_is_no_recording_is_refused(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "r.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(LabError, match=said):
        Replay(file)


@pytest.mark.parametrize("file", sorted(RECORDINGS.glob("*.json")), ids=lambda file: file.stem)
def test_a_recording_names_the_router_and_holds_no_path_of_the_machine_it_was_made_on(
    file: Path,
) -> None:
    record = json.loads(file.read_text(encoding="utf-8"))
    if record["format"] == lab_recording.FORMAT:
        assert re.search(r"\(.*FRR \d.*\)$", record["title"])
    else:
        assert record["router"].startswith("FRR ")
        assert record["package"].startswith("frr ")
    for place in ("/root", "/home", "/tmp", "/work"):  # noqa: S108 - looked for, not used
        assert place not in json.dumps(record)
