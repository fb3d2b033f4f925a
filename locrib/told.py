"""What a lab cannot do, told to a learner: the sentence, without a traceback of our code."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from labs.errors import LabError


class ToldError(LabError):
    """Something a lab cannot do, for a learner: the sentence without a traceback of our code."""

    def _render_traceback_(self) -> list[str]:
        """Show the sentence alone (IPython asks an exception how it wants to be shown)."""
        return [str(self)]


@contextlib.contextmanager
def told() -> Iterator[None]:
    """Turn what a lab refuses into a sentence; works as a decorator, too."""
    try:
        yield
    except LabError as error:
        raise ToldError(str(error)) from None
