"""Requests crossing a fabric: the wires with the requests running along them, and a strip of time.

Every dot is one request of the client that really was sent (live or recorded), shown at a quarter
of its speed; the strip below keeps what the movement shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from labs.stage_plan import Fabric
from labs.stage_web import Reply, Traffic
from modules.pictures.page import SHAPES, Picture, esc, unique

WIDTH: Final = 860
SLOWER: Final = 4
_SECOND_TRY: Final = 0.9  # seconds; TCP sends a SYN again after one (RFC 6298 section 2)
_TRIP: Final = 0.9  # seconds a dot takes there and back on screen
_CLIENT_X, _ROUTER_X, _NODE_X = 60, 360, 690
_TOP, _ROW = 30, 52
_STRIP_LEFT, _STRIP_RIGHT = 96, WIDTH - 24


def traffic_picture(fabric: Fabric, traffic: Traffic, cut: Sequence[str], origin: str) -> Picture:
    """Draw what the client saw.

    Args:
        fabric: the router and its neighbours.
        traffic: the requests.
        cut: names of the neighbours whose link is cut (by the end).
        origin: "live on FRR 8.4.4" or "recorded ...": what kind of truth this is.
    """
    names = [neighbor.name for neighbor in fabric.neighbors]
    ident = unique("lr")
    wires, moving = _wires(fabric, names, cut), _moving(traffic, names, ident)
    if (whole := _still_whole(traffic, names, cut, ident)) is not None:
        wires += whole
    base = _TOP + _ROW * len(names) + 10
    strip, height = _strip(traffic, names, base)
    summary = summary_text(traffic)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'role="img" aria-label="{esc(summary)}"><title>{esc(summary)}</title>'
        f"{wires}{moving}{strip}</svg>"
    )
    body = (
        f'{svg}<p class="lr-lead">{esc(summary)}</p>'
        f'<p class="lr-soft">{esc(origin)}. Each dot is one request, at a quarter of its speed.</p>'
    )
    return Picture(body, f"{summary} ({origin})", svg)


def summary_text(traffic: Traffic) -> str:
    """Say in a sentence or two who answered and what was lost."""
    shares = traffic.shares()
    parts = ", ".join(f"{name} {count}" for name, count in shares.items()) or "nobody"
    total = len(traffic.replies)
    said = f"{total} requests; answered by {parts}; {traffic.lost or 'none'} lost."
    if traffic.event is None or traffic.event_at is None:
        return said
    after = [reply for reply in traffic.replies if reply.at >= traffic.event_at]
    times = [reply.took for reply in after if reply.took is not None]
    again = sum(took > _SECOND_TRY for took in times)
    if again:
        packets = "request fell" if again == 1 else "requests fell"
        return f"{said} {again} {packets} into the gap and got through when TCP tried once more."
    slowest = max(times, default=0.0) * 1000
    return f"{said} After “{traffic.event}” the slowest answer took {slowest:.0f} ms."


def _node_y(number: int) -> float:
    return _TOP + _ROW * number + 17


def _middle(names: Sequence[str]) -> float:
    return _node_y(len(names) // 2)


def _still_whole(
    traffic: Traffic, names: Sequence[str], cut: Sequence[str], ident: str
) -> str | None:
    """Draw a link whole until the moment it is cut."""
    if traffic.event_at is None or len(cut) != 1:
        return None
    y, until = _node_y(names.index(cut[0])), traffic.event_at * SLOWER
    way = f"M{_ROUTER_X + 48} {_middle(names):g}L{_NODE_X - 8} {y:g}"
    x, at = (_ROUTER_X + _NODE_X) / 2, (_middle(names) + y) / 2
    show = f'<set attributeName="opacity" to="1" begin="0s;{ident}.click" dur="{until:.2f}s"/>'
    return (
        f'<g class="lr-moving" aria-hidden="true" opacity="0">{show}'
        f'<rect class="paper" x="{x - 4:g}" y="{at - 20:g}" width="60" height="18"/>'
        f'<path class="wire" d="{way}"/></g>'
    )


def _box(x: float, y: float, name: str, note: str) -> str:
    return (
        f'<rect class="box" x="{x - 48:g}" y="{y - 17:g}" width="96" height="34" rx="5"/>'
        f'<text class="strong" x="{x:g}" y="{y + 5:g}" text-anchor="middle">{esc(name)}</text>'
        f'<text class="soft" x="{x:g}" y="{y + 31:g}" text-anchor="middle">{esc(note)}</text>'
    )


def _wires(fabric: Fabric, names: Sequence[str], cut: Sequence[str]) -> str:
    middle = _middle(names)
    parts = [f'<path class="wire" d="M{_CLIENT_X} {middle:g}H{_ROUTER_X}"/>']
    for number, name in enumerate(names):
        y = _node_y(number)
        dashes = ' stroke-dasharray="6 7"' if name in cut else ""
        parts.append(f'<path class="wire"{dashes} d="M{_ROUTER_X} {middle:g}L{_NODE_X} {y:g}"/>')
        if name in cut:
            x, at = (_ROUTER_X + _NODE_X) / 2, (middle + y) / 2
            parts.append(f'<text class="warn strong" x="{x:g}" y="{at - 6:g}">✂ cut</text>')
    parts.append(_box(_CLIENT_X, middle, "client", "192.0.2.10"))
    parts.append(_box(_ROUTER_X, middle, fabric.router, f"AS {fabric.asn}"))
    for number, neighbor in enumerate(fabric.neighbors):
        y = _node_y(number)
        parts.append(
            f'<rect class="box" x="{_NODE_X - 8}" y="{y - 15:g}" width="158" height="30" rx="5"/>'
            f'<text class="strong h{number + 1}" x="{_NODE_X + 4}" y="{y + 5:g}">'
            f"{SHAPES[number]} {esc(neighbor.name)}</text>"
            f'<text class="soft" x="{_NODE_X + 142}" y="{y + 4:g}" text-anchor="end">'
            f"AS {neighbor.asn}</text>"
        )
    return "".join(parts)


def _moving(traffic: Traffic, names: Sequence[str], ident: str) -> str:
    middle = _middle(names)
    dots = []
    for reply in traffic.replies:
        begin = reply.at * SLOWER
        if reply.node in names:
            number = names.index(reply.node)
            y, kind = _node_y(number), f"h{number + 1}"
            way = f"M{_CLIENT_X} {middle:g}H{_ROUTER_X}L{_NODE_X} {y:g}"
            points, times = "0;1;0", "0;0.5;1"
        else:
            kind, way = "warn", f"M{_CLIENT_X} {middle:g}H{_ROUTER_X}"
            points, times = "0;1;1", "0;0.5;1"
        begins = f"{begin:.2f}s;{ident}.click+{begin:.2f}s"
        dots.append(
            f'<circle class="{kind}" r="5" opacity="0"><animateMotion path="{way}" dur="{_TRIP}s" '
            f'begin="{begins}" keyPoints="{points}" keyTimes="{times}" calcMode="linear"/>'
            f'<set attributeName="opacity" to="1" begin="{begins}" dur="{_TRIP}s"/></circle>'
        )
    again = (
        f'<g id="{ident}" style="cursor:pointer"><rect x="0" y="0" width="86" height="22" '
        'fill="transparent"/><text class="soft" x="12" y="15">▶ once more</text></g>'
    )
    return f'<g class="lr-moving" aria-hidden="true">{"".join(dots)}{again}</g>'


def _strip(traffic: Traffic, names: Sequence[str], base: float) -> tuple[str, float]:
    rows = [*names, "lost"] if traffic.lost else list(names)
    last = max((reply.at for reply in traffic.replies), default=0.0) or 1.0

    def x_of(at: float) -> float:
        return _STRIP_LEFT + (_STRIP_RIGHT - _STRIP_LEFT) * at / last

    parts = []
    for number, name in enumerate(rows):
        y = base + 24 + 20 * number
        kind = f"h{number + 1}" if name in names else "warn"
        mark = SHAPES[number] if name in names else "✕"
        parts.append(f'<path class="hair" d="M{_STRIP_LEFT} {y:g}H{_STRIP_RIGHT}"/>')
        parts.append(f'<text class="{kind}" x="12" y="{y + 4:g}">{mark} {esc(name)}</text>')
        parts += [
            f'<text class="{kind}" x="{x_of(reply.at):.1f}" y="{y + 4:g}" text-anchor="middle">'
            f"{mark}</text>"
            for reply in traffic.replies
            if _row_of(reply, names) == number
        ]
    foot = base + 24 + 20 * len(rows)
    if traffic.event is not None and traffic.event_at is not None:
        x = x_of(traffic.event_at)
        parts.append(f'<path class="mark" d="M{x:.1f} {base + 8:g}V{foot - 8:g}"/>')
        parts.append(
            f'<text class="warn strong" x="{x + 6:.1f}" y="{base + 10:g}">'
            f"{esc(traffic.event)}</text>"
        )
    parts.append(
        f'<text class="soft" x="{_STRIP_LEFT}" y="{foot + 6:g}">0 s</text>'
        f'<text class="soft" x="{_STRIP_RIGHT}" y="{foot + 6:g}" text-anchor="end">'
        f"{last:.1f} s</text>"
    )
    return "".join(parts), foot + 14


def _row_of(reply: Reply, names: Sequence[str]) -> int:
    return names.index(reply.node) if reply.node in names else len(names)
