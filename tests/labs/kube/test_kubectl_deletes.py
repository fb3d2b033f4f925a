"""What the real kubectl deletes: grace, finalizers, owners, whole namespaces."""

import threading

from kubectl import PATIENCE, Cluster, Kubectl, Watching, namespace
from objects import config_map, deployment, owned, pod

from labs.kube.api import ApiError
from labs.kube.upkeep import Events
from labs.polling import poll


def gone(cluster: Cluster, resource: str, name: str, inside: str = "default") -> bool:
    try:
        cluster.api.get(resource, name, inside)
    except ApiError as error:
        return error.reason == "NotFound"
    return False


def test_delete_by_name_selector_file_and_all(cluster: Cluster, kubectl: Kubectl) -> None:
    for name in "abcd":
        cluster.api.create(config_map(name))
    assert kubectl("delete", "cm", "a") == 'configmap "a" deleted from default namespace\n'
    assert 'configmaps "a" not found' in kubectl.fails("delete", "cm", "a")
    assert kubectl("delete", "cm", "a", "--ignore-not-found") == ""
    kubectl("delete", "cm", "-l", "app=b")
    assert kubectl("get", "cm", "-o", "name").split() == ["configmap/c", "configmap/d"]
    assert "dry run" in kubectl("delete", "cm", "c", "--dry-run=server")
    kubectl("delete", "cm", "--all")
    assert kubectl("get", "cm", "-o", "name") == ""


def test_a_collection_can_be_deleted_at_once(cluster: Cluster, kubectl: Kubectl) -> None:
    for name in "ab":
        cluster.api.create(config_map(name))
    path = "/api/v1/namespaces/default/configmaps?labelSelector=app%3Da"
    kubectl("delete", "--raw", path)
    assert kubectl("get", "cm", "-o", "name") == "configmap/b\n"


def test_a_pod_without_a_node_goes_at_once(cluster: Cluster, kubectl: Kubectl) -> None:
    cluster.api.create(pod("web"))
    kubectl("delete", "pod", "web")
    assert gone(cluster, "pods", "web")


def test_a_pod_on_a_node_waits_for_its_kubelet(cluster: Cluster, kubectl: Kubectl) -> None:
    cluster.api.create(pod("web", node="node1"))
    kubectl("delete", "pod", "web", "--wait=false", "--grace-period=17")
    seen = cluster.api.get("pods", "web", "default")["metadata"]
    assert seen["deletionGracePeriodSeconds"] == 17
    assert "Terminating" in kubectl("get", "pod", "web")
    waiting = Watching(kubectl.start("delete", "pod", "web"))
    waiting.until('pod "web" deleted')
    assert waiting.program.poll() is None
    cluster.api.delete("pods", "web", "default", grace=0)
    assert waiting.program.wait(PATIENCE) == 0
    waiting.close()


def test_force_does_not_wait_for_the_kubelet(cluster: Cluster, kubectl: Kubectl) -> None:
    cluster.api.create(pod("web", node="node1"))
    done = kubectl.run("delete", "pod", "web", "--force", "--grace-period=0")
    assert (done.returncode, gone(cluster, "pods", "web")) == (0, True)


def test_an_object_with_a_finalizer_waits_for_it(cluster: Cluster, kubectl: Kubectl) -> None:
    obj = config_map("a")
    obj["metadata"]["finalizers"] = ["example.com/wait"]
    cluster.api.create(obj)
    kubectl("delete", "cm", "a", "--wait=false")
    assert "deletionTimestamp" in cluster.api.get("configmaps", "a", "default")["metadata"]
    more = '{"metadata":{"finalizers":["example.com/wait","example.com/more"]}}'
    assert "no new finalizers can be added if the object is being deleted" in kubectl.fails(
        "patch", "cm", "a", "--type=merge", "-p", more
    )
    kubectl("patch", "cm", "a", "--type=merge", "-p", '{"metadata":{"finalizers":null}}')
    assert gone(cluster, "configmaps", "a")


def test_dependents_go_with_their_owner(cluster: Cluster, kubectl: Kubectl) -> None:
    owner = cluster.api.create(deployment("web"))
    cluster.api.create(owned(pod("web-1"), owner))
    kubectl("delete", "deploy", "web")
    poll("the pod is gone", lambda: gone(cluster, "pods", "web-1"))


def test_dependents_stay_when_they_are_orphaned(cluster: Cluster, kubectl: Kubectl) -> None:
    owner = cluster.api.create(deployment("web"))
    cluster.api.create(owned(pod("web-1"), owner))
    kubectl("delete", "deploy", "web", "--cascade=orphan")
    assert gone(cluster, "deployments.apps", "web")
    left = cluster.api.get("pods", "web-1", "default")
    assert "ownerReferences" not in left["metadata"]


def test_foreground_deletes_the_owner_last(cluster: Cluster, kubectl: Kubectl) -> None:
    owner = cluster.api.create(deployment("web"))
    cluster.api.create(owned(pod("web-1", node="node1"), owner))
    waiting = kubectl.start("delete", "deploy", "web", "--cascade=foreground")
    poll(
        "the pod is told to go",
        lambda: "deletionTimestamp" in cluster.api.get("pods", "web-1", "default")["metadata"],
    )
    seen = cluster.api.get("deployments.apps", "web", "default")["metadata"]
    assert seen["finalizers"] == ["foregroundDeletion"]
    assert waiting.poll() is None
    cluster.api.delete("pods", "web-1", "default", grace=0)
    assert waiting.wait(PATIENCE) == 0
    waiting.communicate()
    assert gone(cluster, "deployments.apps", "web")


def test_a_namespace_takes_its_content_with_it(cluster: Cluster, kubectl: Kubectl) -> None:
    cluster.api.create(namespace("n1"))
    cluster.api.create(config_map("a", "n1"))
    cluster.api.create({**deployment("web"), "metadata": {"name": "web", "namespace": "n1"}})
    assert 'namespace "n1" deleted' in kubectl("delete", "namespace", "n1")
    assert gone(cluster, "namespaces", "n1", "")
    assert gone(cluster, "configmaps", "a", "n1")
    assert "Error from server (Forbidden)" in kubectl.fails("delete", "namespace", "default")


def test_a_namespace_terminates_until_its_finalizers_are_done(
    cluster: Cluster, kubectl: Kubectl
) -> None:
    cluster.api.create(namespace("n1"))
    stuck = config_map("stuck", "n1")
    stuck["metadata"]["finalizers"] = ["example.com/wait"]
    cluster.api.create(stuck)
    cluster.api.create(config_map("free", "n1"))
    kubectl("delete", "ns", "n1", "--wait=false")
    poll("its content is gone", lambda: gone(cluster, "configmaps", "free", "n1"))
    assert "Terminating" in kubectl("get", "ns", "n1")
    told = poll(
        "the namespace says why",
        lambda: cluster.api.get("namespaces", "n1")["status"].get("conditions"),
    )
    assert "example.com/wait in 1 resource instances" in told[1]["message"]
    assert "because it is being terminated" in kubectl.fails(
        "apply",
        "-n",
        "n1",
        "-f",
        "-",
        stdin='{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"late"}}',
    )
    change = '{"metadata":{"finalizers":null}}'
    kubectl("patch", "cm", "stuck", "-n", "n1", "--type=merge", "-p", change)
    kubectl("wait", "--for=delete", "ns/n1", "--timeout=20s")


def test_events_end_with_their_time() -> None:
    with Cluster() as cluster:
        about = cluster.api.create(config_map("a"))
        cluster.api.event(about, "Happened", "once")
        Events(cluster.api).reconcile()
        assert len(cluster.api.list("events")) == 1
        Events(cluster.api, life=-5.0).reconcile()
        assert cluster.api.list("events") == []


def test_no_thread_outlives_a_cluster() -> None:
    before = set(threading.enumerate())
    with Cluster() as cluster:
        cluster.api.create(config_map("a"))
    assert set(threading.enumerate()) - before == set()
