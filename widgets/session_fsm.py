"""SessionFsm: the state machine of RFC 4271 section 8 as an instrument one plays with.

Any event can be pressed, and the table says what follows; timers count on a virtual clock; a second
connection collides with the first; a router's log plays with a slider, recorded or while it is
written. The browser sends commands and ticks, Python steps the machine, and one trait carries the
picture back: nothing is decided in JavaScript, and without a browser the same object answers in
Python.

What it shows is either played (``fsm_player``) or replayed (``fsm_replayer``); here are the parts
that both have: the constructors, predictions, and the picture's way to the browser.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping

import traitlets

from bgp.errors import InvalidValueError
from bgp.fsm import SessionAttributes
from bgp.fsm_log import LoggedTransition
from bgp.fsm_recording import RecordedLog
from bgp.fsm_words import State
from widgets.base import Instrument, bundle, styles
from widgets.fsm_command import event_field, text_field
from widgets.fsm_follow import STOPPED, Following, Source, Status
from widgets.fsm_play import Identity, Session, new_session
from widgets.fsm_play_events import press
from widgets.fsm_player import Player
from widgets.fsm_predict import Asked, FsmPrediction
from widgets.fsm_questions import Committed, OnCommit, Questions
from widgets.fsm_replay import Replay, read_log, seek
from widgets.fsm_replayer import Replayer
from widgets.fsm_svg import picture_svg
from widgets.fsm_twin import twin


class SessionFsm(Instrument):
    """A BGP session: events in; states, timers, messages and reasons out.

    Play one, replay a router's log, or follow a router that runs::

        SessionFsm()                                      # press events, let the clock run
        SessionFsm((1, 16, 19, 26), peer_answers=True)    # one that is up already
        SessionFsm.replay(log)                            # FRR's log, or a recording of one
        fsm = SessionFsm(); fsm.follow(router_log, seconds=60); fsm   # while it happens
    """

    _esm = bundle("dom.mjs", "panels.mjs", "fsm_graph.mjs", "fsm_panels.mjs", "session_fsm.js")
    _css = styles("session_fsm.css")

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
        prediction: Committed | None = None,
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
            session = press(session, event_field(number))
        player = Player(session)
        if (predict is None) is not (ask is None):
            raise InvalidValueError("ask", ask, "an event together with predict, or neither")
        asked = player.ask(event_field(ask), predict) if predict is not None else None
        super().__init__()
        self._show(player, asked, prediction, on_commit)

    @classmethod
    def replay(
        cls,
        log: str | RecordedLog | Iterable[str] | Iterable[LoggedTransition],
        *,
        title: str = "",
        peer: str | None = None,
        position: int = 0,
        predict: str | None = None,
        prediction: Committed | None = None,
        on_commit: OnCommit | None = None,
    ) -> SessionFsm:
        """Replay a router's log, with a slider.

        Args:
            log: FRR's log (``debug bgp neighbor-events``) as text or lines, a recording of one
                (``docs/formats.md``), or what ``bgp.fsm_log.parse_frr_log`` made of one.
            title: what the picture is called; the recording's name, or the peer's, without one.
            peer: the peer to show; the first of the log when None.
            position: how many transitions have happened already.
            predict: ``next_state`` or ``event``: ask about the next transition.
            prediction: as in ``SessionFsm()``.
            on_commit: as in ``SessionFsm()``.

        Raises:
            InvalidValueError: the log has no such peer or place, or cannot be read.
        """
        replayer = Replayer(seek(read_log(log, peer, title), position))
        asked = None if predict is None else replayer.ask(predict)
        widget = cls()
        widget._show(replayer, asked, prediction, on_commit)
        return widget

    def _show(
        self,
        stage: Player | Replayer,
        asked: Asked | None = None,
        prediction: Committed | None = None,
        on_commit: OnCommit | None = None,
    ) -> None:
        self._lock = threading.RLock()  # a router is followed beside the notebook's own thread
        self._stage = stage
        self._questions = Questions(asked, on_commit)
        self._following: Following | None = None
        self._followed: dict[str, str] | None = None
        if prediction is not None and self._questions.restore(prediction):
            stage.go_on()
        self._draw()

    # The session, from Python.

    @property
    def session(self) -> Session:
        """The session that is played, a frozen value; before an open question's event.

        Raises:
            InvalidValueError: a log is shown.
        """
        return self._player.session

    @property
    def state(self) -> State:
        """The state of the chosen connection, or of a log's latest one."""
        return self._stage.state

    @property
    def hidden(self) -> bool:
        """Whether an outcome waits for a prediction."""
        return self._questions.open is not None

    @property
    def prediction(self) -> FsmPrediction | None:
        """What was committed, None before."""
        return self._questions.prediction

    @property
    def predicted_right(self) -> bool | None:
        """Whether the prediction came true, None before it was committed."""
        return self._questions.right

    @property
    def following(self) -> bool:
        """Whether a router is followed now."""
        return self._following is not None and not self._following.over

    def press(self, number: int, *, anyway: bool = False) -> State:
        """Let an event happen to the chosen connection; return where it is now.

        Args:
            number: the event's number, 1 to 29.
            anyway: also when it cannot happen, if the table has a row for it.

        Raises:
            InvalidValueError: it cannot happen, and why; or a prediction is waited for.
        """
        return self._step(lambda player: player.press(event_field(number), anyway=anyway))

    def wait(self, seconds: float) -> State:
        """Let time pass on the virtual clock; return where the chosen connection is then.

        Raises:
            InvalidValueError: the time is negative or more than a day.
        """
        return self._step(lambda player: player.wait(seconds))

    def _step(self, step: Callable[[Player], None]) -> State:
        with self._lock:
            self._questions.refuse_while_open()
            step(self._player)
            self._questions.verdict = None
            self._draw()
            return self.state

    @property
    def _player(self) -> Player:
        if isinstance(self._stage, Player):
            return self._stage
        raise InvalidValueError("event", "a step", "a session of our own: this one is a log")

    # A router that runs.

    def follow(
        self,
        source: Source,
        *,
        seconds: float | None = None,
        title: str = "",
        origin: str = "",
        pace: float = 0.4,
        block: bool = False,
    ) -> None:
        """Show a running router's session as it happens.

        The widget turns into a log that grows. The cell is done at once; the picture says that it
        is live, has a Stop button, and says how it ended. The slider stays at the newest
        transition unless the learner moved it back, or is asked first.

        Args:
            source: transitions as they come, as an iterable that may wait for the next one (a
                ``None`` says that nothing is new, and lets Stop work at once); or a function that
                returns FRR's log so far, which is looked at five times a second.
            seconds: end by itself after so long; None to go on until the source ends.
            title: what the picture is called; the peer's name without one.
            origin: where it comes from, a sentence under the title.
            pace: the least seconds between two transitions, for a session comes up faster than
                anyone can see.
            block: return only when it has ended, for a script; a notebook does not want this.

        Raises:
            InvalidValueError: a prediction is waited for, or this is nothing to follow.
        """
        following = Following(source, self._take, self._tell, seconds=seconds, pace=pace)
        with self._lock:
            self._questions.refuse_while_open()
            self.stop_following()
            if not isinstance(self._stage, Replayer):
                self._stage = Replayer(Replay())
            self._stage.log = self._stage.log.titled(title, origin)
            self._questions.verdict = None
            self._following = following
        if block:
            following.run()
        else:
            following.start()

    def stop_following(self) -> None:
        """Follow no longer; what was seen stays."""
        if self._following is not None:
            self._following.end("stopped", STOPPED)

    def _take(self, transitions: list[LoggedTransition]) -> None:
        with self._lock:
            if isinstance(self._stage, Replayer):
                before = self._stage.log.position
                self._stage.take(transitions, hold=self.hidden)
                if self._stage.log.position != before:
                    self._questions.verdict = None
                self._draw()

    def _tell(self, status: Status, text: str) -> None:
        with self._lock:
            self._followed = {"status": status, "text": text}
            self._draw()

    # Predictions.

    def commit(self, answer: str) -> FsmPrediction:
        """Commit a prediction: once, and before the outcome is seen.

        Args:
            answer: a state's name, or an event's number or name as offered.

        Raises:
            InvalidValueError: nothing is asked, it is not on offer, or it could not be kept.
        """
        with self._lock:
            prediction = self._questions.commit(answer)
            self._stage.go_on()
            self._draw()
            return prediction

    # Taking it away.

    def text(self) -> str:
        """Return the picture as plain text."""
        return twin(self.view)

    def svg(self) -> str:
        """Return the picture as SVG."""
        return picture_svg(self.view)

    # The browser.

    def obey(self, command: Mapping[str, object]) -> Mapping[str, object]:
        """Do what the browser says."""
        with self._lock:
            self._obey(command)
        return {}

    def _obey(self, command: Mapping[str, object]) -> None:
        stage = self._stage
        match command.get("do"):
            case "tick":
                if self.hidden:
                    return
                if not stage.tick(command):
                    self.clock = stage.clock
                    return
                self._questions.verdict = None
            case "commit":
                self.commit(text_field(command, "answer"))
                return
            case "practice":
                stage.practice = bool(command.get("on"))
            case "speed":
                stage.speed = _one_of(stage.speeds, command.get("speed"))
            case "stop":
                self.stop_following()
            case _:
                self._questions.refuse_while_open()
                self._questions.practise(stage.obey(command))
        self._draw()

    def _draw(self) -> None:
        stage = self._stage
        view = stage.picture(self._questions.open) | self._questions.picture()
        view |= {
            "speed": stage.speed,
            "speeds": list(stage.speeds),
            "practice": stage.practice,
            "following": self._followed,
        }
        view["twin"] = twin(view)
        self.clock = stage.clock
        self.view = view


def _one_of(speeds: tuple[int, ...], speed: object) -> int:
    if isinstance(speed, bool) or not isinstance(speed, int) or speed not in speeds:
        raise InvalidValueError("speed", speed, f"one of {', '.join(map(str, speeds))}")
    return speed
