"""The other topologies of the course, live: ECMP and BFD, four daemons, route reflectors."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bgp.notification import Notification
from labs.errors import LabError
from labs.lab import Lab
from labs.packages import Daemons
from labs.polling import poll
from labs.topology_file import FOLDER, parse

pytestmark = pytest.mark.lab
RACK = (FOLDER / "rack.toml").read_text(encoding="utf-8")


def up(name: str, daemons: Daemons) -> Lab:
    for missing in daemons.missing.values():
        pytest.skip(missing)
    return Lab(name)


@pytest.fixture(scope="module")
def running_rack(daemons: Daemons, namespaces: None) -> Iterator[Lab]:
    del namespaces
    with up("rack", daemons) as lab:
        yield lab


@pytest.fixture
def rack(running_rack: Lab) -> Lab:
    running_rack.mend()
    return running_rack


def next_hops(lab: Lab) -> int:
    return lab.run("tor", "ip route show 172.30.200.1").text.count("via ")


def answering(lab: Lab) -> set[str | None]:
    return {answer.server for answer in lab.curl("client", "http://172.30.200.1/", 40)}


def test_a_service_is_reached_through_every_node(rack: Lab) -> None:
    assert next_hops(rack) == 3
    assert answering(rack) == {"node1", "node2", "node3"}
    assert len(rack.paths("tor", "172.30.200.1/32")) == 3


def test_bfd_takes_a_silent_node_out_long_before_the_hold_timer(rack: Lab) -> None:
    assert rack.show("tor", "show bfd peers").count("Status: up") == 3
    rack.mark()
    rack.drop("node2", "sw", "all")
    assert rack.wait_state("tor", "node2", "Idle", 10) < 3  # the Hold Time is 9 seconds
    edge = rack.wait_notification("tor", "node2", 6, 10, 1)
    assert edge.sent == Notification(6, 10)  # Cease, BFD Down (RFC 9384)
    poll("two next hops are left", lambda: next_hops(rack) == 2)
    assert answering(rack) == {"node1", "node3"}
    rack.heal("node2", "sw")
    rack.wait_state("tor", "node2", "Established", 20)
    poll("it is back", lambda: next_hops(rack) == 3)


def test_too_many_prefixes_end_the_session_and_no_other(rack: Lab) -> None:
    rack.mark()
    rack.routes("node1", 49)
    poll("fifty are taken", lambda: rack.paths("tor", "172.30.76.0/26"))
    rack.routes("node1", 60)
    edge = rack.wait_notification("tor", "node1", 6, 1, 10)
    assert edge.sent == Notification(6, 1)  # Cease, Maximum Number of Prefixes Reached (RFC 4486)
    assert rack.state("tor", "node2") == "Established"
    poll("two next hops are left", lambda: next_hops(rack) == 2)


def test_a_leak_stops_at_the_tors_prefix_list(rack: Lab) -> None:
    leak = ["router bgp 64512", "address-family ipv4 unicast", "network 0.0.0.0/0"]
    rack.configure("node3", *leak, "no neighbor 172.18.0.254 route-map TO-tor out", "exit",
                   "no bgp ebgp-requires-policy")  # fmt: skip
    assert "0.0.0.0/0" in rack.announced("node3", "tor")
    assert rack.paths("tor", "0.0.0.0/0") == ()
    rack.configure("tor", "route-map FROM-node3 permit 20")
    assert len(rack.paths("tor", "0.0.0.0/0")) == 1
    poll("it is in the kernel", lambda: "default" in rack.run("tor", "ip route").text)
    rack.mend()
    assert rack.paths("tor", "0.0.0.0/0") == ()
    assert "default" not in rack.run("tor", "ip route").text


def test_four_daemons_share_a_tor(daemons: Daemons, namespaces: None) -> None:
    del namespaces
    with up("four-daemons", daemons) as lab:
        nodes = ("metallb", "bird", "calico", "cilium")
        assert {lab.state(node, "tor") for node in nodes} == {"Established"}
        assert {lab.state("tor", node) for node in nodes} == {"Established"}
        for number, node in enumerate(nodes, start=1):
            assert f"10.244.{number}.0/24" in lab.announced(node, "tor")
            (answer,) = lab.curl("client", f"http://10.244.{number}.10/")
            assert (answer.server, answer.source) == (f"pod{number}", "192.0.2.10")
        served = {answer.server for answer in lab.curl("client", "http://198.51.100.7/", 60)}
        assert served == {*nodes}
        (across,) = lab.curl("pod4", "http://10.244.3.10/")
        assert (across.server, across.source) == ("pod3", "10.244.4.10")
        hop = lab.trace("calico", "192.0.2.10")[0]
        assert (hop.as_path, hop.bgp_next_hop) == ("64601", "172.18.0.254")
        lab.as_number("cilium", 65000)
        lab.wait_notification("tor", "cilium", 2, 2, 20)
        lab.freeze("calico")
        lab.stop_daemon("cilium")
        lab.mend()
        assert lab.curl("client", "http://10.244.4.10/")[0].server == "pod4"


def test_reflectors_of_one_cluster_refuse_each_others_routes(
    daemons: Daemons, namespaces: None
) -> None:
    del namespaces
    with up("reflectors", daemons) as lab:
        path = lab.paths("node1", "10.244.3.0/24")[0]
        assert (str(path.originator_id), str(path.cluster_list[0])) == ("10.0.1.3", "10.0.0.100")
        assert len(lab.paths("node1", "10.244.3.0/24")) == 2  # one from each reflector
        assert len(lab.paths("rr1", "10.244.3.0/24")) == 1  # from the node itself
        assert lab.curl("pod1", "http://10.244.2.10/")[0].server == "pod2"
        for host in ("rr1", "node1"):
            lab.configure(host, "debug bgp updates in")
        lab.show("rr1", "clear bgp ipv4 unicast 172.18.0.2 in")
        lab.show("node1", "clear bgp ipv4 unicast * in")
        for host, words in (
            ("rr1", "reflected from the same cluster"),
            ("node1", "originator is us"),
        ):
            poll(f"{host} says so", lambda h=host, w=words: w in lab.daemon_log(h))


def test_a_daemon_that_refuses_its_configuration_is_named_and_the_lab_comes_down(
    daemons: Daemons, namespaces: None
) -> None:
    del namespaces
    for missing in daemons.missing.values():
        pytest.skip(missing)
    rack = parse(RACK, "rack.toml")
    bad = replace(rack.hosts["node2"], router_id="not an address")
    with pytest.raises(LabError, match=r"refused its configuration on host node2: .*line \d+"):
        Lab(replace(rack, hosts={**rack.hosts, "node2": bad}))
