"""What the real kubectl waits for: get -w, wait, rollout status; a server that restarts."""

import threading
from collections.abc import Iterator

import pytest
from kubectl import PATIENCE, Cluster, Kubectl, Watching
from objects import config_map, deployment, pod

from labs.polling import poll


@pytest.fixture
def watching(cluster: Cluster, kubectl: Kubectl) -> Iterator[Watching]:
    cluster.api.create(config_map("first"))
    watcher = Watching(kubectl.start("get", "cm", "-w", "--output-watch-events"))
    watcher.until("first")
    yield watcher
    watcher.close()


def test_a_watch_tells_every_kind_of_change(cluster: Cluster, watching: Watching) -> None:
    made = cluster.api.create(config_map("second"))
    cluster.api.update({**made, "data": {"k": "v"}})
    cluster.api.delete("configmaps", "second", "default")
    watching.until("DELETED")
    words = [line.split()[:3] for line in watching.lines[2:]]
    assert words == [
        ["ADDED", "second", "0"],
        ["MODIFIED", "second", "1"],
        ["DELETED", "second", "1"],
    ]


def test_a_watch_survives_ten_thousand_changes(cluster: Cluster, watching: Watching) -> None:
    for number in range(10_000):
        change = {"metadata": {"annotations": {"count": str(number)}}}
        cluster.api.patch("configmaps", "first", "default", change)
        if number % 1000 == 999:
            # On a busy machine kubectl may fall behind what the store remembers, as on a cluster.
            poll("kubectl keeps up", lambda: len(watching.lines) > number - 1000, PATIENCE)  # noqa: B023 -- called at once
    cluster.api.create(config_map("last"))
    watching.until("last")
    assert watching.program.poll() is None
    assert len([line for line in watching.lines if line.startswith("MODIFIED")]) == 10_000


def test_a_selected_object_enters_and_leaves_a_watch(cluster: Cluster, kubectl: Kubectl) -> None:
    made = cluster.api.create(config_map("a"))
    words = ("get", "cm", "-w", "-l", "chosen", "--output-watch-events")
    watcher = Watching(kubectl.start(*words))
    try:
        # Nothing tells when a watch of nothing has begun, so the label is put on until it is seen.
        for number in range(1000):
            labels = {"chosen": str(number)}
            cluster.api.patch("configmaps", "a", "default", {"metadata": {"labels": labels}})
            if watcher.lines:
                break
            threading.Event().wait(0.05)
        watcher.until("a ")
        change = {"metadata": {"labels": {"chosen": None}}}
        cluster.api.patch("configmaps", "a", "default", change)
        watcher.until("DELETED")
    finally:
        watcher.close()
    assert (
        cluster.api.get("configmaps", "a", "default")["metadata"]["uid"]
        == (made["metadata"]["uid"])
    )


def test_wait_for_conditions_values_deletion_and_creation(
    cluster: Cluster, kubectl: Kubectl
) -> None:
    web = cluster.api.create(deployment("web"))
    waits = {
        "condition": kubectl.start("wait", "--for=condition=Available", "deploy/web"),
        "value": kubectl.start("wait", "--for=jsonpath={.status.replicas}=1", "deploy/web"),
        "delete": kubectl.start("wait", "--for=delete", "deploy/web"),
        "create": kubectl.start("wait", "--for=create", "cm/late"),
    }
    available = {"type": "Available", "status": "True", "reason": "x", "message": "y"}
    cluster.api.set_status(web, {"replicas": 1, "conditions": [available]})
    for name in ("condition", "value"):
        assert waits[name].communicate(timeout=PATIENCE)[0] == (
            "deployment.apps/web condition met\n"
        )
    assert waits["delete"].poll() is None
    cluster.api.create(config_map("late"))
    cluster.api.delete("deployments.apps", "web", "default")
    for name in ("delete", "create"):
        told = waits[name].communicate(timeout=PATIENCE)[0]
        assert waits[name].returncode == 0, told
    assert "timed out waiting" in kubectl.fails(
        "wait", "--for=condition=Ready", "cm/late", "--timeout=1s"
    )


def test_rollout_status_waits_for_the_replicas(cluster: Cluster, kubectl: Kubectl) -> None:
    web = cluster.api.create(deployment("web", replicas=2))
    status = Watching(kubectl.start("rollout", "status", "deploy/web"))
    status.until("Waiting for deployment")
    counts = ("replicas", "updatedReplicas", "availableReplicas", "readyReplicas")
    ready = dict.fromkeys(counts, 2) | {"observedGeneration": 1}
    cluster.api.set_status(web, ready)
    status.until('deployment "web" successfully rolled out')
    assert status.program.wait(PATIENCE) == 0
    status.close()


def test_history_and_undo_read_the_replica_sets(cluster: Cluster, kubectl: Kubectl) -> None:
    api = cluster.api
    web = api.create(deployment("web"))
    for number, image in ((1, "nginx"), (2, "httpd")):
        spec = {**deployment("web")["spec"], "replicas": number - 1}
        labels = {"app": "web", "pod-template-hash": str(number)}
        spec["selector"] = {"matchLabels": labels}
        containers = [{"name": "main", "image": image}]
        spec["template"] = {"metadata": {"labels": labels}, "spec": {"containers": containers}}
        owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
        owner |= {"uid": web["metadata"]["uid"], "controller": True}
        metadata = {
            "name": f"web-{number}",
            "namespace": "default",
            "labels": labels,
            "ownerReferences": [owner],
            "annotations": {"deployment.kubernetes.io/revision": str(number)},
        }
        api.create(
            {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": metadata, "spec": spec}
        )
    change = {"metadata": {"annotations": {"deployment.kubernetes.io/revision": "2"}}}
    api.patch("deployments.apps", "web", "default", change)
    kubectl("set", "image", "deploy/web", "main=httpd")
    history = kubectl("rollout", "history", "deploy/web").splitlines()
    assert [line.split()[0] for line in history[2:4]] == ["1", "2"]
    assert "httpd" in kubectl("rollout", "history", "deploy/web", "--revision=2")
    kubectl("rollout", "undo", "deploy/web", "--to-revision=1")
    seen = kubectl.json("get", "deploy", "web")["spec"]["template"]["spec"]["containers"]
    assert seen[0]["image"] == "nginx"


def test_a_restarted_server_keeps_uids_and_versions_and_watchers_list_again(
    cluster: Cluster, kubectl: Kubectl
) -> None:
    web = cluster.api.create(pod("web", node="node1"))
    waiting = kubectl.start("wait", "--for=condition=Ready", "pod/web", "--timeout=25s")
    watcher = Watching(kubectl.start("get", "pods", "-w"))
    watcher.until("web")
    web = cluster.api.set_status(web, {"phase": "Pending", "message": "begun"})
    watcher.until("Pending")  # the list is over, and the watch has begun
    cluster.server.close()
    ended = watcher.program.wait(PATIENCE)
    watcher.close()
    assert ended == 0
    cluster.serve()
    again = kubectl.json("get", "pod", "web")["metadata"]
    assert (again["uid"], again["resourceVersion"]) == (
        web["metadata"]["uid"],
        web["metadata"]["resourceVersion"],
    )
    conditions = [{"type": "Ready", "status": "True"}]
    cluster.api.set_status(web, {"phase": "Running", "conditions": conditions})
    assert waiting.communicate(timeout=PATIENCE)[0].endswith("pod/web condition met\n")
