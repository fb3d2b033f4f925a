"""A case written as the JSON object that ``bgp/case.py`` reads back to the same case."""

from __future__ import annotations

from dataclasses import asdict

from bgp.case import CASE_VERSION, Case
from bgp.route import Path


def case_object(case: Case) -> dict[str, object]:
    """Return the case as a JSON object of the current version."""
    confederation = case.speaker.confederation
    return {
        "version": CASE_VERSION,
        "case": case.id,
        "prefix": None if case.prefix is None else str(case.prefix),
        "local_as": case.speaker.asn,
        "router_id": _text(case.speaker.router_id),
        "cluster_id": _text(case.speaker.cluster_id),
        "confederation": confederation
        and {"identifier": confederation.identifier, "peers": list(confederation.members)},
        "knobs": asdict(case.knobs),
        "paths": [path_object(path, place) for place, path in enumerate(case.paths, start=1)],
    }


def path_object(path: Path, arrival: int) -> dict[str, object]:
    """Return one path as a JSON object; `arrival` is its place in order, counted from 1."""
    return {
        "id": path.id,
        "peer": {
            "id": path.peer.id,
            "type": path.peer.type.value,
            "address": _text(path.peer.address),
            "router_id": _text(path.peer.router_id),
            "as": path.peer.asn,
        },
        "weight": path.weight,
        "local_pref": path.local_pref,
        "as_path": [[part.type.value, list(part.asns)] for part in path.as_path.segments],
        "origin": path.origin.name.lower(),
        "med": path.med,
        "igp_metric": path.igp_metric,
        "next_hop": _text(path.next_hop),
        "originator_id": _text(path.originator_id),
        "cluster_list": [str(item) for item in path.cluster_list],
        "communities": [str(item) for item in path.communities],
        "large_communities": [str(item) for item in path.large_communities],
        "aigp": path.aigp,
        "valid": path.next_hop_resolvable,
        "loop": path.loop,
        "arrival": arrival,
    }


def _text(value: object) -> str | None:
    return None if value is None else str(value)
