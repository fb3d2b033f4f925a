"""A lesson at work: joins its questions with the learner's answers, its labs and its pictures.

The composition root of a notebook: siblings that do not know each other (`widgets`, `labs`,
`modules`, the answers on disk) meet here, so that a lesson's cells stay a line or two.
"""

from __future__ import annotations

import atexit
from collections.abc import Sequence
from dataclasses import fields, replace
from itertools import permutations
from typing import Any, Final

from IPython import get_ipython

from bgp import PROFILES, Case, Knobs, decide
from bgp.decision import Decision
from bgp.messages import step_title
from bgp.reasons import StepId
from locrib import answers
from locrib.open_lab import open_lab
from locrib.session_lab import SessionLab
from locrib.stage_lab import StageLab
from modules import catalog, questions
from modules.catalog import Lesson
from modules.pictures.circle import Duel, circle_picture
from modules.pictures.lists import orders_picture, steps_picture
from modules.pictures.page import Picture
from modules.pictures.record import Line, record_picture
from modules.pictures.ways_down import ways_down_picture
from widgets import BestPath, Choice, Question, QuestionCard, SessionFsm

KNOBS: Final = frozenset(field.name for field in fields(Knobs))
_labs: Final[dict[str, StageLab | SessionLab]] = {}
FOLLOWED: Final = 30.0
"""Seconds after which an instrument no longer waits for a session to come up."""


class Desk:
    """One lesson, open on the learner's desk."""

    def __init__(self, lesson: Lesson) -> None:
        """Open a lesson."""
        self.lesson = lesson

    def __repr__(self) -> str:
        """Say which lesson, and how much of it is answered."""
        given = answers.all()
        done = sum(question in given for question in self.lesson.questions)
        return f"{self.lesson.title}: {done} of {len(self.lesson.questions)} questions answered"

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        """Show what was predicted, and the idea behind each answer that did not come true."""
        given = answers.all()
        rows = []
        for question_id in self.lesson.questions:
            asked, answer = catalog.questions()[question_id], given.get(question_id)
            if answer is None or answer.latest.question_version != asked.revision:
                rows.append(Line(asked.prompt, None, None, ""))
                continue
            rows.append(_line(asked, str(answer.latest.answer)))
        picture = record_picture(rows)
        return {"text/html": picture.html, "text/plain": f"{self!r}\n{picture.text}"}

    def ask(self, question_id: str) -> QuestionCard:
        """Show a question; an answer given earlier is there again.

        Raises:
            KeyError: this lesson has no such question.
        """
        known = (*self.lesson.test_out, *self.lesson.questions)
        if question_id not in known:
            raise KeyError(f"this lesson has no question {question_id!r}: {', '.join(known)}")
        asked = catalog.questions()[question_id]
        earlier = answers.load(question_id)
        fits = earlier is not None and earlier.latest.question_version == asked.revision

        def keep(answer: object) -> None:
            answers.save(question_id, answer, question_version=asked.revision)

        given: Any = earlier.latest.answer if earlier is not None and fits else None
        return QuestionCard(card(asked), answer=given, on_commit=keep)

    def lab(self, name: str) -> StageLab | SessionLab:
        """Bring up a lab, or take the one that is up and put it back to its beginning."""
        if name in _labs:
            _labs[name].mend()
        else:
            _labs[name] = open_lab(name)
        return _labs[name]

    def steps(self, *profiles: str) -> Picture:
        """Show the steps of some profiles side by side."""
        return steps_picture([PROFILES[name] for name in profiles])

    def calculator(self, lab: StageLab, **options: Any) -> BestPath:  # noqa: ANN401 - options of BestPath
        """Fill the best-path calculator from a lab's router."""
        return BestPath(
            lab.paths(),
            speaker=lab.speaker,
            knobs=lab.knobs,
            prefix=lab.prefix,
            **{"profile": lab.profile, **options},
        )

    def scene_calculator(self, scene: str, **options: Any) -> BestPath:  # noqa: ANN401 - options of BestPath and knobs
        """Fill the best-path calculator from a scene; knobs may be given by name."""
        case = catalog.scenes()[scene]
        knobs = {name: options.pop(name) for name in tuple(options) if name in KNOBS}
        case = replace(case, knobs=replace(case.knobs, **knobs))
        return BestPath.of_case(case, **{"profile": "frr-8.4", **options})

    def machine(self, *events: int, **options: Any) -> SessionFsm:  # noqa: ANN401 - options of SessionFsm
        """Show the state machine after these events; any event can be pressed."""
        return SessionFsm(events, **options)

    def follow(self, lab: SessionLab, host: str, neighbor: str) -> SessionFsm:
        """Show a session as its router logs it, until it is up; a recording waits to be played."""
        source = lab.follow(host, neighbor, FOLLOWED)
        if not lab.live:
            return SessionFsm.replay(list(source), title=f"{host} to {neighbor}, recorded")
        fsm = SessionFsm()
        # Beside a notebook's own work; a script (the one that records lessons) has to wait.
        fsm.follow(source, title=f"{host} to {neighbor}", block=get_ipython() is None)
        return fsm

    def ways_down(self) -> Picture:
        """Show where the RFC's table sends a session that loses its state."""
        return ways_down_picture()

    def circle(self, scene: str, profile: str = "frr-8.4") -> Picture:
        """Draw which path of a scene beats which when only the two are compared."""
        case = catalog.scenes()[scene]
        duels = tuple(_duel(case, profile, pair) for pair in _pairs(case))
        title = f"Two at a time, by {PROFILES[profile].title}: an arrow goes from winner to loser."
        return circle_picture([path.id for path in case.paths], duels, title)

    def orders(self, scene: str, **knobs: bool) -> Picture:
        """Show every profile's best path for every order of arrival of a scene."""
        case = catalog.scenes()[scene]
        rows = [
            (
                tuple(path.id for path in order),
                tuple(
                    decide(order, profile, case.speaker, Knobs(**knobs)).best or "none"
                    for profile in PROFILES.values()
                ),
            )
            for order in permutations(case.paths)
        ]
        return orders_picture([profile.title for profile in PROFILES.values()], rows, list(knobs))


def card(asked: questions.Question) -> Question:
    """Return a question as the widget takes it, each wrong answer with the idea behind it."""
    return Question(
        id=asked.id,
        prompt=asked.prompt,
        choices=tuple(_choice(choice) for choice in asked.choices),
        right=asked.right,
    )


def _line(asked: questions.Question, answer: str) -> Line:
    try:
        choice = asked.choice(answer)
    except KeyError:  # an answer file edited by hand
        return Line(asked.prompt, None, None, "")
    idea = catalog.misconceptions()[choice.misconception].truth if choice.misconception else ""
    return Line(asked.prompt, choice.text, answer == asked.right, idea)


def close_labs() -> None:
    """End every lab this process has open."""
    while _labs:
        _labs.popitem()[1].close()


atexit.register(close_labs)


def _choice(choice: questions.Choice) -> Choice:
    if choice.misconception is None:
        return Choice(choice.id, choice.text, choice.feedback)
    idea = catalog.misconceptions()[choice.misconception]
    feedback = f"{choice.feedback}\n\n{idea.truth} ({idea.source})"
    return Choice(choice.id, choice.text, feedback, idea.believes)


def _pairs(case: Case) -> Sequence[tuple[int, int]]:
    count = len(case.paths)
    return [(n, (n + 1) % count) for n in range(count)] if count > 2 else [(0, 1)]  # noqa: PLR2004 - a circle


def _duel(case: Case, profile: str, pair: tuple[int, int]) -> Duel:
    paths = [case.paths[n] for n in pair]
    decision: Decision = decide(paths, profile, case.speaker, case.knobs)
    lost = decision.eliminations[-1]
    title = "IGP metric" if lost.step is StepId.IGP_METRIC else step_title(lost.step)
    return Duel(lost.by, lost.path, f"{title} {lost.better} < {lost.value}")
