"""JSON files that outlive the process that wrote them: each says its format and version.

A record of a newer version is refused (its writer knew more than we do); one that is damaged is
told apart from it, so that the caller can put it aside and go on.
"""

import json
from pathlib import Path
from typing import Any

from locrib import files


class NewerRecordError(Exception):
    """The record was written by a newer Loc-RIB."""


class DamagedRecordError(ValueError):
    """The file is no record of the format that was asked for."""


def read(path: Path, name: str, version: int) -> dict[str, Any]:
    """The fields of the record in `path`.

    Args:
        path: A JSON file written by `write`.
        name: The format's name.
        version: The newest version that can be read.

    Raises:
        FileNotFoundError: There is no such file.
        NewerRecordError: It is of a newer version.
        DamagedRecordError: It is something else, or not JSON at all.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise DamagedRecordError(f"{path}: {error}") from error
    if not isinstance(found, dict) or found.get("format") != name:
        raise DamagedRecordError(f"{path}: not a record of format {name!r}")
    seen = found.get("version")
    if not isinstance(seen, int) or seen < 1:
        raise DamagedRecordError(f"{path}: version {seen!r}")
    if seen > version:
        raise NewerRecordError(f"version {seen}; this Loc-RIB reads {version}")
    return found


def write(path: Path, name: str, version: int, **fields: object) -> None:
    """Replace the record in `path`, whole or not at all.

    Raises:
        OSError: The folder cannot be written; the old record is as it was.
    """
    record = {"format": name, "version": version, **fields}
    files.write_whole(path, json.dumps(record, indent=1, ensure_ascii=False) + "\n")
