"""MULTI_EXIT_DISC: which two paths may be compared on it, for each implementation.

RFC 4271 section 9.1.2.2 c compares MED only between paths from the same neighboring AS. That is
why preference is no order: p1 may beat p2, p2 beat p3, and p3 beat p1.
"""

from __future__ import annotations

from bgp.as_path import AsPath
from bgp.route import Path
from bgp.step import Context
from bgp.values import MAX_U32


def neighbor_as(path: Path, context: Context) -> int:
    """Return neighborAS of RFC 4271: our own AS where AS_PATH tells of no other."""
    asn = path.as_path.neighbor_as
    return context.speaker.public_as if asn is None else asn


def same_left_as(left: AsPath, right: AsPath) -> bool:
    """FRR ``aspath_cmp_left``: both open, past confederation segments, with the same AS.

    An AS_SET in front makes the pair incomparable; two paths without any segment are comparable.
    """
    if not left.segments and not right.segments:
        return True
    return left.neighbor_as is not None and left.neighbor_as == right.neighbor_as


def same_left_member(left: AsPath, right: AsPath) -> bool:
    """FRR ``aspath_cmp_left_confed``: both open with the same member AS."""
    return left.member_as is not None and left.member_as == right.member_as


def same_med_group(left: Path, right: Path) -> bool:
    """Whether FRR's ``deterministic-med`` puts two paths in one group."""
    return same_left_as(left.as_path, right.as_path) or same_left_member(
        left.as_path, right.as_path
    )


def frr_med_comparable(new: Path, existing: Path, context: Context) -> bool:
    """FRR: always-compare-med, the same leftmost AS, or both without any AS that counts."""
    # The last test covers `med confed` too, whose own condition is narrower.
    return (
        context.knobs.always_compare_med
        or same_med_group(new, existing)
        or (new.as_path.length == 0 and existing.as_path.length == 0)
    )


def rfc_med_comparable(new: Path, existing: Path, context: Context) -> bool:
    """RFC 4271 section 9.1.2.2 c: only between paths of one neighbor AS."""
    return neighbor_as(new, context) == neighbor_as(existing, context)


def bird_med_comparable(new: Path, existing: Path, context: Context) -> bool:
    """BIRD: as the RFC, or always with ``med metric``."""
    return context.knobs.always_compare_med or rfc_med_comparable(new, existing, context)


def _gobgp_first_as(path: AsPath) -> int | None:
    """GoBGP takes the first AS written after the confederation segments, in an AS_SET too."""
    for segment in path.segments:
        if not segment.type.of_confederation:
            return segment.asns[0]
    return None


def gobgp_med_comparable(new: Path, existing: Path, context: Context) -> bool:
    """GoBGP: always-compare-med, both paths without length, or the same first AS."""
    a, b = new.as_path, existing.as_path
    if context.knobs.always_compare_med or (a.length == 0 and b.length == 0):
        return True
    first = _gobgp_first_as(a)
    return first is not None and first == _gobgp_first_as(b)


def value(path: Path, context: Context) -> int:
    """Return the MED compared: a missing one is 0, or the worst when so configured."""
    if path.med is not None:
        return path.med
    return MAX_U32 if context.knobs.med_missing_as_worst else 0


def text(path: Path, context: Context) -> str:
    """Return the MED as a person reads it."""
    return str(path.med) if path.med is not None else f"none ({value(path, context)})"
