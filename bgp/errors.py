"""The one way a value of this package is refused: field, value, rule.

A learner typed the value, or a router printed it; either way the message must say which field was
wrong, what was in it, and what would have been right.
"""

from __future__ import annotations

from typing import Final

_SHOWN: Final = 60


class InvalidValueError(ValueError):
    """A field holds a value that BGP, or this model, does not allow.

    Attributes:
        field: the field's name, with its place when it is nested (``paths[2].med``).
        value: the value that was refused.
        rule: what the field takes, as a phrase that completes "expected ...".
    """

    def __init__(self, field: str, value: object, rule: str) -> None:
        """Keep the three parts apart, so that an editor can point at the field."""
        self.field = field
        self.value = value
        self.rule = rule
        shown = repr(value)
        if len(shown) > _SHOWN:
            shown = f"{shown[: _SHOWN - 1]}…"
        super().__init__(f"{field}: expected {rule}, got {shown}")

    def within(self, place: str) -> InvalidValueError:
        """Return the same error with its field prefixed by where it stands (``paths[2]``)."""
        return InvalidValueError(f"{place}.{self.field}", self.value, self.rule)
