"""A line in a notebook that tells how long a cell has been waiting, and for what.

A hold timer takes its seconds, and a cell that only shows `[*]` looks broken. Outside a notebook
nothing is shown.
"""

from __future__ import annotations

from types import TracebackType
from typing import Self

from modules.pictures.page import Picture, esc


class Waiting:
    """What a cell shows while it waits; gone when the wait is over."""

    def __init__(self, what: str) -> None:
        """Wait for `what`, such as "tor1 to node1"."""
        self._what = what
        self._shown: object = None

    def __enter__(self) -> Self:
        """Show nothing yet: a short wait needs no words."""
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        """Take the line away."""
        if self._shown is not None:
            self._show(Picture("", ""))

    def tell(self, seconds: float, state: str) -> None:
        """Say how long it has been, and what the state is."""
        if seconds > 0:
            words = f"Waiting, {seconds:.0f} s. {self._what}{': ' if state else ''}{state}."
            self._show(Picture(f'<p class="lr-soft">{esc(words)}</p>', words))

    def _show(self, picture: Picture) -> None:
        from IPython import get_ipython  # noqa: PLC0415 - a tool of notebooks, slow to import
        from IPython.display import display  # noqa: PLC0415 - as above

        if get_ipython() is None:
            return
        data = {"text/html": picture.html if picture.body else "", "text/plain": picture.text}
        if self._shown is None:
            self._shown = display(data, raw=True, display_id=True)  # type: ignore[no-untyped-call]  # IPython's
        else:
            self._shown.update(data, raw=True)  # type: ignore[attr-defined]  # IPython's handle
