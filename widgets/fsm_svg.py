"""A SessionFsm as a standing SVG: for exported pages, feedback and previews, where no widget runs.

The graph stands where the live one has it (``fsm_graph``); colours are those of the light theme.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from widgets.fsm_graph import HEIGHT, NODE_HEIGHT, NODE_WIDTH, WIDTH
from widgets.svg import FALL, INK, PAPER, SANS, SOFT, WIN, WIN_BG, Page
from widgets.svg import WIDTH as PAGE_WIDTH
from widgets.text import clip, xml

_SMALL: Final = f' font-size="11.5" fill="{SOFT}"'
_BOLD: Final = ' font-weight="600"'
_ROWS: Final = 12  # of the history, the newest


def picture_svg(view: Mapping[str, Any]) -> str:
    """Return the picture of a SessionFsm as SVG."""
    states = "; ".join(f"connection {s['name']} in {s['state']}" for s in view["seats"])
    said = view["said"]["sentence"] if view["said"] else ""
    asked = view["predict"]["text"] if view["predict"] else ""
    page = Page(f"{view['title']}: {states or 'empty'}", f"{asked} {said}".strip() or states)
    page.y += 16
    page.write(20, page.y, clip(view["title"], 70), ' font-size="17" font-weight="650"')
    as_ = f"as {view['machine_title']} has it"
    page.write(PAGE_WIDTH - 20, page.y, as_, f'{_SMALL} text-anchor="end"')
    if view["origin"]:
        page.y += 6
        page.paragraph(view["origin"], style=_SMALL)
    page.y += 8
    page.place((PAGE_WIDTH - WIDTH) / 2, page.y, _graph(view))
    page.y += HEIGHT + 6
    for text, style in ((asked, _BOLD), (said, _BOLD if not asked else "")):
        if text:
            page.paragraph(text, 112, style)
    if view["said"] and view["said"].get("rule"):
        page.paragraph(view["said"]["rule"], style=_SMALL)
    for seat in view["seats"]:
        page.paragraph(f"Connection {seat['name']}: {seat['state']}. {seat['line']}", style=_SMALL)
    page.y += 14
    for row in view["history"][:_ROWS]:
        page.y += 18
        page.write(20, page.y, clip(f"{row['time']}  {row['seat']}", 18), _SMALL)
        page.write(130, page.y, clip(f"{row['before']} → {row['after']}", 30))
        page.write(330, page.y, clip(row["event"], 48))
        page.write(650, page.y, clip(row["sent"], 48), _SMALL)
    return page.document()


def _graph(view: Mapping[str, Any]) -> str:
    travelled = view["travelled"]
    gone = view["gone"]
    ways = [way["edge"]["id"] for way in (travelled, gone) if way and way["edge"]]
    drawn = [edge for edge in view["edges"] if edge["common"] and edge["id"] not in ways]
    parts = [_marker("lr-arrow", SOFT), _marker("lr-arrow-way", FALL)]
    parts += [_edge(edge, SOFT, 1.4, "lr-arrow") for edge in drawn]
    parts += [_node(node) for node in view["nodes"]]
    if gone and gone["edge"]:
        parts.append(_edge(gone["edge"], FALL, 1.8, "lr-arrow-way", dashed=True))
    if travelled and travelled["edge"]:
        parts.append(_edge(travelled["edge"], FALL, 3, "lr-arrow-way"))
    return f'<g font-family="{SANS}">{"".join(parts)}</g>'


def _marker(name: str, colour: str) -> str:
    return (
        f'<marker id="{name}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" '
        f'markerHeight="8" markerUnits="userSpaceOnUse" orient="auto">'
        f'<path d="M0 0L8 4L0 8Z" fill="{colour}"/></marker>'
    )


def _edge(
    edge: Mapping[str, Any], colour: str, width: float, marker: str, *, dashed: bool = False
) -> str:
    dashes = ' stroke-dasharray="6 5"' if dashed else ""
    weight = ' font-weight="600"' if marker.endswith("way") else ""
    return (
        f'<path d="{edge["path"]}" fill="none" stroke="{colour}" stroke-width="{width}"{dashes} '
        f'marker-end="url(#{marker})"><title>{xml(edge["title"])}</title></path>'
        f'<text x="{edge["x"]:g}" y="{edge["y"]:g}" text-anchor="{edge["anchor"]}" '
        f'font-size="12" fill="{colour}"{weight} stroke="{PAPER}" stroke-width="4" '
        f'paint-order="stroke">{xml(clip(edge["label"], 34))}</text>'
    )


def _node(node: Mapping[str, Any]) -> str:
    here = bool(node["tokens"])
    x, y = node["x"] - NODE_WIDTH / 2, node["y"] - NODE_HEIGHT / 2
    badges = "".join(
        f'<circle cx="{x + NODE_WIDTH - 4 - 24 * n:g}" cy="{y + NODE_HEIGHT:g}" r="11" '
        f'fill="{WIN}" stroke="{PAPER}" stroke-width="2"/>'
        f'<text x="{x + NODE_WIDTH - 4 - 24 * n:g}" y="{y + NODE_HEIGHT + 4:g}" font-size="12" '
        f'text-anchor="middle" fill="{PAPER}"{_BOLD}>{xml(clip(token, 3))}</text>'
        for n, token in enumerate(node["tokens"])
    )
    return (
        f"<g><title>{xml(node['id'])}: {xml(node['line'])}</title>"
        f'<rect x="{x:g}" y="{y:g}" width="{NODE_WIDTH}" height="{NODE_HEIGHT}" rx="9" '
        f'fill="{WIN_BG if here else PAPER}" stroke="{WIN if here else SOFT}" '
        f'stroke-width="{2.5 if here else 1.2}"/>'
        f'<text x="{node["x"]:g}" y="{node["y"] + 5:g}" text-anchor="middle" font-size="13.5" '
        f'fill="{WIN if here else INK}"{_BOLD if here else ""}>{xml(node["id"])}</text>'
        f"{badges}</g>"
    )
