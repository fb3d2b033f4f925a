"""The course's modules as values: outcomes, lessons, questions, misconceptions, scenes.

Everything is read from the files of a module's folder, checked, and frozen. Whatever needs to know
what the course holds (delivery, home page, lessons, tests, later the judge) asks here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from bgp import Case, InvalidValueError, parse_case
from modules.questions import Misconception, Question, read_question
from modules.reading import ContentError, Table, read_json, read_toml

HERE: Final = Path(__file__).parent
MODULE: Final = "bgp-for-kubernetes"
HOME: Final = "home.ipynb"
STATUSES: Final = {"ready": True, "to come": False}


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
