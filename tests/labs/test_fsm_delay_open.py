"""What FRR does while it delays its OPEN (RFC 4271's DelayOpen) is what its rows say."""

import pytest

from bgp.fsm_frr import frr_events
from bgp.fsm_frr_input import Input
from bgp.fsm_frr_table import FRR_TABLES
from bgp.fsm_log import LoggedTransition, parse_frr_log
from bgp.fsm_row import Row
from bgp.fsm_words import Condition, Event, State
from labs.frr import Frr
from labs.packages import Daemon
from labs.polling import poll
from labs.process_tree import ProcessTree
from labs.sessions.conversation import Conversation, FarEnd
from labs.sessions.link import ROUTER_ADDRESS, configuration, link, neighbor_address
from labs.sessions.octets import OCTETS
from labs.wire import KEEPALIVE, OPEN

pytestmark = [
    pytest.mark.lab,
    pytest.mark.parametrize("router", ["frr-8.4", "frr-10"], indirect=True),
]

# What is sent while FRR's OPEN is held back, and the RFC's event that it is.
SENT = {
    Input.FIN: Event.TCP_CONNECTION_FAILS,
    Input.OPEN: Event.BGP_OPEN_DELAYED,
    Input.MARKER: Event.BGP_HEADER_ERR,
    Input.OPEN_AS: Event.BGP_OPEN_MSG_ERR,
    Input.NOTIFICATION_VERSION: Event.NOTIF_MSG_VER_ERR,
    Input.NOTIFICATION: Event.NOTIF_MSG,
    Input.KEEPALIVE: Event.KEEPALIVE_MSG,
    Input.UPDATE: Event.UPDATE_MSG,
    Input.UPDATE_PREFIX: Event.UPDATE_MSG_ERR,
    Input.SILENCE: Event.DELAY_OPEN_TIMER_EXPIRES,
}
HOLDS = {
    Condition.DELAY_OPEN,
    Condition.DELAY_OPEN_RUNNING,
    Condition.NOT_SEND_NOTIFICATION,
    Condition.HOLD_TIME,
}


def row_of(release: str, state: State, event: Event) -> Row:
    (row,) = (
        row for row in FRR_TABLES[release].by_pair[state, event] if set(row.conditions) <= HOLDS
    )
    return row


@pytest.mark.parametrize("incoming", [False, True], ids=["frr-dials", "frr-is-dialled"])
def test_frr_does_what_its_rows_say_while_it_delays_its_open(
    tree: ProcessTree, router: Daemon, incoming: bool
) -> None:
    state = State.ACTIVE if incoming else State.CONNECT
    addresses = {happens: neighbor_address(number) for number, happens in enumerate(SENT)}
    options = [
        f"neighbor {address} timers delayopen {1 if happens is Input.SILENCE else 20}"
        for happens, address in addresses.items()
    ]
    options += [f"neighbor {address} passive" for address in addresses.values() if incoming]
    with link(tree, router, configuration([*addresses.values()], options)) as (frr, far):
        for happens, address in addresses.items():
            session = _connect(frr, far, address) if incoming else far.accept(address)
            row = row_of(router.name, state, SENT[happens])
            told = _let_happen(session, happens, row)
            edge = _edge(frr, address, state)
            names = [name.value for name in frr_events(row)]
            assert edge.event in names, happens
            assert edge.after is row.next_state, happens
            wanted = None if row.notification is None else row.notification.code
            assert (told and told[0]) == wanted, happens


def _connect(frr: Frr, far: FarEnd, address: str) -> Conversation:
    def active() -> bool:
        return bool(
            frr.ask_json(f"show bgp neighbors {address} json")[address]["bgpState"] == "Active"
        )

    poll(f"{address} is Active", active)
    return far.dial(address, ROUTER_ADDRESS)


def _let_happen(session: Conversation, happens: Input, row: Row) -> tuple[int, int] | None:
    if happens is Input.FIN:
        session.close()
        return None
    if happens is not Input.SILENCE:
        session.send(OCTETS[happens])
    if row.next_state is State.IDLE:
        return session.last_words()
    session.hear(OPEN)
    if row.next_state is State.OPEN_CONFIRM:
        session.hear(KEEPALIVE)
    return None


def _edge(frr: Frr, address: str, state: State) -> LoggedTransition:
    def last() -> LoggedTransition | None:
        edges = [edge for edge in parse_frr_log(frr.log().splitlines()) if edge.peer == address]
        left = [edge for edge in edges if edge.before is state]
        return left[-1] if left and left[-1].after not in (State.CONNECT, State.ACTIVE) else None

    return poll(f"{address} leaves {state} in FRR's log", last)
