"""BGP messages as octets: RFC 4271 section 4, with the attributes of RFC 1997, 4456, 5065, 6793.

Only what a speaker that announces IPv4 unicast needs: OPEN, KEEPALIVE, UPDATE and NOTIFICATION are
written, and received messages are read just far enough to follow the session. Nothing is checked
for sense: labs also announce what a careful router would not.
"""

import ipaddress
import struct
from collections.abc import Sequence
from dataclasses import dataclass

OPEN, UPDATE, NOTIFICATION, KEEPALIVE = 1, 2, 3, 4
HEADER = struct.Struct("!16sHB")
MARKER = b"\xff" * 16
AS_TRANS = 23456  # RFC 6793 section 9: stands in a 2-octet field for an AS that does not fit
MAXIMUM_LENGTH = 4096

SEGMENTS = {"set": 1, "seq": 2, "confed_seq": 3, "confed_set": 4}
"""AS_PATH segment types: RFC 4271 section 4.3 and RFC 5065 section 3."""

ORIGINS = {"igp": 0, "egp": 1, "incomplete": 2}

OPTIONAL, TRANSITIVE, EXTENDED = 0x80, 0x40, 0x10


@dataclass(frozen=True)
class Announcement:
    """One prefix with the attributes it is announced with; None leaves an attribute out."""

    prefix: str
    next_hop: str
    as_path: Sequence[tuple[str, Sequence[int]]] = ()
    origin: str = "igp"
    med: int | None = None
    local_pref: int | None = None
    originator_id: str | None = None
    cluster_list: Sequence[str] = ()
    communities: Sequence[tuple[int, int]] = ()
    aigp: int | None = None


@dataclass(frozen=True)
class Received:
    """A message taken from the stream: its type and what follows the header."""

    kind: int
    body: bytes

    def __str__(self) -> str:
        """Name the message, with the codes of a NOTIFICATION."""
        if self.kind == NOTIFICATION:
            return f"NOTIFICATION {self.body[0]}/{self.body[1]}"
        return {OPEN: "OPEN", UPDATE: "UPDATE", KEEPALIVE: "KEEPALIVE"}.get(self.kind, "unknown")


def message(kind: int, body: bytes = b"") -> bytes:
    """Put the header of RFC 4271 section 4.1 before a body."""
    length = HEADER.size + len(body)
    if length > MAXIMUM_LENGTH:
        raise ValueError(f"a BGP message of {length} octets; RFC 4271 allows {MAXIMUM_LENGTH}")
    return HEADER.pack(MARKER, length, kind) + body


def open_message(asn: int, hold_time: int, router_id: str) -> bytes:
    """Write an OPEN that offers IPv4 unicast (RFC 4760) and 4-octet AS numbers (RFC 6793)."""
    multiprotocol = struct.pack("!BBHBB", 1, 4, 1, 0, 1)
    four_octets = struct.pack("!BBI", 65, 4, asn)
    capabilities = multiprotocol + four_octets
    parameter = struct.pack("!BB", 2, len(capabilities)) + capabilities
    fixed = struct.pack("!BHH", 4, asn if asn < 1 << 16 else AS_TRANS, hold_time)
    return message(OPEN, fixed + packed(router_id) + bytes([len(parameter)]) + parameter)


def hold_time_of(open_body: bytes) -> int:
    """Read the Hold Time, in seconds, of a received OPEN."""
    return int(struct.unpack_from("!H", open_body, 3)[0])


def update_message(announcement: Announcement) -> bytes:
    """Write the UPDATE that announces one prefix."""
    a = announcement
    attributes = [
        attribute(TRANSITIVE, 1, bytes([ORIGINS[a.origin]])),
        attribute(TRANSITIVE, 2, b"".join(segment(kind, asns) for kind, asns in a.as_path)),
        attribute(TRANSITIVE, 3, packed(a.next_hop)),
    ]
    if a.med is not None:
        attributes.append(attribute(OPTIONAL, 4, struct.pack("!I", a.med)))
    if a.local_pref is not None:
        attributes.append(attribute(TRANSITIVE, 5, struct.pack("!I", a.local_pref)))
    if a.communities:
        values = b"".join(struct.pack("!HH", high, low) for high, low in a.communities)
        attributes.append(attribute(OPTIONAL | TRANSITIVE, 8, values))
    if a.originator_id is not None:
        attributes.append(attribute(OPTIONAL, 9, packed(a.originator_id)))
    if a.cluster_list:
        attributes.append(attribute(OPTIONAL, 10, b"".join(map(packed, a.cluster_list))))
    if a.aigp is not None:  # RFC 7311 section 3: one TLV of type 1
        attributes.append(attribute(OPTIONAL, 26, struct.pack("!BHQ", 1, 11, a.aigp)))
    octets = b"".join(attributes)
    return message(UPDATE, struct.pack("!HH", 0, len(octets)) + octets + reach(a.prefix))


def withdraw_message(prefix: str) -> bytes:
    """Write the UPDATE that withdraws one prefix."""
    gone = reach(prefix)
    return message(UPDATE, struct.pack("!H", len(gone)) + gone + b"\0\0")


def segment(kind: str, asns: Sequence[int]) -> bytes:
    """Write one AS_PATH segment with 4-octet AS numbers."""
    return struct.pack(f"!BB{len(asns)}I", SEGMENTS[kind], len(asns), *asns)


def attribute(flags: int, code: int, value: bytes) -> bytes:
    """Write one path attribute, with the extended length where it needs it."""
    if len(value) > 255:  # noqa: PLR2004 - what one octet of length holds
        return struct.pack("!BBH", flags | EXTENDED, code, len(value)) + value
    return struct.pack("!BBB", flags, code, len(value)) + value


def reach(prefix: str) -> bytes:
    """Write a prefix as NLRI: its length in bits, then as few octets as hold it."""
    network = ipaddress.IPv4Network(prefix)
    octets = (network.prefixlen + 7) // 8
    return bytes([network.prefixlen]) + network.network_address.packed[:octets]


def packed(address: str) -> bytes:
    """Write an IPv4 address or a BGP Identifier as four octets."""
    return ipaddress.IPv4Address(address).packed


def take_messages(buffer: bytearray, at_most: int | None = None) -> list[Received]:
    """Take every whole message off the front of a receive buffer, or only so many."""
    taken: list[Received] = []
    while len(buffer) >= HEADER.size and len(taken) != at_most:
        marker, length, kind = HEADER.unpack_from(buffer)
        if marker != MARKER or length < HEADER.size:
            raise ValueError(f"not a BGP header: {bytes(buffer[: HEADER.size]).hex()}")
        if len(buffer) < length:
            break
        taken.append(Received(kind, bytes(buffer[HEADER.size : length])))
        del buffer[:length]
    return taken
