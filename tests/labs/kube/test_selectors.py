"""Label and field selectors, as kubectl sends them."""

from typing import Any

import pytest

from labs.kube import selectors
from labs.kube.core_kinds import CORE_KINDS
from labs.kube.errors import ApiError
from labs.kube.kinds import Kinds

KINDS = Kinds.of(*CORE_KINDS)


def labelled(**labels: str) -> dict[str, Any]:
    return {"metadata": {"name": "x", "labels": labels}}


@pytest.mark.parametrize(
    ("selector", "matches"),
    [
        ("", True),
        ("app=web", True),
        ("app==web", True),
        ("app=db", False),
        ("app!=db", True),
        ("missing!=x", True),
        ("app in (web, db)", True),
        ("app notin (web,db)", False),
        ("missing notin (a)", True),
        ("app", True),
        ("!app", False),
        ("!missing", True),
        ("app=web,tier=front", True),
        ("app=web,tier in (back,other)", False),
        ("size > 3", True),
        ("size < 3", False),
        ("app > 3", False),
    ],
)
def test_a_label_selector_matches_what_it_says(selector: str, *, matches: bool) -> None:
    assert selectors.labels(selector)(labelled(app="web", tier="front", size="4")) is matches


@pytest.mark.parametrize("selector", ["a b", "app in web", "=x", "app=a b", "app in (a"])
def test_what_is_no_label_selector_is_refused(selector: str) -> None:
    with pytest.raises(ApiError, match="unable to parse requirement") as refused:
        selectors.labels(selector)
    assert refused.value.code == 400


def test_an_objects_selector_has_labels_and_expressions() -> None:
    selector = {
        "matchLabels": {"app": "web"},
        "matchExpressions": [
            {"key": "tier", "operator": "In", "values": ["front"]},
            {"key": "old", "operator": "DoesNotExist"},
        ],
    }
    assert selectors.matches(selector, {"app": "web", "tier": "front"})
    assert not selectors.matches(selector, {"app": "web", "tier": "front", "old": ""})
    assert not selectors.matches(selector, {"app": "web"})
    assert selectors.matches({}, {})
    assert not selectors.matches(None, {"app": "web"})


def test_pods_are_selected_by_node_and_phase() -> None:
    kind = KINDS.by_resource("pods")
    assert kind is not None
    pod = {
        "metadata": {"name": "p", "namespace": "default"},
        "spec": {"nodeName": "node1"},
        "status": {"phase": "Running"},
    }
    assert selectors.fields("spec.nodeName=node1,status.phase!=Failed", kind)(pod)
    assert not selectors.fields("metadata.name=q", kind)(pod)
    assert selectors.fields("spec.hostNetwork=false", kind)(pod)


def test_a_field_nobody_can_select_by_is_refused_in_the_servers_words() -> None:
    kind = KINDS.by_resource("configmaps")
    assert kind is not None
    with pytest.raises(ApiError, match=r"^field label not supported: data\.x$"):
        selectors.fields("data.x=1", kind)
    with pytest.raises(ApiError, match="can't understand 'nonsense'"):
        selectors.fields("nonsense", kind)
