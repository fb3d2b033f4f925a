"""The scheduler's rules: which node a pod fits on, and why not."""

from __future__ import annotations

from typing import Any

import pytest

from labs.kube.scheduler import UNSCHEDULABLE, unfit

Obj = dict[str, Any]
CORDONED = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
DEDICATED = {"key": "for", "value": "edge", "effect": "NoSchedule"}


def node(*taints: Obj, **labels: str) -> Obj:
    return {"metadata": {"name": "node1", "labels": labels}, "spec": {"taints": list(taints)}}


def pod(**spec: Any) -> Obj:
    return {"metadata": {"name": "web"}, "spec": spec}


def near(*rules: Obj, fields: bool = False) -> Obj:
    terms = [{"matchFields" if fields else "matchExpressions": list(rules)}]
    required = {"nodeSelectorTerms": terms}
    key = "requiredDuringSchedulingIgnoredDuringExecution"
    return {"nodeAffinity": {key: required}}


def test_a_pod_that_asks_for_nothing_fits() -> None:
    assert not unfit(pod(), node())


def test_a_cordoned_node_and_a_taint_are_told_apart() -> None:
    assert unfit(pod(), node(CORDONED)) == UNSCHEDULABLE
    assert unfit(pod(), node(DEDICATED)) == "node(s) had untolerated taint {for: edge}"


@pytest.mark.parametrize(
    "toleration",
    [
        {"key": "for", "operator": "Equal", "value": "edge"},
        {"key": "for", "value": "edge", "effect": "NoSchedule"},
        {"key": "for", "operator": "Exists"},
        {"operator": "Exists"},
    ],
)
def test_a_taint_that_is_tolerated_keeps_nobody_away(toleration: Obj) -> None:
    assert not unfit(pod(tolerations=[toleration]), node(DEDICATED))


@pytest.mark.parametrize(
    "toleration",
    [
        {"key": "for", "value": "core"},
        {"key": "for", "operator": "Exists", "effect": "NoExecute"},
        {"key": "other", "operator": "Exists"},
    ],
)
def test_a_toleration_of_something_else_does_not_help(toleration: Obj) -> None:
    assert unfit(pod(tolerations=[toleration]), node(DEDICATED))


def test_a_node_selector_needs_every_label() -> None:
    wanted = pod(nodeSelector={"rack": "1", "disk": "ssd"})
    assert not unfit(wanted, node(rack="1", disk="ssd", more="x"))
    assert "didn't match Pod's node affinity/selector" in unfit(wanted, node(rack="1"))


@pytest.mark.parametrize(
    ("rule", "fits"),
    [
        ({"key": "rack", "operator": "In", "values": ["1", "2"]}, True),
        ({"key": "rack", "operator": "NotIn", "values": ["1"]}, False),
        ({"key": "rack", "operator": "Exists"}, True),
        ({"key": "rack", "operator": "DoesNotExist"}, False),
        ({"key": "rack", "operator": "Gt", "values": ["0"]}, True),
        ({"key": "rack", "operator": "Lt", "values": ["1"]}, False),
    ],
)
def test_a_required_affinity_is_asked_by_its_operator(rule: Obj, fits: bool) -> None:
    assert (not unfit(pod(affinity=near(rule)), node(rack="1"))) is fits


def test_an_affinity_to_a_nodes_name_is_how_daemon_sets_place_their_pods() -> None:
    rule = {"key": "metadata.name", "operator": "In", "values": ["node2"]}
    assert unfit(pod(affinity=near(rule, fields=True)), node())
