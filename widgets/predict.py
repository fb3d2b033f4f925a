"""A committed prediction: what a learner said before the verdict was shown.

Prediction before reveal is the course's way to every idea. A prediction is a value for later cells
and, as a plain object, an answer to be saved; it never changes once committed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bgp.decision import Decision
from bgp.errors import InvalidValueError
from bgp.messages import step_title
from bgp.reasons import StepId, Undecided


@dataclass(frozen=True, slots=True)
class Prediction:
    """What was predicted.

    Attributes:
        winner: id of the path, None for "no path is eligible".
        decided_by: name of the step that settles it (a value of ``StepId`` or ``Undecided``), None
            when the learner did not say.
    """

    winner: str | None
    decided_by: str | None = None

    @classmethod
    def of(cls, data: object) -> Prediction:
        """Read a prediction from a plain object, as an answer holds it.

        Raises:
            InvalidValueError: it is no prediction.
        """
        if isinstance(data, Prediction):
            return data
        if not isinstance(data, Mapping) or "winner" not in data:
            raise InvalidValueError("prediction", data, "an object with winner and decided_by")
        for field in ("winner", "decided_by"):
            if not isinstance(data.get(field), str | None):
                raise InvalidValueError(f"prediction.{field}", data[field], "text or null")
        return cls(data["winner"], data.get("decided_by") or None)

    def to_object(self) -> dict[str, str | None]:
        """Return the prediction as plain data for an answer."""
        return {"winner": self.winner, "decided_by": self.decided_by}

    def check(self, asked: Decision) -> None:
        """Refuse a prediction that cannot be an answer to the question.

        Raises:
            InvalidValueError: no such path, or no such step.
        """
        if self.winner is not None and self.winner not in {path.id for path in asked.paths}:
            raise InvalidValueError("prediction.winner", self.winner, "the id of a path shown")
        if self.decided_by is not None and self.decided_by not in dict(steps_offered(asked)):
            raise InvalidValueError("prediction.decided_by", self.decided_by, "a step shown")


def steps_offered(asked: Decision) -> list[tuple[str, str]]:
    """Return (value, title) of every step the profile may settle a matter by."""
    named: list[StepId | Undecided] = [step.id for step in asked.profile.steps]
    named += [StepId.NOTHING_LEFT, Undecided.ONLY_PATH, Undecided.NO_PATH]
    return [(step.value, step_title(step)) for step in named]


def is_right(prediction: Prediction, asked: Decision) -> bool:
    """Whether everything that was predicted came true."""
    step = prediction.decided_by
    return prediction.winner == asked.best and step in (None, asked.decided_by.value)


def verdict_text(prediction: Prediction, asked: Decision) -> tuple[str, str]:
    """Return how the prediction did (``right``, ``half``, ``wrong``) and the sentence for it."""
    said = prediction.winner or "no path"
    came = asked.best or "no path"
    settled = step_title(asked.decided_by)
    title = asked.profile.title
    if prediction.winner != asked.best:
        return "wrong", f"You predicted {said}; {title} selects {came}, settled by: {settled}."
    if prediction.decided_by is None:
        return "right", f"You predicted {said}, and {title} selects it, settled by: {settled}."
    if prediction.decided_by == asked.decided_by.value:
        return "right", f"You predicted {said}, settled by: {settled}. Both are right."
    thought = dict(steps_offered(asked)).get(prediction.decided_by, prediction.decided_by)
    return "half", (
        f"You predicted {said}, and {title} selects it. You named {thought}; what settled it is: "
        f"{settled}."
    )
