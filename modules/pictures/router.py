"""What a router printed, and its verdict beside the model's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from bgp import Decision
from bgp.frr_json import FrrTable
from bgp.messages import reason_text, sentence
from modules.pictures.page import Picture, esc, table, text_table

_MARKED: Final = re.compile(r", best(?! #)|^\*>")
_NO_CLOCK: Final = re.compile(r"^\s*Last update:.*\n?", re.MULTILINE)


def text_picture(prompt: str, text: str, origin: str) -> Picture:
    """Show a router's text as it printed it, the lines that name the best path in bold.

    The times of last update are left out: they tell nothing here and differ at every run.
    """
    shown = _NO_CLOCK.sub("", text.replace("\r", "")).strip("\n")
    lines = [
        f"<b>{esc(line)}</b>" if _MARKED.search(line) else esc(line) for line in shown.split("\n")
    ]
    body = (
        f"<pre><b>{esc(prompt)}</b>\n" + "\n".join(lines) + "</pre>"
        f'<p class="lr-soft">{esc(origin)}.</p>'
    )
    return Picture(body, f"{prompt}\n{shown}\n({origin})")


def arrival_picture(names: Sequence[str], router: FrrTable, origin: str) -> Picture:
    """Say which path a router holds best after the paths arrived in this order."""
    order, best = ", ".join(names), router.best or "none"
    body = (
        f'<p class="lr-lead">arrived: {esc(order)} &nbsp;&rarr;&nbsp; <b>best: {esc(best)}</b> '
        f'<span class="lr-soft">({esc(router.reason or "no reason printed")})</span></p>'
        f'<p class="lr-soft">{esc(origin)}.</p>'
    )
    return Picture(body, f"arrived: {order} -> best: {best} ({router.reason})\n({origin})")


def verdict_picture(
    router: FrrTable, model: Decision, forwarding: Sequence[str], origin: str
) -> Picture:
    """Set a router's verdict beside the model's prediction of it."""
    rows = [
        ["best path", router.best or "none", model.best or "none"],
        ["shares the traffic", _joined(router.multipath), _joined(model.multipath)],
        ["printed reason", router.reason or "none", model.reason or "none"],
    ]
    head = ["", "the router", f"the model of {model.profile.title}", ""]
    marked = [[*row, "✓ agree" if row[1] == row[2] else "✗ differ"] for row in rows]
    kernel = f"The router's kernel forwards to {_joined(forwarding)}."
    notes = [sentence(model), kernel]
    if said := reason_text(model):
        notes.append(said)
    body = table(
        [esc(cell) for cell in head], [[esc(c) for c in row] for row in marked], "Verdicts"
    )
    body += "".join(f"<p>{esc(note)}</p>" for note in notes)
    body += f'<p class="lr-soft">{esc(origin)}.</p>'
    return Picture(body, "\n".join([text_table(head, marked), *notes, f"({origin})"]))


def _joined(names: Sequence[str]) -> str:
    return ", ".join(sorted(names)) or "nobody"
