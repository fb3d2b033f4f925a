"""How Go writes and reads what MetalLB prints: quoted texts, durations, addresses.

The messages a learner meets are MetalLB's, so values in them are printed as Go prints them.
Sources: Go's fmt (%q), strconv, time.ParseDuration, net.ParseIP and net.ParseCIDR.
"""

import json
import re
from collections.abc import Iterable
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
    summarize_address_range,
)
from typing import Final

from labs.integrations.metallb_errors import ConfigError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

SECOND: Final = 1_000_000_000
"""A duration is a number of nanoseconds."""

_UNITS: Final = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ms": 1_000_000,
    "s": SECOND,
    "m": 60 * SECOND,
    "h": 3600 * SECOND,
}
_PART: Final = re.compile(r"(\d+\.?\d*|\.\d+)([^\d.]*)")


def quoted(text: object) -> str:
    """A text as %q prints it."""
    return json.dumps(str(text), ensure_ascii=False)


def quoted_list(values: Iterable[object]) -> str:
    """A list as %q prints it: ["172.18.200.1" "fd00::1"]."""
    return f"[{' '.join(map(quoted, values))}]"


def rune(number: int) -> str:
    """A number as %q prints it: the character with that code, which MetalLB hardly means."""
    char = chr(number)
    if char.isprintable():
        return f"'{char}'"
    return f"'\\x{number:02x}'" if number < 0x80 else f"'\\u{number:04x}'"  # noqa: PLR2004 -- ASCII


def duration(text: str) -> int:
    """Nanoseconds of a duration such as "1m30s".

    Raises:
        ConfigError: it is none, in Go's words.
    """
    sign = -1 if text.startswith("-") else 1
    rest = text.removeprefix("-") if sign < 0 else text.removeprefix("+")
    if rest == "0":
        return 0
    total, place = 0.0, 0
    while place < len(rest) or not rest:
        part = _PART.match(rest, place)
        if part is None:
            raise ConfigError(f"time: invalid duration {quoted(text)}")
        number, unit = part.groups()
        if not unit:
            raise ConfigError(f"time: missing unit in duration {quoted(text)}")
        if unit not in _UNITS:
            raise ConfigError(f"time: unknown unit {quoted(unit)} in duration {quoted(text)}")
        total += float(number) * _UNITS[unit]
        place = part.end()
    return sign * round(total)


def shown_duration(nanoseconds: int) -> str:
    """A duration as Go prints it: "1m30s", "1.5s", "0s"."""
    if nanoseconds == 0:
        return "0s"
    sign, left = ("-", -nanoseconds) if nanoseconds < 0 else ("", nanoseconds)
    if left < SECOND:
        unit = next(name for name in ("ms", "µs", "ns") if left >= _UNITS[name])
        return f"{sign}{left / _UNITS[unit]:.9g}{unit}"
    minutes, rest = divmod(left, 60 * SECOND)
    hours, minutes = divmod(minutes, 60)
    seconds = f"{rest / SECOND:.9f}".rstrip("0").rstrip(".")
    if hours:
        return f"{sign}{hours}h{minutes}m{seconds}s"
    return f"{sign}{minutes}m{seconds}s" if minutes else f"{sign}{seconds}s"


def parsed_address(text: str) -> Address | None:
    """The address, or None; an IPv4 address written as IPv6 is the IPv4 address."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        return None if address.scope_id else address.ipv4_mapped or address
    return address


def parsed_networks(text: str) -> tuple[Network, ...]:
    """The prefixes of "172.18.200.0/24", or of a range "172.18.200.1-172.18.200.9".

    Raises:
        ConfigError: it is neither, in MetalLB's words.
    """
    if "-" not in text:
        address, slash, length = text.partition("/")
        if not slash or not re.fullmatch(r"\d{1,3}", length, re.ASCII):
            raise ConfigError(f"invalid CIDR {quoted(text)}")
        try:
            return (ip_network(f"{address}/{int(length)}", strict=False),)
        except ValueError:
            raise ConfigError(f"invalid CIDR {quoted(text)}") from None
    first, _, last = text.partition("-")
    start, end = parsed_address(first.strip()), parsed_address(last.strip())
    what = f"invalid IP range {quoted(text)}"
    if start is None:
        raise ConfigError(f"{what}: invalid start IP {quoted(first)}")
    if end is None:
        raise ConfigError(f"{what}: invalid end IP {quoted(last)}")
    if _octets(start) > _octets(end):
        raise ConfigError(f"{what}: start IP {quoted(start)} is after the end IP {quoted(end)}")
    if isinstance(start, IPv4Address) and isinstance(end, IPv4Address):
        return tuple(summarize_address_range(start, end))
    if isinstance(start, IPv6Address) and isinstance(end, IPv6Address):
        return tuple(summarize_address_range(start, end))
    return ()


def _octets(address: Address) -> bytes:
    """Sixteen octets, as Go compares addresses of both families."""
    return bytes(10) + b"\xff\xff" + address.packed if address.version == 4 else address.packed  # noqa: PLR2004 -- the family


def parsed_number(text: str, bits: int) -> int:
    """A whole number without a sign, of so many bits.

    Raises:
        ConfigError: it is none, in strconv's words.
    """
    if not re.fullmatch(r"[0-9]+", text):
        raise ConfigError(f"strconv.ParseUint: parsing {quoted(text)}: invalid syntax")
    if int(text) >= 1 << bits:
        raise ConfigError(f"strconv.ParseUint: parsing {quoted(text)}: value out of range")
    return int(text)
