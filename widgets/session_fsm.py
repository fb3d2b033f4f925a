"""SessionFsm: the state machine of RFC 4271 section 8 as an instrument one plays with.

Any event can be pressed, and the table says what follows; timers count on a virtual clock; a second
connection collides with the first; a router's log plays with a slider, recorded or while it is
written. Here is what one does from Python: start a session and step it, replay a log, follow a
router. The picture, its questions and the browser's commands are ``fsm_instrument``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from bgp.errors import InvalidValueError
from bgp.fsm import SessionAttributes
from bgp.fsm_log import LoggedTransition
from bgp.fsm_recording import RecordedLog
from bgp.fsm_words import State
from widgets.fsm_command import event_field
from widgets.fsm_follow import STOPPED, Following, Source, Status
from widgets.fsm_instrument import FsmInstrument
from widgets.fsm_play import Identity, Session, new_session
from widgets.fsm_play_events import press
from widgets.fsm_player import Player
from widgets.fsm_questions import Committed, OnCommit
from widgets.fsm_replay import Replay, read_log, seek
from widgets.fsm_replayer import Replayer


class SessionFsm(FsmInstrument):
    """A BGP session: events in; states, timers, messages and reasons out.

    Play one, replay a router's log, or follow a router that runs::

        SessionFsm()                                      # press events, let the clock run
        SessionFsm((1, 16, 19, 26), peer_answers=True)    # one that is up already
        SessionFsm.replay(log)                            # FRR's log, or a recording of one
        fsm = SessionFsm(); fsm.follow(router_log, seconds=60); fsm   # while it happens
    """

    _following: Following | None = None

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
            machine: ``rfc4271``, ``frr-8.4`` or ``frr-10``; ``frr`` alone means FRR 8.4.
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

    # The session, from Python.

    @property
    def session(self) -> Session:
        """The session that is played, a frozen value; before an open question's event.

        Raises:
            InvalidValueError: a log is shown.
        """
        return self._player.session

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

    def _obey(self, command: Mapping[str, object]) -> None:
        if command.get("do") == "stop":
            self.stop_following()
        else:
            super()._obey(command)
