"""Reading parsed JSON: the shape of each value checked, refusals told by field, value and rule."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from bgp.errors import InvalidValueError


def load(text: str) -> object:
    """Parse JSON text; a syntax error says its line and column."""
    try:
        loaded: object = json.loads(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno} column {error.colno}"
        raise InvalidValueError(
            "JSON", text, f"well-formed JSON ({error.msg} at {where})"
        ) from None
    except RecursionError:
        raise InvalidValueError("JSON", text, "JSON nested less deeply") from None
    return loaded


def mapping(field: str, value: object) -> Mapping[str, object]:
    """Return the value if it is a JSON object."""
    if not isinstance(value, Mapping):
        raise InvalidValueError(field, value, "a JSON object")
    return value


def sequence(field: str, value: object) -> Sequence[object]:
    """Return the value if it is a JSON list."""
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise InvalidValueError(field, value, "a JSON list")
    return value


def number(field: str, value: object) -> int | None:
    """Return the value if it is a whole number or null; its range is the attribute's business."""
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise InvalidValueError(field, value, "a whole number or null")
    return value


def text(field: str, value: object) -> str:
    """Return the value if it is a string."""
    if not isinstance(value, str):
        raise InvalidValueError(field, value, "text")
    return value


def flag(field: str, value: object) -> bool:
    """Return the value if it is true or false."""
    if not isinstance(value, bool):
        raise InvalidValueError(field, value, "true or false")
    return value


def required(field: str, data: Mapping[str, object]) -> object:
    """Return a field that must be there."""
    if field not in data:
        raise InvalidValueError(field, None, "a value; the field is missing")
    return data[field]
