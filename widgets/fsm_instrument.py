"""What a SessionFsm is whatever it shows: a picture, twins of it, questions, and commands.

The browser sends commands and ticks, Python steps the machine, and one trait carries the picture
back: nothing is decided in JavaScript, and without a browser the same object answers in Python.
What is shown stands on a stage: a session that is played, or a log that is replayed.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping

import traitlets

from bgp.errors import InvalidValueError
from bgp.fsm_words import State
from widgets.base import Instrument, bundle, styles
from widgets.fsm_command import text_field
from widgets.fsm_player import Player
from widgets.fsm_predict import Asked, FsmPrediction
from widgets.fsm_questions import Committed, OnCommit, Questions
from widgets.fsm_replayer import Replayer
from widgets.fsm_svg import picture_svg
from widgets.fsm_twin import twin


class FsmInstrument(Instrument):
    """The state machine as a picture that takes commands and asks questions."""

    _esm = bundle("dom.mjs", "panels.mjs", "fsm_graph.mjs", "fsm_panels.mjs", "session_fsm.js")
    _css = styles("session_fsm.css")

    clock = traitlets.Dict(help="the moment and what is left of the timers").tag(sync=True)

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
        self._followed: dict[str, str] | None = None
        if prediction is not None and self._questions.restore(prediction):
            stage.go_on()
        self._draw()

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
