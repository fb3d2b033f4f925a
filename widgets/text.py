"""Text that may come from anywhere, made fit to be drawn: path names, router output, prompts.

Browsers get plain strings and put them into text nodes, so nothing has to be escaped there. SVG and
plain text are made here: XML 1.0 section 2.2 says which characters exist, UAX #9 which of them
reorder their neighbours.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence
from html import escape
from typing import Final
from unicodedata import category, east_asian_width

# Marks, embeddings, overrides and isolates of the bidirectional algorithm: invisible, and able to
# make a table read in another order than it was written.
_BIDI: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_ELLIPSIS: Final = "…"


def plain(text: object) -> str:
    """Return one line of visible text: no control characters, no lone surrogates, no reordering."""
    line = _BIDI.sub("", str(text))
    shown = (" " if char in "\t\n\r" else char for char in line)
    return "".join("�" if category(char) in ("Cc", "Cs", "Cn") else char for char in shown)


def clip(text: object, width: int) -> str:
    """Return ``plain(text)`` in at most ``width`` columns, an ellipsis for what is left out."""
    line = plain(text)
    if columns(line) <= width:
        return line
    kept = ""
    for char in line:
        if columns(kept + char) >= width:
            break
        kept += char
    return kept + _ELLIPSIS


def columns(text: str) -> int:
    """Return how many columns a line takes in a fixed-width font; wide characters take two."""
    return sum(
        0 if category(c) in ("Mn", "Me", "Cf") else 1 + (east_asian_width(c) in "WF") for c in text
    )


def pad(text: str, width: int) -> str:
    """Fill a line with spaces up to ``width`` columns."""
    return text + " " * max(0, width - columns(text))


def xml(text: object) -> str:
    """Return text escaped for XML content and attributes."""
    return escape(plain(text), quote=True)


def wrap(text: str, width: int) -> list[str]:
    """Break a sentence into lines of at most ``width`` columns; a long word is broken too."""
    return textwrap.wrap(plain(text), width) or [""]


def table(head: Sequence[str], rows: Iterable[Sequence[str]], widest: int = 28) -> list[str]:
    """Lay out a table as lines of plain text, columns as wide as they need up to ``widest``."""
    cells = [[clip(cell, widest) for cell in row] for row in (head, *rows)]
    widths = [max(columns(row[n]) for row in cells) for n in range(len(head))]
    lines = ["  ".join(map(pad, row, widths)).rstrip() for row in cells]
    return [lines[0], "  ".join("-" * width for width in widths), *lines[1:]]
