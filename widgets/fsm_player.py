"""Playing a session: what a learner's commands do to it, undo and redo, the clock that runs.

The session itself is a frozen value (``fsm_play``); here is which one is shown now, and what is
said about it.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, Final

from bgp import fsm_messages as words
from bgp.errors import InvalidValueError
from bgp.fsm_words import Event, State
from widgets.fsm_command import event_field, text_field
from widgets.fsm_picture import Picture
from widgets.fsm_play import Done, Session
from widgets.fsm_play_clock import pass_time, until_next
from widgets.fsm_play_events import clear, press, second_call, why_not
from widgets.fsm_play_picture import clock, said_done, said_impossible, session_picture
from widgets.fsm_play_settings import with_attribute, with_chosen, with_identity, with_machine
from widgets.fsm_predict import EVENT, NEXT_STATE, Asked, ask_about, moving_events

_LONGEST_TICK: Final = 2.0  # seconds of the browser's clock: a tab that slept does not leap
_UNDO_DEPTH: Final = 200
_LONGEST_WAIT: Final = 86_400


class Player:
    """A session that is played.

    Attributes:
        session: the session shown.
        asked_event: the event an open question is about.
        practice: whether a step is asked about before it happens.
        speed: seconds of the session in one of the browser's, one of ``speeds``.
    """

    speeds = (1, 10, 60)

    def __init__(self, session: Session) -> None:
        """Show a session."""
        self.session = self._start = session
        self.asked_event: Event | None = None
        self.practice = False
        self.speed = self.speeds[0]
        self._past: list[Session] = []
        self._future: list[Session] = []
        self._running = False
        self._ticker: object = None  # the view that started the clock
        self._said: dict[str, Any] | None = None
        self._announced = ""
        self._say_last()

    @property
    def state(self) -> State:
        """The state of the chosen connection."""
        return self.session.seat.connection.state

    @property
    def clock(self) -> dict[str, Any]:
        """What changes as time passes."""
        return clock(self.session)

    def picture(self, asked: Asked | None) -> Picture:
        """Return what the browser draws."""
        return session_picture(self.session, asked) | {
            "undo": bool(self._past),
            "redo": bool(self._future),
            "running": self._running and asked is None,
            "said": self._said if asked is None else None,
            "announce": self._announced,
        }

    def obey(self, command: Mapping[str, object]) -> Asked | None:  # noqa: C901, PLR0912 - one flat list of commands
        """Do what a learner wants; return a question when that has to be predicted first.

        Raises:
            InvalidValueError: it cannot be done; nothing has changed.
        """
        session = self.session
        match command.get("do"):
            case "press":
                event = event_field(command.get("number"))
                return self._pressed(event, anyway=bool(command.get("anyway")))
            case "surprise":
                return self._surprise()
            case "clear":
                self.show(clear(session))
            case "second":
                self.show(second_call(session))
            case "choose":
                self._set(with_chosen(session, text_field(command, "seat")))
            case "run":
                self._running = bool(command.get("on"))
                self._ticker = command.get("client")
            case "wait":
                due = command.get("seconds", until_next(session))
                if isinstance(due, bool) or not isinstance(due, int | float):
                    raise InvalidValueError("clock", "the next moment", "a timer that runs")
                self.wait(due)
            case "attribute":
                name = text_field(command, "name")
                self._set(with_attribute(session, name, command.get("value")))
            case "identity":
                name, text = text_field(command, "name"), text_field(command, "text")
                self._set(with_identity(session, name, text))
            case "peer":
                self._set(session.answering(bool(command.get("on"))))
            case "machine":
                self._set(with_machine(session, text_field(command, "name")))
            case "undo":
                self._go(self._past, self._future)
            case "redo":
                self._go(self._future, self._past)
            case "reset":
                self._set(self._start)
            case name:
                raise InvalidValueError("do", name, "a command this widget knows")
        return None

    def press(self, event: Event, *, anyway: bool = False) -> None:
        """Let an event happen.

        Raises:
            InvalidValueError: it cannot happen, and why.
        """
        why = why_not(self.session, event)
        if why is not None and not anyway:
            raise InvalidValueError("event", words.event_name(event), f"one that can happen. {why}")
        self.show(press(self.session, event))

    def wait(self, seconds: float) -> None:
        """Let time pass.

        Raises:
            InvalidValueError: the time is negative or more than a day.
        """
        if not 0 <= seconds <= _LONGEST_WAIT:
            raise InvalidValueError("seconds", seconds, f"0 to {_LONGEST_WAIT}")
        self.show(pass_time(self.session, seconds))

    def tick(self, command: Mapping[str, object]) -> bool:
        """Let the time of a running clock pass; return whether anything happened.

        Only the view that started the clock counts: two views would count every second twice.

        Raises:
            InvalidValueError: the tick does not say how long it took.
        """
        wall = command.get("seconds")
        if not self._running or command.get("client") != self._ticker:
            return False
        if isinstance(wall, bool) or not isinstance(wall, int | float) or wall < 0:
            raise InvalidValueError("seconds", wall, "the seconds since the last tick")
        after = pass_time(self.session, min(float(wall), _LONGEST_TICK) * self.speed)
        if after.steps == self.session.steps:
            self.session = after
            return False
        self.show(after)
        return True

    def go_on(self) -> None:
        """Let the event of an answered question happen."""
        event, self.asked_event = self.asked_event, None
        if event is not None:
            self.show(press(self.session, event))

    def ask(self, event: Event, kind: str) -> Asked:
        """Ask about an event before it happens.

        Raises:
            InvalidValueError: no such kind, or the machine has no outcome for the event.
        """
        question = ask_about(self.session, event, kind)
        self.asked_event, self._running = event, False
        return question

    def _pressed(self, event: Event, *, anyway: bool) -> Asked | None:
        why = why_not(self.session, event)
        if why is not None and not anyway:
            self._said = said_impossible(self.session, event, why)
            self._announced = self._said["sentence"]
        elif self.practice:
            return self.ask(event, NEXT_STATE)
        else:
            self.show(press(self.session, event))
        return None

    def _surprise(self) -> Asked:
        """Ask which event it was that nobody pressed."""
        events = moving_events(self.session)
        if not events:
            raise InvalidValueError("event", "a surprise", "an event that changes the state here")
        return self.ask(secrets.choice(events), EVENT)

    def show(self, session: Session) -> None:
        """Show a session that came of the one shown, and say what its last step was."""
        before = self.session
        if session == before:
            return
        self._set(session)
        new = session.history[len(session.history) - (session.steps - before.steps) :]
        loud = any(done.by == "you" or done.before is not done.after or done.rule for done in new)
        if loud and self._said is not None:
            self._announced = self._said["sentence"]

    def _set(self, session: Session) -> None:
        if session != self.session:
            self._past = [*self._past[1 - _UNDO_DEPTH :], self.session]
            self._future = []
            self.session = session
            self._say_last()

    def _go(self, source: list[Session], target: list[Session]) -> None:
        if source:
            target.append(self.session)
            self.session = source.pop()
            self._say_last()

    def _say_last(self) -> None:
        """Say what the last step was."""
        history = self.session.history
        self._said = said_done(self.session, history[-1]) if history else None
        if self._said is not None:
            # The rule of a collision is on the step of the connection that went, maybe the last but
            # one: its OPEN goes on to the connection that stays.
            settled = [d for d in history[-2:] if d.now == history[-1].now and d.rule]
            self._said["rule"] = _rule(settled[-1]) if settled else ""


def _rule(settled: Done) -> str:
    """Say what a collision was settled by, and which connection went."""
    gone = settled.after in (State.IDLE, State.CLEARING)
    return f"{settled.rule} Connection {settled.seat} is closed." if gone else settled.rule
