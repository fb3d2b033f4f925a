"""What fits through a port: packets drawn to scale against the largest one that passes.

A KEEPALIVE is 19 octets (RFC 4271 section 4.4), an UPDATE as large as what it announces, up to a
full TCP segment; every packet carries the headers of IP and TCP as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from modules.pictures.page import Picture, esc

WIDTH: Final = 860
_LEFT, _RIGHT = 190, WIDTH - 90
_TOP, _ROW, _BAR = 30, 34, 20


@dataclass(frozen=True)
class Packet:
    """A kind of packet: what it carries, and its octets with all headers."""

    name: str
    octets: int


def segments_picture(packets: Sequence[Packet], limit: int) -> Picture:
    """Draw packets to scale, and the port's limit across them."""
    longest = max(limit, *(packet.octets for packet in packets))

    def x_of(octets: int) -> float:
        return _LEFT + (_RIGHT - _LEFT) * octets / longest

    parts, lines = [], []
    for number, packet in enumerate(packets):
        y, fits = _TOP + _ROW * number, packet.octets <= limit
        kind, word = ("win", "passes") if fits else ("warn", "dropped")
        fill = "var(--lr-win)" if fits else "var(--lr-fall)"
        parts.append(
            f'<text x="{_LEFT - 12}" y="{y + 15}" text-anchor="end">{esc(packet.name)}</text>'
            f'<rect x="{_LEFT}" y="{y}" width="{x_of(packet.octets) - _LEFT:.1f}" height="{_BAR}" '
            f'rx="2" style="fill: {fill}"/>'
            f'<text class="{kind} strong" x="{_RIGHT + 14}" y="{y + 15}">{word}</text>'
            f'<text class="soft" x="{x_of(packet.octets) + 6:.1f}" y="{y + 15}">'
            f"{packet.octets if fits else ''}</text>"
        )
        if not fits:
            parts.append(
                f'<text x="{_LEFT + 8}" y="{y + 15}" style="fill: var(--lr-paper)">'
                f"{packet.octets}</text>"
            )
        lines.append(f"{packet.name}: {packet.octets} octets, {word}")
    x, foot = x_of(limit), _TOP + _ROW * len(packets)
    parts.append(
        f'<path class="mark" d="M{x:.1f} {_TOP - 10}V{foot}"/>'
        f'<text class="warn strong" x="{x + 6:.1f}" y="{_TOP - 12}">the port: {limit} octets</text>'
    )
    label = f"Port of {limit} octets. {'; '.join(lines)}."
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {foot + 6}" '
        f'width="{WIDTH}" role="img" aria-label="{esc(label)}"><title>{esc(label)}</title>'
        f"{''.join(parts)}</svg>"
    )
    return Picture(svg, label, svg)
