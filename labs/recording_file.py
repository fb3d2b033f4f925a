"""The head that every file of recorded answers has, read in one place: its format and version."""

import json
from pathlib import Path
from typing import Any

from labs.errors import LabError


def read_record(file: Path, form: str, version: int) -> dict[str, Any]:
    """Read a recording's file.

    Args:
        file: where it is.
        form: the `format` it must have.
        version: the `version` it must have.

    Raises:
        LabError: it cannot be read, or is no recording of that format and version.
    """
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise LabError(f"{file} cannot be read as a recording: {error}") from error
    if not isinstance(record, dict) or record.get("format") != form:
        raise LabError(f'{file}: "format": expected {form!r}')
    if record.get("version") != version:
        raise LabError(
            f'{file}: "version": expected {version}, seen {record.get("version")!r}: update the '
            "course, or record it again with `python -m locrib.live record`"
        )
    return record
