"""Questions about a session, answered before the outcome is seen: which state next, which event.

A question holds what is hidden; the picture gets only its words and choices until an answer is
committed. More than one event can be right: all that would have left the same traces.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bgp import fsm_messages as words
from bgp.errors import InvalidValueError
from bgp.fsm_frr import FRR_EDGES, FrrEvent
from bgp.fsm_log import LoggedTransition
from bgp.fsm_words import RFC_STATES, Event, State
from widgets.fsm_play import Done, Session
from widgets.fsm_play_events import press, why_not

NEXT_STATE: Final = "next_state"
EVENT: Final = "event"
KINDS: Final = (NEXT_STATE, EVENT)


@dataclass(frozen=True, slots=True)
class FsmPrediction:
    """What was predicted.

    Attributes:
        asked: ``next_state`` or ``event``.
        answer: a state, an event's number, or the name of one of FRR's events.
    """

    asked: str
    answer: str

    @classmethod
    def of(cls, data: object) -> FsmPrediction:
        """Read a prediction from a plain object, as an answer holds it.

        Raises:
            InvalidValueError: it is no prediction.
        """
        if isinstance(data, FsmPrediction):
            return data
        if isinstance(data, Mapping):
            asked, answer = data.get("asked"), data.get("answer")
            if asked in KINDS and isinstance(answer, str):
                return cls(asked, answer)
        rule = f"an object with asked ({' or '.join(KINDS)}) and answer (text)"
        raise InvalidValueError("prediction", data, rule)

    def to_object(self) -> dict[str, str]:
        """Return the prediction as plain data for an answer."""
        return {"asked": self.asked, "answer": self.answer}


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and what is hidden until it is answered.

    Attributes:
        kind: ``next_state`` or ``event``.
        text: the question.
        choices: value and title of every answer offered.
        right: the answers that are right.
        came: title of what came.
        sentence: what happened, in one sentence.
        before: the state left.
        after: the state entered; shown at once when the event is asked for.
    """

    kind: str
    text: str
    choices: tuple[tuple[str, str], ...]
    right: frozenset[str]
    came: str
    sentence: str
    before: State
    after: State

    def check(self, prediction: FsmPrediction) -> None:
        """Refuse a prediction that is no answer to the question.

        Raises:
            InvalidValueError: it answers another question, or is not offered.
        """
        if prediction.asked != self.kind or prediction.answer not in dict(self.choices):
            rule = f"an answer to {self.kind}: one of {', '.join(dict(self.choices))}"
            raise InvalidValueError("prediction", prediction.answer, rule)

    def is_right(self, prediction: FsmPrediction) -> bool:
        """Whether the prediction came true."""
        return prediction.answer in self.right

    def verdict(self, prediction: FsmPrediction) -> str:
        """Say how the prediction did, and what happened."""
        said = dict(self.choices)[prediction.answer]
        if not self.is_right(prediction):
            return f"You said {said}; it was {self.came}. {self.sentence}"
        if said == self.came:
            return f"You said {said}, and so it is. {self.sentence}"
        return (
            f"You said {said}: it would leave the same traces. It was {self.came}. {self.sentence}"
        )


def ask_about(session: Session, event: Event, kind: str) -> Asked:
    """Ask about an event on the chosen connection before it happens.

    Raises:
        InvalidValueError: no such kind, or the machine has no outcome for the event.
    """
    if kind not in KINDS:
        raise InvalidValueError("predict", kind, f"{' or '.join(KINDS)}")
    done = outcome(session, event)
    here = session.seat.connection.state
    name = words.event_name(event)
    sentence = "" if done.row is None else words.row_sentence(done.row)
    if kind == NEXT_STATE:
        states = (*RFC_STATES, State.CLEARING) if session.frr else RFC_STATES
        return Asked(
            kind,
            f"The connection is in {here}. {name} happens. Which state is next?",
            tuple((state.value, state.value) for state in states),
            frozenset({done.after.value}),
            done.after.value,
            sentence,
            done.before,
            done.after,
        )
    sent = f" and sent {_and(done.sent)}" if done.sent else " and sent nothing"
    moved = "stayed in" if done.after is done.before else f"went from {done.before} to"
    offered = [e for e in Event if e is event or (e.mandatory and why_not(session, e) is None)]
    alike = {e for e in offered if _same(outcome(session, e), done)}
    return Asked(
        kind,
        f"The connection {moved} {done.after}{sent}. Which event caused it?",
        tuple((str(int(e)), words.event_name(e)) for e in offered),
        frozenset(str(int(e)) for e in alike),
        name,
        sentence,
        done.before,
        done.after,
    )


def outcome(session: Session, event: Event) -> Done:
    """Return the step that an event would be for the chosen connection."""
    after = press(session, event)
    new = after.history[-(after.steps - session.steps) :]
    return next(done for done in new if done.seat == session.chosen)


def moving_events(session: Session) -> list[Event]:
    """Return the events that can happen now and take the chosen connection to another state."""
    possible = [event for event in Event if event.mandatory and why_not(session, event) is None]
    moved = [(event, outcome(session, event)) for event in possible]
    return [event for event, done in moved if done.after is not done.before]


def _same(one: Done, two: Done) -> bool:
    return (one.after, one.sent) == (two.after, two.sent)


def _and(parts: tuple[str, ...]) -> str:
    shown = [f"{'an' if part == 'OPEN' else 'a'} {part}" for part in parts]
    return " and ".join(shown)


def ask_logged(logged: LoggedTransition, kind: str) -> Asked:
    """Ask about a line of a log before it is shown.

    Raises:
        InvalidValueError: no such kind.
    """
    if kind not in KINDS:
        raise InvalidValueError("predict", kind, f"{' or '.join(KINDS)}")
    sentence = words.logged_sentence(logged)
    before, after = logged.before, logged.after
    if kind == NEXT_STATE:
        happens = words.logged_event(logged)
        return Asked(
            kind,
            f"The router is in {before}. {happens} happens. Which state is next?",
            tuple((state.value, state.value) for state in State),
            frozenset({after.value}),
            after.value,
            sentence,
            before,
            after,
        )
    said = ""
    if logged.notification is not None:
        verb = "received" if logged.received else "sent"
        said = f", and a NOTIFICATION {logged.notification} was {verb}"
    moved = "stayed in" if after is before else f"went from {before} to"
    alike = {event.value for state, event, to in FRR_EDGES if (state, to) == (before, after)}
    came = words.logged_event(logged)
    names = sorted({event.value for event in FrrEvent} | {came})
    return Asked(
        kind,
        f"The router {moved} {after}{said}. Which event caused it?",
        tuple((name, name) for name in names),
        frozenset({*alike, came}),
        came,
        sentence,
        before,
        after,
    )
