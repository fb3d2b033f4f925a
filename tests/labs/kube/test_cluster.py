"""A lab's cluster: workloads, Services and MetalLB's routes in real FRR, with the real kubectl."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator

import pytest
from cluster_lab import METALLB, PATIENCE, ClusterLab, Obj, cluster_lab, deployment, service

from labs.errors import LabError
from labs.lab import Lab
from labs.packages import Daemons
from labs.polling import poll

pytestmark = pytest.mark.lab
VIP = "172.30.200.1"


@pytest.fixture(scope="module")
def running(daemons: Daemons, namespaces: None) -> Iterator[ClusterLab]:
    del namespaces
    for name in ("frr-8.4", "nftables"):
        if name in daemons.missing:
            pytest.skip(daemons.missing[name])
    with cluster_lab() as lab:
        yield lab


@pytest.fixture
def kubectl(running: ClusterLab) -> ClusterLab:
    """The cluster as at its start."""
    running.lab.mend()
    return running


def up(kubectl: ClusterLab, **spec: object) -> None:
    """Bring up a Service of two pods, announced by every node."""
    kubectl.apply(*METALLB, deployment("web"), service("web", "web", loadBalancerIP=VIP, **spec))
    kubectl("rollout", "status", "deployment/web", "--timeout=60s")


def test_what_is_there_from_the_start_is_true_of_the_lab(kubectl: ClusterLab) -> None:
    nodes = {node["metadata"]["name"]: node for node in kubectl.get("nodes")["items"]}
    assert sorted(nodes) == ["node1", "node2", "node3"]
    one = nodes["node1"]
    assert one["spec"]["podCIDR"] == "10.244.1.0/24"
    assert {"type": "InternalIP", "address": "172.18.0.2"} in one["status"]["addresses"]
    assert one["status"]["nodeInfo"]["kernelVersion"] in kubectl.lab.run("node1", "uname -r").text
    assert kubectl("-n", "metallb-system", "rollout", "status", "daemonset/speaker")
    assert kubectl("config", "current-context") == "locrib-cluster\n"


@pytest.mark.parametrize("order", list(itertools.permutations(range(3)))[::2])
def test_a_service_has_three_next_hops_whatever_comes_first(
    kubectl: ClusterLab, order: tuple[int, ...]
) -> None:
    objects: list[Obj] = [METALLB[number] for number in order]
    kubectl.apply(deployment("web"), service("web", "web", loadBalancerIP=VIP), *objects)
    kubectl.until_hops(VIP, 3)
    answers = kubectl.lab.curl("client", f"http://{VIP}/", count=6)
    assert {answer.source for answer in answers} <= {"172.18.0.2", "172.18.0.3", "172.18.0.4"}
    assert all(answer.text.startswith("this is web\n") for answer in answers)


def test_local_traffic_policy_keeps_the_client_and_only_nodes_with_a_pod(
    kubectl: ClusterLab,
) -> None:
    up(kubectl, externalTrafficPolicy="Local")
    kubectl.until_hops(VIP, 2)
    poll(
        "both pods answer, and see the client",
        lambda: (
            {a.source for a in kubectl.lab.curl("client", f"http://{VIP}/", 4)} == {"192.0.2.10"}
        ),
        PATIENCE,
    )


def test_a_service_without_a_ready_pod_is_announced_by_nobody(kubectl: ClusterLab) -> None:
    up(kubectl)
    kubectl.until_hops(VIP, 3)
    kubectl("scale", "deployment/web", "--replicas=0")
    kubectl.until_hops(VIP, 0)
    kubectl("scale", "deployment/web", "--replicas=1")
    kubectl.until_hops(VIP, 3)


def test_a_hand_edit_on_a_node_is_taken_back(kubectl: ClusterLab) -> None:
    up(kubectl)
    kubectl.until_hops(VIP, 3)
    before = kubectl.lab.show("node1", "show running-config")
    edit = "vtysh -c 'conf t' -c 'router bgp 64512' -c 'no neighbor 172.18.0.254'"
    kubectl.lab.run("node1", edit)
    kubectl.until_hops(VIP, 2)
    kubectl.until_hops(VIP, 3)
    assert kubectl.lab.show("node1", "show running-config") == before


def test_a_node_that_loses_its_daemon_is_told_everything_again(kubectl: ClusterLab) -> None:
    up(kubectl)
    kubectl.until_hops(VIP, 3)
    kubectl.lab.stop_daemon("node1")
    kubectl.until_hops(VIP, 2)
    kubectl.lab.start_daemon("node1")
    kubectl.until_hops(VIP, 3)


def test_a_deployment_is_scaled_rolled_and_rolled_back(kubectl: ClusterLab) -> None:
    kubectl.apply(deployment("web", replicas=3))
    kubectl("rollout", "status", "deployment/web", "--timeout=60s")
    spread = Counter(pod["spec"]["nodeName"] for pod in kubectl.get("pods")["items"])
    assert set(spread.values()) == {1}, "the scheduler spreads them"
    kubectl("set", "image", "deployment/web", "echo=hashicorp/http-echo:1.0")
    kubectl("rollout", "status", "deployment/web", "--timeout=60s")
    sets = kubectl.get("replicasets")["items"]
    assert sorted(one["spec"]["replicas"] for one in sets) == [0, 3]
    kubectl("rollout", "undo", "deployment/web")
    kubectl("rollout", "status", "deployment/web", "--timeout=60s")
    found = kubectl.get("deployment", "web")
    assert found["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "3"
    image = found["spec"]["template"]["spec"]["containers"][0]["image"]
    assert image == "hashicorp/http-echo"
    kubectl("scale", "deployment/web", "--replicas=1")
    kubectl("wait", "--for=jsonpath={.status.replicas}=1", "deployment/web", "--timeout=60s")


def test_a_rollout_that_never_gets_ready_leaves_the_old_pods_in_service(
    kubectl: ClusterLab,
) -> None:
    kubectl.apply(deployment("web", replicas=2))
    kubectl("rollout", "status", "deployment/web", "--timeout=60s")
    kubectl("set", "image", "deployment/web", "echo=nosuch")
    kubectl.until("the new one fails", "pods", shows="ImagePullBackOff")
    assert kubectl.get("deployment", "web")["status"]["availableReplicas"] == 2
    assert "error" in kubectl.fails("rollout", "status", "deployment/web", "--timeout=1s")


def test_a_drained_node_gets_no_pods_until_it_is_uncordoned(kubectl: ClusterLab) -> None:
    kubectl.apply(deployment("web", replicas=3))
    kubectl("rollout", "status", "deployment/web", "--timeout=60s")
    kubectl("drain", "node2", "--ignore-daemonsets", "--timeout=60s")
    kubectl("rollout", "status", "deployment/web", "--timeout=60s")
    assert "node2" not in {pod["spec"]["nodeName"] for pod in kubectl.get("pods")["items"]}
    assert "SchedulingDisabled" in kubectl("get", "node", "node2")
    kubectl("uncordon", "node2")
    kubectl("scale", "deployment/web", "--replicas=4")
    kubectl("rollout", "status", "deployment/web", "--timeout=60s")
    assert "node2" in {pod["spec"]["nodeName"] for pod in kubectl.get("pods")["items"]}


def test_a_pod_that_fits_nowhere_says_why(kubectl: ClusterLab) -> None:
    kubectl("run", "picky", "--image=nginx", "--overrides", '{"spec":{"nodeSelector":{"a":"b"}}}')
    why = "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector."
    poll("it is told", lambda: why in kubectl("describe", "pod", "picky"), PATIENCE)
    kubectl("label", "node", "node3", "a=b")
    kubectl("wait", "--for=condition=Ready", "pod/picky", "--timeout=60s")
    assert kubectl.get("pod", "picky")["spec"]["nodeName"] == "node3"


def test_a_checkpoint_keeps_the_objects_and_mending_forgets_them(kubectl: ClusterLab) -> None:
    up(kubectl)
    kubectl.until_hops(VIP, 3)
    kubectl("cordon", "node1")
    kept = kubectl.lab.checkpoint()
    kubectl.lab.mend()
    kubectl.until_hops(VIP, 0)
    assert kubectl.get("deployments,services")["items"] == []
    assert "SchedulingDisabled" not in kubectl("get", "nodes")
    kubectl.lab.restore(kept)
    kubectl.until_hops(VIP, 3)
    assert "SchedulingDisabled" in kubectl("get", "node", "node1")


def test_a_snapshot_shows_the_service_and_the_route(kubectl: ClusterLab) -> None:
    up(kubectl)
    kubectl.until_hops(VIP, 3)
    taken = kubectl.lab.snapshot()
    services = {one.service: one for one in taken.hosts["node1"].translations}
    assert services[f"{VIP}:80/tcp"].source == "the node's"
    assert len(services[f"{VIP}:80/tcp"].endpoints) == 2


def test_a_node_of_a_cluster_is_not_configured_by_verbs(kubectl: ClusterLab) -> None:
    with pytest.raises(LabError, match="change myASN of its BGPPeer"):
        kubectl.lab.as_number("node1", 64999)


def test_a_lab_without_a_cluster_says_which_have_one(daemons: Daemons, namespaces: None) -> None:
    del daemons, namespaces
    why = r"first-session has no Kubernetes cluster.*: cluster$"
    with Lab("first-session") as lab, pytest.raises(LabError, match=why):
        lab.kubectl("get", "nodes")
