"""Every question: one right answer, certified by the model; every wrong one answered by name."""

import re

import pytest

from bgp import decide_case
from labs.stage_replay import Replay
from locrib.stage_lab import StageLab
from modules import catalog
from modules.catalog import Question
from modules.certify import ASKS, orders, winners

QUESTIONS = catalog.questions().values()
FRR = ("frr-8.4", "frr-10")


def by_id(question: Question) -> str:
    return question.id


@pytest.mark.parametrize("question", QUESTIONS, ids=by_id)
def test_the_right_answer_names_no_misconception_and_each_wrong_one_does(
    question: Question,
) -> None:
    for choice in question.choices:
        assert (choice.id == question.right) == (choice.misconception is None)
        assert len(choice.feedback.split()) >= 8


@pytest.mark.parametrize("question", QUESTIONS, ids=by_id)
def test_choices_differ_in_text_and_in_what_they_stand_for(question: Question) -> None:
    assert len({choice.text for choice in question.choices}) == len(question.choices)
    assert len({choice.value for choice in question.choices}) == len(question.choices)


def test_the_right_answer_is_not_always_in_the_same_place() -> None:
    places = [question.right for question in QUESTIONS]
    assert all(places.count(place) <= len(places) / 2 for place in places)


def test_a_lesson_holds_at_least_five_predictions() -> None:
    lesson = catalog.module().lesson("best-path")
    kinds = [catalog.questions()[name].kind for name in lesson.questions]
    assert kinds.count("predict") >= 5


@pytest.mark.parametrize(
    "name",
    ["longer-path", "loop", "dead-next-hop", "local-pref-from-outside", "missing-med"],
)
def test_what_the_rack_shows_does_not_depend_on_the_release_of_frr(name: str) -> None:
    question = catalog.questions()[name]
    assert question.scene is not None
    for ask in ASKS.values():
        of = "node2" if ask.__name__ != "both" else "gobgp"
        assert ask(question.scene, FRR[0], of) == ask(question.scene, FRR[1], of), ask.__name__


@pytest.mark.parametrize("question", QUESTIONS, ids=by_id)
def test_every_number_in_a_prompt_about_a_scene_is_in_the_scene(question: Question) -> None:
    if question.scene is None:
        return
    known = {str(number) for number in range(1, 10)} | {
        "8.4",
        "500",
        str(question.scene.speaker.asn),
    }
    for path in question.scene.paths:
        known |= {str(asn) for segment in path.as_path.segments for asn in segment.asns}
        known |= {str(v) for v in (path.med, path.local_pref, path.igp_metric, path.next_hop)}
        known.add(str(path.peer.router_id))
    numbers = re.findall(r"(?<![\w.])\d[\d.]*\d|(?<![\w.])\d", question.prompt)
    assert [number for number in numbers if number not in known] == []


CIRCLE = catalog.scenes()["border-three"]


def test_in_the_circle_each_path_beats_the_next_and_none_beats_all() -> None:
    paths = CIRCLE.paths
    for profile in FRR:
        best = [
            winners(
                CIRCLE.__class__(CIRCLE.id, None, CIRCLE.speaker, CIRCLE.knobs, pair), profile, ""
            )
            for pair in ((paths[0], paths[2]), (paths[2], paths[1]), (paths[1], paths[0]))
        ]
        assert best == ["amber1", "amber2", "blue"]


def test_on_frr_8_the_first_to_arrive_wins_the_circle_and_on_frr_10_the_last() -> None:
    assert all(found.best == found.paths[0].id for found in orders(CIRCLE, "frr-8.4"))
    assert all(found.best == found.paths[-1].id for found in orders(CIRCLE, "frr-10"))


def test_the_rfc_is_blind_to_arrival_and_gobgp_too() -> None:
    assert winners(CIRCLE, "rfc4271", "") == "blue"
    assert winners(CIRCLE, "gobgp", "") == "amber1"


def test_the_printed_reason_of_the_rack_is_not_the_deciding_step() -> None:
    decision = decide_case(catalog.scenes()["rack-reason"], "frr-8.4")
    assert (decision.reason, decision.decided_by.value) == ("AS Path", "med")


RECORDED = {
    "rack-prepend": {"node3": {"as_path": [64512, 64512, 64512]}},
    "rack-loop": {
        "node3": {"as_path": [64512, 64512, 64512]},
        "node1": {"as_path": [64512, 64601]},
    },
    "rack-next-hop": {"node2": {"next_hop": "10.99.0.9"}},
    "rack-equal": {"node1": {"local_pref": 500}},
    "rack-med": {"node2": {"med": 50}, "node3": {"med": 50}},
}


@pytest.mark.parametrize("scene", RECORDED)
def test_the_recorded_router_did_what_the_question_says(scene: str) -> None:
    lab = StageLab(Replay(catalog.module().recording("rack")), "")
    for name, said in RECORDED[scene].items():
        lab.say(name, **said)
    question = next(q for q in QUESTIONS if q.scene and q.scene.id == scene and q.kind == "predict")
    right = question.choice(question.right).value
    shared = lab.table().multipath
    if right.startswith("excluded"):
        assert {"loop": "node1", "dead-next-hop": "node2"}[question.id] not in shared
    else:
        assert "+".join(shared) == right


def test_the_recorded_routers_disagree_as_the_question_says() -> None:
    lab = StageLab(Replay(catalog.module().recording("border")), "")
    lab.say("amber1", "blue")
    chosen = [line for line in lab.second_opinion().text.splitlines() if line.startswith("*>")]
    assert lab.table().best == "blue"
    assert len(chosen) == 1
    assert "10.255.0.1" in chosen[0]  # amber1's NEXT_HOP
