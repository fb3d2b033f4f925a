"""What a learner may set about a session: machine, optional attributes, timers, who the two are.

RFC 4271 section 8.1.1 (attributes), 10 (times), 4.2 (hold time), RFC 6286 (identifiers).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from types import MappingProxyType
from typing import Any, Final

from bgp.as_path import parse_asn
from bgp.errors import InvalidValueError
from bgp.fsm import EXPIRIES, Connection, SessionAttributes, rows_for
from bgp.fsm_row import Row
from bgp.fsm_words import RFC_STATES, State
from bgp.hold_time import acceptable
from bgp.values import parse_identifier
from widgets.fsm_play import Session

_MOST: Final = 65535
FLAGS: Final = tuple(f.name for f in fields(SessionAttributes) if f.default is False)
TIMES: Final = tuple(f.name for f in fields(SessionAttributes) if f.default is not False)


def _seconds(field: str, text: str) -> int:
    word = text.strip()
    if not (word.isascii() and word.isdigit() and len(word) < 6 and int(word) <= _MOST):  # noqa: PLR2004 - five digits hold _MOST
        raise InvalidValueError(field, text, f"whole seconds from 0 to {_MOST}")
    return int(word)


def _positive(field: str, text: str) -> int:
    seconds = _seconds(field, text)
    if not seconds:
        raise InvalidValueError(field, text, f"whole seconds from 1 to {_MOST}")
    return seconds


def _offer(field: str, text: str) -> int:
    seconds = _seconds(field, text)
    if not acceptable(seconds):
        raise InvalidValueError(field, text, "0, or 3 seconds and more: no peer accepts 1 or 2")
    return seconds


IDENTITY: Final[Mapping[str, tuple[str, Callable[[str, str], Any]]]] = {
    "local_as": ("our AS", parse_asn),
    "local_id": ("our BGP Identifier", parse_identifier),
    "remote_as": ("the peer's AS", parse_asn),
    "remote_id": ("the peer's BGP Identifier", parse_identifier),
    "remote_hold_time": ("hold time in the peer's OPEN", _seconds),
}


def with_attribute(session: Session, name: str, value: object) -> Session:
    """Return the session with one attribute changed, for timers that start from now on.

    Args:
        session: the session.
        name: field of ``SessionAttributes``.
        value: true or false for a flag, text in seconds for a time.

    Raises:
        InvalidValueError: no such attribute, or no such value.
    """
    if name in FLAGS:
        if not isinstance(value, bool):
            raise InvalidValueError(name, value, "true or false")
        chosen: bool | int = value
    elif name in TIMES:
        read = _offer if name == "hold_time" else _positive
        chosen = read(name, value if isinstance(value, str) else str(value))
    else:
        raise InvalidValueError("attribute", name, f"one of {', '.join((*FLAGS, *TIMES))}")
    changes: dict[str, Any] = {name: chosen}
    return _each(session, lambda c: replace(c, attributes=replace(session.attributes, **changes)))


def with_identity(session: Session, name: str, text: str) -> Session:
    """Return the session with one thing about the speakers changed.

    Raises:
        InvalidValueError: no such field, or no such value.
    """
    if name not in IDENTITY:
        raise InvalidValueError("identity", name, f"one of {', '.join(IDENTITY)}")
    read = IDENTITY[name][1]
    changes: dict[str, Any] = {name: read(name, text)}
    return replace(session, identity=replace(session.identity, **changes))


def with_machine(session: Session, name: str) -> Session:
    """Return the session run by another machine.

    A state that only FRR has becomes Idle; a timer that the machine does not know runs no longer.

    Raises:
        InvalidValueError: there is no such machine.
    """
    session = replace(session, machine=name)
    return _each(session, lambda connection: _fitting(connection, session.table))


def _fitting(connection: Connection, table: tuple[Row, ...]) -> Connection:
    state = connection.state if connection.state in RFC_STATES else State.IDLE
    known = {timer for event, timer in EXPIRIES.items() if rows_for(state, event, table)}
    timers = {timer: due for timer, due in connection.timers.items() if timer in known}
    return replace(connection, state=state, timers=MappingProxyType(timers))


def with_chosen(session: Session, name: str) -> Session:
    """Return the session with the other connection chosen.

    Raises:
        InvalidValueError: there is no such connection.
    """
    names = [seat.name for seat in session.seats]
    if name not in names:
        raise InvalidValueError("connection", name, f"one of {', '.join(names)}")
    return replace(session, chosen=name)


def _each(session: Session, change: Callable[[Connection], Connection]) -> Session:
    seats = tuple(replace(s, connection=change(s.connection)) for s in session.seats)
    return replace(session, seats=seats)
