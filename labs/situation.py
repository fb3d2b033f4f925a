"""What was done to a lab since it came up: what a recording is looked up by, and mended from."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import Any, Final

UP: Final = "up"
MENDED: Final = "mended"
OBJECTS: Final = "objects"
"""What a cluster's objects are called in a situation: too long to be told."""


@dataclass(frozen=True)
class Situation:
    """A lab's situation.

    Attributes:
        done: (what, how), one for each thing that is not as at first, sorted; such as
            ("cut node1 sw1", "yes") or ("as node1", "64999").
        moments: what was waited for or marked since the last change, in order.
    """

    done: tuple[tuple[str, str], ...] = ()
    moments: tuple[str, ...] = (UP,)

    def get(self, what: str) -> str | None:
        """Return how a thing is, None for as at first."""
        return dict(self.done).get(what)

    def having(self, what: str, how: str | None) -> Situation:
        """Return the situation after a change; None puts the thing back."""
        done = {**dict(self.done), what: how}
        kept = sorted((w, h) for w, h in done.items() if h is not None)
        return Situation(tuple(kept), ())

    def at(self, moment: str) -> Situation:
        """Return the situation at a later moment."""
        return replace(self, moments=(*self.moments, moment))

    def plain(self) -> dict[str, Any]:
        """Return it as plain data for JSON."""
        return {"done": [list(pair) for pair in self.done], "moments": list(self.moments)}

    @classmethod
    def of(cls, data: Any) -> Situation:  # noqa: ANN401 - JSON from outside
        """Return what `plain` wrote as a situation again.

        Raises:
            ValueError: it is something else.
        """
        try:
            done = tuple((what, how) for what, how in data["done"])
            found = cls(done, tuple(data["moments"]))
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"expected a situation, seen {data!r}") from error
        for text in itertools.chain(*done, found.moments):
            if not isinstance(text, str) or not text.strip():
                raise ValueError(f"expected text in a situation, seen {text!r}")
        return found

    def __str__(self) -> str:
        """Say it to a person."""
        told = (what if what == OBJECTS else f"{what}: {how}" for what, how in self.done)
        return "; ".join(told) or "nothing done"


def link_key(verb: str, one: str, other: str) -> str:
    """Name something done to a link, whichever way round the ends were given."""
    return " ".join((verb, *sorted((one, other))))
