import pytest

from bgp.fsm_frr import (
    DIFFERENCES,
    FRR_EDGES,
    HABITS,
    SENT_BY_MACHINE,
    STANDS_FOR,
    FrrEvent,
    frr_events,
    next_state,
)
from bgp.fsm_frr_table import FRR_TABLES
from bgp.fsm_log import parse_frr_log
from bgp.fsm_table import RFC_TABLE
from bgp.fsm_words import State
from bgp.notification import Notification

# FRR's next states as its own table has them: a row a state, events in FRR's order.
WORDS = {"I": "Idle", "C": "Connect", "A": "Active", "S": "OpenSent", "F": "OpenConfirm"}
WORDS |= {"E": "Established", "L": "Clearing", "D": "Deleted"}
NEXT_STATES = {
    "Idle": "CIIIIIIIIIIIIIII",
    "Connect": "CISCIAICIISFIIII",
    "Active": "AISAIAICIISFIIII",
    "OpenSent": "SIAIAAAIIIIFIIII",
    "OpenConfirm": "FIIIIIIIIFIIEIII",
    "Established": "ELLILLLLLEILEELI",
    "Clearing": "LLLLLLLLLLLLLLLI",
    "Deleted": "DDDDDDDDDDDDDDDD",
}


@pytest.mark.parametrize("state", State)
def test_the_rfc_with_frrs_differences_is_frrs_table(state: State) -> None:
    row = [next_state(state, event).value for event in FrrEvent]
    assert row == [WORDS[letter] for letter in NEXT_STATES[state]]


def test_a_difference_is_one() -> None:
    for (state, event), difference in DIFFERENCES.items():
        assert next_state(state, event) is difference.next_state
        rfc = {
            row.next_state
            for row in RFC_TABLE
            if (row.state, row.event) == (state, STANDS_FOR[event])
        }
        assert rfc - {difference.next_state}, (state, event)
        assert difference.why.endswith(".")


@pytest.mark.parametrize("release", FRR_TABLES)
def test_rows_that_frr_calls_by_one_name_go_one_way(release: str) -> None:
    found: dict[tuple[State, FrrEvent], set[State | None]] = {}
    for row in FRR_TABLES[release]:
        for event in frr_events(row):
            found.setdefault((row.state, event), set()).add(row.next_state)
    assert [key for key, ways in found.items() if ways != {next_state(*key)}] == []


def test_the_machine_itself_answers_what_its_own_functions_answer() -> None:
    # bgp_fsm_event_error and bgp_fsm_holdtime_expire, cell by cell of FRR's table; an UPDATE in
    # OpenSent is answered by its reader.
    held = (State.OPEN_SENT, State.OPEN_CONFIRM, State.ESTABLISHED)
    assert dict(SENT_BY_MACHINE) == {
        **dict.fromkeys(((state, FrrEvent.HOLD) for state in held), Notification(4, 0)),
        (State.OPEN_SENT, FrrEvent.RECEIVE_KEEPALIVE): Notification(5, 1),
        (State.OPEN_SENT, FrrEvent.RECEIVE_NOTIFICATION): Notification(5, 1),
    }


def test_habits_are_told_each_once_in_sentences_of_their_own() -> None:
    assert len(set(HABITS)) == len(HABITS)
    assert all(habit[0].isupper() and habit.endswith(".") for habit in HABITS)
    assert any("FRR 8.4 lets the HoldTimer of OpenSent run on" in habit for habit in HABITS)


LOG = """\
2026/11/23 09:00:00 BGP: [ZWCSR-M7FG9] 10.0.0.2 [FSM] BGP_Start (Idle->Connect), fd -1
2026/11/23 09:00:00 BGP: [T91AW-FBY4T] 10.0.0.2 [FSM] Non blocking connect waiting result, fd 21
2026/11/23 09:00:01 BGP: [ZWCSR-M7FG9] 10.0.0.2 [FSM] TCP_connection_open (Connect->OpenSent), fd 21
2026/11/23 09:00:01 BGP: [HZN6M-XRM1G] %NOTIFICATION: sent to neighbor 10.0.0.2 2/2 (OPEN Message) 2
2026/11/23 09:00:01 BGP: [ZWCSR-M7FG9] 10.0.0.2 [FSM] BGP_Stop (OpenSent->Idle), fd 21
2026/11/23 09:00:02 BGP: [ZWCSR-M7FG9] 2001:db8::2 [FSM] BGP_Start (Idle->Established), fd -1
"""


def test_a_log_is_read_line_by_line_with_the_notification_that_went_with_it() -> None:
    read = parse_frr_log(LOG.splitlines())
    assert [(t.line, t.peer, t.before.value, t.after.value) for t in read] == [
        (1, "10.0.0.2", "Idle", "Connect"),
        (3, "10.0.0.2", "Connect", "OpenSent"),
        (5, "10.0.0.2", "OpenSent", "Idle"),
        (6, "2001:db8::2", "Idle", "Established"),
    ]
    assert read[2].notification == Notification(2, 2)
    assert not read[2].received
    assert read[0].time == "2026/11/23 09:00:00"


def test_an_edge_that_frrs_table_lacks_is_reported() -> None:
    assert [t.known for t in parse_frr_log(LOG.splitlines())] == [True, True, True, False]
    assert (State.IDLE, FrrEvent.START, State.CONNECT) in FRR_EDGES


def test_two_connections_of_one_peer_are_told_apart() -> None:
    log = [
        "10.0.0.2 [FSM] BGP_Start (Idle->Connect), fd -1",
        "10.0.0.2 [FSM] TCP_connection_open (Connect->OpenSent), fd 21",
        "10.0.0.2 [FSM] TCP_connection_open (Active->OpenSent), fd 22",
        "10.0.0.2 [FSM] Receive_OPEN_message (OpenSent->OpenConfirm), fd 22",
        "10.0.0.2 [FSM] TCP_connection_closed (OpenSent->Active), fd 21",
    ]
    assert [t.connection for t in parse_frr_log(log)] == [1, 1, 2, 2, 1]


def test_lines_about_other_things_are_passed_over() -> None:
    assert parse_frr_log(["", "10.0.0.2 [FSM] nonsense (A->B), fd 1", "\x00\xff", "x" * 9999]) == ()
