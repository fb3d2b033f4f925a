import pytest
from bgp_examples import as_paths
from hypothesis import given

from bgp import AsPath, InvalidValueError, Segment, SegmentType
from bgp.as_path import parse_asn


@pytest.mark.parametrize(
    ("text", "length", "confederation", "neighbor"),
    [
        ("", 0, 0, None),
        ("65001", 1, 0, 65001),
        ("65001 65001 65002", 3, 0, 65001),
        ("65001 {65002,65003}", 2, 0, 65001),
        ("{65002,65003}", 1, 0, None),
        ("(65010 65011) 65001", 1, 2, 65001),
        ("(65010) [65011,65012]", 0, 2, None),
        ("(65010) {65011} 65001", 2, 1, None),
    ],
)
def test_length_counts_a_set_once_and_a_confederation_never(
    text: str, length: int, confederation: int, neighbor: int | None
) -> None:
    as_path = AsPath.parse(text)
    assert (as_path.length, as_path.confederation_length) == (length, confederation)
    assert as_path.neighbor_as == neighbor
    assert str(as_path) == text


@given(as_paths)
def test_what_is_printed_reads_back_the_same(as_path: AsPath) -> None:
    read = AsPath.parse(str(as_path))
    assert str(read) == str(as_path)
    assert (read.length, read.neighbor_as) == (as_path.length, as_path.neighbor_as)


def test_a_path_of_over_255_ases_takes_several_segments() -> None:
    as_path = AsPath.of(*range(1, 600))
    assert [len(segment.asns) for segment in as_path.segments] == [255, 255, 89]
    assert as_path.length == 599


@pytest.mark.parametrize(
    "text",
    [
        "{65001",
        "65001}",
        "(65001 [65002])",
        "sixty",
        "65001,65002",
        "{}",
        "-1",
        "65536.1",
        "1.65536",
    ],
)
def test_a_malformed_path_is_refused_by_field_value_and_rule(text: str) -> None:
    with pytest.raises(InvalidValueError, match=r"as_path: expected .+, got") as caught:
        AsPath.parse(text)
    assert caught.value.field == "as_path"


@pytest.mark.parametrize("asn", [0, -1, 2**32, True, "", "0", 1.5, None, "4294967296", "9" * 40])
def test_what_is_no_as_number_is_refused(asn: object) -> None:
    with pytest.raises(InvalidValueError, match="AS number"):
        parse_asn("local_as", asn)


def test_asdot_is_the_same_number() -> None:
    assert parse_asn("local_as", "64086.59904") == 4_200_000_000


def test_an_absurd_path_is_refused_before_it_is_read() -> None:
    with pytest.raises(InvalidValueError, match="at most 4096"):
        AsPath.parse("65001 " * 10_000)
    with pytest.raises(InvalidValueError, match="1 to 255 ASNs"):
        Segment(SegmentType.AS_SET, tuple(range(1, 300)))
