"""FRR's ``show bgp ipv4|ipv6 unicast PREFIX json`` read into paths.

Source: FRR ``bgpd/bgp_route.c`` ``route_vty_out_detail`` (8.4 and 10). What that output does not
say is listed in ``FrrTable.assumptions``, so that a reader can judge what a prediction is worth.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bgp.as_path import AsPath
from bgp.community import Community, LargeCommunity
from bgp.errors import InvalidValueError
from bgp.json_checks import load, mapping, number, sequence
from bgp.profiles import Method, Profile
from bgp.route import LOCAL_PEER, Origin, Path, Peer, PeerType
from bgp.values import Address, Prefix, parse_address, parse_identifier, parse_prefix

_PEER_TYPES: Final = {
    "internal": PeerType.IBGP,
    "confed-internal": PeerType.IBGP,
    "external": PeerType.EBGP,
    "confed-external": PeerType.CONFED_EBGP,
}


UNTOLD_AS: Final = 65535  # reserved by RFC 7300, so nobody's


@dataclass(frozen=True, slots=True)
class FrrTable:
    """What FRR printed for one prefix.

    Attributes:
        prefix: the prefix.
        paths: the candidates in the order of arrival they are taken to have come in; ids are the
            peers' addresses, ``local`` for a route of the router's own.
        best: id of the path FRR marked best, None when it marked none.
        reason: FRR's ``selectionReason``.
        multipath: ids FRR marked multipath, the best included, sorted.
        assumptions: what the output does not say and was taken for granted, one sentence each.
    """

    prefix: Prefix
    paths: tuple[Path, ...]
    best: str | None
    reason: str | None
    multipath: tuple[str, ...]
    assumptions: tuple[str, ...]


def parse_frr_table(data: object, profile: Profile, local_as: int) -> FrrTable:
    """Read one prefix.

    Args:
        data: the parsed JSON object, or its text.
        profile: whose output it is; FRR to 10.0 lists the newest path first, later releases list
            the paths in their order of preference.
        local_as: the router's AS number, which the output leaves out.

    Raises:
        InvalidValueError: what is wrong, with its place (``paths[2].origin``).
    """
    table = mapping("show bgp output", load(data) if isinstance(data, str) else data)
    if "paths" not in table:
        raise InvalidValueError(
            "paths",
            sorted(str(key) for key in table)[:5],
            "the output for one prefix: show bgp ipv4 unicast 10.0.0.0/24 json",
        )
    prefix = parse_prefix("prefix", table.get("prefix"))
    entries = list(sequence("paths", table["paths"]))
    newest_first = profile.method is not Method.SORTED_INSERTION
    if newest_first:
        entries.reverse()
    paths: list[Path] = []
    best: str | None = None
    reason: str | None = None
    shared: list[str] = []
    for place, entry in enumerate(entries):
        listed = len(entries) - 1 - place if newest_first else place
        try:
            path = _path(mapping("path", entry), {path.id for path in paths}, local_as)
        except InvalidValueError as error:
            raise error.within(f"paths[{listed}]") from None
        paths.append(path)
        marks = mapping("path", entry)
        chosen = marks.get("bestpath")
        if isinstance(chosen, Mapping) and chosen.get("overall"):
            best = path.id
            said = chosen.get("selectionReason")
            reason = said if isinstance(said, str) else None
        if marks.get("multipath") or path.id == best:
            shared.append(path.id)
    return FrrTable(
        prefix, tuple(paths), best, reason, tuple(sorted(shared)), _assumptions(paths, newest_first)
    )


def _assumptions(paths: Sequence[Path], newest_first: bool) -> tuple[str, ...]:
    said = [
        "Arrival is FRR's list reversed: it prints the newest path first."
        if newest_first
        else "Arrival is FRR's list as printed: this release keeps it in order of preference, so "
        "the true order of arrival cannot be read off."
    ]
    if any(path.peer.type in (PeerType.EBGP, PeerType.CONFED_EBGP) for path in paths):
        said.append("A peer's AS is taken from the AS_PATH it sent; the output does not name it.")
    said.append("The router's options are not in the output: give them with --knob.")
    return tuple(said)


def _path(entry: Mapping[str, object], taken: set[str], local_as: int) -> Path:
    if entry.get("removed"):
        raise InvalidValueError(
            "removed", entry["removed"], "a path that is still there; run again"
        )
    peer_data = mapping("peer", entry.get("peer"))
    local = bool(entry.get("sourced") or entry.get("aggregated"))
    as_path = _as_path(entry.get("aspath"))
    peer = LOCAL_PEER if local else _peer(peer_data, as_path, local_as)
    name = peer.id
    count = 2
    while name in taken:
        name, count = f"{peer.id}#{count}", count + 1
    hop = _next_hop(entry.get("nexthops"))
    valid = bool(entry.get("valid", False))
    metric = number("nexthops[0].metric", hop.get("metric"))
    originator = entry.get("originatorId")
    return Path(
        id=name,
        peer=peer,
        as_path=as_path,
        origin=Origin.parse("origin", _lower(entry.get("origin"))),
        med=number("metric", entry.get("metric")),
        local_pref=number("locPrf", entry.get("locPrf")),
        weight=number("weight", entry.get("weight")) or 0,
        next_hop=_address("nexthops[0].ip", hop.get("ip")),
        next_hop_resolvable=valid,
        igp_metric=(metric or 0) if valid else None,
        originator_id=None if originator is None else parse_identifier("originatorId", originator),
        cluster_list=tuple(
            parse_identifier("clusterList", item)
            for item in _list_of(entry.get("clusterList"), "clusterList")
        ),
        communities=tuple(
            Community.parse(str(_FRR_NAMES.get(str(item), item)), "community")
            for item in _list_of(entry.get("community"), "community")
        ),
        large_communities=tuple(
            LargeCommunity.parse(str(item), "largeCommunity")
            for item in _list_of(entry.get("largeCommunity"), "largeCommunity")
        ),
        aigp=number("aigpMetric", entry.get("aigpMetric")),
        loop=False,  # a looped path would not be in the table
    )


# FRR's JSON spells some well-known communities in camel case.
_FRR_NAMES: Final = {
    "gracefulShutdown": "graceful-shutdown",
    "acceptOwn": "accept-own",
    "llgrStale": "llgr-stale",
    "noLlgr": "no-llgr",
    "blackhole": "blackhole",
    "noExport": "no-export",
    "noAdvertise": "no-advertise",
    "localAs": "local-AS",
    "noPeer": "no-peer",
}


def _peer(data: Mapping[str, object], as_path: AsPath, local_as: int) -> Peer:
    kind = data.get("type")
    if not isinstance(kind, str) or kind not in _PEER_TYPES:
        raise InvalidValueError("peer.type", kind, f"one of {', '.join(_PEER_TYPES)}")
    peer_type = _PEER_TYPES[kind]
    address = parse_address("peer.peerId", data.get("peerId"))
    nearest = as_path.segments[0].asns[0] if as_path.segments else None
    asn = {
        PeerType.IBGP: local_as,
        PeerType.EBGP: as_path.neighbor_as or nearest,
        PeerType.CONFED_EBGP: as_path.member_as or nearest,
    }[peer_type]
    if asn is None and peer_type is PeerType.EBGP:
        # FRR takes an empty AS_PATH from outside. No AS is told, so any that is not ours will do.
        asn = UNTOLD_AS if local_as != UNTOLD_AS else UNTOLD_AS - 1
    if asn is None:
        raise InvalidValueError("aspath", "", f"an AS_PATH that tells the {kind} peer's AS")
    router_id = parse_identifier("peer.routerId", data.get("routerId"))
    return Peer(str(address), peer_type, address, router_id, asn)


def _as_path(data: object) -> AsPath:
    if data is None:
        return AsPath()
    text = mapping("aspath", data).get("string", "")
    if not isinstance(text, str):
        raise InvalidValueError("aspath.string", text, "text")
    return AsPath() if text == "Local" else AsPath.parse(text, "aspath.string")


def _next_hop(data: object) -> Mapping[str, object]:
    hops = [mapping("nexthops", hop) for hop in sequence("nexthops", data or [])]
    used = [hop for hop in hops if hop.get("used")]
    return (used or hops or [{}])[0]


def _address(field: str, value: object) -> Address | None:
    return None if value is None else parse_address(field, value)


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _list_of(data: object, field: str) -> Sequence[object]:
    if data is None:
        return []
    return sequence(field, mapping(field, data).get("list", []))
