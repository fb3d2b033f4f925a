"""A BestPath as a standing SVG: for exported pages, feedback and previews, where no widget runs.

Colours are those of the widget's light theme (a page that shows a saved picture is a page of
paper), on a ground of its own; meaning is carried by marks and words as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from widgets.text import clip, wrap, xml

WIDTH: Final = 960
_PAD, _LINE, _ROW = 20, 19, 26
INK, SOFT, _RULE, PAPER = "#1b2430", "#566273", "#d5dbe3", "#ffffff"
WIN, WIN_BG, FALL, _FALL_BG = "#0b5c94", "#e3f0f9", "#9a3b00", "#fcebe0"
SANS: Final = "system-ui, 'Segoe UI', 'Noto Sans', Helvetica, Arial, sans-serif"
_MONO: Final = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace"
_MARK: Final = {"best": "★", "multipath": "=", "lost": "", "ineligible": "⊘"}


class Page:
    """An SVG that grows downwards."""

    def __init__(self, title: str, description: str) -> None:
        """Begin an empty page."""
        self._title, self._description = title, description
        self._parts: list[str] = []
        self.y = _PAD

    def rect(self, x: float, y: float, width: float, height: float, fill: str) -> None:
        """Draw a filled box."""
        place = f'x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}"'
        self._parts.append(f'<rect {place} rx="3" fill="{fill}"/>')

    def rule(self) -> None:
        """Draw a line across the page."""
        self._parts.append(
            f'<path d="M{_PAD} {self.y:g}H{WIDTH - _PAD}" stroke="{_RULE}" fill="none"/>'
        )

    def write(self, x: float, y: float, text: str, style: str = "") -> None:
        """Write one line of text, its baseline at ``y``."""
        self._parts.append(f'<text x="{x:g}" y="{y:g}"{style}>{xml(text)}</text>')

    def place(self, x: float, y: float, markup: str) -> None:
        """Put finished SVG markup somewhere; whoever made it has escaped its text."""
        self._parts.append(f'<g transform="translate({x:g} {y:g})">{markup}</g>')

    def paragraph(self, text: str, columns: int = 118, style: str = "") -> None:
        """Write a paragraph, broken into lines."""
        for line in wrap(text, columns):
            self.y += _LINE
            self.write(_PAD, self.y - 5, line, style)

    def document(self) -> str:
        """Return the finished SVG."""
        height = self.y + _PAD
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" '
            f'width="{WIDTH}" height="{height:g}" role="img" '
            f'style="max-width:100%;height:auto" font-family="{SANS}" font-size="13" '
            f'fill="{INK}"><title>{xml(self._title)}</title>'
            f"<desc>{xml(self._description)}</desc>"
            f'<rect width="{WIDTH}" height="{height:g}" rx="8" fill="{PAPER}"/>'
            f"{''.join(self._parts)}</svg>"
        )


_BOLD: Final = ' font-weight="600"'
_SMALL: Final = f' font-size="11.5" fill="{SOFT}"'


def picture_svg(view: Mapping[str, Any]) -> str:
    """Return the picture of a BestPath as SVG."""
    verdict, predict = view.get("verdict"), view.get("predict")
    said = verdict["sentence"] if verdict else view["predict"]["text"]
    page = Page(f"{view['title']}: {said}", f"As {view['profile_title']} decides. {said}")
    page.y += 16
    page.write(_PAD, page.y, clip(view["title"], 70), ' font-size="17" font-weight="650"')
    page.write(
        WIDTH - _PAD, page.y, f"as {view['profile_title']} decides", f'{_SMALL} text-anchor="end"'
    )
    page.y += 8
    if predict:
        page.paragraph(predict["text"])
    for part in (verdict, view.get("second_verdict")):
        if part:
            _draw(page, part, several=view.get("second_verdict") is not None)
    if verdict is None:
        _draw_paths(page, view)
    if view.get("difference"):
        page.paragraph(view["difference"], style=_BOLD)
    return page.document()


def _draw(page: Page, verdict: Mapping[str, Any], *, several: bool) -> None:
    heading = f"{verdict['title']}: {verdict['sentence']}" if several else verdict["sentence"]
    page.y += 6
    page.paragraph(heading, 108, _BOLD)
    shown = [column for column in verdict["columns"] if not column["folds"]]
    names, step = 130, min(110.0, 400 / max(1, len(shown)))
    starts = [_PAD + names + step * n for n in range(len(shown))]
    chars = _characters(step)
    page.y += 30
    page.write(_PAD, page.y, "Path", _SMALL)
    for start, column in zip(starts, shown, strict=True):
        for back, line in enumerate(reversed(wrap(column["title"], chars + 2)[:2])):
            page.write(start, page.y - 13 * back, clip(line, chars + 3), _SMALL)
    result = _PAD + names + step * len(shown) + 8
    page.write(result, page.y, "Outcome", _SMALL)
    page.y += 7
    page.rule()
    for place, row in enumerate(verdict["rows"]):
        top, base = page.y + 2, page.y + 18
        best = row["state"] == "best"
        if best:
            page.rect(_PAD - 6, top, WIDTH - 2 * _PAD + 12, _ROW - 4, WIN_BG)
        style = f'{_BOLD} fill="{WIN if best else INK}"'
        page.write(_PAD, base, clip(f"{_MARK[row['state']]} {row['id']}".strip(), 17), style)
        for start, column in zip(starts, shown, strict=True):
            _cell(page, start, step, column, place)
        said = (
            f"{row['result']}: {row['detail']}" if row["state"] == "ineligible" else row["result"]
        )
        page.write(result, base, clip(said, int((WIDTH - _PAD - result) / 6.6)))
        page.y += _ROW
    if shown:
        page.rule()
        page.y += 16
        page.write(_PAD, page.y, "still in", _SMALL)
        for start, column in zip(starts, shown, strict=True):
            page.write(start, page.y, str(column["left"]), _SMALL)
    page.y += 4
    for note in filter(None, (verdict["multipath"], *verdict["notes"])):
        page.paragraph(note, style=_SMALL)


def _cell(page: Page, x: float, width: float, column: Mapping[str, Any], place: int) -> None:
    cell, base = column["cells"][place], page.y + 18
    if cell["state"] == "gone":
        page.write(x, base, "·", f' fill="{SOFT}"')
        return
    falls = cell["state"] == "falls"
    if falls:
        page.rect(x - 5, page.y + 2, width - 4, _ROW - 4, _FALL_BG)
    text = f"✕ {cell['text']}" if falls else cell["text"]
    strong = _BOLD if column["decisive"] or falls else ""
    colour = FALL if falls else (WIN if cell["state"] == "wins" else INK)
    style = f' font-family="{_MONO}" font-size="12" fill="{colour}"{strong}'
    page.write(x, base, clip(text, _characters(width)), style)


def _characters(width: float) -> int:
    """How many characters of the fixed-width font fit."""
    return max(4, int(width / 7.4))


def _draw_paths(page: Page, view: Mapping[str, Any]) -> None:
    names = (
        "id",
        "type",
        "peer_as",
        "weight",
        "local_pref",
        "as_path",
        "origin",
        "med",
        "igp_metric",
    )
    places = [n for n, field in enumerate(view["fields"]) if field["name"] in names]
    starts = _spread(places)
    page.y += 26
    for start, place in zip(starts, places, strict=True):
        page.write(start, page.y, view["fields"][place]["title"], _SMALL)
    page.y += 7
    page.rule()
    style = f' font-family="{_MONO}" font-size="12"'
    for row in view["rows"]:
        for start, place in zip(starts, places, strict=True):
            width = 30 if view["fields"][place]["name"] == "as_path" else 11
            page.write(start, page.y + 18, clip(row[place]["text"] or "-", width), style)
        page.y += _ROW


def _spread(places: Sequence[int]) -> list[float]:
    """Give each column its start; the AS_PATH takes what is left over."""
    widths = {0: 110, 7: 230}
    starts, x = [], float(_PAD)
    for place in places:
        starts.append(x)
        x += widths.get(place, 83)
    return starts
