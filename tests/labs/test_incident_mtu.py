"""A switch's port with a small MTU: a session comes up, starves on its routes, and comes again.

The OPEN and the KEEPALIVEs are small and pass; a full UPDATE does not, and TCP keeps all that
follows it back. The other side hears nothing, and its hold timer ends the session (RFC 4271
section 6.5), time and again (`test_lab` waits for the second time).
"""

from collections.abc import Iterator

import pytest
from unpacked import wanted

from bgp.fsm_words import State
from bgp.notification import Notification
from labs.lab import Lab
from labs.packages import Daemons
from labs.polling import poll
from labs.topology_file import FOLDER, parse

pytestmark = pytest.mark.lab
RACK = (FOLDER / "rack.toml").read_text(encoding="utf-8")
HOLD = 3
HOLD_TIMER_EXPIRED = Notification(4, 0)
LAST = "172.30.127.192/26"
SENT = "%NOTIFICATION: sent to neighbor 172.18.0.2 4/0 (Hold Timer Expired)"
UNWATCHED = (
    RACK.replace("hold = 9", f"hold = {HOLD}")
    .replace("bfd = true\n", "")
    .replace("max_prefixes = 50", "max_prefixes = 5000")
)
"""The rack with a short Hold Time, without BFD, and with room for many prefixes."""


@pytest.fixture(scope="module")
def lab(daemons: Daemons, namespaces: None) -> Iterator[Lab]:
    del namespaces
    for name in ("frr-8.4", "nftables"):
        wanted(daemons, name)
    with Lab(parse(UNWATCHED, "rack.toml")) as lab:
        yield lab


def test_a_full_table_does_not_pass_a_small_port_and_the_other_sessions_stay_up(lab: Lab) -> None:
    lab.routes("node1", 256)
    poll("all of them pass", lambda: lab.paths("tor", LAST))
    lab.mtu("sw", "node1", 600)
    assert lab.watch("tor", "node1", HOLD + 0.5) == ()  # KEEPALIVEs pass, nothing else is due

    lab.show("tor", "clear bgp 172.18.0.2")
    lab.mark()
    lab.wait_state("tor", "node1", "Established", 10)
    edge = lab.wait_notification("tor", "node1", 4, 0, 10)
    assert (edge.before, edge.sent) == (State.ESTABLISHED, HOLD_TIMER_EXPIRED)
    assert SENT in lab.daemon_log("tor")
    assert lab.wait_notification("node1", "tor", 4, 0, 5).received == HOLD_TIMER_EXPIRED
    for neighbor in ("node2", "node3"):
        assert lab.transitions("tor", neighbor) == ()
        assert lab.state("tor", neighbor) == "Established"

    lab.heal("sw", "node1")
    lab.mark()
    lab.wait_state("tor", "node1", "Established", 10)
    poll("all of them pass", lambda: lab.paths("tor", LAST))
