"""The bare selection: eligibility, then the profile's engine. ``bgp/decision.py`` explains it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bgp.eligibility import refusal, waits
from bgp.engines import ENGINES, Outcome
from bgp.errors import InvalidValueError
from bgp.knobs import Knobs
from bgp.profiles import Profile
from bgp.reasons import Ineligible
from bgp.route import Path, Speaker
from bgp.step import Arena, Context

MAX_PATHS: Final = 1024  # the replay of arrivals grows with the square; no router has as many


@dataclass(frozen=True, slots=True)
class Selection:
    """The bare selection, before it is explained.

    Attributes:
        arena: the candidates with their keys.
        outcome: what the engine found.
        ineligible: path id to why it took no part.
        live: ids of the paths that took part.
    """

    arena: Arena
    outcome: Outcome
    ineligible: dict[str, Ineligible]
    live: frozenset[str]

    @property
    def best(self) -> str | None:
        """Id of the selected path."""
        return self.outcome.best


def select(
    candidates: tuple[Path, ...], profile: Profile, speaker: Speaker, knobs: Knobs
) -> Selection:
    """Select without explaining: the part of ``decide`` that is asked again and again."""
    _check(candidates)
    ineligible: dict[str, Ineligible] = {}
    entered: list[Path] = []
    for path in candidates:
        cause = refusal(path, profile, knobs, speaker)
        if cause is not None:
            ineligible[path.id] = cause
            continue
        entered.append(path)
        if waits(path, profile):
            ineligible[path.id] = Ineligible.NEXT_HOP
    context = Context(knobs, speaker, {path.id: n for n, path in enumerate(candidates)})
    arena = Arena(entered, profile.steps, context)
    live = frozenset(path.id for path in entered if path.id not in ineligible)
    return Selection(arena, ENGINES[profile.method](arena, live), ineligible, live)


def _check(candidates: tuple[Path, ...]) -> None:
    if len(candidates) > MAX_PATHS:
        raise InvalidValueError(
            "paths", f"{len(candidates)} paths", f"at most {MAX_PATHS} paths for one prefix"
        )
    seen: set[str] = set()
    for path in candidates:
        if path.id in seen:
            raise InvalidValueError("paths", path.id, "a different id for each path")
        seen.add(path.id)
