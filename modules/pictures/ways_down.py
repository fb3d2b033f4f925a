"""Where a session goes when it loses its state: counted in the RFC's table, not remembered.

RFC 4271 section 8.2.2: of the events that take a connection down, how many lead to Idle and which
lead anywhere else.
"""

from __future__ import annotations

from typing import Final

from bgp.fsm_table import RFC_TABLE
from bgp.fsm_words import RFC_STATES, Event, Origin, State
from modules.pictures.page import Picture, esc, prose, table, text_table

WITH_TCP: Final = (State.OPEN_SENT, State.OPEN_CONFIRM, State.ESTABLISHED)
"""The states in which there is a TCP connection to lose, whatever options are set."""


def falls(state: State) -> dict[State, frozenset[Event]]:
    """Return the lower states that RFC 4271's table leads to, each with the events that do."""
    lower = RFC_STATES[: RFC_STATES.index(state)]
    found = {
        target: frozenset(
            row.event
            for row in RFC_TABLE
            if row.state is state and row.next_state is target and row.origin is Origin.RFC_4271
        )
        for target in lower
    }
    return {target: events for target, events in found.items() if events}


def ways_down_picture() -> Picture:
    """Show for each state with TCP how many events lead to Idle, and which lead elsewhere."""
    head = ["from", "to Idle", "to any other lower state"]
    rows = []
    for state in WITH_TCP:
        down = falls(state)
        idle = down.pop(State.IDLE, frozenset())
        others = [
            f"{event.title} ({event.value}) to {target}"
            for target, events in down.items()
            for event in sorted(events)
        ]
        rows.append([str(state), f"{len(idle)} events", "; ".join(others) or "none"])
    note = "Counted in the table of RFC 4271 section 8.2.2; `locrib fsm` prints it row by row."
    body = table(head, [[esc(cell) for cell in row] for row in rows], "Ways down")
    return Picture(
        f'{body}<p class="lr-soft">{prose(note)}</p>', f"{text_table(head, rows)}\n{note}"
    )
