"""The home page: lessons, time, outcomes, prerequisites, and where the learner left off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from modules.catalog import Lesson, Module
from modules.pictures.page import Picture, esc

_BAR: Final = 120


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
    """Draw the page.

    Args:
        module: the module.
        standings: by id of the lessons that are ready.
        resume: id of the lesson to go on with, None when everything there is done.
    """
    body = "".join(
        [
            f'<h1 class="lr-h1">{esc(module.title)}</h1>',
            f'<p class="lr-lead">{esc(module.about)}</p>',
            _resume(module, standings, resume),
            "<h2>Lessons</h2>",
            _lessons(module, standings),
            "<h2>What you will be able to do</h2><ul>",
            *(f"<li>{esc(outcome.text)}</li>" for outcome in module.outcomes),
            "</ul><h2>What it helps to know</h2><ul>",
            *(f"<li>{esc(text)}</li>" for text in module.prerequisites),
            f'</ul><p class="lr-soft">{esc(module.credit)} {esc(module.license)}.</p>',
        ]
    )
    return Picture(_STYLE + body, _text(module, standings, resume))


_STYLE: Final = """<style>
.locrib h1.lr-h1 { margin: 6px 0 2px; font-size: 26px; font-weight: 650; color: var(--lr-ink); }
.locrib h2 { margin: 20px 0 6px; font-size: 16px; font-weight: 600; color: var(--lr-ink); }
.locrib .lr-go { display: block; margin: 14px 0; padding: 12px 16px; border-radius: 6px;
  border-left: 4px solid var(--lr-win); background: var(--lr-win-bg); color: var(--lr-ink); }
.locrib .lr-go a { font-size: 15px; font-weight: 600; }
.locrib ol.lr-lessons { list-style: none; margin: 0; padding: 0; counter-reset: lesson; }
.locrib ol.lr-lessons li { display: grid; grid-template-columns: 34px 1fr 150px; gap: 0 12px;
  padding: 9px 0; border-top: 1px solid var(--lr-line); counter-increment: lesson; }
.locrib ol.lr-lessons li::before { content: counter(lesson); grid-row: span 2; font-size: 20px;
  color: var(--lr-soft); text-align: right; }
.locrib ol.lr-lessons .lr-name { font-weight: 600; }
.locrib ol.lr-lessons .lr-when { text-align: right; color: var(--lr-soft); }
.locrib ol.lr-lessons .lr-about { grid-column: 2; color: var(--lr-soft); }
.locrib ol.lr-lessons .lr-bar { text-align: right; }
.locrib ol.lr-lessons svg { display: inline-block; vertical-align: middle; }
.locrib ul { margin: 4px 0; padding-left: 20px; } .locrib ul li { margin: 3px 0; }
</style>"""


def _resume(module: Module, standings: Mapping[str, Standing], resume: str | None) -> str:
    if resume is None:
        said = "You have answered everything there is so far. The next lessons are being written."
        return f'<p class="lr-go">{said}</p>'
    lesson = module.lesson(resume)
    return f'<p class="lr-go">{_link(lesson, _invitation(lesson, standings[resume]))}</p>'


def _invitation(lesson: Lesson, standing: Standing) -> str:
    if standing.stage == "not started":
        return f"Begin: {lesson.title}"
    place = f", at “{standing.stopped_at}”" if standing.stopped_at else ""
    return f"Go on where you left off: {lesson.title}{place}"


def _lessons(module: Module, standings: Mapping[str, Standing]) -> str:
    items = []
    for lesson in module.lessons:
        name = _link(lesson, lesson.title) if lesson.ready else esc(lesson.title)
        when = f"{lesson.minutes} min" if lesson.ready else f"to come, {lesson.minutes} min"
        bar = _bar(lesson, standings[lesson.id]) if lesson.ready else ""
        items.append(
            f'<li><span class="lr-name">{name}</span><span class="lr-when">{when}</span>'
            f'<span class="lr-about">{esc(lesson.about)}</span>'
            f'<span class="lr-bar">{bar}</span></li>'
        )
    return f'<ol class="lr-lessons">{"".join(items)}</ol>'


def _bar(lesson: Lesson, standing: Standing) -> str:
    total = len(lesson.questions)
    width = _BAR * standing.answered / total if total else 0
    said = f"{standing.answered} of {total} answered"
    return (
        f'<svg width="{_BAR}" height="8" viewBox="0 0 {_BAR} 8" role="img" aria-label="{said}">'
        f'<rect width="{_BAR}" height="8" rx="4" fill="var(--lr-line)"/>'
        f'<rect width="{width:.0f}" height="8" rx="4" fill="var(--lr-win)"/></svg>'
        f'<br><span class="lr-soft">{said}</span>'
    )


def _link(lesson: Lesson, words: str) -> str:
    """Link a notebook so that JupyterLab opens it in a tab of its own."""
    return f'<a href="{quote(lesson.notebook or "")}">{esc(words)}</a>'


def _text(module: Module, standings: Mapping[str, Standing], resume: str | None) -> str:
    lines = [module.title, module.about, ""]
    if resume is not None:
        lesson = module.lesson(resume)
        lines += [f"{_invitation(lesson, standings[resume])} ({lesson.notebook})", ""]
    for number, lesson in enumerate(module.lessons, start=1):
        state = (
            f"{standings[lesson.id].answered} of {len(lesson.questions)} answered"
            if lesson.ready
            else "to come"
        )
        lines.append(f"{number}. {lesson.title} ({lesson.minutes} min, {state})")
    lines += ["", *(f"- {outcome.text}" for outcome in module.outcomes)]
    lines += ["", *(f"- {text}" for text in module.prerequisites), "", module.credit]
    return "\n".join(lines)
