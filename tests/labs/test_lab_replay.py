"""A lab on record: what was answered live is answered again, and nothing else is made up."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bgp.fsm_words import State
from bgp.notification import Notification
from labs.errors import LabError
from labs.lab import Lab
from labs.lab_replay import Recorder, Replay
from labs.lab_verbs import LabVerbs
from labs.packages import Daemons

POD = "10.244.1.10"


def story(lab: LabVerbs) -> list[object]:
    """Go through a day of a lab; return everything it answered."""
    said: list[object] = [
        lab.title,
        lab.curl("client", f"http://{POD}/"),
        lab.trace("client", POD),
        lab.announced("node1", "tor1"),
        lab.paths("border", "198.51.100.7/32"),
        lab.show("tor1", "show bgp summary"),
        lab.run("tor1", "ip route"),
        lab.transitions("tor1", "node1"),
        lab.marked("tor1", "node1"),
    ]
    lab.mark()
    lab.stop_daemon("node1")
    said += [lab.wait_state("tor1", "node1", "Active", 20), lab.transitions("tor1", "node1")]
    said += [lab.state("tor1", "node1"), lab.curl("client", f"http://{POD}/", 2)]
    lab.mend()
    said += [lab.state("tor1", "node1"), lab.transitions("tor1", "node1")]
    lab.as_number("node1", 65000)
    said += [lab.wait_notification("tor1", "node1", 2, 2, 20)]
    lab.as_number("node1", 64512)
    said += [lab.wait_state("tor1", "node1", "Established", 20)]
    said += [lab.watch("tor1", "node1", 0.3), lab.marked("tor1", "node1")]
    return said


@pytest.fixture(scope="module")
def recorded(
    daemons: Daemons, namespaces: None, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[object]]:
    del namespaces
    if "bird" in daemons.missing:
        pytest.skip(daemons.missing["bird"])
    file = tmp_path_factory.mktemp("recording") / "first-session.json"
    with Recorder(Lab("first-session"), file) as lab:
        said = story(lab)
    return file, said


@pytest.fixture
def replay(recorded: tuple[Path, list[object]]) -> Iterator[Replay]:
    with Replay(recorded[0], pace=1000) as lab:
        yield lab


@pytest.mark.lab
def test_a_replay_answers_as_the_lab_did_and_at_once(
    recorded: tuple[Path, list[object]], replay: Replay
) -> None:
    begun = time.monotonic()
    assert story(replay) == recorded[1]
    assert time.monotonic() - begun < 0.5
    assert not replay.live


@pytest.mark.lab
def test_a_replay_tells_once_what_the_wait_came_to(replay: Replay) -> None:
    told: list[tuple[float, str]] = []
    replay.stop_daemon("node1")
    took = replay.wait_state(
        "tor1", "node1", "Active", tell=lambda s, state: told.append((s, state))
    )
    assert told == [(took, "Active")]


@pytest.mark.lab
def test_a_replay_follows_the_edges_that_were(replay: Replay) -> None:
    replay.stop_daemon("node1")
    seen = list(replay.follow("tor1", "node1"))
    assert seen[0].received == Notification(6, 2)
    assert seen[-1].after is State.ACTIVE
    slow = Replay(Path(replay.file), pace=0.001)
    slow.stop_daemon("node1")
    assert list(slow.follow("tor1", "node1", 0)) == seen[:1]


@pytest.mark.lab
def test_what_was_not_recorded_is_said_with_the_next_step(replay: Replay) -> None:
    with pytest.raises(LabError, match=r"hold cut\('tor1', 'border'\) from here; run it on a"):
        replay.cut("tor1", "border")
    with pytest.raises(LabError, match=r"show\('tor2', 'show bgp summary'\) was not recorded with "
                       r"nothing done; what was: show\('tor1', 'show bgp summary'\)"):  # fmt: skip
        replay.show("tor2", "show bgp summary")
    assert str(replay.situation) == "nothing done"


@pytest.mark.lab
def test_names_are_checked_in_a_replay_as_in_a_lab(replay: Replay) -> None:
    with pytest.raises(LabError, match="tor1 has no neighbor 'tor2'; its neighbors are border"):
        replay.state("tor1", "tor2")
    with pytest.raises(LabError, match=r"the daemon of node1 is not frozen"):
        replay.thaw("node1")


@pytest.mark.lab
def test_what_the_lab_could_not_do_the_replay_cannot_either(
    recorded: tuple[Path, list[object]], tmp_path: Path
) -> None:
    del recorded  # its skips are ours
    file = tmp_path / "refused.json"
    with (
        Recorder(Lab("first-session"), file) as lab,
        pytest.raises(LabError, match="Unknown command: show nonsense") as refused,
    ):
        lab.show("tor1", "show nonsense")
    with pytest.raises(LabError) as again:
        Replay(file).show("tor1", "show nonsense")
    assert str(again.value) == str(refused.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "cannot be read as a recording: "),
        ("[]", "\"format\": expected 'locrib-lab-recording'"),
        ('{"format": "locrib-lab-recording", "version": 99}', '"version": expected 1, seen 99: up'),
        ('{"format": "locrib-lab-recording", "version": 1}', "it is damaged"),
        (
            json.dumps({"format": "locrib-lab-recording", "version": 1, "topology": "x",
                        "title": "x", "situations": [{"done": [], "moments": []}]}),
            "situation 0: it is damaged",
        ),
    ],
)  # fmt: skip
def test_a_file_that_is_no_recording_is_refused(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "recording.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(LabError) as refused:
        Replay(file)
    assert str(refused.value).startswith(str(file))
    assert words in str(refused.value)


def test_a_recording_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"none\.json cannot be read as a recording"):
        Replay(tmp_path / "none.json")
