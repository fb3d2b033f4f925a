"""Moments and ages as the API and kubectl write them."""

from datetime import UTC, datetime, timedelta

import pytest

from labs.kube import times


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (119, "119s"),
        (120, "2m"),
        (185, "3m5s"),
        (600, "10m"),
        (10799, "179m"),
        (10800, "3h"),
        (18180, "5h3m"),
        (28800, "8h"),
        (172799, "47h"),
        (172800, "2d"),
        (277200, "3d5h"),
        (691200, "8d"),
        (730 * 86400, "2y"),
        (733 * 86400, "2y3d"),
        (9 * 365 * 86400, "9y"),
        (-1, "0s"),
        (-5, "<invalid>"),
    ],
)
def test_a_duration_is_coarser_the_longer_it_is(seconds: int, text: str) -> None:
    assert times.duration(seconds) == text


def test_an_age_counts_from_a_moment() -> None:
    at = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
    assert times.age("2026-11-23T14:56:48Z", at) == "3m12s"
    assert times.age(None) == "<unknown>"
    assert times.age("yesterday") == "<invalid>"


def test_a_moment_is_read_back_as_it_was_written() -> None:
    now = times.parse(times.now())
    assert abs(datetime.now(UTC) - now) < timedelta(seconds=5)
    assert times.parse("2026-11-23T14:56:48.123456Z").microsecond == 123456
