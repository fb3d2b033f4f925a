"""The course's files hang together, and each mistake in one is told."""

import re
from pathlib import Path

import pytest

from modules import catalog
from modules.reading import ContentError

MODULE = catalog.module()
HOME = (MODULE.folder / "home.md").read_text(encoding="utf-8")
QUESTION = catalog.module().folder / "questions" / "longer-path.toml"


def test_every_lesson_that_is_ready_has_a_notebook_of_its_own() -> None:
    targets = [target for _, target in catalog.notebooks()]
    assert targets[0] == catalog.HOME
    assert len(set(targets)) == len(targets) == 1 + sum(lesson.ready for lesson in MODULE.lessons)
    assert all(source.is_file() for source, _ in catalog.notebooks())


def test_the_home_page_tells_what_the_module_file_tells() -> None:
    told = [MODULE.title, MODULE.about, MODULE.credit, MODULE.license, *MODULE.prerequisites]
    told += [outcome.text for outcome in MODULE.outcomes]
    for lesson in MODULE.lessons:
        state = "ready" if lesson.ready else "to come"
        told += [lesson.title, f"{lesson.about} | {lesson.minutes} min | {state} |"]
    assert [text for text in told if text not in HOME] == []


def test_links_between_the_pages_lead_to_pages_and_headings_that_exist() -> None:
    targets = {target: source for source, target in catalog.notebooks()}
    links = []
    for source, target in catalog.notebooks():
        text = source.read_text(encoding="utf-8")
        links += [(target, link) for link in re.findall(r"\]\(([^)\s]+)\)", text)]
    assert links
    for target, link in links:
        page, _, anchor = link.partition("#")
        source = targets[page or target]
        headings = re.findall(r"^#+ (.+)$", source.read_text(encoding="utf-8"), re.MULTILINE)
        assert not anchor or anchor.replace("-", " ") in headings, link


def test_the_heading_to_go_on_at_after_testing_out_exists() -> None:
    for lesson in MODULE.lessons:
        if lesson.test_out:
            assert lesson.source is not None
            assert f"\n## {lesson.go_on_at}\n" in lesson.source.read_text(encoding="utf-8")


def test_every_question_is_asked_in_its_lesson_in_the_order_listed() -> None:
    for lesson in MODULE.lessons:
        if lesson.source is None:
            continue
        asked = re.findall(r'here\.ask\("([^"]+)"\)', lesson.source.read_text(encoding="utf-8"))
        assert asked == [*lesson.test_out, *lesson.questions]


def test_every_misconception_is_behind_some_wrong_answer() -> None:
    used = {
        choice.misconception
        for question in catalog.questions().values()
        for choice in question.choices
    }
    assert used - {None} == set(catalog.misconceptions())


def test_a_scene_asked_about_exists_and_every_scene_is_used() -> None:
    lessons = "".join(source.read_text(encoding="utf-8") for source, _ in catalog.notebooks())
    used = {question.scene.id for question in catalog.questions().values() if question.scene}
    assert {name for name in catalog.scenes() if name not in used and name not in lessons} == set()


def test_asking_for_a_lesson_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(KeyError, match="there are: best-path, sessions"):
        MODULE.lesson("incidents")


def changed(tmp_path: Path, old: str, new: str) -> Path:
    text = QUESTION.read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "longer-path.toml"
    file.write_text(text.replace(old, new), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("old", "new", "key", "rule"),
    [
        ('value = "node1+node2"', 'value = "node2"', "choices", "exactly one must have the value"),
        ('value = "node3"', 'value = "node1+node2"', "choices", "exactly one must have the value"),
        ('"longer-is-better"', '"no-such-idea"', "misconception", "not in misconceptions.toml"),
        ('misconception = "longer-is-better"', "", "choices[1].misconception", "wrong answers"),
        ('scene = "rack-prepend"', 'scene = "nowhere"', "scene", "one of border-three"),
        ('asks = "sharing"', 'asks = "opinion"', "asks", "one of best"),
        ('asks = "sharing"', 'asks = "fate"\nof = "node9"', "of", "the model cannot answer"),
        ('outcome = "explain"', 'outcome = "shine"', "outcome", "one of explain"),
        ('kind = "predict"', 'kind = "riddle"', "kind", "one of predict"),
    ],
)
def test_a_wrong_question_is_refused(
    tmp_path: Path, old: str, new: str, key: str, rule: str
) -> None:
    file = changed(tmp_path, old, new)
    outcomes = {outcome.id: outcome for outcome in MODULE.outcomes}
    with pytest.raises(ContentError) as caught:
        catalog.read_question(file, catalog.scenes(), outcomes, catalog.misconceptions())
    assert key in caught.value.key
    assert rule in caught.value.rule
