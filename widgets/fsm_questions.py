"""The questions of a SessionFsm, put and answered: one prediction that counts, and practice.

What a question asks and what is right is ``fsm_predict``; here is that an answer is given once and
before the outcome is seen, that the one that counts is kept, and how practice is going.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bgp.errors import InvalidValueError
from widgets.fsm_picture import question_picture, verdict_picture
from widgets.fsm_predict import Asked, FsmPrediction

OnCommit = Callable[[dict[str, str]], object]
Committed = FsmPrediction | Mapping[str, object]


class Questions:
    """Questions put one at a time.

    Attributes:
        open: the question whose outcome is hidden, None for none.
        prediction: the prediction that counts, None before it is committed.
        right: whether it came true.
        verdict: the picture of the last answer, until the next step.
        score: questions of practice answered right, and all of them.
    """

    def __init__(self, asked: Asked | None = None, on_commit: OnCommit | None = None) -> None:
        """Put the question that counts, if there is one."""
        self.open = asked
        self.prediction: FsmPrediction | None = None
        self.right: bool | None = None
        self.verdict: dict[str, Any] | None = None
        self.score = (0, 0)
        self._on_commit = on_commit
        self._practising = False
        self._remark = ""

    def refuse_while_open(self) -> None:
        """Refuse a step while an outcome is hidden.

        Raises:
            InvalidValueError: a question is open.
        """
        if self.open is not None:
            raise InvalidValueError("session", "a step", "a committed prediction first")

    def practise(self, asked: Asked | None) -> None:
        """Put a question of practice, or none after a step that asked nothing."""
        self.open, self.verdict = asked, None
        self._practising = asked is not None

    def commit(self, answer: str) -> FsmPrediction:
        """Answer the open question.

        Raises:
            InvalidValueError: nothing is asked, it is not on offer, or it could not be kept.
        """
        if self.open is None:
            raise InvalidValueError("prediction", answer, "an open question: there is none")
        prediction = FsmPrediction(self.open.kind, str(answer))
        self.open.check(prediction)
        if self._on_commit is not None and not self._practising:
            try:
                self._on_commit(prediction.to_object())
            except Exception as error:
                rule = f"an answer that can be kept ({error}); commit it again"
                raise InvalidValueError("prediction", answer, rule) from error
        self._close(self.open, prediction)
        return prediction

    def restore(self, prediction: Committed) -> bool:
        """Answer as was answered earlier; return whether that fits the question.

        Raises:
            InvalidValueError: there is no question, or that is no prediction.
        """
        if self.open is None:
            raise InvalidValueError("prediction", prediction, "a question: give predict, too")
        found = FsmPrediction.of(prediction)
        try:
            self.open.check(found)
        except InvalidValueError as error:
            told = f"Your earlier prediction does not fit this question any more ({error})."
            self._remark = f"{told} Please predict again."
            return False
        self._close(self.open, found)
        return True

    def _close(self, asked: Asked, prediction: FsmPrediction) -> None:
        right = asked.is_right(prediction)
        self.verdict, self.open = verdict_picture(asked, prediction), None
        if self._practising:
            self.score = (self.score[0] + right, self.score[1] + 1)
        else:
            self.prediction, self.right = prediction, right
        self._practising = False

    def picture(self) -> dict[str, Any]:
        """Return what the browser draws of them."""
        asked = self.open
        picture: dict[str, Any] = {
            "locked": asked is not None,
            "score": list(self.score),
            "remark": self._remark if asked is not None else "",
            "predict": self.verdict if asked is None else question_picture(asked),
        }
        told = self.verdict if asked is None else picture["predict"]
        return picture | ({"announce": told["text"]} if told is not None else {})
