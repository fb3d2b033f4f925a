"""Durations, addresses and pools' sizes, against laws and against Go's own examples."""

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labs.integrations.metallb_errors import ConfigError
from labs.integrations.metallb_go import (
    SECOND,
    duration,
    parsed_address,
    parsed_networks,
    rune,
    shown_duration,
)
from labs.integrations.metallb_pool_size import size, usable
from labs.integrations.metallb_values import Pool, parsed_community


@pytest.mark.parametrize(
    ("text", "nanoseconds", "shown"),
    [
        ("90s", 90 * SECOND, "1m30s"),
        ("1h", 3600 * SECOND, "1h0m0s"),
        ("1.5s", 1_500_000_000, "1.5s"),
        (".5m", 30 * SECOND, "30s"),
        ("100ms", 100_000_000, "100ms"),
        ("1h15m30.918s", 4_530_918_000_000, "1h15m30.918s"),
        ("1us", 1000, "1µs"),
        ("0", 0, "0s"),
        ("-2s", -2 * SECOND, "-2s"),
    ],
)
def test_durations_are_those_of_go(text: str, nanoseconds: int, shown: str) -> None:
    assert duration(text) == nanoseconds
    assert shown_duration(nanoseconds) == shown


@given(st.integers(-(10**15), 10**15))
def test_a_duration_survives_being_shown(nanoseconds: int) -> None:
    assert duration(shown_duration(nanoseconds)) == nanoseconds


@pytest.mark.parametrize("text", ["", "s", "1", "1x", "1 s", "--1s", "."])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"^time: "):
        duration(text)


@pytest.mark.parametrize("text", ["", "1.2.3", "01.2.3.4", "fe80::1%eth0", "1.2.3.4/32", "::g"])
def test_what_is_no_address_is_none(text: str) -> None:
    assert parsed_address(text) is None


def test_an_ipv4_address_in_ipv6_writing_is_ipv4() -> None:
    assert parsed_address("::ffff:10.0.0.1") == ip_address("10.0.0.1")


@given(st.integers(0, 2**32 - 1), st.integers(0, 300))
def test_a_range_comes_to_exactly_its_addresses(start: int, more: int) -> None:
    end = min(start + more, 2**32 - 1)
    first, last = ip_address(start), ip_address(end)
    networks = parsed_networks(f"{first} - {last}")
    covered = [address for network in networks for address in network]
    assert covered == [ip_address(number) for number in range(start, end + 1)]


def test_a_prefix_with_host_bits_is_the_whole_prefix() -> None:
    assert parsed_networks("172.18.200.77/24") == (ip_network("172.18.200.0/24"),)


@given(st.integers(0, 2**32 - 1), st.integers(20, 32), st.booleans())
def test_a_pool_has_as_many_addresses_as_it_gives_out(start: int, length: int, avoid: bool) -> None:
    network = ip_network((start >> (32 - length) << (32 - length), length))
    pool = Pool("a", (("", (network,)),), avoid_buggy=avoid)
    assert size(pool, 4) == len(list(usable(network, pool)))
    assert size(pool, 6) == 0


@pytest.mark.parametrize(("number", "shown"), [(33, "'!'"), (40, "'('"), (127, "'\\x7f'")])
def test_a_number_is_told_as_the_character_go_makes_of_it(number: int, shown: str) -> None:
    assert rune(number) == shown


@given(st.integers(0, 2**16 - 1), st.integers(0, 2**16 - 1))
def test_standard_communities_sort_as_numbers(first: int, second: int) -> None:
    one, other = parsed_community(f"{first}:{second}"), parsed_community("100:200")
    assert (one.order < other.order) is ((first, second) < (100, 200))
    assert str(one) == f"{first}:{second}"


def test_large_communities_lose_their_mark_and_keep_their_numbers() -> None:
    one = parsed_community("large:4294967295:0:1")
    assert (one.large, str(one)) == (True, "4294967295:0:1")
