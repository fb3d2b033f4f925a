"""The trace of a decision: per step, the compared values, who fell and to whom, who went on."""

from __future__ import annotations

from dataclasses import dataclass

from bgp.engines import Outcome
from bgp.reasons import StepId
from bgp.step import Arena, Comparison


@dataclass(frozen=True, slots=True)
class Elimination:
    """A path put out of the running.

    Attributes:
        path: the loser's id.
        by: id of the path it lost to.
        step: the step that told them apart.
        value: the loser's value on that step, as text.
        better: the other's value, as text.
    """

    path: str
    by: str
    step: StepId
    value: str
    better: str


@dataclass(frozen=True, slots=True)
class StepTrace:
    """One step of the profile as it went.

    Attributes:
        step: the step's name.
        values: (path id, value as text) for every path that was still standing.
        eliminated: the paths that fell here.
        survivors: ids still standing after the step, in order of arrival.
    """

    step: StepId
    values: tuple[tuple[str, str], ...]
    eliminated: tuple[Elimination, ...]
    survivors: tuple[str, ...]


def trace_of(arena: Arena, outcome: Outcome, live: frozenset[str]) -> tuple[StepTrace, ...]:
    """Lay the losers out along the steps: a path stands until the step that put it out."""
    fallen: dict[StepId, list[Comparison]] = {}
    for comparison in _settled(arena, outcome).values():
        fallen.setdefault(comparison.step, []).append(comparison)
    standing = [path_id for path_id in arena.order if path_id in live]
    traces: list[StepTrace] = []
    for step in arena.steps:
        lost = fallen.get(step.id, [])
        seen = {*standing, *(c.loser for c in lost), *(c.winner for c in lost)}
        shown = {path_id: step.show(arena.paths[path_id], arena.context) for path_id in seen}
        values = tuple((path_id, shown[path_id]) for path_id in standing)
        eliminated = tuple(
            Elimination(c.loser, c.winner, step.id, shown[c.loser], shown[c.winner]) for c in lost
        )
        gone = {one.path for one in eliminated}
        standing = [path_id for path_id in standing if path_id not in gone]
        traces.append(StepTrace(step.id, values, eliminated, tuple(standing)))
    if rest := fallen.get(StepId.NOTHING_LEFT):
        eliminated = tuple(Elimination(c.loser, c.winner, c.step, "", "") for c in rest)
        gone = {one.path for one in eliminated}
        traces.append(
            StepTrace(
                StepId.NOTHING_LEFT,
                tuple((path_id, "") for path_id in standing),
                eliminated,
                tuple(path_id for path_id in standing if path_id not in gone),
            )
        )
    return tuple(traces)


def _settled(arena: Arena, outcome: Outcome) -> dict[str, Comparison]:
    """Say for each loser what put it out, so that the steps can be read from first to last.

    A router that compares pairwise may well drop p2 for p3 at a late step and p3 for p1 at an early
    one. Where the path that beat p2 would itself be gone by then, the comparison with the best
    path is given instead; what the router did in which order stays in ``Decision.comparisons``.
    Only where the best path does not beat p2 at all (MED gives no order) does the router's own
    comparison stand.
    """
    place = {step.id: index for index, step in enumerate(arena.steps)}
    place[StepId.NOTHING_LEFT] = len(place)
    settled: dict[str, Comparison] = {}
    waiting = {loser: found for loser, found in outcome.lost.items() if loser != outcome.best}
    if outcome.best is None:
        return settled

    def settle(loser: str, asking: frozenset[str]) -> int:
        if loser == outcome.best or loser in asking:
            return len(place)
        if loser not in settled:
            found = waiting[loser]
            by = settle(found.winner, asking | {loser})
            if by <= place[found.step]:
                direct = arena.compare(loser, str(outcome.best))
                if direct.winner == outcome.best:
                    found = direct
            settled[loser] = found
        return place[settled[loser].step]

    for loser in waiting:
        settle(loser, frozenset())
    return settled
