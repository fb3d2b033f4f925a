import json
from datetime import UTC
from enum import IntEnum
from multiprocessing import get_context
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locrib import answers
from locrib.answers import AnswerError

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc"), inner, max_size=4),
    max_leaves=10,
)


def test_an_answer_comes_back_with_its_version_and_its_time(tmp_path: Path) -> None:
    kept = answers.save("med-1", {"winner": "p3"}, question_version=2, folder=tmp_path)
    assert answers.load("med-1", folder=tmp_path) == kept
    assert kept.latest.answer == {"winner": "p3"}
    assert kept.latest.question_version == 2
    assert kept.latest.at.tzinfo is UTC


def test_the_file_is_as_documented(tmp_path: Path) -> None:
    answers.save("med-1", "p3", question_version=1, folder=tmp_path)
    record = json.loads((tmp_path / "med-1.json").read_text(encoding="utf-8"))
    assert list(record) == ["format", "version", "id", "attempts"]
    assert (record["format"], record["version"], record["id"]) == ("locrib-answer", 1, "med-1")
    assert list(record["attempts"][0]) == ["at", "question_version", "answer"]


def test_no_earlier_answer_is_lost(tmp_path: Path) -> None:
    for winner in ("p1", "p2", "p1"):
        answers.save("med-1", winner, question_version=1, folder=tmp_path)
    kept = answers.load("med-1", folder=tmp_path)
    assert kept is not None
    assert [attempt.answer for attempt in kept.attempts] == ["p1", "p2", "p1"]


def test_running_a_cell_again_is_not_another_attempt(tmp_path: Path) -> None:
    first = answers.save("med-1", {"a": 1, "b": 2}, question_version=1, folder=tmp_path)
    assert answers.save("med-1", {"b": 2, "a": 1}, question_version=1, folder=tmp_path) == first
    again = answers.save("med-1", {"a": 1, "b": 2}, question_version=2, folder=tmp_path)
    assert len(again.attempts) == 2


@pytest.mark.parametrize("other", [True, 1.0, "1"])
def test_values_that_python_calls_equal_are_different_answers(
    tmp_path: Path, other: object
) -> None:
    answers.save("q", 1, question_version=1, folder=tmp_path)
    assert len(answers.save("q", other, question_version=1, folder=tmp_path).attempts) == 2


@given(value=JSON)
def test_any_plain_value_survives(tmp_path_factory: pytest.TempPathFactory, value: object) -> None:
    folder = tmp_path_factory.mktemp("answers")
    answers.save("q", value, question_version=1, folder=folder)
    kept = answers.load("q", folder=folder)
    assert kept is not None
    assert json.dumps(kept.latest.answer) == json.dumps(value)


def test_a_tuple_is_kept_as_a_list(tmp_path: Path) -> None:
    kept = answers.save("q", ("p1", ("p2",)), question_version=1, folder=tmp_path)
    assert kept.latest.answer == ["p1", ["p2"]]
    assert answers.load("q", folder=tmp_path) == kept


class Choice(IntEnum):
    """A value that looks like a number and is more than one."""

    FIRST = 1


def nested(depth: int) -> object:
    value: object = 0
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "where"),
    [
        ({"paths": [{"med": {1, 2}}]}, r"answer\.paths\[0\]\.med: a set"),
        ({1: "a"}, "answer: keys are text"),
        (float("nan"), "answer: nan"),
        ([float("inf")], r"answer\[0\]: inf"),
        (b"bytes", "answer: a bytes"),
        ("\ud800", "answer: not valid text"),
        ({"\ud800": 1}, "answer: a key: not valid text"),
        (nested(60), "deeper than 50"),
        ("x" * 1_000_001, "at most 1000000 bytes"),
    ],
)
def test_an_answer_that_is_not_plain_data_is_refused_by_place(
    tmp_path: Path, value: object, where: str
) -> None:
    with pytest.raises(AnswerError, match=where):
        answers.save("q", value, question_version=1, folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


NO_IDS = ["", ".", "..", "../q", "/etc/passwd", "a/b", "a\\b", ".hidden", "q.", "a..b", "a b"]


@pytest.mark.parametrize("id_", [*NO_IDS, "Q", "ä", "q\0", "q\n", "a" * 81])
def test_an_id_that_is_no_id_is_refused(tmp_path: Path, id_: str) -> None:
    with pytest.raises(AnswerError, match="id:"):
        answers.save(id_, 1, question_version=1, folder=tmp_path)
    with pytest.raises(AnswerError, match="id:"):
        answers.load(id_, folder=tmp_path)


@pytest.mark.parametrize("version", [0, -1, True, "1", 1.0, None])
def test_a_question_version_is_a_positive_integer(tmp_path: Path, version: int) -> None:
    with pytest.raises(AnswerError, match="question_version"):
        answers.save("q", 1, question_version=version, folder=tmp_path)


@pytest.mark.parametrize(
    "rubbish",
    [
        b"",
        b"{",
        b"\xff",
        b"[]",
        b'{"format": "locrib-answer", "version": 1}',
        b'{"format": "locrib-answer", "version": 1, "id": "other", "attempts": []}',
        b'{"format": "locrib-answer", "version": 1, "id": "q", "attempts": []}',
        b'{"format": "locrib-answer", "version": 1, "id": "q", "attempts": [{"at": "yesterday"}]}',
        b'{"format": "locrib-answer", "version": 0, "id": "q", "attempts": []}',
        b"[" * 100_000,
    ],
)
def test_a_damaged_file_is_put_aside_and_not_destroyed(tmp_path: Path, rubbish: bytes) -> None:
    (tmp_path / "q.json").write_bytes(rubbish)
    answers.save("q", "p1", question_version=1, folder=tmp_path)
    [aside] = tmp_path.glob("q.json.unreadable-*")
    assert aside.read_bytes() == rubbish
    assert list(answers.all(folder=tmp_path)) == ["q"]


def test_two_damaged_files_in_one_second_are_both_kept(tmp_path: Path) -> None:
    for rubbish in (b"{1", b"{2", b"{3"):
        (tmp_path / "q.json").write_bytes(rubbish)
        assert answers.load("q", folder=tmp_path) is None
    kept = {path.read_bytes() for path in tmp_path.glob("q.json.unreadable-*")}
    assert kept == {b"{1", b"{2", b"{3"}


def test_a_file_of_a_newer_course_is_refused_and_left_alone(tmp_path: Path) -> None:
    newer = '{"format": "locrib-answer", "version": 2, "id": "q"}'
    (tmp_path / "q.json").write_text(newer, encoding="utf-8")
    with pytest.raises(AnswerError, match="newer"):
        answers.save("q", 1, question_version=1, folder=tmp_path)
    assert (tmp_path / "q.json").read_text(encoding="utf-8") == newer


def test_a_folder_without_answers_has_none(tmp_path: Path) -> None:
    assert answers.all(folder=tmp_path / "nowhere") == {}
    assert answers.load("q", folder=tmp_path / "nowhere") is None


def test_answers_lie_beside_the_notebook_wherever_a_cell_went(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCRIB_NOTEBOOK_FOLDER", str(tmp_path))
    monkeypatch.chdir("/")
    answers.save("q", 1, question_version=1)
    assert (tmp_path / "answers" / "q.json").is_file()
    assert list(answers.all()) == ["q"]


def _save_many(folder: Path, name: str) -> None:
    for number in range(20):
        answers.save("q", f"{name}{number}", question_version=1, folder=folder)


def test_two_kernels_lose_none_of_each_others_answers(tmp_path: Path) -> None:
    context = get_context("spawn")
    writers = [context.Process(target=_save_many, args=(tmp_path, name)) for name in "ab"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
        assert writer.exitcode == 0
    kept = answers.load("q", folder=tmp_path)
    assert kept is not None
    assert {a.answer for a in kept.attempts} == {f"{w}{n}" for w in "ab" for n in range(20)}
