"""Break it, mend it: five things that go wrong with a session, as data.

A learner sees symptoms only. Each trouble is done with one of the lab's own verbs and undone with
its opposite; what the symptoms are, the routers say, and the client is the judge.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

POD: Final = "10.244.1.10"
PATIENCE: Final = 20.0
"""Seconds that a session is given to fall: more than two hold times."""
MOMENT: Final = 8.0
"""Seconds that mended sessions are given to come back: a few calls, a second or two apart."""
LOOK_AGAIN: Final = 0.2
"""Seconds between two requests of a client that waits for a route."""
LOOK: Final = ("tor1", "node1")
"""The session that most of them show in."""

Act = tuple[str, tuple[str | int, ...]]
"""A verb of the lab, and what it is given."""


@dataclass(frozen=True)
class Trouble:
    """Something that goes wrong.

    Attributes:
        do: breaks it.
        undo: mends it.
        shows: a state that comes of it.
        at: the router that shows it, and the neighbor.
    """

    do: Act
    undo: Act
    shows: str
    at: tuple[str, str] = LOOK


TROUBLES: Final[Mapping[int, Trouble]] = {
    1: Trouble(("stop_daemon", ("node1",)), ("start_daemon", ("node1",)), "Active"),
    2: Trouble(("drop", ("tor1", "sw1")), ("heal", ("tor1", "sw1")), "Connect"),
    3: Trouble(("as_number", ("node1", 64999)), ("as_number", ("node1", 64512)), "OpenSent"),
    4: Trouble(
        ("cut", ("border", "tor1")), ("heal", ("border", "tor1")), "Idle", ("border", "tor1")
    ),
    5: Trouble(("freeze", ("node1",)), ("thaw", ("node1",)), "OpenSent"),
}
"""From the plainest to the one that takes longest to see."""
