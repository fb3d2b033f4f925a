"""The three kinds of patch: the RFCs' own examples, Kubernetes' directives, and their laws."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labs.kube.core_service import SERVICE
from labs.kube.core_workloads import DEPLOYMENT
from labs.kube.errors import ApiError
from labs.kube.patch import json_patch, merge_patch, strategic_merge

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text(max_size=3), JSON, max_size=4)

# RFC 6902, appendix A.
GOOD: list[tuple[Any, list[Any], Any]] = [
    ({"foo": "bar"}, [{"op": "add", "path": "/baz", "value": "qux"}], {"baz": "qux", "foo": "bar"}),
    (
        {"foo": ["bar", "baz"]},
        [{"op": "add", "path": "/foo/1", "value": "qux"}],
        {"foo": ["bar", "qux", "baz"]},
    ),
    ({"baz": "qux", "foo": "bar"}, [{"op": "remove", "path": "/baz"}], {"foo": "bar"}),
    (
        {"foo": ["bar", "qux", "baz"]},
        [{"op": "remove", "path": "/foo/1"}],
        {"foo": ["bar", "baz"]},
    ),
    (
        {"baz": "qux", "foo": "bar"},
        [{"op": "replace", "path": "/baz", "value": "boo"}],
        {"baz": "boo", "foo": "bar"},
    ),
    (
        {"foo": {"bar": "baz", "waldo": "fred"}, "qux": {"corge": "grault"}},
        [{"op": "move", "from": "/foo/waldo", "path": "/qux/thud"}],
        {"foo": {"bar": "baz"}, "qux": {"corge": "grault", "thud": "fred"}},
    ),
    (
        {"foo": ["all", "grass", "cows", "eat"]},
        [{"op": "move", "from": "/foo/1", "path": "/foo/3"}],
        {"foo": ["all", "cows", "eat", "grass"]},
    ),
    (
        {"baz": "qux", "foo": ["a", 2, "c"]},
        [
            {"op": "test", "path": "/baz", "value": "qux"},
            {"op": "test", "path": "/foo/1", "value": 2},
        ],
        {"baz": "qux", "foo": ["a", 2, "c"]},
    ),
    (
        {"foo": "bar"},
        [{"op": "add", "path": "/child", "value": {"grandchild": {}}}],
        {"foo": "bar", "child": {"grandchild": {}}},
    ),
    (
        {"foo": "bar"},
        [{"op": "add", "path": "/baz", "value": "q", "xyz": 1}],
        {"foo": "bar", "baz": "q"},
    ),
    ({"/": 9, "~1": 10}, [{"op": "test", "path": "/~01", "value": 10}], {"/": 9, "~1": 10}),
    ({"foo": ["bar"]}, [{"op": "add", "path": "/foo/-", "value": ["a"]}], {"foo": ["bar", ["a"]]}),
    ({"a": 1}, [{"op": "copy", "from": "/a", "path": "/b"}], {"a": 1, "b": 1}),
    ({"a": 1}, [{"op": "replace", "path": "", "value": {"b": 2}}], {"b": 2}),
]
BAD: list[tuple[Any, Any, int, str]] = [
    ({"baz": "qux"}, [{"op": "test", "path": "/baz", "value": "bar"}], 422, "/baz failed"),
    ({"foo": "bar"}, [{"op": "add", "path": "/baz/bat", "value": "q"}], 422, "there is no 'baz'"),
    ({"~1": 10}, [{"op": "test", "path": "/~01", "value": "10"}], 422, "failed"),
    ({"a": 1}, [{"op": "test", "path": "/a", "value": True}], 422, "failed"),
    ({"a": [1]}, [{"op": "test", "path": "/a", "value": [True]}], 422, "failed"),
    ({"a": []}, [{"op": "add", "path": "/a/1", "value": 1}], 422, "the list has 0 items"),
    ({"a": [1]}, [{"op": "replace", "path": "/a/-", "value": 1}], 422, "no index"),
    ({"a": [1]}, [{"op": "replace", "path": "/a/00", "value": 1}], 422, "no index"),
    ({"a": {}}, [{"op": "move", "from": "/a", "path": "/a/b"}], 422, "into itself"),
    ({}, [{"op": "remove", "path": "/a"}], 422, "there is no 'a'"),
    ({}, [{"op": "remove", "path": ""}], 422, "cannot be taken away"),
    ({}, [{"op": "add", "path": "", "value": []}], 422, "no object"),
    ({}, {"spec": 1}, 400, "a list of operations"),
    ({}, [{"op": "put", "path": "/a"}], 400, "no operation is called 'put'"),
    ({}, [{"op": "add", "path": "/a"}], 400, "has no value"),
    ({}, [{"op": "copy", "path": "/a"}], 400, "has no from"),
    ({}, [{"op": "add", "path": "a", "value": 1}], 400, "must start with a slash"),
    ({}, [7], 400, "has op and path"),
    ({}, [{"op": "test", "path": "/", "value": 1}] * 10_001, 413, "10000"),
]


@pytest.mark.parametrize(("before", "patch", "after"), GOOD)
def test_a_json_patch_does_its_operations(before: Any, patch: Any, after: Any) -> None:
    untouched = copy.deepcopy(before)
    assert json_patch(before, patch) == after
    assert before == untouched


@pytest.mark.parametrize(("before", "patch", "code", "why"), BAD)
def test_a_bad_json_patch_says_why(before: Any, patch: Any, code: int, why: str) -> None:
    with pytest.raises(ApiError) as refused:
        json_patch(before, patch)
    assert refused.value.code == code
    assert why in refused.value.message


@pytest.mark.parametrize(
    ("before", "patch", "after"),
    [  # RFC 7386, appendix A.
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_a_merge_patch_is_as_the_rfc_says(before: Any, patch: Any, after: Any) -> None:
    assert merge_patch(before, patch) == after


@given(JSON, OBJECTS)
def test_a_merge_patch_twice_is_a_merge_patch_once(before: Any, patch: Any) -> None:
    once = merge_patch(before, patch)
    assert merge_patch(once, patch) == once


def container(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "image": "nginx", **more}


def deployment(*containers: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return {"spec": {**spec, "template": {"spec": {"containers": list(containers)}}}}


def merged(before: dict[str, Any], patch: dict[str, Any]) -> Any:
    return strategic_merge(before, patch, DEPLOYMENT.schema)


def test_items_are_merged_by_their_key() -> None:
    before = deployment(container("a", env=[{"name": "X", "value": "1"}]), container("b"))
    patch = deployment({"name": "a", "image": "pause", "env": [{"name": "Y", "value": "2"}]})
    env = [{"name": "X", "value": "1"}, {"name": "Y", "value": "2"}]
    assert merged(before, patch) == deployment(
        {"name": "a", "image": "pause", "env": env}, container("b")
    )


def test_a_directive_deletes_one_item() -> None:
    before = deployment(container("a"), container("b"))
    assert merged(before, deployment({"name": "a", "$patch": "delete"})) == deployment(
        container("b")
    )


def test_a_directive_replaces_the_list() -> None:
    before = deployment(container("a"), container("b"))
    patch = deployment({"$patch": "replace"}, container("c"))
    assert merged(before, patch) == deployment(container("c"))


def test_a_directive_replaces_or_deletes_an_object() -> None:
    before = {"spec": {"strategy": {"type": "Recreate", "rollingUpdate": {}}, "replicas": 1}}
    replaced = merged(
        before, {"spec": {"strategy": {"$patch": "replace", "type": "RollingUpdate"}}}
    )
    assert replaced["spec"]["strategy"] == {"type": "RollingUpdate"}
    assert merged(before, {"spec": {"strategy": {"$patch": "delete"}}}) == {"spec": {"replicas": 1}}


def test_only_the_keys_to_retain_stay() -> None:
    before = {"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}}
    patch = {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}}
    assert merged(before, patch) == {"spec": {"strategy": {"type": "Recreate"}}}


def test_an_order_is_kept_and_strangers_stay_behind_their_neighbour() -> None:
    before = deployment(container("a"), container("x"), container("b"))
    patch = deployment(container("c"))
    patch["spec"]["template"]["spec"]["$setElementOrder/containers"] = [
        {"name": "c"},
        {"name": "b"},
        {"name": "a"},
    ]
    after = merged(before, patch)["spec"]["template"]["spec"]
    assert [one["name"] for one in after["containers"]] == ["c", "b", "a", "x"]


def test_a_set_of_plain_values_is_merged_and_taken_from() -> None:
    before = {"metadata": {"finalizers": ["a/b", "c/d"]}}
    after = merged(before, {"metadata": {"finalizers": ["e/f", "a/b"]}})
    assert after["metadata"]["finalizers"] == ["a/b", "c/d", "e/f"]
    gone = merged(before, {"metadata": {"$deleteFromPrimitiveList/finalizers": ["a/b"]}})
    assert gone["metadata"]["finalizers"] == ["c/d"]


def test_a_list_without_a_key_is_replaced() -> None:
    before = deployment(container("a", command=["sh", "-c"]))
    after = merged(before, deployment({"name": "a", "command": ["true"]}))
    assert after == deployment(container("a", command=["true"]))


def test_null_takes_a_field_away_and_adds_none() -> None:
    assert merged({"spec": {"replicas": 2}}, {"spec": {"replicas": None, "paused": None}}) == {
        "spec": {}
    }
    added = merged({}, {"spec": {"strategy": {"type": "Recreate", "rollingUpdate": None}}})
    assert added == {"spec": {"strategy": {"type": "Recreate"}}}


def test_ports_of_a_service_are_merged_by_number() -> None:
    before = {"spec": {"ports": [{"port": 80, "nodePort": 30000}, {"port": 443}]}}
    after = strategic_merge(
        before, {"spec": {"ports": [{"port": 80, "name": "a"}]}}, SERVICE.schema
    )
    assert after["spec"]["ports"] == [{"port": 80, "nodePort": 30000, "name": "a"}, {"port": 443}]


@pytest.mark.parametrize(
    ("patch", "why"),
    [
        (deployment({"image": "nginx"}), "does not contain declared merge key: name"),
        ({"spec": {"$patch": "erase"}}, "Unknown patch type 'erase'"),
        ({"spec": {"$retainKeys": ["a"], "b": 1}}, "does not name"),
        ({"spec": {"$retainKeys": 7}}, "is a list"),
        ({"metadata": {"$setElementOrder/finalizers": 7}}, "is a list"),
        ({"metadata": {"$deleteFromPrimitiveList/finalizers": 7}}, "is a list"),
        (deployment({"name": {"a": 1}}), "merge key"),
        ({"metadata": {"finalizers": [{}]}}, "plain values"),
        ([], "an object is expected"),
    ],
)
def test_a_bad_strategic_patch_says_why(patch: Any, why: str) -> None:
    with pytest.raises(ApiError, match=why.replace("(", r"\(")) as refused:
        strategic_merge(deployment(container("a")), patch, DEPLOYMENT.schema)
    assert refused.value.code == 400


@given(OBJECTS, OBJECTS)
def test_where_nothing_has_a_key_a_strategic_patch_is_a_merge_patch(
    before: dict[str, Any], drawn: dict[str, Any]
) -> None:
    patch = plain(drawn)
    assert strategic_merge(before, patch, DEPLOYMENT.schema) == merge_patch(before, patch)


def plain(value: Any, *, inside: bool = False) -> Any:
    """The value without directives, and without nulls in lists: those are no JSON merge patch's."""
    if isinstance(value, dict):
        return {
            key: plain(one, inside=inside)
            for key, one in value.items()
            if key[:1] != "$" and not (inside and one is None)
        }
    return [plain(one, inside=True) for one in value] if isinstance(value, list) else value
