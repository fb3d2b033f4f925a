"""A scene given back: as Python source for a cell of one's own, or as a decision case in JSON.

``docs/formats.md`` documents the decision case; ``locrib bestpath --cases`` and the widget itself
read it back.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from bgp.as_path import AsPath
from bgp.case_writer import case_object
from bgp.route import Path, Peer, Speaker
from widgets.scene import Scene


def to_json(scene: Scene) -> str:
    """Return the scene's question as the text of a decision case."""
    return json.dumps(case_object(scene.case), indent=1, ensure_ascii=False) + "\n"


def to_python(scene: Scene) -> str:
    """Return Python source that makes the same widget, for a cell of one's own."""
    arguments = [
        f"profile={scene.profile!r}",
        *([f"second={scene.second!r}"] if scene.second else []),
        f"speaker={_speaker_source(scene.speaker)}",
        *([f"knobs=Knobs({_keywords(scene.knobs.changed())})"] if scene.knobs.changed() else []),
        *([f"prefix={str(scene.prefix)!r}"] if scene.prefix is not None else []),
        *([f"name={scene.name!r}"] if scene.name != "scene" else []),
    ]
    lines = [
        "from ipaddress import ip_address",
        "",
        "from bgp import (",
        "    AsPath, Community, Confederation, Knobs, LargeCommunity, Origin, Path, Peer,",
        "    PeerType, Segment, SegmentType, Speaker,",
        ")",
        "from widgets import BestPath",
        "",
        "BestPath(",
        "    [",
        *(f"        {_path_source(path)}," for path in scene.paths),
        "    ],",
        *(f"    {argument}," for argument in arguments),
        ")",
    ]
    return "\n".join(lines) + "\n"


def _keywords(values: Mapping[str, object]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in values.items())


def _address(value: object) -> str:
    return f"ip_address({str(value)!r})"


def _speaker_source(speaker: Speaker) -> str:
    parts = [f"asn={speaker.asn}"]
    if speaker.router_id is not None:
        parts.append(f"router_id={_address(speaker.router_id)}")
    if speaker.cluster_id is not None:
        parts.append(f"cluster_id={_address(speaker.cluster_id)}")
    if (own := speaker.confederation) is not None:
        parts.append(f"confederation=Confederation({own.identifier}, {own.members!r})")
    return f"Speaker({', '.join(parts)})"


def _peer_source(peer: Peer) -> str:
    kind = f"PeerType.{peer.type.name}"
    if peer.address is None or peer.router_id is None:
        return f"Peer({peer.id!r}, {kind})"
    address, router_id = _address(peer.address), _address(peer.router_id)
    return f"Peer({peer.id!r}, {kind}, {address}, {router_id}, {peer.asn})"


def _as_path_source(as_path: AsPath) -> str:
    """Write it as routers print it, unless that loses where a segment ends."""
    if AsPath.parse(str(as_path)) == as_path:
        return f"AsPath.parse({str(as_path)!r})"
    segments = ", ".join(
        f"Segment(SegmentType.{part.type.name}, {part.asns!r})" for part in as_path.segments
    )
    return f"AsPath(({segments},))"


def _path_source(path: Path) -> str:
    """Name only what differs from the default, as a person would write it."""
    parts = [repr(path.id), _peer_source(path.peer)]
    if path.as_path.segments:
        parts.append(_as_path_source(path.as_path))
    if path.origin:
        parts.append(f"origin=Origin.{path.origin.name}")
    numbers = {
        "med": path.med,
        "local_pref": path.local_pref,
        "weight": path.weight or None,
        "igp_metric": path.igp_metric,
        "aigp": path.aigp,
        "loop": path.loop,
    }
    parts += [f"{name}={value}" for name, value in numbers.items() if value is not None]
    if path.next_hop is not None:
        parts.append(f"next_hop={_address(path.next_hop)}")
    if not path.next_hop_resolvable:
        parts.append("next_hop_resolvable=False")
    if path.originator_id is not None:
        parts.append(f"originator_id={_address(path.originator_id)}")
    for name, values, source in (
        ("cluster_list", path.cluster_list, _address),
        ("communities", path.communities, lambda item: f"Community.parse({str(item)!r})"),
        (
            "large_communities",
            path.large_communities,
            lambda item: f"LargeCommunity.parse({str(item)!r})",
        ),
    ):
        if values:
            parts.append(f"{name}=({', '.join(source(item) for item in values)},)")
    return f"Path({', '.join(parts)})"
