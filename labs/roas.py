"""ROAs: which AS may originate which prefix, how long at most, and what follows for a route.

Source: RFC 6811 section 2 (valid, invalid, not found). Written in a topology as
`198.51.100.0/24 le 24 from 64701`; without `le` the prefix's own length is the longest.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_ROA: Final = re.compile(r"(\S+)(?: le (\d{1,2}))? from (\d{1,10})")
_LONGEST: Final = 32
_AS_LIMIT: Final = 2**32 - 1


class Validity(StrEnum):
    """What the ROAs say of a route."""

    VALID = "valid"
    INVALID = "invalid"
    NOT_FOUND = "not found"


@dataclass(frozen=True)
class Roa:
    """One ROA: AS `asn` may originate `prefix` and what is within it to `max_length`."""

    prefix: str
    max_length: int
    asn: int

    def __str__(self) -> str:
        """Write it as a topology does."""
        return f"{self.prefix} le {self.max_length} from {self.asn}"


def read_roa(text: str) -> Roa | None:
    """Read a ROA; None for what is none."""
    found = _ROA.fullmatch(text)
    if found is None:
        return None
    try:
        network = ipaddress.IPv4Network(found[1])
    except ValueError:
        return None
    longest = int(found[2] or network.prefixlen)
    fits = network.prefixlen <= longest <= _LONGEST and int(found[3]) <= _AS_LIMIT
    return Roa(str(network), longest, int(found[3])) if fits else None


def validity(prefix: str, origin: int, roas: Iterable[Roa]) -> Validity:
    """Return what ROAs say of a prefix that an AS originates."""
    network = ipaddress.IPv4Network(prefix)
    covering = [roa for roa in roas if network.subnet_of(ipaddress.IPv4Network(roa.prefix))]
    if not covering:
        return Validity.NOT_FOUND
    fits = any(roa.asn == origin and network.prefixlen <= roa.max_length for roa in covering)
    return Validity.VALID if fits else Validity.INVALID


def cache_file(roas: Iterable[Roa]) -> str:
    """Write ROAs as the JSON that a validator gives to stayrtr."""
    entries = [
        {"prefix": roa.prefix, "maxLength": roa.max_length, "asn": f"AS{roa.asn}"} for roa in roas
    ]
    return json.dumps({"roas": entries})
