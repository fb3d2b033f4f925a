"""FRR's machine as a table that can be stepped: the RFC's rows with FRR's differences put in.

Derived from ``bgp/fsm_table.py`` and ``bgp/fsm_frr_differences.py``; nothing is decided here.
FRR's own Clearing has rows for all events: it ignores them until ``Clearing_Completed``, which is
no event of the RFC's.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Final

from bgp.fsm_frr_differences import (
    ABSENT,
    ABSENT_ACTIONS,
    DIFFERENCES,
    RELEASES,
    Difference,
)
from bgp.fsm_row import Row, Table
from bgp.fsm_table import RFC_TABLE
from bgp.fsm_words import Action, Event, Origin, State

RFC_ROWS: Final = tuple(
    replace(row, actions=tuple(a for a in row.actions if a not in ABSENT_ACTIONS))
    for row in RFC_TABLE
    if row.event not in ABSENT
)
"""The RFC's rows as they are without the options that FRR does not have."""


def frr_table(release: str) -> Table:
    """Return the rows of a release of FRR, ``frr-8.4`` or ``frr-10``."""
    differences = [each for each in DIFFERENCES if release in each.releases]
    rows = [_row(row, differences) for row in RFC_ROWS]
    clearing = [
        Row(State.CLEARING, event, next_state=State.CLEARING, origin=Origin.FRR, section="")
        for event in Event
        if event not in ABSENT
    ]
    return Table([*rows, *clearing])


def _row(row: Row, differences: list[Difference]) -> Row:
    whys = []
    for difference in differences:
        if difference.is_about(row):
            changed = _changed(row, difference)
            if changed != row:
                whys.append(difference.why)
            row = changed
    return replace(row, note=" ".join(whys), origin=Origin.FRR, section="") if whys else row


def _changed(row: Row, difference: Difference) -> Row:
    notification = None if difference.silent else difference.notification or row.notification
    actions = row.actions if difference.actions is None else difference.actions
    swapped = [each for action in actions for each in difference.swaps.get(action, (action,))]
    sends = Action.SEND_NOTIFICATION
    if notification is None:
        swapped = [action for action in swapped if action is not sends]
    elif sends not in swapped:
        swapped.insert(0, sends)
    return replace(
        row,
        actions=tuple(swapped),
        notification=notification,
        next_state=difference.next_state or row.next_state,
    )


FRR_TABLES: Final = MappingProxyType({release: frr_table(release) for release in RELEASES})
"""The rows by release."""

FRR_TABLE: Final = FRR_TABLES["frr-8.4"]
"""The rows of the FRR that a lab takes when none is named."""
