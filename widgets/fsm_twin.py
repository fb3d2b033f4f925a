"""The text twin of a SessionFsm: the same picture as plain text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from widgets.text import plain, table, wrap

WIDTH: Final = 96


def twin(view: Mapping[str, Any]) -> str:
    """Return the picture of a SessionFsm as lines of text."""
    lines = [f"{plain(view['title'])}, as {view['machine_title']} has it"]
    if view["origin"]:
        lines += wrap(view["origin"], WIDTH)
    if view["following"]:
        lines += wrap(view["following"]["text"], WIDTH)
    if view["mode"] == "log":
        lines += [f"Transition {view['position']} of {view['end']}."]
    lines += ["", *_connections(view)]
    if view["seen"]:
        lines += ["", *_seen(view["seen"])]
    predict = view.get("predict")
    if predict:
        lines += ["", *wrap(predict["text"], WIDTH)]
    if view.get("said"):
        lines += ["", *_said(view["said"])]
    if view["history"]:
        head = ["When", "Connection", "From", "Event", "To", "Sent", "By"]
        names = ("time", "seat", "before", "event", "after", "sent", "by")
        rows = [[row[name] for name in names] for row in reversed(view["history"])]
        lines += ["", *table(head, rows, 60)]
    if view["edges"]:
        lines += ["", "Arrows out of this state:", *_arrows(view)]
    return "\n".join(lines) + "\n"


def _connections(view: Mapping[str, Any]) -> list[str]:
    left = view["clock"]["timers"]
    lines: list[str] = []
    for seat in view["seats"]:
        opened = f", {seat['direction']}" if seat["direction"] else ""
        lines += wrap(f"Connection {seat['name']}{opened}: {seat['state']}. {seat['line']}", WIDTH)
        running = [
            f"{timer['name']} {left[seat['name']][timer['name']]:.0f} s"
            for timer in seat["timers"]
            if timer["running"]
        ]
        if view["mode"] == "play":
            lines.append(f"  Timers: {', '.join(running) or 'none runs'}.")
            lines.append(f"  ConnectRetryCounter {seat['counter']}.")
    if view["mode"] == "play":
        lines.append(f"Clock: {view['clock']['now']:.1f} s.")
    return lines or ["No line about a session was found."]


def _seen(seen: Mapping[str, Any]) -> list[str]:
    lines = wrap(f"What an operator sees: {seen['what']}", WIDTH)
    head = ["Daemon", "Command", "Shows"]
    rows = [[row["daemons"], *pair] for row in seen["rows"] for pair in row["shown"]]
    lines += table(head, rows, 60) if rows else []
    return lines + (wrap(seen["note"], WIDTH) if seen["note"] else [])


def _said(said: Mapping[str, Any]) -> list[str]:
    lines = wrap(said["sentence"], WIDTH)
    if said["kind"] == "impossible":
        return lines
    if said["rule"]:
        lines += wrap(said["rule"], WIDTH)
    for number, action in enumerate(said["actions"], start=1):
        first, *rest = wrap(action, WIDTH - 5)
        lines += [f"{number:>3}. {first}", *(f"     {line}" for line in rest)]
    for note in (*said["why"], said["elsewhere"]):
        lines += wrap(note, WIDTH) if note else []
    return lines


def _arrows(view: Mapping[str, Any]) -> list[str]:
    here = [seat["state"] for seat in view["seats"] if seat["chosen"]]
    lines = []
    for edge in view["edges"]:
        if edge["before"] in here:
            lines += [f"  {line}" for line in wrap(edge["title"], WIDTH - 2)]
    return lines or ["  none"]
