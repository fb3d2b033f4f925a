"""Questions about sessions: right and wrong both follow from facts, and the routers agree."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bgp.fsm_words import State
from bgp.hold_time import negotiate
from bgp.notification import Notification
from labs import topology_file
from labs.lab_replay import Replay
from modules import catalog
from modules.catalog import Lesson
from modules.certify_session import (
    HEADERS,
    SEGMENT,
    SESSION_ASKS,
    established,
    expiry,
    update_octets,
)
from modules.questions import Question, read_question
from modules.reading import ContentError
from modules.session_facts import KEEPALIVE, Timers

MODULE = catalog.module()
QUESTIONS = {name: q for name, q in catalog.questions().items() if q.facts}
LESSON = MODULE.lesson("sessions")
TOPOLOGY = topology_file.load("first-session")


@pytest.fixture
def lab() -> Replay:
    return Replay(MODULE.recording("first-session"))


def right(name: str) -> str:
    question = QUESTIONS[name]
    return question.choice(question.right).value


def test_every_question_of_the_lesson_is_certified_from_facts() -> None:
    assert {*LESSON.questions, *LESSON.test_out} == set(QUESTIONS)


def test_the_lesson_holds_at_least_five_predictions_and_both_halves_eight() -> None:
    def predictions(lesson: Lesson) -> int:
        return sum(catalog.questions()[name].kind == "predict" for name in lesson.questions)

    assert predictions(LESSON) >= 5
    assert predictions(LESSON) + predictions(MODULE.lesson("best-path")) >= 8


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=lambda q: q.id)
def test_each_wrong_answer_is_what_its_misconception_would_make_of_the_facts(
    question: Question,
) -> None:
    for choice in question.choices:
        assert bool(choice.as_if) == (choice.id != question.right)
        for fact in choice.as_if:
            assert choice.as_if[fact] != question.facts.get(fact)


QUESTION = MODULE.folder / "questions" / "frozen.toml"


@pytest.mark.parametrize(
    ("old", "new", "key", "rule"),
    [
        ("smaller = false", "smaller = true", "choices[3].as_if", "the model makes '9 s, 4/0'"),
        ("as_if = { smaller = false }", "", "choices[3].as_if", "what they take to be otherwise"),
        ("smaller = false", "mood = 1", "choices[3].as_if", "mood: there are ours"),
        ("theirs = 9", "theirs = 1", "facts", "a hold time of 1 s is refused"),
        ('asks = "silence"', 'asks = "noise"', "asks", "one of best"),
        ("theirs = 9", "theirs = 12", "choices", "exactly one must have the value"),
        ("[facts]", "[fiction]", "facts", "is missing"),
    ],
)
def test_a_wrong_question_about_a_session_is_refused(
    tmp_path: Path, old: str, new: str, key: str, rule: str
) -> None:
    text = QUESTION.read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "frozen.toml"
    file.write_text(text.replace(old, new), encoding="utf-8")
    outcomes = {outcome.id: outcome for outcome in MODULE.outcomes}
    with pytest.raises(ContentError) as caught:
        read_question(file, {}, outcomes, catalog.misconceptions())
    assert key in caught.value.key
    assert rule in caught.value.rule


@pytest.mark.parametrize(
    ("asks", "facts", "answer"),
    [
        ("state", {"machine": "rfc4271", "events": [1, 18]}, "Idle"),
        ("state", {"machine": "frr-10", "events": [1, 18]}, "Active"),
        ("fall", {"machine": "rfc4271", "events": [1, 16, 22]}, "2/None, Idle"),
        ("offer", {"ours": 90, "theirs": 0}, "0 s"),
        ("silence", {"ours": 30, "theirs": 90}, "30 s, 4/0"),
        ("introduction", {"says": {"a": 1, "b": 2}, "expects": {"a": 2, "b": 1}}, "Established"),
        ("stream", {"limit": 1500, "routes": 5000}, "up, all routes"),
        ("stream", {"limit": 70, "routes": 0}, "9 s, 4/0"),
        ("journey", {"routers": ["a", "b"], "asns": [1]}, "1 by a"),
        ("audience", {"told": {"p": ["a"]}, "up": ["b"]}, "none"),
    ],
)
def test_what_the_model_answers(asks: str, facts: Mapping[str, Any], answer: str) -> None:
    assert SESSION_ASKS[asks](facts) == answer


def test_a_hold_time_in_use_is_the_one_that_expires() -> None:
    connection = established(Timers(180, 9))
    assert connection.negotiated_hold_time == negotiate(180, 9) == 9
    fallen = expiry(connection)
    assert fallen.after.state is State.IDLE
    assert fallen.notification == Notification(4, 0)


def test_a_hold_time_of_zero_never_expires() -> None:
    with pytest.raises(ValueError, match="never expires"):
        expiry(established(Timers(0, 90)))


@pytest.mark.parametrize("name", ["closed-port", "lost-call", "both-opens"])
def test_a_state_that_is_asked_for_does_not_depend_on_the_release_of_frr(name: str) -> None:
    facts = {**QUESTIONS[name].facts, "machine": "frr-8.4"}
    assert SESSION_ASKS["state"](facts) == right(name)


# What the questions say of the network is what the network is.


def test_the_questions_are_about_the_lab_that_follows() -> None:
    asn = {name: host.asn for name, host in TOPOLOGY.hosts.items()}
    names = QUESTIONS["wrong-as"].facts
    assert names["expects"] == {"tor1": asn["node1"], "node1": asn["tor1"]}
    assert names["says"]["tor1"] == asn["tor1"]
    journey = QUESTIONS["at-the-border"].facts
    assert list(journey["asns"]) == [asn[name] for name in journey["routers"][:-1]]
    sides = TOPOLOGY.session("tor1", "node1")
    assert QUESTIONS["frozen"].facts["theirs"] == sides.side("node1").hold
    assert sides.side("tor1").hold is None  # FRR's own: 180


def test_who_is_told_what_is_what_the_lab_announces(lab: Replay) -> None:
    told = QUESTIONS["one-uplink"].facts["told"]
    prefixes = {"pod": "10.244.1.0/24", "vip": "198.51.100.7/32"}
    for name, prefix in prefixes.items():
        heard = [peer for peer in ("tor1", "tor2") if prefix in lab.announced("node1", peer)]
        assert heard == list(told[name])


def flat(value: object) -> set[str]:
    if isinstance(value, Mapping):
        return set().union(*map(flat, value.values()))
    return set().union(*map(flat, value)) if isinstance(value, list) else {str(value)}


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=lambda q: q.id)
def test_every_number_in_a_prompt_is_a_fact(question: Question) -> None:
    known = flat(dict(question.facts)) | {"179", "4271"}  # BGP's port, and the RFC
    numbers = re.findall(r"(?<![\w.])\d+", question.prompt)
    assert [number for number in numbers if number not in known] == []


# What the questions call right is what the recorded routers did.


def test_a_closed_port_and_a_lost_call_show_as_predicted(lab: Replay) -> None:
    lab.stop_daemon("node1")
    lab.wait_state("tor1", "node1", right("closed-port"))
    assert lab.state("tor1", "node1") == right("closed-port")
    lab.drop("tor1", "sw1")
    lab.start_daemon("node1")
    lab.wait_state("tor1", "node1", right("lost-call"))
    assert lab.state("tor1", "node1") == right("lost-call")


def test_the_open_that_arrives_leads_where_predicted(lab: Replay) -> None:
    lab.stop_daemon("node1")
    lab.drop("tor1", "sw1")
    lab.start_daemon("node1")
    lab.heal("tor1", "sw1")
    edges = list(lab.follow("tor1", "node1"))
    opened = next(edge for edge in edges if edge.event == "Receive_OPEN_message")
    assert opened.after == right("both-opens")


def test_the_wrong_number_is_told_by_the_side_predicted(lab: Replay) -> None:
    lab.as_number("node1", 64999)
    edges = lab.watch("tor1", "node1", 6)
    refused = next(edge for edge in edges if edge.sent == Notification(2, 2))
    assert right("wrong-as") == f"tor1 sends 2/2, {refused.after}"


def test_a_frozen_daemon_is_given_up_after_the_time_predicted(lab: Replay) -> None:
    lab.freeze("node1")
    edges = lab.watch("tor1", "node1", 14)
    assert edges[0].sent == Notification(4, 0)
    assert edges[0].before is State.ESTABLISHED
    assert right("frozen") == "9 s, 4/0"
    assert lab.state("tor1", "node1") == "OpenSent"


def test_the_small_port_lets_a_quiet_session_live_and_kills_a_busy_one(lab: Replay) -> None:
    lab.mtu("tor1", "sw1", QUESTIONS["small-port"].facts["limit"])
    assert lab.watch("tor1", "node1", 10) == ()
    lab.routes("node1", QUESTIONS["full-table"].facts["routes"])
    edges = lab.watch("tor1", "node1", 28)
    fallen = [edge for edge in edges if edge.before is State.ESTABLISHED]
    assert len(fallen) >= 2
    assert {edge.sent for edge in fallen} == {Notification(4, 0)}
    assert right("full-table").endswith("4/0")


def test_the_border_has_the_path_and_next_hop_predicted(lab: Replay) -> None:
    border = next(h for h in lab.trace("client", "10.244.1.10") if h.host == "border")
    assert right("at-the-border") == f"{border.as_path} by {border.to}"
    assert border.bgp_next_hop == TOPOLOGY.session("border", "tor1").side("tor1").address


def test_without_one_uplink_the_client_reaches_what_was_predicted(lab: Replay) -> None:
    lab.cut("border", "tor1")
    pod = lab.curl("client", "http://10.244.1.10/", 3)
    service = lab.curl("client", "http://198.51.100.7/", 3)
    assert all(answer.error for answer in pod)
    assert [answer.server for answer in service] == ["node1"] * 3
    assert right("one-uplink") == "vip"


def test_the_octets_are_those_the_prompts_speak_of() -> None:
    assert KEEPALIVE + HEADERS == 71
    assert update_octets(2) + HEADERS == 112
    assert update_octets(400) > SEGMENT
