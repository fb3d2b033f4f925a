"""The other topologies of the course, live: ECMP and BFD, four daemons, route reflectors."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from bgp.notification import Notification
from labs.errors import LabError
from labs.lab import Lab
from labs.packages import Daemons
from labs.polling import poll
from labs.situation import Situation
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


NODES = {"172.18.0.2", "172.18.0.3", "172.18.0.4"}


def answering(lab: Lab, count: int = 40) -> set[str | None]:
    return {answer.server for answer in lab.curl("client", "http://172.30.200.1/", count)}


def sources(lab: Lab, count: int = 40) -> set[str | None]:
    return {answer.source for answer in lab.curl("client", "http://172.30.200.1/", count)}


def test_a_service_is_reached_through_every_node(rack: Lab) -> None:
    assert next_hops(rack) == 3
    assert answering(rack) == {"pod2", "pod3"}
    assert sources(rack, 60) == NODES  # masqueraded by whichever node the ToR chose
    assert len(rack.paths("tor", "172.30.200.1/32")) == 3


def test_bfd_takes_a_silent_node_out_long_before_the_hold_timer(rack: Lab) -> None:
    assert rack.show("tor", "show bfd peers").count("Status: up") == 3
    rack.endpoints("web", "pod3")  # pod2 is lost with its node, as a cluster would notice
    rack.mark()
    rack.drop("node2", "sw", "all")
    assert rack.wait_state("tor", "node2", "Idle", 10) < 3  # the Hold Time is 9 seconds
    edge = rack.wait_notification("tor", "node2", 6, 10, 1)
    assert edge.sent == Notification(6, 10)  # Cease, BFD Down (RFC 9384)
    poll("two next hops are left", lambda: next_hops(rack) == 2)
    assert answering(rack) == {"pod3"}
    assert sources(rack) == NODES - {"172.18.0.3"}
    rack.heal("node2", "sw")
    rack.wait_state("tor", "node2", "Established", 20)
    poll("it is back", lambda: next_hops(rack) == 3)


def test_policy_local_shows_the_client_and_loses_what_comes_to_a_node_without_a_pod(
    rack: Lab,
) -> None:
    rack.policy("web", "Local")
    silent = ["router bgp 64512", "address-family ipv4 unicast", "no network 172.30.200.1/32"]
    for node in ("node2", "node3"):
        rack.configure(node, *silent)
    poll("only the node without a pod is left", lambda: next_hops(rack) == 1)
    (lost,) = rack.curl("client", "http://172.30.200.1/")
    assert lost.error == "no answer within 2 seconds"
    end = rack.trace("client", "172.30.200.1")[-1]
    assert end.host == "node1"
    assert end.problem == "kube-proxy has no endpoint for 172.30.200.1:80/tcp here"
    for node in ("node2", "node3"):
        rack.configure(node, *silent[:2], silent[2].removeprefix("no "))
    rack.configure("node1", *silent)  # what MetalLB does on a node without an endpoint
    poll("the nodes with pods are left", lambda: next_hops(rack) == 2)
    assert answering(rack) == {"pod2", "pod3"}
    assert sources(rack) == {"192.0.2.10"}


def test_endpoints_come_and_go(rack: Lab) -> None:
    rack.endpoints("web", "pod3")
    assert answering(rack) == {"pod3"}
    translation = rack.snapshot().hosts["node1"].translations
    assert [(t.service, t.endpoints, t.source) for t in translation] == [
        ("10.96.0.10:80/tcp", ("10.244.3.10:80",), "the node's"),
        ("172.30.200.1:80/tcp", ("10.244.3.10:80",), "the node's"),
    ]
    rack.endpoints("web")
    (refused,) = rack.curl("client", "http://172.30.200.1/")
    assert "refused" in (refused.error or "")
    rack.endpoints("web", "pod2", "pod3")
    assert str(rack.situation) == "nothing done"
    assert answering(rack) == {"pod2", "pod3"}
    (inside,) = rack.curl("pod2", "http://10.96.0.10/")
    assert inside.source == "10.244.2.10" or inside.server == "pod2"
    (by_port,) = rack.curl("client", "http://172.18.0.2:30080/")
    assert by_port.server in ("pod2", "pod3")


def test_a_trace_shows_where_kube_proxy_rewrites(rack: Lab) -> None:
    hops = rack.trace("client", "172.30.200.1")
    at = [hop.source for hop in hops].index("kube-proxy")
    assert hops[at].host == hops[at + 1].host
    assert {hops[at].next_hop, *hops[at].others} == {"10.244.2.10", "10.244.3.10"}
    assert (hops[-1].host, hops[-1].source) == ("pod2", "here")


@pytest.mark.parametrize(
    ("verb", "arguments", "words"),
    [
        ("policy", ("api", "Local"), "kube-proxy knows no Service 'api' here; it knows web"),
        ("policy", ("web", "local"), "no policy is called 'local'; there are Cluster, Local"),
        ("endpoints", ("web", "pod1"), "no pod 'pod1' is behind web; there are pod2, pod3"),
    ],
)
def test_a_service_that_is_not_there_is_named(
    rack: Lab, verb: str, arguments: tuple[str, ...], words: str
) -> None:
    with pytest.raises(LabError, match=words):
        getattr(rack, verb)(*arguments)


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


def test_a_checkpoint_brings_back_configuration_objects_and_links(rack: Lab) -> None:
    rack.policy("web", "Local")
    rack.routes("node1", 3)
    rack.configure("tor", "route-map FROM-node3 permit 10", "set metric 9")
    rack.cut("node2", "sw")
    rack.freeze("node3")
    checkpoint = rack.checkpoint()
    assert Situation.of(json.loads(json.dumps(checkpoint.plain()))) == checkpoint
    rack.mend()
    assert str(rack.situation) == "nothing done"
    rack.restore(checkpoint)
    assert rack.checkpoint() == checkpoint
    assert [path.med for path in rack.paths("tor", "172.30.200.1/32")].count(9) == 1
    assert "state DOWN" in rack.run("node2", "ip link show sw").text
    rack.wait_state("tor", "node2", "Active", 20)
    with pytest.raises(LabError, match="the daemon of node3 is frozen"):
        rack.state("node3", "tor")
    assert rack.paths("tor", "172.30.64.128/26")
    with pytest.raises(LabError, match="has no 'node9'"):
        rack.restore(Situation((("cut node9 sw", "yes"),)))
