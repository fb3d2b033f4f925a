"""The home page at work: the module, and where this learner left off in it."""

from __future__ import annotations

from pathlib import Path

from locrib import answers
from locrib.progress import LessonProgress, progress, resume
from modules.catalog import Lesson, Module
from modules.pictures.home import Standing, home_picture


class HomePage:
    """What a learner's first cell shows."""

    def __init__(self, module: Module, workspace: Path | None = None) -> None:
        """Show `module`; the workspace is the notebook's own folder unless given."""
        self._module = module
        self._workspace = workspace or answers.default_folder().parent

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        """Show the picture in a notebook."""
        return self.picture()

    def picture(self) -> dict[str, str]:
        """Draw it anew at every look, by media type: it tells where the learner stands now."""
        ready = {lesson.notebook: lesson for lesson in self._module.lessons if lesson.notebook}
        wanted = {name: lesson.questions for name, lesson in ready.items()}
        found = progress(self._workspace, wanted)
        standings = {ready[entry.notebook].id: _standing(entry) for entry in found}
        following = resume(found)
        lesson: Lesson | None = ready[following.notebook] if following else None
        picture = home_picture(self._module, standings, lesson.id if lesson else None)
        return {"text/html": picture.html, "text/plain": picture.text}


def _standing(entry: LessonProgress) -> Standing:
    return Standing(len(entry.answered), entry.stage.value, entry.stopped_at or "")
