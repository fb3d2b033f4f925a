"""A daemon that gets no time: bgpd is noticed by the hold timer, bfdd by BFD, on a healthy link.

Both look like a broken path from the other side, and neither is one: the node still forwards.
"""

from collections.abc import Iterator

import pytest
from unpacked import wanted

from bgp.fsm_words import State
from bgp.notification import Notification
from bgp.snapshot import Bfd
from labs.lab import Lab
from labs.packages import Daemons
from labs.polling import poll
from labs.topology_file import FOLDER, parse

pytestmark = pytest.mark.lab
HOLD = 3
RACK = (FOLDER / "rack.toml").read_text(encoding="utf-8").replace("hold = 9", f"hold = {HOLD}")
NODE1 = "172.18.0.2"


@pytest.fixture(scope="module")
def running(daemons: Daemons, namespaces: None) -> Iterator[Lab]:
    del namespaces
    for name in ("frr-8.4", "nftables"):
        wanted(daemons, name)
    with Lab(parse(RACK, "rack.toml")) as lab:
        yield lab


@pytest.fixture
def lab(running: Lab) -> Lab:
    running.mend()
    running.mark()
    return running


def forwards(lab: Lab) -> bool:
    """Whether node1 leads a client to a pod, by its own address."""
    return lab.curl("client", f"http://{NODE1}:30080/")[0].server in ("pod2", "pod3")


def bfd_state(lab: Lab) -> str:
    seen: tuple[Bfd, ...] = lab.snapshot().hosts["tor"].bfd
    return next(peer.state for peer in seen if peer.address == NODE1)


def test_a_bgpd_that_starves_longer_than_the_hold_time_is_given_up_while_bfd_is_content(
    lab: Lab,
) -> None:
    lab.freeze("node1")
    edge = lab.wait_notification("tor", "node1", 4, 0, 10)
    assert (edge.before, edge.sent) == (State.ESTABLISHED, Notification(4, 0))
    assert bfd_state(lab) == "up"
    assert forwards(lab)
    assert lab.transitions("tor", "node2") == lab.transitions("tor", "node3") == ()
    lab.thaw("node1")
    assert lab.wait_state("tor", "node1", "Established", 20) < 10


def test_a_bfdd_that_starves_takes_down_a_session_whose_link_is_healthy(lab: Lab) -> None:
    lab.freeze("node1", "bfdd")
    edge = lab.wait_notification("tor", "node1", 6, 10, 5)
    assert edge.sent == Notification(6, 10)  # Cease, BFD Down (RFC 9384)
    assert bfd_state(lab) == "down"
    assert forwards(lab)
    assert lab.transitions("tor", "node2") == lab.transitions("tor", "node3") == ()
    lab.thaw("node1", "bfdd")
    poll("BFD is up again", lambda: bfd_state(lab) == "up")
    lab.wait_state("tor", "node1", "Established", 20)
