"""``decide``: paths in, a decision out, with its whole trace as data.

RFC 4271 section 9.1.2. Everything a picture, a sentence or a judge needs is in ``Decision``; it is
frozen, and deciding again with one thing changed is how every "what if" is answered.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from bgp.engines import Outcome
from bgp.knobs import Knobs
from bgp.multipath import Multipath, multipath
from bgp.profiles import Profile
from bgp.profiles import profile as find_profile
from bgp.reasons import Ineligible, MultipathVerdict, StepId, Undecided
from bgp.route import Path, Speaker
from bgp.selection import select
from bgp.step import Comparison
from bgp.trace import Elimination, StepTrace, trace_of

FIRST_PATH: Final = "First path received"


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
    trace = trace_of(arena, outcome, selection.live)
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
