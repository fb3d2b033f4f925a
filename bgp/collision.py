"""Connection collision: two connections between the same two speakers, one too many.

RFC 4271 section 6.8: the connection initiated by the speaker with the higher BGP Identifier stays.
RFC 6286 section 2.3: where the identifiers are equal, the higher AS number decides. FRR settles it
at the first OPEN, as the recordings of collisions in ``tests/bgp/recorded/fsm`` show.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address

from bgp.fsm_words import State


class Direction(StrEnum):
    """Who opened the connection, seen from the local system."""

    OUTGOING = "outgoing"
    INCOMING = "incoming"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Which connection stays and by which rule.

    Attributes:
        keep: the connection that stays, None when there is no collision to settle.
        rule: why, one sentence.
    """

    keep: Direction | None
    rule: str


def resolve(
    local_id: IPv4Address,
    remote_id: IPv4Address,
    local_as: int,
    remote_as: int,
    *,
    other: State,
    arrived_on: Direction,
    collision_detect_established_state: bool = False,
    at_first_open: bool = False,
) -> Verdict:
    """Settle a collision when an OPEN has arrived on one of two connections.

    Args:
        local_id: our BGP Identifier.
        remote_id: the one in the peer's OPEN.
        local_as: our AS number.
        remote_as: the peer's.
        other: state of the other connection.
        arrived_on: the connection the OPEN came on.
        collision_detect_established_state: the optional session attribute of that name.
        at_first_open: whether a connection in OpenSent collides too, as with FRR; the RFC looks at
            OpenConfirm.
    """
    if other is State.ESTABLISHED and not collision_detect_established_state:
        keep = Direction.INCOMING if arrived_on is Direction.OUTGOING else Direction.OUTGOING
        return Verdict(keep, "The other connection is Established: the new one is closed.")
    first = State.OPEN_SENT if at_first_open else State.OPEN_CONFIRM
    if other not in (first, State.OPEN_CONFIRM, State.ESTABLISHED):
        rule = f"an OPEN collides only from {first} on."
        return Verdict(None, f"The other connection is in {other}: {rule}")
    if local_id != remote_id:
        higher = local_id > remote_id
        what = f"BGP Identifier: {local_id} is {'higher' if higher else 'lower'} than {remote_id}"
    elif local_as != remote_as:
        higher = local_as > remote_as
        what = f"equal BGP Identifiers, and AS {local_as} is "
        what += f"{'higher' if higher else 'lower'} than AS {remote_as} (RFC 6286)"
    else:
        return Verdict(None, "Equal BGP Identifiers within one AS: the session is not allowed.")
    keep = Direction.OUTGOING if higher else Direction.INCOMING
    side = "we" if higher else "the peer"
    return Verdict(keep, f"{what}; the connection that {side} opened stays.")
