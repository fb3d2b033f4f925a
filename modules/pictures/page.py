"""What every picture shares: the theme, escaping, and an object that a notebook can show.

Colours are the custom properties of `widgets/theme.css`, plus three for hosts (Okabe and Ito's
colours for the colour-blind, lightened for dark themes).
"""

from __future__ import annotations

import html
import itertools
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import widgets

SHAPES: Final = ("●", "■", "▲")
"""Marks of the hosts, in the order of a fabric's neighbours."""

_STYLE: Final = """
.locrib { --lr-h1: #0072b2; --lr-h2: #b34d00; --lr-h3: #00795a; }
[data-jp-theme-light="false"] .locrib { --lr-h1: #5ab8f0; --lr-h2: #f0a050; --lr-h3: #3ecfa3; }
@media (prefers-color-scheme: dark) {
  body:not([data-jp-theme-light]) .locrib { --lr-h1: #5ab8f0; --lr-h2: #f0a050; --lr-h3: #3ecfa3; }
}
.locrib.lr-page { margin: 2px 0; padding: 12px 16px; }
.locrib svg { display: block; max-width: 100%; height: auto; }
.locrib svg text { font: 13px var(--lr-sans); fill: var(--lr-ink); }
.locrib svg .soft { fill: var(--lr-soft); font-size: 12px; }
.locrib svg .mono { font-family: var(--lr-mono); font-size: 12px; }
.locrib svg .strong { font-weight: 600; }
.locrib svg .box { fill: var(--lr-shade); stroke: var(--lr-edge); }
.locrib svg .paper { fill: var(--lr-paper); }
.locrib svg .wire { stroke: var(--lr-edge); stroke-width: 2; fill: none; }
.locrib svg .hair { stroke: var(--lr-line); fill: none; }
.locrib svg .mark { stroke: var(--lr-fall); stroke-width: 1.5; stroke-dasharray: 4 3; fill: none; }
.locrib svg .warn { fill: var(--lr-fall); }
.locrib svg .win { fill: var(--lr-win); }
.locrib svg .h1 { fill: var(--lr-h1); } .locrib svg .h2 { fill: var(--lr-h2); }
.locrib svg .h3 { fill: var(--lr-h3); }
.locrib .h1 { color: var(--lr-h1); } .locrib .h2 { color: var(--lr-h2); }
.locrib .h3 { color: var(--lr-h3); }
.locrib table.lr-table { border-collapse: collapse; margin: 8px 0; font-size: 13px; }
.locrib table.lr-table th, .locrib table.lr-table td {
  padding: 4px 12px 4px 0; text-align: left; border-bottom: 1px solid var(--lr-line);
  color: var(--lr-ink); background: none; vertical-align: top;
}
.locrib table.lr-table th { color: var(--lr-soft); font-weight: 600; }
.locrib a { color: var(--lr-win); }
.locrib .lr-lead { font-size: 14px; }
@media (prefers-reduced-motion: reduce) { .locrib .lr-moving { display: none; } }
"""

_count = itertools.count(1)


@cache
def theme() -> str:
    """Return the style sheet that a picture carries with it."""
    folder = Path(widgets.__file__).parent
    return (folder / "theme.css").read_text(encoding="utf-8") + _STYLE


def unique(prefix: str) -> str:
    """Return an id that no other picture of this process has."""
    return f"{prefix}-{next(_count)}"


def esc(text: object) -> str:
    """Escape text for HTML and SVG."""
    return html.escape(str(text))


def prose(text: str) -> str:
    """Escape a sentence for HTML, with what stands in backticks as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", esc(text))


@dataclass(frozen=True)
class Picture:
    """Something to show in a notebook.

    Attributes:
        body: HTML without the frame.
        text: the same in plain text.
        svg: the picture as an SVG element, "" when it is not one.
    """

    body: str
    text: str
    svg: str = ""

    @property
    def html(self) -> str:
        """The picture as a page shows it."""
        return f'<style>{theme()}</style><div class="locrib lr-page">{self.body}</div>'

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/html": self.html, "text/plain": self.text}

    def standing_svg(self) -> str:
        """Return the picture as a file of its own, light or dark as its viewer asks for.

        Raises:
            ValueError: it is not drawn as SVG.
        """
        if not self.svg:
            raise ValueError("this picture is a table or a text; `print` it, or save the notebook")
        style = re.sub(r"\.locrib\.lr-page[^}]*}", "", theme())
        style = style.replace("body:not([data-jp-theme-light]) .locrib", "svg")  # no JupyterLab
        style = re.sub(r"\.locrib( svg)?", "svg", style) + "svg { padding: 0; border: 0; }"
        head, tag, rest = self.svg.partition(">")
        ground = '<rect class="paper" width="100%" height="100%"/>'
        return f"{head}{tag}<style>{esc(style)}</style>{ground}{rest}"


def table(head: list[str], rows: list[list[str]], caption: str) -> str:
    """Return an HTML table; cells are HTML, `caption` is text for screen readers."""
    top = "".join(f'<th scope="col">{cell}</th>' for cell in head)
    body = "".join(
        f'<tr><th scope="row">{row[0]}</th>' + "".join(f"<td>{c}</td>" for c in row[1:]) + "</tr>"
        for row in rows
    )
    return (
        f'<table class="lr-table"><caption class="lr-quiet">{esc(caption)}</caption>'
        f"<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"
    )


def text_table(head: list[str], rows: list[list[str]]) -> str:
    """Return a table as aligned plain text."""
    lines = [head, *rows]
    widths = [max(len(line[n]) for line in lines) for n in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
