import pytest

from bgp.fsm_visible import DAEMON_TITLES, DAEMONS, MOMENTS, Moment
from bgp.fsm_words import RFC_STATES, State

NAMES = {moment.name: moment for moment in MOMENTS}


@pytest.mark.parametrize("moment", MOMENTS, ids=NAMES)
def test_every_moment_has_a_sentence_a_state_and_the_words_of_every_daemon(moment: Moment) -> None:
    assert set(moment.shown) == set(DAEMONS) == set(DAEMON_TITLES)
    assert moment.what.endswith(".")
    assert moment.note.endswith(".") or not moment.note
    assert moment.states
    assert set(moment.states) <= set(RFC_STATES)
    assert all(shown.summary and shown.detail for shown in moment.shown.values())


def test_no_two_moments_are_called_alike_and_every_state_has_one() -> None:
    assert len(NAMES) == len(MOMENTS)
    assert {state for moment in MOMENTS for state in moment.states} == set(RFC_STATES)


@pytest.mark.parametrize("daemon", DAEMONS)
def test_a_refused_call_shows_as_active_and_an_unanswered_one_as_connect(daemon: str) -> None:
    assert "Active" in NAMES["refused"].shown[daemon].summary
    assert "Connect" in NAMES["unanswered"].shown[daemon].summary
    assert NAMES["refused"].states == (State.IDLE,)  # in the RFC


def test_a_collision_is_two_connections() -> None:
    two = [moment.name for moment in MOMENTS if len(moment.states) > 1]
    assert two == ["two-calls", "collision"]
