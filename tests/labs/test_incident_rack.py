"""What goes wrong in a rack, by real daemons: a silent path, a leak, too many prefixes.

Each incident is taken back inside its test, so that what mends it is proven too. How the rack works
when all is well is in `test_lab_topologies`.
"""

from collections.abc import Iterator
from datetime import datetime

import pytest
from unpacked import wanted

from bgp.notification import Notification
from labs.lab import Lab
from labs.packages import Daemons
from labs.polling import poll

pytestmark = pytest.mark.lab
VIP = "172.30.200.1"
LEAKED = ("0.0.0.0/0", "10.0.0.0/8")
LOG_TIME = "%Y/%m/%d %H:%M:%S.%f"
BFD_DOWN, TOO_MANY_PREFIXES = Notification(6, 10), Notification(6, 1)
"""Cease with its reasons of RFC 9384 and RFC 4486."""


@pytest.fixture(scope="module")
def running(daemons: Daemons, namespaces: None) -> Iterator[Lab]:
    del namespaces
    for name in ("frr-8.4", "nftables"):
        wanted(daemons, name)
    with Lab("rack") as lab:
        yield lab


@pytest.fixture
def lab(running: Lab) -> Lab:
    running.mend()
    running.endpoints("web", "pod3")  # any node leads there, and node3 stays well
    return running


def next_hops(lab: Lab) -> set[str]:
    """The next hops that the ToR's kernel has for the Service."""
    kernel = {route.prefix: route for route in lab.snapshot().hosts["tor"].kernel}
    return {hop.partition(" ")[0] for hop in kernel[VIP].next_hops}


def in_kernel(lab: Lab) -> set[str]:
    kernel = {route.prefix for route in lab.snapshot().hosts["tor"].kernel}
    return kernel & {"default", *LEAKED}


def test_bfd_leaves_a_silent_path_in_about_a_second_where_the_hold_timer_takes_nine(
    lab: Lab,
) -> None:
    told = lab.show("tor", "show bgp neighbors 172.18.0.3")
    assert "Hold time is 9 seconds" in told
    assert len(next_hops(lab)) == 3
    lab.mark()
    lab.drop("node2", "sw", "all")
    edge = lab.wait_notification("tor", "node2", 6, 10, 5)
    assert edge.sent == BFD_DOWN
    lost = datetime.strptime(lab.marked("tor", "node2"), LOG_TIME)  # noqa: DTZ007 - both of one clock
    noticed = datetime.strptime(edge.time, LOG_TIME)  # noqa: DTZ007 - as above
    assert 0.5 < (noticed - lost).total_seconds() < 2.5  # 0.6 to 0.9, and a busy machine
    poll("the kernel has left it", lambda: next_hops(lab) == {"172.18.0.2", "172.18.0.4"}, 2)
    assert all(answer.server for answer in lab.curl("client", f"http://{VIP}/", 20))
    lab.heal("node2", "sw")
    lab.wait_state("tor", "node2", "Established", 20)
    poll("all three are back", lambda: len(next_hops(lab)) == 3)


def test_a_leak_stops_at_the_tors_policy_and_goes_when_the_policy_is_back(lab: Lab) -> None:
    networks = [f"network {prefix}" for prefix in LEAKED]
    lab.configure(
        "node3",
        *("router bgp 64512", "no bgp ebgp-requires-policy", "address-family ipv4 unicast"),
        *(*networks, "no neighbor 172.18.0.254 route-map TO-tor out"),
    )
    assert {*LEAKED} < {*lab.announced("node3", "tor")}
    assert in_kernel(lab) == set()
    assert [lab.paths("tor", prefix) for prefix in LEAKED] == [(), ()]

    opened = "ip prefix-list SERVICES seq 10 permit 0.0.0.0/0 le 32"
    lab.configure("tor", opened)
    poll("the leak is in the kernel", lambda: in_kernel(lab) == {"default", "10.0.0.0/8"})
    hop = lab.trace("tor", "203.0.113.1")[0]
    assert (hop.route, hop.as_path, hop.to) == ("default", "64512", "node3")

    lab.configure("tor", f"no {opened}")
    poll("it has left the kernel", lambda: in_kernel(lab) == set())
    assert len(next_hops(lab)) == 3


def test_too_many_prefixes_close_the_session_until_the_operator_clears_it(lab: Lab) -> None:
    lab.mark()
    lab.routes("node1", 60)
    assert lab.wait_notification("tor", "node1", 6, 1, 10).sent == TOO_MANY_PREFIXES
    log = lab.daemon_log("tor")
    assert "prefix received from 172.18.0.2(node1) reaches 38, max 50" in log  # 75% is a warning
    assert "%MAXPFXEXCEED: No. of IPv4 Unicast prefix received from 172.18.0.2(node1) 51" in log
    assert "Idle (PfxCt)" in lab.show("tor", "show bgp summary")
    told = lab.show("tor", "show bgp neighbors 172.18.0.2")
    assert "Peer had exceeded the max. no. of prefixes configured." in told
    assert lab.wait_notification("node1", "tor", 6, 1, 5).received == TOO_MANY_PREFIXES
    poll("its next hop is gone", lambda: next_hops(lab) == {"172.18.0.3", "172.18.0.4"})
    assert lab.transitions("tor", "node2") == lab.transitions("tor", "node3") == ()

    lab.routes("node1", 0)
    assert lab.watch("tor", "node1", 2.5) == ()  # node1 calls every second
    lab.show("tor", "clear bgp 172.18.0.2")
    lab.wait_state("tor", "node1", "Established", 10)
    poll("it is back", lambda: len(next_hops(lab)) == 3)
