"""The changes a path could be improved by: per step, better values of its attribute, least first.

``bgp/what_if.py`` decides again with each; here nothing is judged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address
from typing import Any, Final

from bgp.as_path import AsPath, Segment
from bgp.community import LLGR_STALE
from bgp.decision import Decision
from bgp.reasons import Ineligible, StepId
from bgp.route import Origin, Path
from bgp.trace import Elimination
from bgp.values import MAX_U32


@dataclass(frozen=True, slots=True)
class Change:
    """One attribute of one path changed.

    Attributes:
        attribute: its name as in ``Path``; ``router_id``, ``peer_address`` and ``arrival`` too.
        before: its value as text.
        after: the changed value as text.
        paths: all candidates with the change made, in order of arrival.
    """

    attribute: str
    before: str
    after: str
    paths: tuple[Path, ...]


def _with(decision: Decision, path: Path) -> tuple[Path, ...]:
    return tuple(path if other.id == path.id else other for other in decision.paths)


def remedies(decision: Decision, path: Path, cause: Ineligible) -> list[Change]:
    """Return the one change that makes an ineligible path eligible, or nothing."""
    own = {decision.speaker.asn, decision.speaker.public_as}
    as_path, clusters = path.as_path, path.cluster_list
    match cause:
        case Ineligible.NEXT_HOP:
            return [_resolve(decision, path)]
        case Ineligible.ORIGINATOR_LOOP:
            changed = replace(path, originator_id=None)
            after = _with(decision, changed)
            return [Change("originator_id", str(path.originator_id), "none", after)]
        case Ineligible.CLUSTER_LOOP:
            own_id = decision.speaker.cluster_id or decision.speaker.router_id
            clusters = tuple(item for item in path.cluster_list if item != own_id)
            return [_recluster(decision, path, clusters)]
        case Ineligible.AS_LOOP | Ineligible.CONFED_LOOP:
            as_path = _without(as_path, own)
            path = replace(path, loop=False)
        case Ineligible.AS_SET:
            as_path = AsPath(tuple(part for part in as_path.segments if not part.type.is_set))
        case Ineligible.FIRST_AS:
            as_path = AsPath((*AsPath.of(path.peer.asn or 0).segments, *as_path.segments))
    return [_repath(decision, path, as_path)] if as_path != path.as_path else []


def _resolve(decision: Decision, path: Path) -> Change:
    changed = replace(path, next_hop_resolvable=True, igp_metric=path.igp_metric or 0)
    after = _with(decision, changed)
    return Change("next_hop_resolvable", "unresolvable", "resolvable", after)


def _repath(decision: Decision, path: Path, as_path: AsPath) -> Change:
    after = _with(decision, replace(path, as_path=as_path))
    return Change("as_path", str(path.as_path) or "empty", str(as_path) or "empty", after)


def _recluster(decision: Decision, path: Path, cluster_list: tuple[IPv4Address, ...]) -> Change:
    before, after = _clusters(path.cluster_list), _clusters(cluster_list)
    changed = _with(decision, replace(path, cluster_list=cluster_list))
    return Change("cluster_list", before, after, changed)


def _without(as_path: AsPath, asns: set[int]) -> AsPath:
    kept = (
        Segment(segment.type, rest)
        for segment in as_path.segments
        if (rest := tuple(asn for asn in segment.asns if asn not in asns))
    )
    return AsPath(tuple(kept))


Improve = Callable[[Decision, Path, str], Iterator[Change]]


def improvements(decision: Decision, path: Path, lost: Elimination) -> list[Change]:
    """Return better values of the attribute a path lost on, the least change first.

    How a path was learned, or which group it is in, is no attribute to change: then nothing.
    """
    improve = _IMPROVE.get(lost.step)
    return [] if improve is None else list(improve(decision, path, lost.by))


def _rivals(decision: Decision, path: Path) -> list[Path]:
    return [other for other in decision.paths if other.id != path.id]


def _number(decision: Decision, path: Path, attribute: str) -> int:
    value = getattr(path, attribute)
    if value is None:
        if attribute == "local_pref":
            return decision.knobs.default_local_preference
        if attribute == "med" and decision.knobs.med_missing_as_worst:
            return MAX_U32
        return 0
    return int(value)


def _numbers(decision: Decision, path: Path, attribute: str, values: list[int]) -> Iterator[Change]:
    before = getattr(path, attribute)
    for value in values:
        new: dict[str, Any] = {attribute: value}
        changed = replace(path, **new)
        yield Change(
            attribute,
            "not set" if before is None else str(before),
            str(value),
            _with(decision, changed),
        )


def _higher(decision: Decision, path: Path, attribute: str) -> Iterator[Change]:
    own = _number(decision, path, attribute)
    theirs = {_number(decision, other, attribute) for other in _rivals(decision, path)}
    better = {value for seen in theirs for value in (seen, seen + 1) if own < value <= MAX_U32}
    yield from _numbers(decision, path, attribute, sorted(better))


def _lower(decision: Decision, path: Path, attribute: str) -> Iterator[Change]:
    own = _number(decision, path, attribute)
    theirs = {_number(decision, other, attribute) for other in _rivals(decision, path)}
    better = {value for seen in theirs for value in (seen, seen - 1) if 0 <= value < own}
    yield from _numbers(decision, path, attribute, sorted(better, reverse=True))


def _shorter_paths(decision: Decision, path: Path, _: str) -> Iterator[Change]:
    """Drop one AS at a time from the far end, so that the neighbor AS stays what it is."""
    asns = path.as_path
    while asns.segments:
        *front, last = asns.segments
        if last.type.is_set or len(last.asns) == 1:
            asns = AsPath(tuple(front))
        else:
            asns = AsPath((*front, Segment(last.type, last.asns[:-1])))
        yield _repath(decision, path, asns)


def _better_origins(decision: Decision, path: Path, _: str) -> Iterator[Change]:
    for origin in (Origin.EGP, Origin.IGP):
        if origin < path.origin:
            after = _with(decision, replace(path, origin=origin))
            yield Change("origin", str(path.origin), str(origin), after)


def _shorter_clusters(decision: Decision, path: Path, _: str) -> Iterator[Change]:
    for length in range(len(path.cluster_list) - 1, -1, -1):
        yield _recluster(decision, path, path.cluster_list[:length])


def _fresh(decision: Decision, path: Path, _: str) -> Iterator[Change]:
    fresh = tuple(community for community in path.communities if community != LLGR_STALE)
    after = _with(decision, replace(path, communities=fresh))
    yield Change("communities", "llgr-stale", "without it", after)


def _lower_identifiers(decision: Decision, path: Path, _: str) -> Iterator[Change]:
    own = int(path.identifier or 0)
    theirs = {int(other.identifier or 0) for other in _rivals(decision, path)}
    for value in _just_below(own, theirs, lowest=1):
        identifier = IPv4Address(value)
        if path.originator_id is not None:
            changed = replace(path, originator_id=identifier)
            name = "originator_id"
        else:
            changed = replace(path, peer=replace(path.peer, router_id=identifier))
            name = "router_id"
        yield Change(name, str(path.identifier), str(identifier), _with(decision, changed))


def _lower_addresses(decision: Decision, path: Path, _: str) -> Iterator[Change]:
    if path.peer.address is None:
        return
    kind = IPv4Address if path.peer.address.version == 4 else IPv6Address  # noqa: PLR2004 - family
    rivals = _rivals(decision, path)
    theirs = {int(other.peer.address) for other in rivals if other.peer.address is not None}
    for value in _just_below(int(path.peer.address), theirs, lowest=1):
        if value in theirs:
            continue  # two peers cannot have one address
        changed = replace(path, peer=replace(path.peer, address=kind(value)))
        before, after = str(path.peer.address), str(kind(value))
        yield Change("peer_address", before, after, _with(decision, changed))


def _just_below(own: int, theirs: set[int], lowest: int) -> list[int]:
    better = {value for seen in theirs for value in (seen, seen - 1) if lowest <= value < own}
    return sorted(better, reverse=True)


def _earlier(decision: Decision, path: Path, by: str) -> Iterator[Change]:
    """Let the path arrive just before the one it lost to."""
    order = [other for other in decision.paths if other.id != path.id]
    place = next(n for n, other in enumerate(order) if other.id == by)
    moved = (*order[:place], path, *order[place:])
    before = decision.paths.index(path) + 1
    yield Change("arrival", str(before), str(place + 1), moved)


def _clusters(cluster_list: tuple[IPv4Address, ...]) -> str:
    return " ".join(str(item) for item in cluster_list) or "empty"


_IMPROVE: Final[dict[StepId, Improve]] = {
    StepId.LLGR_STALE: _fresh,
    StepId.NEXT_HOP: lambda decision, path, _: iter([_resolve(decision, path)]),
    StepId.WEIGHT: lambda decision, path, _: _higher(decision, path, "weight"),
    StepId.LOCAL_PREF: lambda decision, path, _: _higher(decision, path, "local_pref"),
    StepId.AIGP: lambda decision, path, _: _lower(decision, path, "aigp"),
    StepId.AS_PATH: _shorter_paths,
    StepId.CONFED_AS_PATH: _shorter_paths,
    StepId.ORIGIN: _better_origins,
    StepId.MED: lambda decision, path, _: _lower(decision, path, "med"),
    StepId.IGP_METRIC: lambda decision, path, _: _lower(decision, path, "igp_metric"),
    StepId.CLUSTER_METRIC: _shorter_clusters,
    StepId.OLDER: _earlier,
    StepId.ROUTER_ID: _lower_identifiers,
    StepId.CLUSTER_LENGTH: _shorter_clusters,
    StepId.NEIGHBOR_ADDRESS: _lower_addresses,
}
