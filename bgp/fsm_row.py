"""A row of a state machine's table, and the table: what both RFC 4271's and FRR's are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from bgp.fsm_words import Action, Condition, Counter, Event, Origin, State
from bgp.notification import Notification


@dataclass(frozen=True, slots=True)
class Row:
    """One row: in ``state``, on ``event``, if all ``conditions`` hold.

    Attributes:
        state: where the connection is.
        event: what happens.
        conditions: what must hold; rows of one state and event exclude each other.
        actions: what the local system does, in order.
        next_state: where it goes; the state itself when it stays, None where the RFC leaves that
            out of its scope.
        notification: the NOTIFICATION it sends, None for none.
        counter: what happens to ConnectRetryCounter, None for nothing.
        note: where the text is silent or contradicts itself, one sentence.
        origin: the document.
        section: the section of it.
    """

    state: State
    event: Event
    conditions: tuple[Condition, ...] = ()
    actions: tuple[Action, ...] = ()
    next_state: State | None = None
    notification: Notification | None = None
    note: str = ""
    origin: Origin = Origin.RFC_4271
    section: str = "8.2.2"

    @property
    def counter(self) -> Counter | None:
        """What the actions do to ConnectRetryCounter."""
        if Action.ZERO_COUNTER in self.actions:
            return Counter.ZERO
        return Counter.INCREMENT if Action.COUNT in self.actions else None

    @property
    def ignored(self) -> bool:
        """Whether nothing at all happens."""
        return not self.actions and self.next_state is self.state


class Table(tuple[Row, ...]):  # noqa: SLOT001 - the look-up is kept in the instance
    """Rows in their order, and a look-up of them."""

    @cached_property
    def by_pair(self) -> Mapping[tuple[State, Event], tuple[Row, ...]]:
        """The rows of each state and event."""
        found: dict[tuple[State, Event], tuple[Row, ...]] = {}
        for row in self:
            found[row.state, row.event] = (*found.get((row.state, row.event), ()), row)
        return found
