"""Questions and the wrong ideas they meet, read from their files and certified by the model.

No file says which answer is right. For a scene (`modules.certify`) a choice says what it stands
for; about a session (`modules.certify_session`) it also says which fact one who chooses it takes
to be otherwise, and its value has to be what the model makes of that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Protocol

from bgp import PROFILES, Case
from modules.certify import ASKS, private_asn
from modules.certify_session import SESSION_ASKS
from modules.reading import Table, read_toml

KINDS: Final = {"predict": "predict", "check": "check", "test-out": "test-out"}
PRIVATE_ASN: Final = "private-asn"


@dataclass(frozen=True)
class Misconception:
    """A wrong idea that people really have.

    Attributes:
        id: its name.
        believes: the idea, in the words of one who has it.
        truth: what is the case, in one or two sentences.
        source: where that is written down.
    """

    id: str
    believes: str
    truth: str
    source: str


@dataclass(frozen=True)
class Choice:
    """An answer on offer.

    Attributes:
        id: its letter.
        text: as the learner reads it.
        value: what it stands for, compared with what the model computes.
        feedback: what is said to a learner who chose it.
        misconception: the wrong idea behind it, None for the right answer.
        as_if: about a session: the facts as one who has that idea sees them, where they differ.
    """

    id: str
    text: str
    value: str
    feedback: str
    misconception: str | None
    as_if: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Question:
    """A question and its answers.

    Attributes:
        id: its name, also of the file of answers.
        revision: raised when an old answer does not answer it any more.
        outcome: the outcome it serves.
        seed_section: the section of the syllabus it covers.
        kind: `predict` (before something is run), `check`, or `test-out`.
        prompt: the question.
        choices: the answers on offer.
        right: id of the right one, as certified by the model.
        scene: the decision case it is about, None when it needs none.
        profile: whose decision process is asked about, "" without a scene.
        facts: what is given about a session, empty without one.
    """

    id: str
    revision: int
    outcome: str
    seed_section: int
    kind: str
    prompt: str
    choices: tuple[Choice, ...]
    right: str
    scene: Case | None = None
    profile: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    def choice(self, choice_id: str) -> Choice:
        """Return the choice of that id.

        Raises:
            KeyError: there is none.
        """
        for choice in self.choices:
            if choice.id == choice_id:
                return choice
        raise KeyError(choice_id)


class Named(Protocol):
    """Anything with an id."""

    @property
    def id(self) -> str:
        """Its id."""


def read_question(
    file: Path,
    known_scenes: Mapping[str, Case],
    outcomes: Mapping[str, Named],
    known: Mapping[str, Misconception],
) -> Question:
    """Read and certify one question.

    Raises:
        ContentError: the file is wrong, or the model does not certify exactly one answer.
    """

    def build(table: Table) -> Question:
        return _question(table, known_scenes, outcomes, known)

    return read_toml(file, "locrib-question", 1, build)


def _question(
    table: Table,
    known_scenes: Mapping[str, Case],
    outcomes: Mapping[str, Named],
    known: Mapping[str, Misconception],
) -> Question:
    choices = tuple(_choice(entry, known) for entry in table.tables("choices"))
    asked = _asked(table, known_scenes, choices)
    question = Question(
        id=table.file.stem,
        revision=table.number("revision"),
        outcome=table.one_of("outcome", outcomes).id,
        seed_section=table.number("seed_section"),
        kind=table.one_of("kind", KINDS),
        prompt=table.text("prompt"),
        choices=tuple(replace(choice, id="abcdef"[n]) for n, choice in enumerate(choices)),
        right="",
        scene=asked.scene,
        profile=asked.profile,
        facts=asked.facts,
    )
    right = [choice for choice in question.choices if choice.value == asked.answer]
    if len(right) != 1:
        rule = f"exactly one must have the value of the model, {asked.answer!r}"
        raise table.wrong("choices", rule)
    for number, choice in enumerate(question.choices):
        if (choice in right) != (choice.misconception is None):
            rule = "wrong answers name a misconception and the right one does not"
            raise table.wrong(f"choices[{number}].misconception", rule)
        if asked.facts:
            _check_belief(table, number, choice, asked)
    return replace(question, right=right[0].id)


@dataclass(frozen=True)
class _Asked:
    """What is asked of the model, and its answer."""

    answer: str
    asks: str
    scene: Case | None = None
    profile: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


def _asked(table: Table, known_scenes: Mapping[str, Case], choices: Iterable[Choice]) -> _Asked:
    asks = table.text("asks")
    if asks == PRIVATE_ASN:
        numbers = " ".join(choice.value for choice in choices)
        return _Asked(private_asn(None, "", numbers), asks)
    if asks in SESSION_ASKS:
        facts = table.plain("facts")
        return _Asked(_answer(table, "facts", asks, facts), asks, facts=facts)
    ask = table.one_of("asks", {**ASKS, **dict.fromkeys(SESSION_ASKS)})
    scene = table.one_of("scene", known_scenes)
    profile = table.one_of("profile", {name: name for name in PROFILES})
    assert ask is not None  # noqa: S101 - those of a session are done with above
    try:
        return _Asked(ask(scene, profile, table.text("of", "")), asks, scene, profile)
    except (KeyError, ValueError) as error:
        raise table.wrong("of", f"the model cannot answer: {error}") from error


def _check_belief(table: Table, number: int, choice: Choice, asked: _Asked) -> None:
    """Hold a choice about a session to what follows from the facts as it sees them."""
    place = f"choices[{number}].as_if"
    if (choice.misconception is None) != (not choice.as_if):
        rule = "wrong answers say what they take to be otherwise, and the right one does not"
        raise table.wrong(place, rule)
    follows = _answer(table, place, asked.asks, {**asked.facts, **choice.as_if})
    if follows != choice.value:
        rule = f"from this the model makes {follows!r}, the choice stands for {choice.value!r}"
        raise table.wrong(place, rule)


def _answer(table: Table, place: str, asks: str, facts: Mapping[str, Any]) -> str:
    try:
        return SESSION_ASKS[asks](facts)
    except (KeyError, TypeError, ValueError) as error:
        raise table.wrong(place, f"the model cannot answer: {error}") from error


def _choice(table: Table, known: Mapping[str, Misconception]) -> Choice:
    name = table.text("misconception", "")
    if name and name not in known:
        raise table.wrong("misconception", f"{name!r} is not in misconceptions.toml")
    choice = Choice(
        id="",
        text=table.text("text"),
        value=table.text("value"),
        feedback=table.text("feedback"),
        misconception=name or None,
        as_if=table.plain("as_if", {}),
    )
    table.done()
    return choice
