"""Read a course's data files strictly: a wrong file is refused with file, key and rule.

An author sees the error at the first load, not a learner in the middle of a lesson. Unknown keys
are refused too: a misspelt key would otherwise be a silent omission.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")


class ContentError(ValueError):
    """A file of the course is wrong; the text says which, where in it, and what was expected."""

    def __init__(self, file: Path, key: str, rule: str) -> None:
        """Name the file, the key and the rule it breaks."""
        super().__init__(f"{file}: {key}: {rule}")
        self.file, self.key, self.rule = file, key, rule


class Table:
    """A table of a data file; every value is asked for by key, type and rule."""

    def __init__(self, file: Path, data: Mapping[str, Any], place: str = "") -> None:
        """Read `data`, found in `file` at `place` ("" for the whole file)."""
        self.file, self._data, self._place = file, data, place
        self._asked: set[str] = set()

    def wrong(self, key: str, rule: str) -> ContentError:
        """Return the error for a key of this table."""
        return ContentError(self.file, f"{self._place}{key}", rule)

    def text(self, key: str, default: str | None = None) -> str:
        """Return a non-empty text."""
        value = self._value(key, default)
        if not isinstance(value, str) or (not value.strip() and value != default):
            raise self.wrong(key, f"a text is expected, not {value!r}")
        return value.strip()

    def number(self, key: str, default: int | None = None) -> int:
        """Return a whole number, 1 or more."""
        value = self._value(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise self.wrong(key, f"a whole number, 1 or more, is expected, not {value!r}")
        return value

    def texts(self, key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """Return a list of texts."""
        value = self._value(key, default)
        if not isinstance(value, list | tuple) or not all(isinstance(i, str) and i for i in value):
            raise self.wrong(key, f"a list of texts is expected, not {value!r}")
        return tuple(value)

    def tables(self, key: str) -> tuple[Table, ...]:
        """Return an array of tables, one or more."""
        value = self._value(key, None)
        if not isinstance(value, list) or not value or not all(isinstance(i, dict) for i in value):
            raise self.wrong(key, "one or more tables are expected")
        return tuple(
            Table(self.file, item, f"{self._place}{key}[{n}].") for n, item in enumerate(value)
        )

    def table(self, key: str) -> Table:
        """Return a table."""
        value = self._value(key, None)
        if not isinstance(value, dict):
            raise self.wrong(key, "a table is expected")
        return Table(self.file, value, f"{self._place}{key}.")

    def plain(self, key: str, default: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        """Return a table as plain data, its keys unchecked: whoever takes it checks them."""
        value = self._value(key, default)
        if not isinstance(value, dict) or (not value and value != default):
            raise self.wrong(key, "a table is expected")
        return value

    def one_of(self, key: str, allowed: Mapping[str, T]) -> T:
        """Return what a text stands for."""
        value = self.text(key)
        if value not in allowed:
            raise self.wrong(key, f"one of {', '.join(allowed)} is expected, not {value!r}")
        return allowed[value]

    def done(self) -> None:
        """Refuse keys that nobody asked for."""
        for key in self._data:
            if key not in self._asked:
                raise self.wrong(key, f"an unknown key; there are {', '.join(sorted(self._asked))}")

    def _value(self, key: str, default: Any) -> Any:  # noqa: ANN401 - TOML
        self._asked.add(key)
        value = self._data.get(key, default)
        if value is None:
            raise self.wrong(key, "is missing")
        return value


def read_toml(file: Path, format_name: str, version: int, build: Callable[[Table], T]) -> T:
    """Read a TOML file of one of the course's formats.

    Raises:
        ContentError: it is no TOML, of another format or version, or `build` refused it.
    """
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ContentError(file, "the file", f"cannot be read as TOML: {error}") from error
    table = Table(file, data)
    if table.text("format") != format_name:
        raise table.wrong("format", f"{format_name!r} is expected")
    if table.number("version") != version:
        raise table.wrong("version", f"{version} is expected, the version known here")
    built = build(table)
    table.done()
    return built


def read_json(file: Path) -> Any:  # noqa: ANN401 - JSON
    """Read a JSON file.

    Raises:
        ContentError: it is no JSON.
    """
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ContentError(file, "the file", f"cannot be read as JSON: {error}") from error
