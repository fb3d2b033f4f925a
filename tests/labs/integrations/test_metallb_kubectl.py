"""MetalLB behind the real kubectl: what a learner types, what kubectl answers, what comes of it."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from kubectl import Cluster, Kubectl

from labs.integrations.metallb import INTEGRATION, metallb
from labs.kube.controller import run_controllers
from labs.polling import poll

PEER = """
apiVersion: metallb.io/{version}
kind: BGPPeer
metadata:
  name: lab-peer
  namespace: metallb-system
spec:
  myASN: 64512
  peerASN: 65099
  peerAddress: 172.18.0.254
  holdTime: 30s
  keepaliveTime: 10s
"""
ADVERTISEMENT = """
apiVersion: metallb.io/v1beta1
kind: BGPAdvertisement
metadata:
  name: lab-bgp-adv
  namespace: metallb-system
spec:
  ipAddressPools: [lab-pool]
  communities: ["64512:100"]
  peers: [lab-peer]
"""
POOL = """
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata:
  name: lab-pool
  namespace: metallb-system
spec:
  addresses: [172.18.200.0/24]
  avoidBuggyIPs: true
"""
SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: lab-bgp, namespace: default}
spec:
  type: LoadBalancer
  selector: {app: echo}
  ports: [{name: web, port: 80, targetPort: 8080}]
"""
SLICE = """
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: lab-bgp-x, namespace: default, labels: {kubernetes.io/service-name: lab-bgp}}
addressType: IPv4
endpoints: [{addresses: [10.244.0.9], nodeName: node1, conditions: {ready: true}}]
ports: [{name: web, port: 8080, protocol: TCP}]
"""
SPACE = ("-n", "metallb-system")


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with Cluster(kinds=INTEGRATION.kinds) as running:
        running.api.webhooks.extend(INTEGRATION.webhooks)
        for one in INTEGRATION.manifests:
            running.api.create(one)
        for name in ("node1", "node2"):
            running.api.create({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}})
        yield running


@pytest.fixture
def nodes(cluster: Cluster, paper_nodes: Any) -> Iterator[Any]:
    """Nodes on paper, and MetalLB's controllers at work for them."""
    found = paper_nodes(("node1", "node2"))
    with ExitStack() as stack:
        running = run_controllers(cluster.api, INTEGRATION.controllers(cluster.api, found))
        stack.callback(running.close)
        yield found


@pytest.fixture
def kubectl(cluster: Cluster, tmp_path: Path) -> Kubectl:
    return Kubectl(tmp_path, cluster.url)


def apply(kubectl: Kubectl, *texts: str) -> str:
    return kubectl("apply", "-f", "-", stdin="\n---\n".join(texts))


def test_a_first_attempt_fails_as_on_a_cluster(kubectl: Kubectl) -> None:
    peer = PEER.format(version="v1beta1") + "  ebgpMultihop: true\n"
    told = kubectl.run("apply", "-f", "-", stdin=f"{peer}\n---\n{ADVERTISEMENT}")
    assert told.returncode == 1
    assert 'strict decoding error: unknown field "spec.ebgpMultihop"' in told.stderr
    assert told.stdout == "bgpadvertisement.metallb.io/lab-bgp-adv created\n", "half applied"


def test_the_old_version_is_taken_with_its_warning(kubectl: Kubectl) -> None:
    told = kubectl.run("apply", "-f", "-", stdin=PEER.format(version="v1beta1"))
    assert told.stdout == "bgppeer.metallb.io/lab-peer created\n"
    assert told.stderr == "Warning: v1beta1 is deprecated, please use v1beta2\n"
    shown = kubectl("get", "bgppeers.metallb.io", *SPACE)
    assert shown.splitlines()[0].split() == [
        *("NAME", "ADDRESS", "ASN", "BFD", "PROFILE", "MULTI", "HOPS")
    ]


def test_native_mode_refuses_keepalive_time(cluster: Cluster, kubectl: Kubectl) -> None:
    cluster.api.webhooks[:] = metallb("native").webhooks
    assert kubectl.fails("apply", "-f", "-", stdin=PEER.format(version="v1beta2")).endswith(
        'admission webhook "bgppeersvalidationwebhook.metallb.io" denied the request: peer '
        "172.18.0.254 has keepalive-time set on native bgp mode\n"
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (POOL.replace("[172.18.200.0/24]", "172.18.200.0/24"), "must be of type array"),
        (POOL.replace("  addresses: [172.18.200.0/24]\n", ""), "spec.addresses: Required value"),
        (PEER.format(version="v1beta2") + "  peerPort: 70000\n", "less than or equal to 16384"),
        (
            PEER.format(version="v1beta2") + "  dynamicASN: any\n",
            'Unsupported value: "any": supported values: "internal", "external"',
        ),
        (
            ADVERTISEMENT + "  aggregationLength: 0\n",
            "spec.aggregationLength in body should be greater than or equal to 1",
        ),
        (POOL.replace("metallb-system", "default"), "must be created in metallb-system namespace"),
        (POOL.replace("172.18.200.0/24", "172.18.200.1"), 'invalid CIDR "172.18.200.1"'),
    ],
)
def test_what_is_wrong_is_refused(kubectl: Kubectl, text: str, told: str) -> None:
    assert told in kubectl.fails("apply", "-f", "-", stdin=text)


def test_the_corrected_objects_bring_the_service_up(kubectl: Kubectl, nodes: Any) -> None:
    apply(kubectl, ADVERTISEMENT, SERVICE, SLICE, PEER.format(version="v1beta2"), POOL)
    kubectl("wait", "--for=jsonpath={.status.loadBalancer.ingress[0].ip}", "svc/lab-bgp")
    poll("a route", lambda: "network 172.18.200.1/32" in nodes.texts["node2"][-1], 10)
    shown = kubectl("get", "svc", "lab-bgp").splitlines()[1].split()
    assert shown[1:2] + shown[3:4] == ["LoadBalancer", "172.18.200.1"]
    poll("events", lambda: kubectl("events").count("nodeAssigned") == 2, 10)
    described = kubectl("describe", "svc", "lab-bgp")
    assert 'Assigned IP ["172.18.200.1"]' in described
    assert 'announcing from node "node1" with protocol "bgp"' in described
    assert "metallb.io/ip-allocated-from-pool: lab-pool" in described
    states = kubectl("get", "configurationstates", *SPACE).splitlines()
    assert states[0].split() == ["NAME", "RESULT", "ERRORSUMMARY", "AGE"]
    assert [line.split()[:2] for line in states[1:]] == [
        ["controller", "Valid"],
        ["speaker-node1", "Valid"],
        ["speaker-node2", "Valid"],
    ]
    statuses = kubectl("get", "servicebgpstatuses", *SPACE).splitlines()
    assert sorted(line.split()[1:4] for line in statuses[1:]) == [
        ["node1", "lab-bgp", "default"],
        ["node2", "lab-bgp", "default"],
    ]
    shown = kubectl("get", "ipaddresspools", *SPACE).splitlines()
    assert shown[1].split()[:4] == ["lab-pool", "true", "true", '["172.18.200.0/24"]']
    pool = kubectl.json("get", "ipaddresspool", "lab-pool", *SPACE)
    assert pool["status"]["assignedIPv4"] == 1


def test_a_change_reaches_the_nodes_at_once(cluster: Cluster, kubectl: Kubectl, nodes: Any) -> None:
    apply(kubectl, ADVERTISEMENT, SERVICE, SLICE, PEER.format(version="v1beta2"), POOL)
    poll("a route", lambda: "172.18.200.1/32" in nodes.texts.get("node2", [""])[-1], 10)
    took = []
    for number in range(1, 6):
        change = {"spec": {"communities": [f"64512:{number}"]}}
        began = time.perf_counter()
        cluster.api.patch("bgpadvertisements.metallb.io", "lab-bgp-adv", "metallb-system", change)
        wanted = f"set community 64512:{number} additive"
        poll("the change", lambda wanted=wanted: wanted in nodes.texts["node1"][-1], 10)
        took.append(time.perf_counter() - began)
    assert min(took) < 0.1, took


def test_explain_shows_our_words(kubectl: Kubectl) -> None:
    told = kubectl("explain", "bgppeers.spec.passwordSecret", "--api-version=metallb.io/v1beta2")
    assert "In place of password: a Secret of type kubernetes.io/basic-auth." in " ".join(
        told.split()
    )


def test_a_patch_that_breaks_a_rule_is_refused(kubectl: Kubectl) -> None:
    apply(kubectl, POOL, ADVERTISEMENT)
    wrong = json.dumps({"spec": {"aggregationLength": 16}})
    words = ("patch", "bgpadvertisement", "lab-bgp-adv", *SPACE, "--type=merge", "-p", wrong)
    assert "invalid aggregation length 16: prefix 24" in kubectl.fails(*words)
