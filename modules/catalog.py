"""The course's modules as values: outcomes, lessons, questions, misconceptions, scenes.

Everything is read from the files of a module's folder, checked, and frozen. Whatever needs to know
what the course holds (delivery, home page, lessons, tests, later the judge) asks here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final

from bgp import PROFILES, Case, InvalidValueError, parse_case
from modules.certify import ASKS, private_asn
from modules.reading import ContentError, Table, read_json, read_toml

HERE: Final = Path(__file__).parent
MODULE: Final = "bgp-for-kubernetes"
HOME: Final = "home.ipynb"
KINDS: Final = {"predict": "predict", "check": "check", "test-out": "test-out"}
STATUSES: Final = {"ready": True, "to come": False}
PRIVATE_ASN: Final = "private-asn"


@dataclass(frozen=True)
class Outcome:
    """What a learner can do at the end."""

    id: str
    text: str


@dataclass(frozen=True)
class Lesson:
    """A lesson.

    Attributes:
        id: its name.
        title: as it is printed.
        about: one sentence.
        minutes: how long it takes.
        ready: whether it is there; False for one to come.
        source: its MyST file, None for one to come.
        notebook: its place in a learner's workspace, None for one to come.
        questions: ids of its questions in the order they are asked.
        test_out: ids of the questions by which one skips it, and the heading to go on at.
        go_on_at: that heading, "" when it cannot be tested out of.
    """

    id: str
    title: str
    about: str
    minutes: int
    ready: bool
    source: Path | None
    notebook: str | None
    questions: tuple[str, ...]
    test_out: tuple[str, ...]
    go_on_at: str


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
    """

    id: str
    text: str
    value: str
    feedback: str
    misconception: str | None


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
        profile: whose decision process is asked about.
    """

    id: str
    revision: int
    outcome: str
    seed_section: int
    kind: str
    prompt: str
    choices: tuple[Choice, ...]
    right: str
    scene: Case | None
    profile: str

    def choice(self, choice_id: str) -> Choice:
        """Return the choice of that id.

        Raises:
            KeyError: there is none.
        """
        for choice in self.choices:
            if choice.id == choice_id:
                return choice
        raise KeyError(choice_id)


@dataclass(frozen=True)
class Module:
    """A module of the course."""

    id: str
    title: str
    about: str
    outcomes: tuple[Outcome, ...]
    prerequisites: tuple[str, ...]
    lessons: tuple[Lesson, ...]
    credit: str
    license: str
    folder: Path

    def lesson(self, lesson_id: str) -> Lesson:
        """Return a lesson that is ready.

        Raises:
            KeyError: there is none of that id.
        """
        for lesson in self.lessons:
            if lesson.id == lesson_id and lesson.ready:
                return lesson
        ready = ", ".join(lesson.id for lesson in self.lessons if lesson.ready)
        raise KeyError(f"no lesson {lesson_id!r} is ready; there are: {ready}")

    def recording(self, name: str) -> Path:
        """Return the file of a recorded stage."""
        return self.folder / "recordings" / f"{name}.json"


@cache
def module(name: str = MODULE) -> Module:
    """Read a module.

    Raises:
        ContentError: a file of it is wrong; says which, where, and what was expected.
    """
    folder = HERE / name
    return read_toml(folder / "module.toml", "locrib-module", 1, lambda t: _module(t, folder))


@cache
def misconceptions(name: str = MODULE) -> Mapping[str, Misconception]:
    """Read a module's misconceptions, by id."""
    file = HERE / name / "misconceptions.toml"
    listed = read_toml(file, "locrib-misconceptions", 1, _misconceptions)
    return {entry.id: entry for entry in listed}


@cache
def scenes(name: str = MODULE) -> Mapping[str, Case]:
    """Read a module's scenes, by id, which is the file's name."""
    return {file.stem: _scene(file) for file in sorted((HERE / name / "scenes").glob("*.json"))}


@cache
def questions(name: str = MODULE) -> Mapping[str, Question]:
    """Read a module's questions, by id; the model has certified each one's right answer."""
    found: dict[str, Question] = {}
    outcomes = {outcome.id: outcome for outcome in module(name).outcomes}
    for file in sorted((HERE / name / "questions").glob("*.toml")):
        found[file.stem] = read_question(file, scenes(name), outcomes, misconceptions(name))
    _check_orphans(module(name), found)
    return found


def notebooks() -> list[tuple[Path, str]]:
    """Return (MyST source, place in a learner's workspace) of every notebook, home page first."""
    lessons = [
        (lesson.source, lesson.notebook)
        for lesson in module().lessons
        if lesson.source is not None and lesson.notebook is not None
    ]
    return [(HERE / MODULE / "home.md", HOME), *lessons]


def read_question(
    file: Path,
    known_scenes: Mapping[str, Case],
    outcomes: Mapping[str, Outcome],
    known: Mapping[str, Misconception],
) -> Question:
    """Read and certify one question.

    Raises:
        ContentError: the file is wrong, or the model does not certify exactly one answer.
    """

    def build(table: Table) -> Question:
        return _question(table, known_scenes, outcomes, known)

    return read_toml(file, "locrib-question", 1, build)


def _module(table: Table, folder: Path) -> Module:
    outcomes = tuple(_outcome(entry) for entry in table.tables("outcomes"))
    credit = table.table("credit")
    found = Module(
        id=folder.name,
        title=table.text("title"),
        about=table.text("about"),
        outcomes=outcomes,
        prerequisites=table.texts("prerequisites"),
        lessons=tuple(_lesson(entry, folder) for entry in table.tables("lessons")),
        credit=credit.text("text"),
        license=credit.text("license"),
        folder=folder,
    )
    credit.done()
    return found


def _outcome(table: Table) -> Outcome:
    outcome = Outcome(table.text("id"), table.text("text"))
    table.done()
    return outcome


def _lesson(table: Table, folder: Path) -> Lesson:
    ready = table.one_of("status", STATUSES)
    source = folder / table.text("file") if ready else None
    if source is not None and not source.is_file():
        raise table.wrong("file", f"a lesson's text is expected at {source}")
    lesson = Lesson(
        id=table.text("id"),
        title=table.text("title"),
        about=table.text("about"),
        minutes=table.number("minutes"),
        ready=ready,
        source=source,
        notebook=f"{source.stem}.ipynb" if source else None,
        questions=table.texts("questions", ()),
        test_out=table.texts("test_out", ()),
        go_on_at=table.text("go_on_at", ""),
    )
    table.done()
    return lesson


def _misconceptions(table: Table) -> tuple[Misconception, ...]:
    found = []
    for entry in table.tables("misconceptions"):
        texts = (entry.text(key) for key in ("id", "believes", "truth", "source"))
        found.append(Misconception(*texts))
        entry.done()
    return tuple(found)


def _scene(file: Path) -> Case:
    try:
        case = parse_case(read_json(file))
    except InvalidValueError as error:
        raise ContentError(file, error.field, str(error)) from error
    if case.id != file.stem:
        raise ContentError(file, "case", f"{file.stem!r} is expected, the file's name")
    return case


def _question(
    table: Table,
    known_scenes: Mapping[str, Case],
    outcomes: Mapping[str, Outcome],
    known: Mapping[str, Misconception],
) -> Question:
    choices = tuple(_choice(entry, known) for entry in table.tables("choices"))
    scene, profile, value = _asked(table, known_scenes, choices)
    question = Question(
        id=table.file.stem,
        revision=table.number("revision"),
        outcome=table.one_of("outcome", outcomes).id,
        seed_section=table.number("seed_section"),
        kind=table.one_of("kind", KINDS),
        prompt=table.text("prompt"),
        choices=tuple(replace(choice, id="abcdef"[n]) for n, choice in enumerate(choices)),
        right="",
        scene=scene,
        profile=profile,
    )
    right = [choice for choice in question.choices if choice.value == value]
    if len(right) != 1:
        raise table.wrong("choices", f"exactly one must have the value of the model, {value!r}")
    for number, choice in enumerate(question.choices):
        if (choice in right) != (choice.misconception is None):
            rule = "wrong answers name a misconception and the right one does not"
            raise table.wrong(f"choices[{number}].misconception", rule)
    return replace(question, right=right[0].id)


def _asked(
    table: Table, known_scenes: Mapping[str, Case], choices: Iterable[Choice]
) -> tuple[Case | None, str, str]:
    """Return the scene, the profile, and what the model answers."""
    if table.text("asks") == PRIVATE_ASN:
        return None, "", private_asn(None, "", " ".join(choice.value for choice in choices))
    ask = table.one_of("asks", ASKS)
    scene = table.one_of("scene", known_scenes)
    profile = table.one_of("profile", {name: name for name in PROFILES})
    try:
        return scene, profile, ask(scene, profile, table.text("of", ""))
    except (KeyError, ValueError) as error:
        raise table.wrong("of", f"the model cannot answer: {error}") from error


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
    )
    table.done()
    return choice


def _check_orphans(found: Module, listed: Mapping[str, Question]) -> None:
    """Every question belongs to one lesson, and every lesson's questions exist."""
    asked = [id_ for lesson in found.lessons for id_ in (*lesson.test_out, *lesson.questions)]
    file = found.folder / "module.toml"
    for id_ in asked:
        if id_ not in listed:
            raise ContentError(file, "lessons.questions", f"there is no questions/{id_}.toml")
    for id_ in listed:
        if asked.count(id_) != 1:
            rule = f"{id_!r} is expected in exactly one lesson, seen {asked.count(id_)} times"
            raise ContentError(file, "lessons.questions", rule)
