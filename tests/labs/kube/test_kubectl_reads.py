"""What the real kubectl shows: get in all its forms, describe, explain, discovery."""

import json

import pytest
from kubectl import Cluster, Kubectl, namespace
from objects import config_map, deployment, node, pod


@pytest.fixture(autouse=True)
def world(cluster: Cluster) -> None:
    cluster.api.create(namespace("other"))
    for obj in (
        config_map("a", key="1"),
        config_map("b", key="0", more="3"),
        config_map("a", "other"),
        node("node1"),
        pod("web", node="node1"),
        deployment("front", replicas=2),
    ):
        cluster.api.create(obj)


def test_get_prints_the_columns_of_a_cluster(kubectl: Kubectl) -> None:
    assert kubectl("get", "configmaps").splitlines()[0].split() == ["NAME", "DATA", "AGE"]
    assert [line.split()[:2] for line in kubectl("get", "cm", "--no-headers").splitlines()] == [
        ["a", "1"],
        ["b", "2"],
    ]
    assert kubectl("get", "pod").split()[:5] == ["NAME", "READY", "STATUS", "RESTARTS", "AGE"]
    assert "node1" in kubectl("get", "pods", "-o", "wide")
    assert "SELECTOR" in kubectl("get", "deploy", "-o", "wide")
    assert "SELECTOR" not in kubectl("get", "deploy")


def test_get_of_one_object_by_name_and_by_slash(kubectl: Kubectl) -> None:
    assert kubectl("get", "cm", "a", "-o", "name") == "configmap/a\n"
    assert kubectl("get", "cm/a", "pod/web", "-o", "name") == "configmap/a\npod/web\n"
    assert kubectl.json("get", "cm", "b")["data"] == {"key": "0", "more": "3"}


def test_get_of_what_is_not_there_fails_in_the_servers_words(kubectl: Kubectl) -> None:
    assert kubectl.fails("get", "cm", "zz") == (
        'Error from server (NotFound): configmaps "zz" not found\n'
    )
    assert kubectl.fails("get", "deploy", "zz") == (
        'Error from server (NotFound): deployments.apps "zz" not found\n'
    )
    assert kubectl.fails("get", "foos") == (
        'error: the server doesn\'t have a resource type "foos"\n'
    )
    assert kubectl("get", "cm", "zz", "--ignore-not-found") == ""
    done = kubectl.run("get", "secrets")
    assert (done.returncode, done.stderr) == (0, "No resources found in default namespace.\n")


def test_get_of_all_namespaces_and_all_kinds(kubectl: Kubectl) -> None:
    lines = kubectl("get", "cm", "-A", "--no-headers").splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["default", "a"],
        ["default", "b"],
        ["other", "a"],
    ]
    assert kubectl("get", "all", "-o", "name").split() == ["pod/web", "deployment.apps/front"]


def test_get_selects_by_labels_and_fields(kubectl: Kubectl) -> None:
    assert kubectl("get", "cm", "-l", "app=b", "-o", "name") == "configmap/b\n"
    assert kubectl("get", "cm", "-l", "app in (a,b)", "-o", "name").count("\n") == 2
    assert kubectl("get", "pods", "--field-selector", "spec.nodeName=node1", "-o", "name")
    assert kubectl("get", "pods", "--field-selector", "spec.nodeName=x", "-o", "name") == ""
    assert "field label not supported: data.key" in kubectl.fails(
        "get", "cm", "--field-selector", "data.key=1"
    )
    assert kubectl("get", "cm", "--show-labels").splitlines()[1].split()[-1] == "app=a"
    assert kubectl("get", "cm", "-L", "app").splitlines()[0].split()[-1] == "APP"


def test_get_writes_yaml_json_jsonpath_and_columns_of_ones_own(kubectl: Kubectl) -> None:
    assert "kind: ConfigMap" in kubectl("get", "cm", "a", "-o", "yaml")
    everything = kubectl.json("get", "cm")
    assert (everything["kind"], len(everything["items"])) == ("List", 2)
    assert kubectl("get", "cm", "-o", "jsonpath={.items[*].metadata.name}") == "a b"
    columns = "custom-columns=N:.metadata.name,K:.data.key"
    assert kubectl("get", "cm", "-o", columns).split() == ["N", "K", "a", "1", "b", "0"]
    assert kubectl("get", "cm", "--sort-by=.data.key").splitlines()[1].split()[0] == "b"
    assert kubectl("get", "cm", "a", "-o", "go-template={{.data.key}}") == "1"


def test_long_lists_come_in_pieces_that_belong_together(cluster: Cluster, kubectl: Kubectl) -> None:
    for number in range(25):
        cluster.api.create(config_map(f"many-{number:02}", "other"))
    whole = kubectl("get", "cm", "-n", "other", "-o", "name")
    assert kubectl("get", "cm", "-n", "other", "-o", "name", "--chunk-size=4") == whole
    first = json.loads(kubectl("get", "--raw", "/api/v1/namespaces/other/configmaps?limit=10"))
    assert first["metadata"]["remainingItemCount"] == 16
    cluster.api.delete("configmaps", "many-20", "other")
    path = f"/api/v1/namespaces/other/configmaps?continue={first['metadata']['continue']}"
    rest = json.loads(kubectl("get", "--raw", path))
    names = [item["metadata"]["name"] for item in first["items"] + rest["items"]]
    assert names == ["a", *(f"many-{number:02}" for number in range(25))]


def test_describe_tells_of_an_object_and_its_events(cluster: Cluster, kubectl: Kubectl) -> None:
    web = cluster.api.get("pods", "web", "default")
    cluster.api.event(web, "Pulled", "the image is there", component="kubelet")
    cluster.api.event(web, "Pulled", "the image is there", component="kubelet")
    told = kubectl("describe", "pod", "web")
    assert "Node:             node1" in told
    assert "(x2 over" in told
    assert "the image is there" in told
    for words in (("deploy", "front"), ("cm", "a"), ("node", "node1"), ("ns", "other")):
        assert words[1] in kubectl("describe", *words)


def test_events_lists_what_happened_to_one_object(cluster: Cluster, kubectl: Kubectl) -> None:
    cluster.api.event(cluster.api.get("pods", "web", "default"), "Failed", "no", "Warning")
    cluster.api.event(cluster.api.get("configmaps", "a", "default"), "Read", "yes")
    told = kubectl("events", "--for", "pod/web")
    assert "Failed" in told
    assert "Read" not in told
    assert "Warning" in kubectl("get", "events")
    assert "Read" not in kubectl("events", "--types=Warning")


def test_explain_tells_the_fields_of_a_kind(kubectl: Kubectl) -> None:
    assert "replicas\t<integer>" in kubectl("explain", "deployment.spec")
    assert "containerPort" in kubectl("explain", "deployments", "--recursive")
    assert 'field "nonsense" does not exist' in kubectl.fails("explain", "pod.spec.nonsense")


def test_discovery_tells_names_short_names_and_versions(kubectl: Kubectl) -> None:
    resources = kubectl("api-resources")
    line = next(line.split() for line in resources.splitlines() if line.startswith("deploy"))
    assert line == ["deployments", "deploy", "apps/v1", "true", "Deployment"]
    assert "pods" in kubectl("api-resources", "--namespaced", "--verbs=list,watch", "-o", "name")
    assert "nodes" not in kubectl("api-resources", "--namespaced", "-o", "name")
    assert {"v1", "apps/v1"} <= set(kubectl("api-versions").split())
    assert "Server Version: v1.37" in kubectl("version")
    assert "is running at" in kubectl("cluster-info")


def test_get_raw_reads_any_path(kubectl: Kubectl) -> None:
    assert kubectl("get", "--raw", "/healthz") == "ok"
    groups = json.loads(kubectl("get", "--raw", "/apis"))["groups"]
    assert "apps" in [group["name"] for group in groups]
    assert json.loads(kubectl("get", "--raw", "/apis/apps"))["preferredVersion"] == {
        "groupVersion": "apps/v1",
        "version": "v1",
    }
    resources = json.loads(kubectl("get", "--raw", "/apis/apps/v1"))["resources"]
    scale = next(entry for entry in resources if entry["name"] == "deployments/scale")
    assert (scale["group"], scale["version"], scale["kind"]) == ("autoscaling", "v1", "Scale")
    assert "could not find the requested resource" in kubectl.fails("get", "--raw", "/apis/none")


def test_everybody_may_do_everything(kubectl: Kubectl) -> None:
    assert kubectl("auth", "can-i", "delete", "nodes") == "yes\n"
    assert "learner" in kubectl("auth", "whoami")
    assert "*.*" in kubectl("auth", "can-i", "--list")


def test_what_is_not_served_is_told_honestly(kubectl: Kubectl) -> None:
    assert kubectl.fails("top", "nodes") == "error: Metrics API not available\n"
