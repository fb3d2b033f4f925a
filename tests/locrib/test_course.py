"""The front door of lessons: notebooks, the first cell, the home page."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from locrib import answers, course
from locrib.home import HomePage
from locrib.lesson import card, close_labs
from locrib.session_lab import SessionLab
from locrib.stage_lab import StageLab
from modules import catalog
from widgets import QuestionCard

LESSON = catalog.module().lesson("best-path")


@pytest.fixture(autouse=True)
def _folder(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert home.is_dir()
    monkeypatch.setenv("LOCRIB_NOTEBOOK_FOLDER", str(tmp_path))


def wrong(question_id: str) -> str:
    question = catalog.questions()[question_id]
    return next(choice.id for choice in question.choices if choice.id != question.right)


def test_the_home_page_comes_first() -> None:
    assert course.notebooks()[0][1] == course.HOME == "home.ipynb"


def test_knowing_the_notebooks_does_not_import_what_lessons_need() -> None:
    script = (
        "import sys; from locrib import course; course.notebooks(); "
        "print([name for name in ('anywidget', 'ipywidgets', 'plotly') if name in sys.modules])"
    )
    top = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=top, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_lesson_that_is_not_there_is_refused() -> None:
    with pytest.raises(KeyError, match="there are: best-path, sessions"):
        course.lesson("incidents")


def test_a_committed_answer_is_kept_and_there_again() -> None:
    desk = course.lesson("best-path")
    desk.ask("longer-path").commit("a")
    kept = answers.load("longer-path")
    assert kept is not None
    assert kept.latest.answer == "a"
    again = desk.ask("longer-path")
    assert (again.answer, again.right) == ("a", True)


def test_an_answer_to_an_older_question_is_not_put_back() -> None:
    answers.save("longer-path", "a", question_version=99)
    assert course.lesson("best-path").ask("longer-path").answer is None


@pytest.mark.parametrize("question_id", catalog.questions())
def test_a_wrong_answer_is_met_with_the_idea_behind_it(question_id: str) -> None:
    asked = catalog.questions()[question_id]
    shown = QuestionCard(card(asked))
    shown.commit(wrong(question_id))
    chosen = asked.choice(wrong(question_id))
    assert chosen.misconception is not None
    said = " ".join(shown.text().split())
    assert catalog.misconceptions()[chosen.misconception].believes.replace("`", "") in said
    assert catalog.misconceptions()[chosen.misconception].source in said


def test_before_the_commit_nothing_gives_the_answer_away() -> None:
    shown = QuestionCard(card(catalog.questions()["longer-path"]))
    state = repr(shown.get_state())
    for choice in catalog.questions()["longer-path"].choices:
        assert choice.feedback[:30] not in state


def test_a_question_of_another_lesson_is_refused_with_those_there_are() -> None:
    with pytest.raises(KeyError, match="longer-path"):
        course.lesson("best-path").ask("no-such")


def test_the_desk_tells_what_came_true() -> None:
    desk = course.lesson("best-path")
    desk.ask("longer-path").commit(catalog.questions()["longer-path"].right)
    desk.ask("loop").commit(wrong("loop"))
    text = desk._repr_mimebundle_()["text/plain"]
    assert "2 of 10 questions answered" in text
    assert "2 of 10 predictions committed, 1 came true." in text


def test_an_answer_file_edited_by_hand_does_not_break_the_desk() -> None:
    answers.save("loop", "zzz", question_version=1)
    assert (
        "0 of 10 predictions committed"
        in course.lesson("best-path")._repr_mimebundle_()["text/plain"]
    )


def test_the_home_page_follows_the_answers(tmp_path: Path) -> None:
    page = HomePage(catalog.module(), tmp_path)
    assert "Begin: Best path" in page._repr_mimebundle_()["text/plain"]
    for lesson in catalog.module().lessons:
        for question_id in lesson.questions:
            course.lesson(lesson.id).ask(question_id).commit("a")
    assert "everything there is" in page._repr_mimebundle_()["text/plain"]


def test_calculators_show_two_profiles_and_take_knobs() -> None:
    desk = course.lesson("best-path")
    shown = desk.scene_calculator("border-three", second="rfc4271", always_compare_med=True)
    assert shown.second == "rfc4271"
    assert "FRR 8.4 takes amber1, RFC 4271 takes blue" in shown.text()


def test_the_circle_and_the_orders_come_from_the_model() -> None:
    desk = course.lesson("best-path")
    assert "amber1 beats amber2: MED 10 < 20" in desk.circle("border-three").text
    assert "in: FRR 10." in desk.orders("border-three", deterministic_med=True).text


def test_a_recorded_session_is_there_to_be_played_and_not_called_live(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LOCRIB_STAGE", "recording")
    desk = course.lesson("sessions")
    lab = desk.lab("first-session")
    assert isinstance(lab, SessionLab)
    lab.drop("tor1", "sw1")
    lab.heal("tor1", "sw1")
    fsm = desk.follow(lab, "tor1", "node1")
    assert not fsm.following
    assert "tor1 to node1, recorded" in fsm.text()
    assert not re.search(r"\blive\b", fsm.text(), re.IGNORECASE)
    close_labs()


def test_the_machine_on_the_desk_takes_events() -> None:
    assert course.lesson("sessions").machine(1, 18).state == "Idle"
    assert course.lesson("sessions").machine(1, 18, machine="frr-10").state == "Active"


def test_the_ways_down_are_on_the_desk() -> None:
    assert "TcpConnectionFails (18) to Active" in course.lesson("sessions").ways_down().text


def test_a_lab_opened_twice_is_the_same_lab_at_its_beginning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LOCRIB_STAGE", "recording")
    desk = course.lesson("best-path")
    lab = desk.lab("rack")
    assert isinstance(lab, StageLab)
    lab.cut("node2")
    assert desk.lab("rack") is lab
    assert "node2" in lab.table().multipath
    close_labs()
