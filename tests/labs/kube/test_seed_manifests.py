"""Manifests with the mistakes of a first attempt, and what the real kubectl answers to each.

`manifests/printed` has them as they circulate, `manifests/corrected` as they work. Here are the
mistakes that show in the API's answer or in what MetalLB's controllers make of the objects, with
nodes on paper; those that need packets are in test_cluster_incidents.
"""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from kubectl import Cluster, Kubectl
from objects import node
from paper_nodes import PaperNodes

from labs.integrations.metallb import metallb
from labs.kube.controller import run_controllers
from labs.polling import poll

Obj = dict[str, Any]
FOLDER = Path(__file__).parent / "manifests"
PRINTED, CORRECTED = FOLDER / "printed", FOLDER / "corrected"
SESSION, SERVICE = PRINTED / "peer-and-advertisement.yaml", PRINTED / "pool-and-service.yaml"
SPACE = ("-n", "metallb-system")
DEPRECATED = "Warning: v1beta1 is deprecated, please use v1beta2\n"
DENIED = (
    'Error from server (Forbidden): error when creating "{file}": admission webhook '
    '"bgppeersvalidationwebhook.metallb.io" denied the request: {why}\n'
)
NODES = ("node1", "node2")


@pytest.fixture
def cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """A cluster with MetalLB's kinds and webhooks; a test may ask for its native mode."""
    integration = metallb(getattr(request, "param", "frr"))
    with Cluster(kinds=integration.kinds) as running:
        running.api.webhooks += integration.webhooks
        for one in (*integration.manifests, *map(node, NODES)):
            running.api.create(one)
        yield running


native = pytest.mark.parametrize("cluster", ["native"], indirect=True)


@contextmanager
def controlled(cluster: Cluster) -> Iterator[PaperNodes]:
    """MetalLB's controllers at work, for nodes on paper."""
    nodes = PaperNodes(NODES)
    running = run_controllers(cluster.api, metallb().controllers(cluster.api, nodes))
    try:
        yield nodes
    finally:
        running.close()


def announced(nodes: PaperNodes) -> bool:
    """Whether every node announces the address of the corrected pool."""
    line = "network 172.30.200.1/32"
    return all(line in (nodes.texts.get(name) or [""])[-1] for name in NODES)


def peered(nodes: PaperNodes) -> bool:
    """Whether every node has a session."""
    return all("neighbor 172.18.0.254" in (nodes.texts.get(name) or [""])[-1] for name in NODES)


def endpoint(service: str = "lab-bgp") -> Obj:
    """A pod behind a Service, on the first node."""
    labels = {"kubernetes.io/service-name": service}
    ready = {"addresses": ["10.244.1.10"], "nodeName": NODES[0], "conditions": {"ready": True}}
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": f"{service}-abcde", "namespace": "lab", "labels": labels},
        "addressType": "IPv4",
        "endpoints": [ready],
        "ports": [{"name": "web", "port": 8080, "protocol": "TCP"}],
    }


def test_the_nodes_of_a_kind_file_are_no_object_of_a_cluster(kubectl: Kubectl) -> None:
    file = PRINTED / "kind.yaml"
    done = kubectl.run("apply", "-f", str(file))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f'error: resource mapping not found for name: "" namespace: "" from "{file}": no matches '
        'for kind "Cluster" in version "kind.x-k8s.io/v1alpha4"\nensure CRDs are installed first\n'
    )


def test_ciliums_spelling_of_multihop_is_refused_and_the_second_document_is_applied(
    kubectl: Kubectl,
) -> None:
    done = kubectl.run("apply", "-f", str(SESSION))
    assert done.returncode == 1
    assert done.stdout == "bgpadvertisement.metallb.io/lab-bgp-adv created\n"
    assert done.stderr == (
        f'{DEPRECATED}Error from server (BadRequest): error when creating "{SESSION}": BGPPeer in '
        'version "v1beta1" cannot be handled as a BGPPeer: strict decoding error: unknown field '
        '"spec.ebgpMultihop"\n'
    )
    assert kubectl("get", "bgppeers,bgpadvertisements", *SPACE, "-o", "name") == (
        "bgpadvertisement.metallb.io/lab-bgp-adv\n"
    )
    told = kubectl.run("describe", "bgppeer", "lab-peer", *SPACE)
    assert told.returncode == 1
    assert told.stderr == (
        'Error from server (NotFound): bgppeers.metallb.io "lab-peer" not found\n'
    )


def test_a_dry_run_finds_the_unknown_field_without_writing_anything(kubectl: Kubectl) -> None:
    done = kubectl.run("apply", "-f", str(SESSION), "--dry-run=server")
    assert done.returncode == 1
    assert 'unknown field "spec.ebgpMultihop"' in done.stderr
    assert done.stdout == "bgpadvertisement.metallb.io/lab-bgp-adv created (server dry run)\n"
    assert kubectl("get", "bgpadvertisements", *SPACE, "-o", "name") == ""


def test_without_validation_the_unknown_field_is_dropped_in_silence(kubectl: Kubectl) -> None:
    done = kubectl.run("apply", "-f", str(SESSION), "--validate=false")
    assert (done.returncode, done.stderr) == (0, DEPRECATED)
    spec = kubectl.json("get", "bgppeer", "lab-peer", *SPACE)["spec"]
    assert "ebgpMultihop" not in spec
    assert "ebgpMultiHop" not in spec


def with_metallbs_spelling() -> str:
    return SESSION.read_text(encoding="utf-8").replace("ebgpMultihop", "ebgpMultiHop")


def test_the_old_version_of_a_peer_is_taken_with_a_warning_and_kept_as_the_new(
    kubectl: Kubectl,
) -> None:
    done = kubectl.run("apply", "-f", "-", stdin=with_metallbs_spelling())
    assert done.returncode == 0
    assert done.stderr == DEPRECATED
    assert done.stdout == (
        "bgppeer.metallb.io/lab-peer created\nbgpadvertisement.metallb.io/lab-bgp-adv created\n"
    )
    kept = kubectl.run("get", "bgppeer", "lab-peer", *SPACE, "-o", "jsonpath={.apiVersion}")
    assert (kept.stdout, kept.stderr) == ("metallb.io/v1beta2", "")
    old = kubectl.run("get", "bgppeers.v1beta1.metallb.io", *SPACE, "-o", "name")
    assert (old.stdout, old.stderr) == ("bgppeer.metallb.io/lab-peer\n", DEPRECATED)


@native
def test_native_mode_refuses_a_keepalive_time_and_applies_the_rest(kubectl: Kubectl) -> None:
    done = kubectl.run("apply", "-f", "-", stdin=with_metallbs_spelling())
    why = "peer 172.18.0.254 has keepalive-time set on native bgp mode"
    assert done.returncode == 1
    assert done.stdout == "bgpadvertisement.metallb.io/lab-bgp-adv created\n"
    assert done.stderr == DEPRECATED + DENIED.format(file="STDIN", why=why)


@native
def test_native_mode_refuses_the_corrected_peer_too_until_the_field_is_gone(
    kubectl: Kubectl,
) -> None:
    file = CORRECTED / "peer.yaml"
    why = "peer 172.18.0.254 has keepalive-time set on native bgp mode"
    assert kubectl.fails("apply", "-f", str(file)) == DENIED.format(file=file, why=why)
    lines = file.read_text(encoding="utf-8").splitlines()
    without = "\n".join(line for line in lines if "keepaliveTime" not in line)
    assert kubectl("apply", "-f", "-", stdin=without) == "bgppeer.metallb.io/lab-peer created\n"


def test_a_community_without_quotes_stays_a_text_for_kubectl(kubectl: Kubectl) -> None:
    file = (CORRECTED / "advertisement.yaml").read_text(encoding="utf-8")
    unquoted = file.replace('"64512:100"', "64512:10")  # base 60 for other readers of YAML
    assert unquoted != file
    kubectl("apply", "-f", "-", stdin=unquoted)
    found = kubectl.json("get", "bgpadvertisement", "lab-bgp-adv", *SPACE)
    assert found["spec"]["communities"] == ["64512:10"]


def test_an_advertisement_before_its_pool_and_peer_is_no_mistake(
    cluster: Cluster, kubectl: Kubectl
) -> None:
    with controlled(cluster):
        done = kubectl.run("apply", "-f", str(CORRECTED / "advertisement.yaml"))
        assert (done.returncode, done.stderr) == (0, "")
        poll(
            "the speakers have taken it",
            lambda: kubectl("get", "configurationstates", *SPACE).count(" Valid ") == 3,
        )


def test_pool_peer_and_advertisement_lead_to_the_same_in_any_order(
    cluster: Cluster, kubectl: Kubectl
) -> None:
    """All six orders, each in one file."""
    texts = set()
    pieces = [
        (CORRECTED / f"{name}.yaml").read_text(encoding="utf-8")
        for name in ("pool", "peer", "advertisement")
    ]
    kubectl("create", "namespace", "lab")
    kubectl("apply", "-f", str(CORRECTED / "service.yaml"))
    cluster.api.create(endpoint())
    with controlled(cluster) as nodes:
        for order in itertools.permutations(pieces):
            kubectl("apply", "-f", "-", stdin="---\n".join(order))
            poll("both nodes announce it", lambda: announced(nodes))
            texts |= {nodes.texts[name][-1].replace(name, "NODE") for name in NODES}
            kubectl("delete", "-f", "-", stdin="---\n".join(order))
            poll("neither announces it any more", lambda: not announced(nodes))
    assert len(texts) == 1


def test_a_service_before_its_namespace_is_refused_and_its_pool_is_applied(
    kubectl: Kubectl,
) -> None:
    done = kubectl.run("apply", "-f", str(SERVICE))
    assert (done.returncode, done.stdout) == (1, "ipaddresspool.metallb.io/lab-pool created\n")
    assert done.stderr == (
        f'Error from server (NotFound): error when creating "{SERVICE}": namespaces "lab" not '
        "found\n"
    )


def test_an_address_that_is_read_at_once_is_not_there_yet(kubectl: Kubectl) -> None:
    """Exit code 0 and nothing printed: the script goes on with an empty address."""
    kubectl("create", "namespace", "lab")
    kubectl("apply", "-f", str(CORRECTED / "service.yaml"))
    address = "jsonpath={.status.loadBalancer.ingress[0].ip}"
    read = kubectl.run("-n", "lab", "get", "service", "lab-bgp", "-o", address)
    assert (read.returncode, read.stdout, read.stderr) == (0, "", "")
    assert "<pending>" in kubectl("-n", "lab", "get", "service", "lab-bgp")


def test_who_waits_for_the_address_has_it(cluster: Cluster, kubectl: Kubectl) -> None:
    kubectl("create", "namespace", "lab")
    given = "--for=jsonpath={.status.loadBalancer.ingress[0].ip}"
    kubectl("apply", "-f", str(CORRECTED / "service.yaml"))
    told = kubectl.fails("-n", "lab", "wait", given, "service/lab-bgp", "--timeout=1s")
    assert told == "error: timed out waiting for the condition on services/lab-bgp\n"
    with controlled(cluster):
        waiting = kubectl.start("-n", "lab", "wait", given, "service/lab-bgp", "--timeout=20s")
        kubectl("apply", "-f", str(CORRECTED / "pool.yaml"))
        assert waiting.communicate(timeout=30)[0] == "service/lab-bgp condition met\n"
        assert waiting.returncode == 0
        found = kubectl.json("-n", "lab", "get", "service", "lab-bgp")
        assert found["status"]["loadBalancer"]["ingress"] == [
            {"ip": "172.30.200.1", "ipMode": "VIP"}
        ]


def test_a_pool_inside_the_nodes_own_subnet_is_taken(cluster: Cluster, kubectl: Kubectl) -> None:
    """Nobody refuses it; what becomes of packets for it is in test_cluster_incidents."""
    kubectl("create", "namespace", "lab")
    with controlled(cluster):
        assert kubectl("apply", "-f", str(SERVICE)) == (
            "ipaddresspool.metallb.io/lab-pool created\nservice/lab-bgp created\n"
        )
        poll(
            "the Service has its address",
            lambda: "172.18.0.200" in kubectl("-n", "lab", "get", "service", "lab-bgp"),
        )


def test_a_service_without_a_pool_says_so(cluster: Cluster, kubectl: Kubectl) -> None:
    kubectl("create", "namespace", "lab")
    kubectl("apply", "-f", str(CORRECTED / "service.yaml"))
    nearly = (CORRECTED / "pool.yaml").read_text(encoding="utf-8")
    with controlled(cluster):
        kubectl("apply", "-f", "-", stdin=f"{nearly}  autoAssign: false\n")
        poll(
            "the Service says why it waits",
            lambda: "AllocationFailed" in kubectl("-n", "lab", "describe", "service", "lab-bgp"),
        )
        told = kubectl("-n", "lab", "describe", "service", "lab-bgp")
        assert 'Failed to allocate IP for "lab/lab-bgp": no available IPs' in told


def test_arguments_after_two_dashes_take_the_place_of_the_command(kubectl: Kubectl) -> None:
    kubectl("create", "namespace", "lab")
    words = ("--", "-listen=:8080", "-text=bgp-routing-lab")
    made = kubectl(
        *("-n", "lab", "create", "deployment", "echo-server", "--replicas=2"),
        *("--image=hashicorp/http-echo", *words),
    )
    assert made == "deployment.apps/echo-server created\n"
    found = kubectl.json("-n", "lab", "get", "deployment", "echo-server")
    (container,) = found["spec"]["template"]["spec"]["containers"]
    assert container["command"] == [*words[1:]]
    assert "args" not in container
    assert container["name"] == "http-echo"

    # Applying the corrected file over it changes what the file names, and `command` stays.
    done = kubectl.run("apply", "-f", str(CORRECTED / "deployment.yaml"))
    assert done.returncode == 0
    assert done.stdout == "deployment.apps/echo-server configured\n"
    assert "missing the kubectl.kubernetes.io/last-applied-configuration" in done.stderr
    found = kubectl.json("-n", "lab", "get", "deployment", "echo-server")
    (container,) = found["spec"]["template"]["spec"]["containers"]
    assert (container["command"], container["args"]) == ([*words[1:]], [*words[1:]])


def test_expose_makes_a_second_service_that_nobody_announces(kubectl: Kubectl) -> None:
    kubectl("create", "namespace", "lab")
    for name in ("service", "deployment"):
        kubectl("apply", "-f", str(CORRECTED / f"{name}.yaml"))
    made = kubectl(
        *("-n", "lab", "expose", "deployment", "echo-server"), "--port=80", "--target-port=8080"
    )
    assert made == "service/echo-server exposed\n"
    found = kubectl.json("-n", "lab", "get", "services")["items"]
    assert {one["metadata"]["name"]: one["spec"]["type"] for one in found} == {
        "echo-server": "ClusterIP",
        "lab-bgp": "LoadBalancer",
    }


def test_a_selector_that_no_pod_carries_leaves_the_service_unannounced(
    cluster: Cluster, kubectl: Kubectl
) -> None:
    kubectl("create", "namespace", "lab")
    for name in ("pool", "peer", "advertisement"):
        kubectl("apply", "-f", str(CORRECTED / f"{name}.yaml"))
    mistaken = (CORRECTED / "service.yaml").read_text(encoding="utf-8")
    kubectl("apply", "-f", "-", stdin=mistaken.replace("app: echo-server", "app: echo"))
    with controlled(cluster) as nodes:
        poll(
            "the Service has an address",
            lambda: "172.30.200.1" in kubectl("-n", "lab", "get", "service", "lab-bgp"),
        )
        poll(
            "the nodes have a peer", lambda: all("neighbor" in t[-1] for t in nodes.texts.values())
        )
        assert not announced(nodes)
        cluster.api.create(endpoint())
        poll("an endpoint is all that was missing", lambda: announced(nodes))


def test_the_corrected_files_are_taken_without_a_word(kubectl: Kubectl) -> None:
    kubectl("create", "namespace", "lab")
    done = kubectl.run("apply", "-f", str(CORRECTED))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count(" created\n") == 5
    again = kubectl.run("apply", "-f", str(CORRECTED))
    assert again.stdout.count(" unchanged\n") == 5
    assert kubectl.run("diff", "-f", str(CORRECTED)).returncode == 0
