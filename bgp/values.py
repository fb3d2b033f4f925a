"""Checks shared by the value types: integers with a range, addresses, prefixes.

Addresses and prefixes are the standard library's, in both families; this module only makes their
refusals say field, value and rule.
"""

from __future__ import annotations

from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Final

from bgp.errors import InvalidValueError

Address = IPv4Address | IPv6Address
Prefix = IPv4Network | IPv6Network

MAX_U32: Final = 2**32 - 1
MAX_U64: Final = 2**64 - 1


def check_int(field: str, value: object, low: int, high: int, unit: str = "a whole number") -> int:
    """Return ``value`` if it is an integer in ``low..high``; a bool is not a number here."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InvalidValueError(field, value, f"{unit} from {low} to {high}")
    return value


def parse_address(field: str, value: object) -> Address:
    """Read an IPv4 or IPv6 address from text; an address passes unchanged."""
    if isinstance(value, IPv4Address | IPv6Address):
        return value
    if isinstance(value, str):
        try:
            return ip_address(value)
        except ValueError:
            pass
    raise InvalidValueError(field, value, "an IPv4 or IPv6 address such as 192.0.2.1")


def parse_identifier(field: str, value: object) -> IPv4Address:
    """Read a BGP Identifier: four octets, any value but 0.0.0.0 (RFC 6286)."""
    try:
        identifier = parse_address(field, value)
    except InvalidValueError:
        identifier = None
    if not isinstance(identifier, IPv4Address) or int(identifier) == 0:
        raise InvalidValueError(field, value, "a BGP Identifier: four octets, not 0.0.0.0")
    return identifier


def parse_prefix(field: str, value: object) -> Prefix:
    """Read a prefix from text; bits set beyond its length are refused, not dropped."""
    if isinstance(value, IPv4Network | IPv6Network):
        return value
    if isinstance(value, str) and "/" in value:
        try:
            return ip_network(value)
        except ValueError:
            pass
    raise InvalidValueError(
        field, value, "a prefix such as 10.0.0.0/24 or 2001:db8::/32, no bit set beyond its length"
    )
