import pytest

from bgp.fsm import Connection, Stimulus, step
from bgp.fsm_frr import next_state
from bgp.fsm_frr_table import ABSENT, FRR_TABLE, frr_event
from bgp.fsm_table import RFC_TABLE, Row
from bgp.fsm_words import Event, Origin, State, Timer
from bgp.notification import Notification

_RFC = [row for row in RFC_TABLE if row.event not in ABSENT]
_PAIRS = list(zip(_RFC, FRR_TABLE, strict=False))


@pytest.mark.parametrize(
    ("rfc", "frr"), _PAIRS, ids=lambda row: f"{row.state}-{row.event.name}-{len(row.conditions)}"
)
def test_every_row_goes_where_frr_s_own_table_goes(rfc: Row, frr: Row) -> None:
    event = frr_event(rfc)
    assert (rfc.state, rfc.event, rfc.conditions) == (frr.state, frr.event, frr.conditions)
    if event is None:
        assert frr.next_state is rfc.next_state
    else:
        assert frr.next_state is next_state(rfc.state, event)
    if frr != rfc:
        assert frr.origin is Origin.FRR
        assert frr.note


def walk(*events: int) -> Connection:
    connection = Connection()
    for number in events:
        connection = step(connection, Stimulus(Event(number)), FRR_TABLE).after
    return connection


def test_a_refused_call_leaves_frr_in_active() -> None:
    assert walk(1, 18).state is State.ACTIVE


def test_the_hold_timer_of_open_sent_runs_on_until_established() -> None:
    assert walk(1, 16, 19).remaining(Timer.HOLD) == 240
    assert walk(1, 16, 19, 26).remaining(Timer.HOLD) == 90


def test_an_established_session_ends_in_clearing_where_everything_is_ignored() -> None:
    assert walk(1, 16, 19, 26, 10).state is State.CLEARING
    assert walk(1, 16, 19, 26, 10, 1, 16, 25).state is State.CLEARING


def test_a_header_error_in_established_gets_its_own_code() -> None:
    taken = step(walk(1, 16, 19, 26), Stimulus(Event.BGP_HEADER_ERR), FRR_TABLE)
    assert taken.notification == Notification(1)
