"""Where a learner left off: the part of the home page that only running it can know.

Outcomes, lessons, times and prerequisites stand in the page's own text, to be read before anything
is run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from modules.catalog import Lesson, Module
from modules.pictures.page import Picture, esc

_BAR: Final = 160


@dataclass(frozen=True)
class Standing:
    """How far a learner is in one lesson.

    Attributes:
        answered: how many of its questions are answered.
        stage: "not started", "started" or "done".
        stopped_at: heading of the last cell that was run, "" when none was.
    """

    answered: int
    stage: str
    stopped_at: str = ""


def home_picture(module: Module, standings: Mapping[str, Standing], resume: str | None) -> Picture:
    """Draw where the learner left off.

    Args:
        module: the module.
        standings: by id of the lessons that are ready.
        resume: id of the lesson to go on with, None when everything there is done.
    """
    ready = [lesson for lesson in module.lessons if lesson.ready]
    lines = [
        f"{lesson.title}: {_said(lesson, standings[lesson.id])}, {standings[lesson.id].stage}"
        for lesson in ready
    ]
    if resume is None:
        words = "You have answered everything there is so far. The next lessons are being written."
        banner = esc(words)
    else:
        lesson = module.lesson(resume)
        words = _invitation(lesson, standings[resume])
        banner = _link(lesson, words)
    bars = "".join(_row(lesson, standings[lesson.id]) for lesson in ready)
    body = f'{_STYLE}<p class="lr-go">{banner}</p><ul class="lr-standing">{bars}</ul>'
    return Picture(body, "\n".join([words, *lines]))


_STYLE: Final = """<style>
.locrib .lr-go { margin: 4px 0 12px; padding: 14px 18px; border-radius: 6px; font-size: 16px;
  font-weight: 600; border-left: 4px solid var(--lr-win); background: var(--lr-win-bg);
  color: var(--lr-ink); }
.locrib ul.lr-standing { list-style: none; margin: 0; padding: 0; }
.locrib ul.lr-standing li { display: flex; flex-wrap: wrap; gap: 4px 16px; align-items: center;
  padding: 6px 2px; }
.locrib ul.lr-standing .lr-name { flex: 1 1 300px; }
.locrib ul.lr-standing svg { display: inline-block; }
</style>"""


def _invitation(lesson: Lesson, standing: Standing) -> str:
    if standing.stage == "not started":
        return f"Begin: {lesson.title}"
    place = f", at “{standing.stopped_at}”" if standing.stopped_at else ""
    return f"Go on where you left off: {lesson.title}{place}"


def _row(lesson: Lesson, standing: Standing) -> str:
    total, said = len(lesson.questions), _said(lesson, standing)
    width = _BAR * standing.answered / total if total else 0
    return (
        f'<li><span class="lr-name">{_link(lesson, lesson.title)}</span>'
        f'<svg width="{_BAR}" height="8" viewBox="0 0 {_BAR} 8" role="img" aria-label="{said}">'
        f'<rect width="{_BAR}" height="8" rx="4" fill="var(--lr-line)"/>'
        f'<rect width="{width:.0f}" height="8" rx="4" fill="var(--lr-win)"/></svg>'
        f'<span class="lr-soft">{said}</span></li>'
    )


def _said(lesson: Lesson, standing: Standing) -> str:
    return f"{standing.answered} of {len(lesson.questions)} answered"


def _link(lesson: Lesson, words: str) -> str:
    """Link a notebook so that JupyterLab opens it in a tab of its own."""
    return f'<a href="{quote(lesson.notebook or "")}">{esc(words)}</a>'
