from dataclasses import replace
from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bgp import InvalidValueError
from bgp.collision import Direction, resolve
from bgp.fsm import Connection, SessionAttributes, Stimulus, Transition, advance, step
from bgp.fsm_possible import why_impossible
from bgp.fsm_words import Event, State, Timer
from bgp.hold_time import LARGE_HOLD_TIME, acceptable, keepalive_interval, negotiate
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
    assert [t.stimulus.event for t in happened] == [
        Event.KEEPALIVE_TIMER_EXPIRES,
        Event.KEEPALIVE_TIMER_EXPIRES,
        Event.HOLD_TIMER_EXPIRES,
    ] or [t.stimulus.event for t in happened][-1] is Event.HOLD_TIMER_EXPIRES
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


def test_the_counter_counts_failures_until_the_operator_steps_in() -> None:
    connection = Connection()
    for _ in range(3):
        connection = walk(replace(connection, state=State.CONNECT), 10)[0]
    assert connection.connect_retry_counter == 3
    assert walk(replace(connection, state=State.CONNECT), 2)[0].connect_retry_counter == 0


def test_what_the_rfc_leaves_out_is_refused_with_its_reason() -> None:
    damped = Connection(attributes=SessionAttributes(damp_peer_oscillations=True))
    with pytest.raises(InvalidValueError, match="outside the RFC's scope"):
        step(damped, Stimulus(Event.AUTOMATIC_START_DAMP))
    with pytest.raises(InvalidValueError, match="SendHoldTimer_Expires in Idle"):
        step(Connection(), Stimulus(Event.SEND_HOLD_TIMER_EXPIRES))
    with pytest.raises(InvalidValueError, match="zero or more"):
        advance(Connection(), -1)


attributes = st.builds(
    SessionAttributes,
    delay_open=st.booleans(),
    send_notification_without_open=st.booleans(),
    collision_detect_established_state=st.booleans(),
    hold_time=st.sampled_from([0, 3, 90]),
)
stimuli = st.builds(
    Stimulus,
    st.sampled_from([event for event in Event if event not in (6, 7, 13, 29)]),
    st.sampled_from([None, 0, 3, 30]),
    st.booleans(),
)


@given(attributes, st.lists(stimuli | st.floats(0, 300), max_size=40))
def test_any_sequence_of_events_and_waiting_finds_its_row(
    options: SessionAttributes, happenings: list[Stimulus | float]
) -> None:
    connection = Connection(attributes=options)
    for happening in happenings:
        if isinstance(happening, Stimulus):
            connection = step(connection, happening).after
        else:
            connection, _ = advance(connection, happening)
        assert connection.connect_retry_counter >= 0
        assert all(moment > connection.now - 1e-9 for moment in connection.timers.values())
        if connection.state is State.IDLE:
            assert not connection.tcp
            assert Timer.HOLD not in connection.timers


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
