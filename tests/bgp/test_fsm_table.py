"""The table against an independent reading of RFC 4271 section 8.2.2, list by list."""

import pytest

from bgp.fsm import OPPOSITES
from bgp.fsm_row import Row
from bgp.fsm_sources import sources
from bgp.fsm_table import RFC_TABLE
from bgp.fsm_words import (
    RFC_STATES,
    Action,
    Condition,
    Counter,
    Event,
    EventGroup,
    Origin,
    State,
)
from bgp.notification import CODE_TITLES, SUBCODE_TITLES, ErrorCode, Notification

OF_4271 = [row for row in RFC_TABLE if row.origin is Origin.RFC_4271]
STARTS = (1, 3, 4, 5, 6, 7)

# "any other event" of each state, as the text lists the numbers, with its one outcome:
# next state, NOTIFICATION code, what happens to the counter.
ANY_OTHER = {
    State.IDLE: ((*range(9, 13), *range(15, 29)), (State.IDLE, None, None)),
    State.CONNECT: (
        (8, 10, 11, 13, 19, 23, *range(25, 29)),
        (State.IDLE, None, Counter.INCREMENT),
    ),
    State.ACTIVE: (
        (8, 10, 11, 13, 19, 23, *range(25, 29)),
        (State.IDLE, None, Counter.INCREMENT),
    ),
    State.OPEN_SENT: ((9, *range(11, 14), 20, *range(25, 29)), (State.IDLE, 5, Counter.INCREMENT)),
    State.OPEN_CONFIRM: ((9, 12, 13, 20, 27, 28), (State.IDLE, 5, Counter.INCREMENT)),
    State.ESTABLISHED: ((9, 12, 13, 20, 21, 22), (State.IDLE, 5, Counter.INCREMENT)),
}

# Every pair whose outcome leads elsewhere than to Idle or back to itself: the graph's real edges.
EDGES = {
    (State.IDLE, 1, State.CONNECT),
    (State.IDLE, 3, State.CONNECT),
    (State.IDLE, 4, State.ACTIVE),
    (State.IDLE, 5, State.ACTIVE),
    (State.CONNECT, 12, State.OPEN_SENT),
    (State.CONNECT, 16, State.OPEN_SENT),
    (State.CONNECT, 17, State.OPEN_SENT),
    (State.CONNECT, 18, State.ACTIVE),
    (State.CONNECT, 20, State.OPEN_CONFIRM),
    (State.ACTIVE, 9, State.CONNECT),
    (State.ACTIVE, 12, State.OPEN_SENT),
    (State.ACTIVE, 16, State.OPEN_SENT),
    (State.ACTIVE, 17, State.OPEN_SENT),
    (State.ACTIVE, 20, State.OPEN_CONFIRM),
    (State.OPEN_SENT, 18, State.ACTIVE),
    (State.OPEN_SENT, 19, State.OPEN_CONFIRM),
    (State.OPEN_CONFIRM, 26, State.ESTABLISHED),
}


def of(state: State, number: int) -> list[Row]:
    return [row for row in OF_4271 if (row.state, row.event) == (state, number)]


def test_every_state_and_event_has_its_row() -> None:
    pairs = {(row.state, row.event) for row in OF_4271}
    assert pairs == {(state, Event(number)) for state in RFC_STATES for number in range(1, 29)}


@pytest.mark.parametrize("state", RFC_STATES)
def test_any_other_event_has_the_one_outcome_the_text_gives(state: State) -> None:
    numbers, outcome = ANY_OTHER[state]
    for number in numbers:
        for row in of(state, number):
            code = None if row.notification is None else row.notification.code
            assert (row.next_state, code, row.counter) == outcome, (state, number)


def test_the_edges_of_the_graph_are_those_of_the_text() -> None:
    found = {
        (row.state, int(row.event), row.next_state)
        for row in OF_4271
        if row.next_state not in (None, State.IDLE, row.state)
    }
    assert found == EDGES


@pytest.mark.parametrize("state", RFC_STATES[1:])
def test_a_start_is_ignored_everywhere_but_in_idle(state: State) -> None:
    assert all(row.ignored for number in STARTS for row in of(state, number))


def test_from_open_sent_on_only_a_failed_connection_in_open_sent_leads_elsewhere_than_to_idle() -> (
    None
):
    for row in OF_4271:
        late = row.state in (State.OPEN_SENT, State.OPEN_CONFIRM, State.ESTABLISHED)
        if late and row.next_state not in (State.IDLE, row.state):
            forward = row.next_state in (State.OPEN_CONFIRM, State.ESTABLISHED)
            assert forward or (row.state, row.event, row.next_state) == (
                State.OPEN_SENT,
                Event.TCP_CONNECTION_FAILS,
                State.ACTIVE,
            )


@pytest.mark.parametrize("state", RFC_STATES)
def test_a_manual_stop_zeroes_the_counter_and_a_start_from_idle_too(state: State) -> None:
    if state is State.IDLE:
        assert {row.counter for n in (1, 3, 4, 5) for row in of(state, n)} == {Counter.ZERO}
        assert all(row.ignored for row in of(state, 2))
    else:
        assert {row.counter for row in of(state, 2)} == {Counter.ZERO}


def test_the_failures_that_do_not_count_are_the_four_the_text_leaves_out() -> None:
    uncounted = {
        (row.state, int(row.event), row.conditions)
        for row in OF_4271
        if row.next_state is State.IDLE and row.state is not State.IDLE and row.counter is None
    }
    assert uncounted == {
        (State.CONNECT, 18, (Condition.DELAY_OPEN_NOT_RUNNING,)),
        (State.CONNECT, 24, (Condition.DELAY_OPEN_RUNNING,)),
        (State.ACTIVE, 24, (Condition.DELAY_OPEN_RUNNING,)),
        (State.OPEN_SENT, 24, ()),
        (State.OPEN_CONFIRM, 24, ()),
    }


def test_idle_sends_nothing_and_connect_and_active_only_with_the_option() -> None:
    for row in OF_4271:
        if row.notification is None:
            assert Action.SEND_NOTIFICATION not in row.actions
            continue
        earlier = row.actions[: row.actions.index(Action.SEND_NOTIFICATION)]
        assert earlier in ((), (Action.DETECT_COLLISION,))
        assert row.next_state is State.IDLE
        assert row.state is not State.IDLE
        if row.state in (State.CONNECT, State.ACTIVE):
            assert Condition.SEND_NOTIFICATION in row.conditions
            assert (row.state, row.event) in {
                (State.CONNECT, 21),
                (State.CONNECT, 22),
                (State.ACTIVE, 21),
                (State.ACTIVE, 22),
                (State.ACTIVE, 2),
            }


@pytest.mark.parametrize("state", [State.OPEN_SENT, State.OPEN_CONFIRM, State.ESTABLISHED])
def test_each_failure_names_itself_by_code_and_subcode(state: State) -> None:
    subcode = {State.OPEN_SENT: 1, State.OPEN_CONFIRM: 2, State.ESTABLISHED: 3}[state]
    told = {
        int(row.event): (row.notification.code, row.notification.subcode)
        for row in OF_4271
        if row.state is state and row.notification is not None
    }
    assert told[2] == (6, 2)
    assert told[8] == (6, 1)
    assert told[10] == (4, 0)
    assert told[23] == (6, 7)
    for number in (9, 12, 13):
        assert told[number] == (5, 0)
    assert told[20] == (5, subcode)
    if state is State.ESTABLISHED:
        assert (told[21], told[22], told[28]) == ((5, 3), (5, 3), (3, None))
    else:
        assert (told[21], told[22], told[28]) == ((1, None), (2, None), (5, subcode))


def test_routes_are_deleted_on_every_way_out_of_established_but_the_one_the_text_forgets() -> None:
    kept = [
        int(row.event)
        for row in OF_4271
        if row.state is State.ESTABLISHED
        and row.next_state is State.IDLE
        and Action.DELETE_ROUTES not in row.actions
    ]
    assert kept == [10]
    assert all(
        Action.DELETE_ROUTES not in row.actions
        for row in OF_4271
        if row.state is not State.ESTABLISHED
    )


def test_what_damping_does_is_left_out_of_scope() -> None:
    beyond = {(row.state, int(row.event)) for row in OF_4271 if row.next_state is None}
    assert beyond == {(State.IDLE, 6), (State.IDLE, 7), (State.IDLE, 13)}
    assert all(row.note for row in OF_4271 if row.next_state is None)


def test_rows_of_one_pair_exclude_each_other() -> None:
    for state in RFC_STATES:
        for event in list(Event)[:28]:
            rows = of(state, event)
            for row in rows:
                for other in rows:
                    if row is not other:
                        clash = {OPPOSITES.get(c, c) for c in row.conditions} & {
                            OPPOSITES.get(c, c) for c in other.conditions
                        }
                        assert clash, (state, event)
                        assert row.conditions != other.conditions


def test_the_first_open_is_sent_on_the_way_to_open_sent_and_nowhere_else() -> None:
    for row in OF_4271:
        sends = Action.SEND_OPEN in row.actions
        opens = row.next_state is State.OPEN_SENT and row.state is not State.OPEN_SENT
        early = row.event == Event.BGP_OPEN_DELAYED and row.next_state is State.OPEN_CONFIRM
        assert sends == (opens or early)
        assert (Action.HOLD_LARGE in row.actions) == opens


def test_the_optional_events_are_those_the_text_calls_optional() -> None:
    optional = [int(event) for event in Event if not event.mandatory]
    assert optional == [3, 4, 5, 6, 7, 8, 12, 13, 14, 15, 20, 23, 29]


def test_events_come_in_the_four_groups_of_section_8_1() -> None:
    groups = {group: [int(e) for e in Event if e.group is group] for group in EventGroup}
    assert groups == {
        EventGroup.ADMINISTRATIVE: list(range(1, 9)),
        EventGroup.TIMER: [*range(9, 14), 29],
        EventGroup.TCP: list(range(14, 19)),
        EventGroup.MESSAGE: list(range(19, 29)),
    }


def test_the_send_hold_timer_is_a_row_of_its_own_document() -> None:
    (row,) = [row for row in RFC_TABLE if row.origin is Origin.RFC_9687]
    assert (row.state, row.event, row.next_state) == (State.ESTABLISHED, 29, State.IDLE)
    assert row.notification == Notification(ErrorCode.SEND_HOLD_TIMER_EXPIRED, 0)


def test_every_code_has_its_name_and_every_subcode_its_code() -> None:
    assert set(CODE_TITLES) == set(ErrorCode)
    assert {code for code, _ in SUBCODE_TITLES} <= {code.value for code in ErrorCode}
    assert str(Notification(6, 2)) == "6/2 (Cease: Administrative Shutdown)"
    assert str(Notification(3)) == "3 (UPDATE Message Error)"
    assert str(Notification(99, 1)) == "99/1 (unknown error)"


def test_every_row_says_where_it_is_written() -> None:
    for row in RFC_TABLE:
        first, *others = sources(row)
        assert first.startswith(("RFC 4271 8.", "RFC 9687 4.3"))
        assert all(section.startswith("RFC ") for section in others)
        code = None if row.notification is None else row.notification.code
        assert ("RFC 4486" in others) is (code == ErrorCode.CEASE)
    sent = {section for row in RFC_TABLE for section in sources(row)}
    assert {"RFC 6608", "RFC 4271 6.1", "RFC 4271 6.8", "RFC 4271 8.1.1"} <= sent
