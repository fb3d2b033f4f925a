"""The engines: how an implementation walks its candidates once the steps are given.

RFC 4271 eliminates: a step removes paths and the rest go on. Real speakers compare two at a time,
each in an order of its own, and keep state between arrivals; because MED does not order paths
(section 9.1.2.2 c), that order shows in the result, so it is replayed here as it happens there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from bgp.med import neighbor_as, same_med_group
from bgp.profiles import Method
from bgp.reasons import Phase, StepId
from bgp.step import Arena, Comparison


@dataclass(slots=True)
class Outcome:
    """What an engine found.

    Attributes:
        best: id of the selected path, None when no path could be selected.
        lost: loser's id to the comparison that put it out of the running.
        comparisons: the comparisons of the last run, in order.
        listed: the candidates in the order the speaker keeps them, for the multipath pass.
        reason: step of the last comparison that left its mark on FRR's ``selectionReason``;
            None when nothing was compared.
    """

    best: str | None = None
    lost: dict[str, Comparison] = field(default_factory=dict)
    comparisons: list[Comparison] = field(default_factory=list)
    listed: list[str] = field(default_factory=list)
    reason: StepId | None = None


Engine = Callable[[Arena, frozenset[str]], Outcome]


def eliminate(arena: Arena, live: frozenset[str]) -> Outcome:
    """RFC 4271 section 9.1.2.2: each step removes from consideration; order plays no part."""
    standing = [path_id for path_id in arena.order if path_id in live]
    outcome = Outcome(listed=list(standing))
    for index, step in enumerate(arena.steps):
        if len(standing) <= 1:
            break
        keys = {path_id: arena.key(path_id, index) for path_id in standing}
        if step.comparable is None:
            best = min(standing, key=lambda path_id: keys[path_id])
            beaten = {p: best for p in standing if keys[p] > keys[best]}
        else:
            beaten = _beaten_within_groups(arena, standing, keys)
        for path_id, by in beaten.items():
            outcome.lost[path_id] = Comparison(path_id, by, by, step.id)
        standing = [path_id for path_id in standing if path_id not in beaten]
    outcome.comparisons = list(outcome.lost.values())
    # What is left after the last step agrees in everything, the peer's address included.
    for path_id in standing[1:]:
        outcome.lost[path_id] = Comparison(path_id, standing[0], standing[0], StepId.NOTHING_LEFT)
    outcome.best = standing[0] if standing else None
    return outcome


def _beaten_within_groups(
    arena: Arena, standing: Sequence[str], keys: Mapping[str, int]
) -> dict[str, str]:
    """RFC's MED rule: m goes if some n of the same neighbor AS has the lower value."""
    groups: dict[int, list[str]] = {}
    for path_id in standing:
        asn = neighbor_as(arena.paths[path_id], arena.context)
        groups.setdefault(asn, []).append(path_id)
    beaten: dict[str, str] = {}
    for members in groups.values():
        best = min(members, key=lambda path_id: keys[path_id])
        beaten |= {p: best for p in members if keys[p] > keys[best]}
    return beaten


def newest_first(arena: Arena, live: frozenset[str]) -> Outcome:
    """FRR to 10.0, and Cisco: after each arrival one pass over the list, newest path first."""
    outcome = Outcome()
    listed: list[str] = []
    runs_matter = any(step.dynamic for step in arena.steps)
    arena.context.incumbent = None
    for count, path_id in enumerate(arena.order, start=1):
        listed.insert(0, path_id)
        if runs_matter or count == len(arena.order):
            # The incumbent of the run is the one the run before selected.
            outcome = _one_pass(arena, [p for p in listed if p in live])
            if count < len(arena.order):
                arena.context.incumbent = outcome.best
    return outcome


def _one_pass(arena: Arena, listed: list[str]) -> Outcome:
    outcome = Outcome(listed=listed)
    winners = set(listed)
    if arena.context.knobs.deterministic_med:
        winners = _group_winners(arena, listed, outcome)
    for path_id in listed:
        if path_id not in winners:
            continue
        if outcome.best is None:
            outcome.best = path_id
            continue
        comparison = arena.compare(path_id, outcome.best)
        _note(outcome, comparison)
        outcome.best = comparison.winner
    return outcome


def _group_winners(arena: Arena, listed: Sequence[str], outcome: Outcome) -> set[str]:
    """``deterministic-med``: membership is tested against the group's first path, as FRR does."""
    winners: set[str] = set()
    seen: set[str] = set()
    for place, first in enumerate(listed):
        if first in seen:
            continue
        best = first
        for other in listed[place + 1 :]:
            if other in seen or not same_med_group(arena.paths[first], arena.paths[other]):
                continue
            comparison = arena.compare(other, best, Phase.GROUP)
            _note(outcome, comparison)
            best = comparison.winner
            seen.add(other)
        seen.add(best)
        winners.add(best)
    return winners


def _note(outcome: Outcome, comparison: Comparison) -> None:
    outcome.comparisons.append(comparison)
    outcome.lost[comparison.loser] = comparison
    # FRR returns from its LLGR_STALE test without writing a reason: the one before stands.
    if comparison.step is not StepId.LLGR_STALE:
        outcome.reason = comparison.step


def sorted_insertion(arena: Arena, live: frozenset[str]) -> Outcome:
    """FRR 10.1 and later: a new path is put ahead of the first kept path that it beats.

    ``deterministic-med`` still makes its groups there, but the insertion does not look at them.
    Each path keeps the reason of the last comparison it gained or lost by, and the best path's is
    what the multipath pass starts from.
    """
    outcome = Outcome()
    reasons: dict[str, StepId | None] = {}
    kept = outcome.listed
    # FRR's LLGR_STALE test writes no reason, so what the run before left behind shows through.
    left_behind: StepId | None = None
    stale = any(path.is_llgr_stale for path in arena.paths.values())
    for path_id in arena.order:
        arena.context.incumbent = kept[0] if kept else None
        outcome.comparisons = []
        if path_id in live:
            place = len(kept)
            reasons[path_id] = None
            for index, other in enumerate(kept):
                comparison = arena.compare(path_id, other)
                outcome.comparisons.append(comparison)
                unwritten = comparison.step is StepId.LLGR_STALE
                reasons[comparison.winner] = left_behind if unwritten else comparison.step
                if comparison.winner == path_id:
                    place = index
                    break
                outcome.lost.setdefault(path_id, comparison)
            if place == 0 and kept:
                outcome.lost[kept[0]] = outcome.comparisons[-1]
            kept.insert(place, path_id)
        outcome.reason = reasons[kept[0]] if len(kept) > 1 else None
        if stale:
            left_behind = _after_multipath(arena, kept, outcome.reason)
    outcome.best = kept[0] if kept else None
    return outcome


def _after_multipath(arena: Arena, kept: Sequence[str], reason: StepId | None) -> StepId | None:
    """FRR's reason at the end of a run, its multipath pass included."""
    knobs = arena.context.knobs
    if knobs.maximum_paths != 1 or knobs.maximum_paths_ibgp != 1:
        for other in kept[1:]:
            step = arena.compare(other, kept[0]).step
            reason = reason if step is StepId.LLGR_STALE else step
    return reason


def incumbent(arena: Arena, live: frozenset[str]) -> Outcome:
    """BIRD: an arrival is compared with the best route only, unless a group has to be redone."""
    outcome = Outcome()
    kept = outcome.listed
    grouping = arena.context.knobs.deterministic_med
    arena.context.suppressed.clear()
    for path_id in arena.order:
        if path_id not in live:
            continue
        outcome.comparisons = []
        if grouping and not arena.paths[path_id].is_local and _regroup(arena, outcome, path_id):
            kept.append(path_id)
            _elect(arena, outcome)
        elif not kept:
            kept.append(path_id)
        else:
            comparison = arena.compare(path_id, kept[0])
            outcome.comparisons.append(comparison)
            outcome.lost[comparison.loser] = comparison
            kept.insert(0 if comparison.winner == path_id else len(kept), path_id)
    outcome.best = kept[0] if kept else None
    if outcome.best is not None:
        outcome.lost.pop(outcome.best, None)
    return outcome


def _regroup(arena: Arena, outcome: Outcome, new: str) -> bool:
    """Find the best of the new route's neighbor-AS group; True when all must be elected anew."""
    context, paths = arena.context, arena.paths
    asn = neighbor_as(paths[new], context)
    kept = outcome.listed
    group = [p for p in kept if not paths[p].is_local and neighbor_as(paths[p], context) == asn]
    context.suppressed.add(new)
    best = new
    for other in group:
        context.suppressed.add(other)
        comparison = arena.compare(other, best, Phase.GROUP)
        outcome.comparisons.append(comparison)
        outcome.lost[comparison.loser] = comparison
        best = comparison.winner
    context.suppressed.discard(best)
    for other in (new, *group):
        if other != best and _mergeable(arena, best, other):
            context.suppressed.discard(other)
    if best == new:
        return bool(kept) and kept[0] in group
    return True


def _mergeable(arena: Arena, best: str, other: str) -> bool:
    """BIRD ``bgp_rte_mergable``: nothing ahead of the tie-breakers tells the two apart."""
    return arena.equal_before_tie_breakers(
        best, other, frozenset({StepId.SUPPRESSED, StepId.AIGP, StepId.LOCAL_ROUTE})
    )


def _elect(arena: Arena, outcome: Outcome) -> None:
    kept = outcome.listed
    best = kept[0]
    for other in kept[1:]:
        comparison = arena.compare(other, best)
        outcome.comparisons.append(comparison)
        if comparison.step is not StepId.SUPPRESSED:  # its group's comparison says why
            outcome.lost[comparison.loser] = comparison
        best = comparison.winner
    kept.remove(best)
    kept.insert(0, best)


def stable_sort(arena: Arena, live: frozenset[str]) -> Outcome:
    """GoBGP: the list is sorted anew on each arrival, by Go's insertion for up to 20 paths.

    Longer lists are merged by Go in blocks; with a comparison that orders the paths the result is
    the same, with MED cycles among more than 20 paths it need not be.
    """
    outcome = Outcome()
    kept = outcome.listed
    for path_id in arena.order:
        if path_id not in live:
            continue
        outcome.comparisons = []
        kept.append(path_id)
        for start in range(1, len(kept)):
            for place in range(start, 0, -1):
                comparison = arena.compare(kept[place], kept[place - 1])
                outcome.comparisons.append(comparison)
                outcome.lost[comparison.loser] = comparison
                if comparison.winner != kept[place]:
                    break
                kept[place - 1], kept[place] = kept[place], kept[place - 1]
    outcome.best = kept[0] if kept else None
    if outcome.best is not None:
        outcome.lost.pop(outcome.best, None)
    return outcome


ENGINES: Final[Mapping[Method, Engine]] = {
    Method.ELIMINATION: eliminate,
    Method.NEWEST_FIRST: newest_first,
    Method.SORTED_INSERTION: sorted_insertion,
    Method.INCUMBENT: incumbent,
    Method.STABLE_SORT: stable_sort,
}
