"""Reading the commands that the view of a SessionFsm sends: nothing in them is taken on trust."""

from __future__ import annotations

from collections.abc import Mapping

from bgp.errors import InvalidValueError
from bgp.fsm_words import Event


def event_field(number: object) -> Event:
    """Return the event of a number.

    Raises:
        InvalidValueError: there is no such event.
    """
    if isinstance(number, bool) or not isinstance(number, int) or number not in set(Event):
        raise InvalidValueError("event", number, "an event's number, 1 to 29")
    return Event(number)


def text_field(command: Mapping[str, object], field: str) -> str:
    """Return a field that is text.

    Raises:
        InvalidValueError: it is missing, or something else.
    """
    value = command.get(field)
    if not isinstance(value, str):
        raise InvalidValueError(field, value, "text")
    return value
