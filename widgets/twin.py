"""The text twin of a BestPath: the same picture as plain text, for terminals and screen readers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from widgets.text import plain, table, wrap

WIDTH: Final = 96
_MARK: Final = {"best": "*", "multipath": "=", "lost": " ", "ineligible": "!"}
_SHOWN: Final = (
    "id",
    "type",
    "peer_as",
    "peer_address",
    "router_id",
    "weight",
    "local_pref",
    "as_path",
    "origin",
    "med",
    "next_hop",
    "igp_metric",
)


def twin(view: Mapping[str, Any]) -> str:
    """Return the picture of a BestPath as lines of text."""
    lines = [f"{plain(view['title'])}, as {view['profile_title']} decides"]
    lines += ["", *_paths(view)]
    if view.get("ignored"):
        lines += ["", *wrap(view["ignored"], WIDTH)]
    predict = view.get("predict")
    if predict:
        lines += ["", *wrap(predict["text"], WIDTH)]
    for verdict in (view.get("verdict"), view.get("second_verdict")):
        if verdict:
            lines += ["", *_verdict(verdict)]
    if view.get("difference"):
        lines += ["", *wrap(view["difference"], WIDTH)]
    return "\n".join(lines) + "\n"


def _paths(view: Mapping[str, Any]) -> list[str]:
    if not view["rows"]:
        return ["No path has arrived."]
    places = [n for n, field in enumerate(view["fields"]) if field["name"] in _SHOWN]
    head = ["#", *(view["fields"][n]["title"] for n in places)]
    return table(
        head,
        [
            [str(number), *(row[n]["text"] or "-" for n in places)]
            for number, row in enumerate(view["rows"], start=1)
        ],
    )


def _verdict(verdict: Mapping[str, Any]) -> list[str]:
    lines = wrap(f"{verdict['title']}: {verdict['sentence']}", WIDTH)
    shown = [column for column in verdict["columns"] if not column["folds"]]
    if shown:
        head = ["", "Path", *(column["title"] for column in shown)]
        rows = [
            [_MARK[row["state"]], row["id"], *(_cell(column["cells"][n]) for column in shown)]
            for n, row in enumerate(verdict["rows"])
        ]
        rows.append(["", "left", *(str(column["left"]) for column in shown)])
        lines += ["", *table(head, rows)]
        lines += ["", "* best   = also in the multipath set   ! takes no part   x falls here"]
    for row in verdict["rows"]:
        said = ". ".join(
            part.rstrip(".") for part in (row["result"], row["detail"], row["what_if"]) if part
        )
        lines += wrap(f"{row['id']}: {said}.", WIDTH)
    for note in (verdict["multipath"], *verdict["notes"]):
        lines += wrap(note, WIDTH)
    return lines


def _cell(cell: Mapping[str, str]) -> str:
    return {"falls": f"x {cell['text']}", "gone": "."}.get(cell["state"], cell["text"])
