"""What would have to be different: for a path that lost, the least change that gets it further.

The change is to the attribute on which the path was put out. It is found by deciding again, so it
is right for every profile, also where the comparison does not order the paths.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from bgp.changes import Change, improvements, remedies
from bgp.decision import Decision, decide
from bgp.reasons import Ineligible, StepId


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The answer for one path that was not selected.

    Attributes:
        path: its id.
        stopped_at: the step, or the ineligibility, that put it out.
        change: the least change of that attribute that gets it past; None when no single change
            of it does.
        wins: whether the path is best after ``change``.
        next_stop: what stops it next after ``change``, None when it wins or nothing helps.
        next_by: id of the path it then loses to, where one beats it.
        winning_change: a further change of the same attribute that makes it best, where ``change``
            does not and one exists.
    """

    path: str
    stopped_at: StepId | Ineligible
    change: Change | None
    wins: bool = False
    next_stop: StepId | Ineligible | None = None
    next_by: str | None = None
    winning_change: Change | None = None


def what_if(decision: Decision, path_id: str) -> WhatIf | None:
    """Find the least change that gets a loser past what stopped it; None for the best path.

    Raises:
        KeyError: no such path.
    """
    path = decision.path(path_id)
    if path_id == decision.best:
        return None
    cause = decision.why_ineligible(path_id)
    lost = decision.lost(path_id)
    stopped_at: StepId | Ineligible
    if cause is not None:
        stopped_at, changes = cause, remedies(decision, path, cause)
    elif lost is not None:
        stopped_at, changes = lost.step, improvements(decision, path, lost)
    else:  # pragma: no cover - every path is best, ineligible or eliminated
        raise AssertionError(path_id)
    first: WhatIf | None = None
    for change in changes:
        after = decide(change.paths, decision.profile, decision.speaker, decision.knobs)
        answer = _judge(decision, after, path_id, stopped_at, change)
        if answer is None:
            continue
        if first is None:
            first = answer
        if answer.wins:
            return first if first.wins else replace(first, winning_change=change)
    return first or WhatIf(path_id, stopped_at, None)


def _judge(
    decision: Decision,
    after: Decision,
    path_id: str,
    stopped_at: StepId | Ineligible,
    change: Change,
) -> WhatIf | None:
    """Whether the changed path got further, and where it stands now."""
    if after.best == path_id:
        return WhatIf(path_id, stopped_at, change, wins=True)
    cause, lost = after.why_ineligible(path_id), after.lost(path_id)
    if cause is not None:
        if isinstance(stopped_at, StepId) or cause is stopped_at:
            return None
        return WhatIf(path_id, stopped_at, change, next_stop=cause)
    if lost is None:  # pragma: no cover - not best and eligible means eliminated
        return None
    if isinstance(stopped_at, StepId):
        order = [step.id for step in decision.profile.steps] + [StepId.NOTHING_LEFT]
        if order.index(lost.step) <= order.index(stopped_at):
            return None
    return WhatIf(path_id, stopped_at, change, next_stop=lost.step, next_by=lost.by)
