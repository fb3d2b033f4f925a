import pytest

from bgp import Community, InvalidValueError, LargeCommunity


@pytest.mark.parametrize(
    ("text", "value"),
    [("64512:100", 64512 * 65536 + 100), ("no-export", 0xFFFFFF01), ("llgr-stale", 0xFFFF0006)],
)
def test_a_community_reads_and_prints(text: str, value: int) -> None:
    assert Community.parse(text).value == value
    assert str(Community(value)) == text


def test_a_well_known_value_prints_its_name() -> None:
    assert str(Community.parse("65535:666")) == "blackhole"


@pytest.mark.parametrize("text", ["4200000001:100", "64512", "64512:65536", "a:b", "", "1:2:3"])
def test_a_standard_community_has_two_halves_of_16_bits(text: str) -> None:
    with pytest.raises(InvalidValueError, match="large community"):
        Community.parse(text)


def test_a_large_community_takes_a_four_octet_as() -> None:
    parsed = LargeCommunity.parse("4200000001:100:200")
    assert str(parsed) == "4200000001:100:200"


@pytest.mark.parametrize("text", ["1:2", "1:2:4294967296", "a:b:c", "1:2:3:4"])
def test_a_large_community_has_three_parts_of_32_bits(text: str) -> None:
    with pytest.raises(InvalidValueError, match="three numbers"):
        LargeCommunity.parse(text)
