"""The reader of FRR's log against lines that a recording seldom has: late, cut, hostile."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bgp.fsm_frr import FrrEvent, next_state
from bgp.fsm_log import parse_frr_log
from bgp.fsm_words import Event, State
from bgp.notification import Notification

UP = [
    "10.0.0.2 [FSM] TCP_connection_open (Connect->OpenSent), fd 21",
    "10.0.0.2 [FSM] Receive_OPEN_message (OpenSent->OpenConfirm), fd 21",
    "10.0.0.2 [FSM] Receive_KEEPALIVE_message (OpenConfirm->Established), fd 21",
]
STOP = "10.0.0.2 [FSM] BGP_Stop (Established->Clearing), fd 21"
CLEARED = "10.0.0.2 [FSM] Clearing_Completed (Clearing->Idle), fd -1"
BAD_HEADER = "%NOTIFICATION: sent to neighbor 10.0.0.2 1/1 (Message Header Error) 0 bytes "
CEASE = "%NOTIFICATION: sent to neighbor 10.0.0.2 6/2 (Cease/Administrative Shutdown) 0 bytes "


@pytest.mark.parametrize("place", [3, 4, 5], ids=["before", "behind", "behind the clearing"])
def test_a_header_error_is_of_its_stop_wherever_its_line_stands(place: int) -> None:
    lines = [*UP, STOP, CLEARED]
    lines.insert(place, BAD_HEADER)
    sent = {t.event: t.sent for t in parse_frr_log(lines)}
    assert sent["BGP_Stop"] == Notification(1, 1)
    assert [event for event, told in sent.items() if told] == ["BGP_Stop"]


def test_a_late_line_does_not_reach_past_the_next_connection() -> None:
    read = parse_frr_log([*UP, STOP, CLEARED, UP[0], BAD_HEADER, UP[1]])
    assert [t.sent for t in read] == [None] * 7


def test_another_notification_is_of_the_next_stop_and_of_no_other_edge() -> None:
    read = parse_frr_log([*UP[:2], CEASE, UP[2], STOP])
    assert [t.sent for t in read] == [None, None, None, Notification(6, 2)]
    assert read[-1].rfc_event is Event.MANUAL_STOP


def test_an_action_that_fails_ends_in_idle() -> None:
    read = parse_frr_log(
        [
            "eth0 [FSM] BGP_Start (Idle->Connect), fd -1",
            "eth0 [FSM] Unable to get neighbor's IP address, waiting...",
            "eth0 [FSM] Failure handling event BGP_Start in state Idle, prior events a, b, fd -1",
        ]
    )
    assert [(t.before, t.after, t.known) for t in read] == [(State.IDLE, State.IDLE, True)]


@pytest.mark.parametrize("middle", ["", "fd -1 "])
def test_a_neighbor_that_is_taken_away_is_deleted_with_its_last_word(middle: str) -> None:
    gone = f"BGP: [ZQHFG-DQGX1] 10.0.0.2 {middle}went from Established to Deleted"
    removed = "%NOTIFICATION: sent to neighbor 10.0.0.2 6/3 (Cease/Peer De-configured) 0 bytes "
    last = parse_frr_log([*UP, removed, gone])[-1]
    assert (last.event, last.before, last.after) == ("", State.ESTABLISHED, State.DELETED)
    assert (last.sent, last.rfc_event) == (Notification(6, 3), Event.MANUAL_STOP)


def test_a_deletion_that_an_edge_has_told_is_not_told_again() -> None:
    arrived = "10.0.0.2 [FSM] TCP_connection_open (Active->OpenSent), fd 30"
    dumped = "10.0.0.2 [FSM] BGP_Stop (OpenSent->Idle), fd 30"
    gone = "BGP: [ZQHFG-DQGX1] 10.0.0.2 went from OpenSent to Deleted"
    read = parse_frr_log([*UP, arrived, dumped, gone])
    assert [t.connection for t in read] == [1, 1, 1, 2, 2]
    assert read[-1].event == "BGP_Stop"


@pytest.mark.parametrize(
    "stamp",
    [
        "2026/11/23 09:00:00",
        "2026/11/23 09:00:00.123456",
        "2026-11-23T09:00:00.123456+00:00",
        "2026-11-23T09:00:00Z",
        "Nov  3 09:00:00",
    ],
)
def test_the_time_is_read_in_the_ways_logs_are_kept(stamp: str) -> None:
    (read,) = parse_frr_log([f"{stamp} tor bgpd[12]: [ZWCSR-M7FG9] {UP[0]}"])
    assert (read.time, read.peer) == (stamp, "10.0.0.2")


@pytest.mark.parametrize(
    "line",
    [
        " [FSM] ",
        " [FSM] BGP_Start (Idle->Connect), fd -1",
        "<script> [FSM] BGP_Start (Idle->Connect), fd -1",
        "10.0.0.2 [FSM] BGP_Start (Idle->Nowhere), fd -1",
        "%NOTIFICATION: sent to neighbor 10.0.0.2 0/1 (nothing) 0 bytes ",
        "%NOTIFICATION: sent to neighbor 10.0.0.2 999/1 (nothing) 0 bytes ",
        "%NOTIFICATION: sent to neighbor 10.0.0.2 " + "9" * 5000 + "/1 ",
        "10.0.0.9 went from Established to Deleted",
        " went from ",
        " went from Idle to Deleted",
    ],
)
def test_a_line_that_only_looks_like_one_is_passed_over(line: str) -> None:
    assert parse_frr_log([line]) == ()


def test_a_forged_event_is_shown_as_unknown() -> None:
    (read,) = parse_frr_log(["10.0.0.2 [FSM] Free_Beer (Idle->Established), fd 3"])
    assert not read.known
    assert read.rfc_event is None


MEGABYTE = 1 << 20


@pytest.mark.parametrize(
    "line",
    [
        "x" * MEGABYTE,
        " " * MEGABYTE,
        "x" * MEGABYTE + UP[0],
        "10.0.0.2 [FSM] " + "x" * MEGABYTE,
        "10.0.0.2 [FSM] " + "x (" * (MEGABYTE // 3),
        " [FSM] " * (MEGABYTE // 7),
        "%NOTIFICATION: sent to neighbor " + "a" * MEGABYTE,
        "%NOTIFICATION: sent to neighbor 10.0.0.2 " + "1" * MEGABYTE,
        "%NOTIFICATION" * (MEGABYTE // 13),
        "10.0.0.2 went from " + "x" * MEGABYTE,
        " went from " * (MEGABYTE // 11),
        "1" * MEGABYTE + " went from Idle to Deleted",
    ],
    ids=range(12),
)
def test_a_line_of_a_megabyte_costs_one_look(line: str) -> None:
    begin = time.process_time()
    parse_frr_log([line] * 5)
    assert time.process_time() - begin < 0.5  # seconds; one look takes a few milliseconds


def test_a_long_log_takes_time_in_proportion() -> None:
    def cost(count: int) -> float:
        lines = [*UP, STOP, CLEARED] * count
        begin = time.process_time()
        assert len(parse_frr_log(lines)) == 5 * count
        return time.process_time() - begin

    cost(100)
    assert cost(8000) < 24 * max(cost(1000), 0.005)  # 8 times, with room for a busy machine


@given(st.lists(st.sampled_from(FrrEvent), max_size=60))
def test_whatever_frr_s_machine_does_is_read_back_as_known(events: list[FrrEvent]) -> None:
    state, lines, taken = State.IDLE, [], []
    for event in events:
        after = next_state(state, event)
        if after is not state:  # FRR logs no edge that stays
            lines.append(f"10.0.0.2 [FSM] {event} ({state}->{after}), fd -1")
            taken.append((event.value, state, after))
        state = after
    read = parse_frr_log(lines)
    assert [(t.event, t.before, t.after) for t in read] == taken
    assert all(t.known for t in read)


@given(st.lists(st.text(max_size=80) | st.sampled_from([*UP, STOP, CLEARED, CEASE, BAD_HEADER])))
def test_a_log_of_anything_is_read_without_complaint(lines: list[str]) -> None:
    for transition in parse_frr_log(lines):
        assert lines[transition.line - 1].find(transition.event) >= 0
