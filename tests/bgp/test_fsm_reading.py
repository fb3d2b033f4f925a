"""Section 8.2.2 read a second time, action by action in the order of its lists.

Written from the text and not from `bgp/fsm_table.py`: a line is a bullet list of the RFC, its
events, then "if" what it hangs on, what is done, and where it leads. `=` is staying.
"""

from typing import NamedTuple

import pytest

from bgp.fsm_row import Row
from bgp.fsm_table import RFC_TABLE
from bgp.fsm_words import Action, Condition, Event, Origin, State

LETTERS = {
    "init": Action.INITIALIZE,
    "complete": Action.COMPLETE_INITIALIZATION,
    "zero": Action.ZERO_COUNTER,
    "count": Action.COUNT,
    "retry": Action.START_CONNECT_RETRY,
    "noretry": Action.STOP_CONNECT_RETRY,
    "call": Action.CONNECT,
    "listen": Action.LISTEN,
    "drop": Action.DROP,
    "release": Action.RELEASE,
    "routes": Action.DELETE_ROUTES,
    "delay": Action.START_DELAY_OPEN,
    "nodelay": Action.STOP_DELAY_OPEN,
    "OPEN": Action.SEND_OPEN,
    "KEEPALIVE": Action.SEND_KEEPALIVE,
    "large": Action.HOLD_LARGE,
    "negotiated": Action.HOLD_NEGOTIATED,
    "nohold": Action.STOP_HOLD,
    "rehold": Action.RESTART_HOLD,
    "keep": Action.START_KEEPALIVE,
    "nokeep": Action.STOP_KEEPALIVE,
    "rekeep": Action.RESTART_KEEPALIVE,
    "damp": Action.DAMP,
    "track": Action.TRACK,
    "process": Action.PROCESS_TCP,
    "reject": Action.REJECT_TCP,
    "update": Action.PROCESS_UPDATE,
    "collision": Action.DETECT_COLLISION,
}
WHEN = {
    "delayopen": Condition.DELAY_OPEN,
    "!delayopen": Condition.NOT_DELAY_OPEN,
    "running": Condition.DELAY_OPEN_RUNNING,
    "!running": Condition.DELAY_OPEN_NOT_RUNNING,
    "may": Condition.SEND_NOTIFICATION,
    "!may": Condition.NOT_SEND_NOTIFICATION,
    "damped": Condition.DAMP,
    "!damped": Condition.NOT_DAMP,
    "hold": Condition.HOLD_TIME,
    "!hold": Condition.NO_HOLD_TIME,
    "detect": Condition.COLLISION_ESTABLISHED,
    "!detect": Condition.NOT_COLLISION_ESTABLISHED,
    "lost": Condition.COLLISION_LOST,
    "!lost": Condition.COLLISION_NOT_LOST,
}
# RFC 9687 adds its timer to two of RFC 4271's lists; the rest of them is untouched.
OF_9687 = {
    (State.OPEN_CONFIRM, 26): [Action.START_SEND_HOLD],
    (State.ESTABLISHED, 11): [Action.RESTART_SEND_HOLD],
}

READING = """
Idle
1 3: init zero retry call listen > Connect
2 8: > =
4 5: init zero retry listen > Active
6 7 13 if damped: > ?
6 7 13 if !damped: > =
9 10 11 12 15 16 17 18 19 20 21 22 23 24 25 26 27 28: > =
14: > =

Connect
1 3 4 5 6 7: > =
2: drop release zero noretry > Idle
9: drop retry nodelay call listen > =
12: OPEN large > OpenSent
14: process > =
15: reject > =
16 17 if delayopen: noretry delay > =
16 17 if !delayopen: noretry complete OPEN large > OpenSent
18 if running: retry nodelay listen > Active
18 if !running: noretry drop release > Idle
20 if hold: noretry complete nodelay OPEN KEEPALIVE keep negotiated > OpenConfirm
20 if !hold: noretry complete nodelay OPEN KEEPALIVE nokeep nohold > OpenConfirm
21 if may: 1/x noretry release drop count damp > Idle
22 if may: 2/x noretry release drop count damp > Idle
21 22 if !may: noretry release drop count damp > Idle
24 if running: noretry nodelay release drop > Idle
24 if !running: noretry release drop count damp > Idle
8 10 11 13 19 23 25 26 27 28: noretry nodelay release drop count damp > Idle

Active
1 3 4 5 6 7: > =
2 if running may: 6/2 release nodelay drop zero noretry > Idle
2 if running !may: release nodelay drop zero noretry > Idle
2 if !running: release nodelay drop zero noretry > Idle
9: retry call listen > Connect
12: noretry nodelay complete OPEN large > OpenSent
14: process > =
15: reject > =
16 17 if delayopen: noretry delay > =
16 17 if !delayopen: noretry complete OPEN large > OpenSent
18: retry nodelay release count damp > Idle
20 if hold: noretry nodelay complete OPEN KEEPALIVE keep negotiated > OpenConfirm
20 if !hold: noretry nodelay complete OPEN KEEPALIVE nokeep nohold > OpenConfirm
21 if may: 1/x noretry release drop count damp > Idle
22 if may: 2/x noretry release drop count damp > Idle
21 22 if !may: noretry release drop count damp > Idle
24 if running: noretry nodelay release drop > Idle
24 if !running: noretry release drop count damp > Idle
8 10 11 13 19 23 25 26 27 28: noretry release drop count damp > Idle

OpenSent
1 3 4 5 6 7: > =
2: 6/2 noretry release drop zero > Idle
8: 6/1 noretry release drop count damp > Idle
10: 4/0 noretry release drop count damp > Idle
14 16 17: track > =
15: > =
18: drop retry listen > Active
19 if hold: nodelay noretry KEEPALIVE keep negotiated > OpenConfirm
19 if !hold: nodelay noretry KEEPALIVE nokeep nohold > OpenConfirm
21: 1/x noretry release drop count damp > Idle
22: 2/x noretry release drop count damp > Idle
23: 6/7 noretry release drop count damp > Idle
24: noretry release drop > Idle
9 11 12 13: 5/0 noretry release drop count damp > Idle
20 25 26 27 28: 5/1 noretry release drop count damp > Idle

OpenConfirm
1 3 4 5 6 7: > =
2: 6/2 release drop zero noretry > Idle
8: 6/1 noretry release drop count damp > Idle
10: 4/0 noretry release drop count damp > Idle
11: KEEPALIVE rekeep > =
14 16 17: track > =
15: > =
18 25: noretry release drop count damp > Idle
19 if lost: collision 6/7 noretry release drop count damp > Idle
19 if !lost: collision > =
21: 1/x noretry release drop count damp > Idle
22: 2/x noretry release drop count damp > Idle
23: 6/7 noretry release drop count damp > Idle
24: noretry release drop > Idle
26: rehold > Established
9 12 13: 5/0 noretry release drop count damp > Idle
20 27 28: 5/2 noretry release drop count damp > Idle

Established
1 3 4 5 6 7: > =
2: 6/2 noretry routes release drop zero > Idle
8: 6/1 noretry routes release drop count damp > Idle
10: 4/0 noretry release drop count damp > Idle
11: KEEPALIVE rekeep > =
14 16 17: track > =
15: > =
18 24 25: noretry routes release drop count > Idle
19 if detect: collision > =
19 if !detect: > =
23 if detect: 6/7 noretry routes release drop count damp > Idle
23 if !detect: > =
26: rehold > =
27: update rehold > =
28: 3/x noretry routes release drop count damp > Idle
9 12 13: 5/0 routes noretry release drop count damp > Idle
20 21 22: 5/3 routes noretry release drop count damp > Idle
"""


class Read(NamedTuple):
    """What the text says of one state and event."""

    actions: tuple[Action, ...]
    next_state: State | None
    notification: tuple[int, int | None] | None


Key = tuple[State, int, frozenset[Condition]]


def read() -> dict[Key, Read]:
    found: dict[Key, Read] = {}
    for block in READING.strip().split("\n\n"):
        name, *lines = block.splitlines()
        state = State(name)
        for line in lines:
            head, _, tail = line.partition(":")
            events, _, when = head.partition(" if ")
            done, _, to = tail.partition("> ")
            told = [word for word in done.split() if "/" in word]
            code, _, subcode = "".join(told).partition("/")
            outcome = Read(
                tuple(LETTERS.get(word, Action.SEND_NOTIFICATION) for word in done.split()),
                {"=": state, "?": None}[to] if to in "=?" else State(to),
                (int(code), None if subcode == "x" else int(subcode)) if told else None,
            )
            for number in events.split():
                key = (state, int(number), frozenset(WHEN[word] for word in when.split()))
                assert key not in found, line
                found[key] = outcome
    return found


def test_the_reading_uses_no_word_it_does_not_define() -> None:
    known = {*LETTERS, *WHEN, *(state.value for state in State), "if"}
    words = {word.rstrip(":") for word in READING.split() if word.lstrip("!")[0].isalpha()}
    assert words - known == set()


ROWS = {
    (row.state, int(row.event), frozenset(row.conditions)): row
    for row in RFC_TABLE
    if row.origin is Origin.RFC_4271
}


def test_the_table_has_the_rows_of_the_reading_and_no_others() -> None:
    assert set(ROWS) == set(read())
    assert len({(state, number) for state, number, _ in ROWS}) == 6 * 28


@pytest.mark.parametrize(("key", "row"), ROWS.items(), ids=lambda part: str(part)[:40])
def test_each_row_does_what_the_text_lists_in_the_order_of_the_text(key: Key, row: Row) -> None:
    expected = read()[key]
    added = OF_9687.get(key[:2], [])
    told = row.notification and (int(row.notification.code), row.notification.subcode)
    assert [*row.actions] == [*expected.actions, *added]
    assert (row.next_state, told) == (expected.next_state, expected.notification)


# Section 8.1.2 to 8.1.5, and RFC 9687 section 4.2, as they are spelled there.
NAMES = """
ManualStart
ManualStop
AutomaticStart
ManualStart_with_PassiveTcpEstablishment
AutomaticStart_with_PassiveTcpEstablishment
AutomaticStart_with_DampPeerOscillations
AutomaticStart_with_DampPeerOscillations_and_PassiveTcpEstablishment
AutomaticStop
ConnectRetryTimer_Expires
HoldTimer_Expires
KeepaliveTimer_Expires
DelayOpenTimer_Expires
IdleHoldTimer_Expires
TcpConnection_Valid
Tcp_CR_Invalid
Tcp_CR_Acked
TcpConnectionConfirmed
TcpConnectionFails
BGPOpen
BGPOpen with DelayOpenTimer running
BGPHeaderErr
BGPOpenMsgErr
OpenCollisionDump
NotifMsgVerErr
NotifMsg
KeepAliveMsg
UpdateMsg
UpdateMsgErr
SendHoldTimer_Expires
"""


def test_events_are_spelled_as_the_text_spells_them() -> None:
    assert [event.title for event in Event] == NAMES.strip().splitlines()
