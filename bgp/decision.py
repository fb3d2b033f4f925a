"""``decide``: paths in, a decision out, with its whole trace as data.

RFC 4271 section 9.1.2. Everything a picture, a sentence or a judge needs is in ``Decision``; it is
frozen, and deciding again with one thing changed is how every "what if" is answered.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from bgp.eligibility import refusal, waits
from bgp.engines import ENGINES, Outcome
from bgp.errors import InvalidValueError
from bgp.knobs import Knobs
from bgp.multipath import Multipath, multipath
from bgp.profiles import Profile
from bgp.profiles import profile as find_profile
from bgp.reasons import Ineligible, MultipathVerdict, StepId, Undecided
from bgp.route import Path, Speaker
from bgp.step import Arena, Comparison, Context

MAX_PATHS: Final = 1024  # the replay of arrivals grows with the square; no router has as many
FIRST_PATH: Final = "First path received"


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


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision for one prefix.

    Attributes:
        profile: whose process it is.
        knobs: the configuration.
        speaker: the deciding router.
        paths: all candidates in order of arrival.
        best: id of the best path, None when there is none.
        decided_by: the last step that put a path out of the running: it settled the matter.
            ``only-path`` or ``no-eligible-path`` where no step had to.
        reason: FRR's ``selectionReason`` word for word, None for the other profiles. It names the
            last comparison FRR happened to make, which need not be the decisive one.
        multipath: ids in the multipath set, sorted.
        multipath_verdicts: (path id, why it is in or out) for every path.
        ineligible: (path id, why) for the paths that took no part.
        trace: the steps in order.
        comparisons: the comparisons of the last run in order, the multipath pass included.
    """

    profile: Profile
    knobs: Knobs
    speaker: Speaker
    paths: tuple[Path, ...]
    best: str | None
    decided_by: StepId | Undecided
    reason: str | None
    multipath: tuple[str, ...]
    multipath_verdicts: tuple[tuple[str, MultipathVerdict], ...]
    ineligible: tuple[tuple[str, Ineligible], ...]
    trace: tuple[StepTrace, ...]
    comparisons: tuple[Comparison, ...]

    def path(self, path_id: str) -> Path:
        """Return the candidate of that id.

        Raises:
            KeyError: there is none.
        """
        for path in self.paths:
            if path.id == path_id:
                return path
        raise KeyError(path_id)

    @property
    def eliminations(self) -> tuple[Elimination, ...]:
        """Every elimination, in the order of the steps."""
        return tuple(lost for step in self.trace for lost in step.eliminated)

    def lost(self, path_id: str) -> Elimination | None:
        """Return how a path lost, None for the best path and for one that took no part."""
        return next((lost for lost in self.eliminations if lost.path == path_id), None)

    def why_ineligible(self, path_id: str) -> Ineligible | None:
        """Return why a path took no part, None when it did."""
        return dict(self.ineligible).get(path_id)


def decide(
    paths: Iterable[Path],
    profile: Profile | str,
    speaker: Speaker,
    knobs: Knobs | None = None,
) -> Decision:
    """Select the best path as a profile's speaker would.

    Args:
        paths: the candidates in order of arrival, each one installed before the next came.
        profile: a profile or its name (``frr-8.4``, ``bird``, ...).
        speaker: the deciding router.
        knobs: its configuration; defaults when None.

    Raises:
        InvalidValueError: two paths share an id, there are more than ``MAX_PATHS``, or the
            profile does not exist.
    """
    chosen = find_profile(profile) if isinstance(profile, str) else profile
    knobs = knobs or Knobs()
    candidates = tuple(paths)
    selection = select(candidates, chosen, speaker, knobs)
    arena, outcome, ineligible = selection.arena, selection.outcome, selection.ineligible
    shared = multipath(arena, outcome, chosen, knobs)
    trace = _trace(arena, outcome, selection.live)
    verdicts = shared.verdicts | dict.fromkeys(ineligible, MultipathVerdict.INELIGIBLE)
    return Decision(
        profile=chosen,
        knobs=knobs,
        speaker=speaker,
        paths=candidates,
        best=outcome.best,
        decided_by=_decided_by(outcome, trace),
        reason=_reason(chosen, outcome, shared) if chosen.gives_reason else None,
        multipath=tuple(sorted(shared.members)),
        multipath_verdicts=tuple((path.id, verdicts[path.id]) for path in candidates),
        ineligible=tuple(ineligible.items()),
        trace=trace,
        comparisons=(*outcome.comparisons, *shared.comparisons),
    )


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


def _trace(arena: Arena, outcome: Outcome, live: frozenset[str]) -> tuple[StepTrace, ...]:
    """Lay the losers out along the steps: a path stands until the step that put it out."""
    fallen: dict[StepId, list[Comparison]] = {}
    for comparison in _settled(arena, outcome).values():
        fallen.setdefault(comparison.step, []).append(comparison)
    standing = [path_id for path_id in arena.order if path_id in live]
    traces: list[StepTrace] = []
    for step in arena.steps:

        def show(path_id: str, show: object = step.show) -> str:
            return show(arena.paths[path_id], arena.context)  # type: ignore[operator, no-any-return]

        values = tuple((path_id, show(path_id)) for path_id in standing)
        eliminated = tuple(
            Elimination(c.loser, c.winner, step.id, show(c.loser), show(c.winner))
            for c in fallen.get(step.id, [])
        )
        gone = {lost.path for lost in eliminated}
        standing = [path_id for path_id in standing if path_id not in gone]
        traces.append(StepTrace(step.id, values, eliminated, tuple(standing)))
    if rest := fallen.get(StepId.NOTHING_LEFT):
        eliminated = tuple(Elimination(c.loser, c.winner, c.step, "", "") for c in rest)
        gone = {lost.path for lost in eliminated}
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


def _decided_by(outcome: Outcome, trace: tuple[StepTrace, ...]) -> StepId | Undecided:
    if outcome.best is None:
        return Undecided.NO_PATH
    deciding = [step.step for step in trace if step.eliminated]
    return deciding[-1] if deciding else Undecided.ONLY_PATH


def _reason(profile: Profile, outcome: Outcome, shared: Multipath) -> str | None:
    """FRR's selectionReason: whatever the last comparison of the run left behind."""
    if outcome.best is None:
        return None
    step_id = outcome.reason
    for comparison in shared.comparisons:
        if comparison.step is not StepId.LLGR_STALE:
            step_id = comparison.step
    return FIRST_PATH if step_id is None else frr_reason(profile, step_id)


def frr_reason(profile: Profile, step_id: StepId) -> str:
    """Return FRR's own words for a step (``bgp_path_selection_reason2str``)."""
    if step_id is StepId.NOTHING_LEFT:
        return "Nothing left to compare"
    return profile.step(step_id).reason
