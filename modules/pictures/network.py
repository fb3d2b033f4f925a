"""A lab's network: hosts, links, what each end of a session calls it, and the way of a packet.

Drawn from the topology and from what the lab answers; nothing in it is known beforehand. Hosts
stand in columns by how many links they are from the client; a switch is a mark on its cable.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from labs.lab_values import Hop
from labs.topology import Host, Role, Topology
from modules.pictures.page import Picture, esc, table, text_table, unique

WIDTH: Final = 920
UP: Final = "Established"
_EDGE_X: Final = 62
_HALF: Final = (54, 21)  # of a host's box
_ROW: Final = 150
_TOP: Final = 34
_LINE: Final = 16
_NARROW, _WIDE = 1.3, 2.0  # shares of the width: between columns without and with sessions
_SWITCH_AT, _PAST_SWITCH, _MIDDLE = 0.32, 0.57, 0.5  # of a cable's length

Pair = frozenset[str]
Spot = tuple[float, float]


@dataclass(frozen=True)
class Cable:
    """What joins two hosts: a link, or links with switches between them, in order."""

    one: str
    other: str
    switches: tuple[str, ...] = ()

    def is_cut(self, cut: Collection[Pair]) -> bool:
        """Whether one of its links is cut."""
        stops = (self.one, *self.switches, self.other)
        return any(frozenset(pair) in cut for pair in pairwise(stops))


def network_picture(
    topology: Topology,
    states: Mapping[tuple[str, str], str],
    cut: Collection[Pair],
    origin: str,
) -> Picture:
    """Draw the network with its sessions.

    Args:
        topology: the network.
        states: for (host, neighbor) what the host calls the session.
        cut: links that are cut, each by its two ends.
        origin: what kind of truth this is.
    """
    said = [
        f"{host} to {neighbor}: {state}"
        for (host, neighbor), state in states.items()
        if state != UP or (neighbor, host) not in states or host < neighbor
    ]
    up = sum(state == UP for state in states.values()) // 2
    broken = f" {_joined(cut)} cut." if cut else ""
    lead = f"{up} of {len(topology.sessions)} sessions Established.{broken}"
    svg = _drawing(topology, states, cut, (), lead)
    body = f'{svg}<p class="lr-lead">{esc(lead)}</p><p class="lr-soft">{esc(origin)}.</p>'
    return Picture(body, "\n".join([lead, *said, f"({origin})"]), svg)


def trace_picture(
    topology: Topology, address: str, hops: Sequence[Hop], cut: Collection[Pair], origin: str
) -> Picture:
    """Draw the way of a packet, and under it each hop's route with its AS_PATH and NEXT_HOP."""
    names = [hop.host for hop in hops]
    problem = hops[-1].problem if hops else "nobody was asked"
    end = f". There: {problem}" if problem else ""
    lead = f"{address}: {' → '.join(names)}{end}"
    svg = _drawing(topology, {}, cut, names, lead)
    head = ["at", "its route", "told by", "goes to", "AS_PATH", "NEXT_HOP"]
    cells = [
        [hop.host, hop.route, hop.source, hop.to, hop.as_path, hop.bgp_next_hop] for hop in hops
    ]
    rows = [[cell or "-" for cell in row] for row in cells]
    body = f'{svg}<p class="lr-lead">{esc(lead)}</p>'
    body += table(head, [[esc(cell) for cell in row] for row in rows], "Hop by hop")
    body += f'<p class="lr-soft">{esc(origin)}.</p>'
    return Picture(body, "\n".join([lead, text_table(head, rows), f"({origin})"]), svg)


def places(topology: Topology) -> dict[str, Spot]:
    """Return the middle of every host: columns by distance from the client, switches left out."""
    columns = _columns(topology)
    last = max(columns.values())
    tallest = max(sum(at == column for at in columns.values()) for column in range(last + 1))
    between = {min(columns[side.host] for side in session.sides) for session in topology.sessions}
    widths = [_WIDE if column in between else _NARROW for column in range(last)]
    found = {}
    for column in range(last + 1):
        names = [name for name, at in columns.items() if at == column]
        x = _EDGE_X + (WIDTH - 2 * _EDGE_X) * sum(widths[:column]) / (sum(widths) or 1)
        for row, name in enumerate(names):
            above = _ROW * (tallest - len(names)) / 2
            found[name] = (x, _TOP + above + _ROW * row)
    return found


def neighbors(topology: Topology, host: str) -> dict[str, tuple[str, ...]]:
    """Return the hosts next to a host, each with the switches on the way (one after the other)."""
    found: dict[str, tuple[str, ...]] = {}
    waiting: list[tuple[str, tuple[str, ...]]] = [(host, ())]
    while waiting:
        name, way = waiting.pop(0)
        for link in topology.links_of(name):
            other = link.other(name).host
            if other in topology.switches and other not in way:
                waiting.append((other, (*way, other)))
            elif other in topology.hosts and other != host:
                found.setdefault(other, way)
    return found


def _columns(topology: Topology) -> dict[str, int]:
    first = next(
        (host.name for host in topology.hosts.values() if host.role is Role.CLIENT),
        next(iter(topology.hosts)),
    )
    columns, waiting = {first: 0}, [first]
    while waiting:
        name = waiting.pop(0)
        for other in neighbors(topology, name):
            if other not in columns:
                columns[other] = columns[name] + 1
                waiting.append(other)
    return {name: columns.get(name, 0) for name in topology.hosts}


def _drawing(
    topology: Topology,
    states: Mapping[tuple[str, str], str],
    cut: Collection[Pair],
    way: Sequence[str],
    label: str,
) -> str:
    at = places(topology)
    height = max(y for _, y in at.values()) + _HALF[1] + 40
    ident = unique("lr-way")
    marker = f'<marker id="{ident}" viewBox="0 0 10 10" refX="8" refY="5" markerWidth="5" '
    tip = 'markerHeight="5" orient="auto"><path class="win" d="M0 0L10 5L0 10z"/></marker>'
    parts = [f"<defs>{marker}{tip}</defs>"]
    cables = _cables(topology)
    parts += [
        _wire(at[cable.one], at[cable.other], is_cut=cable.is_cut(cut)) for cable in cables.values()
    ]
    parts += [_arrow(at[one], at[other], ident) for one, other in pairwise(way)]
    for cable in cables.values():
        parts += _switches(at[cable.one], at[cable.other], cable.switches)
    for session in topology.sessions:
        one, other = (side.host for side in session.sides)
        cable = cables.get(frozenset((one, other)), Cable(one, other))
        if (one, other) in states:
            up = states[one, other] == states.get((other, one), UP) == UP
            share = _PAST_SWITCH if cable.switches else _MIDDLE
            parts.append(_state(_between(at[cable.one], at[cable.other], share), up=up))
    for host in topology.hosts.values():
        troubles = [
            f"{neighbor}: {state}"
            for (name, neighbor), state in states.items()
            if name == host.name and state != UP
        ]
        notes = [("soft", note) for note in _notes(topology, host)]
        notes += [("warn strong", trouble) for trouble in troubles]
        parts.append(_host(host, at[host.name], notes, on_the_way=host.name in way))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" width="{WIDTH}" '
        f'role="img" aria-label="{esc(label)}"><title>{esc(label)}</title>{"".join(parts)}</svg>'
    )


def _cables(topology: Topology) -> dict[Pair, Cable]:
    """Return what joins any two hosts, each seen from the one that the topology names first."""
    found: dict[Pair, Cable] = {}
    for name in topology.hosts:
        for other, switches in neighbors(topology, name).items():
            found.setdefault(frozenset((name, other)), Cable(name, other, switches))
    return found


def _between(one: Spot, other: Spot, share: float) -> Spot:
    return one[0] + (other[0] - one[0]) * share, one[1] + (other[1] - one[1]) * share


def _wire(one: Spot, other: Spot, *, is_cut: bool) -> str:
    dashes = ' stroke-dasharray="6 7"' if is_cut else ""
    wire = f'<path class="wire"{dashes} d="M{one[0]:g} {one[1]:g}L{other[0]:g} {other[1]:g}"/>'
    if not is_cut:
        return wire
    x, y = _between(one, other, _MIDDLE)
    return wire + _text("warn strong", x, y - 26, "✂ cut")


def _switches(one: Spot, other: Spot, names: Sequence[str]) -> Iterator[str]:
    for number, name in enumerate(names, start=1):
        x, y = _between(one, other, _SWITCH_AT * number / len(names))
        yield (
            f'<rect class="box" x="{x - 7:.1f}" y="{y - 7:.1f}" width="14" height="14" rx="2"/>'
            + _text("soft", x, y - 12, name)
        )


def _arrow(one: Spot, other: Spot, ident: str) -> str:
    (x1, y1), (x2, y2) = one, other
    edge = _HALF[0] + 6 if abs(x2 - x1) > 1 else 0
    share = edge / abs(x2 - x1) if edge else _HALF[1] / abs(y2 - y1)
    return (
        f'<path d="M{x1 + (x2 - x1) * share:.1f} {y1 + (y2 - y1) * share:.1f}'
        f'L{x2 - (x2 - x1) * share:.1f} {y2 - (y2 - y1) * share:.1f}" fill="none" '
        f'stroke="var(--lr-win)" stroke-width="4" marker-end="url(#{ident})"/>'
    )


def _state(at: Spot, *, up: bool) -> str:
    """Mark on a cable whether its session is Established on both ends."""
    x, y = at
    words, kind, half = (f"✓ {UP}", "win", 51) if up else ("✗", "warn", 12)
    return (
        f'<rect class="paper" x="{x - half:.1f}" y="{y - 9:.1f}" width="{2 * half}" height="17"/>'
        + _text(f"{kind} strong", x, y + 4, words)
    )


def _host(host: Host, at: Spot, notes: Sequence[tuple[str, str]], *, on_the_way: bool) -> str:
    (x, y), (wide, high) = at, _HALF
    edge = ' style="stroke: var(--lr-win); stroke-width: 2"' if on_the_way else ""
    box = (
        f'<rect class="box"{edge} x="{x - wide:g}" y="{y - high:g}" width="{2 * wide}" '
        f'height="{2 * high}" rx="5"/>'
    )
    inside = _text("strong", x, y - 1, host.name) + _text("soft", x, y + 14, _what(host))
    below = (
        _text(kind, x, y + high + _LINE * n, note) for n, (kind, note) in enumerate(notes, start=1)
    )
    return "".join([box, inside, *below])


def _notes(topology: Topology, host: Host) -> list[str]:
    """What stands under a host: what it announces, and an address where it speaks no BGP."""
    if not host.daemon:
        own = [address.partition("/")[0] for address in topology.addresses(host.name)]
        return own[:1]
    served = [service.address for service in topology.services if host.name in service.nodes]
    networks = [prefix for prefix in host.originates if not prefix.endswith("/32")]
    return [*networks, *(f"VIP {address}" for address in served)]


def _text(kind: str, x: float, y: float, words: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="middle">{esc(words)}</text>'


def _what(host: Host) -> str:
    if host.daemon:
        daemon = {"frr": "FRR", "bird": "BIRD"}.get(host.daemon.partition("-")[0], host.daemon)
        return f"{daemon} · AS {host.asn}"
    return host.role.value


def _joined(cut: Collection[Pair]) -> str:
    names = sorted(" to ".join(sorted(pair)) for pair in cut)
    return f"{' and '.join(names)} {'is' if len(names) == 1 else 'are'}"
