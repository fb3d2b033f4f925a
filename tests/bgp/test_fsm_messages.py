from dataclasses import fields

import pytest

from bgp import fsm_messages as words
from bgp.fsm import Connection, SessionAttributes, Stimulus, step
from bgp.fsm_log import parse_frr_log
from bgp.fsm_row import Row
from bgp.fsm_table import RFC_TABLE
from bgp.fsm_words import Event, EventGroup, State, Timer


def test_every_state_event_timer_and_attribute_has_its_words() -> None:
    assert set(words.STATE_LINES) == set(State)
    assert set(words.EVENT_LINES) == set(words.EVENT_SHORT) == set(Event)
    assert set(words.GROUP_TITLES) == set(EventGroup)
    assert set(words.TIMER_LINES) == set(Timer)
    names = {field.name for field in fields(SessionAttributes)}
    assert set(words.ATTRIBUTE_TITLES) == set(words.ATTRIBUTE_LINES) == names


def test_lines_are_sentences_and_no_two_say_the_same() -> None:
    for table in (words.STATE_LINES, words.EVENT_LINES):
        assert all(line[0].isupper() and line.endswith(".") for line in table.values())
        assert len(set(table.values())) == len(table)


@pytest.mark.parametrize("row", RFC_TABLE, ids=lambda row: f"{row.state}-{row.event.name}")
def test_every_row_is_told_in_one_sentence_that_names_event_and_state(row: Row) -> None:
    said = words.row_sentence(row)
    assert said.endswith(".")
    assert words.event_name(row.event) in said
    assert row.state in said
    assert ("ignores" in said) is row.ignored
    if row.notification is not None:
        assert f"NOTIFICATION {row.notification}" in said


def test_a_transition_is_told_with_what_the_peer_would_notice() -> None:
    taken = step(Connection(), Stimulus(Event.MANUAL_START))
    taken = step(taken.after, Stimulus(Event.TCP_CR_ACKED))
    assert words.transition_sentence(taken) == (
        "Tcp_CR_Acked (16) takes the connection from Connect to OpenSent; an OPEN is sent."
    )


def test_a_row_says_on_what_it_hangs_and_where_it_is_written() -> None:
    row = next(r for r in RFC_TABLE if r.state is State.CONNECT and r.event == 18 and r.note)
    said = words.why_row(row)
    assert said[0] == "Because: DelayOpenTimer not running."
    assert said[-1] == "RFC 4271 section 8.2.2."


def test_a_line_of_a_log_is_told_and_a_strange_one_reported() -> None:
    head = "2026/11/23 09:00:00 BGP: 10.0.0.2 [FSM] "
    edges = ("BGP_Start (Idle->Connect), fd -1", "BGP_Start (Connect->Established), fd -1")
    fine, strange = parse_frr_log([head + edge for edge in edges])
    assert words.logged_sentence(fine) == ("BGP_Start takes the connection from Idle to Connect.")
    assert "worth a report" in words.logged_sentence(strange)
