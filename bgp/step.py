"""What a step of the decision process is: a key to compare by, and when it may be compared.

A step is data. A profile (``bgp/profiles.py``) is a tuple of steps; the engines
(``bgp/elimination.py``, ``bgp/frr_selection.py``, ...) know nothing about attributes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bgp.knobs import Knobs
from bgp.reasons import Phase, StepId
from bgp.route import Path, Speaker


@dataclass(slots=True)
class Context:
    """What a step may look at beside the two paths.

    Attributes:
        knobs: the configuration.
        speaker: the deciding router.
        arrival: path id to its place in the order of arrival, 0 first.
        incumbent: id of the path selected by the run before, None at first.
        suppressed: ids that BIRD's deterministic MED has put aside in this run.
    """

    knobs: Knobs
    speaker: Speaker
    arrival: Mapping[str, int] = field(default_factory=dict)
    incumbent: str | None = None
    suppressed: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a decision process.

    Attributes:
        id: its name in results.
        key: the number compared; the lower is preferred.
        show: the same value as a person reads it.
        source: where the step is written down, RFC section or file of the implementation.
        enabled: whether the configuration has the step at all.
        comparable: whether two paths (new, existing) are compared on this step; None for always.
        existing_wins: whether the existing path stays whatever the keys say; None for never.
            Only implementations that compare pairwise have such a rule.
        dynamic: whether the key depends on the run (the incumbent), so cannot be kept.
        tie_breaker: whether the step comes after the point where paths are equal for multipath.
        reason: FRR's ``selectionReason`` for the step, "" where FRR leaves the old one standing.
        attribute: the attribute of ``Path`` the key is read from, None where no attribute is.
    """

    id: StepId
    key: Callable[[Path, Context], int]
    show: Callable[[Path, Context], str]
    source: str
    enabled: Callable[[Context], bool] | None = None
    comparable: Callable[[Path, Path, Context], bool] | None = None
    existing_wins: Callable[[Path, Path, Context], bool] | None = None
    dynamic: bool = False
    tie_breaker: bool = False
    reason: str = ""
    attribute: str | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison a router made.

    Attributes:
        new: id of the path offered.
        existing: id of the path that stood.
        winner: id of the one that was kept.
        step: the step that told them apart.
        phase: the pass in which it happened.
    """

    new: str
    existing: str
    winner: str
    step: StepId
    phase: Phase = Phase.SELECTION

    @property
    def loser(self) -> str:
        """Id of the path that was not kept."""
        return self.existing if self.winner == self.new else self.new


class Arena:
    """The candidates of one decision with their keys, compared as the steps say.

    Keys are computed once a path, because engines that replay arrivals compare the same pair
    many times.
    """

    def __init__(self, paths: Iterable[Path], steps: Sequence[Step], context: Context) -> None:
        """Take the paths that enter the table, in order of arrival."""
        self.context = context
        self.paths = {path.id: path for path in paths}
        self.order = tuple(self.paths)
        self.steps = tuple(step for step in steps if step.enabled is None or step.enabled(context))
        self._keys = {
            path.id: [0 if step.dynamic else step.key(path, context) for step in self.steps]
            for path in self.paths.values()
        }

    def key(self, path_id: str, index: int) -> int:
        """Return the key of a path on the step at ``index``."""
        step = self.steps[index]
        if step.dynamic:
            return step.key(self.paths[path_id], self.context)
        return self._keys[path_id][index]

    def told_apart(self, new: str, existing: str, index: int) -> str | None:
        """Return the winner of the pair on one step, None when the step does not tell."""
        step = self.steps[index]
        if step.existing_wins is not None and step.existing_wins(
            self.paths[new], self.paths[existing], self.context
        ):
            return existing
        a, b = self.key(new, index), self.key(existing, index)
        if a == b:
            return None
        if step.comparable is not None and not step.comparable(
            self.paths[new], self.paths[existing], self.context
        ):
            return None
        return new if a < b else existing

    def compare(self, new: str, existing: str, phase: Phase = Phase.SELECTION) -> Comparison:
        """Walk the steps until one tells the pair apart; nothing left means the new one wins."""
        for index, step in enumerate(self.steps):
            winner = self.told_apart(new, existing, index)
            if winner is not None:
                return Comparison(new, existing, winner, step.id, phase)
        return Comparison(new, existing, new, StepId.NOTHING_LEFT, phase)

    def equal_before_tie_breakers(
        self, new: str, existing: str, ignore: frozenset[StepId] = frozenset()
    ) -> bool:
        """Whether no step ahead of the tie-breakers tells the pair apart."""
        return all(
            step.tie_breaker or step.id in ignore or self.told_apart(new, existing, index) is None
            for index, step in enumerate(self.steps)
        )
