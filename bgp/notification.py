"""NOTIFICATION codes and subcodes, as RFC 4271 section 4.5 has them and later RFCs refined them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from bgp.values import check_int


class ErrorCode(IntEnum):
    """Error codes (RFC 4271 section 4.5; 8 is RFC 9687)."""

    MESSAGE_HEADER = 1
    OPEN_MESSAGE = 2
    UPDATE_MESSAGE = 3
    HOLD_TIMER_EXPIRED = 4
    FSM_ERROR = 5
    CEASE = 6
    ROUTE_REFRESH = 7
    SEND_HOLD_TIMER_EXPIRED = 8


CODE_TITLES: Final = {
    ErrorCode.MESSAGE_HEADER: "Message Header Error",
    ErrorCode.OPEN_MESSAGE: "OPEN Message Error",
    ErrorCode.UPDATE_MESSAGE: "UPDATE Message Error",
    ErrorCode.HOLD_TIMER_EXPIRED: "Hold Timer Expired",
    ErrorCode.FSM_ERROR: "Finite State Machine Error",
    ErrorCode.CEASE: "Cease",
    ErrorCode.ROUTE_REFRESH: "ROUTE-REFRESH Message Error",
    ErrorCode.SEND_HOLD_TIMER_EXPIRED: "Send Hold Timer Expired",
}

SUBCODE_TITLES: Final = {
    (1, 1): "Connection Not Synchronized",
    (1, 2): "Bad Message Length",
    (1, 3): "Bad Message Type",
    (2, 1): "Unsupported Version Number",
    (2, 2): "Bad Peer AS",
    (2, 3): "Bad BGP Identifier",
    (2, 4): "Unsupported Optional Parameter",
    (2, 6): "Unacceptable Hold Time",
    (2, 7): "Unsupported Capability",  # RFC 5492
    (2, 11): "Role Mismatch",  # RFC 9234
    (3, 1): "Malformed Attribute List",
    (3, 2): "Unrecognized Well-known Attribute",
    (3, 3): "Missing Well-known Attribute",
    (3, 4): "Attribute Flags Error",
    (3, 5): "Attribute Length Error",
    (3, 6): "Invalid ORIGIN Attribute",
    (3, 8): "Invalid NEXT_HOP Attribute",
    (3, 9): "Optional Attribute Error",
    (3, 10): "Invalid Network Field",
    (3, 11): "Malformed AS_PATH",
    (5, 1): "Receive Unexpected Message in OpenSent State",  # RFC 6608
    (5, 2): "Receive Unexpected Message in OpenConfirm State",  # RFC 6608
    (5, 3): "Receive Unexpected Message in Established State",  # RFC 6608
    (6, 1): "Maximum Number of Prefixes Reached",  # RFC 4486
    (6, 2): "Administrative Shutdown",  # RFC 4486, text by RFC 9003
    (6, 3): "Peer De-configured",  # RFC 4486
    (6, 4): "Administrative Reset",  # RFC 4486, text by RFC 9003
    (6, 5): "Connection Rejected",  # RFC 4486
    (6, 6): "Other Configuration Change",  # RFC 4486
    (6, 7): "Connection Collision Resolution",  # RFC 4486
    (6, 8): "Out of Resources",  # RFC 4486
    (6, 9): "Hard Reset",  # RFC 8538
    (6, 10): "BFD Down",  # RFC 9384
    (7, 1): "Invalid Message Length",  # RFC 7313
}

ADMINISTRATIVE_SHUTDOWN: Final = 2
MAXIMUM_PREFIXES: Final = 1
COLLISION_RESOLUTION: Final = 7


@dataclass(frozen=True, slots=True)
class Notification:
    """A NOTIFICATION: its code, and its subcode where the text or a later RFC settles one.

    Attributes:
        code: error code.
        subcode: error subcode, 0 for unspecific; None where it depends on what was wrong.
    """

    code: int
    subcode: int | None = None

    def __post_init__(self) -> None:
        """Refuse what does not fit an octet."""
        check_int("notification.code", self.code, 1, 255)
        if self.subcode is not None:
            check_int("notification.subcode", self.subcode, 0, 255)

    def __str__(self) -> str:
        """Print code and subcode with the names of the registry, as far as there are any."""
        titles = {code.value: title for code, title in CODE_TITLES.items()}
        title = titles.get(self.code, "unknown error")
        if self.subcode is None:
            return f"{self.code} ({title})"
        detail = SUBCODE_TITLES.get((self.code, self.subcode))
        return f"{self.code}/{self.subcode} ({title}{f': {detail}' if detail else ''})"
