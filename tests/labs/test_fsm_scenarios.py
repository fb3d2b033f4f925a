"""The script that makes the recordings, run again: real sessions still go as recorded."""

from pathlib import Path

import pytest

from bgp.fsm_recording import RecordedLog, parse_recording
from bgp.fsm_words import State
from labs.packages import Daemon
from labs.process_tree import ProcessTree
from labs.sessions.__main__ import main, record
from labs.sessions.scenarios import SCENARIOS

pytestmark = [
    pytest.mark.lab,
    pytest.mark.parametrize("router", ["frr-8.4", "frr-10"], indirect=True),
]

FOLDER = Path(__file__).parents[1] / "bgp" / "recorded" / "fsm"
AGAIN = (
    "wrong-as",
    "incoming-deleted",
    "second-connection",
    "collision-higher-identifier-open-on-outgoing",
    "collision-lower-identifier-open-on-incoming",
)
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}


def story(recording: RecordedLog) -> list[tuple[object, ...]]:
    """What happened, without when; and without the wait for a route to the neighbor.

    Whether FRR knows a route at its first attempt depends on how fast zebra starts beside it.
    """
    steps = [
        (t.connection, t.event, t.before, t.after, t.sent, t.received)
        for t in recording.transitions
    ]
    opening = (State.IDLE, State.CONNECT, State.ACTIVE)
    return [step for step in steps if step[2] not in opening or step[3] not in opening]


@pytest.mark.parametrize("name", AGAIN)
def test_a_session_goes_again_as_recorded(tree: ProcessTree, router: Daemon, name: str) -> None:
    del tree  # the scenario lays its own; this one tells whether the system allows any
    now = record(router, BY_NAME[name])
    then = parse_recording((FOLDER / f"{name}.{router.name}.log").read_text(encoding="utf-8"))
    assert story(now) == story(then)
    assert now.done == then.done


def test_every_recording_in_the_tree_has_its_scenario(router: Daemon) -> None:
    stems = {path.stem for path in FOLDER.glob(f"*.{router.name}.log")}
    assert stems == {f"{name}.{router.name}" for name in BY_NAME}


def test_the_command_writes_the_files(tree: ProcessTree, router: Daemon, tmp_path: Path) -> None:
    del tree
    assert main(["record", "--out", str(tmp_path / "new"), "--scenario", "clean-start"]) == 0
    written = parse_recording(
        (tmp_path / "new" / f"clean-start.{router.name}.log").read_text(encoding="utf-8")
    )
    assert written.transitions[-1].after is State.ESTABLISHED
