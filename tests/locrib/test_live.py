"""The command that records lessons: what it takes, and that a recording answers what it tries."""

import pytest

from labs.lab_replay import Replay
from labs.stage_replay import Replay as StageReplay
from locrib.live import BEYOND, main
from locrib.session_lab import SessionLab
from locrib.stage_lab import StageLab
from modules import catalog


@pytest.mark.parametrize("arguments", [[], ["play"], ["record", "no-such"]])
def test_a_command_line_that_makes_no_sense_is_told_what_would(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert "usage: python -m locrib.live record" in str(caught.value)
    assert "best-path, sessions" in str(caught.value)


def test_what_is_tried_beside_a_lesson_is_of_a_lesson_that_is_ready() -> None:
    assert set(BEYOND) <= {lesson.id for lesson in catalog.module().lessons if lesson.ready}


@pytest.mark.parametrize("lesson", BEYOND)
def test_a_recording_holds_everything_that_was_tried(lesson: str) -> None:
    name, beyond = BEYOND[lesson]
    file = catalog.module().recording(name)
    of_stage = lesson == "best-path"
    beyond(StageLab(StageReplay(file), "") if of_stage else SessionLab(Replay(file), ""))
