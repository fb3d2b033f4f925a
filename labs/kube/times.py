"""Moments and ages as the Kubernetes API and kubectl write them.

Sources: RFC 3339 (the API's times are UTC, to the second); the duration that kubectl prints, as
its output shows it: two units at most, coarser the older.
"""

from datetime import UTC, datetime

_FORM = "%Y-%m-%dT%H:%M:%SZ"
_MINUTE, _HOUR, _DAY, _YEAR = 60, 3600, 86400, 365 * 86400


def now() -> str:
    """This moment, such as "2026-11-23T15:00:00Z"."""
    return datetime.now(UTC).strftime(_FORM)


def written(moment: datetime) -> str:
    """A moment as the API writes it."""
    return moment.astimezone(UTC).strftime(_FORM)


def parse(text: str) -> datetime:
    """The moment a text names, with or without a fraction of a second.

    Raises:
        ValueError: the text is no RFC 3339 time.
    """
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def age(text: str | None, at: datetime | None = None) -> str:
    """How long ago a moment was, as kubectl's AGE shows it ("3m12s"); "<unknown>" without one."""
    if not text:
        return "<unknown>"
    try:
        since = parse(text)
    except ValueError:
        return "<invalid>"
    return duration(((at or datetime.now(UTC)) - since).total_seconds())


def duration(seconds: float) -> str:
    """A span of time as kubectl writes it: 95s, 3m12s, 47m, 5h3m, 26h, 3d4h, 90d, 2y3d."""
    whole = int(seconds)
    if whole < -1:
        return "<invalid>"
    whole = max(whole, 0)
    steps = (
        (2 * _MINUTE, 1, "s", 0, ""),
        (10 * _MINUTE, _MINUTE, "m", 1, "s"),
        (3 * _HOUR, _MINUTE, "m", 0, ""),
        (8 * _HOUR, _HOUR, "h", _MINUTE, "m"),
        (2 * _DAY, _HOUR, "h", 0, ""),
        (8 * _DAY, _DAY, "d", _HOUR, "h"),
        (2 * _YEAR, _DAY, "d", 0, ""),
        (8 * _YEAR, _YEAR, "y", _DAY, "d"),
    )
    for below, unit, letter, rest_unit, rest_letter in steps:
        if whole < below:
            rest = whole % unit // rest_unit if rest_unit else 0
            return f"{whole // unit}{letter}" + (f"{rest}{rest_letter}" if rest else "")
    return f"{whole // _YEAR}y"
