import json
from typing import Any

import pytest
from bgp_examples import SPEAKER, path

from bgp import InvalidValueError
from widgets import BestPath, Prediction
from widgets.predict import is_right, steps_offered, verdict_text


def asked(**options: Any) -> BestPath:
    """p2 wins, by LOCAL_PREF."""
    paths = (path(1), path(2, "65002 65003", local_pref=200))
    return BestPath(paths, speaker=SPEAKER, **{"predict": True, **options})


def test_nothing_that_is_shown_or_sent_holds_the_verdict_before_the_commit() -> None:
    widget = asked(second="bird")
    code = {"_esm", "_css"}
    sent = {name: value for name, value in widget.get_state().items() if name not in code}
    shown = json.dumps(sent, default=str) + widget.text() + widget.svg()
    for word in ("is best", "best path itself", "lost to", "Lost to", '"best"', "elsewhere"):
        assert word not in shown
    assert "verdict" not in widget.view
    assert (widget.decision, widget.second_decision) == (None, None)
    assert widget.prediction is None
    assert widget.predicted_right is None
    with pytest.raises(InvalidValueError, match="a prediction first"):
        widget.chart()


def test_the_question_is_not_edited_before_the_answer() -> None:
    widget = asked()
    scene = widget.scene
    for command in (
        {"do": "edit", "path": "p1", "field": "med", "text": "1"},
        {"do": "second", "name": "bird"},
        {"do": "profile", "name": "bird"},
        {"do": "load", "text": "{}"},
        {"do": "undo"},
        {"do": "reset"},
    ):
        with pytest.raises(InvalidValueError, match="a committed prediction first"):
            widget.obey(command)
    assert widget.scene is scene


def test_a_commit_reveals_becomes_a_value_and_is_handed_on_once() -> None:
    kept: list[object] = []
    widget = asked(on_commit=kept.append)
    widget.obey({"do": "commit", "winner": "p2", "step": "local-pref"})
    assert widget.prediction == Prediction("p2", "local-pref")
    assert widget.predicted_right
    assert kept == [{"winner": "p2", "decided_by": "local-pref"}]
    assert widget.decision is not None
    assert widget.decision.best == "p2"
    assert widget.view["verdict"]["best"] == "p2"
    assert "Both are right" in widget.text()


def test_a_committed_prediction_cannot_be_changed() -> None:
    kept: list[object] = []
    widget = asked(on_commit=kept.append)
    widget.commit("p1")
    with pytest.raises(InvalidValueError, match="it was committed before"):
        widget.commit("p2")
    assert widget.prediction == Prediction("p1")
    assert len(kept) == 1


def test_playing_on_after_the_commit_leaves_the_prediction_judged_by_what_was_asked() -> None:
    widget = asked()
    widget.commit("p2")
    widget.obey({"do": "edit", "path": "p1", "field": "local_pref", "text": "900"})
    assert widget.view["verdict"]["best"] == "p1"
    assert widget.predicted_right
    assert "selects it" in widget.view["predict"]["text"]


def test_an_answer_that_cannot_be_kept_is_not_committed_and_the_learner_is_told() -> None:
    def full(_: object) -> None:
        raise OSError("no space left on device")

    widget = asked(on_commit=full)
    with pytest.raises(InvalidValueError, match="no space left on device"):
        widget.commit("p1")
    assert widget.hidden


def test_a_committed_prediction_is_restored_and_not_handed_on_again() -> None:
    kept: list[object] = []
    widget = asked(prediction={"winner": "p1", "decided_by": None}, on_commit=kept.append)
    assert not widget.hidden
    assert widget.predicted_right is False
    assert kept == []


def test_a_prediction_for_another_question_is_put_aside_aloud() -> None:
    widget = asked(prediction={"winner": "p9"})
    assert widget.hidden
    assert "does not fit this question any more" in widget.view["remarks"][0]


@pytest.mark.parametrize("data", [7, {}, {"winner": 1}, {"winner": "p1", "decided_by": 2}])
def test_what_is_no_prediction_is_refused(data: Any) -> None:
    with pytest.raises(InvalidValueError, match="prediction"):
        asked(prediction=data)


@pytest.mark.parametrize(("winner", "step"), [("p9", None), ("p1", "luck")])
def test_a_prediction_must_be_one_of_the_answers(winner: str, step: str | None) -> None:
    widget = asked()
    with pytest.raises(InvalidValueError, match="shown"):
        widget.commit(winner, step)
    assert widget.hidden


def test_a_widget_that_asks_nothing_takes_no_prediction() -> None:
    with pytest.raises(InvalidValueError, match="predict=True"):
        asked(predict=False).commit("p1")


def test_no_path_at_all_is_an_answer_too() -> None:
    widget = BestPath((path(1, f"65001 {SPEAKER.asn}"),), speaker=SPEAKER, predict=True)
    widget.obey({"do": "commit", "winner": "", "step": ""})
    assert widget.predicted_right


@pytest.mark.parametrize(
    ("prediction", "came"),
    [
        (Prediction("p2"), "right"),
        (Prediction("p2", "local-pref"), "right"),
        (Prediction("p2", "med"), "half"),
        (Prediction("p1", "local-pref"), "wrong"),
        (Prediction(None), "wrong"),
    ],
)
def test_how_a_prediction_did_is_said_with_what_came(prediction: Prediction, came: str) -> None:
    decision = asked(predict=False).decision
    assert decision is not None
    said = verdict_text(prediction, decision)
    assert said[0] == came
    assert "LOCAL_PREF" in said[1]
    assert is_right(prediction, decision) is (came == "right")


def test_every_step_of_the_profile_is_offered() -> None:
    decision = asked(predict=False).decision
    assert decision is not None
    offered = [name for name, _ in steps_offered(decision)]
    assert len(offered) == len(set(offered))
    assert decision.decided_by.value in offered
