"""BestPath: the decision process of RFC 4271 section 9.1 as an instrument one plays with.

A row a path, a column a step; every attribute is edited in place and everything follows at once.
The browser sends an edit, ``scene.edit`` makes a new frozen scene, ``bgp.decide`` decides it, and
one trait carries the new picture back: nothing is decided in JavaScript, and without a browser the
same object answers in Python.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from bgp.case import Case
from bgp.decision import Decision
from bgp.errors import InvalidValueError
from bgp.knobs import Knobs
from bgp.profiles import profile as find_profile
from bgp.route import Path, Speaker
from bgp.values import Prefix, parse_prefix
from widgets.base import Instrument, bundle, styles
from widgets.load import load
from widgets.picture import Judged, answer_picture, judge, scene_picture
from widgets.predict import Prediction, is_right, steps_offered, verdict_text
from widgets.scene import EDITS, Scene, edit
from widgets.source import to_json, to_python
from widgets.svg import picture_svg
from widgets.twin import twin

if TYPE_CHECKING:
    import plotly.graph_objects as go

UNDO_DEPTH: Final = 200
OnCommit = Callable[[dict[str, str | None]], object]


class BestPath(Instrument):
    """A best-path calculator: paths, a router and its options in; the decision, explained, out."""

    _esm = bundle(
        "dom.mjs", "grid.mjs", "steps_view.mjs", "paths_view.mjs", "panels.mjs", "best_path.js"
    )
    _css = styles("best_path.css")

    def __init__(
        self,
        paths: Iterable[Path] = (),
        *,
        speaker: Speaker | None = None,
        profile: str = "frr-8.4",
        second: str | None = None,
        knobs: Knobs | None = None,
        prefix: Prefix | str | None = None,
        name: str = "scene",
        predict: bool = False,
        prediction: Prediction | Mapping[str, object] | None = None,
        on_commit: OnCommit | None = None,
        remarks: Iterable[str] = (),
    ) -> None:
        """Set the scene.

        Args:
            paths: the candidates in order of arrival.
            speaker: the deciding router; AS 64512 when None.
            profile: whose process decides (``frr-8.4``, ``bird``, ...).
            second: a profile to set beside it.
            knobs: the router's options.
            prefix: the prefix in question, for the heading.
            name: a name for the scene, kept in its JSON.
            predict: hide the verdict until a prediction is committed.
            prediction: a prediction committed earlier, to be restored; implies ``predict``. One
                that does not fit the question any more is put aside, and the widget says so.
            on_commit: called once with a plain object when a prediction is committed; if it
                raises, the prediction is not committed and the learner is told.
            remarks: sentences to show with the scene, such as what was taken for granted.

        Raises:
            InvalidValueError: something in the scene is wrong; says field, value and rule.
        """
        super().__init__()
        start = Scene(
            paths=tuple(paths),
            speaker=Speaker(64512) if speaker is None else speaker,
            profile=find_profile(profile).name,
            second=None if second is None else find_profile(second).name,
            knobs=knobs or Knobs(),
            prefix=None if prefix is None else parse_prefix("prefix", prefix),
            name=name,
        )
        self._on_commit = on_commit
        self._predicts = predict or prediction is not None
        self._prediction: Prediction | None = None
        self._asked: Decision | None = None
        self._remarks = tuple(remarks)
        self._past: list[Scene] = []
        self._future: list[Scene] = []
        self._judged: Judged = judge(start)
        self._start = start
        if prediction is not None:
            self._restore(Prediction.of(prediction))
        self._draw()

    @classmethod
    def of_case(cls, case: Case, profile: str = "frr-8.4", **options: Any) -> BestPath:  # noqa: ANN401 - options of __init__
        """Show a decision case (``bgp.parse_case`` reads one); ``options`` as in ``BestPath()``."""
        return cls(
            case.paths,
            speaker=case.speaker,
            knobs=case.knobs,
            prefix=case.prefix,
            name=case.id,
            profile=profile,
            **options,
        )

    @classmethod
    def of_text(
        cls,
        text: str,
        *,
        profile: str = "frr-8.4",
        speaker: Speaker | None = None,
        **options: Any,  # noqa: ANN401 - options of __init__
    ) -> BestPath:
        """Show FRR's ``show bgp ... json`` or a decision case (of several, the first) from text.

        Raises:
            InvalidValueError: what is wrong in the text, and where.
        """
        base = Scene((), speaker or Speaker(64512), profile=find_profile(profile).name)
        loaded = load(text, base, pick=0)
        scene = loaded.scene or base
        return cls.of_case(scene.case, profile, remarks=loaded.remarks, **options)

    # The scene, from Python.

    @property
    def scene(self) -> Scene:
        """The scene shown, a frozen value."""
        return self._judged.scene

    @scene.setter
    def scene(self, scene: Scene) -> None:
        self._show(scene)

    @property
    def paths(self) -> tuple[Path, ...]:
        """The candidates in order of arrival."""
        return self.scene.paths

    @paths.setter
    def paths(self, paths: Iterable[Path]) -> None:
        self._show(replace(self.scene, paths=tuple(paths)))

    @property
    def profile(self) -> str:
        """Name of the profile that decides."""
        return self.scene.profile

    @profile.setter
    def profile(self, name: str) -> None:
        self._show(replace(self.scene, profile=find_profile(name).name))

    @property
    def second(self) -> str | None:
        """Name of the profile beside it, None for none."""
        return self.scene.second

    @second.setter
    def second(self, name: str | None) -> None:
        self._show(replace(self.scene, second=None if name is None else find_profile(name).name))

    @property
    def knobs(self) -> Knobs:
        """The router's options."""
        return self.scene.knobs

    @knobs.setter
    def knobs(self, knobs: Knobs) -> None:
        self._show(replace(self.scene, knobs=knobs))

    @property
    def speaker(self) -> Speaker:
        """The deciding router."""
        return self.scene.speaker

    @speaker.setter
    def speaker(self, speaker: Speaker) -> None:
        self._show(replace(self.scene, speaker=speaker))

    # The answer.

    @property
    def hidden(self) -> bool:
        """Whether the verdict waits for a prediction."""
        return self._predicts and self._prediction is None

    @property
    def decision(self) -> Decision | None:
        """The decision; None while the verdict waits for a prediction."""
        return None if self.hidden else self._judged.decision

    @property
    def second_decision(self) -> Decision | None:
        """The decision by the second profile; None without one, and while the verdict waits."""
        return None if self.hidden else self._judged.second

    @property
    def prediction(self) -> Prediction | None:
        """What was committed, None before."""
        return self._prediction

    @property
    def predicted_right(self) -> bool | None:
        """Whether the prediction came true, None before it was committed."""
        if self._prediction is None or self._asked is None:
            return None
        return is_right(self._prediction, self._asked)

    def commit(self, winner: str | None, decided_by: str | None = None) -> Prediction:
        """Commit a prediction: once, and before the verdict is seen.

        Raises:
            InvalidValueError: nothing is asked, it was answered before, no such path or step, or
                the answer could not be kept.
        """
        prediction = Prediction(winner, decided_by)
        if not self._predicts:
            raise InvalidValueError("prediction", winner, "a widget made with predict=True")
        if self._prediction is not None:
            raise InvalidValueError(
                "prediction", winner, "nothing: it was committed before and stays as it is"
            )
        prediction.check(self._judged.decision)
        if self._on_commit is not None:
            try:
                self._on_commit(prediction.to_object())
            except Exception as error:
                raise InvalidValueError(
                    "prediction", winner, f"an answer that can be kept ({error}); commit it again"
                ) from error
        self._prediction, self._asked = prediction, self._judged.decision
        self._draw()
        return prediction

    def _restore(self, prediction: Prediction) -> None:
        try:
            prediction.check(self._judged.decision)
        except InvalidValueError as error:
            told = f"Your earlier prediction does not fit this question any more ({error})."
            self._remarks = (*self._remarks, f"{told} Please predict again.")
            return
        self._prediction, self._asked = prediction, self._judged.decision

    # Taking the scene away.

    def to_python(self) -> str:
        """Return Python source that makes this scene."""
        return to_python(self.scene)

    def to_json(self) -> str:
        """Return the scene as a decision case in JSON."""
        return to_json(self.scene)

    def text(self) -> str:
        """Return the picture as plain text."""
        return twin(self.view)

    def svg(self) -> str:
        """Return the picture as SVG."""
        return picture_svg(self.view)

    def chart(self) -> go.Figure:
        """Return a chart of who wins under each profile, and where the others fall.

        Raises:
            InvalidValueError: the verdict waits for a prediction.
        """
        if self.hidden:
            raise InvalidValueError("chart", "asked", "a prediction first; the verdict is hidden")
        from widgets.chart import winners_chart  # noqa: PLC0415 - plotly is slow to import

        return winners_chart(self._judged.elsewhere)

    # Commands of the browser.

    def obey(self, command: Mapping[str, object]) -> Mapping[str, object]:
        """Do what the browser says; see ``scene.EDITS`` for edits, below for the rest."""
        match command.get("do"):
            case "undo":
                self._step(self._past, self._future)
            case "redo":
                self._step(self._future, self._past)
            case "reset":
                self._refuse_while_hidden()
                self._show(self._start)
            case "load":
                return self._load(command)
            case "export":
                return {"text": self.to_json() if command.get("as") == "json" else self.to_python()}
            case "commit":
                self.commit(_optional_text(command, "winner"), _optional_text(command, "step"))
            case name if name in EDITS:
                self._refuse_while_hidden()
                self._show(edit(self.scene, command))
            case name:
                raise InvalidValueError("do", name, "a command this widget knows")
        return {}

    def _refuse_while_hidden(self) -> None:
        if self.hidden:
            raise InvalidValueError("scene", "an edit", "a committed prediction first")

    def _load(self, command: Mapping[str, object]) -> Mapping[str, object]:
        self._refuse_while_hidden()
        pick = command.get("pick")
        loaded = load(command.get("text"), self.scene, pick if isinstance(pick, int) else None)
        if loaded.scene is None:
            return {"cases": list(loaded.cases)}
        self._show(loaded.scene, loaded.remarks)
        return {"loaded": len(loaded.scene.paths)}

    def _step(self, source: list[Scene], target: list[Scene]) -> None:
        self._refuse_while_hidden()
        if source:
            target.append(self.scene)
            self._judged = judge(source.pop())
            self._remarks = ()
            self._draw()

    def _show(self, scene: Scene, remarks: tuple[str, ...] = ()) -> None:
        """Show another scene; what cannot be decided is refused before anything changes."""
        judged = judge(scene)
        if scene == self.scene:
            return
        self._past = [*self._past[1 - UNDO_DEPTH :], self.scene]
        self._future = []
        self._judged, self._remarks = judged, remarks
        self._draw()

    def _draw(self) -> None:
        view: dict[str, object] = scene_picture(self.scene)
        view |= {
            "undo": bool(self._past),
            "redo": bool(self._future),
            "locked": self.hidden,
            "remarks": list(self._remarks),
            "predict": self._predict_picture(),
        }
        if not self.hidden:
            view |= answer_picture(self._judged)
        view["twin"] = twin(view)
        self.view = view

    def _predict_picture(self) -> dict[str, object] | None:
        if not self._predicts:
            return None
        if self._prediction is None or self._asked is None:
            title = self._judged.decision.profile.title
            return {
                "committed": False,
                "text": f"Which of these paths does {title} select? Commit an answer to see.",
                "paths": [path.id for path in self.paths],
                "steps": [list(step) for step in steps_offered(self._judged.decision)],
            }
        came, said = verdict_text(self._prediction, self._asked)
        return {"committed": True, "came": came, "text": said}


def _optional_text(command: Mapping[str, object], field: str) -> str | None:
    value = command.get(field)
    if value is not None and not isinstance(value, str):
        raise InvalidValueError(field, value, "text, or nothing")
    return value or None
