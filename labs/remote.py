"""A lab that another process holds, with the verbs of a lab of one's own (see `labs.holder`)."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bgp.fsm_log import LoggedTransition
from labs import topology_file
from labs.errors import LabError
from labs.holder import SUFFIX, names, owner, send
from labs.lab_contract import Tell
from labs.lab_recording import decode
from labs.lab_verbs import LabVerbs
from labs.polling import poll
from labs.situation import Situation

FOLLOW_INTERVAL: Final = 0.2
DOWN_SECONDS: Final = 20.0


@dataclass(frozen=True)
class Info:
    """A lab that is up.

    Attributes:
        name: what it is reached by.
        topology: the name or file of what it is made of.
        title: the lab in a line.
        since: when it came up, seconds since the epoch.
        process: the process that holds it.
        ends_in: seconds until it ends by itself if nobody asks anything; None for never.
        situation: what has been done to it, for people.
    """

    name: str
    topology: str
    title: str
    since: float
    process: int
    ends_in: float | None
    situation: str


class StoppedError(LabError):
    """The process that holds a lab was stopped, by Ctrl-Z for instance, and answers nobody."""

    def __init__(self, name: str, process: int) -> None:
        """Say what lets it go on."""
        self.process = process
        super().__init__(
            f"the lab {name} is stopped, perhaps by Ctrl-Z: `fg` in its terminal, or "
            f"`kill -CONT {process}`, lets it go on"
        )


class Door:
    """A connection to a lab's holder; one thread asks at a time.

    A reply that nobody waited for to its end, because of Ctrl-C, would be taken for the next one's:
    the next question opens a connection of its own.
    """

    def __init__(self, folder: Path, name: str) -> None:
        """Connect.

        Raises:
            LabError: no lab of that name is up.
            StoppedError: its process was stopped.
        """
        self.folder, self.name = folder, name
        self._lock = threading.RLock()
        self._connect()

    def _connect(self) -> None:
        folder, name = self.folder, self.name
        self._socket = socket.socket(socket.AF_UNIX)
        try:
            place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                self._socket.connect(f"/proc/self/fd/{place}/{name}{SUFFIX}")
            finally:
                os.close(place)
        except OSError as error:
            self._socket.close()
            up = ", ".join(names(folder)) or "none is"
            raise LabError(f"no lab called {name} is up ({up})") from error
        _, process = owner(self._socket)
        if _state(process) == "T":
            self._socket.close()
            raise StoppedError(name, process)
        # No generator: Ctrl-C in the middle of one would end it, and the reply is yet to come.
        self._replies = self._socket.makefile("rb")
        self._waits = False

    def close(self) -> None:
        """Hang up; the lab goes on."""
        self._replies.close()
        self._socket.close()

    def hang_up(self) -> None:
        """Hang up while another thread waits for a reply, which ends too."""
        self._socket.shutdown(socket.SHUT_RDWR)

    def ask(
        self,
        kind: str,
        descriptors: tuple[int, ...] = (),
        tell: Tell | None = None,
        **fields: Any,  # noqa: ANN401 - JSON
    ) -> dict[str, Any]:
        """Send a request; return the reply.

        Args:
            kind: of the request.
            descriptors: sent beside it.
            tell: called at each look of a verb that waits.
            fields: of the request.

        Raises:
            LabError: it was refused, or the lab has ended.
        """
        with self._lock:
            if self._waits:
                self.close()
                self._connect()
            self._waits = True
            try:
                send(self._socket, {"kind": kind, **fields}, descriptors)
            except OSError as error:
                raise LabError(f"the lab {self.name} has ended") from error
            return self.reply(tell)

    def reply(self, tell: Tell | None = None) -> dict[str, Any]:
        """Wait for the reply to the request that was sent last; as for `ask`.

        Raises:
            LabError: it was refused, or the lab has ended.
        """
        while True:
            try:
                line = self._replies.readline()
            except OSError as error:
                raise LabError(f"the lab {self.name} has ended") from error
            if not line.endswith(b"\n"):
                raise LabError(f"the lab {self.name} has ended")
            reply: dict[str, Any] = json.loads(line)
            if "look" not in reply:
                break
            if tell is not None:
                tell(*reply["look"])
        self._waits = False
        if "error" in reply:
            raise LabError(reply["error"])
        return reply

    def interrupt(self) -> None:
        """Interrupt the program that a `run` in progress has started."""
        self._socket.send(b"\n")


class RemoteLab(LabVerbs):
    """A lab that is up elsewhere; closing this leaves it up."""

    live = True

    def __init__(self, folder: Path, name: str) -> None:
        """Reach the lab of that name.

        Raises:
            LabError: none is up.
        """
        self.door = Door(folder, name)
        # A capture has a connection of its own: it ends with that, and not by Ctrl-C in a question.
        self._captures: dict[int, Door] = {}
        info = self.info()
        super().__init__(topology_file.load(info.topology))
        self.title = info.title

    # The holder has the one situation; `LabVerbs` reads and sets it like its own.
    @property
    def situation(self) -> Situation:
        """What has been done to the lab, by whomever."""
        return Situation.of(self.door.ask("situation")["situation"])

    @situation.setter
    def situation(self, situation: Situation) -> None:
        if hasattr(self, "title"):  # not while the base class stands at its beginning
            self.door.ask("stand", situation=situation.plain())

    def info(self) -> Info:
        """Return what there is to know about the lab from outside."""
        return Info(**self.door.ask("info"))

    def close(self) -> None:
        """Hang up."""
        for door in (self.door, *self._captures.values()):
            door.close()

    def down(self) -> None:
        """End the lab; returns when everything in it is gone."""
        process = self.info().process
        with contextlib.suppress(LabError):  # it may be gone before it has answered
            self.door.ask("down")
        poll("the lab is gone", lambda: _state(process) in ("", "Z"),
             DOWN_SECONDS)  # fmt: skip

    def execute(self, host: str, argv: Sequence[str], streams: tuple[int, int, int]) -> int:
        """Run a program on a host with these streams as its own; return its exit status.

        Ctrl-C here interrupts the program there.
        """
        self.topology.host(host)
        try:
            reply = self.door.ask("run", streams, arguments=[host, list(argv)])
        except KeyboardInterrupt:
            self.door.interrupt()
            reply = self.door.reply()  # a second Ctrl-C hangs up
        return int(reply["status"])

    def follow(
        self, host: str, neighbor: str, seconds: float | None = None
    ) -> Iterator[LoggedTransition]:
        """Yield the edges of a session, each as it happens, those since `mend` or `mark` first."""
        deadline = None if seconds is None else time.monotonic() + seconds
        given = 0  # a line of the log
        while deadline is None or time.monotonic() < deadline:
            edges = self.transitions(host, neighbor)
            yield from (edge for edge in edges if edge.line > given)
            given = edges[-1].line if edges else given
            time.sleep(FOLLOW_INTERVAL)

    def _change(self, after: Situation, verb: str, *arguments: Any) -> None:  # noqa: ANN401 - arguments differ by verb
        del after  # the holder works it out from its own
        self.door.ask("change", verb=verb, arguments=list(arguments))

    def _ask(self, verb: str, *arguments: Any) -> Any:  # noqa: ANN401 - as the verb's answer
        door = self.door
        if verb == "begin_capture":
            door = Door(self.door.folder, self.door.name)
        elif verb == "end_capture":
            door = self._captures.pop(arguments[-1])
        try:
            reply = door.ask("ask", tell=self._tell, verb=verb, arguments=list(arguments))
            answer = decode(verb, reply["answer"])
        except BaseException:
            if door is not self.door:
                door.close()
            raise
        if verb == "begin_capture":
            self._captures[answer] = door
        elif verb == "end_capture":
            door.close()
        return answer


def labs_up(folder: Path) -> list[Info]:
    """Return the labs that are up, by name; waits for one that is just coming up.

    What a crash left behind is removed.
    """
    found = []
    for name in names(folder):
        try:
            with contextlib.closing(Door(folder, name)) as door:
                found.append(Info(**door.ask("info")))
        except StoppedError as error:
            since = (folder / f"{name}{SUFFIX}").stat().st_mtime
            found.append(Info(name, "", "stopped", since, error.process, None, str(error)))
        except LabError:
            continue  # it has just ended
    return found


def _state(process: int) -> str:
    """Return the letter of a process's state (proc(5)), "" when it is gone.

    "Z" has ended and its parent has yet to collect it; "T" was stopped by a signal.
    """
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    return ""
