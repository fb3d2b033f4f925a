"""Which paths take part at all: loops, refused attributes, unresolvable next hops.

RFC 4271 section 9.1.2 excludes before it prefers: a looped path is never merely worse. A path
that is refused does not enter the table; one whose NEXT_HOP does not resolve enters it and waits.
"""

from __future__ import annotations

from bgp.knobs import Knobs
from bgp.profiles import Profile
from bgp.reasons import Ineligible
from bgp.route import Path, PeerType, Speaker


def refusal(path: Path, profile: Profile, knobs: Knobs, speaker: Speaker) -> Ineligible | None:
    """Return why the speaker would not take the path into its table, None when it would."""
    if path.is_local:
        return None
    for cause in profile.refuses:
        if _applies(cause, path, profile, knobs, speaker):
            return cause
    return None


def _applies(
    cause: Ineligible, path: Path, profile: Profile, knobs: Knobs, speaker: Speaker
) -> bool:
    match cause:
        case Ineligible.AS_LOOP:
            if path.loop is not None:
                return path.loop
            return speaker.asn in path.as_path or (
                speaker.public_as != speaker.asn and speaker.public_as in path.as_path
            )
        case Ineligible.ORIGINATOR_LOOP:
            return path.originator_id is not None and path.originator_id == speaker.router_id
        case Ineligible.CLUSTER_LOOP:
            # A reflector without a configured cluster identifier uses its BGP Identifier.
            own = speaker.cluster_id or speaker.router_id
            return own is not None and own in path.cluster_list
        case Ineligible.AS_SET:
            return bool(knobs.reject_as_sets) and path.as_path.has_set
        case Ineligible.FIRST_AS:
            enforced = (
                profile.enforces_first_as
                if knobs.enforce_first_as is None
                else knobs.enforce_first_as
            )
            return (
                enforced
                and path.peer.type is PeerType.EBGP
                and path.as_path.neighbor_as != path.peer.asn
            )
        case Ineligible.NEXT_HOP:
            return False  # it enters the table; see ``waits``
    raise AssertionError(cause)  # pragma: no cover - the match above is complete


def waits(path: Path, profile: Profile) -> bool:
    """Whether the path is in the table and cannot be selected for want of a route to NEXT_HOP."""
    return profile.needs_next_hop and not path.next_hop_resolvable and not path.is_local
