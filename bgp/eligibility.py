"""Which paths take part at all: applies, refused attributes, unresolvable next hops.

RFC 4271 section 9.1.2 excludes before it prefers: a looped path is never merely worse. A path
that is refused does not enter the table; one whose NEXT_HOP does not resolve enters it and waits.
"""

from __future__ import annotations

from typing import Final

from bgp.knobs import Knobs
from bgp.profiles import Profile
from bgp.reasons import Ineligible
from bgp.route import Path, PeerType, Speaker


def refusal(path: Path, profile: Profile, knobs: Knobs, speaker: Speaker) -> Ineligible | None:
    """Return why the speaker would not take the path into its table, None when it would.

    Where the input tells that the path was refused as a loop (``Path.loop``), the cause is looked
    for; speakers differ in what they call a loop, so one that the profile does not mind is none.
    """
    if path.is_local:
        return None
    for cause in profile.refuses:
        if path.loop is False and cause in _OF_AS_PATH:
            continue
        if _applies(cause, path, profile, knobs, speaker):
            return cause
    if path.loop and not any(_seen(cause, path, speaker) for cause in _LOOPS):
        return Ineligible.AS_LOOP
    return None


_OF_AS_PATH: Final = (Ineligible.AS_LOOP, Ineligible.CONFED_LOOP)
_LOOPS: Final = (*_OF_AS_PATH, Ineligible.ORIGINATOR_LOOP, Ineligible.CLUSTER_LOOP)


def _applies(
    cause: Ineligible, path: Path, profile: Profile, knobs: Knobs, speaker: Speaker
) -> bool:
    match cause:
        case Ineligible.CONFED_LOOP:
            applies = path.peer.type in profile.confed_loop_from and _seen(cause, path, speaker)
        case Ineligible.AS_SET:
            applies = bool(knobs.reject_as_sets) and path.as_path.has_set
        case Ineligible.FIRST_AS:
            applies = _enforces_first_as(profile, knobs) and _wrong_first_as(path)
        case _:
            applies = _seen(cause, path, speaker)
    return applies


def _seen(cause: Ineligible, path: Path, speaker: Speaker) -> bool:
    """Whether the mark of a loop is on the path."""
    match cause:
        case Ineligible.AS_LOOP:
            return speaker.asn in path.as_path
        case Ineligible.CONFED_LOOP:
            return speaker.confederation is not None and speaker.public_as in path.as_path
        case Ineligible.ORIGINATOR_LOOP:
            return path.originator_id is not None and path.originator_id == speaker.router_id
        case Ineligible.CLUSTER_LOOP:
            # A reflector without a configured cluster identifier uses its BGP Identifier.
            own = speaker.cluster_id or speaker.router_id
            return own is not None and own in path.cluster_list
        case _:
            return False


def _enforces_first_as(profile: Profile, knobs: Knobs) -> bool:
    if knobs.enforce_first_as is None:
        return profile.enforces_first_as
    return knobs.enforce_first_as


def _wrong_first_as(path: Path) -> bool:
    return path.peer.type is PeerType.EBGP and path.as_path.neighbor_as != path.peer.asn


def waits(path: Path, profile: Profile) -> bool:
    """Whether the path is in the table and cannot be selected for want of a route to NEXT_HOP."""
    return profile.needs_next_hop and not path.next_hop_resolvable and not path.is_local
