"""Every English sentence this package says, in one place.

Written for a tired reader: what happened, the values, in the words of the field. Path ids go in as
they are; whoever shows the text escapes it for its medium.
"""

from __future__ import annotations

from typing import Final

from bgp.arrival_order import OrderSensitivity
from bgp.decision import Decision, frr_reason
from bgp.profiles import Profile
from bgp.reasons import Ineligible, MultipathVerdict, StepId, Undecided
from bgp.trace import Elimination
from bgp.what_if import WhatIf

STEP_TITLES: Final = {
    StepId.LLGR_STALE: "LLGR stale",
    StepId.SUPPRESSED: "Best of its neighbor AS",
    StepId.NEXT_HOP: "NEXT_HOP resolvable",
    StepId.WEIGHT: "Weight",
    StepId.LOCAL_PREF: "LOCAL_PREF",
    StepId.LOCAL_ROUTE: "Local route",
    StepId.AIGP: "AIGP",
    StepId.AS_PATH: "AS_PATH length",
    StepId.CONFED_AS_PATH: "AS_PATH length with confederation",
    StepId.ORIGIN: "ORIGIN",
    StepId.MED: "MED",
    StepId.PEER_TYPE: "eBGP over iBGP",
    StepId.CONFED_PEER_TYPE: "Confederation eBGP over iBGP",
    StepId.IGP_METRIC: "IGP metric to NEXT_HOP",
    StepId.CLUSTER_METRIC: "CLUSTER_LIST length as metric",
    StepId.OLDER: "Older path",
    StepId.ROUTER_ID: "BGP Identifier",
    StepId.CLUSTER_LENGTH: "CLUSTER_LIST length",
    StepId.LOCAL_CONFIGURED: "Configured here",
    StepId.NEIGHBOR_ADDRESS: "Neighbor address",
    StepId.NOTHING_LEFT: "Nothing left to compare",
}

# What a step prefers, as a phrase that completes "... prefers".
PREFERENCES: Final = {
    StepId.LLGR_STALE: "a path that is not LLGR stale",
    StepId.SUPPRESSED: "the best path of each neighbor AS",
    StepId.NEXT_HOP: "a path whose NEXT_HOP resolves",
    StepId.WEIGHT: "the higher weight",
    StepId.LOCAL_PREF: "the higher LOCAL_PREF",
    StepId.LOCAL_ROUTE: "a route of its own over a learned one",
    StepId.AIGP: "the lower accumulated IGP metric",
    StepId.AS_PATH: "the shorter AS_PATH, an AS_SET counting 1 and a confederation 0",
    StepId.CONFED_AS_PATH: "the shorter AS_PATH, confederation segments counted",
    StepId.ORIGIN: "IGP over EGP over incomplete",
    StepId.MED: "the lower MED, where the two may be compared at all",
    StepId.PEER_TYPE: "a path from an eBGP peer",
    StepId.CONFED_PEER_TYPE: "a path from another member AS over one from its own",
    StepId.IGP_METRIC: "the nearer NEXT_HOP",
    StepId.CLUSTER_METRIC: "the shorter CLUSTER_LIST among iBGP paths",
    StepId.OLDER: "the path that was there before",
    StepId.ROUTER_ID: "the lower BGP Identifier, ORIGINATOR_ID standing in for it",
    StepId.CLUSTER_LENGTH: "the shorter CLUSTER_LIST",
    StepId.LOCAL_CONFIGURED: "a path from a peer",
    StepId.NEIGHBOR_ADDRESS: "the lower neighbor address",
    StepId.NOTHING_LEFT: "the newer path, for want of anything else",
}

INELIGIBLE: Final = {
    Ineligible.AS_LOOP: "our own AS is in its AS_PATH: a loop, never entered in the table",
    Ineligible.CONFED_LOOP: "our confederation's identifier is in its AS_PATH: a loop",
    Ineligible.ORIGINATOR_LOOP: "its ORIGINATOR_ID is ours: our own route came back",
    Ineligible.CLUSTER_LOOP: "our cluster is in its CLUSTER_LIST: it has passed here before",
    Ineligible.AS_SET: "its AS_PATH holds a set, which `bgp reject-as-sets` refuses",
    Ineligible.FIRST_AS: "its AS_PATH does not open with the peer's AS (`enforce-first-as`)",
    Ineligible.NEXT_HOP: "its NEXT_HOP does not resolve: kept in the table, out of the running",
}

MULTIPATH: Final = {
    MultipathVerdict.BEST: "the best path itself",
    MultipathVerdict.EQUAL: "equal to the best path up to the tie-breakers",
    MultipathVerdict.INELIGIBLE: "took no part in the decision",
    MultipathVerdict.UNEQUAL: "not equal to the best path before the tie-breakers",
    MultipathVerdict.DIFFERENT_AS_PATH: "another AS_PATH (`as-path multipath-relax` is off)",
    MultipathVerdict.DIFFERENT_AS: "from another neighbor AS (`as-path multipath-relax` is off)",
    MultipathVerdict.SAME_NEXT_HOP: "the same NEXT_HOP as a path already in the set",
    MultipathVerdict.LIMIT: "equal, but `maximum-paths` is reached",
    MultipathVerdict.OFF: "multipath is off here: one path is installed",
}


def step_title(step_id: StepId | Undecided | Ineligible) -> str:
    """Return the heading of a step, or of what stands in its place."""
    if isinstance(step_id, StepId):
        return STEP_TITLES[step_id]
    if isinstance(step_id, Ineligible):
        return "Eligibility"
    return {
        Undecided.ONLY_PATH: "Only path",
        Undecided.NO_PATH: "No eligible path",
    }[step_id]


def sentence(decision: Decision) -> str:
    """Say in one plain sentence which path is best and why."""
    best, title = decision.best, decision.profile.title
    if best is None:
        if not decision.paths:
            return "There is no path to choose from."
        return f"No path is eligible, so {title} has no best path."
    if decision.decided_by is Undecided.ONLY_PATH:
        others = len(decision.paths) - 1
        rest = "no other path came in" if not others else "no other path is eligible"
        return f"{best} is best: {rest}."
    last = decision.eliminations[-1]
    preferred = PREFERENCES[last.step]
    runner_up = f"{last.path} was the last rival to fall"
    values = f" ({last.by}: {last.better}; {last.path}: {last.value})" if last.value else ""
    return (
        f"{best} is best: {runner_up}, at {STEP_TITLES[last.step]}, where {title} prefers "
        f"{preferred}{values}."
    )


def elimination_text(lost: Elimination) -> str:
    """Say how a path lost."""
    if lost.step is StepId.NOTHING_LEFT:
        return f"{lost.path} lost to {lost.by}: nothing was left to compare."
    return (
        f"{lost.path} lost to {lost.by} at {STEP_TITLES[lost.step]}: "
        f"{lost.value} against {lost.better}."
    )


def ineligible_text(path_id: str, cause: Ineligible) -> str:
    """Say why a path took no part."""
    return f"{path_id} takes no part: {INELIGIBLE[cause]}."


def multipath_text(path_id: str, verdict: MultipathVerdict) -> str:
    """Say why a path shares the traffic, or does not."""
    member = verdict in (MultipathVerdict.BEST, MultipathVerdict.EQUAL)
    return f"{path_id} is {'in' if member else 'not in'} the multipath set: {MULTIPATH[verdict]}."


def reason_text(decision: Decision) -> str | None:
    """Say what FRR's selectionReason is, where it differs from the step that decided."""
    if decision.reason is None or isinstance(decision.decided_by, Undecided):
        return None
    if frr_reason(decision.profile, decision.decided_by) == decision.reason:
        return None
    return (
        f"The router prints “{decision.reason}”: that is the last comparison it made, "
        f"not the one that settled the matter ({STEP_TITLES[decision.decided_by]})."
    )


_CHANGE: Final = {
    "weight": "weight",
    "local_pref": "LOCAL_PREF",
    "med": "MED",
    "aigp": "AIGP",
    "as_path": "AS_PATH",
    "origin": "ORIGIN",
    "igp_metric": "IGP metric",
    "cluster_list": "CLUSTER_LIST",
    "originator_id": "ORIGINATOR_ID",
    "router_id": "BGP Identifier",
    "peer_address": "neighbor address",
    "arrival": "place in the order of arrival",
    "communities": "communities",
    "next_hop_resolvable": "NEXT_HOP",
}


def what_if_text(answer: WhatIf) -> str:
    """Say what would have had to be different."""
    if answer.change is None:
        return (
            f"No single change of what {answer.path} lost on ({step_title(answer.stopped_at)}) "
            "gets it further."
        )
    change = answer.change
    least = f"With {_CHANGE[change.attribute]} {change.after} instead of {change.before}"
    if answer.wins:
        return f"{least}, {answer.path} would be best."
    stop = answer.next_stop
    by = f" to {answer.next_by}" if answer.next_by else ""
    where = "still be ineligible" if isinstance(stop, Ineligible) else f"next lose{by}"
    at = "" if stop is None else f" ({step_title(stop)})"
    far = "take part" if isinstance(answer.stopped_at, Ineligible) else "get past this step"
    text = f"{least}, {answer.path} would {far} and {where}{at}."
    if answer.winning_change is not None:
        more = answer.winning_change
        text += f" With {_CHANGE[more.attribute]} {more.after} it would be best."
    return text


def order_text(found: OrderSensitivity) -> str | None:
    """Say who else could have won by arriving at another time, None when nobody could."""
    if not found.others:
        return None
    winners = [other.winner or "no path" for other in found.others]
    names = winners[0] if len(winners) == 1 else f"{', '.join(winners[:-1])} or {winners[-1]}"
    first = found.others[0]
    order = " → ".join(first.order)
    return f"With another order of arrival {names} would win, for instance {order}."


def ignored_text(profile: Profile, ignored: tuple[str, ...]) -> str | None:
    """Say which options a speaker does not have."""
    if not ignored:
        return None
    return f"{profile.title} does not have, and so ignores: {', '.join(ignored)}."


def difference(first: Decision, second: Decision) -> str:
    """Say why two profiles agree or differ on the same paths."""
    one, two = first.profile.title, second.profile.title
    if first.best == second.best:
        if first.best is None:
            return f"{one} and {two} agree: there is no best path."
        if first.decided_by == second.decided_by:
            return f"{one} and {two} agree on {first.best}, decided at the same step."
        return (
            f"{one} and {two} agree on {first.best} for different reasons: "
            f"{step_title(first.decided_by)} in the one, "
            f"{step_title(second.decided_by)} in the other."
        )
    parts = [f"{one} takes {first.best or 'no path'}, {two} takes {second.best or 'no path'}."]
    parts.extend(
        part
        for part in (_why_not(first, second.best), _why_not(second, first.best))
        if part is not None
    )
    return " ".join(parts)


def _why_not(decision: Decision, path_id: str | None) -> str | None:
    """Why the other's choice is not this one's."""
    if path_id is None:
        return None
    title = decision.profile.title
    cause = decision.why_ineligible(path_id)
    if cause is not None:
        return f"For {title}, {path_id} takes no part: {INELIGIBLE[cause]}."
    lost = decision.lost(path_id)
    if lost is None:
        return None
    return f"In {title}, {elimination_text(lost)}"
