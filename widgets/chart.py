"""Who wins where: a chart of every path under every profile.

One glance says whether implementations agree and, where they do not, at which step they part. A
``go.Figure``, never a ``FigureWidget``: that would store five megabytes in a notebook.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import plotly.graph_objects as go

from bgp.decision import Decision
from bgp.messages import STEP_TITLES
from widgets.text import clip, xml

_LEVELS: Final = {"ineligible": 0, "lost": 1, "best": 2}
_COLOURS: Final = ((0, "#fdeee4"), (0.5, "#eef1f5"), (1, "#9fd0f2"))


def winners_chart(decisions: Sequence[Decision]) -> go.Figure:
    """Return a table-like heat map: a row a path, a column a profile, each cell its fate in words.

    Args:
        decisions: the same candidates decided by several profiles, one or more.
    """
    paths = decisions[0].paths
    fates = [[_fate(decision, path.id) for decision in decisions] for path in paths]
    titles = [decision.profile.title for decision in decisions]
    figure = go.Figure(
        go.Heatmap(
            x=titles,
            y=[xml(clip(path.id, 24)) for path in paths],
            z=[[_LEVELS[kind] for kind, _ in row] for row in fates],
            text=[[words for _, words in row] for row in fates],
            texttemplate="%{text}",
            hovertemplate="%{x}<br>%{y}: %{text}<extra></extra>",
            colorscale=_COLOURS,
            zmin=0,
            zmax=2,
            xgap=3,
            ygap=3,
            showscale=False,
        )
    )
    figure.update_layout(
        title={"text": "Where each path ends, by implementation"},
        height=120 + 42 * max(1, len(paths)),
        margin={"l": 90, "r": 10, "t": 60, "b": 10},
        paper_bgcolor="#ffffff",
        plot_bgcolor="#ffffff",
        font={"color": "#1b2430", "size": 12},
        xaxis={"side": "top", "type": "category"},
        yaxis={"autorange": "reversed", "type": "category"},
    )
    return figure


def _fate(decision: Decision, path_id: str) -> tuple[str, str]:
    if path_id == decision.best:
        return "best", "★ best"
    lost = decision.lost(path_id)
    if lost is None:
        return "ineligible", "⊘ takes no part"
    return "lost", f"✕ {STEP_TITLES[lost.step]}"
