"""A question that is answered once: committed before anything is shown, then answered in full.

A choice among a few, or an order to be made. Until the commit the feedback and the right answer
stay in Python: neither the page nor the widget's state holds them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bgp.errors import InvalidValueError
from widgets.base import Instrument, bundle, styles
from widgets.prose import as_lines, blocks, spans
from widgets.svg import Page

WIDTH: Final = 92
MAX_CHOICES: Final = 12
Answer = str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """An answer on offer.

    Attributes:
        id: its name in answers.
        text: as the learner reads it; a little Markdown.
        feedback: what is said to a learner who chose it.
        misconception: the idea behind it in the words of one who has it, "" for none.
    """

    id: str
    text: str
    feedback: str = ""
    misconception: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A question.

    Attributes:
        id: its name.
        prompt: the question; a little Markdown.
        choices: the answers on offer, or what is to be put in order, as shown.
        right: id of the right choice; for an order, all ids in the right one.
        explanation: said after the commit whatever was answered; a little Markdown.
    """

    id: str
    prompt: str
    choices: tuple[Choice, ...]
    right: Answer
    explanation: str = ""

    def __post_init__(self) -> None:
        """Refuse a question that cannot be answered."""
        ids = [choice.id for choice in self.choices]
        if not 2 <= len(ids) <= MAX_CHOICES or len(set(ids)) < len(ids):  # noqa: PLR2004 - a choice
            rule = f"2 to {MAX_CHOICES} choices, each with an id of its own"
            raise InvalidValueError("choices", ids, rule)
        self.check(self.right)

    @property
    def ordering(self) -> bool:
        """Whether an order is asked for."""
        return not isinstance(self.right, str)

    @classmethod
    def of(cls, data: object) -> Question:
        """Read a question from a plain object with the attributes' names as keys.

        Raises:
            InvalidValueError: a key is missing or unknown, or its value is no answerable question.
        """
        if isinstance(data, Question):
            return data
        try:
            values = dict(data)  # type: ignore[call-overload]  # told below when it is no mapping
            choices = tuple(
                item if isinstance(item, Choice) else Choice(**item)
                for item in values.pop("choices")
            )
            right = values.pop("right")
            answer = right if isinstance(right, str) else tuple(right)
            return cls(choices=choices, right=answer, **values)
        except (KeyError, TypeError) as error:
            rule = f"an object with id, prompt, choices and right ({error})"
            raise InvalidValueError("question", data, rule) from None

    def check(self, answer: object) -> Answer:
        """Return an answer that fits the question, an order as a tuple.

        Raises:
            InvalidValueError: it does not fit.
        """
        ids = [choice.id for choice in self.choices]
        if isinstance(answer, str):
            if answer in ids:
                return answer
        elif isinstance(answer, Sequence) and sorted(map(str, answer)) == sorted(ids):
            return tuple(answer)
        raise InvalidValueError(
            "answer", answer, f"one of {', '.join(ids)}, or an order of them all"
        )


class QuestionCard(Instrument):
    """A question as a widget."""

    _esm = bundle("dom.mjs", "question.js")
    _css = styles("question.css")

    def __init__(
        self,
        question: Question | Mapping[str, object],
        *,
        answer: Answer | Sequence[str] | None = None,
        on_commit: Callable[[str | list[str]], object] | None = None,
    ) -> None:
        """Ask a question.

        Args:
            question: the question, or a plain object of its attributes.
            answer: an answer committed earlier, to be restored; one that does not fit the question
                any more is put aside, and the card says so.
            on_commit: called once with the answer (a choice's id, or a list of ids); if it raises,
                the answer is not committed and the learner is told.

        Raises:
            InvalidValueError: the question is wrong.
        """
        super().__init__()
        self.question = Question.of(question)
        self._on_commit = on_commit
        self._answer: Answer | None = None
        self._remark = ""
        if answer is not None:
            try:
                self._answer = self._fitting(answer)
            except InvalidValueError:
                self._remark = (
                    "Your earlier answer does not fit this question any more: answer anew."
                )
        self._draw()

    @property
    def answer(self) -> Answer | None:
        """What was committed, None before."""
        return self._answer

    @property
    def right(self) -> bool | None:
        """Whether the answer is right, None before it was committed."""
        return None if self._answer is None else self._answer == self.question.right

    def commit(self, answer: Answer | Sequence[str]) -> Answer:
        """Commit an answer, once.

        Raises:
            InvalidValueError: it does not fit, one was committed before, or it could not be kept.
        """
        if self._answer is not None:
            raise InvalidValueError(
                "answer", answer, "nothing: it was committed before and stays as it is"
            )
        fitting = self._fitting(answer)
        if self._on_commit is not None:
            try:
                self._on_commit(fitting if isinstance(fitting, str) else list(fitting))
            except Exception as error:
                raise InvalidValueError(
                    "answer", answer, f"an answer that can be kept ({error}); commit it again"
                ) from error
        self._answer, self._remark = fitting, ""
        self._draw()
        return fitting

    def _fitting(self, answer: object) -> Answer:
        fitting = self.question.check(answer)
        if isinstance(fitting, str) is self.question.ordering:
            raise InvalidValueError(
                "answer", answer, "an order of all" if self.question.ordering else "one choice"
            )
        return fitting

    def obey(self, command: Mapping[str, object]) -> Mapping[str, object]:
        """Take the browser's commit."""
        if command.get("do") != "commit":
            raise InvalidValueError("do", command.get("do"), "commit")
        self.commit(command.get("answer"))  # type: ignore[arg-type]  # checked there
        return {}

    def _draw(self) -> None:
        question, answer = self.question, self._answer
        view: dict[str, object] = {
            "prompt": blocks(question.prompt),
            "choices": [{"id": c.id, "spans": spans(c.text)} for c in question.choices],
            "ordering": question.ordering,
            "remark": self._remark,
            "committed": None,
        }
        if answer is not None:
            view["committed"] = {
                "answer": answer if isinstance(answer, str) else list(answer),
                "right": answer == question.right,
                "solution": question.right
                if isinstance(question.right, str)
                else list(question.right),
                "said": self._said(),
                "explanation": blocks(question.explanation),
                "others": [
                    {"id": c.id, "text": spans(c.text), "feedback": blocks(c.feedback)}
                    for c in question.choices
                    if c.feedback and c.id != answer
                ],
            }
        self.view = view

    def _said(self) -> list[dict[str, object]]:
        """What is said to this answer: the misconception by name first, then the feedback."""
        said: list[dict[str, object]] = []
        for choice in self.question.choices:
            if choice.id == self._answer:
                if choice.misconception:
                    said.append({"kind": "idea", "blocks": blocks(choice.misconception)})
                said.append({"kind": "feedback", "blocks": blocks(choice.feedback)})
        return said

    def text(self) -> str:
        """Return the card as plain text."""
        question, answer = self.question, self._answer
        lines = [*as_lines(question.prompt, WIDTH), ""]
        for choice in question.choices:
            mark = "x" if choice.id == answer else " "
            first, *rest = as_lines(choice.text, WIDTH - 4)
            lines += [f"({mark}) {first}", *(f"    {line}" for line in rest)]
        if answer is None:
            return "\n".join([*lines, "", "Not answered yet.", ""])
        lines += ["", "Right." if self.right else "Not right."]
        if question.ordering:
            lines += [f"You put: {', '.join(answer)}", f"In order: {', '.join(question.right)}"]
        for choice in question.choices:
            if choice.id == answer:
                if choice.misconception:
                    lines += as_lines(f"The idea behind it: {choice.misconception}", WIDTH)
                lines += as_lines(choice.feedback, WIDTH)
        return "\n".join([*lines, *as_lines(question.explanation, WIDTH), ""])

    def svg(self) -> str:
        """Return the card as SVG."""
        lines = self.text().splitlines()
        page = Page("Question", " ".join(lines))
        for line in lines:
            page.paragraph(line, 130) if line.strip() else setattr(page, "y", page.y + 8)
        return page.document()
