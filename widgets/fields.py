"""The attributes of a path as a learner sees and edits them: one row of a table each.

Reading gives the text of a cell; writing gives a new path or refuses with field, value and rule.
What BGP allows is checked by ``bgp`` itself; here only text becomes values. Names and order follow
RFC 4271 section 4.3 and 5, RFC 4456 (reflection), RFC 7311 (AIGP), RFC 1997 and 8092 (communities).

A router's word that a path was, or was not, refused as a loop is about the attributes it had: when
AS_PATH, ORIGINATOR_ID or CLUSTER_LIST are edited, it is forgotten and found out anew.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from ipaddress import IPv4Address
from typing import Final, Literal

from bgp.as_path import AsPath, parse_asn
from bgp.community import Community, LargeCommunity
from bgp.errors import InvalidValueError
from bgp.route import LOCAL_PEER, Origin, Path, Peer, PeerType, Speaker
from bgp.values import MAX_U32, MAX_U64, parse_address, parse_identifier

MAX_TEXT: Final = 50_000  # the longest AS_PATH the model takes, as text
_WHOLE: Final = re.compile(r"[0-9]{1,20}")
_YES, _NO, _UNKNOWN = "yes", "no", "find out"

Kind = Literal["text", "choice", "flag"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One editable attribute.

    Attributes:
        name: how a command and an error name it.
        title: how the column is headed.
        hint: what the cell takes, one line.
        read: a path to the cell's text; empty for an absent attribute.
        write: (path, text, the deciding speaker) to the changed path.
        kind: how it is edited.
        options: what a choice offers, as (value, title).
        of_peer: whether a locally originated path has no such attribute.
        more: whether it stands in the second line of a path, which opens on demand.
    """

    name: str
    title: str
    hint: str
    read: Callable[[Path], str]
    write: Callable[[Path, str, Speaker], Path]
    kind: Kind = "text"
    options: tuple[tuple[str, str], ...] = ()
    of_peer: bool = False
    more: bool = False


def _optional(value: object) -> str:
    return "" if value is None else str(value)


def _whole(field: str, text: str, high: int = MAX_U32, empty: int | None = None) -> int | None:
    """Read a number from a cell; an empty cell is ``empty``."""
    word = text.strip()
    if not word:
        return empty
    if not _WHOLE.fullmatch(word) or int(word) > high:
        raise InvalidValueError(field, text, f"a whole number from 0 to {high}, or nothing")
    return int(word)


def _number(name: str, title: str, hint: str, *, high: int = MAX_U32, more: bool = False) -> Field:
    def write(path: Path, text: str, _: Speaker) -> Path:
        value = _whole(name, text, high, empty=0 if name == "weight" else None)
        return replace(path, **{name: value})  # type: ignore[arg-type]  # Path checks its fields

    return Field(
        name=name,
        title=title,
        hint=hint,
        read=lambda path: _optional(getattr(path, name)),
        write=write,
        more=more,
    )


def _write_type(path: Path, text: str, speaker: Speaker) -> Path:
    """Change the kind of session. A session's kind follows from its AS numbers, so they follow."""
    if text not in {kind.value for kind in PeerType}:
        raise InvalidValueError("peer.type", text, "ebgp, ibgp, confed-ebgp or local")
    kind = PeerType(text)
    if kind is PeerType.LOCAL:
        return replace(path, peer=LOCAL_PEER)
    peer = path.peer
    asn = speaker.asn if kind is PeerType.IBGP else peer.asn
    if asn is None or (kind is not PeerType.IBGP and asn == speaker.asn):
        asn = path.as_path.neighbor_as or outside_as(speaker)
    if path.is_local:
        peer = example_peer(1, speaker)
    return replace(path, peer=replace(peer, type=kind, asn=asn))


def outside_as(speaker: Speaker) -> int:
    """Return an AS number for documentation (RFC 5398) that is not the speaker's own."""
    return 64496 if speaker.public_as != 64496 and speaker.asn != 64496 else 64497  # noqa: PLR2004 - RFC 5398


def example_peer(number: int, speaker: Speaker) -> Peer:
    """Make an eBGP peer with addresses for documentation (RFC 5737); ``number`` is 1 to 254."""
    address = IPv4Address(f"192.0.2.{number}")
    return Peer(f"peer{number}", PeerType.EBGP, address, address, outside_as(speaker))


def _write_asn(path: Path, text: str, _: Speaker) -> Path:
    return replace(path, peer=replace(path.peer, asn=parse_asn("peer.as", text)))


def _write_address(path: Path, text: str, _: Speaker) -> Path:
    address = parse_address("peer.address", text.strip())
    return replace(path, peer=replace(path.peer, address=address))


def _write_router_id(path: Path, text: str, _: Speaker) -> Path:
    identifier = parse_identifier("peer.router_id", text.strip())
    return replace(path, peer=replace(path.peer, router_id=identifier))


def _write_next_hop(path: Path, text: str, _: Speaker) -> Path:
    word = text.strip()
    return replace(path, next_hop=parse_address("next_hop", word) if word else None)


def _write_resolvable(path: Path, text: str, _: Speaker) -> Path:
    if text not in (_YES, _NO):
        raise InvalidValueError("next_hop_resolvable", text, f"{_YES} or {_NO}")
    return replace(path, next_hop_resolvable=text == _YES)


def _write_originator(path: Path, text: str, _: Speaker) -> Path:
    word = text.strip()
    originator = parse_identifier("originator_id", word) if word else None
    return replace(path, originator_id=originator, loop=None)


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[\s,]+", text.strip()) if word]


def _write_clusters(path: Path, text: str, _: Speaker) -> Path:
    clusters = tuple(parse_identifier("cluster_list", word) for word in _words(text))
    return replace(path, cluster_list=clusters, loop=None)


def _write_communities(path: Path, text: str, _: Speaker) -> Path:
    found = tuple(Community.parse(word, "communities") for word in _words(text))
    return replace(path, communities=found)


def _write_large(path: Path, text: str, _: Speaker) -> Path:
    found = tuple(LargeCommunity.parse(word, "large_communities") for word in _words(text))
    return replace(path, large_communities=found)


def _write_loop(path: Path, text: str, _: Speaker) -> Path:
    known = {_UNKNOWN: None, _YES: True, _NO: False}
    if text not in known:
        raise InvalidValueError("loop", text, f"one of {', '.join(known)}")
    return replace(path, loop=known[text])


def _joined(values: tuple[object, ...]) -> str:
    return " ".join(str(value) for value in values)


FIELDS: Final = (
    Field(
        name="id",
        title="Path",
        hint="a name of 1 to 200 characters, different for each path",
        read=lambda path: path.id,
        write=lambda path, text, _: replace(path, id=text.strip()),
    ),
    Field(
        name="type",
        title="Learned by",
        hint="the kind of session; local for one's own route",
        kind="choice",
        options=tuple((kind.value, kind.label) for kind in PeerType),
        read=lambda path: path.peer.type.value,
        write=_write_type,
    ),
    Field(
        name="peer_as",
        title="Peer AS",
        hint="1 to 4294967295, or asdot such as 1.10",
        read=lambda path: _optional(path.peer.asn),
        write=_write_asn,
        of_peer=True,
    ),
    Field(
        name="peer_address",
        title="Peer address",
        hint="IPv4 or IPv6",
        read=lambda path: _optional(path.peer.address),
        write=_write_address,
        of_peer=True,
    ),
    Field(
        name="router_id",
        title="Router ID",
        hint="the peer's BGP Identifier, four octets",
        read=lambda path: _optional(path.peer.router_id),
        write=_write_router_id,
        of_peer=True,
    ),
    _number("weight", "Weight", "0 to 4294967295; the higher wins; FRR and Cisco only"),
    _number(
        "local_pref", "LOCAL_PREF", "0 to 4294967295, or nothing for the default; the higher wins"
    ),
    Field(
        name="as_path",
        title="AS_PATH",
        hint="65001 65002 {65003,65004}; a confederation's part in ()",
        read=lambda path: str(path.as_path),
        write=lambda path, text, _: replace(path, as_path=AsPath.parse(text.strip()), loop=None),
    ),
    Field(
        name="origin",
        title="ORIGIN",
        hint="IGP before EGP before incomplete",
        kind="choice",
        options=tuple((o.name.lower(), str(o)) for o in Origin),
        read=lambda path: path.origin.name.lower(),
        write=lambda path, text, _: replace(path, origin=Origin.parse("origin", text)),
    ),
    _number("med", "MED", "0 to 4294967295, or nothing for none; the lower wins"),
    Field(
        name="next_hop",
        title="NEXT_HOP",
        hint="IPv4 or IPv6, or nothing when not known",
        read=lambda path: _optional(path.next_hop),
        write=_write_next_hop,
    ),
    Field(
        name="next_hop_resolvable",
        title="Route to it",
        hint="whether a route to NEXT_HOP exists",
        kind="flag",
        options=((_YES, _YES), (_NO, _NO)),
        read=lambda path: _YES if path.next_hop_resolvable else _NO,
        write=_write_resolvable,
    ),
    _number(
        "igp_metric", "IGP metric", "metric of the route to NEXT_HOP, or nothing; the lower wins"
    ),
    Field(
        name="originator_id",
        title="ORIGINATOR_ID",
        hint="set by a route reflector: four octets",
        read=lambda path: _optional(path.originator_id),
        write=_write_originator,
        more=True,
    ),
    Field(
        name="cluster_list",
        title="CLUSTER_LIST",
        hint="cluster identifiers, nearest first",
        read=lambda path: _joined(path.cluster_list),
        write=_write_clusters,
        more=True,
    ),
    _number(
        "aigp",
        "AIGP",
        "accumulated IGP metric, or nothing; the lower wins",
        high=MAX_U64,
        more=True,
    ),
    Field(
        name="communities",
        title="COMMUNITIES",
        hint="64512:100 no-export",
        read=lambda path: _joined(path.communities),
        write=_write_communities,
        more=True,
    ),
    Field(
        name="large_communities",
        title="LARGE_COMMUNITY",
        hint="4200000001:100:200",
        read=lambda path: _joined(path.large_communities),
        write=_write_large,
        more=True,
    ),
    Field(
        name="loop",
        title="Refused as a loop",
        hint="yes or no when the router said so; else found out from the attributes",
        kind="choice",
        options=((_UNKNOWN, _UNKNOWN), (_YES, _YES), (_NO, _NO)),
        read=lambda path: _UNKNOWN if path.loop is None else (_YES if path.loop else _NO),
        write=_write_loop,
        more=True,
    ),
)
BY_NAME: Final = {field.name: field for field in FIELDS}


def write(path: Path, name: object, text: object, speaker: Speaker) -> Path:
    """Return the path with one attribute changed.

    Raises:
        InvalidValueError: there is no such field, or its text does not fit; says which and why.
    """
    if not isinstance(name, str) or name not in BY_NAME:
        raise InvalidValueError("field", name, f"one of {', '.join(BY_NAME)}")
    if not isinstance(text, str) or len(text) > MAX_TEXT:
        raise InvalidValueError(name, text, f"text of at most {MAX_TEXT} characters")
    field = BY_NAME[name]
    if field.of_peer and path.is_local:
        raise InvalidValueError(
            name, text, "nothing: a local path has no peer; change 'learned by' first"
        )
    return field.write(path, text, speaker)
