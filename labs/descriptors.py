"""Wait for descriptors, however high their numbers are: `select.select` ends at the thousandth.

Twenty labs of one owner, or many clients of one holder, need more than that (select(2), BUGS).
"""

import select
from collections.abc import Sequence
from typing import Protocol, TypeVar


class HasDescriptor(Protocol):
    """A socket, a program of a lab."""

    def fileno(self) -> int:
        """Return the descriptor."""


T = TypeVar("T", bound=HasDescriptor)


def readable(waited: Sequence[T], seconds: float | None) -> list[T]:
    """Wait until some can be read or have ended; return those, none when the time is over."""
    poller = select.poll()
    numbers = {one.fileno(): one for one in waited}
    for number in numbers:
        poller.register(number, select.POLLIN)
    ready = poller.poll(None if seconds is None else max(0.0, seconds) * 1000)
    return [numbers[number] for number, _ in ready]
