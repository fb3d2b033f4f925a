"""The lab, live: real FRR, real BIRD, real packets, and every verb's effect on them."""

import socket
import time
from collections.abc import Iterator

import pytest

from bgp.fsm_words import State
from bgp.notification import Notification
from labs.errors import LabError
from labs.lab import Lab
from labs.packages import Daemons
from labs.polling import poll
from labs.topology_file import FOLDER, parse

pytestmark = pytest.mark.lab
POD, SERVICE = "10.244.1.10", "198.51.100.7"
FIRST = (FOLDER / "first-session.toml").read_text(encoding="utf-8")
HURRIED = parse(FIRST.replace("hold = 9", "hold = 3"), "first-session.toml")
"""The same with a Hold Time of three seconds, for tests that have to wait for one to expire."""


@pytest.fixture(scope="module")
def running(daemons: Daemons, namespaces: None) -> Iterator[Lab]:
    del namespaces
    for name in ("bird", "nftables"):
        if name in daemons.missing:
            pytest.skip(daemons.missing[name])
    try:
        lab = Lab(HURRIED)
    except LabError as error:
        pytest.skip(str(error))
    with lab:
        yield lab


@pytest.fixture
def lab(running: Lab) -> Lab:
    running.mend()
    return running


def states(lab: Lab) -> list[State]:
    """The states that tor1's session with node1 has been in since the last mark, the first too."""
    edges = lab.transitions("tor1", "node1")
    return [edges[0].before, *(edge.after for edge in edges)] if edges else []


def answered_by(lab: Lab, address: str) -> str | None:
    return lab.curl("client", f"http://{address}/")[0].server


def test_a_client_reaches_the_pod_and_the_service_through_bgp(lab: Lab) -> None:
    for address, server in ((POD, "pod1"), (SERVICE, "node1")):
        (answer,) = lab.curl("client", f"http://{address}/")
        assert (answer.server, answer.source, answer.error) == (server, "192.0.2.10", None)


def test_the_negotiated_hold_time_is_the_smaller_one(lab: Lab) -> None:
    told = lab.show("tor1", "show bgp neighbors 10.1.1.11")
    assert "Hold time is 3 seconds, keepalive interval is 1 seconds" in told
    assert "Configured hold time is 180 seconds, keepalive interval is 60 seconds" in told


def test_a_session_comes_up_through_every_state(lab: Lab) -> None:
    lab.show("tor1", "clear bgp 10.1.1.11")
    lab.mark()
    assert lab.transitions("tor1", "node1") == ()
    lab.wait_state("tor1", "node1", "Established", 10)
    assert states(lab)[-4:] == [
        State.CONNECT, State.OPEN_SENT, State.OPEN_CONFIRM, State.ESTABLISHED,
    ]  # fmt: skip


def test_what_is_announced_to_whom_is_policy(lab: Lab) -> None:
    assert set(lab.announced("node1", "tor1")) == {"10.244.1.0/24", "198.51.100.7/32"}
    assert lab.announced("node1", "tor2") == ("198.51.100.7/32",)
    assert lab.announced("tor1", "node1") == ("192.0.2.0/24",)
    assert len(lab.paths("border", "198.51.100.7/32")) == 2
    assert len(lab.paths("border", "10.244.1.0/24")) == 1
    assert lab.paths("border", "203.0.113.0/24") == ()


def test_a_trace_goes_hop_by_hop_with_the_paths_behind_it(lab: Lab) -> None:
    hops = lab.trace("client", POD)
    assert [hop.host for hop in hops] == ["client", "border", "tor1", "node1", "pod1"]
    assert (hops[0].route, hops[0].source, hops[0].next_hop) == ("default", "fixed", "192.0.2.1")
    assert (hops[1].route, hops[1].as_path) == ("10.244.1.0/24", "64601 64512")
    assert hops[1].bgp_next_hop == hops[1].next_hop == "10.0.11.2"
    assert (hops[2].as_path, hops[2].bgp_next_hop) == ("64512", "10.1.1.11")
    assert (hops[3].interface, hops[4].source) == ("pod1", "here")
    back = lab.trace("pod1", "192.0.2.10")
    assert [hop.host for hop in back][::3] == ["pod1", "border"]
    assert back[1].bgp_next_hop in ("10.1.1.1", "10.1.2.1")
    assert back[1].as_path in ("64601 64900", "64602 64900")
    assert back[-1].host == "client"


def test_a_stopped_daemon_leaves_its_neighbor_active(lab: Lab) -> None:
    lab.stop_daemon("node1")
    lab.wait_state("tor1", "node1", "Active", 10)
    (refused,) = lab.curl("client", f"http://{POD}/")
    assert refused.error is not None
    assert "unreachable" in refused.error
    assert lab.trace("client", POD)[-1].problem == f"no route to {POD}"
    lab.start_daemon("node1")
    lab.wait_state("tor1", "node1", "Established", 10)


def test_lost_tcp_leaves_the_neighbor_in_connect(lab: Lab) -> None:
    lab.drop("node1", "sw1")
    lab.wait_state("tor1", "node1", "Connect", 20)
    poll("it stays there", lambda: lab.state("tor1", "node1") == "Connect")
    with lab._parts.tree.open_socket("tor1", socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(5)
        udp.connect(("10.1.1.11", 9))
        udp.send(b"anyone?")
        with pytest.raises(ConnectionRefusedError):  # ICMP came back: only TCP is lost
            udp.recv(1)
    lab.heal("sw1", "node1")
    lab.wait_state("tor1", "node1", "Established", 20)


def test_a_wrong_as_number_is_told_by_notification_and_ends_in_idle(lab: Lab) -> None:
    lab.as_number("node1", 65000)
    edge = lab.wait_notification("tor1", "node1", 2, 2, 15)
    assert (edge.before, edge.after, edge.sent) == (
        State.OPEN_SENT,
        State.IDLE,
        Notification(2, 2),
    )


def test_a_frozen_daemon_is_given_up_when_the_hold_time_is_over(lab: Lab) -> None:
    lab.freeze("node1")
    edge = lab.wait_notification("tor1", "node1", 4, 0, 10)
    assert edge.before is State.ESTABLISHED
    with pytest.raises(LabError, match=r"the daemon of node1 is frozen; thaw\('node1'\) brings"):
        lab.state("node1", "tor1")
    lab.thaw("node1")
    lab.wait_state("tor1", "node1", "Established", 10)


def test_a_link_cut_behind_a_switch_is_noticed_by_the_hold_timer_only(lab: Lab) -> None:
    lab.cut("node1", "sw1")
    assert lab.state("tor1", "node1") == "Established"
    assert lab.wait_notification("tor1", "node1", 4, 0, 10).sent == Notification(4, 0)
    lab.heal("node1", "sw1")
    lab.wait_state("tor1", "node1", "Established", 10)
    poll("the client reaches the pod", lambda: answered_by(lab, POD) == "pod1")


def test_a_link_cut_between_two_routers_is_noticed_at_once(lab: Lab) -> None:
    lab.cut("border", "tor1")
    assert lab.wait_state("border", "tor1", "Idle", 10) < 2
    poll("the other uplink carries the service", lambda: answered_by(lab, SERVICE) == "node1")
    assert [hop.host for hop in lab.trace("client", SERVICE)][2] == "tor2"


def test_a_small_mtu_lets_keepalives_pass_and_a_full_table_not(lab: Lab) -> None:
    lab.mtu("sw1", "node1", 1400)
    lab.routes("node1", 1)
    poll("one more prefix passes", lambda: lab.paths("tor1", "10.245.0.0/26"))
    with pytest.raises(LabError, match="in Idle: not within 4 seconds: it is in Established"):
        lab.wait_state("tor1", "node1", "Idle", 4)
    lab.routes("node1", 900)
    lab.wait_notification("tor1", "node1", 4, 0, 10)
    lab.mark()
    lab.wait_state("tor1", "node1", "Established", 10)
    assert 2 < lab.wait_state("tor1", "node1", "Idle", 10) < 5
    lab.heal("node1", "sw1")
    poll("all of them pass", lambda: lab.paths("tor1", "10.245.224.192/26"))
    lab.routes("node1", 0)
    poll("none is left", lambda: not lab.paths("tor1", "10.245.0.0/26"))


def test_a_share_of_packets_is_lost(lab: Lab) -> None:
    def heard(count: int = 60) -> int:
        """How many of so many UDP packets to a closed port bring an ICMP back."""
        came = 0
        for _ in range(count):
            with lab._parts.tree.open_socket("client", socket.AF_INET, socket.SOCK_DGRAM) as udp:
                udp.settimeout(0.1)
                udp.connect(("192.0.2.1", 9))
                udp.send(b"anyone?")
                try:
                    udp.recv(1)
                except ConnectionRefusedError:
                    came += 1
                except TimeoutError:
                    continue
        return came

    lab.run("border", "sysctl -w net.ipv4.icmp_ratelimit=0")
    assert heard() > 55
    lab.drop(
        "client", "border", "all", 30
    )  # on the way there and on the way back: 49 % get through
    assert 12 < heard() < 48
    checkpoint = lab.checkpoint()
    lab.heal("client", "border")
    assert heard() > 55
    lab.restore(checkpoint)
    assert str(lab.situation) == "drop border client: all 30"
    with pytest.raises(LabError, match="a share is 1 to 100 percent, not 0"):
        lab.drop("client", "border", "all", 0)


def test_a_switchs_port_drops_what_is_larger_than_its_mtu_both_ways(lab: Lab) -> None:
    lab.mtu("sw1", "node1", 1400)

    def passes(octets: int, host: str, address: str) -> bool:
        """Send a UDP packet of that many octets to a closed port, and listen for the ICMP."""
        with lab._parts.tree.open_socket(host, socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.settimeout(0.3)
            udp.connect((address, 9))
            udp.send(bytes(octets - 28))
            try:
                udp.recv(1)
            except ConnectionRefusedError:
                return True
            except TimeoutError:
                return False
            raise AssertionError

    for host, address in (("tor1", "10.1.1.11"), ("node1", "10.1.1.1")):
        assert passes(1400, host, address)
        assert not passes(1401, host, address)
    assert "mtu 1500" in lab.run("node1", "ip link show sw1").text
    lab.mtu("sw1", "node1", 1500)
    assert passes(1500, "tor1", "10.1.1.11")


def test_a_limited_link_is_as_slow_as_it_was_told(lab: Lab) -> None:
    lab.limit("border", "client", 64)
    with (
        lab._parts.tree.open_socket("client", socket.AF_INET, socket.SOCK_STREAM) as listener,
        lab._parts.tree.open_socket("border", socket.AF_INET, socket.SOCK_STREAM) as sender,
    ):
        listener.bind(("192.0.2.10", 5000))
        listener.listen()
        sender.connect(("192.0.2.10", 5000))
        begun = time.monotonic()
        sender.sendall(bytes(24_000))  # 16 kB of it may go at once, 64 kbit/s are 8 kB a second
        sender.shutdown(socket.SHUT_WR)
        with listener.accept()[0] as receiver:
            while receiver.recv(1 << 16):
                pass
        assert time.monotonic() - begun > 0.5
    lab.heal("client", "border")
    assert "tbf" not in lab.run("client", "tc qdisc show").text


def test_a_killed_daemon_says_no_farewell_and_is_started_again(lab: Lab) -> None:
    lab.mark()
    lab.kill("node1")
    lab.wait_state("tor1", "node1", "Idle", 10)
    assert lab.transitions("tor1", "node1")[0].received is None
    lab.start_daemon("node1")
    lab.wait_state("tor1", "node1", "Established", 20)


def test_a_daemon_that_died_by_itself_is_named_and_mended(lab: Lab) -> None:
    lab.run("tor1", "kill -9 $(pgrep -x bgpd -n)", seconds=5)
    routers = lab._parts.routers

    def dead() -> list[str]:
        return [host for host, router in routers.items() if not router.alive()]

    (host,) = poll("one has died", dead)
    with pytest.raises(LabError, match=f"bgpd on {host} ended at"):
        lab.announced(host, lab.topology.sessions_of(host)[0].other(host).host)
    lab.mend()
    assert answered_by(lab, POD) == "pod1"


def test_a_capture_shows_the_packets_of_its_block(lab: Lab) -> None:
    with lab.capture("tor1", "sw1") as seen:
        lab.show("tor1", "clear bgp 10.1.1.11")
        lab.wait_state("tor1", "node1", "Established", 10)
    assert "10.1.1.1.179" in str(seen) or "10.1.1.11.179" in str(seen)
    assert "Open Message" in seen.text
    assert "packets captured" not in seen.text
    refused = r"tcpdump refused 'frobnicate':\n.*syntax error"
    with pytest.raises(LabError, match=refused), lab.capture("sw1", "tor1", "frobnicate"):
        pass


def test_configured_policy_takes_effect_and_mend_takes_it_back(lab: Lab) -> None:
    lab.configure("tor1", "route-map TO-border permit 10", "set metric 77")
    assert [path.med for path in lab.paths("border", "10.244.1.0/24")] == [77]
    lab.mend()
    assert [path.med for path in lab.paths("border", "10.244.1.0/24")] == [None]


def test_everything_at_once_is_mended(lab: Lab) -> None:
    lab.cut("tor1", "sw1")
    lab.drop("tor2", "node1", "all")
    lab.mtu("border", "tor1", 1300)
    lab.as_number("tor2", 65001)
    lab.routes("node1", 5)
    lab.freeze("border")
    lab.stop_daemon("node1")
    lab.mend()
    assert str(lab.situation) == "nothing done"
    assert {answered_by(lab, POD), answered_by(lab, SERVICE)} == {"pod1", "node1"}
    assert "mtu 1500" in lab.run("border", "ip link show tor1").text


def test_following_yields_each_edge_as_it_happens(lab: Lab) -> None:
    lab.stop_daemon("node1")
    seen = []
    for edge in lab.follow("tor1", "node1", 20):
        seen.append(edge)
        if edge.after is State.ACTIVE:
            break
    assert seen[0].before is State.ESTABLISHED
    assert seen[0].received == Notification(6, 2)
    assert tuple(seen) == lab.transitions("tor1", "node1")[: len(seen)]
    assert list(lab.follow("tor2", "border", 0)) == []


def test_a_command_runs_in_its_hosts_network_with_the_routers_own_tools(lab: Lab) -> None:
    done = lab.run("tor1", "vtysh -c 'show bgp summary' && ip -br address show dev sw1")
    assert done.status == 0
    assert "local AS number 64601" in done.text
    assert "10.1.1.1/24" in done.text
    assert "BIRD 2" in lab.run("node1", "birdc show status").text
    assert lab.run("client", "exit 3").status == 3
    with pytest.raises(LabError, match=r"`sleep 60` on client did not end within 0.2 seconds"):
        lab.run("client", "sleep 60", seconds=0.2)


@pytest.mark.parametrize(
    ("verb", "arguments", "words"),
    [
        ("cut", ("tor1", "tor9"), "first-session has no 'tor9'; it has client, border"),
        ("cut", ("tor1", "client"), "tor1 has no link to 'client'; it has links to border, sw1"),
        ("heal", ("tor1", "border"), "nothing is wrong with the link between tor1 and border"),
        ("mtu", ("tor1", "border", 9), "an MTU is 576 to 9216 octets, not 9"),
        ("limit", ("tor1", "border", 1), "a limit is 8 to 10000000 kilobits a second, not 1"),
        ("drop", ("tor1", "border", "udp"), "cannot lose 'udp'; it can lose all, tcp, bgp, icmp"),
        ("freeze", ("client",), "client runs no BGP daemon; these do: border, tor1, tor2, node1"),
        ("thaw", ("tor1",), r"the daemon of tor1 is not frozen; freeze\('tor1'\) does that"),
        ("start_daemon", ("tor1",), r"is not stopped; stop_daemon\('tor1'\) does that"),
        ("as_number", ("tor1", 0), "an AS number is 1 to 4294967295, not 0"),
        ("routes", ("tor1", 5), "the topology gives tor1 no blocks to announce"),
        ("routes", ("node1", 5000), "node1 can announce 0 to 1024 blocks out of 10.245.0.0/16"),
        ("configure", ("node1", "x"), "node1 runs no FRR, and only FRR takes configuration lines"),
        ("configure", ("tor1", "frobnicate"), "bgpd on tor1 refused `frobnicate`"),
        ("show", ("tor1", "show nonsense"), "Unknown command: show nonsense"),
        ("heal", ("tor1", "sw1"), "nothing is wrong with the link between tor1 and sw1"),
        ("state", ("tor1", "tor2"), "tor1 has no neighbor 'tor2'; its neighbors are border, node1"),
        ("wait_state", ("tor1", "node1", "Up"), "no state is called 'Up'; they are Idle, Connect"),
        ("transitions", ("node1", "tor1"), "only FRR logs the edges of its sessions"),
        ("curl", ("client", "http://web/"), "expected a URL with an address"),
        ("trace", ("client", "web"), "expected an IPv4 address such as 192.0.2.1, seen 'web'"),
    ],
)
def test_what_cannot_be_done_is_refused_by_name(
    lab: Lab, verb: str, arguments: tuple[object, ...], words: str
) -> None:
    before = lab.situation.done
    with pytest.raises(LabError, match=words):
        getattr(lab, verb)(*arguments)
    assert lab.situation.done == before
