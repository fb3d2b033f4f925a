"""A network as SVG: cards for hosts, one bus for a switch, sessions as lettered lines.

Each end of a session has a badge with the letter of what that side calls it, so nothing is told by
colour alone. In a crowd (a full mesh of forty routers has 780 sessions) only the sessions that are
in trouble are drawn as lines; the cards count the others.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from labs.topology import Link
from modules.pictures.network_cards import card_of, draw_card, svg_text
from modules.pictures.network_graph import home_of
from modules.pictures.network_layout import Layout
from modules.pictures.network_parts import LINE, Spot, Strand, wide
from modules.pictures.network_sight import LETTERS, UP, Sight, letter, told_service, told_session
from modules.pictures.page import esc, unique

_BADGE: Final = 8.0


def drawing(sight: Sight, label: str, told: str) -> str:
    """Return the SVG element.

    Args:
        sight: what to draw.
        label: its title, a sentence.
        told: what a screen reader tells of it.
    """
    strands = list(_strands(sight))
    cards = {
        name: card_of(sight, host)
        for name, host in sight.topology.hosts.items()
        if home_of(sight.topology, name) is None
    }
    layout = Layout(sight.topology, cards, strands)
    tip = unique("lr-tip")
    parts = [_defs(tip), *_buses(sight, layout)]
    for strand in strands:
        parts += _DRAWERS[strand.kind](sight, layout, strand, tip)
    for name, card in cards.items():
        parts += draw_card(sight, layout.boxes[name], card, tip)
    for strand in strands:
        parts += _badges(sight, layout, strand)
        parts += _marked(layout, strand)
    foot, y = _foot(sight, layout)
    size = f"{layout.width:.0f} {y:.0f}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" '
        f'width="{layout.width:.0f}" role="img" aria-label="{esc(f"{label} {told}")}">'
        f"<title>{esc(label)}</title><desc>{esc(told)}</desc>{''.join((*parts, *foot))}</svg>"
    )


# -- what runs between hosts ------------------------------------------------------------------


def _strands(sight: Sight) -> Iterator[Strand]:
    topology = sight.topology
    for link in topology.links:
        one, other = link.names
        if one in topology.switches:
            one, other = other, one
        if one in topology.switches or any(
            name in topology.hosts and home_of(topology, name) for name in (one, other)
        ):
            continue  # between switches, or to a pod, which is drawn below its node
        yield Strand("cable", one, other, sight.marks.of(one, other))
    for one, other in sight.drawn():
        yield Strand("session", one, other)
    for one, other in pairwise(sight.way):
        if other != one and not home_of(topology, one) and not home_of(topology, other):
            yield Strand("way", one, other)


def _cable(sight: Sight, layout: Layout, strand: Strand, _: str) -> Iterator[str]:
    cut = ' stroke-dasharray="5 6"' if sight.marks.is_cut(strand.one, strand.other) else ""
    if strand.other in sight.topology.hosts:
        yield f'<path class="wire"{cut} d="{layout.path(strand)}"/>'
        return
    box, plug = layout.boxes[strand.one], layout.plugs[strand, strand.one]
    bus = layout.bus_at(strand.other, strand.one)
    yield f'<path class="wire"{cut} d="M{box.edge(plug.side):.1f} {plug.y:.1f}H{bus:.1f}"/>'
    if not cut:
        yield f'<circle cx="{bus:.1f}" cy="{plug.y:.1f}" r="4.5" style="fill: var(--lr-edge)"/>'


def _session(sight: Sight, layout: Layout, strand: Strand, _: str) -> Iterator[str]:
    one, other = strand.one, strand.other
    up = sight.is_up(one, other)
    look = (
        "stroke: var(--lr-win); stroke-width: 1.6"
        if up
        else "stroke: var(--lr-fall); stroke-width: 2; stroke-dasharray: 2 4; stroke-linecap: round"
    )
    yield (
        f'<path d="{layout.path(strand)}" style="fill: none; {look}">'
        f"<title>{esc(told_session(sight, one, other))}</title></path>"
    )


def _way(_: Sight, layout: Layout, strand: Strand, tip: str) -> Iterator[str]:
    yield (
        f'<path class="way" d="{layout.path(strand)}" style="fill: none; stroke: var(--lr-win); '
        f'stroke-width: 4" marker-end="url(#{tip})"/>'
    )


_DRAWERS: Final = {"cable": _cable, "session": _session, "way": _way}


def _badges(sight: Sight, layout: Layout, strand: Strand) -> Iterator[str]:
    if strand.kind != "session":
        return
    for host, other in ((strand.one, strand.other), (strand.other, strand.one)):
        if (state := sight.states.get((host, other))) is not None:
            yield badge(layout.edge(strand, host), layout.plugs[strand, host].y, state)


def badge(x: float, y: float, state: str) -> str:
    """Return a state's letter: in a circle when it is Established, else in a square."""
    size = 2 * _BADGE
    kind, round_ = ("win", _BADGE) if state == UP else ("fall", 2)
    look = f"fill: var(--lr-{kind}-bg); stroke: var(--lr-{kind}); stroke-width: 1.3"
    ink = f"font-size: 11px; font-weight: 700; fill: var(--lr-{kind})"
    return (
        f'<rect x="{x - _BADGE:.1f}" y="{y - _BADGE:.1f}" width="{size:g}" height="{size:g}" '
        f'rx="{round_}" style="{look}"/>'
        f'<text x="{x:.1f}" y="{y + 4:.1f}" text-anchor="middle" style="{ink}">'
        f"{esc(letter(state))}</text>"
    )


def _marked(layout: Layout, strand: Strand) -> Iterator[str]:
    if not strand.marks:
        return
    host = layout.marked_at(strand)
    box, plug = layout.boxes[host], layout.plugs[strand, host]
    right = plug.side == "right"
    x, anchor = box.edge(plug.side) + (10 if right else -10), "start" if right else "end"
    for number, mark in enumerate(strand.marks):
        y = plug.y - 6 if not number else plug.y + LINE * number
        yield svg_text("warn strong", x, y, mark, anchor, halo=True)


# -- switches ---------------------------------------------------------------------------------


def _buses(sight: Sight, layout: Layout) -> Iterator[str]:
    """Draw each switch as one bus, with a part in every channel where hosts hang on it."""
    bus = 'style="fill: none; stroke: var(--lr-edge); stroke-width: 6; stroke-linecap: round"'
    tops: dict[str, Spot] = {}
    for place, (switch, parts) in enumerate(layout.buses.items()):
        spans = layout.bus_spans(switch)
        top = min(high for high, _ in spans.values()) - 20
        if len(parts) > 1:  # the part above the cards joins the others
            top = 24.0 + 7 * place
            ends = sorted(parts.values())
            yield f'<path {bus} d="M{ends[0]:.1f} {top:.1f}H{ends[-1]:.1f}"/>'
        for number, x in parts.items():
            high = top if len(parts) > 1 else spans[number][0] - 20
            yield f'<path {bus} d="M{x:.1f} {high:.1f}V{spans[number][1] + 12:.1f}"/>'
        x = min(parts.values())
        tops[switch] = (x, top)
        half = wide(switch) / 2 + 8
        yield (
            f'<rect class="box" x="{x - half:.1f}" y="{top - 17:.1f}" width="{2 * half:.1f}" '
            f'height="20" rx="4"/>' + svg_text("strong", x, top - 3, switch, "middle")
        )
    for link in sight.topology.links:
        if link.names[0] in tops and link.names[1] in tops:
            yield from _trunk(sight, link, *(tops[name] for name in link.names))


def _trunk(sight: Sight, link: Link, one: Spot, other: Spot) -> Iterator[str]:
    cut = ' stroke-dasharray="5 6"' if sight.marks.is_cut(*link.names) else ""
    y = min(one[1], other[1]) + 14
    yield f'<path class="wire"{cut} d="M{one[0]:.1f} {y:.1f}H{other[0]:.1f}"/>'
    for number, mark in enumerate(sight.marks.of(*link.names)):
        middle = (one[0] + other[0]) / 2
        yield svg_text("warn strong", middle, y - 8 + LINE * number, mark, "middle", halo=True)


# -- below ------------------------------------------------------------------------------------


def _foot(sight: Sight, layout: Layout) -> tuple[list[str], float]:
    """Draw what the letters mean, and the Services; return it and where the paper ends."""
    x, y, parts = 20.0, layout.floor() + 12, []
    seen = dict.fromkeys(sight.states.values())
    for state in sorted(seen, key=lambda state: [*LETTERS, state].index(state)):
        parts += [badge(x + _BADGE, y - 4, state), svg_text("", x + 24, y, state)]
        x += 24 + wide(state) + 22
    if seen:
        parts.append(svg_text("soft", x, y, "what each end calls its session"))
        y += 24
    for service in sight.topology.services:
        for line in _wrapped(told_service(sight, service), layout.width - 40):
            parts.append(svg_text("", 20, y, line))
            y += LINE + 2
    return parts, y + 2


def _wrapped(text: str, room: float) -> Iterator[str]:
    line = ""
    for word in text.split():
        if line and wide(f"{line} {word}", 8.1) > room:
            yield line
            line = f"   {word}"
        else:
            line = f"{line} {word}".strip()
    yield line


def _defs(tip: str) -> str:
    return (
        f'<defs><marker id="{tip}" viewBox="0 0 10 10" refX="8" refY="5" markerWidth="4" '
        'markerHeight="4" orient="auto"><path class="win" d="M0 0L10 5L0 10z"/></marker></defs>'
    )
