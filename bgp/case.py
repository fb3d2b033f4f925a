"""Decision cases: one prefix, its candidate paths and the deciding router, as a JSON object.

The format is that of ``docs/formats.md`` ("decision case", version 1). A case may carry the answer
of a real router beside the question; reading keeps to the question.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Final, TypeVar

from bgp.as_path import AsPath, Segment, SegmentType, parse_asn
from bgp.community import Community, LargeCommunity
from bgp.decision import Decision, decide
from bgp.errors import InvalidValueError
from bgp.json_checks import mapping, number, required, sequence, text
from bgp.knobs import Knobs
from bgp.profiles import Profile
from bgp.route import LOCAL_PEER, Confederation, Origin, Path, Peer, PeerType, Speaker
from bgp.values import Prefix, parse_address, parse_identifier, parse_prefix

CASE_VERSION: Final = 1

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Case:
    """A question to the decision process.

    Attributes:
        id: the case's name.
        prefix: the prefix in question, None when the case does not say.
        speaker: the deciding router.
        knobs: its configuration.
        paths: the candidates in order of arrival.
    """

    id: str
    prefix: Prefix | None
    speaker: Speaker
    knobs: Knobs
    paths: tuple[Path, ...]


def decide_case(case: Case, profile: Profile | str) -> Decision:
    """Decide a case by a profile."""
    return decide(case.paths, profile, case.speaker, case.knobs)


def parse_case(data: object) -> Case:
    """Read a case from parsed JSON.

    Args:
        data: the JSON object; ``version`` may be absent and is 1 then.

    Raises:
        InvalidValueError: what is wrong, with its place (``paths[2].med``).
    """
    case = mapping("case", data)
    version = case.get("version", CASE_VERSION)
    if version != CASE_VERSION:
        raise InvalidValueError("version", version, f"{CASE_VERSION}, the case format known here")
    name = case.get("case", "case")
    if not isinstance(name, str | int):
        raise InvalidValueError("case", name, "a name")
    prefix = case.get("prefix")
    entries = sequence("paths", required("paths", case))
    paths = [_within(f"paths[{n}]", read_path, entry, n) for n, entry in enumerate(entries)]
    return Case(
        id=str(name),
        prefix=None if prefix is None else parse_prefix("prefix", prefix),
        speaker=_speaker(case),
        knobs=_within("knobs", _knobs, case.get("knobs") or {}),
        paths=tuple(path for _, path in sorted(paths, key=lambda pair: pair[0])),
    )


def _knobs(data: object) -> Knobs:
    return Knobs.from_mapping(mapping("knobs", data))


def _speaker(case: Mapping[str, object]) -> Speaker:
    router_id, cluster_id = case.get("router_id"), case.get("cluster_id")
    return Speaker(
        asn=parse_asn("local_as", required("local_as", case)),
        router_id=None if router_id is None else parse_identifier("router_id", router_id),
        cluster_id=None if cluster_id is None else parse_identifier("cluster_id", cluster_id),
        confederation=_confederation(case.get("confederation")),
    )


def _confederation(data: object) -> Confederation | None:
    if data is None:
        return None
    confederation = mapping("confederation", data)
    members = sequence("confederation.peers", confederation.get("peers") or [])
    return Confederation(
        parse_asn("confederation.identifier", required("identifier", confederation)),
        tuple(parse_asn("confederation.peers", asn) for asn in members),
    )


def read_path(data: object, place: int) -> tuple[int, Path]:
    """Read one path; return its place in the order of arrival, counted from 1, and the path.

    Args:
        data: the JSON object.
        place: where it stands in its list, counted from 0; what it leaves out follows from that.

    Raises:
        InvalidValueError: what is wrong with which field.
    """
    entry = mapping("path", data)
    unknown = sorted(set(entry) - _PATH_FIELDS)
    if unknown:
        raise InvalidValueError(unknown[0], entry[unknown[0]], f"one of {sorted(_PATH_FIELDS)}")
    arrival = entry.get("arrival", place + 1)
    if isinstance(arrival, bool) or not isinstance(arrival, int):
        raise InvalidValueError("arrival", arrival, "a whole number, 1 for the first")
    loop, valid = entry.get("loop"), entry.get("valid", True)
    if not isinstance(loop, bool | None):
        raise InvalidValueError("loop", loop, "true, false or null")
    if not isinstance(valid, bool):
        raise InvalidValueError("valid", valid, "true or false")
    next_hop, originator = entry.get("next_hop"), entry.get("originator_id")
    return arrival, Path(
        id=text("id", entry.get("id", f"p{place + 1}")),
        peer=_peer(required("peer", entry)),
        as_path=_as_path(entry.get("as_path", [])),
        origin=Origin.parse("origin", entry.get("origin", "igp")),
        med=number("med", entry.get("med")),
        local_pref=number("local_pref", entry.get("local_pref")),
        weight=number("weight", entry.get("weight")) or 0,
        next_hop=None if next_hop is None else parse_address("next_hop", next_hop),
        next_hop_resolvable=valid,
        igp_metric=number("igp_metric", entry.get("igp_metric")),
        originator_id=_identifier("originator_id", originator),
        cluster_list=tuple(
            parse_identifier("cluster_list", item)
            for item in sequence("cluster_list", entry.get("cluster_list") or [])
        ),
        communities=tuple(
            Community.parse(text("communities", item), "communities")
            for item in sequence("communities", entry.get("communities") or [])
        ),
        large_communities=tuple(
            LargeCommunity.parse(text("large_communities", item), "large_communities")
            for item in sequence("large_communities", entry.get("large_communities") or [])
        ),
        aigp=number("aigp", entry.get("aigp")),
        loop=loop,
    )


_PATH_FIELDS: Final = frozenset(
    {
        "id",
        "peer",
        "as_path",
        "origin",
        "med",
        "local_pref",
        "weight",
        "next_hop",
        "valid",
        "igp_metric",
        "originator_id",
        "cluster_list",
        "communities",
        "large_communities",
        "aigp",
        "loop",
        "arrival",
    }
)


def _peer(data: object) -> Peer:
    peer = mapping("peer", data)
    kind = peer.get("type")
    if not isinstance(kind, str) or kind not in {member.value for member in PeerType}:
        raise InvalidValueError("peer.type", kind, "ebgp, ibgp, confed-ebgp or local")
    if kind == PeerType.LOCAL:
        return LOCAL_PEER
    return Peer(
        id=text("peer.id", peer.get("id", str(peer.get("address")))),
        type=PeerType(kind),
        address=parse_address("peer.address", required("address", peer)),
        router_id=parse_identifier("peer.router_id", required("router_id", peer)),
        asn=parse_asn("peer.as", required("as", peer)),
    )


def _as_path(data: object) -> AsPath:
    if isinstance(data, str):
        return AsPath.parse(data)
    segments: list[Segment] = []
    for entry in sequence("as_path", data):
        pair = sequence("as_path", entry)
        kinds = sorted(member.value for member in SegmentType)
        if len(pair) != 2 or pair[0] not in kinds:  # noqa: PLR2004 - [segment type, [ASNs]]
            raise InvalidValueError("as_path", entry, f"[segment, [ASNs]], segment of {kinds}")
        asns = tuple(parse_asn("as_path", asn) for asn in sequence("as_path", pair[1]))
        segments.append(Segment(SegmentType(str(pair[0])), asns))
    return AsPath(tuple(segments))


def _identifier(field: str, value: object) -> IPv4Address | None:
    return None if value is None else parse_identifier(field, value)


def _within(place: str, read: Callable[..., T], *values: object) -> T:
    """Read a part; an error inside it is told with its place."""
    try:
        return read(*values)
    except InvalidValueError as error:
        raise error.within(place) from None
