"""What is wrong with an object, in the API server's words; defaults; what is unknown."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labs.kube import quantity
from labs.kube.core_kinds import CORE_KINDS
from labs.kube.core_meta import resource
from labs.kube.core_pod import POD
from labs.kube.core_service import SERVICE
from labs.kube.core_workloads import DEPLOYMENT
from labs.kube.decoding import strict_error, strict_warnings
from labs.kube.kinds import Kind, Kinds
from labs.kube.schema import Rule, anything, array, boolean, integer, kept, mapping, obj, string
from labs.kube.schema_check import (
    pruned,
    undecodable,
    unknown,
    violations,
    with_defaults,
)

Obj = dict[str, Any]

PEER = resource(
    "A peer.",
    {
        "spec": obj(
            "",
            {
                "peerASN": integer(minimum=1, maximum=4294967295, format="int64"),
                "port": integer(minimum=1, maximum=16384, default=179),
                "mode": string(enum=("internal", "external")),
                "address": string(min_length=3, max_length=9, pattern="^[0-9.]+$"),
                "pools": array("", string(), min_items=1, max_items=2, list_type="set"),
                "aliases": array(
                    "", obj("", {"name": string()}, required=("name",)), list_keys=("name",)
                ),
                "timers": obj("", {"hold": integer(default=90)}, default={}),
                "on": boolean(),
                "nodes": mapping("", integer()),
                "free": kept(),
                "empty": string(nullable=True),
            },
            required=("peerASN",),
            rules=(
                Rule(
                    message="no port without an address",
                    check=lambda spec: "address" in spec or spec["port"] == 179,
                ),
                Rule(
                    message="",
                    told=lambda pair: f"peerASN may not change from {pair[0]['peerASN']}",
                    check=lambda pair: pair[0]["peerASN"] == pair[1]["peerASN"],
                    path=".peerASN",
                    reason="FieldValueForbidden",
                    transition=True,
                ),
            ),
        )
    },
    required=("spec",),
)
SKIPPED = (
    "<nil>: Invalid value: null: some validation rules were not checked because the object was "
    "invalid; correct the existing errors to complete validation"
)


def told(spec: Any, before: Obj | None = None) -> list[str]:
    whole = {"spec": with_defaults(spec, PEER.properties["spec"])}
    old = {"spec": before} if before else None
    return [one.detail for one in violations(whole, PEER, old)]


def mistyped(where: str, expected: str, seen: str) -> str:
    return (
        f'spec.{where}: Invalid value: "{seen}": spec.{where} in body must be of type '
        f'{expected}: "{seen}"'
    )


@pytest.mark.parametrize(
    ("spec", "line"),
    [
        ({"peerASN": "64512"}, mistyped("peerASN", "integer", "string")),
        ({"peerASN": {}}, mistyped("peerASN", "int64", "")),
        ({"peerASN": 1.5}, mistyped("peerASN", "int64", "double")),
        ({"peerASN": True}, mistyped("peerASN", "int64", "")),
        ({"peerASN": 1, "on": "no"}, mistyped("on", "boolean", "string")),
        ({"peerASN": 1, "pools": "a"}, mistyped("pools", "array", "string")),
        ({"peerASN": 1, "pools": [1]}, mistyped("pools[0]", "string", "integer")),
        ({"peerASN": 1, "pools": [None]}, mistyped("pools[0]", "string", "null")),
        ({"peerASN": 1, "mode": ["a"]}, mistyped("mode", "string", "array")),
        ({"peerASN": 1, "nodes": {"a": "b"}}, mistyped("nodes.a", "integer", "string")),
        ({}, "spec.peerASN: Required value"),
        ({"peerASN": 1, "aliases": [{}]}, "spec.aliases[0].name: Required value"),
        (
            {"peerASN": 1, "mode": "both"},
            'spec.mode: Unsupported value: "both": supported values: "internal", "external"',
        ),
        (
            {"peerASN": 1, "pools": list("abc")},
            "spec.pools: Too many: 3: must have at most 2 items",
        ),
        (
            {"peerASN": 1, "address": "1" * 10},
            "spec.address: Too long: may not be more than 9 bytes",
        ),
    ],
)
def test_a_mistake_that_blocks_other_rules_is_told_with_that(spec: Obj, line: str) -> None:
    seen = told(spec)
    assert line in seen
    assert seen[-1] == SKIPPED


@pytest.mark.parametrize(
    ("spec", "line"),
    [
        (
            {"peerASN": 0},
            (
                "spec.peerASN: Invalid value: 0: spec.peerASN in body should be greater than or "
                "equal to 1"
            ),
        ),
        (
            {"peerASN": 4294967296},
            (
                "spec.peerASN: Invalid value: 4294967296: spec.peerASN in body should be less than "
                "or equal to 4294967295"
            ),
        ),
        (
            {"peerASN": 1, "address": "1.2.3.x"},
            (
                'spec.address: Invalid value: "1.2.3.x": spec.address in body should match '
                "'^[0-9.]+$'"
            ),
        ),
        (
            {"peerASN": 1, "address": "1.2\n"},
            (
                'spec.address: Invalid value: "1.2\\n": spec.address in body should match '
                "'^[0-9.]+$'"
            ),
        ),
        (
            {"peerASN": 1, "address": "1"},
            (
                'spec.address: Invalid value: "1": spec.address in body should be at least 3 chars '
                "long"
            ),
        ),
        (
            {"peerASN": 1, "pools": []},
            "spec.pools: Invalid value: 0: spec.pools in body should have at least 1 items",
        ),
        ({"peerASN": 1, "pools": ["a", "a"]}, 'spec.pools[1]: Duplicate value: "a"'),
        (
            {"peerASN": 1, "aliases": [{"name": "a"}, {"name": "a"}]},
            'spec.aliases[1]: Duplicate value: {"name":"a"}',
        ),
        ({"peerASN": 1, "port": 7}, "spec: Invalid value: no port without an address"),
    ],
)
def test_a_mistake_is_told_as_the_api_server_tells_it(spec: Obj, line: str) -> None:
    assert told(spec) == [line]


def test_a_rule_about_a_change_is_asked_on_changes_only() -> None:
    assert told({"peerASN": 2}) == []
    assert told({"peerASN": 2}, before={"peerASN": 1}) == [
        "spec.peerASN: Forbidden: peerASN may not change from 1"
    ]


def test_a_missing_spec_is_told() -> None:
    assert next(one.detail for one in violations({}, PEER)) == "spec: Required value"


def test_a_violation_tells_field_reason_and_message_apart() -> None:
    (seen,) = violations({"spec": {"peerASN": 0, "port": 179}}, PEER)
    assert (seen.path, seen.reason) == ("spec.peerASN", "FieldValueInvalid")
    assert seen.message.startswith("Invalid value: 0: spec.peerASN in body")


@pytest.mark.parametrize("spec", [{"peerASN": 1, "empty": None}, {"peerASN": 1.0}, {"peerASN": 1}])
def test_what_is_well_is_not_told(spec: Obj) -> None:
    assert told(spec) == []


def test_defaults_are_filled_in_and_nulls_are_not_there() -> None:
    spec = {"peerASN": 1, "mode": None, "empty": None, "free": {"a": None}}
    assert with_defaults(spec, PEER.properties["spec"]) == {
        "peerASN": 1,
        "empty": None,
        "free": {"a": None},
        "port": 179,
        "timers": {"hold": 90},
    }


def test_a_default_is_filled_in_below_what_was_said() -> None:
    done = with_defaults({"timers": {}}, PEER.properties["spec"])
    assert done == {"timers": {"hold": 90}, "port": 179}


def test_what_is_unknown_is_named_with_its_path() -> None:
    value = {
        "spec": {
            "asn": 1,
            "aliases": [{"name": "a", "x": 1}],
            "nodes": {"n": 1},
            "free": {"x": {}},
        },
        "metadata": {"name": "a", "label": {}, "labels": {"a": "b"}},
        "extra": 1,
    }
    found = ("spec.asn", "spec.aliases[0].x", "metadata.label", "extra")
    assert unknown(value, PEER) == found
    assert unknown(pruned(value, PEER), PEER) == ()


def test_unknown_and_doubled_fields_are_told_at_once() -> None:
    assert strict_error(SERVICE, ("spec.x", "spec.y"), ("spec.type",)) == (
        'Service in version "v1" cannot be handled as a Service: strict decoding error: '
        'duplicate field "spec.type", unknown field "spec.x", unknown field "spec.y"'
    )
    assert strict_warnings(("spec.x",)) == ('unknown field "spec.x"',)


def pod(**container: Any) -> Obj:
    return {"spec": {"containers": [{"name": "a", "image": "b", **container}]}}


@pytest.mark.parametrize(
    ("kind", "value", "why"),
    [
        (
            DEPLOYMENT,
            {"spec": {"replicas": "two"}},
            "string into Go struct field DeploymentSpec.spec.replicas of type int32",
        ),
        (
            DEPLOYMENT,
            {"spec": {"template": pod(env=[{"name": "A", "value": 1}])}},
            (
                "cannot unmarshal number into Go struct field "
                "EnvVar.spec.template.spec.containers.env.value of type string"
            ),
        ),
        (
            SERVICE,
            {"spec": {"ports": {"port": 80}}},
            ("object into Go struct field ServiceSpec.spec.ports of type []v1.ServicePort"),
        ),
        (
            SERVICE,
            {"spec": {"ports": [{"port": 80.5}]}},
            ("number 80.5 into Go struct field ServicePort.spec.ports.port of type int32"),
        ),
        (
            SERVICE,
            {"spec": {"ports": [{"targetPort": True}]}},
            ("bool into Go struct field ServicePort.spec.ports.targetPort of type int32"),
        ),
        (
            SERVICE,
            {"metadata": {"labels": {"a": 1}}},
            "number into Go struct field ObjectMeta.metadata.labels of type string",
        ),
        (
            SERVICE,
            {"spec": {"type": []}},
            "array into Go struct field ServiceSpec.spec.type of type v1.ServiceType",
        ),
        (
            POD,
            pod(tty="yes"),
            "string into Go struct field Container.spec.containers.tty of type bool",
        ),
        (POD, pod(command="sh"), "Container.spec.containers.command of type []string"),
        (
            POD,
            pod(ports=[{"containerPort": 2**31}]),
            (
                "cannot unmarshal number 2147483648 into Go struct field "
                "ContainerPort.spec.containers.ports.containerPort of type int32"
            ),
        ),
        (
            POD,
            pod(resources={"limits": {"cpu": "1 cpu"}}),
            "quantities must match the regular expression",
        ),
        (POD, pod(resources={"limits": {"memory": "64EE"}}), "unable to parse quantity's suffix"),
        (POD, "text", "json: cannot unmarshal string into Go value of type v1.Pod"),
    ],
)
def test_a_wrong_type_is_told_in_the_decoders_words(kind: Kind, value: Any, why: str) -> None:
    seen = undecodable(value, kind)
    name = kind.kind
    assert seen is not None
    assert seen.startswith(f'{name} in version "v1" cannot be handled as a {name}: ')
    assert why in seen


def test_what_can_be_decoded_is_not_told() -> None:
    good = pod(resources={"limits": {"cpu": 1, "memory": "64Mi"}}, tty=None)
    assert undecodable(good, POD) is None
    assert undecodable({"spec": {"peerASN": "x"}}, Kind("a.b", "v1", "Peer", "peers", PEER)) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["spec", "ports", "containers", "name", "peerASN", "pools", "timers"])
            | st.text(max_size=3),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_no_value_breaks_the_checks_of_a_custom_resource(value: Any) -> None:
    for one in violations(with_defaults(value, PEER), obj("", {"spec": obj("", {})})):
        assert one.detail.startswith(one.path or "<nil>")
    filled = with_defaults(value, PEER)
    assert with_defaults(filled, PEER) == filled
    assert unknown(pruned(value, PEER), PEER) == ()


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("0.5", "500m"),
        ("1024Mi", "1Gi"),
        ("1.5Gi", "1536Mi"),
        ("1000m", "1"),
        ("1000", "1k"),
        (1, "1"),
        ("0Mi", "0"),
        ("1e3", "1e3"),
        ("1Ei", "1Ei"),
        ("0.1", "100m"),
        ("-500m", "-500m"),
        ("1.0000000001", "1000000001n"),
    ],
)
def test_a_quantity_is_written_back_as_the_api_server_does(said: str, written: str) -> None:
    assert quantity.written(said) == written
    assert quantity.written(written) == written


@given(st.from_regex(r"\A[0-9]{1,6}(\.[0-9]{1,3})?(m|k|M|G|Ki|Mi|Gi)?\Z"))
def test_writing_a_quantity_keeps_its_amount(text: str) -> None:
    assert quantity.amount(quantity.written(text)) == quantity.amount(text)


@pytest.mark.parametrize("text", ["", "Mi", "1 Gi", "1MB", "--1", "1.2.3", "one", True])
def test_what_is_no_quantity_is_refused(text: Any) -> None:
    with pytest.raises(ValueError, match="is no quantity: write a number such as"):
        quantity.amount(text)


def test_two_kinds_in_one_place_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="two kinds want to be services in v1"):
        Kinds.of(SERVICE, SERVICE)
    other = Kind("", "v2", "Service", "services", anything())
    with pytest.raises(ValueError, match="services has two storage versions"):
        Kinds.of(SERVICE, other)


def test_a_kind_is_found_by_all_its_names() -> None:
    kinds = Kinds.of(*CORE_KINDS)
    assert kinds.find("apps", "v1", "deployments") is DEPLOYMENT
    assert kinds.by_kind("apps", "v1", "Deployment") is DEPLOYMENT
    assert kinds.by_resource("deployments.apps") is DEPLOYMENT
    assert kinds.of_object({"apiVersion": "apps/v1", "kind": "Deployment"}) is DEPLOYMENT
    assert kinds.of_object({"apiVersion": "v1", "kind": "Deployment"}) is None
    assert [kind.group for kind in kinds.versions("", "events")] == [""]
