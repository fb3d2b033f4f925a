"""The other topologies of the course, live: ECMP and BFD, four daemons, route reflectors."""

import json
from collections.abc import Iterator

import pytest

from labs.errors import LabError
from labs.lab import Lab
from labs.packages import Daemons
from labs.polling import poll
from labs.situation import Situation

pytestmark = pytest.mark.lab


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


@pytest.mark.parametrize("policy", ["Cluster", "Local"])
@pytest.mark.parametrize("ready", [("pod2", "pod3"), ("pod3",), ()], ids=["both", "pod3", "none"])
def test_a_trace_from_inside_the_cluster_leads_where_a_request_goes(
    rack: Lab, policy: str, ready: tuple[str, ...]
) -> None:
    """externalTrafficPolicy Local is not for pods, and for a node where it has an endpoint."""
    addresses = {"10.244.2.10": "pod2", "10.244.3.10": "pod3"}
    rack.policy("web", policy)
    rack.endpoints("web", *ready)
    without_a_pod = {node for node in ("node1", "node2") if f"pod{node[-1]}" not in ready}
    lost = without_a_pod if policy == "Local" else set()
    for asker in ("pod2", "node1", "node2", "node3"):
        count = 16 if ready and asker not in lost else 1
        answers = rack.curl(asker, "http://172.30.200.1/", count)
        hops = rack.trace(asker, "172.30.200.1")
        (proxied,) = [hop for hop in hops if hop.source == "kube-proxy"]
        told = {addresses[pod] for pod in (proxied.next_hop, *proxied.others) if pod}
        assert {answer.server for answer in answers} - {None} == told
        assert told == (set() if asker in lost else {*ready})
        assert bool(proxied.problem) == (not told)


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


def test_four_daemons_share_a_tor(daemons: Daemons, namespaces: None) -> None:
    del namespaces
    with up("four-daemons", daemons) as lab:
        nodes = ("metallb", "bird", "calico", "cilium")
        assert {lab.state(node, "tor") for node in nodes} == {"Established"}
        assert {lab.state("tor", node) for node in nodes} == {"Established"}
        kernel = {route.prefix: route.next_hops for route in lab.snapshot().hosts["tor"].kernel}
        assert kernel.keys() > {f"10.244.{number}.0/24" for number in range(1, 5)}
        assert len(kernel["198.51.100.7"]) == 4
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


def test_an_address_that_zebra_was_told_to_set_goes_when_the_lab_is_mended(rack: Lab) -> None:
    before = rack.run("tor", "ip -o -4 address show").text
    rack.configure("tor", "interface client", "ip address 203.0.113.7/24")
    rack.configure("tor", "interface lo", "ip address 203.0.113.8/32")
    assert "203.0.113.7/24" in rack.run("tor", "ip -o -4 address show").text
    rack.mend()
    assert rack.run("tor", "ip -o -4 address show").text == before
    assert rack.snapshot().hosts["tor"].neighbors[0].state == "Established"


def test_bfdd_alone_can_be_frozen_and_takes_a_healthy_session_down(rack: Lab) -> None:
    rack.freeze("node3", "bfdd")
    assert rack.wait_state("tor", "node3", "Idle", 10) < 3
    assert rack.snapshot().hosts["node3"].bfd == ()
    assert str(rack.situation) == "frozen node3 bfdd: yes"
    with pytest.raises(LabError, match=r"bfdd of node3 is frozen already; thaw\('node3', 'bfdd'\)"):
        rack.freeze("node3", "bfdd")
    with pytest.raises(
        LabError, match="beside bgpd, tor runs zebra, staticd, bfdd, and no 'ospfd'"
    ):
        rack.freeze("tor", "ospfd")
    rack.thaw("node3", "bfdd")
    rack.wait_state("tor", "node3", "Established", 20)


def test_every_host_is_lent_nft_conntrack_and_tcpdump(rack: Lab) -> None:
    assert "table ip kube-proxy" in rack.run("node1", "nft list tables").text
    assert rack.run("client", "nft list tables").text == ""
    rack.curl("client", "http://172.30.200.1/", 12)
    assert "cpu=0" in rack.run("node1", "conntrack -S").text
    done = rack.run("tor", "echo 'table ip mine' > /run/mine.nft && nft -f /run/mine.nft")
    assert done.status == 0, done.text
    assert "table ip mine" in rack.run("tor", "nft list tables; nft delete table ip mine").text
    assert rack.run("tor", "tcpdump --version").status == 0
