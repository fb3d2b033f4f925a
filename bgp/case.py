"""Decision cases: one prefix, its candidate paths and the deciding router, as a JSON object.

The format is that of ``docs/formats.md`` ("decision case", version 1). A case may carry the answer
of a real router beside the question; reading keeps to the question.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Final, TypeVar

from bgp.as_path import AsPath, Segment, SegmentType, parse_asn
from bgp.community import Community, LargeCommunity
from bgp.decision import Decision, decide
from bgp.errors import InvalidValueError
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
    case = _mapping("case", data)
    version = case.get("version", CASE_VERSION)
    if version != CASE_VERSION:
        raise InvalidValueError("version", version, f"{CASE_VERSION}, the case format known here")
    name = case.get("case", "case")
    if not isinstance(name, str | int):
        raise InvalidValueError("case", name, "a name")
    prefix = case.get("prefix")
    entries = _sequence("paths", _required(case, "paths"))
    paths = [_within(f"paths[{n}]", _path, entry, n) for n, entry in enumerate(entries)]
    return Case(
        id=str(name),
        prefix=None if prefix is None else parse_prefix("prefix", prefix),
        speaker=_speaker(case),
        knobs=_within("knobs", _knobs, case.get("knobs") or {}),
        paths=tuple(path for _, path in sorted(paths, key=lambda pair: pair[0])),
    )


def _knobs(data: object) -> Knobs:
    return Knobs.from_mapping(_mapping("knobs", data))


def _speaker(case: Mapping[str, object]) -> Speaker:
    router_id, cluster_id = case.get("router_id"), case.get("cluster_id")
    return Speaker(
        asn=parse_asn("local_as", _required(case, "local_as")),
        router_id=None if router_id is None else parse_identifier("router_id", router_id),
        cluster_id=None if cluster_id is None else parse_identifier("cluster_id", cluster_id),
        confederation=_confederation(case.get("confederation")),
    )


def _confederation(data: object) -> Confederation | None:
    if data is None:
        return None
    confederation = _mapping("confederation", data)
    members = _sequence("confederation.peers", confederation.get("peers") or [])
    return Confederation(
        parse_asn("confederation.identifier", _required(confederation, "identifier")),
        tuple(parse_asn("confederation.peers", asn) for asn in members),
    )


def _path(data: object, place: int) -> tuple[int, Path]:
    entry = _mapping("path", data)
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
        id=_text("id", entry.get("id", f"p{place + 1}")),
        peer=_peer(_required(entry, "peer")),
        as_path=_as_path(entry.get("as_path", [])),
        origin=Origin.parse("origin", entry.get("origin", "igp")),
        med=_number("med", entry.get("med")),
        local_pref=_number("local_pref", entry.get("local_pref")),
        weight=_number("weight", entry.get("weight")) or 0,
        next_hop=None if next_hop is None else parse_address("next_hop", next_hop),
        next_hop_resolvable=valid,
        igp_metric=_number("igp_metric", entry.get("igp_metric")),
        originator_id=_identifier("originator_id", originator),
        cluster_list=tuple(
            parse_identifier("cluster_list", item)
            for item in _sequence("cluster_list", entry.get("cluster_list") or [])
        ),
        communities=tuple(
            Community.parse(_text("communities", item), "communities")
            for item in _sequence("communities", entry.get("communities") or [])
        ),
        large_communities=tuple(
            LargeCommunity.parse(_text("large_communities", item), "large_communities")
            for item in _sequence("large_communities", entry.get("large_communities") or [])
        ),
        aigp=_number("aigp", entry.get("aigp")),
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
    peer = _mapping("peer", data)
    kind = peer.get("type")
    if not isinstance(kind, str) or kind not in {member.value for member in PeerType}:
        raise InvalidValueError("peer.type", kind, "ebgp, ibgp, confed-ebgp or local")
    if kind == PeerType.LOCAL:
        return LOCAL_PEER
    return Peer(
        id=_text("peer.id", peer.get("id", str(peer.get("address")))),
        type=PeerType(kind),
        address=parse_address("peer.address", _required(peer, "address")),
        router_id=parse_identifier("peer.router_id", _required(peer, "router_id")),
        asn=parse_asn("peer.as", _required(peer, "as")),
    )


def _as_path(data: object) -> AsPath:
    if isinstance(data, str):
        return AsPath.parse(data)
    segments: list[Segment] = []
    for entry in _sequence("as_path", data):
        pair = _sequence("as_path", entry)
        kinds = {member.value for member in SegmentType}
        if len(pair) != 2 or pair[0] not in kinds:  # noqa: PLR2004 - [segment type, [ASNs]]
            raise InvalidValueError("as_path", entry, f"[segment, [ASNs]], segment of {sorted(kinds)}")
        asns = tuple(parse_asn("as_path", asn) for asn in _sequence("as_path", pair[1]))
        segments.append(Segment(SegmentType(str(pair[0])), asns))
    return AsPath(tuple(segments))


def _identifier(field: str, value: object) -> IPv4Address | None:
    return None if value is None else parse_identifier(field, value)


def _number(field: str, value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidValueError(field, value, "a whole number or null")
    return value


def _text(field: str, value: object) -> str:
    if not isinstance(value, str):
        raise InvalidValueError(field, value, "text")
    return value


def _required(mapping: Mapping[str, object], field: str) -> object:
    if field not in mapping:
        raise InvalidValueError(field, None, "a value; the field is missing")
    return mapping[field]


def _mapping(field: str, value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise InvalidValueError(field, value, "a JSON object")
    return value


def _sequence(field: str, value: object) -> Sequence[object]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise InvalidValueError(field, value, "a JSON list")
    return value


def _within(place: str, read: Callable[..., T], *values: object) -> T:
    """Read a part; an error inside it is told with its place."""
    try:
        return read(*values)
    except InvalidValueError as error:
        raise error.within(place) from None
