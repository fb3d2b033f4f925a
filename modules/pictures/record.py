"""What a learner predicted in a lesson, and what to look at again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from modules.pictures.page import Picture, esc, table

_LONGEST: Final = 90


@dataclass(frozen=True)
class Line:
    """One question of the record.

    Attributes:
        prompt: the question.
        answer: what was committed, None for nothing yet.
        right: whether it came true, None for no answer.
        idea: the truth to look at again, "" when there is none.
    """

    prompt: str
    answer: str | None
    right: bool | None
    idea: str


def record_picture(lines: Sequence[Line]) -> Picture:
    """Show the record of a lesson."""
    answered = [line for line in lines if line.answer is not None]
    right = sum(line.right is True for line in lines)
    said = f"{len(answered)} of {len(lines)} predictions committed, {right} came true."
    rows = [
        [esc(_short(line.prompt)), esc(line.answer), "✓" if line.right else "✗", esc(line.idea)]
        for line in answered
    ]
    head = ["question", "you said", "", "worth another look"]
    body = f'<p class="lr-lead">{esc(said)}</p>'
    if rows:
        body += table(head, rows, "Your predictions")
    if len(answered) < len(lines):
        body += '<p class="lr-soft">Run this cell again when you have answered more.</p>'
    body += '<p><a href="home.ipynb">Back to the home page</a></p>'
    wrong = [f"- {_short(line.prompt)}: {line.idea}" for line in answered if not line.right]
    return Picture(body, "\n".join([said, *wrong]))


def _short(prompt: str) -> str:
    text = " ".join(prompt.replace("`", "").split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST].rsplit(' ', 1)[0]} …"
