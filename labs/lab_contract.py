"""What every lab has, live or recorded or held elsewhere, and what its verbs check.

A verb that changes something checks its names, works out the situation it leads to and hands both
to `_change`; a verb that asks something hands its arguments to `_ask`. `labs.lab` does it with real
routers, `labs.lab_replay` looks it up in a recording, `labs.remote` asks the process that holds the
lab.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, Final

from labs.closing import Closing
from labs.errors import LabError, NextVerbError
from labs.situation import Situation
from labs.topology import Host, Topology

Tell = Callable[[float, str], None]
"""Told the seconds so far and the state of the session, while somebody waits."""
FROZEN: Final = "frozen"
STOPPED: Final = "stopped"


class LabContract(Closing):
    """A lab; use it in a `with` block or `close` it.

    Attributes:
        live: whether real routers answer.
        title: the lab in a line.
        topology: what it is made of.
        situation: what has been done to it.
    """

    live: bool
    title: str

    def __init__(self, topology: Topology) -> None:
        """Stand at the beginning."""
        self.topology = topology
        self.situation = Situation()
        self._tell: Tell = lambda _seconds, _state: None

    @abstractmethod
    def _change(self, after: Situation, verb: str, *arguments: Any) -> None:  # noqa: ANN401 - arguments differ by verb
        """Carry out a verb that leads to another situation, and stand there."""

    @abstractmethod
    def _ask(self, verb: str, *arguments: Any) -> Any:  # noqa: ANN401 - as the verb's answer
        """Answer a verb that changes nothing."""

    def _needs_frr(self, host: str, why: str) -> None:
        if not self.topology.speaker(host).daemon.startswith("frr"):
            those = [h.name for h in self.topology.speakers() if h.daemon.startswith("frr")]
            raise LabError(f"{host} runs no FRR, and only FRR {why}; these do: {', '.join(those)}")

    def _running(self, host: str) -> Host:
        """Return a speaker whose daemon runs."""
        speaker = self.topology.speaker(host)
        how = self.situation.get(f"daemon {host}")
        if how is not None:
            verb = "thaw" if how == FROZEN else "start_daemon"
            raise NextVerbError(f"the daemon of {host} is {how}", verb, host, does="brings it back")
        return speaker
