from dataclasses import replace
from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bgp import InvalidValueError
from bgp.collision import Direction, resolve
from bgp.fsm import Connection, SessionAttributes, Stimulus, Transition, advance, step
from bgp.fsm_frr_table import FRR_TABLES
from bgp.fsm_possible import why_impossible
from bgp.fsm_table import RFC_TABLE
from bgp.fsm_words import Event, State, Timer
from bgp.hold_time import (
    LARGE_HOLD_TIME,
    acceptable,
    keepalive_interval,
    negotiate,
    send_hold_time,
)
from bgp.notification import Notification


def walk(connection: Connection, *events: int | Stimulus) -> tuple[Connection, list[Transition]]:
    taken = []
    for event in events:
        stimulus = event if isinstance(event, Stimulus) else Stimulus(Event(event))
        transition = step(connection, stimulus)
        taken.append(transition)
        connection = transition.after
    return connection, taken


def established(hold_time: int = 90) -> Connection:
    return walk(Connection(), 1, 16, Stimulus(Event.BGP_OPEN, hold_time=hold_time), 26)[0]


def test_a_session_comes_up_by_open_and_keepalive() -> None:
    connection, taken = walk(Connection(), 1, 16, 19, 26)
    assert [t.after.state for t in taken] == [
        State.CONNECT,
        State.OPEN_SENT,
        State.OPEN_CONFIRM,
        State.ESTABLISHED,
    ]
    assert [t.sent for t in taken] == [(), ("OPEN",), ("KEEPALIVE",), ()]
    assert connection.tcp
    assert connection.negotiated_hold_time == 90


def test_open_sent_waits_four_minutes_and_the_negotiated_time_counts_from_open_confirm() -> None:
    connection, _ = walk(Connection(), 1, 16)
    assert connection.remaining(Timer.HOLD) == LARGE_HOLD_TIME == 240
    connection, _ = walk(connection, Stimulus(Event.BGP_OPEN, hold_time=9))
    assert connection.remaining(Timer.HOLD) == 9
    assert connection.remaining(Timer.KEEPALIVE) == 3


def test_a_silent_peer_is_dropped_when_the_hold_timer_expires() -> None:
    connection, happened = advance(established(9), 30)
    assert [(t.before.now, t.stimulus.event) for t in happened[:2]] == [
        (3, Event.KEEPALIVE_TIMER_EXPIRES),
        (6, Event.KEEPALIVE_TIMER_EXPIRES),
    ]
    assert happened[-1].before.now == 9
    assert happened[-1].stimulus.event is Event.HOLD_TIMER_EXPIRES
    assert happened[-1].notification == Notification(4, 0)
    assert (connection.state, connection.connect_retry_counter) == (State.IDLE, 1)
    assert not connection.tcp


def test_a_keepalive_in_time_holds_the_session() -> None:
    connection = established(9)
    for _ in range(10):
        connection, _ = advance(connection, 8)
        connection, _ = walk(connection, 26)
    assert connection.state is State.ESTABLISHED


def test_a_hold_time_of_zero_runs_no_timer() -> None:
    connection = established(0)
    assert connection.timers == {}
    later, happened = advance(connection, 10_000)
    assert (later.state, happened) == (State.ESTABLISHED, ())


def test_a_refused_connection_goes_to_idle_unless_the_open_is_delayed() -> None:
    assert walk(Connection(), 1, 18)[0].state is State.IDLE
    patient = Connection(attributes=SessionAttributes(delay_open=True))
    connection, _ = walk(patient, 1, 16)
    assert connection.state is State.CONNECT
    assert connection.remaining(Timer.DELAY_OPEN) == 5
    assert walk(connection, 18)[0].state is State.ACTIVE


def test_an_open_that_comes_while_ours_is_delayed_is_answered_with_open_and_keepalive() -> None:
    patient = Connection(attributes=SessionAttributes(delay_open=True))
    connection, taken = walk(patient, 1, 16, 20)
    assert connection.state is State.OPEN_CONFIRM
    assert taken[-1].sent == ("OPEN", "KEEPALIVE")


def test_a_delayed_open_is_sent_when_its_timer_expires() -> None:
    patient = Connection(attributes=SessionAttributes(delay_open=True))
    connection, _ = walk(patient, 1, 16)
    connection, happened = advance(connection, 5)
    assert [t.sent for t in happened] == [("OPEN",)]
    assert connection.state is State.OPEN_SENT


def test_a_notification_before_the_open_needs_the_option() -> None:
    patient = SessionAttributes(delay_open=True)
    for allowed, sent in ((False, ()), (True, ("NOTIFICATION 2 (OPEN Message Error)",))):
        attributes = replace(patient, send_notification_without_open=allowed)
        _, taken = walk(Connection(attributes=attributes), 1, 16, 22)
        assert taken[-1].sent == sent


def test_a_connection_that_loses_a_collision_in_open_confirm_sends_cease() -> None:
    connection, _ = walk(Connection(), 1, 16, 19)
    transition = step(connection, Stimulus(Event.BGP_OPEN, loses_collision=True))
    assert transition.notification == Notification(6, 7)
    assert step(connection, Stimulus(Event.BGP_OPEN)).after.state is State.OPEN_CONFIRM


DAMPED = SessionAttributes(damp_peer_oscillations=True)


def test_a_failure_that_is_damped_rests_in_idle_until_its_timer_expires() -> None:
    failed, _ = walk(Connection(attributes=DAMPED), 1, 16, 22)
    assert failed.state is State.IDLE
    assert failed.remaining(Timer.IDLE_HOLD) == 60
    rested, happened = advance(failed, 200)
    assert [t.stimulus.event for t in happened] == [Event.IDLE_HOLD_TIMER_EXPIRES]
    assert happened[0].before.now == 60
    assert (rested.state, rested.timers) == (State.IDLE, {})


def test_an_operator_does_not_wait_for_the_rest_to_end() -> None:
    failed, _ = walk(Connection(attributes=DAMPED), 1, 16, 22)
    started, _ = walk(failed, 1)
    assert Timer.IDLE_HOLD not in started.timers


def test_only_a_damped_session_rests_and_a_stop_by_the_operator_is_no_failure() -> None:
    assert Timer.IDLE_HOLD not in walk(Connection(), 1, 16, 22)[0].timers
    assert Timer.IDLE_HOLD not in walk(Connection(attributes=DAMPED), 1, 16, 2)[0].timers


def test_the_send_hold_timer_runs_in_established_and_nowhere_else() -> None:
    assert Timer.SEND_HOLD not in walk(Connection(), 1, 16, 19)[0].timers
    connection = established()
    assert connection.remaining(Timer.SEND_HOLD) == 480
    for event in (2, 8, 10, 18, 25, 28, 29):
        assert Timer.SEND_HOLD not in walk(connection, event)[0].timers


def test_each_keepalive_that_leaves_restarts_the_send_hold_timer() -> None:
    later, _ = advance(established(), 30)
    assert later.remaining(Timer.SEND_HOLD) == 480


def test_a_peer_that_reads_nothing_is_given_up_though_it_still_speaks() -> None:
    connection = replace(established(), peer_reads=False)
    happened: list[Transition] = []
    while connection.state is State.ESTABLISHED:
        connection, more = advance(connection, 30)
        happened += more
        if connection.state is State.ESTABLISHED:
            connection, _ = walk(connection, 26)
    last = happened[-1]
    assert last.stimulus.event is Event.SEND_HOLD_TIMER_EXPIRES
    assert last.before.now == 480
    assert (last.notification, last.sent) == (Notification(8, 0), ())
    assert (connection.state, connection.connect_retry_counter) == (State.IDLE, 1)
    assert connection.peer_reads  # of the next connection nothing is known yet
    assert [t.sent for t in happened] == [()] * len(happened)


@pytest.mark.parametrize(
    ("configured", "agreed", "seconds"), [(480, 90, 480), (480, 300, 600), (10, 90, 180)]
)
def test_a_peer_may_read_nothing_for_twice_the_hold_time_at_least(
    configured: float, agreed: int, seconds: float
) -> None:
    assert send_hold_time(configured, agreed) == seconds > agreed


@pytest.mark.parametrize(("configured", "agreed"), [(0, 90), (480, 0), (0, 0)])
def test_no_send_hold_time_or_no_hold_time_is_no_send_hold_timer(
    configured: float, agreed: int
) -> None:
    assert send_hold_time(configured, agreed) == 0
    connection, _ = walk(
        Connection(attributes=SessionAttributes(send_hold_time=configured)),
        1,
        16,
        Stimulus(Event.BGP_OPEN, hold_time=agreed),
        26,
    )
    assert Timer.SEND_HOLD not in connection.timers


def test_the_counter_counts_failures_until_the_operator_steps_in() -> None:
    connection = Connection()
    for _ in range(3):
        connection = walk(replace(connection, state=State.CONNECT), 10)[0]
    assert connection.connect_retry_counter == 3
    assert walk(replace(connection, state=State.CONNECT), 2)[0].connect_retry_counter == 0


def test_what_the_rfc_leaves_out_changes_nothing_and_says_so() -> None:
    transition = step(Connection(attributes=DAMPED), Stimulus(Event.AUTOMATIC_START_DAMP))
    assert transition.after == transition.before
    assert "outside the RFC's scope" in transition.row.note


@pytest.mark.parametrize("number", [6, 7, 13])
def test_events_of_damping_change_nothing_where_it_is_off(number: int) -> None:
    transition = step(Connection(), Stimulus(Event(number)))
    assert transition.row.ignored
    assert "should not occur" in transition.row.note


def test_what_the_table_does_not_have_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="SendHoldTimer_Expires in Idle"):
        step(Connection(), Stimulus(Event.SEND_HOLD_TIMER_EXPIRES))
    with pytest.raises(InvalidValueError, match="zero or more"):
        advance(Connection(), -1)


attributes = st.builds(
    SessionAttributes,
    delay_open=st.booleans(),
    damp_peer_oscillations=st.booleans(),
    send_notification_without_open=st.booleans(),
    collision_detect_established_state=st.booleans(),
    hold_time=st.sampled_from([0, 3, 90]),
    idle_hold_time=st.sampled_from([1, 60]),
    send_hold_time=st.sampled_from([0, 8, 480]),
)
stimuli = st.builds(
    Stimulus,
    st.sampled_from(Event),
    st.sampled_from([None, 0, 3, 30]),
    st.booleans(),
)


def beyond(connection: Connection, event: Event, machine: str) -> bool:
    """Whether the machine has the event only elsewhere, or not at all."""
    if event is Event.SEND_HOLD_TIMER_EXPIRES:
        return connection.state not in (State.ESTABLISHED, State.CLEARING)
    return machine != "rfc4271" and event in (6, 7, 13, 14, 15)


MACHINES = {"rfc4271": RFC_TABLE, **FRR_TABLES}


@pytest.mark.parametrize("machine", MACHINES)
@given(
    options=attributes,
    happenings=st.lists(stimuli | st.floats(0, 300) | st.booleans(), max_size=40),
)
def test_any_sequence_of_events_and_waiting_finds_its_row(
    machine: str, options: SessionAttributes, happenings: list[Stimulus | float | bool]
) -> None:
    table = MACHINES[machine]
    connection = Connection(attributes=options)
    for happening in happenings:
        if isinstance(happening, bool):
            connection = replace(connection, peer_reads=happening)
        elif isinstance(happening, Stimulus):
            if beyond(connection, happening.event, machine):
                continue
            connection = step(connection, happening, table).after
        else:
            connection, _ = advance(connection, happening, table)
        assert connection.connect_retry_counter >= 0
        assert all(moment > connection.now - 1e-9 for moment in connection.timers.values())
        if connection.state in (State.IDLE, State.CLEARING):
            assert not connection.tcp
            assert Timer.HOLD not in connection.timers
        if Timer.IDLE_HOLD in connection.timers:
            assert options.damp_peer_oscillations
            assert connection.state is State.IDLE
        if Timer.SEND_HOLD in connection.timers:
            assert connection.state is State.ESTABLISHED
            assert options.send_hold_time


def test_the_impossible_is_explained() -> None:
    fresh = Connection()
    assert why_impossible(fresh, Event.MANUAL_START) is None
    assert "TCP connection" in str(why_impossible(fresh, Event.KEEPALIVE_MSG))
    assert "HoldTimer" in str(why_impossible(fresh, Event.HOLD_TIMER_EXPIRES))
    assert "DampPeer" in str(why_impossible(fresh, Event.IDLE_HOLD_TIMER_EXPIRES))
    assert "event 19" in str(why_impossible(established(), Event.BGP_OPEN_DELAYED))
    passive = Connection(attributes=SessionAttributes(passive_tcp_establishment=True))
    assert "waits" in str(why_impossible(passive, Event.MANUAL_START))
    assert why_impossible(passive, Event.MANUAL_START_PASSIVE) is None
    assert why_impossible(established(), Event.KEEPALIVE_MSG) is None


@pytest.mark.parametrize(
    ("ours", "theirs", "agreed"), [(90, 30, 30), (9, 90, 9), (90, 0, 0), (0, 90, 0), (3, 3, 3)]
)
def test_the_smaller_hold_time_is_used(ours: int, theirs: int, agreed: int) -> None:
    assert negotiate(ours, theirs) == agreed


@pytest.mark.parametrize("theirs", [1, 2])
def test_one_and_two_seconds_are_refused(theirs: int) -> None:
    assert negotiate(90, theirs) == Notification(2, 6)
    assert not acceptable(theirs)
    assert keepalive_interval(90) == 30


LOW, HIGH = IPv4Address("10.0.0.1"), IPv4Address("10.0.0.2")


@pytest.mark.parametrize("arrived", Direction)
def test_the_connection_of_the_higher_identifier_stays(arrived: Direction) -> None:
    ours = resolve(HIGH, LOW, 1, 2, other=State.OPEN_CONFIRM, arrived_on=arrived)
    theirs = resolve(LOW, HIGH, 1, 2, other=State.OPEN_CONFIRM, arrived_on=arrived)
    assert (ours.keep, theirs.keep) == (Direction.OUTGOING, Direction.INCOMING)


def test_equal_identifiers_are_settled_by_the_higher_as() -> None:
    verdict = resolve(
        LOW, LOW, 65002, 65001, other=State.OPEN_CONFIRM, arrived_on=Direction.INCOMING
    )
    assert verdict.keep is Direction.OUTGOING
    assert "RFC 6286" in verdict.rule
    same = resolve(LOW, LOW, 1, 1, other=State.OPEN_CONFIRM, arrived_on=Direction.INCOMING)
    assert same.keep is None


def test_an_established_session_wins_unless_told_to_detect() -> None:
    kept = resolve(LOW, HIGH, 1, 2, other=State.ESTABLISHED, arrived_on=Direction.INCOMING)
    assert kept.keep is Direction.OUTGOING
    detected = resolve(
        LOW,
        HIGH,
        1,
        2,
        other=State.ESTABLISHED,
        arrived_on=Direction.INCOMING,
        collision_detect_established_state=True,
    )
    assert detected.keep is Direction.INCOMING


def test_two_connections_that_are_not_that_far_do_not_collide_yet() -> None:
    for other in (State.IDLE, State.CONNECT, State.ACTIVE, State.OPEN_SENT):
        assert resolve(LOW, HIGH, 1, 2, other=other, arrived_on=Direction.INCOMING).keep is None


def test_frr_settles_a_collision_at_the_first_open_already() -> None:
    for arrived in Direction:
        verdict = resolve(
            LOW, HIGH, 1, 2, other=State.OPEN_SENT, arrived_on=arrived, at_first_open=True
        )
        assert verdict.keep is Direction.INCOMING
    waiting = resolve(
        LOW, HIGH, 1, 2, other=State.ACTIVE, arrived_on=Direction.INCOMING, at_first_open=True
    )
    assert waiting.keep is None
