"""A learner's answers: one versioned file a question beside the notebook, and no attempt is lost.

A judge reads these files later, on another machine, knowing nothing of the notebook; so they are
plain data in a documented format (docs/formats.md). Widgets never write files: a notebook hands
their answers to `save`.
"""

import json
import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from locrib import files as disk
from locrib import records
from locrib.folders import NOTEBOOK_VARIABLE

FOLDER = "answers"
FORMAT, VERSION = "locrib-answer", 1
LARGEST = 1_000_000
"""Bytes of one answer. It is a choice or a small scene; a larger one is a mistake."""

_ID = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")
_LONGEST_ID = 80
_LOCK = ".lock"
_DEEPEST = 50

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


class AnswerError(ValueError):
    """An answer cannot be kept as it is; the text names the place in it and the rule."""


@dataclass(frozen=True)
class Attempt:
    """One committed answer.

    Attributes:
        at: When it was committed, UTC.
        question_version: Version of the question it answers, 1 or more.
        answer: The answer, plain JSON data.
    """

    at: datetime
    question_version: int
    answer: Json


@dataclass(frozen=True)
class Answer:
    """All that was answered to one question, the first attempt first; there is at least one."""

    id: str
    attempts: tuple[Attempt, ...]

    @property
    def latest(self) -> Attempt:
        """The answer that counts now."""
        return self.attempts[-1]


def save(id: str, answer: object, *, question_version: int, folder: Path | None = None) -> Answer:  # noqa: A002 -- the format's own word
    """Keep a committed answer; the earlier ones stay in the file.

    The same answer to the same version of the question, given twice in a row, is one attempt: a
    cell may be run again.

    Args:
        id: The question's id: lower-case letters and digits, joined by single `.`, `_` or `-`.
        answer: None, bool, int, float, str, or lists, tuples and dicts (with str keys) of them.
        question_version: The version of the question that was asked, 1 or more.
        folder: The folder of the answers; `answers` beside the notebook when None.

    Returns:
        Everything answered to this question so far.

    Raises:
        AnswerError: The id, the version or the answer cannot be kept; nothing was written.
        OSError: The folder cannot be written; what was there is as it was.
    """
    path = _path(id, folder)
    if isinstance(question_version, bool) or not isinstance(question_version, int):
        raise AnswerError(f"question_version: an integer is expected, not {question_version!r}")
    if question_version < 1:
        raise AnswerError(f"question_version: 1 or more is expected, not {question_version}")
    plain = _plain(answer, "answer", _DEEPEST)
    if (size := len(json.dumps(plain).encode())) > LARGEST:
        raise AnswerError(f"answer: at most {LARGEST} bytes of JSON are kept, not {size}")
    path.parent.mkdir(parents=True, exist_ok=True)
    with disk.locked(path.parent / _LOCK):
        before = _read(path)
        attempts = before.attempts if before else ()
        if attempts and _same(attempts[-1], question_version, plain):
            return Answer(id, attempts)
        attempts += (Attempt(datetime.now(UTC), question_version, plain),)
        kept = Answer(id, attempts)
        _write(path, kept)
        return kept


def load(id: str, *, folder: Path | None = None) -> Answer | None:  # noqa: A002 -- as in save
    """Everything answered to one question, or None when nothing was.

    A file that cannot be read as an answer is put aside under another name (never destroyed), and
    counts as nothing.

    Raises:
        AnswerError: The id is no id, or the file was written by a newer version of the course.
    """
    return _read(_path(id, folder))


def all(*, folder: Path | None = None) -> dict[str, Answer]:  # noqa: A001 -- answers.all() reads well
    """Everything answered in a folder, by question id, in the order of the ids."""
    found = {
        path.stem: load(path.stem, folder=folder) for path in files(folder or default_folder())
    }
    return {id_: answer for id_, answer in found.items() if answer}


def files(folder: Path) -> list[Path]:
    """The files in `folder` that are named like answers, in the order of their names."""
    return sorted(path for path in folder.glob("*.json") if _is_id(path.stem))


def traces(folder: Path) -> list[Path]:
    """Every file this module makes in `folder`: answers, unreadable ones put aside, the lock."""
    names = {path: path.name.partition(".json")[0] for path in folder.glob("*.json*")}
    return sorted([path for path, id_ in names.items() if _is_id(id_)] + [*folder.glob(_LOCK)])


def default_folder() -> Path:
    """`answers` beside the running notebook, or in the current folder outside of one."""
    return Path(os.environ.get(NOTEBOOK_VARIABLE) or Path.cwd()) / FOLDER


def _is_id(text: str) -> bool:
    return len(text) <= _LONGEST_ID and _ID.fullmatch(text) is not None


def _path(id_: str, folder: Path | None) -> Path:
    if not isinstance(id_, str) or not _is_id(id_):
        raise AnswerError(
            f"id: lower-case letters and digits, joined by single '.', '_' or '-', at most "
            f"{_LONGEST_ID} characters, are expected, not {id_!r}"
        )
    return (default_folder() if folder is None else folder) / f"{id_}.json"


def _plain(value: object, where: str, deeper: int) -> Json:
    """The value as JSON gives it back (tuples as lists), or an error that names the place."""
    if not deeper:
        raise AnswerError(f"{where}: nested deeper than {_DEEPEST} levels")
    match value:
        case list() | tuple():
            return [_plain(item, f"{where}[{n}]", deeper - 1) for n, item in enumerate(value)]
        case Mapping():
            return {
                _key(key, where): _plain(item, f"{where}.{key}", deeper - 1)
                for key, item in value.items()
            }
    return _scalar(value, where)


def _scalar(value: object, where: str) -> Json:
    match value:
        case None | bool() | int():
            return value
        case float() if math.isfinite(value):
            return value
        case float():
            raise AnswerError(f"{where}: {value} is not a number in JSON")
        case str():
            try:
                value.encode()
            except UnicodeEncodeError as error:
                raise AnswerError(f"{where}: not valid text ({error.reason})") from error
            return value
    raise AnswerError(f"{where}: a {type(value).__name__} is not plain data")


def _key(key: object, where: str) -> str:
    if not isinstance(key, str):
        raise AnswerError(f"{where}: keys are text in JSON, not {key!r}")
    _scalar(key, f"{where}: a key")
    return key


def _same(attempt: Attempt, question_version: int, plain: Json) -> bool:
    """Compared as text: in Python 1 == True == 1.0, in an answer they differ."""
    return attempt.question_version == question_version and json.dumps(
        attempt.answer, sort_keys=True
    ) == json.dumps(plain, sort_keys=True)


def _write(path: Path, answer: Answer) -> None:
    attempts = [
        {
            "at": attempt.at.isoformat(),
            "question_version": attempt.question_version,
            "answer": attempt.answer,
        }
        for attempt in answer.attempts
    ]
    records.write(path, FORMAT, VERSION, id=answer.id, attempts=attempts)


def _read(path: Path) -> Answer | None:
    """The answer in a file; None when there is none or it had to be put aside."""
    try:
        record = records.read(path, FORMAT, VERSION)
        return _answer(path.stem, record)
    except FileNotFoundError:
        return None
    except records.NewerRecordError as error:
        raise AnswerError(f"{path}: written by a newer Loc-RIB ({error}): update it") from error
    except (ValueError, TypeError, KeyError):
        disk.put_aside(path)
        return None


def _answer(id_: str, record: Mapping[str, Any]) -> Answer:
    attempts = tuple(_attempt(found) for found in record["attempts"])
    if record["id"] != id_ or not attempts:
        raise records.DamagedRecordError(f"an answer to {record['id']!r}")
    return Answer(id_, attempts)


def _attempt(found: Mapping[str, Any]) -> Attempt:
    at = datetime.fromisoformat(found["at"])
    if at.tzinfo is None or not isinstance(found["question_version"], int):
        raise records.DamagedRecordError(f"an attempt of {found['at']!r}")
    return Attempt(at, found["question_version"], found["answer"])
