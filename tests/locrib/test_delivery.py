import json
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locrib import delivery, files
from locrib.delivery import Action, Entry, plan
from locrib.trouble import Exit, Trouble

NAME = "01-best-path.ipynb"
OLD, NEW, MINE = "old", "new", "mine"

Deliver = Callable[[], delivery.Delivered]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return tmp_path / "work space"


@pytest.fixture
def deliver(lesson: Path, workspace: Path) -> Deliver:
    """Deliver the lesson once more and give back what was done."""

    def once() -> delivery.Delivered:
        [outcome] = delivery.deliver([(lesson, NAME)], workspace)
        return outcome

    return once


@pytest.fixture
def update(deliver: Deliver, workspace: Path, lesson: Path) -> Path:
    """The update that lies beside a lesson its learner has changed."""
    deliver()
    edit(workspace / NAME)
    revise(lesson)
    deliver()
    return workspace / "01-best-path.updated.ipynb"


def edit(path: Path, text: str = "# mine") -> None:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["cells"][0]["source"] = text
    path.write_text(json.dumps(notebook), encoding="utf-8")


def revise(lesson: Path, word: str = "once") -> None:
    with lesson.open("a", encoding="utf-8") as file:
        file.write(f"\nThe author added this {word}.\n")


def names(workspace: Path) -> set[str]:
    return {path.name for path in workspace.iterdir()} - {delivery.MEMORY}


def test_a_new_workspace_gets_every_lesson(deliver: Deliver, workspace: Path) -> None:
    assert deliver() == delivery.Delivered(NAME, Action.NEW, NAME)
    assert names(workspace) == {NAME}


def test_a_second_delivery_changes_not_a_byte(deliver: Deliver, workspace: Path) -> None:
    deliver()
    before = {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in workspace.rglob("*.*json*")}
    assert deliver().action is Action.KEEP
    assert {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in before} == before


def test_an_untouched_lesson_is_renewed_in_place(
    deliver: Deliver, workspace: Path, lesson: Path
) -> None:
    deliver()
    revise(lesson)
    assert deliver().action is Action.RENEW
    assert "The author added this" in (workspace / NAME).read_text(encoding="utf-8")
    assert names(workspace) == {NAME}


def test_a_changed_lesson_stays_and_the_update_lies_beside_it(
    deliver: Deliver, workspace: Path, lesson: Path
) -> None:
    deliver()
    edit(workspace / NAME)
    mine = (workspace / NAME).read_bytes()
    revise(lesson)
    outcome = deliver()
    assert outcome == delivery.Delivered(NAME, Action.BESIDE, "01-best-path.updated.ipynb")
    assert (workspace / NAME).read_bytes() == mine
    assert deliver().action is Action.KEEP


def test_an_update_left_alone_is_replaced_by_the_next(
    deliver: Deliver, update: Path, lesson: Path
) -> None:
    revise(lesson, "twice")
    assert deliver().written == update.name
    assert "this twice" in update.read_text(encoding="utf-8")


def test_an_update_that_was_worked_on_stays_too(
    deliver: Deliver, update: Path, lesson: Path
) -> None:
    edit(update, "# mine as well")
    revise(lesson, "twice")
    assert deliver().written == "01-best-path.updated-2.ipynb"
    assert "# mine as well" in update.read_text(encoding="utf-8")


def test_a_deleted_update_does_not_come_back(deliver: Deliver, update: Path) -> None:
    update.unlink()
    assert deliver().action is Action.KEEP
    assert names(update.parent) == {NAME}


def test_a_learner_who_takes_the_update_is_up_to_date(
    deliver: Deliver, update: Path, lesson: Path
) -> None:
    update.replace(update.parent / NAME)
    assert deliver().action is Action.ADOPT
    revise(lesson, "twice")
    assert deliver().action is Action.RENEW


def test_a_learner_who_takes_an_update_late_gets_the_next_one_in_place(
    deliver: Deliver, update: Path, lesson: Path
) -> None:
    revise(lesson, "twice")
    update.replace(update.parent / NAME)
    assert deliver().action is Action.RENEW


def test_a_deleted_lesson_is_delivered_again(deliver: Deliver, workspace: Path) -> None:
    deliver()
    (workspace / NAME).unlink()
    assert deliver().action is Action.NEW


@pytest.mark.parametrize("rubbish", [b"", b"{", b"\xff\xfe", b'{"cells": 1}', b"<<<<<<< HEAD"])
def test_an_unreadable_notebook_is_the_learners_and_stays(
    deliver: Deliver, workspace: Path, rubbish: bytes
) -> None:
    deliver()
    (workspace / NAME).write_bytes(rubbish)
    assert deliver() == delivery.Delivered(
        NAME, Action.BESIDE_UNREADABLE, "01-best-path.updated.ipynb"
    )
    assert (workspace / NAME).read_bytes() == rubbish
    assert deliver().action is Action.KEEP
    (workspace / "01-best-path.updated.ipynb").unlink()
    assert deliver().action is Action.BESIDE_UNREADABLE


@pytest.mark.parametrize(
    "rubbish",
    ["", "{", "[]", '{"format": "other", "version": 1}', '{"format": "locrib-delivered"}'],
)
def test_without_a_readable_record_everything_is_the_learners(
    deliver: Deliver, workspace: Path, lesson: Path, rubbish: str
) -> None:
    deliver()
    manifest = workspace / delivery.MEMORY / delivery.MANIFEST
    manifest.write_text(rubbish, encoding="utf-8")
    edit(workspace / NAME)
    revise(lesson)
    assert deliver().action is Action.BESIDE
    [aside] = manifest.parent.glob("delivered.json.unreadable-*")
    assert aside.read_text(encoding="utf-8") == rubbish
    assert deliver().action is Action.KEEP


@pytest.mark.parametrize(
    "entry", [{"source": 1}, {"source": "a", "cells": "b", "delivered": 3}, {}, 5]
)
def test_a_record_with_a_wrong_entry_is_put_aside_whole(
    deliver: Deliver, workspace: Path, entry: object
) -> None:
    deliver()
    manifest = workspace / delivery.MEMORY / delivery.MANIFEST
    record = json.loads(manifest.read_text(encoding="utf-8"))
    record["notebooks"][NAME] = entry
    manifest.write_text(json.dumps(record), encoding="utf-8")
    assert deliver().action is Action.ADOPT
    assert list(manifest.parent.glob("*.unreadable-*"))


def test_a_record_of_a_newer_course_is_refused_and_left_alone(
    deliver: Deliver, workspace: Path
) -> None:
    deliver()
    manifest = workspace / delivery.MEMORY / delivery.MANIFEST
    newer = manifest.read_text(encoding="utf-8").replace('"version": 1', '"version": 2')
    manifest.write_text(newer, encoding="utf-8")
    with pytest.raises(Trouble) as caught:
        deliver()
    assert "version 2" in caught.value.seen
    assert manifest.read_text(encoding="utf-8") == newer


def test_two_deliveries_at_once_do_not_mix(deliver: Deliver, workspace: Path) -> None:
    deliver()
    lock = workspace / delivery.MEMORY / "delivery.lock"
    with files.locked(lock), pytest.raises(Trouble) as caught:
        deliver()
    assert caught.value.code is Exit.BUSY
    assert deliver().action is Action.KEEP


def test_a_read_only_workspace_is_a_sentence(
    deliver: Deliver, workspace: Path, read_only: Callable[[], AbstractContextManager[None]]
) -> None:
    with pytest.raises(Trouble) as caught, read_only():
        deliver()
    assert str(workspace) in caught.value.expected


def test_a_file_where_the_workspace_should_be_is_a_sentence(
    deliver: Deliver, workspace: Path
) -> None:
    workspace.write_text("not a folder", encoding="utf-8")
    with pytest.raises(Trouble) as caught:
        deliver()
    assert str(workspace) in caught.value.seen


def test_a_lesson_whose_text_is_missing_is_named(lesson: Path, workspace: Path) -> None:
    missing = lesson.with_name("02.md")
    with pytest.raises(Trouble) as caught:
        delivery.deliver([(missing, "02.ipynb")], workspace)
    assert str(missing) in caught.value.expected
    assert caught.value.code is Exit.INPUT


def test_a_broken_source_leaves_the_lessons_before_it_recorded(
    lesson: Path, workspace: Path
) -> None:
    broken = lesson.with_name("02.md")
    broken.write_text("no code", encoding="utf-8")
    with pytest.raises(Trouble):
        delivery.deliver([(lesson, NAME), (broken, "02.ipynb")], workspace)
    [outcome] = delivery.deliver([(lesson, NAME)], workspace)
    assert outcome.action is Action.KEEP


@pytest.mark.parametrize("target", ["../x.ipynb", "/x.ipynb", "a/../../x.ipynb", "x.txt", ""])
def test_a_target_outside_the_workspace_is_refused(
    lesson: Path, workspace: Path, target: str
) -> None:
    with pytest.raises(Trouble):
        delivery.deliver([(lesson, target)], workspace)


def test_a_lesson_in_a_folder_gets_its_folder(lesson: Path, workspace: Path) -> None:
    delivery.deliver([(lesson, "lessons/01.ipynb")], workspace)
    assert (workspace / "lessons" / "01.ipynb").is_file()


def test_a_notebook_that_is_a_link_is_not_written_through(
    deliver: Deliver, workspace: Path, lesson: Path, tmp_path: Path
) -> None:
    deliver()
    elsewhere = tmp_path / "elsewhere.ipynb"
    shutil.move(workspace / NAME, elsewhere)
    (workspace / NAME).symlink_to(elsewhere)
    before = elsewhere.read_bytes()
    revise(lesson)
    deliver()
    assert elsewhere.read_bytes() == before


def test_what_is_the_courses_and_what_is_the_learners_is_told_apart(
    lesson: Path, workspace: Path
) -> None:
    lessons = [(lesson, "a.ipynb"), (lesson, "b.ipynb")]
    delivery.deliver(lessons, workspace)
    edit(workspace / "b.ipynb")
    revise(lesson)
    delivery.deliver(lessons, workspace)
    untouched, changed = delivery.own_copies(workspace)
    assert {path.name for path in untouched} == {"a.ipynb", "b.updated.ipynb"}
    assert {path.name for path in changed} == {"b.ipynb"}


DIGESTS = st.sampled_from([OLD, NEW, MINE])
ENTRIES = st.none() | st.builds(
    Entry, source=DIGESTS, cells=DIGESTS, delivered=st.none() | DIGESTS, beside=st.none() | DIGESTS
)


@given(disk=DIGESTS, entry=ENTRIES, want=DIGESTS)
def test_only_what_was_delivered_is_ever_replaced(
    disk: str, entry: Entry | None, want: str
) -> None:
    if plan(disk, entry, want) in (Action.NEW, Action.RENEW):
        assert entry is not None
        assert disk in (entry.delivered, entry.cells)


@given(disk=DIGESTS, entry=ENTRIES, want=DIGESTS)
def test_a_lesson_that_differs_is_offered_once(disk: str, entry: Entry | None, want: str) -> None:
    offered = plan(disk, entry, want) in (Action.RENEW, Action.BESIDE)
    if disk != want and (entry is None or entry.cells != want):
        assert offered
    if disk == want:
        assert not offered
