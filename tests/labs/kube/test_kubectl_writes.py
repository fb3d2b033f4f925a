"""What the real kubectl changes: create, run, expose, apply, edit, patch, label, scale, ..."""

import json

import pytest
from kubectl import Cluster, Kubectl
from objects import config_map, deployment, node, pod

SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web"},
    "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]},
}


def test_create_makes_each_kind_it_has_words_for(kubectl: Kubectl) -> None:
    # These commands send protobuf.
    assert kubectl("create", "namespace", "n1") == "namespace/n1 created\n"
    assert kubectl("create", "configmap", "c", "--from-literal=k=v") == "configmap/c created\n"
    assert kubectl("create", "secret", "generic", "s", "--from-literal=password=x")
    assert kubectl("create", "service", "clusterip", "svc", "--tcp=80:8080")
    assert kubectl("create", "service", "loadbalancer", "lb", "--tcp=80")
    assert kubectl("create", "deployment", "d", "--image=nginx", "--replicas=2", "--port=80")
    assert kubectl.json("get", "cm", "c")["data"] == {"k": "v"}
    assert kubectl.json("get", "secret", "s")["data"] == {"password": "eA=="}
    service = kubectl.json("get", "svc", "svc")["spec"]
    assert service["ports"][0]["targetPort"] == 8080
    made = kubectl.json("get", "deploy", "d")["spec"]
    assert made["replicas"] == 2
    assert made["template"]["spec"]["containers"][0]["ports"] == [
        {"containerPort": 80, "protocol": "TCP"}
    ]


def test_create_from_a_file_and_again(kubectl: Kubectl) -> None:
    text = json.dumps(config_map("a", k="v"))
    assert kubectl("create", "-f", "-", stdin=text) == "configmap/a created\n"
    assert kubectl.fails("create", "-f", "-", stdin=text) == (
        'Error from server (AlreadyExists): error when creating "STDIN": '
        'configmaps "a" already exists\n'
    )


def test_a_name_can_be_left_to_the_server(kubectl: Kubectl) -> None:
    obj = config_map("x")
    obj["metadata"] = {"generateName": "made-"}
    names = {kubectl("create", "-f", "-", "-o", "name", stdin=json.dumps(obj)) for _ in range(3)}
    assert len(names) == 3
    assert all(name.startswith("configmap/made-") for name in names)


def test_run_and_expose(kubectl: Kubectl) -> None:
    assert kubectl("run", "web", "--image=nginx", "--port=80") == "pod/web created\n"
    assert kubectl("expose", "pod", "web", "--port=8080") == "service/web exposed\n"
    service = kubectl.json("get", "svc", "web")["spec"]
    assert (service["selector"], service["ports"][0]["port"]) == ({"run": "web"}, 8080)


def test_apply_creates_leaves_alone_changes_and_removes(kubectl: Kubectl) -> None:
    assert kubectl.apply(config_map("a", k="1", gone="x")) == "configmap/a created\n"
    assert kubectl.apply(config_map("a", k="1", gone="x")) == "configmap/a unchanged\n"
    version = kubectl.json("get", "cm", "a")["metadata"]["resourceVersion"]
    assert kubectl.apply(config_map("a", k="2")) == "configmap/a configured\n"
    changed = kubectl.json("get", "cm", "a")
    assert changed["data"] == {"k": "2"}
    assert changed["metadata"]["resourceVersion"] != version


def test_empty_annotations_are_no_difference(kubectl: Kubectl) -> None:
    # For an object that another way of writing left without annotations, diff asks with `{}`.
    wanted = json.dumps(config_map("bare", k="1"))
    kubectl("apply", "--server-side", "-f", "-", stdin=wanted)
    assert not kubectl("diff", "-f", "-", stdin=wanted)


def test_apply_dry_runs_and_diff_change_nothing(kubectl: Kubectl) -> None:
    kubectl.apply(config_map("a", k="1"))
    before = kubectl.json("get", "cm", "a")
    wanted = config_map("a", k="2")
    assert "(server dry run)" in kubectl.apply(wanted, words=["--dry-run=server"])
    assert "(dry run)" in kubectl.apply(wanted, words=["--dry-run=client"])
    done = kubectl.run("diff", "-f", "-", stdin=json.dumps(wanted))
    assert done.returncode == 1
    assert '-  k: "1"\n+  k: "2"' in done.stdout
    assert kubectl.json("get", "cm", "a") == before
    same = kubectl.run("diff", "-f", "-", stdin=json.dumps(config_map("a", k="1")))
    assert (same.returncode, same.stdout) == (0, "")


def test_server_side_apply_keeps_owners_apart(kubectl: Kubectl) -> None:
    words = ["--server-side", "--field-manager=one"]
    assert "serverside-applied" in kubectl.apply(config_map("a", k="1"), words=words)
    text = json.dumps(config_map("a", k="2"))
    other = ["apply", "--server-side", "--field-manager=two", "-f", "-"]
    refused = kubectl.fails(*other, stdin=text)
    assert 'Apply failed with 1 conflict: conflict with "one": .data.k' in refused
    assert kubectl.json("get", "cm", "a")["data"] == {"k": "1"}
    kubectl(*other, "--force-conflicts", stdin=text)
    assert kubectl.json("get", "cm", "a")["data"] == {"k": "2"}
    record = kubectl.json("get", "cm", "a", "--show-managed-fields")["metadata"]["managedFields"]
    assert {entry["manager"] for entry in record if "f:data" in entry["fieldsV1"]} == {"two"}


def test_what_a_cluster_refuses_is_refused_in_its_words(kubectl: Kubectl) -> None:
    wrong = deployment("web")
    wrong["spec"]["replicass"] = 2
    assert (
        'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: '
        'unknown field "spec.replicass"'
    ) in kubectl.fails("create", "-f", "-", stdin=json.dumps(wrong))
    wrong = deployment("web")
    wrong["spec"]["replicas"] = "2"
    assert (
        "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas"
    ) in kubectl.fails("create", "-f", "-", stdin=json.dumps(wrong))
    wrong = deployment("web")
    del wrong["spec"]["template"]["metadata"]["labels"]
    assert "`selector` does not match template `labels`" in kubectl.fails(
        "create", "-f", "-", stdin=json.dumps(wrong)
    )
    unknown = {"apiVersion": "foo.io/v1", "kind": "Bar", "metadata": {"name": "x"}}
    assert 'no matches for kind "Bar" in version "foo.io/v1"' in kubectl.fails(
        "apply", "-f", "-", stdin=json.dumps(unknown)
    )
    assert 'namespaces "nowhere" not found' in kubectl.fails(
        "apply", "-f", "-", stdin=json.dumps(config_map("c", "nowhere"))
    )
    named = json.dumps(config_map("Not_A_Name"))
    assert 'metadata.name: Invalid value: "Not_A_Name": a lowercase RFC 1123' in kubectl.fails(
        "create", "-f", "-", stdin=named
    )


def test_unknown_fields_can_be_warned_of_or_ignored(kubectl: Kubectl) -> None:
    text = json.dumps(config_map("a") | {"dta": {"k": "v"}})
    done = kubectl.run("apply", "--validate=warn", "-f", "-", stdin=text)
    assert (done.returncode, done.stdout) == (0, "configmap/a created\n")
    assert 'Warning: unknown field "dta"' in done.stderr
    done = kubectl.run("apply", "--validate=ignore", "-f", "-", stdin=text)
    assert (done.returncode, done.stderr) == (0, "")
    assert "dta" not in kubectl.json("get", "cm", "a")


def test_edit_opens_an_editor_and_saves_what_it_leaves(cluster: Cluster, kubectl: Kubectl) -> None:
    cluster.api.create(config_map("a", k="before"))
    editor = kubectl.home / "editor"
    editor.write_text('#!/bin/sh\nsed -i s/before/after/ "$1"\n', encoding="utf-8")
    editor.chmod(0o700)
    assert kubectl("edit", "cm", "a", EDITOR=str(editor)) == "configmap/a edited\n"
    assert cluster.api.get("configmaps", "a", "default")["data"] == {"k": "after"}
    done = kubectl.run("edit", "cm", "a", env={"EDITOR": "true"})
    assert "Edit cancelled, no changes made." in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("how", "patch"),
    [
        ("strategic", {"spec": {"ports": [{"port": 443, "name": "tls"}]}}),
        ("merge", {"metadata": {"labels": {"x": "y"}}}),
        ("json", [{"op": "add", "path": "/metadata/labels", "value": {"x": "y"}}]),
    ],
)
def test_patch_in_its_three_ways(kubectl: Kubectl, how: str, patch: object) -> None:
    service = {**SERVICE, "spec": {**SERVICE["spec"], "ports": [{"port": 80, "name": "web"}]}}
    kubectl.apply(service)
    told = kubectl("patch", "svc", "web", f"--type={how}", "-p", json.dumps(patch))
    assert told == "service/web patched\n"
    seen = kubectl.json("get", "svc", "web")
    if how == "strategic":
        assert {port["port"] for port in seen["spec"]["ports"]} == {80, 443}
    else:
        assert seen["metadata"]["labels"] == {"x": "y"}
    again = kubectl("patch", "svc", "web", "--type=merge", "-p", "{}")
    assert again == "service/web patched (no change)\n"


def test_patch_of_a_status_changes_nothing_else(cluster: Cluster, kubectl: Kubectl) -> None:
    cluster.api.create(deployment("web"))
    patch = {"status": {"replicas": 3}, "spec": {"replicas": 7}}
    kubectl("patch", "deploy", "web", "--subresource=status", "-p", json.dumps(patch))
    seen = kubectl.json("get", "deploy", "web")
    assert (seen["status"]["replicas"], seen["spec"]["replicas"]) == (3, 1)
    assert seen["metadata"]["generation"] == 1
    patch = {"status": {"replicas": 9}, "spec": {"replicas": 2}}
    kubectl("patch", "deploy", "web", "-p", json.dumps(patch))
    seen = kubectl.json("get", "deploy", "web")
    assert (seen["status"]["replicas"], seen["spec"]["replicas"]) == (3, 2)
    assert seen["metadata"]["generation"] == 2


def test_replace_needs_an_object_and_force_makes_a_new_one(kubectl: Kubectl) -> None:
    text = json.dumps(config_map("a", k="2"))
    assert 'configmaps "a" not found' in kubectl.fails("replace", "-f", "-", stdin=text)
    kubectl.apply(config_map("a", k="1"))
    uid = kubectl.json("get", "cm", "a")["metadata"]["uid"]
    assert kubectl("replace", "-f", "-", stdin=text) == "configmap/a replaced\n"
    seen = kubectl.json("get", "cm", "a")
    assert (seen["data"], seen["metadata"]["uid"]) == ({"k": "2"}, uid)
    assert "replaced" in kubectl("replace", "--force", "-f", "-", stdin=text)
    assert kubectl.json("get", "cm", "a")["metadata"]["uid"] != uid
    stale = {**seen, "data": {"k": "3"}}
    assert "Conflict" in kubectl.fails("replace", "-f", "-", stdin=json.dumps(stale))


def test_label_annotate_and_taint(cluster: Cluster, kubectl: Kubectl) -> None:
    cluster.api.create(node("node1"))
    assert kubectl("label", "node", "node1", "rack=a") == "node/node1 labeled\n"
    assert "already has a value" in kubectl.fails("label", "node", "node1", "rack=b")
    kubectl("label", "node", "node1", "rack=b", "--overwrite")
    kubectl("annotate", "node", "node1", "why=tests")
    kubectl("taint", "node", "node1", "rack=b:NoSchedule")
    seen = kubectl.json("get", "node", "node1")
    assert seen["metadata"]["labels"]["rack"] == "b"
    assert seen["metadata"]["annotations"]["why"] == "tests"
    assert seen["spec"]["taints"] == [{"effect": "NoSchedule", "key": "rack", "value": "b"}]
    kubectl("label", "node", "node1", "rack-")
    kubectl("taint", "node", "node1", "rack-")
    seen = kubectl.json("get", "node", "node1")
    assert "rack" not in seen["metadata"]["labels"]
    assert "taints" not in seen["spec"]


def test_scale_and_set_image_and_restart(cluster: Cluster, kubectl: Kubectl) -> None:
    cluster.api.create(deployment("web"))
    assert kubectl("scale", "deploy/web", "--replicas=3") == "deployment.apps/web scaled\n"
    assert "Expected replicas to be 1, was 3" in kubectl.fails(
        "scale", "deploy/web", "--current-replicas=1", "--replicas=5"
    )
    scale = kubectl.json("get", "deploy", "web", "--subresource=scale")
    assert (scale["kind"], scale["spec"], scale["status"]["selector"]) == (
        "Scale",
        {"replicas": 3},
        "app=web",
    )
    kubectl("set", "image", "deploy/web", "main=httpd")
    kubectl("rollout", "restart", "deploy/web")
    seen = kubectl.json("get", "deploy", "web")
    template = seen["spec"]["template"]
    assert template["spec"]["containers"][0]["image"] == "httpd"
    assert "kubectl.kubernetes.io/restartedAt" in template["metadata"]["annotations"]
    assert seen["metadata"]["generation"] == 4
    kubectl("rollout", "pause", "deploy/web")
    assert kubectl.json("get", "deploy", "web")["spec"]["paused"] is True
    kubectl("rollout", "resume", "deploy/web")
    assert "paused" not in kubectl.json("get", "deploy", "web")["spec"]


def test_cordon_drain_and_uncordon(cluster: Cluster, kubectl: Kubectl) -> None:
    cluster.api.create(node("node1"))
    cluster.api.create(pod("lonely"))
    cluster.api.create(pod("web", node="node1"))
    cluster.api.set_status(cluster.api.get("pods", "web", "default"), {"phase": "Succeeded"})
    assert kubectl("cordon", "node1") == "node/node1 cordoned\n"
    assert "SchedulingDisabled" in kubectl("get", "node", "node1")
    told = kubectl("drain", "node1", "--force", "--timeout=20s")
    assert "evicting pod default/web" in told or "pod/web evicted" in told
    assert kubectl("get", "pods", "-o", "name") == "pod/lonely\n"
    assert kubectl("uncordon", "node1") == "node/node1 uncordoned\n"
    assert "unschedulable" not in kubectl.json("get", "node", "node1")["spec"]
