"""When FRR's HoldTimer really starts, and with which value: 8.4 and 10 part here."""

import pytest

from bgp.fsm_log import parse_frr_log
from bgp.fsm_words import State
from labs.packages import Daemon
from labs.polling import poll
from labs.process_tree import ProcessTree
from labs.sessions.conversation import Conversation
from labs.sessions.link import configuration, link, neighbor_address
from labs.sessions.octets import NEIGHBOR_AS, NEIGHBOR_ID
from labs.wire import KEEPALIVE, NOTIFICATION, OPEN

pytestmark = pytest.mark.lab

HOLD_TIME = 3  # seconds, of our OPEN; FRR's own is 180
PAST_IT = 5  # KEEPALIVEs of FRR's, one a second


def outlives_the_hold_time(session: Conversation) -> bool:
    """Stay silent and count FRR's KEEPALIVEs: whether it still sends them after the hold time."""
    already = len(session.heard)
    while len(session.heard) - already < PAST_IT:
        received = session.hear_next()
        if received is None or received.kind == NOTIFICATION:
            return False
    return True


@pytest.mark.parametrize("router", ["frr-8.4"], indirect=True)
def test_8_4_counts_the_negotiated_hold_time_from_the_second_keepalive(
    tree: ProcessTree, router: Daemon
) -> None:
    address = neighbor_address(0)
    with link(tree, router, configuration([address])) as (frr, far):
        session = far.accept(address)
        session.hear(OPEN)
        session.open(NEIGHBOR_AS, HOLD_TIME, NEIGHBOR_ID)
        session.hear(KEEPALIVE)
        assert outlives_the_hold_time(session)  # OpenConfirm: OpenSent's 180 s run on
        session.keepalive()
        poll(
            "Established",
            lambda: parse_frr_log(frr.log().splitlines())[-1].after is State.ESTABLISHED,
        )
        assert outlives_the_hold_time(session)  # and so they do here
        session.keepalive()
        assert session.last_words() == (4, 0)


@pytest.mark.parametrize("router", ["frr-10"], indirect=True)
@pytest.mark.parametrize("established", [False, True], ids=["OpenConfirm", "Established"])
def test_10_counts_it_from_openconfirm_and_anew_from_established(
    tree: ProcessTree, router: Daemon, established: bool
) -> None:
    address = neighbor_address(0)
    with link(tree, router, configuration([address])) as (_, far):
        session = far.accept(address)
        session.hear(OPEN)
        session.open(NEIGHBOR_AS, HOLD_TIME, NEIGHBOR_ID)
        session.hear(KEEPALIVE)
        if established:
            session.keepalive()
        assert not outlives_the_hold_time(session)
        assert str(session.heard[-1]) == "NOTIFICATION 4/0"


@pytest.mark.parametrize("router", ["frr-8.4", "frr-10"], indirect=True)
def test_the_configured_hold_time_and_no_large_one_counts_in_opensent(
    tree: ProcessTree, router: Daemon
) -> None:
    address = neighbor_address(0)
    options = [f"neighbor {address} timers 1 3"]
    with link(tree, router, configuration([address], options)) as (_, far):
        session = far.accept(address)
        session.hear(OPEN)
        assert session.last_words() == (4, 0)  # within ten seconds, and not in four minutes
