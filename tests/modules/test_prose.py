"""The course's words: our own, short, and without a number that nothing vouches for."""

import re
from pathlib import Path

import pytest

from modules import catalog
from modules.catalog import Lesson

TOP = Path(__file__).parents[2]
SEED = TOP.parent / "shared" / "seed" / "module-3.2.txt"
RUN = 8
MODULE = catalog.module()
LESSONS = [lesson for lesson in MODULE.lessons if lesson.ready]


def words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9_]+", text.lower())


def prose() -> dict[str, str]:
    """Every text a learner reads, by file."""
    files = [*MODULE.folder.glob("*.md"), *MODULE.folder.glob("*.toml")]
    files += [*MODULE.folder.glob("lessons/*.md"), *MODULE.folder.glob("questions/*.toml")]
    return {file.name: file.read_text(encoding="utf-8") for file in files}


def paragraphs(lesson: Lesson) -> list[str]:
    assert lesson.source is not None
    body = re.sub(
        r"^---.*?^---$|^```.*?^```$",
        "",
        lesson.source.read_text(encoding="utf-8"),
        flags=re.MULTILINE | re.DOTALL,
    )
    return [part for part in body.split("\n\n") if part.strip() and not part.startswith("#")]


def test_no_run_of_eight_words_is_taken_from_the_syllabus() -> None:
    if not SEED.is_file():
        pytest.skip(f"the syllabus is not here; put its text at {SEED.name} beside the project")
    taken = words(SEED.read_text(encoding="utf-8"))
    runs = {tuple(taken[n : n + RUN]) for n in range(len(taken) - RUN + 1)}
    for name, text in prose().items():
        own = words(text)
        shared = [
            own[n : n + RUN] for n in range(len(own) - RUN + 1) if tuple(own[n : n + RUN]) in runs
        ]
        assert shared == [], name


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.id)
def test_a_lesson_is_read_in_the_time_it_announces(lesson: Lesson) -> None:
    count = sum(len(words(part)) for part in paragraphs(lesson))
    minutes = count / 200 + len(lesson.questions) * 0.5  # a reader's pace, half a minute a question
    assert 0.5 * lesson.minutes < minutes <= lesson.minutes


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.id)
def test_no_paragraph_is_a_wall_and_no_sentence_a_maze(lesson: Lesson) -> None:
    for part in paragraphs(lesson):
        assert len(words(part)) <= 110, part
        for sentence in re.split(r"(?<=[.!?:])\s+|\n- ", part):
            assert len(words(sentence)) <= 45, sentence


def test_cells_are_a_few_lines_at_most() -> None:
    for source, _ in catalog.notebooks():
        for cell in re.findall(
            r"```\{code-cell\}.*?\n(.*?)```", source.read_text("utf-8"), re.DOTALL
        ):
            assert len(cell.strip().splitlines()) <= 4, cell


def test_the_module_says_whom_it_follows_and_under_which_licence() -> None:
    assert "KubeDojo" in MODULE.credit
    assert "BGP & Routing for Kubernetes" in MODULE.credit
    assert MODULE.license == "CC BY-SA 4.0"
