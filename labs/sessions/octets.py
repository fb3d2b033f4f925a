"""The inputs of `bgp.fsm_frr_input` as octets a neighbor sends (RFC 4271 section 4)."""

import struct
from collections.abc import Mapping
from types import MappingProxyType

from bgp.fsm_frr_input import Input
from labs.wire import (
    HEADER,
    KEEPALIVE,
    MARKER,
    NOTIFICATION,
    OPEN,
    TRANSITIVE,
    UPDATE,
    Announcement,
    attribute,
    message,
    open_message,
    packed,
    reach,
    segment,
    update_message,
)

ROUTER_AS, ROUTER_ID, NEIGHBOR_AS, OTHER_AS = 65000, "10.0.0.1", 65001, 65099
NEIGHBOR_ID, HOLD_TIME = "10.255.0.9", 180
ROUTE_REFRESH, CAPABILITY = 5, 6
CEASE = message(NOTIFICATION, b"\x06\x04")


def _header(length: int, kind: int, marker: bytes = MARKER) -> bytes:
    """A header as it should not be, followed by enough octets that nobody waits for more."""
    return HEADER.pack(marker, length, kind) + bytes(max(0, length - HEADER.size))


def _open(
    version: int = 4,
    asn: int = NEIGHBOR_AS,
    identifier: str = NEIGHBOR_ID,
    parameters: bytes = b"",
    parameters_length: int | None = None,
) -> bytes:
    """An OPEN of which one field is wrong; FRR holds a neighbor to the 4-octet AS it once told."""
    four_octets = struct.pack("!BBBBI", 2, 6, 65, 4, asn)
    parameters = four_octets + parameters
    length = len(parameters) if parameters_length is None else parameters_length
    fixed = struct.pack("!BHH", version, asn, HOLD_TIME) + packed(identifier)
    return message(OPEN, fixed + bytes([length]) + parameters)


def _update(attributes: bytes, nlri: bytes, attributes_length: int | None = None) -> bytes:
    length = len(attributes) if attributes_length is None else attributes_length
    return message(UPDATE, struct.pack("!HH", 0, length) + attributes + nlri)


_PREFIX, _NEXT_HOP = "192.0.2.0/24", "10.0.0.2"
_ORIGIN = attribute(TRANSITIVE, 1, b"\0")
_BAD_ORIGIN = attribute(TRANSITIVE, 1, b"\x09")
_AS_PATH = attribute(TRANSITIVE, 2, segment("seq", [NEIGHBOR_AS]))
_TO = attribute(TRANSITIVE, 3, packed(_NEXT_HOP))
_TOO_LONG_PREFIX = bytes([33]) + bytes(5)

OCTETS: Mapping[Input, bytes] = MappingProxyType(
    {
        Input.MARKER: _header(HEADER.size, KEEPALIVE, marker=bytes(16)),
        Input.LENGTH_SHORT: _header(18, KEEPALIVE),
        Input.LENGTH_LONG: _header(4097, UPDATE),
        Input.TYPE_ZERO: _header(HEADER.size, 0),
        Input.TYPE_UNKNOWN: _header(HEADER.size, 7),
        Input.OPEN_SHORT: _header(28, OPEN),
        Input.UPDATE_SHORT: _header(22, UPDATE),
        Input.NOTIFICATION_SHORT: _header(20, NOTIFICATION),
        Input.KEEPALIVE_LONG: _header(20, KEEPALIVE),
        Input.ROUTE_REFRESH_SHORT: _header(22, ROUTE_REFRESH),
        Input.OPEN: open_message(NEIGHBOR_AS, HOLD_TIME, NEIGHBOR_ID),
        Input.OPEN_VERSION: _open(version=5),
        Input.OPEN_AS: open_message(OTHER_AS, HOLD_TIME, NEIGHBOR_ID),
        Input.OPEN_AS_ZERO: _open(asn=0),
        Input.OPEN_IDENTIFIER: open_message(NEIGHBOR_AS, HOLD_TIME, "0.0.0.0"),  # noqa: S104 - an identifier
        Input.OPEN_HOLD_0: open_message(NEIGHBOR_AS, 0, NEIGHBOR_ID),
        Input.OPEN_HOLD_1: open_message(NEIGHBOR_AS, 1, NEIGHBOR_ID),
        Input.OPEN_HOLD_2: open_message(NEIGHBOR_AS, 2, NEIGHBOR_ID),
        Input.OPEN_PARAMETER: _open(parameters=b"\x63\x00"),
        Input.OPEN_PARAMETERS_LENGTH: _open(parameters_length=20),
        Input.OPEN_OWN_IDENTIFIER: open_message(NEIGHBOR_AS, HOLD_TIME, ROUTER_ID),
        Input.OPEN_MULTICAST_IDENTIFIER: open_message(NEIGHBOR_AS, HOLD_TIME, "224.1.1.1"),
        Input.KEEPALIVE: message(KEEPALIVE),
        Input.UPDATE: update_message(Announcement(_PREFIX, _NEXT_HOP, [("seq", [NEIGHBOR_AS])])),
        Input.END_OF_RIB: _update(b"", b""),
        Input.UPDATE_WITHDRAWN_LENGTH: message(UPDATE, struct.pack("!HH", 99, 0)),
        Input.UPDATE_ATTRIBUTES_LENGTH: _update(_ORIGIN, b"", attributes_length=99),
        Input.UPDATE_MISSING: _update(_ORIGIN + _AS_PATH, reach(_PREFIX)),
        Input.UPDATE_ORIGIN: _update(_BAD_ORIGIN + _AS_PATH + _TO, reach(_PREFIX)),
        Input.UPDATE_ORIGIN_LAST: _update(_AS_PATH + _TO + _BAD_ORIGIN, reach(_PREFIX)),
        Input.UPDATE_PREFIX: _update(_ORIGIN + _AS_PATH + _TO, _TOO_LONG_PREFIX),
        Input.NOTIFICATION: CEASE,
        Input.NOTIFICATION_VERSION: message(NOTIFICATION, b"\x02\x01\x00\x04"),
        Input.ROUTE_REFRESH: message(ROUTE_REFRESH, struct.pack("!HBB", 1, 0, 1)),
        Input.CAPABILITY: message(CAPABILITY, b"\0" * 7),
    }
)
"""What the neighbor sends; the inputs that are not messages have no row."""
