"""A real FRR in the instrument: the picture shows each transition as it happens."""

import pytest

from bgp.fsm_log import parse_frr_log
from bgp.fsm_words import State
from labs.packages import Daemon
from labs.polling import poll
from labs.process_tree import ProcessTree
from labs.sessions.link import configuration, link, neighbor_address
from labs.sessions.octets import HOLD_TIME, NEIGHBOR_AS, NEIGHBOR_ID, ROUTER_AS
from labs.wire import KEEPALIVE, OPEN
from widgets import SessionFsm

pytestmark = pytest.mark.lab


@pytest.mark.parametrize("router", ["frr-8.4", "frr-10"], indirect=True)
def test_the_picture_follows_a_session_up_and_down(tree: ProcessTree, router: Daemon) -> None:
    address, widget = neighbor_address(0), SessionFsm()

    def shows(state: State) -> None:
        poll(f"{state} in the picture", lambda: widget.state is state, explain=widget.text)

    with link(tree, router, configuration([address])) as (frr, far):
        widget.follow(frr.log, pace=0)
        session = far.accept(address)
        session.hear(OPEN)
        shows(State.OPEN_SENT)
        session.open(NEIGHBOR_AS, HOLD_TIME, NEIGHBOR_ID)
        session.hear(KEEPALIVE)
        shows(State.OPEN_CONFIRM)
        session.keepalive()
        shows(State.ESTABLISHED)
        assert widget.view["travelled"]["label"] == "Receive_KEEPALIVE_message"
        frr.configure([f"router bgp {ROUTER_AS}", f"neighbor {address} shutdown"])
        poll(
            "the NOTIFICATION in the picture",
            lambda: "6/2" in " ".join(row["sent"] for row in widget.view["history"]),
            explain=widget.text,
        )
        assert widget.view["following"]["status"] == "live"
        poll(
            "the whole log",
            lambda: widget.view["end"] == len(parse_frr_log(frr.log().splitlines())),
        )
        widget.stop_following()
    assert not widget.following
    assert widget.view["strange"] == 0
