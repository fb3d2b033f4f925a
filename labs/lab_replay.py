"""A recorded lab: the verbs of a live one, answered from a file; and the recorder that makes it.

`Recorder` wraps a live lab and writes down what it answers; `Replay` goes through the same
situations and gives the same answers. It knows nothing that was not recorded, and says so.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from bgp.fsm_log import LoggedTransition
from labs import lab_recording, topology_file
from labs.errors import LabError
from labs.lab import Lab
from labs.lab_recording import Recording
from labs.lab_verbs import LabVerbs
from labs.situation import Situation
from labs.topology import Topology

NEXT_STEP: Final = (
    "run it on a machine where `locrib lab doctor` finds a live lab, or go back to the beginning "
    "with `lab.mend()`"
)


class Recorder(LabVerbs):
    """A live lab that writes down what it answers."""

    live = True

    def __init__(self, lab: Lab, file: Path) -> None:
        """Record `lab` into `file`, which is written when the recorder is closed."""
        super().__init__(lab.topology)
        self.title = lab.title
        self.lab, self.file = lab, file
        self.recording = Recording(lab.topology.name, lab.title)
        self.recording.stand(self.situation)

    def close(self) -> None:
        """End the lab and write the recording."""
        self.lab.close()
        self.recording.save(self.file)

    def follow(
        self, host: str, neighbor: str, seconds: float | None = None
    ) -> Iterator[LoggedTransition]:
        """Yield the edges of a session; what they were in the end is on record."""
        try:
            yield from self.lab.follow(host, neighbor, seconds)
        finally:
            self.transitions(host, neighbor)

    def _change(self, after: Situation, verb: str, *arguments: Any) -> None:  # noqa: ANN401 - arguments differ by verb
        self.lab.situation = self.situation
        self.lab._change(after, verb, *arguments)  # noqa: SLF001 - the other half of one contract
        self.situation = self.lab.situation
        self.recording.stand(self.situation)

    def _ask(self, verb: str, *arguments: Any) -> Any:  # noqa: ANN401 - as the verb's answer
        self.lab.situation, self.lab._tell = self.situation, self._tell  # noqa: SLF001 - as above
        try:
            answer = self.lab._ask(verb, *arguments)  # noqa: SLF001 - as above
        except LabError as error:
            self.recording.refuse(self.situation, verb, arguments, error)
            raise
        self.recording.note(self.situation, verb, arguments, answer)
        if verb == "transitions":  # a stretch's edges are of little use without its beginning
            self._ask("marked", *arguments)
        return answer


class Replay(LabVerbs):
    """A recording with the verbs of a lab."""

    live = False

    def __init__(self, file: Path, topology: Topology | None = None, pace: float = 1.0) -> None:
        """Open a recording.

        Args:
            file: what a `Recorder` wrote.
            topology: the topology it was made of, unless it is one that ships with the course.
            pace: how many times faster than life `follow` yields what happened.

        Raises:
            LabError: it cannot be read, or is not a recording of a known version.
        """
        self.file = file
        self._recording = lab_recording.load(file)
        super().__init__(topology or topology_file.load(self._recording.topology))
        self.title = self._recording.title
        self._pace = pace

    def close(self) -> None:
        """Nothing runs that could be ended."""

    def follow(
        self, host: str, neighbor: str, seconds: float | None = None
    ) -> Iterator[LoggedTransition]:
        """Yield the edges that were recorded, as far apart as they were in life."""
        self._needs_frr(host, "logs the edges of its sessions")
        name = self.topology.session(host, neighbor).other(host).host
        stretches = self._recording.all_of(self.situation, "transitions", (host, name))
        edges: tuple[LoggedTransition, ...] = max(stretches, key=len, default=())
        deadline = None if seconds is None else time.monotonic() + seconds
        last: float | None = None
        for edge in edges:
            now = _seconds(edge.time)
            if last is not None and now is not None:
                pause = max(0.0, now - last) / self._pace
                if deadline is not None and time.monotonic() + pause > deadline:
                    return
                time.sleep(pause)
            last = now
            yield edge

    def _change(self, after: Situation, verb: str, *arguments: Any) -> None:  # noqa: ANN401 - arguments differ by verb
        if not self._recording.knows(after):
            asked = f"{verb}({', '.join(map(repr, arguments))})"
            raise LabError(f"the recording does not hold {asked} from here; {NEXT_STEP}")
        self.situation = after

    def _ask(self, verb: str, *arguments: Any) -> Any:  # noqa: ANN401 - as the verb's answer
        answer = self._recording.find(self.situation, verb, arguments)
        if verb == "wait_state":
            self._tell(answer, arguments[2])
        elif verb == "watch":
            self._tell(arguments[2], "")
        return answer


def _seconds(text: str) -> float | None:
    """Read a time stamp of FRR's log as seconds; None for one that is not there."""
    try:
        return datetime.strptime(text, "%Y/%m/%d %H:%M:%S.%f").timestamp()  # noqa: DTZ007 - only differences count
    except ValueError:
        return None
