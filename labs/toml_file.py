"""TOML read with care: every value checked, every mistake refused by file, line and name."""

from __future__ import annotations

import ipaddress
import re
import tomllib
from collections.abc import Callable, Collection
from typing import Any, Final, NoReturn, TypeVar

from labs.errors import LabError

T = TypeVar("T")

_NAME: Final = r'(?:[\w-]+|"[^"]*"|\'[^\']*\')'
_HEADER: Final = re.compile(rf"\s*(\[\[?)\s*({_NAME}(?:\s*\.\s*{_NAME})*)\s*\]")
_KEY: Final = re.compile(rf"\s*({_NAME})\s*=")
_BYTE_ORDER_MARK: Final = "\ufeff"  # with which some editors on Windows begin a file


class TomlFile:
    """A whole file."""

    def __init__(self, text: str, file: str) -> None:
        """Read text; `file` is what an error calls it.

        Raises:
            LabError: it is no TOML; names the line.
        """
        self.file = file
        try:
            self.data: dict[str, Any] = tomllib.loads(text.removeprefix(_BYTE_ORDER_MARK))
        except tomllib.TOMLDecodeError as error:
            line = re.search(r"at line (\d+)", str(error))
            raise LabError(f"{file}:{line[1] if line else '?'}: no TOML: {error}") from error
        except RecursionError as error:
            raise LabError(f"{file}: nested too deeply for a topology") from error
        self._lines = _line_numbers(text)

    def fail(self, place: str, message: str) -> NoReturn:
        """Refuse the file, naming the line of a place or of the nearest table around it."""
        around = place
        while around and around not in self._lines:
            around = around.rpartition(".")[0]
        named = place if place.isprintable() else repr(place)
        raise LabError(f"{self.file}:{self._lines.get(around, 1)}: {named}: {message}")

    def whole(self) -> TomlTable:
        """Return the file as one table."""
        return TomlTable(self, "", self.data)

    def table(self, name: str) -> TomlTable:
        """Return the `[name]` table, empty where it is missing."""
        return TomlTable(self, name, self.data.get(name, {}))

    def tables(self, kind: str) -> dict[str, TomlTable]:
        """Return the `[kind.NAME]` tables by name."""
        found = self.table(kind).data
        return {name: TomlTable(self, f"{kind}.{name}", data) for name, data in found.items()}

    def array(self, kind: str) -> list[TomlTable]:
        """Return the `[[kind]]` tables."""
        found = self.data.get(kind, [])
        if not isinstance(found, list):
            self.fail(kind, f"expected [[{kind}]] tables")
        return [TomlTable(self, f"{kind}.{number}", data) for number, data in enumerate(found)]


def _line_numbers(text: str) -> dict[str, int]:
    """Return the line of each table and of each key in it, by names such as `link.0.ends`."""
    found: dict[str, int] = {}
    counts: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            table = _plain(header[2])
            if header[1] == "[[":
                counts[table] = counts.get(table, -1) + 1
                table = f"{table}.{counts[table]}"
            found.setdefault(table, number)
        elif key := _KEY.match(line):
            name = _plain(key[1])
            found.setdefault(f"{table}.{name}" if table else name, number)
    return found


def _plain(name: str) -> str:
    """Return a dotted name without what quotes its parts."""
    return ".".join(part.strip("\"'") for part in re.findall(_NAME, name))


class TomlTable:
    """One table of a file: gives its keys, checked, and refuses those that mean nothing."""

    def __init__(self, file: TomlFile, place: str, data: object) -> None:
        """Take over what the file has at `place`."""
        self.file, self.place = file, place
        if not isinstance(data, dict):
            file.fail(place, f"expected a table, seen {data!r}")
        self.data: dict[str, Any] = data

    def fail(self, key: str, message: str) -> NoReturn:
        """Refuse a key's value."""
        self.file.fail(f"{self.place}.{key}" if self.place else key, message)

    def only(self, *known: str) -> None:
        """Refuse a key that means nothing here."""
        for key in self.data:
            if key not in known:
                self.fail(key, f"means nothing here; what does is {', '.join(known)}")

    def inner(self, key: str, what: str) -> TomlTable:
        """Return a table within this one."""
        if key not in self.data:
            self.fail(key, f"is missing; {what}")
        return TomlTable(self.file, f"{self.place}.{key}", self.data[key])

    def get(self, key: str, what: str, read: Callable[[Any], T | None], default: T | None) -> T:
        """Return a value that `read` makes something of; `default` where it may be missing."""
        if key not in self.data:
            if default is None:
                self.fail(key, f"is missing; expected {what}")
            return default
        value = read(self.data[key])
        if value is None:
            self.fail(key, f"expected {what}, seen {self.data[key]!r}")
        return value

    def text(self, key: str, what: str, default: str | None = None) -> str:
        """Return text on one line, with nothing in it that would drive a terminal."""

        def read(value: Any) -> str | None:  # noqa: ANN401 - TOML from outside
            return value if isinstance(value, str) and value.isprintable() else None

        return self.get(key, what, read, default)

    def one_of(self, key: str, words: Collection[str], default: str | None = None) -> str:
        """Return one of some words."""
        what = f"one of {', '.join(words)}"
        return self.get(key, what, lambda v: v if v in words else None, default)

    def number(self, key: str, limits: range, what: str, default: int | None = None) -> int:
        """Return a whole number."""
        return self.get(key, what, lambda v: v if type(v) is int and v in limits else None, default)

    def maybe_number(self, key: str, limits: range, what: str) -> int | None:
        """Return a whole number, None where it is missing."""
        return self.number(key, limits, what) if key in self.data else None

    def flag(self, key: str) -> bool:
        """Return a truth value, False where it is missing."""
        read = lambda v: v if isinstance(v, bool) else None  # noqa: E731 - as short as the others
        return self.get(key, "true or false", read, default=False)

    def texts(self, key: str, default: list[str] | None = None) -> tuple[str, ...]:
        """Return a list of texts."""

        def read(value: Any) -> list[str] | None:  # noqa: ANN401 - TOML from outside
            fine = isinstance(value, list) and all(isinstance(item, str) for item in value)
            return value if fine else None

        return tuple(self.get(key, 'a list of texts such as ["a", "b"]', read, default))

    def names(
        self, key: str, known: Collection[str], what: str, default: list[str] | None = None
    ) -> tuple[str, ...]:
        """Return a list of names that are all known."""
        found = self.texts(key, default)
        for name in found:
            if name not in known:
                self.fail(key, f"no {what} is called {name!r}; there are {', '.join(known)}")
        return found

    def address(self, key: str, default: str | None = None) -> str:
        """Return an IPv4 address."""
        return self.get(key, "an IPv4 address such as 192.0.2.1", address, default)

    def prefix(self, key: str, default: str | None = None) -> str:
        """Return an IPv4 prefix."""
        return self.get(key, "an IPv4 prefix such as 192.0.2.0/24", prefix, default)

    def prefixes(self, key: str) -> tuple[str, ...]:
        """Return a list of IPv4 prefixes, empty where it is missing."""
        found = self.texts(key, [])
        for entry in found:
            if prefix(entry) is None:
                self.fail(key, f"expected IPv4 prefixes such as 192.0.2.0/24, seen {entry!r}")
        return found


def address(value: object) -> str | None:
    """Read an IPv4 address; None for anything else."""
    try:
        return str(ipaddress.IPv4Address(value)) if isinstance(value, str) else None
    except ValueError:
        return None


def prefix(value: object) -> str | None:
    """Read an IPv4 prefix without host bits; None for anything else."""
    try:
        return str(ipaddress.IPv4Network(value)) if isinstance(value, str) else None
    except ValueError:
        return None


def interface(value: str) -> str | None:
    """Read an IPv4 address with its length; None for anything else."""
    try:
        return str(ipaddress.IPv4Interface(value)) if "/" in value else None
    except ValueError:
        return None
