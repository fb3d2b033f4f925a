"""MetalLB as a whole: from objects to each node's FRR, and what is told of it."""

import json
import time
from typing import Any

import pytest

POOL = """
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: {name: vips, namespace: metallb-system}
spec: {addresses: [172.18.200.0/24], avoidBuggyIPs: true}
"""
ADVERTISEMENT = """
apiVersion: metallb.io/v1beta1
kind: BGPAdvertisement
metadata: {name: vips, namespace: metallb-system}
spec: {ipAddressPools: [vips], communities: ["64512:100"]}
"""
PEER = """
apiVersion: metallb.io/v1beta2
kind: BGPPeer
metadata: {name: tor, namespace: metallb-system}
spec: {myASN: 64512, peerASN: 65099, peerAddress: 172.18.0.254}
"""
SPACE = "metallb-system"
NETWORK = "network 172.18.200.1/32"


def announced(world: Any) -> Any:
    """One Service, announced from both nodes."""
    for one in (POOL, PEER, ADVERTISEMENT):
        world.apply(one)
    world.service()
    world.endpoints("node1")
    world.settle()
    return world


def lines(world: Any, workload: str, node: str = "") -> list[dict[str, Any]]:
    found = [line for where, at, line in world.nodes.lines if (where, at) == (workload, node)]
    return [json.loads(line) for line in found]


@pytest.mark.parametrize("order", ["pac", "pca", "acp", "apc", "cap", "cpa"])
def test_objects_may_come_in_any_order(world: Any, order: str) -> None:
    for letter in order:
        world.apply({"p": PEER, "a": POOL, "c": ADVERTISEMENT}[letter])
        world.settle()
    world.service()
    world.endpoints("node1")
    world.settle()
    assert world.given() == ["172.18.200.1"]
    for node in ("node1", "node2"):
        assert NETWORK in world.text(node)
        assert "set community 64512:100 additive" in world.text(node)
    assert world.heard() == {("node1", "web"): ["tor"], ("node2", "web"): ["tor"]}


def test_a_service_is_told_what_happened_to_it(world: Any) -> None:
    announced(world)
    assert world.events() == [
        ("IPAllocated", 'Assigned IP ["172.18.200.1"]'),
        ("nodeAssigned", 'announcing from node "node1" with protocol "bgp"'),
        ("nodeAssigned", 'announcing from node "node2" with protocol "bgp"'),
    ]
    service = world.api.get("services", "web", "default")
    assert service["metadata"]["annotations"] == {"metallb.io/ip-allocated-from-pool": "vips"}
    pool = world.api.get("ipaddresspools.metallb.io", "vips", SPACE)
    counted = {"assignedIPv4": 1, "availableIPv4": 253, "assignedIPv6": 0, "availableIPv6": 0}
    assert pool["status"] == counted


def test_nothing_is_written_when_nothing_changes(world: Any) -> None:
    announced(world)
    version, texts = world.api.store.version, len(world.nodes.texts["node1"])
    for controller in world.controllers:
        controller.reconcile()
    assert world.api.store.version == version
    assert len(world.nodes.texts["node1"]) == texts


def test_a_change_reaches_the_node_within_milliseconds(world: Any) -> None:
    announced(world)
    speaker = world.controllers[1]
    took = []
    for community in range(1, 6):
        spec = {"spec": {"communities": [f"64512:{community}"]}}
        world.patch("bgpadvertisements.metallb.io", "vips", spec, SPACE)
        began = time.perf_counter()
        speaker.reconcile()
        took.append(time.perf_counter() - began)
        assert f"set community 64512:{community} additive" in world.text()
    assert min(took) < 0.05


def test_a_deleted_service_is_withdrawn_and_its_address_is_free(world: Any) -> None:
    announced(world)
    world.api.delete("services", "web", "default")
    world.settle()
    assert NETWORK not in world.text()
    assert world.heard() == {}
    withdrawn = lines(world, "speaker", "node1")[-1]
    assert (withdrawn["event"], withdrawn["reason"]) == ("serviceWithdrawn", "serviceDeleted")
    world.service("next")
    world.settle()
    assert world.given("next") == ["172.18.200.1"]


def test_the_speaker_logs_as_metallbs_does(world: Any) -> None:
    announced(world)
    told = [(one["event"], one.get("msg")) for one in lines(world, "speaker", "node1")]
    assert told == [
        ("config reloaded", None),
        ("peerAdded", "peer configured, starting BGP session"),
        ("updatedAdvertisements", "making advertisements using BGP"),
        ("serviceAnnounced", "service has IP, announcing"),
    ]
    assert lines(world, "speaker", "node1")[-1]["ips"] == ["172.18.200.1"]


def test_the_daemon_sets_flag_decides_how_much_is_logged(world: Any) -> None:
    announced(world)
    world.patch("nodes", "node2", {"metadata": {"labels": {"here": "x"}}}, "")
    chosen = {"spec": {"nodeSelectors": [{"matchLabels": {"here": "x"}}]}}
    world.patch("bgpadvertisements.metallb.io", "vips", chosen, SPACE)
    world.settle()
    assert lines(world, "speaker", "node1")[-1]["reason"] == "notOwner"
    container = {"name": "speaker", "args": ["--log-level=debug"], "image": "x"}
    given = {"spec": {"template": {"spec": {"containers": [container]}}}}
    world.patch("daemonsets.apps", "speaker", given, SPACE)
    world.settle()
    assert lines(world, "speaker", "node1")[-1]["reason"] == "pool not matching my node"
    assert world.text().startswith("log stdout debugging\n")


def test_a_hand_edit_is_undone(world: Any) -> None:
    announced(world)
    before = list(world.nodes.texts["node1"])
    world.nodes.told["node1"]()
    assert world.nodes.texts["node1"] == [*before, before[-1]]


def test_a_line_that_frr_refuses_is_logged_and_tried_again(world: Any) -> None:
    announced(world)
    world.nodes.refuse = "nonsense"
    extras = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"extras": "nonsense\n"}}
    world.apply({**extras, "metadata": {"name": "bgpextras", "namespace": SPACE}})
    again = world.controllers[1].reconcile()
    assert again is not None
    told = lines(world, "speaker", "node1")[-1]
    assert (told["cause"], told["level"]) == ("frr reload failed", "error")
    world.nodes.refuse = ""
    assert world.controllers[1].reconcile() is None
    assert world.text().endswith("\nnonsense\n\n")


def test_deleting_a_pool_takes_the_address_and_then_the_route(world: Any) -> None:
    announced(world)
    world.api.delete("ipaddresspools.metallb.io", "vips", SPACE)
    world.controllers[1].reconcile()  # the speaker is faster than the controller
    result, summary = world.state("speaker-node1")
    assert (result, summary) == (
        "Invalid",
        "configuration error: general handler sync state error",
    )
    assert NETWORK in world.text(), "the older configuration keeps running"
    told = lines(world, "speaker", "node1")[-1]
    assert told["error"] == "service has no configuration under new config"
    world.settle()
    assert world.given() == []
    assert NETWORK not in world.text()
    assert world.state("speaker-node1") == ("Valid", "")


def test_the_last_bfd_profile_stays_in_frr_as_metallb_leaves_it(world: Any) -> None:
    profile = {"apiVersion": "metallb.io/v1beta1", "kind": "BFDProfile", "spec": {}}
    world.apply({**profile, "metadata": {"name": "fast", "namespace": SPACE}})
    world.settle()
    world.api.delete("bfdprofiles.metallb.io", "fast", SPACE)
    world.settle()
    assert "profile fast" in world.text()


def test_a_speaker_speaks_only_to_peers_of_its_node(world: Any) -> None:
    announced(world)
    world.patch("nodes", "node2", {"metadata": {"labels": {"rack": "b"}}}, "")
    chosen = {"spec": {"nodeSelectors": [{"matchLabels": {"rack": "b"}}]}}
    world.patch("bgppeers.metallb.io", "tor", chosen, SPACE)
    world.settle()
    assert "neighbor" not in world.text("node1")
    assert "neighbor 172.18.0.254 remote-as 65099" in world.text("node2")
    assert world.heard() == {("node2", "web"): ["tor"]}
    removed = next(one for one in lines(world, "speaker", "node1") if one["event"] == "peerRemoved")
    assert removed["reason"] == "removedFromConfig"


def test_services_of_one_prefix_share_its_peers_in_the_status(world: Any) -> None:
    announced(world)
    world.patch("bgpadvertisements.metallb.io", "vips", {"spec": {"aggregationLength": 24}}, SPACE)
    world.service("other")
    world.endpoints("node1", service="other")
    world.settle()
    assert world.heard()["node1", "other"] == world.heard()["node1", "web"] == ["tor"]
    assert world.text().count("network 172.18.200.0/24") == 1


def test_too_many_communities_leave_the_peer_with_what_it_heard_before(world: Any) -> None:
    announced(world)
    many = {"spec": {"communities": [f"64512:{number}" for number in range(64)]}}
    world.patch("bgpadvertisements.metallb.io", "vips", many, SPACE)
    world.settle()
    assert "set community 64512:100 additive" in world.text()
    assert "set community 64512:63 additive" not in world.text()
    errors = [one.get("error") for one in lines(world, "speaker", "node1")]
    assert "max supported communities is 63, got 64" in errors


def test_configuration_states_carry_their_labels_and_come_back(world: Any) -> None:
    world.settle()
    state = world.api.get("configurationstates.metallb.io", "speaker-node1", SPACE)
    assert state["metadata"]["labels"] == {
        "metallb.io/component-type": "speaker",
        "metallb.io/node-name": "node1",
    }
    (condition,) = state["status"]["conditions"]
    assert (condition["type"], condition["reason"]) == ("configReconcilerValid", "Reconciled")
    world.api.delete("configurationstates.metallb.io", "speaker-node1", SPACE)
    world.settle()
    assert world.state("speaker-node1") == ("Valid", "")


def test_a_service_of_another_load_balancer_class_is_left_alone(world: Any) -> None:
    world.apply(POOL)
    world.service(loadBalancerClass="example.com/other")
    world.settle()
    assert world.given() == []
    assert world.events() == []


def test_a_password_comes_from_a_secret_and_follows_it(world: Any) -> None:
    announced(world)
    secret = {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/basic-auth"}
    metadata = {"name": "md5", "namespace": SPACE}
    data = {"username": "", "password": "czNjcmV0"}
    world.apply({**secret, "metadata": metadata, "data": data})
    world.patch("bgppeers.metallb.io", "tor", {"spec": {"passwordSecret": {"name": "md5"}}}, SPACE)
    world.settle()
    assert "neighbor 172.18.0.254 password s3cret\n" in world.text()
    world.patch("secrets", "md5", {"data": {"password": "bmV3"}}, SPACE)
    world.settle()
    assert "neighbor 172.18.0.254 password new\n" in world.text()


def test_a_secret_of_another_type_is_refused(world: Any) -> None:
    world.apply(PEER)
    secret = {"apiVersion": "v1", "kind": "Secret", "data": {"password": "czNjcmV0"}}
    world.apply({**secret, "metadata": {"name": "md5", "namespace": SPACE}})
    world.patch("bgppeers.metallb.io", "tor", {"spec": {"passwordSecret": {"name": "md5"}}}, SPACE)
    world.settle()
    assert world.state("speaker-node1")[1].startswith(
        'configuration error: parsing peer tor secret type mismatch on "metallb-system"/"md5", '
        'type "kubernetes.io/basic-auth" is expected '
    )


def test_a_refused_configuration_is_logged_once(world: Any) -> None:
    announced(world)
    world.patch("bgppeers.metallb.io", "tor", {"spec": {"bfdProfile": "none"}}, SPACE)
    for _ in range(3):
        world.settle()
    told = [one for one in lines(world, "speaker", "node1") if one["level"] == "error"]
    assert [one["error"] for one in told] == ["peer tor referencing non existing bfd profile none"]


def test_an_excluded_node_says_so_once_and_withdraws(world: Any) -> None:
    announced(world)
    label = {"node.kubernetes.io/exclude-from-external-load-balancers": "false"}
    world.patch("nodes", "node1", {"metadata": {"labels": label}}, "")
    for _ in range(3):
        world.settle()
    assert NETWORK not in world.text("node1")
    assert NETWORK in world.text("node2")
    told = [one for one in lines(world, "speaker", "node1") if one["level"] == "warn"]
    assert [one["reason"] for one in told] == [
        "speaker's node has labeled 'node.kubernetes.io/exclude-from-external-load-balancers'"
    ]
    world.patch("nodes", "node1", {"metadata": {"labels": dict.fromkeys(label)}}, "")
    world.settle()
    assert NETWORK in world.text("node1")


def test_what_a_speaker_writes_goes_away_with_its_pod(world: Any) -> None:
    labels = {"app": "metallb", "component": "speaker"}
    spec = {"nodeName": "node1", "containers": [{"name": "speaker", "image": "x"}]}
    metadata = {"name": "speaker-1", "namespace": SPACE, "labels": labels}
    world.apply({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
    announced(world)
    pod = world.api.get("pods", "speaker-1", SPACE)["metadata"]["uid"]
    found = world.api.list("servicebgpstatuses.metallb.io", SPACE)
    found += world.api.list("configurationstates.metallb.io", SPACE)
    owned = {
        one["status"].get("node") or one["metadata"]["name"]: [
            owner["uid"] for owner in one["metadata"].get("ownerReferences") or ()
        ]
        for one in found
    }
    assert owned == {
        "node1": [pod],
        "node2": [],
        "speaker-node1": [pod],
        "speaker-node2": [],
        "controller": [],
    }
