"""Following a router that runs: in the background, to an end, and never in the learner's way."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bgp import InvalidValueError
from bgp.fsm_log import LoggedTransition
from bgp.fsm_recording import parse_recording
from bgp.fsm_words import State
from labs.polling import poll
from widgets import SessionFsm

LOG = parse_recording(
    (Path(__file__).parents[1] / "bgp/recorded/fsm/clean-start.frr-10.log").read_text("utf-8")
)
SECONDS = 20


class Router:
    """A router whose log grows when the test says so."""

    def __init__(self) -> None:
        self.said = threading.Semaphore(0)
        self.closed = threading.Event()

    def transitions(self) -> Iterator[LoggedTransition]:
        try:
            for logged in LOG.transitions:
                self.said.acquire()
                yield logged
        finally:
            self.closed.set()

    def say(self, count: int = 1) -> None:
        self.said.release(count)


def until(widget: SessionFsm, end: int) -> None:
    poll(f"{end} transitions", lambda: widget.view["end"] == end, SECONDS)


def test_a_transition_is_in_the_picture_when_it_has_happened_and_not_before() -> None:
    router, widget = Router(), SessionFsm()
    widget.follow(router.transitions(), pace=0)
    assert widget.following
    assert widget.view["following"]["status"] == "live"
    for count in range(1, 4):
        router.say()
        until(widget, count)
        assert widget.state is LOG.transitions[count - 1].after
    widget.stop_following()
    assert not widget.following
    assert widget.view["following"] == {
        "status": "stopped",
        "text": "Following was stopped. Run the cell again to follow on.",
    }
    router.say(2)
    assert router.closed.wait(SECONDS)
    assert widget.view["end"] == 3  # what came after the stop is not shown


def test_following_ends_with_its_source() -> None:
    widget = SessionFsm()
    widget.follow(LOG.transitions, pace=0, block=True, title="The rack", origin="Live: FRR 10")
    assert widget.state is State.ESTABLISHED
    assert widget.view["following"]["status"] == "ended"
    assert (widget.view["title"], widget.view["origin"]) == ("The rack", "Live: FRR 10")


def test_following_ends_after_its_seconds_even_where_the_router_says_nothing() -> None:
    router, widget = Router(), SessionFsm()
    widget.follow(router.transitions(), seconds=0.1)
    poll("its end", lambda: not widget.following, SECONDS)
    poll("the word", lambda: "0.1 seconds" in widget.view["following"]["text"], SECONDS)
    router.say()
    assert router.closed.wait(SECONDS)


def test_an_error_of_the_source_is_told_in_the_picture_and_what_came_before_stays() -> None:
    def broken() -> Iterator[LoggedTransition]:
        yield from LOG.transitions[:2]
        raise OSError("the lab is gone")

    widget = SessionFsm()
    widget.follow(broken(), pace=0, block=True)
    assert widget.view["following"]["status"] == "failed"
    assert "the lab is gone" in widget.view["following"]["text"]
    assert "the lab is gone" in widget.text()
    assert widget.view["end"] == 2


def test_what_is_no_transition_is_refused_by_name() -> None:
    widget = SessionFsm()
    widget.follow(["10.0.0.1 [FSM]"], block=True)  # type: ignore[list-item]  # that is the point
    assert "a LoggedTransition, or None" in widget.view["following"]["text"]


def test_a_function_that_returns_no_text_is_refused_by_what_it_returned() -> None:
    widget = SessionFsm()
    widget.follow(lambda: b"10.0.0.1 [FSM]", block=True)  # type: ignore[arg-type, return-value]
    assert "the log as text, got 'bytes'" in widget.view["following"]["text"]


def test_a_log_is_looked_at_again_and_again_and_each_line_taken_once() -> None:
    lines = LOG.log.splitlines()
    half, shown, widget = len(lines) // 2, threading.Event(), SessionFsm()

    def log() -> str:  # a line that comes late stands before what was read already
        return "\n".join(["bgpd started", *lines] if shown.is_set() else lines[:half])

    widget.follow(log, pace=0)
    poll("the first half", lambda: 0 < widget.view["end"] < len(LOG.transitions), SECONDS)
    shown.set()
    until(widget, len(LOG.transitions))
    widget.stop_following()
    assert widget.state is State.ESTABLISHED


def test_the_slider_stays_where_the_learner_put_it() -> None:
    router, widget = Router(), SessionFsm()
    widget.follow(router.transitions(), pace=0)
    router.say(2)
    until(widget, 2)
    widget.obey({"do": "seek", "position": 1})
    router.say()
    until(widget, 3)
    assert widget.view["position"] == 1
    widget.obey({"do": "stop"})
    router.say()
    assert router.closed.wait(SECONDS)


def test_a_learner_who_is_asked_first_sees_nothing_before_the_answer() -> None:
    router, widget = Router(), SessionFsm()
    widget.follow(router.transitions(), pace=0)
    router.say()
    until(widget, 1)
    widget.obey({"do": "practice", "on": True})
    router.say(2)
    until(widget, 3)
    assert widget.view["position"] == 1
    widget.obey({"do": "seek", "position": 2})
    assert widget.hidden
    router.say()
    until(widget, 4)
    assert widget.view["position"] == 1
    widget.commit("Active")
    assert widget.view["position"] == 2
    widget.stop_following()
    router.say()
    assert router.closed.wait(SECONDS)


def test_a_second_router_takes_the_place_of_the_first() -> None:
    first, widget = Router(), SessionFsm()
    widget.follow(first.transitions(), pace=0)
    widget.follow(LOG.transitions, pace=0, block=True)
    assert widget.view["following"]["status"] == "ended"
    first.say()
    assert first.closed.wait(SECONDS)
    assert widget.view["end"] == len(LOG.transitions)


def test_nothing_is_followed_while_a_prediction_is_waited_for() -> None:
    widget = SessionFsm((1, 16), predict="next_state", ask=18)
    with pytest.raises(InvalidValueError, match="committed prediction first"):
        widget.follow(LOG.transitions)


@pytest.mark.parametrize(
    ("source", "options", "told"),
    [
        (LOG.log, {}, "SessionFsm.replay"),
        (None, {}, "a function that returns the log"),
        (LOG.transitions, {"seconds": -1}, "seconds: expected a number from 0"),
        (LOG.transitions, {"pace": float("nan")}, "pace: expected a number from 0"),
        (LOG.transitions, {"seconds": "soon"}, "seconds: expected a number from 0"),
    ],
)
def test_what_cannot_be_followed_is_refused_at_once_and_changes_nothing(
    source: Any, options: dict[str, Any], told: str
) -> None:
    widget = SessionFsm((1,))
    with pytest.raises(InvalidValueError, match=told):
        widget.follow(source, **options)
    assert widget.session.steps == 1


def test_a_verdict_goes_when_the_router_goes_on() -> None:
    widget = SessionFsm.replay(LOG.transitions[:1], predict="next_state")
    widget.commit("Connect")
    assert widget.view["predict"]["came"] == "right"
    widget.follow(LOG.transitions, pace=0, block=True)
    assert widget.view["predict"] is None
    assert widget.view["end"] == len(LOG.transitions)  # what was there already is not there twice
