"""The lists as tables: which steps each implementation takes, and who wins in which order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bgp import Profile
from bgp.messages import PREFERENCES, step_title
from bgp.reasons import StepId
from modules.pictures.page import Picture, esc, table, text_table

_RARE: Final = frozenset(
    {
        StepId.LLGR_STALE,
        StepId.SUPPRESSED,
        StepId.NEXT_HOP,
        StepId.AIGP,
        StepId.CONFED_AS_PATH,
        StepId.CONFED_PEER_TYPE,
        StepId.CLUSTER_METRIC,
        StepId.LOCAL_CONFIGURED,
        StepId.NOTHING_LEFT,
    }
)
"""Steps that need an option, a confederation or a stale path to matter; later lessons have them."""


ABSENT: Final = "-"


def steps_picture(profiles: Sequence[Profile]) -> Picture:
    """Show the steps of some profiles: which has which, and at what place."""
    order: list[StepId] = []
    for profile in sorted(profiles, key=lambda profile: -len(profile.steps)):
        for step in profile.steps:
            if step.id not in order and step.id not in _RARE:
                order.append(step.id)
    places = [_places(profile) for profile in profiles]
    rows = [
        [step_title(step), PREFERENCES[step], *(place.get(step, ABSENT) for place in places)]
        for step in order
    ]
    head = ["step", "preferred is", *(profile.title for profile in profiles)]
    note = f"A number is the step's place in that list; {ABSENT} means the list does not have it."
    body = table([esc(c) for c in head], [[esc(c) for c in row] for row in rows], "Steps")
    return Picture(f'{body}<p class="lr-soft">{esc(note)}</p>', f"{text_table(head, rows)}\n{note}")


def orders_picture(
    titles: Sequence[str],
    rows: Sequence[tuple[tuple[str, ...], tuple[str, ...]]],
    knobs: Sequence[str],
) -> Picture:
    """Show the best path for each order of arrival, a column a profile."""
    head = ["arrival, first to last", *titles]
    cells = [[", ".join(order), *winners] for order, winners in rows]
    columns = list(zip(*(winners for _, winners in rows), strict=True))
    wavering = [
        title for title, column in zip(titles, columns, strict=True) if len(set(column)) > 1
    ]
    options = f" with {', '.join(knob.replace('_', '-') for knob in knobs)}" if knobs else ""
    note = (
        f"The order of arrival decides{options} in: {', '.join(wavering)}."
        if wavering
        else f"The order of arrival decides nowhere{options}."
    )
    body = table([esc(c) for c in head], [[esc(c) for c in row] for row in cells], "Best path")
    return Picture(
        f'{body}<p class="lr-lead">{esc(note)}</p>', f"{text_table(head, cells)}\n{note}"
    )


def _places(profile: Profile) -> dict[StepId, str]:
    kept = [step.id for step in profile.steps if step.id not in _RARE]
    return {step: str(place) for place, step in enumerate(kept, start=1)}
