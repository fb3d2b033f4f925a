"""SessionFsm: the state machine of RFC 4271 section 8 as an instrument one plays with.

Any event can be pressed, and the table says what follows; timers count on a virtual clock; a second
connection collides with the first; a router's log plays with a slider. The browser sends commands
and ticks, Python steps the machine, and one trait carries the picture back: nothing is decided in
JavaScript, and without a browser the same object answers in Python.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import traitlets

from bgp import fsm_messages as words
from bgp.errors import InvalidValueError
from bgp.fsm import SessionAttributes
from bgp.fsm_log import LoggedTransition, parse_frr_log
from bgp.fsm_words import Event, State
from widgets.base import Instrument, bundle, styles
from widgets.fsm_log_scene import (
    LogScene,
    grown,
    log_picture,
    said_logged,
    scene_of,
    seek,
    with_peer,
)
from widgets.fsm_picture import (
    clock,
    question_picture,
    said_done,
    said_impossible,
    session_picture,
    verdict_picture,
)
from widgets.fsm_predict import NEXT_STATE, Asked, FsmPrediction, ask_about, ask_logged
from widgets.fsm_session import (
    Identity,
    Session,
    clear,
    new_session,
    pass_time,
    press,
    second_call,
    until_next,
    why_not,
)
from widgets.fsm_settings import with_attribute, with_chosen, with_identity, with_machine
from widgets.fsm_svg import picture_svg
from widgets.fsm_twin import twin

SPEEDS: Final = (1, 10, 60)
_LONGEST_TICK: Final = 2.0  # seconds of the browser's clock: a tab that slept does not leap
_UNDO_DEPTH: Final = 200
_LONGEST_WAIT: Final = 86_400
OnCommit = Callable[[dict[str, str]], object]


class SessionFsm(Instrument):
    """A BGP session: events in; states, timers, messages and reasons out."""

    _esm = bundle("dom.mjs", "panels.mjs", "fsm_graph.mjs", "fsm_panels.mjs", "session_fsm.js")
    _css = styles("session_fsm.css")

    _question: Asked | None
    _event: Event | None
    _prediction: FsmPrediction | None
    _verdict: dict[str, Any] | None
    _said: dict[str, Any] | None

    clock = traitlets.Dict(help="the moment and what is left of the timers").tag(sync=True)

    def __init__(
        self,
        events: Iterable[int] = (),
        *,
        machine: str = "rfc4271",
        attributes: SessionAttributes | None = None,
        identity: Identity | None = None,
        peer_answers: bool = False,
        predict: str | None = None,
        ask: int | None = None,
        prediction: FsmPrediction | Mapping[str, object] | None = None,
        on_commit: OnCommit | None = None,
    ) -> None:
        """Start a session.

        Args:
            events: numbers of events that have happened already, in order.
            machine: ``rfc4271`` or ``frr``.
            attributes: the optional session attributes and times; the RFC's defaults when None.
            identity: AS numbers, BGP Identifiers and the peer's hold time.
            peer_answers: whether the peer does its part by itself while the clock runs.
            predict: ``next_state`` or ``event``: hide the outcome of ``ask`` until a prediction
                is committed.
            ask: number of the event that happens next; needs ``predict``.
            prediction: a prediction committed earlier, to be restored. One that does not fit the
                question any more is put aside, and the widget says so.
            on_commit: called once with a plain object when the prediction is committed; if it
                raises, the prediction is not committed and the learner is told.

        Raises:
            InvalidValueError: something is wrong; says field, value and rule.
        """
        session = new_session(machine, attributes, identity, peer_answers=peer_answers)
        for number in events:
            session = press(session, _event(number))
        self._set_up(session, None, on_commit)
        if (predict is None) is not (ask is None):
            raise InvalidValueError("ask", ask, "an event together with predict, or neither")
        if predict is not None and ask is not None:
            self._question = ask_about(session, _event(ask), predict)
            self._event = _event(ask)
        self._say_last()
        self._restore(prediction)
        self._draw()

    @classmethod
    def of_log(
        cls,
        log: str | Iterable[str] | Iterable[LoggedTransition],
        *,
        peer: str | None = None,
        position: int = 0,
        predict: str | None = None,
        prediction: FsmPrediction | Mapping[str, object] | None = None,
        on_commit: OnCommit | None = None,
    ) -> SessionFsm:
        """Replay a router's log.

        Args:
            log: FRR's log (``debug bgp neighbor-events``) as text or lines, or what
                ``bgp.fsm_log.parse_frr_log`` made of one.
            peer: the peer to show; the first of the log when None.
            position: how many transitions have happened already.
            predict: ask about the next one, as in ``SessionFsm()``.
            prediction: as in ``SessionFsm()``.
            on_commit: as in ``SessionFsm()``.

        Raises:
            InvalidValueError: the log has no such peer or place.
        """
        lines = log.splitlines() if isinstance(log, str) else list(log)
        read = [line for line in lines if isinstance(line, LoggedTransition)]
        scene = scene_of(read or parse_frr_log(map(str, lines)), peer)
        widget = cls()
        widget._set_up(Session(), seek(scene, position), on_commit)
        if predict is not None:
            if position >= len(scene.of_peer):
                rule = "a place before the last transition of the log"
                raise InvalidValueError("position", position, rule)
            widget._question = ask_logged(scene.of_peer[position], predict)
        widget._restore(prediction)
        widget._say_where()
        widget._draw()
        return widget

    def _set_up(self, session: Session, log: LogScene | None, on_commit: OnCommit | None) -> None:
        if not hasattr(self, "_session"):
            super().__init__()
        self._session, self._start, self._log = session, session, log
        self._on_commit = on_commit
        self._past: list[Session] = []
        self._future: list[Session] = []
        self._question = None
        self._event = None
        self._practice = False  # ask before every step
        self._practising = False  # the open question is one of those
        self._score = (0, 0)  # right, asked
        self._prediction = None
        self._right: bool | None = None
        self._verdict = None
        self._said = None
        self._announced = ""
        self._remark = ""
        self._running, self._speed = False, SPEEDS[0]
        self._ticker: object = None

    # The session, from Python.

    @property
    def session(self) -> Session:
        """The session shown, a frozen value; before an open question's event."""
        return self._session

    @property
    def state(self) -> State:
        """The state of the chosen connection, or of a log's latest one."""
        if self._log is not None:
            past, all_ = self._log.past, self._log.of_peer
            return past[-1].after if past else (all_[0].before if all_ else State.IDLE)
        return self._session.seat.connection.state

    @property
    def hidden(self) -> bool:
        """Whether an outcome waits for a prediction."""
        return self._question is not None

    @property
    def prediction(self) -> FsmPrediction | None:
        """What was committed, None before."""
        return self._prediction

    @property
    def predicted_right(self) -> bool | None:
        """Whether the prediction came true, None before it was committed."""
        return self._right

    def press(self, number: int, *, anyway: bool = False) -> State:
        """Let an event happen to the chosen connection; return where it is now.

        Args:
            number: the event's number, 1 to 29.
            anyway: also when it cannot happen, if the table has a row for it.

        Raises:
            InvalidValueError: it cannot happen, and why; or a prediction is waited for.
        """
        event = _event(number)
        self._refuse_while_hidden()
        self._refuse_in_log()
        why = why_not(self._session, event)
        if why is not None and not anyway:
            raise InvalidValueError("event", words.event_name(event), f"one that can happen. {why}")
        self._show(press(self._session, event))
        return self.state

    def wait(self, seconds: float) -> State:
        """Let time pass on the virtual clock; return where the chosen connection is then.

        Raises:
            InvalidValueError: the time is negative or more than a day.
        """
        self._refuse_while_hidden()
        self._refuse_in_log()
        if not 0 <= seconds <= _LONGEST_WAIT:
            raise InvalidValueError("seconds", seconds, f"0 to {_LONGEST_WAIT}")
        self._show(pass_time(self._session, seconds))
        return self.state

    def follow(self, transitions: Iterable[LoggedTransition]) -> None:
        """Append the transitions of a running router as they come; returns when they end.

        The first call turns the widget into a log's. The slider follows the end unless it was
        moved back.
        """
        for logged in transitions:
            self._log = grown(self._log or LogScene(), logged)
            self._say_where()
            self._draw()

    # Predictions.

    def commit(self, answer: str) -> FsmPrediction:
        """Commit a prediction: once, and before the outcome is seen.

        Args:
            answer: a state's name, or an event's number or name as offered.

        Raises:
            InvalidValueError: nothing is asked, it is not on offer, or it could not be kept.
        """
        asked = self._question
        if asked is None:
            raise InvalidValueError("prediction", answer, "an open question: there is none")
        prediction = FsmPrediction(asked.kind, str(answer))
        asked.check(prediction)
        if self._on_commit is not None and not self._practising:
            try:
                self._on_commit(prediction.to_object())
            except Exception as error:
                rule = f"an answer that can be kept ({error}); commit it again"
                raise InvalidValueError("prediction", answer, rule) from error
        self._answered(asked, prediction)
        self._draw()
        return prediction

    def _answered(self, asked: Asked, prediction: FsmPrediction) -> None:
        right = asked.is_right(prediction)
        self._verdict = verdict_picture(asked, prediction)
        self._question = None
        if self._practising:
            self._score = (self._score[0] + right, self._score[1] + 1)
        else:
            self._prediction, self._right = prediction, right
        self._practising = False
        event, self._event = self._event, None
        if self._log is not None:
            self._log = seek(self._log, self._log.position + 1)
            self._say_where()
        elif event is not None:
            self._show(press(self._session, event), draw=False)
        self._announced = self._verdict["text"]

    def _restore(self, prediction: FsmPrediction | Mapping[str, object] | None) -> None:
        if prediction is None:
            return
        if self._question is None:
            raise InvalidValueError("prediction", prediction, "a question: give predict, too")
        found = FsmPrediction.of(prediction)
        try:
            self._question.check(found)
        except InvalidValueError as error:
            told = f"Your earlier prediction does not fit this question any more ({error})."
            self._remark = f"{told} Please predict again."
            return
        self._answered(self._question, found)

    # Taking it away.

    def text(self) -> str:
        """Return the picture as plain text."""
        return twin(self.view)

    def svg(self) -> str:
        """Return the picture as SVG."""
        return picture_svg(self.view)

    # Commands of the browser.

    def obey(self, command: Mapping[str, object]) -> Mapping[str, object]:
        """Do what the browser says."""
        match command.get("do"):
            case "tick":
                self._tick(command)
            case "commit":
                self.commit(_text(command, "answer"))
            case "practice":
                self._practice = bool(command.get("on"))
                self._draw()
            case "speed" if command.get("speed") in SPEEDS:
                self._speed = int(command["speed"])  # type: ignore[call-overload]  # one of SPEEDS
                self._draw()
            case _:
                self._refuse_while_hidden()
                self._obey_log(command) if self._log is not None else self._obey_play(command)
        return {}

    def _obey_play(self, command: Mapping[str, object]) -> None:  # noqa: C901, PLR0912 - one flat list of commands
        session = self._session
        match command.get("do"):
            case "press":
                self._pressed(command)
            case "clear":
                self._show(clear(session))
            case "second":
                self._show(second_call(session))
            case "choose":
                self._show(with_chosen(session, _text(command, "seat")), says=False)
            case "run":
                self._running = bool(command.get("on"))
                self._ticker = command.get("client")
                self._draw()
            case "wait":
                seconds = command.get("seconds")
                due = until_next(session) if seconds is None else seconds
                if isinstance(due, bool) or not isinstance(due, int | float):
                    raise InvalidValueError("clock", "the next moment", "a timer that runs")
                self.wait(due)
            case "attribute":
                changed = with_attribute(session, _text(command, "name"), command.get("value"))
                self._show(changed, says=False)
            case "identity":
                name, text = _text(command, "name"), _text(command, "text")
                self._show(with_identity(session, name, text), says=False)
            case "peer":
                self._show(session.answering(bool(command.get("on"))), says=False)
            case "machine":
                self._show(with_machine(session, _text(command, "name")), says=False)
            case "undo":
                self._step(self._past, self._future)
            case "redo":
                self._step(self._future, self._past)
            case "reset":
                self._show(self._start, says=False)
            case name:
                raise InvalidValueError("do", name, "a command this widget knows")

    def _obey_log(self, command: Mapping[str, object]) -> None:
        log = self._log
        if log is None:
            return
        match command.get("do"):
            case "seek":
                position = command.get("position")
                if (
                    self._practice
                    and position == log.position + 1
                    and log.position < len(log.of_peer)
                ):
                    kind = _text(command, "kind") if "kind" in command else NEXT_STATE
                    self._question = ask_logged(log.of_peer[log.position], kind)
                    self._practising, self._verdict = True, None
                else:
                    self._log, self._verdict = seek(log, position), None
                    self._say_where()
            case "logged-peer":
                self._log, self._verdict = with_peer(log, _text(command, "peer")), None
                self._say_where()
            case name:
                raise InvalidValueError("do", name, "a command a log knows")
        self._draw()

    def _pressed(self, command: Mapping[str, object]) -> None:
        event = _event(command.get("number"))
        why = why_not(self._session, event)
        if why is not None and not command.get("anyway"):
            self._said = said_impossible(self._session, event, why)
            self._announced, self._verdict = self._said["sentence"], None
            self._draw()
        elif self._practice:
            self._question = ask_about(self._session, event, NEXT_STATE)
            self._event, self._practising = event, True
            self._running, self._verdict, self._said = False, None, None
            self._draw()
        else:
            self._show(press(self._session, event))

    def _tick(self, command: Mapping[str, object]) -> None:
        """Let the time of a running clock pass; only the view that started it counts."""
        wall = command.get("seconds")
        if not self._running or self.hidden or command.get("client") != self._ticker:
            return
        if isinstance(wall, bool) or not isinstance(wall, int | float) or wall < 0:
            raise InvalidValueError("seconds", wall, "the seconds since the last tick")
        after = pass_time(self._session, min(float(wall), _LONGEST_TICK) * self._speed)
        if after.steps != self._session.steps:
            self._show(after)
        else:
            self._session = after
            self.clock = clock(after)

    def _refuse_while_hidden(self) -> None:
        if self.hidden:
            raise InvalidValueError("session", "a step", "a committed prediction first")

    def _refuse_in_log(self) -> None:
        if self._log is not None:
            raise InvalidValueError("event", "a step", "a session of our own: this one is a log")

    def _step(self, source: list[Session], target: list[Session]) -> None:
        if source:
            target.append(self._session)
            self._session = source.pop()
            self._verdict = None
            self._say_last()
            self._draw()

    def _show(self, session: Session, *, says: bool = True, draw: bool = True) -> None:
        before = self._session
        if session == before:
            return
        self._past = [*self._past[1 - _UNDO_DEPTH :], before]
        self._future = []
        self._session = session
        new = session.history[len(session.history) - (session.steps - before.steps) :]
        if says and session.steps != before.steps:
            if draw:
                self._verdict = None
            self._say_last()
            loud = [d for d in new if d.by == "you" or d.before is not d.after or d.rule]
            if loud and self._said is not None:
                self._announced = self._said["sentence"]
        elif not says:
            self._say_last()
        if draw:
            self._draw()

    def _say_last(self) -> None:
        """Say what the last step was."""
        history = self._session.history
        self._said = said_done(self._session, history[-1]) if history else None
        if self._said is not None and not self._said["rule"]:
            # The rule of a collision is on the step of the connection that went.
            settled = [d.rule for d in history[-2:] if d.now == history[-1].now and d.rule]
            self._said["rule"] = settled[-1] if settled else ""

    def _say_where(self) -> None:
        past = self._log.past if self._log is not None else ()
        self._said = said_logged(past[-1]) if past else None
        self._announced = self._said["sentence"] if self._said else ""

    def _draw(self) -> None:
        asked = self._question
        view = (
            session_picture(self._session, asked)
            if self._log is None
            else log_picture(self._log, asked)
        )
        view |= {
            "undo": bool(self._past),
            "redo": bool(self._future),
            "running": self._running and asked is None,
            "speed": self._speed,
            "speeds": list(SPEEDS),
            "practice": self._practice,
            "score": list(self._score),
            "locked": asked is not None,
            "remark": self._remark if asked is not None else "",
            "said": None if asked is not None else self._said,
            "announce": asked.text if asked is not None else self._announced,
            "predict": self._verdict if asked is None else question_picture(asked),
        }
        view["twin"] = twin(view)
        self.clock = view["clock"]
        self.view = view


def _event(number: object) -> Event:
    if isinstance(number, bool) or not isinstance(number, int) or number not in set(Event):
        raise InvalidValueError("event", number, "an event's number, 1 to 29")
    return Event(number)


def _text(command: Mapping[str, object], field: str) -> str:
    value = command.get(field)
    if not isinstance(value, str):
        raise InvalidValueError(field, value, "text")
    return value
