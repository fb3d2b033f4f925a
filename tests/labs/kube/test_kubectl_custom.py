"""The real kubectl with a kind that an integration brings, in an old and a new version."""

import json
from collections.abc import Iterator

import pytest
from kubectl import Cluster, Kubectl
from objects import config_map
from peers import OLD_PEER, PEER, TWINS, old_peer, peer


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with Cluster(kinds=(PEER, OLD_PEER)) as running:
        running.api.webhooks.append(TWINS)
        yield running


def test_a_custom_kind_is_as_good_as_any(kubectl: Kubectl) -> None:
    assert kubectl.apply(peer("a")) == "peer.example.com/a created\n"
    lines = [line.split() for line in kubectl("get", "pe").splitlines()]
    assert lines[0] == ["NAME", "ADDRESS", "ASN"]
    assert lines[1][:3] == ["a", "192.0.2.1", "64512"]
    assert kubectl("get", "peers", "-o", "wide").split()[:4] == [
        *("NAME", "ADDRESS", "ASN", "STATE")
    ]
    patch = '{"status":{"state":"Established"}}'
    kubectl("patch", "peer", "a", "--type=merge", "--subresource=status", "-p", patch)
    assert "Established" in kubectl("get", "peers", "-o", "wide")
    assert "Established" in kubectl("describe", "peer", "a")
    assert "asn\t<integer>" in kubectl("explain", "peer.spec")


def test_its_definition_can_be_seen_and_waited_for(kubectl: Kubectl) -> None:
    assert kubectl("get", "crd", "-o", "name") == (
        "customresourcedefinition.apiextensions.k8s.io/peers.example.com\n"
    )
    assert "condition met" in kubectl(
        "wait", "--for=condition=Established", "crd/peers.example.com"
    )
    versions = kubectl.json("get", "crd", "peers.example.com")["spec"]["versions"]
    assert {(one["name"], one["storage"]) for one in versions} == {("v1", False), ("v2", True)}
    assert "NotAllowed" in kubectl.fails("delete", "crd", "peers.example.com")


def test_a_deprecated_version_is_served_with_its_warning(kubectl: Kubectl) -> None:
    done = kubectl.run("apply", "-f", "-", stdin=json.dumps(old_peer("a")))
    assert done.stdout == "peer.example.com/a created\n"
    assert done.stderr == "Warning: example.com/v1 Peer is deprecated; use example.com/v2 Peer\n"
    assert kubectl.json("get", "peers", "a")["spec"]["address"] == "192.0.2.9"
    old = kubectl.json("get", "peers.v1.example.com", "a")
    assert old["spec"]["peerAddress"] == "192.0.2.9"
    unchanged = kubectl.run("apply", "-f", "-", stdin=json.dumps(old_peer("a")))
    assert unchanged.stdout == "peer.example.com/a unchanged\n"


def test_a_file_is_applied_as_far_as_it_is_allowed(kubectl: Kubectl) -> None:
    objects = (peer("a"), peer("twin"), config_map("after"))
    done = kubectl.run("apply", "-f", "-", stdin="\n---\n".join(map(json.dumps, objects)))
    assert done.returncode == 1
    assert done.stdout == "peer.example.com/a created\nconfigmap/after created\n"
    assert done.stderr == (
        'Error from server (Forbidden): error when creating "STDIN": admission webhook '
        '"twins.example.com" denied the request: address 192.0.2.1 is taken\n'
    )


def test_a_wrong_value_is_told_with_its_field(kubectl: Kubectl) -> None:
    wrong = json.dumps(peer("a", asn=-1))
    assert kubectl.fails("apply", "-f", "-", stdin=wrong) == (
        'The Peer "a" is invalid: spec.asn: Invalid value: -1: spec.asn in body should be greater '
        "than or equal to 1\n"
    )


def test_two_kubectls_at_once_lose_nothing(cluster: Cluster, kubectl: Kubectl) -> None:
    kubectl.apply(peer("a"))
    seen = kubectl.json("get", "peer", "a")
    writers = [kubectl.start("label", "peer", "a", f"writer-{number}=here") for number in range(6)]
    for writer in writers:
        told = writer.communicate(timeout=30)[0]
        assert writer.returncode == 0, told
    labels = cluster.api.get("peers.example.com", "a", "default")["metadata"]["labels"]
    assert len(labels) == 6
    seen["spec"]["asn"] = 7
    stale = kubectl.fails("replace", "-f", "-", stdin=json.dumps(seen))
    assert "the object has been modified; please apply your changes to the latest version" in stale
