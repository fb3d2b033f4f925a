"""AS_PATH with its four segment types (RFC 4271 section 4.3 b, RFC 5065 section 3).

Text follows what routers print: ``65001 65002 {65003,65004} (65010 65011) [65012,65013]`` is an
AS_SEQUENCE, an AS_SET, an AS_CONFED_SEQUENCE and an AS_CONFED_SET.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bgp.errors import InvalidValueError
from bgp.values import MAX_U32, check_int

MAX_SEGMENT: Final = 255  # a segment's length is one octet, RFC 4271 section 4.3
MAX_ASNS: Final = 4096  # beyond what any UPDATE of 4,096 octets, or 65,535 extended, reasonably has


class SegmentType(StrEnum):
    """The four path segment types; the value is how a decision case spells it."""

    AS_SEQUENCE = "seq"
    AS_SET = "set"
    AS_CONFED_SEQUENCE = "confed_seq"
    AS_CONFED_SET = "confed_set"

    @property
    def of_confederation(self) -> bool:
        """Whether the segment exists only inside a confederation."""
        return self in (SegmentType.AS_CONFED_SEQUENCE, SegmentType.AS_CONFED_SET)

    @property
    def is_set(self) -> bool:
        """Whether the segment is unordered and counts as one AS at most."""
        return self in (SegmentType.AS_SET, SegmentType.AS_CONFED_SET)


_BRACKETS: Final = {
    SegmentType.AS_SEQUENCE: ("", " ", ""),
    SegmentType.AS_SET: ("{", ",", "}"),
    SegmentType.AS_CONFED_SEQUENCE: ("(", " ", ")"),
    SegmentType.AS_CONFED_SET: ("[", ",", "]"),
}
_OPENERS: Final = {
    "{": SegmentType.AS_SET,
    "(": SegmentType.AS_CONFED_SEQUENCE,
    "[": SegmentType.AS_CONFED_SET,
}
_TOKEN: Final = re.compile(r"[{(\[][^{}()\[\]]*[})\]]|\d+(?:\.\d+)?|\S")
_RULE: Final = "an AS_PATH such as '65001 65002 {65003,65004}'; a confederation's part in ()"


def parse_asn(field: str, value: object) -> int:
    """Read an AS number: an integer from 1, decimal text, or asdot (``64086.59904``)."""
    if isinstance(value, str):
        text = value.strip()
        if re.fullmatch(r"[0-9]{1,10}", text):
            value = int(text)
        elif match := re.fullmatch(r"([0-9]{1,5})\.([0-9]{1,5})", text):
            high, low = int(match[1]), int(match[2])
            if high <= 0xFFFF and low <= 0xFFFF:  # noqa: PLR2004 - two octets each, RFC 5396
                value = (high << 16) + low
    return check_int(field, value, 1, MAX_U32, "an AS number")


@dataclass(frozen=True, slots=True)
class Segment:
    """One path segment: its type and 1 to 255 AS numbers."""

    type: SegmentType
    asns: tuple[int, ...]

    def __post_init__(self) -> None:
        """Refuse an empty or over-long segment and a wrong AS number."""
        if not 1 <= len(self.asns) <= MAX_SEGMENT:
            raise InvalidValueError("as_path", self.asns, f"1 to {MAX_SEGMENT} ASNs in a segment")
        for asn in self.asns:
            parse_asn("as_path", asn)

    def __str__(self) -> str:
        """Print the segment as routers do."""
        start, between, end = _BRACKETS[self.type]
        return f"{start}{between.join(str(asn) for asn in self.asns)}{end}"


@dataclass(frozen=True, slots=True)
class AsPath:
    """An AS_PATH: the segments, nearest AS first. The empty path is a route of one's own AS."""

    segments: tuple[Segment, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a path longer than any router carries."""
        if sum(len(segment.asns) for segment in self.segments) > MAX_ASNS:
            raise InvalidValueError(
                "as_path", f"{len(self.segments)} segments", f"at most {MAX_ASNS} ASNs in all"
            )

    @classmethod
    def of(cls, *asns: int) -> AsPath:
        """Make a path of one AS_SEQUENCE (or of as many as 255 ASNs each need)."""
        return cls(
            tuple(
                Segment(SegmentType.AS_SEQUENCE, asns[start : start + MAX_SEGMENT])
                for start in range(0, len(asns), MAX_SEGMENT)
            )
        )

    @classmethod
    def parse(cls, text: str, field: str = "as_path") -> AsPath:
        """Read what a router prints.

        Args:
            text: for instance ``65001 65002 {65003,65004}``; empty for an empty path.
            field: the name an error gives to the place.

        Raises:
            InvalidValueError: a bracket without its pair, a word that is no AS number.
        """
        segments: list[Segment] = []
        run: list[int] = []

        def flush() -> None:
            segments.extend(cls.of(*run).segments)
            run.clear()

        if len(text) > MAX_ASNS * 11:
            raise InvalidValueError(field, text, f"at most {MAX_ASNS} ASNs in all")
        for token in _TOKEN.findall(text):
            kind = _OPENERS.get(token[0])
            if kind is None:
                if not token[0].isdigit():
                    raise InvalidValueError(field, text, _RULE)
                run.append(parse_asn(field, token))
                continue
            if len(token) == 1 or token[-1] != _BRACKETS[kind][2]:
                raise InvalidValueError(field, text, _RULE)
            flush()
            words = re.split(r"[\s,]+", token[1:-1].strip())
            segments.append(Segment(kind, tuple(parse_asn(field, word) for word in words)))
        flush()
        return cls(tuple(segments))

    def __str__(self) -> str:
        """Print the path as routers do; the empty path is the empty text."""
        return " ".join(str(segment) for segment in self.segments)

    @property
    def length(self) -> int:
        """ASes as the decision process counts them.

        An AS_SET is 1 (RFC 4271 section 9.1.2.2 a), a confederation's segments are 0 (RFC 5065
        section 5.3).
        """
        return sum(
            1 if segment.type.is_set else len(segment.asns)
            for segment in self.segments
            if not segment.type.of_confederation
        )

    @property
    def confederation_length(self) -> int:
        """Member ASes in the confederation's segments, an AS_CONFED_SET counting 1."""
        return sum(
            1 if segment.type.is_set else len(segment.asns)
            for segment in self.segments
            if segment.type.of_confederation
        )

    @property
    def neighbor_as(self) -> int | None:
        """The AS outside that the path was received from.

        It is the first AS after any confederation segments; None when there is none, or when an
        AS_SET hides which one it was.
        """
        for segment in self.segments:
            if not segment.type.of_confederation:
                return segment.asns[0] if segment.type is SegmentType.AS_SEQUENCE else None
        return None

    @property
    def member_as(self) -> int | None:
        """The member AS nearest to us when the path opens with an AS_CONFED_SEQUENCE."""
        if self.segments and self.segments[0].type is SegmentType.AS_CONFED_SEQUENCE:
            return self.segments[0].asns[0]
        return None

    @property
    def has_set(self) -> bool:
        """Whether an AS_SET or AS_CONFED_SET occurs (both deprecated by RFC 9774)."""
        return any(segment.type.is_set for segment in self.segments)

    def __contains__(self, asn: int) -> bool:
        """Whether an AS number occurs in any segment."""
        return any(asn in segment.asns for segment in self.segments)


EMPTY_AS_PATH: Final = AsPath()
