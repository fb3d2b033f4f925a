"""A circle of preferences: three paths, each better than the next when only the two are compared.

RFC 3345 and RFC 4271 section 9.1.2.2 c: MED is compared inside one neighbour AS only, so "is better
than" need not be an order.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from modules.pictures.page import Picture, esc, unique

_RADIUS: Final = 108
_CENTER: Final = (260, 136)
_SIZE: Final = (540, 226)


@dataclass(frozen=True)
class Duel:
    """Two paths compared alone.

    Attributes:
        winner: id of the better one.
        loser: id of the other.
        why: the step that told them apart, with both values.
    """

    winner: str
    loser: str
    why: str


def circle_picture(names: Sequence[str], duels: Sequence[Duel], title: str) -> Picture:
    """Draw who beats whom; arrows go from the winner to the loser."""
    places = {name: _place(number, len(names)) for number, name in enumerate(names)}
    ident = unique("lr-arrow")
    head = f'<marker id="{ident}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" '
    tip = 'markerHeight="8" orient="auto"><path class="win" d="M0 0L10 5L0 10z"/></marker>'
    parts = [f"<defs>{head}{tip}</defs>"]
    for duel in duels:
        (x1, y1), (x2, y2) = places[duel.winner], places[duel.loser]
        length = math.hypot(x2 - x1, y2 - y1)
        dx, dy = (x2 - x1) / length, (y2 - y1) / length
        gap = 36 + 16 * abs(dx) ** 3  # boxes are wider than high
        parts.append(
            f'<path d="M{x1 + dx * gap:.1f} {y1 + dy * gap:.1f}L{x2 - dx * gap:.1f} '
            f'{y2 - dy * gap:.1f}" fill="none" stroke="var(--lr-win)" stroke-width="2.5" '
            f'marker-end="url(#{ident})"/>'
        )
        parts.append(_label(duel, (x1 + x2) / 2, (y1 + y2) / 2))
    for name, (x, y) in places.items():
        parts.append(
            f'<rect class="box" x="{x - 42:.1f}" y="{y - 17:.1f}" width="84" height="34" rx="17"/>'
            + _text("strong", x, y + 5, "middle", name)
        )
    lines = [f"{duel.winner} beats {duel.loser}: {duel.why}" for duel in duels]
    label = f"{title} {'; '.join(lines)}."
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_SIZE[0]} {_SIZE[1]}" '
        f'width="{_SIZE[0]}" role="img" aria-label="{esc(label)}"><title>{esc(label)}</title>'
        f"{''.join(parts)}</svg>"
    )
    return Picture(f'{svg}<p class="lr-lead">{esc(title)}</p>', "\n".join([title, *lines]), svg)


def _place(number: int, count: int) -> tuple[float, float]:
    angle = -math.pi / 2 + 2 * math.pi * number / count
    return (_CENTER[0] + _RADIUS * 1.35 * math.cos(angle), _CENTER[1] + _RADIUS * math.sin(angle))


def _label(duel: Duel, x: float, y: float) -> str:
    """Put the reason outside the circle, beside its arrow."""
    away = x - _CENTER[0]
    if abs(away) < 1:
        return _text("mono", x, y + 26, "middle", duel.why)
    anchor, shift = ("start", 18) if away > 0 else ("end", -18)
    return _text("mono", x + shift, y, anchor, duel.why)


def _text(kind: str, x: float, y: float, anchor: str, words: str) -> str:
    return (
        f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{esc(words)}</text>'
    )
