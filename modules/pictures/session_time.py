"""One session over a stretch of time, from a router's own log: its states and its last words.

A strip of time shows how long each state lasted and where a NOTIFICATION was sent or received;
the table below says what happened, in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from bgp.fsm_log import LoggedTransition
from bgp.fsm_messages import logged_event
from bgp.fsm_words import State
from modules.pictures.page import Picture, esc, table, text_table

WIDTH: Final = 860
_LEFT, _RIGHT = 12, WIDTH - 12
_BAR_TOP, _BAR = 30, 26
_LETTER: Final = 7.4
_CLOCK: Final = "%Y/%m/%d %H:%M:%S.%f"
_MOST_ROWS: Final = 16
_ROOM: Final = 1.12  # so that the last state shows, too
_LONGEST_WAY: Final = 5


@dataclass(frozen=True)
class Stretch:
    """A stretch of one session's life, as one router tells it.

    Attributes:
        title: "tor1 to node1".
        transitions: what happened, in order; may be nothing.
        now: the state at the end.
        seconds: how long was watched.
        began: when the watch began, on the log's clock; the first transition when "".
    """

    title: str
    transitions: tuple[LoggedTransition, ...]
    now: str
    seconds: float
    began: str = ""

    @property
    def times(self) -> list[float]:
        """Seconds of each transition since the beginning."""
        return moments(self.transitions, self.began)


def session_picture(stretch: Stretch, origin: str) -> Picture:
    """Draw what happened to a session; `origin` says what kind of truth this is."""
    transitions, times, seconds = stretch.transitions, stretch.times, stretch.seconds
    title = stretch.title
    whole = max(seconds, 0.1, times[-1] * _ROOM if times else 0.0)
    lead = _lead(stretch)
    svg = _strip(stretch, whole, f"{title}: {lead}")
    head = ["after", "what happened", "state"]
    rows = [
        [f"{at:.2f} s", _happened(found), f"{found.before} → {found.after}"]
        for found, at in zip(transitions, times, strict=True)
    ]
    if len(rows) > _MOST_ROWS:
        rows = [*rows[:_MOST_ROWS], ["", f"and {len(rows) - _MOST_ROWS} more", ""]]
    body = f'{svg}<p class="lr-lead">{esc(title)}: {esc(lead)}</p>'
    if rows:
        body += table(head, [[esc(cell) for cell in row] for row in rows], f"Log of {title}")
    body += f'<p class="lr-soft">{esc(origin)}.</p>'
    text = [f"{title}: {lead}", *([text_table(head, rows)] if rows else []), f"({origin})"]
    return Picture(body, "\n".join(text), svg)


def moments(transitions: Sequence[LoggedTransition], began: str = "") -> list[float]:
    """Return the seconds of each transition since the beginning; 0 where there is no clock."""
    read = [_clock(found.time) for found in transitions]
    first = _clock(began) or next((at for at in read if at is not None), None)
    if first is None:
        return [0.0] * len(read)
    return [0.0 if at is None else max(0.0, (at - first) / timedelta(seconds=1)) for at in read]


def falls(transitions: Sequence[LoggedTransition], times: Sequence[float]) -> list[float]:
    """Return when the session left Established, of the moments of its transitions."""
    return [
        at
        for found, at in zip(transitions, times, strict=True)
        if found.before is State.ESTABLISHED and found.after is not State.ESTABLISHED
    ]


def _clock(text: str) -> datetime | None:
    try:
        return datetime.strptime(text if "." in text else f"{text}.0", _CLOCK)  # noqa: DTZ007 - only differences are used
    except ValueError:
        return None


def _happened(found: LoggedTransition) -> str:
    said = logged_event(found).replace("_", " ")
    if found.sent is not None:
        said += f"; sent NOTIFICATION {found.sent}"
    if found.received is not None:
        said += f"; received NOTIFICATION {found.received}"
    return said


def _lead(stretch: Stretch) -> str:
    transitions, times, now = stretch.transitions, stretch.times, stretch.now
    if not transitions:
        silence = (
            f", and nothing happened in {stretch.seconds:.0f} s" if stretch.seconds > 1 else ""
        )
        return f"{now}{silence}."
    fell = falls(transitions, times)
    if len(fell) > 1:
        apart = ", ".join(f"{b - a:.1f} s" for a, b in pairwise(fell))
        return f"left Established {len(fell)} times, {apart} apart. Now {now}."
    if fell:
        return f"left Established after {fell[0]:.1f} s. Now {now}."
    if now == transitions[-1].after == State.ESTABLISHED:
        steps = [transitions[0].before, *(found.after for found in transitions)]
        way = " → ".join(steps[-_LONGEST_WAY:])
        return f"{way}, the last of them after {times[-1]:.1f} s."
    return f"{now}."


def _strip(stretch: Stretch, whole: float, label: str) -> str:
    transitions, times = stretch.transitions, stretch.times

    def x_of(at: float) -> float:
        return _LEFT + (_RIGHT - _LEFT) * at / whole

    starts: list[tuple[float, str]] = [(0.0, transitions[0].before if transitions else stretch.now)]
    starts += [(at, found.after) for found, at in zip(transitions, times, strict=True)]
    ends = [at for at, _ in starts[1:]] + [whole]
    parts = []
    for (begin, state), end in zip(starts, ends, strict=True):
        x, width = x_of(begin), x_of(end) - x_of(begin)
        fill = "var(--lr-win-bg)" if state == State.ESTABLISHED else "var(--lr-fall-bg)"
        if width > 0:
            parts.append(
                f'<rect x="{x:.1f}" y="{_BAR_TOP}" width="{width:.1f}" height="{_BAR}" '
                f'style="fill: {fill}; stroke: var(--lr-line)"/>'
            )
        if width > _LETTER * len(state) + 8:
            parts.append(
                f'<text x="{x + width / 2:.1f}" y="{_BAR_TOP + 17}" text-anchor="middle">'
                f"{esc(state)}</text>"
            )
    for found, at in zip(transitions, times, strict=True):
        if (said := found.notification) is not None:
            anchor = "end" if x_of(at) > (_LEFT + _RIGHT) / 2 else "start"
            how = "sent" if found.received is None else "received"
            shift = -5 if anchor == "end" else 5
            parts.append(
                f'<path class="mark" d="M{x_of(at):.1f} {_BAR_TOP - 20}V{_BAR_TOP + _BAR}"/>'
                f'<text class="warn strong" x="{x_of(at) + shift:.1f}" y="{_BAR_TOP - 9}" '
                f'text-anchor="{anchor}">{how} {said.code}/{said.subcode or 0}</text>'
            )
    foot = _BAR_TOP + _BAR + 18
    parts.append(
        f'<text class="soft" x="{_LEFT}" y="{foot}">0 s</text>'
        f'<text class="soft" x="{_RIGHT}" y="{foot}" text-anchor="end">{whole:.1f} s</text>'
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {foot + 8}" '
        f'width="{WIDTH}" role="img" aria-label="{esc(label)}"><title>{esc(label)}</title>'
        f"{''.join(parts)}</svg>"
    )
