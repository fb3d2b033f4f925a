"""From what has been done to a lab to the verbs that do it again: a checkpoint's steps.

A `Situation` says how things are ("mtu node1 sw": "1400"), a verb makes them so. Pure; a checkpoint
comes from a file, which anybody may have edited.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from labs.errors import LabError
from labs.lab_contract import FROZEN, STOPPED, LabContract
from labs.lab_services import NONE
from labs.situation import Situation


@dataclass(frozen=True)
class Step:
    """One thing to do again.

    Attributes:
        what: the thing, as the situation names it.
        how: as it has to be.
        place: when it is done; what needs a daemon that answers comes before it is stopped.
        verb: of a lab.
        arguments: the verb's.
    """

    what: str
    how: str
    place: int
    verb: str
    arguments: tuple[Any, ...]

    def do(self, lab: LabContract) -> None:
        """Do it to a lab."""
        getattr(lab, self.verb)(*self.arguments)


def steps_to(situation: Situation) -> tuple[Step, ...]:
    """Return what leads from a lab as at first to a situation, in the order to do it.

    Raises:
        LabError: no verb leads to something in it; names it.
    """
    steps = [_step(what, how) for what, how in situation.done]
    return tuple(sorted(steps, key=lambda step: step.place))


def refusal(what: str, how: str, why: str) -> LabError:
    """Return the error of a checkpoint that holds what cannot be."""
    return LabError(
        f"the checkpoint has {what!r} as {how!r}, and {why}: nothing was changed; take another one"
    )


def _words(separator: str | None) -> Callable[[str], Iterable[Any]]:
    return lambda how: () if how == NONE else how.split(separator)


def _lines(how: str) -> Iterable[Any]:
    return how.split("\n")


def _number(how: str) -> Iterable[Any]:
    return (int(how),)


def _text(how: str) -> Iterable[Any]:
    return (how,)


def _share(how: str) -> Iterable[Any]:
    what, _, percent = how.partition(" ")
    return (what, *([int(percent)] if percent else []))


def _nothing(_: str) -> Iterable[Any]:
    return ()


@dataclass(frozen=True)
class _Kind:
    place: int
    verb: str
    names: int
    read: Callable[[str], Iterable[Any]] = _nothing


_KINDS: Final[Mapping[str, _Kind]] = {
    "mtu": _Kind(0, "mtu", 2, _number),
    "drop": _Kind(0, "drop", 2, _share),
    "limit": _Kind(0, "limit", 2, _number),
    "as": _Kind(0, "as_number", 1, _number),
    "routes": _Kind(0, "routes", 1, _number),
    "policy": _Kind(0, "policy", 1, _text),
    "endpoints": _Kind(0, "endpoints", 1, _words(None)),
    "roas": _Kind(0, "roas", 1, _words("; ")),
    "lines": _Kind(0, "configure", 1, _lines),
    "objects": _Kind(0, "objects", 0, _text),
    "cut": _Kind(1, "cut", 2),
    "frozen": _Kind(2, "freeze", 2),  # those beside bgpd, which has to run for it
    f"daemon {FROZEN}": _Kind(3, "freeze", 1),
    f"daemon {STOPPED}": _Kind(3, "stop_daemon", 1),
}
"""Each kind of thing in a situation: which verb does it, of how many names, and how the rest of its
arguments is read."""


def _step(what: str, how: str) -> Step:
    word, *names = what.split() or [""]
    kind = _KINDS.get(f"daemon {how}" if word == "daemon" else word)
    if kind is None or len(names) != kind.names:
        raise refusal(what, how, "no verb of a lab does that")
    try:
        arguments = (*names, *kind.read(how))
    except ValueError as error:
        raise refusal(what, how, "expected a whole number") from error
    return Step(what, how, kind.place, kind.verb, arguments)
