import pytest

from bgp.fsm_frr import DIFFERENCES, FRR_EDGES, STANDS_FOR, FrrEvent, next_state
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
        rfc = {
            row.next_state
            for row in RFC_TABLE
            if (row.state, row.event) == (state, STANDS_FOR[event])
            and not any(str(c) in OPTIONS for c in row.conditions)
        }
        if event is not FrrEvent.OPEN_DELAYED:
            assert difference.next_state not in rfc, (state, event)
        assert difference.why.endswith(".")


OPTIONS = ("DelayOpen", "DelayOpenTimer running", "this connection loses the collision")

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
