"""Communities: RFC 1997 (32 bits), its well-known values, and RFC 8092 (three 32-bit fields).

They are two attributes side by side, not one that extends the other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from bgp.errors import InvalidValueError
from bgp.values import MAX_U32, check_int

# IANA "BGP Well-known Communities"; the names are those FRR prints and takes.
WELL_KNOWN: Final = {
    "graceful-shutdown": 0xFFFF0000,  # RFC 8326
    "accept-own": 0xFFFF0001,  # RFC 7611
    "llgr-stale": 0xFFFF0006,  # RFC 9494
    "no-llgr": 0xFFFF0007,  # RFC 9494
    "blackhole": 0xFFFF029A,  # RFC 7999
    "no-export": 0xFFFFFF01,  # RFC 1997
    "no-advertise": 0xFFFFFF02,  # RFC 1997
    "local-AS": 0xFFFFFF03,  # RFC 1997 NO_EXPORT_SUBCONFED
    "no-peer": 0xFFFFFF04,  # RFC 3765
}
_NAMES: Final = {value: name for name, value in WELL_KNOWN.items()}
_BY_LOWER: Final = {name.lower(): value for name, value in WELL_KNOWN.items()}


@dataclass(frozen=True, slots=True, order=True)
class Community:
    """A standard community: one 32-bit value, written as two 16-bit halves ``64512:100``."""

    value: int

    def __post_init__(self) -> None:
        """Refuse a value that does not fit 32 bits."""
        check_int("community", self.value, 0, MAX_U32)

    @classmethod
    def parse(cls, text: str, field: str = "community") -> Community:
        """Read ``64512:100`` or a well-known name such as ``no-export``."""
        word = text.strip()
        if (value := _BY_LOWER.get(word.lower())) is not None:
            return cls(value)
        match = re.fullmatch(r"([0-9]{1,10}):([0-9]{1,10})", word)
        if match and int(match[1]) <= 0xFFFF and int(match[2]) <= 0xFFFF:  # noqa: PLR2004 - halves
            return cls((int(match[1]) << 16) + int(match[2]))
        raise InvalidValueError(
            field,
            text,
            "ASN:value with both from 0 to 65535, or a well-known name; a four-octet ASN needs a "
            "large community",
        )

    def __str__(self) -> str:
        """Print the well-known name where there is one, else the two halves."""
        return _NAMES.get(self.value, f"{self.value >> 16}:{self.value & 0xFFFF}")


@dataclass(frozen=True, slots=True, order=True)
class LargeCommunity:
    """A large community: Global Administrator, Local Data 1, Local Data 2 (32 bits each)."""

    global_administrator: int
    local_data_1: int
    local_data_2: int

    def __post_init__(self) -> None:
        """Refuse a part that does not fit 32 bits."""
        for part in (self.global_administrator, self.local_data_1, self.local_data_2):
            check_int("large community", part, 0, MAX_U32)

    @classmethod
    def parse(cls, text: str, field: str = "large community") -> LargeCommunity:
        """Read ``4200000001:100:200``."""
        match = re.fullmatch(r"([0-9]{1,10}):([0-9]{1,10}):([0-9]{1,10})", text.strip())
        if match and all(int(part) <= MAX_U32 for part in match.groups()):
            return cls(*(int(part) for part in match.groups()))
        raise InvalidValueError(field, text, "three numbers from 0 to 4294967295 joined by colons")

    def __str__(self) -> str:
        """Print the canonical form of RFC 8092 section 5."""
        return f"{self.global_administrator}:{self.local_data_1}:{self.local_data_2}"


LLGR_STALE: Final = Community(WELL_KNOWN["llgr-stale"])
