"""Whatever a body holds, the server answers it, and never with a failure of its own."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kubectl import Cluster
from objects import config_map, deployment, node, pod
from peers import OLD_PEER, PEER, old_peer, peer
from wire import Client

Obj = dict[str, Any]
SERVICE: Obj = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "s", "namespace": "default"},
    "spec": {"type": "LoadBalancer", "ports": [{"port": 80, "nodePort": 30080}]},
}
PATHS: dict[str, tuple[str, Obj]] = {
    "configmaps": ("/api/v1/namespaces/default/configmaps", config_map("a", k="v")),
    "pods": ("/api/v1/namespaces/default/pods", pod("p", node="n")),
    "services": ("/api/v1/namespaces/default/services", SERVICE),
    "nodes": ("/api/v1/nodes", node("n")),
    "deployments": ("/apis/apps/v1/namespaces/default/deployments", deployment("d")),
    "peers": ("/apis/example.com/v2/namespaces/default/peers", peer("x")),
    "old peers": ("/apis/example.com/v1/namespaces/default/peers", old_peer("y")),
}
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a value, as the keys that lead there."""
    keys: Any = ()
    if isinstance(value, dict):
        keys = value
    elif isinstance(value, list):
        keys = range(len(value))
    for key in keys:
        yield (*path, key)
        yield from places(value[key], (*path, key))


def with_value(obj: Obj, path: tuple[Any, ...], value: Any) -> Obj:
    changed = copy.deepcopy(obj)
    inside: Any = changed
    for key in path[:-1]:
        inside = inside[key]
    inside[path[-1]] = value
    return changed


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with Cluster(kinds=(PEER, OLD_PEER)) as cluster:
        for _, obj in PATHS.values():
            cluster.api.create(obj)
        yield Client(cluster.port)


def metadata_too(obj: Obj) -> Obj:
    """The object with metadata of every type, for something to go wrong with."""
    owner = {"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": "u"}
    more = {
        "annotations": {"a": "b"},
        "finalizers": ["example.com/f"],
        "generateName": "g",
        "generation": 1,
        "ownerReferences": [owner],
        "uid": "u",
        "resourceVersion": "1",
        "managedFields": [{"manager": "m", "operation": "Update", "fieldsV1": {"f:x": {}}}],
    }
    return {**obj, "metadata": {**more, **obj["metadata"]}}


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_no_object_makes_the_server_fail(client: Client, data: st.DataObject) -> None:
    path, good = PATHS[data.draw(st.sampled_from(sorted(PATHS)))]
    good = metadata_too(good)
    body = with_value(good, data.draw(st.sampled_from(list(places(good)))), data.draw(VALUES))
    method = data.draw(st.sampled_from(["POST", "PUT", "merge", "json", "apply", "DELETE"]))
    name = f"{path}/{good['metadata']['name']}"
    dry = "dryRun=All&fieldManager=m"
    types = {
        "merge": "application/merge-patch+json",
        "json": "application/json-patch+json",
        "apply": "application/apply-patch+yaml",
    }
    if method == "POST":
        answer = client("POST", f"{path}?{dry}", body)
    elif method == "DELETE":
        options = {"preconditions": {"uid": "u"}, "gracePeriodSeconds": 1, "dryRun": ["All"]}
        where = data.draw(st.sampled_from(list(places(options))))
        answer = client("DELETE", f"{name}?{dry}", with_value(options, where, data.draw(VALUES)))
    elif method == "json":
        operation = {"op": "replace", "path": "/metadata/labels", "value": {}}
        where = data.draw(st.sampled_from(list(places(operation))))
        patch = [with_value(operation, where, data.draw(VALUES))]
        answer = client("PATCH", f"{name}?{dry}", patch, Content_Type=types[method])
    elif method == "PUT":
        answer = client("PUT", f"{name}?{dry}", body)
    else:
        answer = client("PATCH", f"{name}?{dry}", body, Content_Type=types[method])
    assert answer.code < 500, answer.body


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/api/v1/namespaces/default/pods/p/eviction", "POST"),
        ("/api/v1/namespaces/default/pods/p/binding", "POST"),
        ("/apis/apps/v1/namespaces/default/deployments/d/scale", "PUT"),
        ("/apis/apps/v1/namespaces/default/deployments/d/scale", "PATCH"),
        ("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", "POST"),
        ("/api/v1/namespaces/default/finalize", "PUT"),
    ],
)
@pytest.mark.parametrize(
    "body", [None, [], "text", 7, {"spec": 7}, {"metadata": []}, {"target": 1}]
)
def test_no_body_of_a_subresource_makes_the_server_fail(
    client: Client, path: str, method: str, body: Any
) -> None:
    content_type = "application/merge-patch+json" if method == "PATCH" else "application/json"
    answer = client(method, path, body, Content_Type=content_type)
    assert answer.code < 500, answer.body
