"""Replaying a router's log: what the slider does to it, and how it grows while it is followed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bgp.errors import InvalidValueError
from bgp.fsm_log import LoggedTransition
from bgp.fsm_words import State
from widgets.fsm_command import text_field
from widgets.fsm_picture import Picture
from widgets.fsm_predict import NEXT_STATE, Asked, ask_logged
from widgets.fsm_replay import Replay, grown, seek, with_peer
from widgets.fsm_replay_picture import replay_picture, said_logged


class Replayer:
    """A log that is replayed.

    Attributes:
        log: the log where its slider stands.
        practice: whether a transition is asked about before it is shown.
        speed: transitions a second while it plays, one of ``speeds``.
    """

    speeds = (1, 2, 4)

    def __init__(self, log: Replay) -> None:
        """Show a log."""
        self.log = log
        self.practice = False
        self.speed = self.speeds[0]

    @property
    def state(self) -> State:
        """The state of the connection that moved last."""
        past, whole = self.log.past, self.log.of_peer
        return past[-1].after if past else (whole[0].before if whole else State.IDLE)

    @property
    def clock(self) -> dict[str, Any]:
        """What a log tells of a clock and timers: nothing."""
        return {"now": 0, "timers": {}}

    def picture(self, asked: Asked | None) -> Picture:
        """Return what the browser draws."""
        said = said_logged(self.log) if asked is None else None
        return replay_picture(self.log, asked) | {
            "undo": False,
            "redo": False,
            "running": False,
            "said": said,
            "announce": said["sentence"] if said else "",
        }

    def obey(self, command: Mapping[str, object]) -> Asked | None:
        """Do what a learner wants; return a question when that has to be predicted first.

        Raises:
            InvalidValueError: it cannot be done; nothing has changed.
        """
        log = self.log
        match command.get("do"):
            case "seek":
                position = command.get("position")
                next_ = position == log.position + 1 and log.position < len(log.of_peer)
                if self.practice and next_:
                    return self.ask(text_field({"kind": NEXT_STATE, **command}, "kind"))
                self.log = seek(log, position)
            case "logged-peer":
                self.log = with_peer(log, text_field(command, "peer"))
            case name:
                raise InvalidValueError("do", name, "a command a log knows")
        return None

    def tick(self, _: Mapping[str, object]) -> bool:
        """Do nothing: a log has no clock."""
        return False

    def take(self, transitions: Iterable[LoggedTransition], *, hold: bool) -> None:
        """Add what a router has logged.

        Args:
            transitions: new ones, or some that came before and are now better known.
            hold: whether the slider waits for an answer and must not go on.
        """
        for logged in transitions:
            self.log = grown(self.log, logged, hold=hold or self.practice)

    def ask(self, kind: str) -> Asked:
        """Ask about the next transition before it is shown.

        Raises:
            InvalidValueError: no such kind, or there is none.
        """
        if self.log.position >= len(self.log.of_peer):
            rule = "a place before the last transition of the log"
            raise InvalidValueError("position", self.log.position, rule)
        return ask_logged(self.log.of_peer[self.log.position], kind)

    def go_on(self) -> None:
        """Show the transition of an answered question."""
        self.log = seek(self.log, self.log.position + 1)
