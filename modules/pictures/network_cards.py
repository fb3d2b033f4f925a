"""A host of a network as a card: what is written in it, and the pods below."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from labs.topology import Host, Role
from modules.pictures.network_graph import home_of
from modules.pictures.network_parts import HEAD, LINE, POD, ROMAN, STUB, Box, Card
from modules.pictures.network_sight import CROWD, UP, Sight, letter
from modules.pictures.page import esc

_MANY: Final = 3  # addresses or prefixes in a card
_ROLE: Final = {Role.CLIENT: "h3", Role.ROUTER: "h1", Role.NODE: "h2", Role.VALIDATOR: "h3"}
_FRAME: Final = ' style="stroke: var(--lr-edge); stroke-dasharray: 3 3"'
_LIT: Final = ' style="stroke: var(--lr-win); stroke-width: 2.5"'


def card_of(sight: Sight, host: Host) -> Card:
    """Return what a host's card says."""
    topology = sight.topology
    lines = [("strong", host.name)]
    if (what := what_it_is(sight, host)) != host.name:
        lines.append(("soft", what))
    vips = {f"{s.address}/32": s for s in topology.services}
    addresses = [address for address in topology.addresses(host.name) if address not in vips]
    lines += [("soft mono", address) for address in _few(addresses)]
    own = [prefix for prefix in host.originates if prefix not in vips]
    lines += [("soft", f"announces {prefix}") for prefix in _few(own)]
    lines += [
        ("", f"VIP {service.address} ({service.name})")
        for prefix, service in vips.items()
        if prefix in host.originates
    ]
    lines += [("soft", f"ROA {roa}") for roa in _few(list(map(str, host.roas)))]
    lines += [("warn strong", mark) for mark in sight.marks.hosts.get(host.name, ())]
    lines += [("warn strong" if bad else "soft", line) for bad, line in _sessions(sight, host)]
    pods = tuple(
        (pod, tuple(_pod_lines(sight, pod, host.name)))
        for pod in topology.hosts
        if home_of(topology, pod) == host.name
    )
    return Card(tuple(lines), pods)


def _pod_lines(sight: Sight, pod: str, node: str) -> Iterator[tuple[str, str]]:
    yield "strong", pod
    yield "soft mono", ", ".join(a.partition("/")[0] for a in sight.topology.addresses(pod))
    for mark in sight.marks.of(pod, node):
        yield "warn strong", mark


def what_it_is(sight: Sight, host: Host) -> str:
    """Return a host's role, daemon and AS number in a few words."""
    if not host.daemon:
        return host.role.value
    names = {"frr": "FRR", "bird": "BIRD", "gobgp": "GoBGP"}
    only = host.daemons[0].partition("-")[2] if len(host.daemons) == 1 else ""
    daemon = sight.daemons.get(host.name) or f"{names.get(host.daemon, host.daemon)} {only}".strip()
    return f"{host.role.value} · {daemon} · AS {host.asn}"


def _sessions(sight: Sight, host: Host) -> Iterator[tuple[bool, str]]:
    """Tell what a host calls its sessions where that is not Established, and count a crowd."""
    mine = {other: state for (name, other), state in sight.states.items() if name == host.name}
    if not mine:
        return
    trouble = [f"{other}: {state}" for other, state in mine.items() if state != UP]
    if len(list(sight.ends())) > CROWD:
        counted = Counter(map(letter, mine.values()))
        told = ", ".join(f"{count} {name}" for name, count in counted.most_common())
        yield bool(trouble), f"{len(mine)} sessions: {told}"
    for line in _few(trouble):
        yield True, line


def _few(lines: Sequence[str]) -> list[str]:
    more = len(lines) - _MANY
    return list(lines) if more <= 1 else [*lines[:_MANY], f"and {more} more"]


def draw_card(sight: Sight, box: Box, card: Card, tip: str) -> Iterator[str]:
    """Draw a card with its pods; `tip` is the arrowhead of a packet's way."""
    host = sight.topology.hosts[box.name]
    lit = _LIT if box.name in sight.way else ""
    place = f'x="{box.x:.1f}" y="{box.y:.1f}"'
    size = f'width="{box.width:.1f}" height="{box.height:.1f}"'
    yield f'<rect class="box"{lit} {place} {size} rx="7"/>'
    role = _ROLE.get(host.role, "soft")
    yield (
        f'<rect class="{role}" x="{box.x + 9:.1f}" y="{box.y - 2:.1f}" '
        f'width="{box.width - 18:.1f}" height="4" rx="2"/>'
    )
    yield from _lines(card.lines, box.x + 14, box.y + 18, box.width - 22)
    y = box.y + box.height
    for pod, lines in card.pods:
        yield from _pod(sight, box, (pod, lines), y, tip)
        y += STUB + POD + LINE * (len(lines) - 2)


def _lines(lines: Sequence[tuple[str, str]], x: float, y: float, room: float) -> Iterator[str]:
    for number, (kind, words) in enumerate(lines):
        at = y if not number else y + HEAD - 17 + 6 + LINE * (number - 1)
        fits = int(room / (7.3 if "mono" in kind else ROMAN))
        shown = words if len(words) <= fits else f"{words[: fits - 1]}…"
        yield svg_text(kind, x, at, shown)


def _pod(
    sight: Sight, box: Box, pod: tuple[str, Sequence[tuple[str, str]]], y: float, tip: str
) -> Iterator[str]:
    """Draw a pod under its node, or under the pod above it."""
    name, lines = pod
    cut = ' stroke-dasharray="3 4"' if sight.marks.is_cut(name, box.name) else ""
    x, wire = box.x + 22, 'class="wire"'
    passes = [pair for pair in pairwise(sight.way) if set(pair) == {name, box.name}]
    yield f'<path {wire}{cut} d="M{x:.1f} {y:.1f}v{STUB:g}"/>'
    if passes:
        ends = (y, y + STUB - 2) if passes[0][1] == name else (y + STUB, y + 2)
        yield (
            f'<path class="way" d="M{x:.1f} {ends[0]:.1f}V{ends[1]:.1f}" '
            f'style="stroke: var(--lr-win); stroke-width: 4" marker-end="url(#{tip})"/>'
        )
    lit = _LIT if name in sight.way else ""
    height = POD + LINE * (len(lines) - 2)
    yield (
        f'<rect class="paper"{lit or _FRAME} x="{box.x + 10:.1f}" y="{y + STUB:.1f}" '
        f'width="{box.width - 10:.1f}" height="{height:.1f}" rx="7"/>'
    )
    for number, (kind, words) in enumerate(lines):
        yield svg_text(kind, box.x + 22, y + STUB + 15 + LINE * number, words)


def svg_text(
    kind: str, x: float, y: float, words: str, anchor: str = "start", *, halo: bool = False
) -> str:
    """Return a line of text; with a halo it can be read above lines."""
    at = "" if anchor == "start" else f' text-anchor="{anchor}"'
    around = (
        ' style="paint-order: stroke; stroke: var(--lr-paper); stroke-width: 4px; '
        'stroke-linejoin: round"'
        if halo
        else ""
    )
    named = f' class="{kind}"' if kind else ""
    return f'<text{named} x="{x:.1f}" y="{y:.1f}"{at}{around}>{esc(words)}</text>'
