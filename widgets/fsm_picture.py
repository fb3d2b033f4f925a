"""What the pictures of a played and a replayed session share: states, ways, questions, FRR's ways.

Everything shown is decided and worded in Python, so that the browser, the SVG and the text twin say
the same; what waits for a prediction is not in a picture at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from bgp import fsm_messages as words
from bgp.fsm import rows_for
from bgp.fsm_frr import DIFFERENCES, STANDS_FOR
from bgp.fsm_words import Event, State
from widgets.fsm_graph import Edge, edge, nodes
from widgets.fsm_play import MACHINES
from widgets.fsm_predict import EVENT, Asked, FsmPrediction

SHOWN: Final = 100  # rows of the history that are drawn

Picture = dict[str, Any]


def node_pictures(
    extra: Iterable[State], tokens: Mapping[str, list[str]], chosen: State | None
) -> list[dict[str, Any]]:
    """Return the states with the connections that are in them."""
    return [
        {
            **node,
            "line": words.STATE_LINES[State(node["id"])],
            "tokens": tokens.get(node["id"], []),
            "chosen": chosen is not None and node["id"] == chosen.value,
        }
        for node in nodes(extra)
    ]


def travelled(before: State, after: State, label: str, seat: str = "") -> dict[str, Any]:
    """Return the way that was taken; a state that stayed has no edge."""
    drawn: Edge | None = None if before is after else edge(before, after, [], label)
    return {
        "before": before.value,
        "after": after.value,
        "label": label,
        "seat": seat,
        "edge": drawn,
    }


def asked_way(asked: Asked) -> Picture:
    """Return what a picture shows while a question is open: the edge when its event is asked for.

    Arrows and FRR's differences would give the answer away.
    """
    shown = asked.kind == EVENT and asked.before is not asked.after
    way = travelled(asked.before, asked.after, "?") if shown else None
    return {"travelled": way, "gone": None, "edges": [], "differences": [], "habits": []}


def question_picture(asked: Asked) -> Picture:
    """Return an open question: its words and its choices, nothing else."""
    return {
        "committed": False,
        "kind": asked.kind,
        "text": asked.text,
        "choices": [list(choice) for choice in asked.choices],
    }


def verdict_picture(asked: Asked, prediction: FsmPrediction) -> Picture:
    """Return how a prediction did."""
    return {
        "committed": True,
        "came": "right" if asked.is_right(prediction) else "wrong",
        "text": asked.verdict(prediction),
    }


def differences() -> list[dict[str, str]]:
    """Return where FRR parts from the RFC, a row an edge."""
    return [
        {
            "state": state.value,
            "event": event.value,
            "stands": STANDS_FOR[event].title,
            "rfc": _rfc_states(state, STANDS_FOR[event]),
            "frr": different.next_state.value,
            "why": different.why,
        }
        for (state, event), different in DIFFERENCES.items()
    ]


def _rfc_states(state: State, event: Event) -> str:
    found = dict.fromkeys(
        (row.next_state or row.state).value for row in rows_for(state, event, MACHINES["rfc4271"])
    )
    return " or ".join(found)
