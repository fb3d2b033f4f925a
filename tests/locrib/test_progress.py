import json
import os
from pathlib import Path

import pytest

from locrib import answers
from locrib.progress import Stage, progress, resume

COURSE = {"01.ipynb": ("as-path", "med"), "02.ipynb": ("fsm",), "03.ipynb": ()}


def write(path: Path, *cells: tuple[str, str, bool]) -> None:
    """Write a notebook of cells: kind, source, and whether it was run."""
    listed = [
        {"cell_type": kind, "source": source, "execution_count": 1 if run else None}
        for kind, source, run in cells
    ]
    path.write_text(json.dumps({"cells": listed}), encoding="utf-8")


def answer(workspace: Path, id_: str) -> None:
    answers.save(id_, "p1", question_version=1, folder=workspace / answers.FOLDER)


def test_an_empty_workspace_starts_with_the_first_lesson(tmp_path: Path) -> None:
    found = progress(tmp_path, COURSE)
    assert [lesson.stage for lesson in found] == [Stage.NEW] * 3
    assert resume(found) is found[0]


def test_an_answer_starts_a_lesson_and_all_answers_end_it(tmp_path: Path) -> None:
    answer(tmp_path, "med")
    first = progress(tmp_path, COURSE)[0]
    assert (first.stage, first.answered, first.open) == (Stage.STARTED, ("med",), ("as-path",))
    answer(tmp_path, "as-path")
    found = progress(tmp_path, COURSE)
    assert found[0].stage is Stage.DONE
    assert resume(found) is found[1]


def test_the_last_cell_that_was_run_tells_where_its_learner_stopped(tmp_path: Path) -> None:
    write(
        tmp_path / "01.ipynb",
        ("markdown", "# Best path\n\nText.", False),
        ("code", "x", True),
        ("markdown", "## MED ##\n\n```python\n# no heading\n```", False),
        ("code", "x", True),
        ("markdown", "## Communities", False),
        ("code", "x", False),
    )
    first = progress(tmp_path, COURSE)[0]
    assert first.run
    assert first.stopped_at == "MED"


def test_a_lesson_without_questions_is_done_once_it_was_run(tmp_path: Path) -> None:
    write(tmp_path / "03.ipynb", ("code", "x", True))
    assert progress(tmp_path, COURSE)[2].stage is Stage.DONE


def test_one_goes_on_with_the_lesson_touched_last(tmp_path: Path) -> None:
    for name in ("01.ipynb", "02.ipynb"):
        write(tmp_path / name, ("code", "x", True))
    os.utime(tmp_path / "02.ipynb", (1, 1))
    found = progress(tmp_path, COURSE)
    assert resume(found) is found[0]
    os.utime(tmp_path / "01.ipynb", (0, 0))
    found = progress(tmp_path, COURSE)
    assert resume(found) is found[1]


def test_when_all_is_done_there_is_nothing_to_go_on_with(tmp_path: Path) -> None:
    for id_ in ("as-path", "med", "fsm"):
        answer(tmp_path, id_)
    write(tmp_path / "03.ipynb", ("code", "x", True))
    assert resume(progress(tmp_path, COURSE)) is None


@pytest.mark.parametrize("rubbish", [b"", b"{", b"\xff", b"[]", b'{"cells": [1, {}]}'])
def test_a_broken_notebook_or_answer_counts_as_not_there(tmp_path: Path, rubbish: bytes) -> None:
    (tmp_path / "01.ipynb").write_bytes(rubbish)
    (tmp_path / answers.FOLDER).mkdir()
    (tmp_path / answers.FOLDER / "med.json").write_bytes(rubbish)
    assert progress(tmp_path, COURSE)[0].stage is Stage.NEW


def test_an_answer_of_a_newer_course_counts_as_not_there(tmp_path: Path) -> None:
    (tmp_path / answers.FOLDER).mkdir()
    newer = '{"format": "locrib-answer", "version": 9}'
    (tmp_path / answers.FOLDER / "med.json").write_text(newer, encoding="utf-8")
    assert progress(tmp_path, COURSE)[0].open == ("as-path", "med")
