from dataclasses import replace

import pytest

from bgp.fsm import Connection, SessionAttributes, Stimulus, advance, step
from bgp.fsm_frr import frr_events, next_state
from bgp.fsm_frr_differences import ABSENT, DIFFERENCES, RELEASES, Difference
from bgp.fsm_frr_table import FRR_TABLE, FRR_TABLES, RFC_ROWS
from bgp.fsm_row import Row
from bgp.fsm_table import RFC_TABLE
from bgp.fsm_words import Action, Event, Origin, State, Timer
from bgp.notification import Notification

PAIRS = [
    (rfc, frr)
    for release in RELEASES
    for rfc, frr in zip(RFC_ROWS, FRR_TABLES[release], strict=False)
]


@pytest.mark.parametrize(
    ("rfc", "frr"), PAIRS, ids=lambda row: f"{row.state}-{row.event.name}-{len(row.conditions)}"
)
def test_every_row_goes_where_frr_s_own_table_goes(rfc: Row, frr: Row) -> None:
    assert (rfc.state, rfc.event, rfc.conditions) == (frr.state, frr.event, frr.conditions)
    names = frr_events(frr)
    if rfc.event is Event.SEND_HOLD_TIMER_EXPIRES and not names:  # FRR 10 tells its machine nothing
        assert frr.next_state is State.ESTABLISHED
    elif names:
        assert frr_events(rfc) == names
        assert {next_state(rfc.state, name) for name in names} == {frr.next_state}
    else:
        assert frr.next_state is rfc.next_state
    if frr != rfc:
        assert frr.origin is Origin.FRR
        assert frr.note
    assert (Action.SEND_NOTIFICATION in frr.actions) is (frr.notification is not None)


def test_nothing_but_what_frr_lacks_is_left_out() -> None:
    kept = [row for row in RFC_TABLE if row.event not in ABSENT]
    assert [(row.state, row.event, row.conditions) for row in kept] == [
        (row.state, row.event, row.conditions) for row in RFC_ROWS
    ]
    for row, without in zip(kept, RFC_ROWS, strict=True):
        damping = (Action.DAMP,) if Action.DAMP in row.actions else ()
        assert replace(without, actions=row.actions) == row
        assert sorted((*without.actions, *damping)) == sorted(row.actions)


@pytest.mark.parametrize("difference", DIFFERENCES, ids=lambda each: each.why[:40])
def test_every_difference_is_one_and_says_why(difference: Difference) -> None:
    about = [row for row in RFC_ROWS if difference.is_about(row)]
    assert {(row.state, row.event) for row in about} == {
        (state, event) for state in difference.states for event in difference.events
    }
    for release in difference.releases:
        rows = {(r.state, r.event, r.conditions): r for r in FRR_TABLES[release]}
        for row in about:
            made = rows[row.state, row.event, row.conditions]
            assert made != row
            assert difference.why in made.note
    assert difference.why.endswith(".")


def walk(*events: int, table: tuple[Row, ...] = FRR_TABLE, hold_time: int = 3) -> Connection:
    connection = Connection(attributes=SessionAttributes(hold_time=180))
    for number in events:
        agreed = hold_time if number == Event.BGP_OPEN else None
        connection = step(connection, Stimulus(Event(number), agreed), table).after
    return connection


def test_a_refused_call_leaves_frr_in_active() -> None:
    assert walk(1, 18).state is State.ACTIVE


@pytest.mark.parametrize("release", RELEASES)
def test_the_configured_hold_time_counts_in_open_sent(release: str) -> None:
    assert walk(1, 16, table=FRR_TABLES[release]).remaining(Timer.HOLD) == 180


def test_in_8_4_the_negotiated_hold_time_counts_from_the_second_keepalive_only() -> None:
    table = FRR_TABLES["frr-8.4"]
    assert walk(1, 16, 19, table=table).remaining(Timer.HOLD) == 180
    assert walk(1, 16, 19, 26, table=table).remaining(Timer.HOLD) == 180
    assert walk(1, 16, 19, 26, 26, table=table).remaining(Timer.HOLD) == 3


def test_in_10_it_counts_from_open_confirm_as_in_the_rfc() -> None:
    table = FRR_TABLES["frr-10"]
    assert walk(1, 16, 19, table=table).remaining(Timer.HOLD) == 3
    assert walk(1, 16, 19, 26, table=table).remaining(Timer.HOLD) == 3


def test_an_established_session_ends_in_clearing_where_everything_is_ignored() -> None:
    assert walk(1, 16, 19, 26, 10).state is State.CLEARING
    assert walk(1, 16, 19, 26, 10, 1, 16, 25).state is State.CLEARING


def test_a_header_error_in_established_gets_its_own_code() -> None:
    taken = step(walk(1, 16, 19, 26), Stimulus(Event.BGP_HEADER_ERR), FRR_TABLE)
    assert taken.notification == Notification(1)


@pytest.mark.parametrize(("release", "told"), [("frr-8.4", None), ("frr-10", Notification(8, 0))])
def test_a_peer_that_reads_nothing_is_told_so_by_10_only(
    release: str, told: Notification | None
) -> None:
    table = FRR_TABLES[release]
    stuck = replace(walk(1, 16, 19, 26, table=table, hold_time=0), peer_reads=False)
    assert advance(stuck, 9999, table)[1] == ()
    stuck = replace(walk(1, 16, 19, 26, 26, table=table, hold_time=180), peer_reads=False)
    seen = step(stuck, Stimulus(Event.SEND_HOLD_TIMER_EXPIRES), table)
    assert seen.notification == told
    assert not seen.after.tcp
    assert seen.after.timers == {}
    assert seen.after.state is (State.CLEARING if told is None else State.ESTABLISHED)
