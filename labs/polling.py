"""Wait for a condition with a deadline: the only way anything here waits for a daemon."""

import time
from collections.abc import Callable
from typing import TypeVar

from labs.errors import LabError

T = TypeVar("T")
INTERVAL = 0.01


def poll(
    what: str,
    check: Callable[[], T | None],
    seconds: float = 20.0,
    explain: Callable[[], str] | None = None,
) -> T:
    """Call `check` until it returns something true, and return that.

    Args:
        what: the condition in words, for the error.
        check: returns a true value when the condition holds; may raise `LabError` to give up.
        seconds: how long to try.
        explain: called at the deadline; what was seen instead.

    Raises:
        LabError: the deadline passed.
    """
    deadline = time.monotonic() + seconds
    while True:
        value = check()
        if value:
            return value
        if time.monotonic() > deadline:
            seen = f": {explain()}" if explain else ""
            raise LabError(f"{what}: not within {seconds:g} seconds{seen}")
        time.sleep(INTERVAL)
