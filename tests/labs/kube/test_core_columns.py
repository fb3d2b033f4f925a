"""What `kubectl get` shows of Kubernetes' own kinds."""

import re
from typing import Any

import pytest
from core_objects import Obj, pod

from labs.kube.core_events import EVENT, NEW_EVENT
from labs.kube.core_node import NODE
from labs.kube.core_pod import POD
from labs.kube.core_service import ENDPOINT_SLICE, SERVICE
from labs.kube.kinds import Kind
from labs.kube.schema_check import unknown


def shown(kind: Kind, obj: Obj) -> dict[str, Any]:
    return {one.name: one.value(obj) for one in kind.columns if callable(one.value)}


@pytest.mark.parametrize(
    ("spec", "status", "external", "ports"),
    [
        (
            {"type": "LoadBalancer", "ports": [{"port": 80, "nodePort": 30123}]},
            {},
            "<pending>",
            "80:30123/TCP",
        ),
        (
            {"type": "LoadBalancer", "ports": [{"port": 53, "protocol": "UDP"}, {"port": 80}]},
            {"loadBalancer": {"ingress": [{"ip": "172.18.200.1"}]}},
            "172.18.200.1",
            "53/UDP,80/TCP",
        ),
        ({"type": "ClusterIP"}, {}, "<none>", "<none>"),
        ({"type": "ExternalName", "externalName": "a.example"}, {}, "a.example", "<none>"),
        ({"type": "ClusterIP", "externalIPs": ["192.0.2.1"]}, {}, "192.0.2.1", "<none>"),
    ],
)
def test_a_services_row(spec: Obj, status: Obj, external: str, ports: str) -> None:
    row = shown(SERVICE, {"spec": spec, "status": status})
    assert (row["External-IP"], row["Port(s)"]) == (external, ports)


def ran(state: Obj, *, ready: bool = False, restarts: int = 0, **more: Any) -> Obj:
    return {"name": "c0", "state": state, "ready": ready, "restartCount": restarts, **more}


def phase(name: str, state: Obj) -> Obj:
    return {"phase": name, "containerStatuses": [ran(state)]}


RUNNING = {"running": {"startedAt": "2026-11-23T15:00:00Z"}}


@pytest.mark.parametrize(
    ("status", "ready", "state"),
    [
        ({"phase": "Pending"}, "0/1", "Pending"),
        (
            phase("Pending", {"waiting": {"reason": "ContainerCreating"}}),
            "0/1",
            "ContainerCreating",
        ),
        ({"phase": "Running", "containerStatuses": [ran(RUNNING, ready=True)]}, "1/1", "Running"),
        (
            phase("Running", {"waiting": {"reason": "CrashLoopBackOff"}}),
            "0/1",
            "CrashLoopBackOff",
        ),
        (
            phase("Failed", {"terminated": {"exitCode": 3}}),
            "0/1",
            "ExitCode:3",
        ),
        (
            phase("Failed", {"terminated": {"exitCode": 0, "signal": 9}}),
            "0/1",
            "Signal:9",
        ),
        (
            phase("Succeeded", {"terminated": {"reason": "Completed"}}),
            "0/1",
            "Completed",
        ),
        ({"phase": "Failed", "reason": "Evicted"}, "0/1", "Evicted"),
    ],
)
def test_a_pods_row(status: Obj, ready: str, state: str) -> None:
    row = shown(POD, {**pod(), "status": status})
    assert (row["Ready"], row["Status"]) == (ready, state)


def test_a_pod_that_is_deleted_is_terminating() -> None:
    gone = pod()
    gone["metadata"]["deletionTimestamp"] = "2026-11-23T15:00:00Z"
    gone["status"] = {"phase": "Running", "containerStatuses": [ran(RUNNING, ready=True)]}
    assert shown(POD, gone)["Status"] == "Terminating"


def test_a_pods_init_containers_are_counted() -> None:
    begun = pod(initContainers=[{"name": "i"}, {"name": "j"}])
    done = ran({"terminated": {"exitCode": 0}})
    begun["status"] = {
        "phase": "Pending",
        "initContainerStatuses": [done, ran({"running": {}})],
        "containerStatuses": [ran({"waiting": {"reason": "PodInitializing"}})],
    }
    assert shown(POD, begun)["Status"] == "Init:1/2"


def test_restarts_tell_how_long_ago_the_last_was() -> None:
    crashed = pod()
    last = {"terminated": {"finishedAt": "2020-01-01T00:00:00Z"}}
    crashed["status"] = {"containerStatuses": [ran(RUNNING, restarts=2, lastState=last)]}
    assert re.fullmatch(r"2 \(\d+y(\d+d)? ago\)", shown(POD, crashed)["Restarts"])
    assert shown(POD, pod())["Restarts"] == "0"


def test_a_nodes_row() -> None:
    labels = {"node-role.kubernetes.io/control-plane": ""}
    ready = [{"type": "Ready", "status": "True"}]
    node = {
        "metadata": {"labels": labels},
        "spec": {"unschedulable": True},
        "status": {
            "conditions": ready,
            "addresses": [{"type": "InternalIP", "address": "172.18.0.2"}],
        },
    }
    row = shown(NODE, node)
    assert row["Status"] == "Ready,SchedulingDisabled"
    assert (row["Roles"], row["Internal-IP"], row["External-IP"]) == (
        "control-plane",
        "172.18.0.2",
        "<none>",
    )


def test_an_event_is_the_same_in_both_versions() -> None:
    event = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": "a"},
        "involvedObject": {"kind": "Pod", "name": "web"},
        "message": "m",
        "source": {"component": "kubelet", "host": "node1"},
        "count": 2,
        "lastTimestamp": "2026-11-23T15:00:00Z",
    }
    newer = NEW_EVENT.from_storage(event)
    assert newer["note"] == "m"
    assert unknown(newer, NEW_EVENT.schema) == ()
    assert NEW_EVENT.to_storage(newer) == event
    row = shown(EVENT, event)
    assert (row["Object"], row["Source"], row["Count"]) == ("pod/web", "kubelet, node1", 2)


def test_a_slice_names_three_endpoints_and_counts_the_others() -> None:
    piece = {
        "endpoints": [{"addresses": [f"10.0.0.{number}"]} for number in range(5)],
        "ports": [{"port": 80}],
    }
    row = shown(ENDPOINT_SLICE, piece)
    assert row == {"Endpoints": "10.0.0.0,10.0.0.1,10.0.0.2 + 2 more...", "Ports": "80"}
