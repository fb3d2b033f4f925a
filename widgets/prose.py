"""A question's words: a little Markdown, read into plain data that a view draws as text nodes.

Paragraphs, lists, fenced code, ``code``, **strong** and *emphasis*: what a prompt needs. Anything
else, markup above all, stays the text it is.
"""

from __future__ import annotations

import re
from typing import Final, TypedDict

from widgets.text import plain, wrap

_SPAN: Final = re.compile(r"`([^`]+)`|\*\*([^*]+)\*\*|(?<![*\w])\*([^*\s][^*]*)\*(?!\w)")
_ITEM: Final = re.compile(r"[-*] +(.*)")


class Block(TypedDict):
    """A paragraph, a list item or a piece of code; its spans are [kind, text]."""

    kind: str  # p | li | pre
    spans: list[list[str]]


def blocks(text: str) -> list[Block]:
    """Read the little Markdown."""
    found: list[Block] = []
    paragraph: list[str] = []

    def flush() -> None:
        if paragraph:
            found.append({"kind": "p", "spans": spans(" ".join(paragraph))})
            paragraph.clear()

    lines = iter(text.strip().splitlines())
    for line in lines:
        if line.strip().startswith("```"):
            flush()
            code: list[str] = []
            for inner in lines:
                if inner.strip().startswith("```"):
                    break
                code.append(inner)
            found.append({"kind": "pre", "spans": [["text", "\n".join(code)]]})
        elif match := _ITEM.fullmatch(line.strip()):
            flush()
            found.append({"kind": "li", "spans": spans(match[1])})
        elif not line.strip():
            flush()
        elif found and found[-1]["kind"] == "li" and not paragraph and line[:1] == " ":
            found[-1]["spans"] += [["text", " "], *spans(line.strip())]
        else:
            paragraph.append(line.strip())
    flush()
    return found


def spans(text: str) -> list[list[str]]:
    """Read code, strong and emphasis inside a line."""
    found: list[list[str]] = []
    start = 0
    for match in _SPAN.finditer(text):
        if match.start() > start:
            found.append(["text", text[start : match.start()]])
        kind = ("code", "strong", "em")[(match.lastindex or 1) - 1]
        found.append([kind, match[match.lastindex or 1]])
        start = match.end()
    if start < len(text):
        found.append(["text", text[start:]])
    return found


def as_lines(text: str, width: int) -> list[str]:
    """Return the words as lines of plain text."""
    lines: list[str] = []
    for block in blocks(text):
        words = "".join(span[1] for span in block["spans"])
        if block["kind"] == "pre":
            lines += [f"    {plain(line)}" for line in words.splitlines()]
        elif block["kind"] == "li":
            first, *rest = wrap(words, width - 2)
            lines += [f"- {first}", *(f"  {line}" for line in rest)]
        else:
            lines += wrap(words, width)
    return lines
