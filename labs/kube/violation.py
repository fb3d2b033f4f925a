"""One mistake in one field, in the API server's words.

The words are those of Kubernetes' field errors (k8s.io/apimachinery, util/validation/field): what
a learner reads here is what a search engine finds.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

_WORDS: Final = {
    "FieldValueNotFound": "Not found",
    "FieldValueRequired": "Required value",
    "FieldValueDuplicate": "Duplicate value",
    "FieldValueInvalid": "Invalid value",
    "FieldValueTypeInvalid": "Invalid value",
    "FieldValueNotSupported": "Unsupported value",
    "FieldValueForbidden": "Forbidden",
    "FieldValueTooLong": "Too long",
    "FieldValueTooMany": "Too many",
    "FieldValueTooFew": "Too few",
}


@dataclass(frozen=True)
class Violation:
    """One mistake in one field.

    Attributes:
        path: the field, such as "spec.ports[0].port".
        reason: Kubernetes' name for the kind of mistake, such as "FieldValueRequired".
        detail: the whole line that the API server prints.
    """

    path: str
    reason: str
    detail: str

    @property
    def message(self) -> str:
        """The line without the field, as a Status lists it among its causes."""
        return self.detail.removeprefix(f"{self.path or '<nil>'}: ")


class _Omitted:
    """Stands for a value that is not shown."""


OMITTED: Final = _Omitted()
"""A value too large to be shown: the rules of whole objects and lists do not print them."""


def _violation(path: str, reason: str, *parts: str) -> Violation:
    said = ": ".join((_WORDS[reason], *(part for part in parts if part)))
    return Violation(path, reason, f"{path or '<nil>'}: {said}")


def shown(value: object) -> str:
    """A value as Kubernetes prints it: a text in quotes, anything else as JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def required(path: str, why: str = "") -> Violation:
    """A field that must be there is missing or empty."""
    return _violation(path, "FieldValueRequired", why)


def invalid(path: str, value: Any, why: str, reason: str = "FieldValueInvalid") -> Violation:  # noqa: ANN401 -- any JSON value
    """A value breaks a rule, told in `why`."""
    return _violation(path, reason, "" if value is OMITTED else shown(value), why)


def unsupported(path: str, value: Any, supported: Iterable[Any]) -> Violation:  # noqa: ANN401 -- any JSON value
    """A value is none of the few allowed."""
    names = ", ".join(shown(one if isinstance(one, str) else shown(one)) for one in supported)
    return _violation(
        path, "FieldValueNotSupported", shown(value), f"supported values: {names}" if names else ""
    )


def forbidden(path: str, why: str) -> Violation:
    """A field may not be set, or not be changed, here."""
    return _violation(path, "FieldValueForbidden", why)


def duplicate(path: str, value: Any) -> Violation:  # noqa: ANN401 -- any JSON value
    """A value that must be the only one of its kind is there twice."""
    return _violation(path, "FieldValueDuplicate", shown(value))


def not_found(path: str, value: str) -> Violation:
    """A field names something that is not there."""
    return _violation(path, "FieldValueNotFound", shown(value))


def too_long(path: str, most: int) -> Violation:
    """A text has more than `most` octets."""
    unit = "byte" if most == 1 else "bytes"
    return _violation(path, "FieldValueTooLong", f"may not be more than {most} {unit}")


def too_many(path: str, seen: int, most: int) -> Violation:
    """A list has more than `most` items."""
    unit = "item" if most == 1 else "items"
    return _violation(path, "FieldValueTooMany", str(seen), f"must have at most {most} {unit}")
