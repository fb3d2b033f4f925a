"""The multipath set: which paths share the traffic with the best one, and why each does or not.

Multipath is the receiver's own doing: it installs several paths that are equal up to the
tie-breakers. Sources: FRR ``bgpd/bgp_route.c`` (step 11 and the multipath loop) and
``bgpd/bgp_mpath.c``; Cisco's conditions for ``maximum-paths``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bgp.engines import Outcome
from bgp.knobs import Knobs
from bgp.profiles import MultipathRule, Profile
from bgp.reasons import MultipathVerdict, Phase, StepId
from bgp.route import Path, PeerType
from bgp.step import Arena, Comparison

_RELAXED = frozenset({StepId.PEER_TYPE, StepId.CONFED_PEER_TYPE})


@dataclass(slots=True)
class Multipath:
    """The outcome of the multipath pass.

    Attributes:
        members: ids in the set, the best path first.
        verdicts: path id to why it is in or out.
        comparisons: the comparisons the pass made.
    """

    members: list[str] = field(default_factory=list)
    verdicts: dict[str, MultipathVerdict] = field(default_factory=dict)
    comparisons: list[Comparison] = field(default_factory=list)


def multipath(arena: Arena, outcome: Outcome, profile: Profile, knobs: Knobs) -> Multipath:
    """Run the profile's multipath pass over the candidates of the last run."""
    result = Multipath()
    if outcome.best is None:
        return result
    best = outcome.best
    result.members.append(best)
    result.verdicts[best] = MultipathVerdict.BEST
    limits = _limits(profile, knobs)
    others = [path_id for path_id in outcome.listed if path_id != best]
    if profile.multipath is MultipathRule.NONE or max(limits.values()) == 1:
        result.verdicts |= dict.fromkeys(others, MultipathVerdict.OFF)
        return result
    by_next_hop = profile.multipath is MultipathRule.FRR_NEXT_HOP_ORDER
    equals: list[str] = []
    for path_id in others:
        if by_next_hop and _same_next_hop(arena.paths[path_id], arena.paths[best]):
            result.verdicts[path_id] = MultipathVerdict.SAME_NEXT_HOP
            continue
        result.comparisons.append(arena.compare(path_id, best, Phase.MULTIPATH))
        result.verdicts[path_id] = _verdict(arena, path_id, best, profile)
        if result.verdicts[path_id] is MultipathVerdict.EQUAL:
            equals.append(path_id)
    if by_next_hop:
        equals.sort(key=lambda path_id: _next_hop_order(arena.paths[path_id]))
    limit = limits[arena.paths[best].peer.type is PeerType.IBGP]
    for path_id in equals:
        if len(result.members) >= limit:
            result.verdicts[path_id] = MultipathVerdict.LIMIT if limit > 1 else MultipathVerdict.OFF
        elif by_next_hop and _same_next_hop(arena.paths[path_id], arena.paths[result.members[-1]]):
            result.verdicts[path_id] = MultipathVerdict.SAME_NEXT_HOP
        else:
            result.members.append(path_id)
    return result


def _limits(profile: Profile, knobs: Knobs) -> dict[bool, int]:
    """The limit where the best path is internal (True) and where it is not (False)."""
    default = profile.default_maximum_paths
    return {
        False: default if knobs.maximum_paths is None else knobs.maximum_paths,
        True: default if knobs.maximum_paths_ibgp is None else knobs.maximum_paths_ibgp,
    }


def _verdict(arena: Arena, candidate: str, best: str, profile: Profile) -> MultipathVerdict:
    knobs = arena.context.knobs
    relaxed = knobs.peer_type_multipath_relax and "peer_type_multipath_relax" in profile.knobs
    if not arena.equal_before_tie_breakers(candidate, best, _RELAXED if relaxed else frozenset()):
        return MultipathVerdict.UNEQUAL
    if knobs.as_path_multipath_relax:
        return MultipathVerdict.EQUAL
    new, existing = arena.paths[candidate], arena.paths[best]
    if profile.multipath is MultipathRule.CISCO or new.peer.type is PeerType.IBGP:
        if new.as_path != existing.as_path:
            return MultipathVerdict.DIFFERENT_AS_PATH
    elif new.peer.asn != existing.peer.asn:
        return MultipathVerdict.DIFFERENT_AS
    return MultipathVerdict.EQUAL


def _same_next_hop(left: Path, right: Path) -> bool:
    return left.next_hop is not None and left.next_hop == right.next_hop


def _next_hop_order(path: Path) -> tuple[int, int, int]:
    """FRR ``bgp_path_info_mpath_cmp``: by next hop, then by peer address, a local path last."""
    address = path.peer.address
    return (int(path.next_hop or 0), int(address is None), int(address or 0))
