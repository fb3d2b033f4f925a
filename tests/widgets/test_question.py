import json
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from bgp import InvalidValueError
from widgets import Choice, Question, QuestionCard
from widgets.prose import as_lines, blocks, spans

MED = Question(
    id="missing-med",
    prompt="Which one does `tor` use?\n\n- the first\n- the **second**",
    choices=(
        Choice("a", "node1, MED 10", "A missing MED counts as `0`.", "No MED is the worst MED."),
        Choice("b", "node3, no MED", "Zero is the lowest."),
    ),
    right="b",
    explanation="An option changes it.",
)
ORDER = Question("order", "Which is first?", (Choice("m", "MED"), Choice("l", "LP")), ("l", "m"))


def test_feedback_and_the_right_answer_stay_in_python_until_the_commit() -> None:
    for card in (QuestionCard(MED), QuestionCard(ORDER)):
        code = {"_esm", "_css"}
        sent = {name: value for name, value in card.get_state().items() if name not in code}
        shown = json.dumps(sent, default=str) + card.text() + card.svg()
        for secret in ("counts as", "worst", "Zero", "changes it", '"solution"', '"right"'):
            assert secret not in shown
        assert card.view["committed"] is None


def test_a_wrong_answer_is_answered_by_the_idea_behind_it() -> None:
    kept: list[object] = []
    card = QuestionCard(MED, on_commit=kept.append)
    card.obey({"do": "commit", "answer": "a"})
    assert (card.answer, card.right, kept) == ("a", False, ["a"])
    said = card.view["committed"]
    assert [part["kind"] for part in said["said"]] == ["idea", "feedback"]
    assert said["solution"] == "b"
    assert [other["id"] for other in said["others"]] == ["b"]
    assert "The idea behind it: No MED is the worst MED." in card.text()
    assert "An option changes it." in card.text()


def test_a_right_answer_is_told_why_it_is_right() -> None:
    card = QuestionCard(MED)
    assert card.commit("b") == "b"
    assert card.right
    assert "Right." in card.text()


def test_an_order_is_committed_whole() -> None:
    kept: list[object] = []
    card = QuestionCard(ORDER, on_commit=kept.append)
    for wrong in ("m", ["m"], ["m", "m"], ["l", "m", "x"], None, 5):
        with pytest.raises(InvalidValueError, match="answer"):
            card.commit(wrong)  # type: ignore[arg-type]
    card.commit(["l", "m"])
    assert (card.answer, card.right, kept) == (("l", "m"), True, [["l", "m"]])


def test_an_answer_stays_as_it_was_committed() -> None:
    card = QuestionCard(MED)
    card.commit("a")
    with pytest.raises(InvalidValueError, match="committed before"):
        card.commit("b")
    assert card.answer == "a"


def test_an_answer_that_cannot_be_kept_is_not_committed() -> None:
    def full(_: object) -> None:
        raise OSError("disk full")

    card = QuestionCard(MED, on_commit=full)
    with pytest.raises(InvalidValueError, match="disk full"):
        card.commit("a")
    assert card.answer is None


@pytest.mark.parametrize(
    ("answer", "restored"), [("a", "a"), ("z", None), (["a"], None), (5, None)]
)
def test_an_earlier_answer_is_restored_if_it_still_fits(answer: Any, restored: str | None) -> None:
    kept: list[object] = []
    card = QuestionCard(MED, answer=answer, on_commit=kept.append)
    assert card.answer == restored
    assert bool(card.view["remark"]) == (restored is None)
    assert kept == []


def test_an_order_is_restored_from_the_list_an_answer_file_holds() -> None:
    assert QuestionCard(ORDER, answer=["m", "l"]).answer == ("m", "l")


@pytest.mark.parametrize(
    "data",
    [
        {},
        5,
        {"id": "q", "prompt": "?", "choices": [], "right": "a"},
        {"id": "q", "prompt": "?", "choices": [{"id": "a", "text": "a"}] * 2, "right": "a"},
        {"id": "q", "prompt": "?", "choices": [{"id": n, "text": n} for n in "ab"], "right": "c"},
        {"id": "q", "prompt": "?", "choices": [{"id": n, "colour": n} for n in "ab"], "right": "a"},
    ],
)
def test_a_question_that_cannot_be_answered_is_refused(data: Any) -> None:
    with pytest.raises(InvalidValueError):
        QuestionCard(data)


def test_a_question_may_be_given_as_plain_data() -> None:
    plain = {
        "id": "q",
        "prompt": "?",
        "choices": [{"id": "a", "text": "a"}, {"id": "b", "text": "b"}],
        "right": ["b", "a"],
    }
    assert QuestionCard(plain).question.ordering


def test_hostile_words_stay_text_in_the_picture() -> None:
    evil = "<script>alert(1)</script> </text> \x00 **bold** `<b>`"
    card = QuestionCard(Question(evil, evil, (Choice("a", evil, evil), Choice("b", evil)), "b"))
    card.commit("a")
    picture = ET.fromstring(card.svg())  # noqa: S314 - that it is well-formed is the test
    assert {e.tag.rpartition("}")[2] for e in picture.iter()} <= {
        "svg", "title", "desc", "rect", "text",
    }  # fmt: skip


def test_the_little_markdown_is_read_and_everything_else_stays_text() -> None:
    assert spans("a `b*c*` **d** *e* <f> 2 * 3 * 4") == [
        ["text", "a "],
        ["code", "b*c*"],
        ["text", " "],
        ["strong", "d"],
        ["text", " "],
        ["em", "e"],
        ["text", " <f> 2 * 3 * 4"],
    ]
    text = "one\ntwo\n\n- a\n  b\n- c\n```\nx  y\n```\nend"
    assert [block["kind"] for block in blocks(text)] == [
        "p", "li", "li", "pre", "p",
    ]  # fmt: skip
    assert as_lines("one\ntwo\n\n- a\n```\nx\n```", 40) == ["one two", "- a", "    x"]
