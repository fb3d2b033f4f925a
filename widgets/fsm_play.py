"""The session a SessionFsm plays, as one frozen value: its connections, its clock, what happened.

A peer has one connection, or two in a collision (RFC 4271 sections 6.8 and 8.2.1); both live on
one virtual clock. What can happen to it is in ``fsm_play_events`` and ``fsm_play_clock``.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address
from typing import Final

from bgp.collision import Direction
from bgp.errors import InvalidValueError
from bgp.fsm import Connection, SessionAttributes
from bgp.fsm_frr_table import FRR_TABLES
from bgp.fsm_row import Row
from bgp.fsm_table import RFC_TABLE
from bgp.fsm_visible import DAEMON_TITLES
from bgp.fsm_words import Event, State

MACHINES: Final = {"rfc4271": RFC_TABLE, **FRR_TABLES}
MACHINE_TITLES: Final = {name: DAEMON_TITLES.get(name, "RFC 4271") for name in MACHINES}
FRR: Final = next(iter(FRR_TABLES))  # where no release is named
CLEARED: Final = "Clearing_Completed"
KEPT: Final = 500  # steps remembered
_LOCAL_ID: Final = IPv4Address("10.0.0.1")
_REMOTE_ID: Final = IPv4Address("10.0.0.2")


@dataclass(frozen=True, slots=True)
class Identity:
    """The two speakers: what a collision and a hold time are settled by."""

    local_as: int = 64512
    local_id: IPv4Address = _LOCAL_ID
    remote_as: int = 65001
    remote_id: IPv4Address = _REMOTE_ID
    remote_hold_time: int = 90


@dataclass(frozen=True, slots=True)
class Seat:
    """A connection with its place in the picture.

    Attributes:
        name: A for the first connection of a session, B for the second.
        direction: who opened it.
        connection: the connection.
        since: the moment it entered its state, or last heard the peer in it.
    """

    name: str = "A"
    direction: Direction = Direction.OUTGOING
    connection: Connection = field(default_factory=Connection)
    since: float = 0


@dataclass(frozen=True, slots=True)
class Done:
    """One step of the history.

    Attributes:
        now: seconds on the clock.
        seat: which connection.
        by: who caused it: ``you``, ``clock`` or ``peer``.
        before: the state left.
        after: the state entered.
        event: the event, None for FRR's ``Clearing_Completed``.
        row: the row that applied, None with ``event``.
        sent: messages sent.
        rule: what settled a collision, "" for none.
    """

    now: float
    seat: str
    by: str
    before: State
    after: State
    event: Event | None
    row: Row | None
    sent: tuple[str, ...] = ()
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Session:
    """A session at one moment.

    Attributes:
        machine: a key of ``MACHINES``.
        identity: the speakers.
        peer_answers: whether the peer does its part by itself as the clock runs.
        seats: its connections, one or two.
        chosen: name of the connection that pressed events belong to.
        now: seconds on the clock.
        history: the last ``KEPT`` steps, oldest first.
        steps: how many there were in all.
    """

    machine: str = "rfc4271"
    identity: Identity = field(default_factory=Identity)
    peer_answers: bool = False
    seats: tuple[Seat, ...] = (Seat(),)
    chosen: str = "A"
    now: float = 0
    history: tuple[Done, ...] = ()
    steps: int = 0

    def __post_init__(self) -> None:
        """Refuse a machine that is none."""
        if self.machine not in MACHINES:
            rule = f"one of frr, {', '.join(MACHINES)}"
            raise InvalidValueError("machine", self.machine, rule)

    @property
    def table(self) -> tuple[Row, ...]:
        """The rows of its machine."""
        return MACHINES[self.machine]

    @property
    def frr(self) -> bool:
        """Whether its machine is one of FRR's."""
        return self.table is not RFC_TABLE

    @property
    def seat(self) -> Seat:
        """The chosen connection's seat."""
        return next(seat for seat in self.seats if seat.name == self.chosen)

    @property
    def other(self) -> Seat | None:
        """The seat beside the chosen one, None when there is none."""
        return next((seat for seat in self.seats if seat.name != self.chosen), None)

    def answering(self, answers: bool) -> Session:
        """Return the session with a peer that does its part by itself, or does not."""
        return replace(self, peer_answers=answers)

    def with_seat(self, seat: Seat) -> Session:
        """Return the session with the seat of that name replaced."""
        seats = tuple(seat if each.name == seat.name else each for each in self.seats)
        return replace(self, seats=seats)

    @property
    def attributes(self) -> SessionAttributes:
        """The session's attributes; both connections have the same."""
        return self.seats[0].connection.attributes


def new_session(
    machine: str,
    attributes: SessionAttributes | None,
    identity: Identity | None,
    *,
    peer_answers: bool,
) -> Session:
    """Return a session at rest in Idle; ``frr`` alone is ``FRR``.

    Raises:
        InvalidValueError: there is no such machine.
    """
    connection = Connection(attributes=attributes or SessionAttributes())
    seat = Seat(connection=connection)
    machine = FRR if machine == "frr" else machine
    return Session(machine, identity or Identity(), peer_answers, (seat,))
