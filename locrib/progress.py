"""Where a learner left off, derived from what lies in the workspace and stored nowhere else.

Two things tell: the notebooks (which code cells were run, under which heading the last one
stands) and the answers. A record of its own would only be a third, able to disagree with them.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any

from locrib import answers
from locrib.notebooks import joined

_HEADING = re.compile(r"^#{1,6}[ \t]+(.+?)[ \t#]*$", re.MULTILINE)
_FENCE = re.compile(r"^(`{3,}|~{3,}).*?^\1", re.MULTILINE | re.DOTALL)


class Stage(Enum):
    """How far a lesson is."""

    NEW = "not started"
    STARTED = "started"
    DONE = "done"


@dataclass(frozen=True)
class LessonProgress:
    """One lesson, as its learner left it.

    Attributes:
        notebook: Path of its notebook in the workspace, with `/`.
        answered: Ids of its questions that have an answer, in the lesson's order.
        open: Ids of its questions that have none, in the lesson's order.
        run: Whether any of its code cells was ever run and saved.
        stopped_at: The heading above the last code cell that was run, None when none was.
        last: When something last happened in it (an answer, or a save after a run), UTC.
    """

    notebook: str
    answered: tuple[str, ...]
    open: tuple[str, ...]
    run: bool
    stopped_at: str | None
    last: datetime | None

    @property
    def stage(self) -> Stage:
        """Done means every question is answered; a lesson without questions is done once run."""
        if not self.open and (self.answered or self.run):
            return Stage.DONE
        return Stage.STARTED if self.answered or self.run else Stage.NEW


def progress(workspace: Path, lessons: Mapping[str, Sequence[str]]) -> tuple[LessonProgress, ...]:
    """How far each lesson is.

    Args:
        workspace: The learner's workspace.
        lessons: The course's lessons in order: path of the notebook in the workspace, and the ids
            of its questions in the order they are asked.
    """
    return tuple(_lesson(workspace / name, name, ids) for name, ids in lessons.items())


def resume(lessons: Sequence[LessonProgress]) -> LessonProgress | None:
    """The lesson to go on with: the started one touched last, else the first one not started.

    None when every lesson is done.
    """
    started = [lesson for lesson in lessons if lesson.stage is Stage.STARTED]
    if started:
        never = datetime.min.replace(tzinfo=UTC)
        return max(started, key=lambda lesson: lesson.last or never)
    return next((lesson for lesson in lessons if lesson.stage is Stage.NEW), None)


def _lesson(path: Path, name: str, ids: Sequence[str]) -> LessonProgress:
    folder = path.parent / answers.FOLDER
    given = {id_: found for id_ in ids if (found := _answer(id_, folder))}
    run, stopped_at = _last_run(path)
    moments = [found.latest.at for found in given.values()]
    if run:
        moments.append(datetime.fromtimestamp(path.stat().st_mtime, UTC))
    return LessonProgress(
        notebook=name,
        answered=tuple(id_ for id_ in ids if id_ in given),
        open=tuple(id_ for id_ in ids if id_ not in given),
        run=run,
        stopped_at=stopped_at,
        last=max(moments, default=None),
    )


def _answer(id_: str, folder: Path) -> answers.Answer | None:
    """An answer that counts; one from a newer course cannot be read and does not stop the page."""
    try:
        return answers.load(id_, folder=folder)
    except answers.AnswerError:
        return None


def _last_run(path: Path) -> tuple[bool, str | None]:
    """Whether a saved notebook was run, and the heading above the last code cell that was."""
    run, heading, stopped_at = False, None, None
    for cell in _cells(path):
        text = joined(cell.get("source", ""))
        if cell.get("cell_type") == "markdown":
            found = _HEADING.findall(_FENCE.sub("", text))
            heading = found[-1] if found else heading
        elif cell.get("execution_count"):
            run, stopped_at = True, heading
    return run, stopped_at


def _cells(path: Path) -> list[dict[str, Any]]:
    """The cells of a notebook, or none: a page about progress must not fail on a broken file."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))["cells"]
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return []
    return [cell for cell in found if isinstance(cell, dict)] if isinstance(found, list) else []
