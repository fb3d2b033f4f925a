"""What kubectl's typed commands send, decoded: held against what kubectl itself says it sends."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kubectl import Cluster, Kubectl
from schema_values import values

from labs.kube.core_kinds import BODIES, CORE_KINDS
from labs.kube.core_options import DELETE_OPTIONS
from labs.kube.core_service import SERVICE
from labs.kube.core_workloads import DEPLOYMENT
from labs.kube.errors import ApiError
from labs.kube.kinds import Kind, Kinds
from labs.kube.protobuf import MAGIC, decode
from labs.kube.schema import Schema

KINDS = Kinds.of(*CORE_KINDS)
COMMANDS = {
    "namespaces lab": "create namespace lab",
    "deployments.apps web": "create deployment web --image=nginx:1.27 --replicas=3 --port=80",
    "deployments.apps echo": "create deployment echo --image=agnhost -- netexec --http-port=80",
    "deployments.apps two": "create deployment two --image=nginx --image=pause",
    "configmaps site": "create configmap site --from-literal=a=1 --from-literal=b=ü",
    "secrets peer": "create secret generic peer --type=kubernetes.io/basic-auth "
    "--from-literal=password=secret",
    "secrets pull": "create secret docker-registry pull --docker-server=registry.example "
    "--docker-username=a --docker-password=b",
    "services inside": "create service clusterip inside --tcp=80:8080 --tcp=443",
    "services alone": "create service clusterip alone --clusterip=None",
    "services node": "create service nodeport node --tcp=80:8080 --node-port=30080",
    "services outside": "create service loadbalancer outside --tcp=80",
    "services else": "create service externalname else --external-name=www.example.org",
    "serviceaccounts robot": "create serviceaccount robot",
}


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield from leaves(one, f"{path}.{key}")
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from leaves(one, f"{path}[{number}]")
    elif value is not None:
        yield path, value


@pytest.mark.parametrize("target", COMMANDS)
def test_a_typed_command_makes_what_it_says(
    cluster: Cluster, kubectl: Kubectl, target: str
) -> None:
    words = COMMANDS[target].split()
    kubectl(*words)
    resource, name = target.split()
    stored = dict(leaves(cluster.api.get(resource, name, "default")))
    # What follows -- would be the container's.
    said = dict(
        leaves(json.loads(kubectl(words[0], "--dry-run=client", "--output=json", *words[1:])))
    )
    assert {path: stored.get(path) for path in said} == said


def test_a_drain_asks_for_an_eviction() -> None:
    body = message(
        {
            "metadata": {"name": "web", "namespace": "lab"},
            "deleteOptions": {"gracePeriodSeconds": 0},
        },
        next(one for one in BODIES if one.kind == "Eviction"),
    )
    assert decode(body, KINDS)["deleteOptions"] == {"gracePeriodSeconds": 0}


def test_every_group_has_the_same_options_of_a_delete() -> None:
    options = {"propagationPolicy": "Foreground", "gracePeriodSeconds": -1}
    body = message(options, DELETE_OPTIONS, version="apps/v1")
    assert decode(body, KINDS) == {"apiVersion": "apps/v1", "kind": "DeleteOptions", **options}


# The other direction, for the tests only.


def varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    done = bytearray()
    while value > 0x7F:
        done.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*done, value])


def tagged(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def encoded(  # noqa: PLR0911 -- a return for each type
    value: Any, schema: Schema, number: int
) -> bytes:
    if schema.type == "array":
        assert schema.items is not None
        return b"".join(encoded(one, schema.items, number) for one in value)
    if schema.values is not None:
        entries = (
            tagged(1, key.encode()) + encoded(one, schema.values, 2) for key, one in value.items()
        )
        return b"".join(tagged(number, entry) for entry in entries)
    if schema.format == "quantity":
        return tagged(number, tagged(1, str(value).encode()))
    if schema.int_or_string:
        text = isinstance(value, str)
        inner = tagged(3, value.encode()) if text else varint(2 << 3) + varint(value)
        return tagged(number, varint(1 << 3) + varint(text) + inner)
    if schema.properties:
        return tagged(number, content(value, schema))
    if schema.format == "byte":
        return tagged(number, base64.b64decode(value))
    if isinstance(value, str):
        return tagged(number, value.encode())
    return varint(number << 3) + varint(int(value))


def content(value: dict[str, Any], schema: Schema) -> bytes:
    done = b""
    for key, one in value.items():
        field = schema.properties[key]
        octets = encoded(one, field, field.number)
        done += tagged(field.within, octets) if field.within else octets
    return done


def message(value: dict[str, Any], kind: Kind, version: str = "") -> bytes:
    meta = tagged(1, (version or kind.api_version).encode()) + tagged(2, kind.kind.encode())
    return MAGIC + tagged(1, meta) + tagged(2, content(value, kind.schema))


SAYS_SERVICE = tagged(1, tagged(1, b"v1") + tagged(2, b"Service"))


def is_encoded(field: Schema) -> bool:
    return bool(field.number) and field.format != "date-time" and not field.preserve_unknown


@given(st.data())
@pytest.mark.parametrize("kind", [SERVICE, DEPLOYMENT], ids=lambda kind: kind.kind)
def test_what_is_encoded_is_decoded(kind: Kind, data: st.DataObject) -> None:
    value = data.draw(values(kind.schema, kept=is_encoded))
    read = decode(message(value, kind), KINDS)
    assert read == {"apiVersion": kind.api_version, "kind": kind.kind, **value}


def outcome(body: bytes) -> dict[str, Any] | ApiError:
    try:
        return decode(body, KINDS)
    except ApiError as refused:
        return refused


@given(st.binary(max_size=200))
def test_no_octets_break_the_decoder(octets: bytes) -> None:
    for body in (octets, MAGIC + octets, MAGIC + SAYS_SERVICE + tagged(2, octets)):
        seen = outcome(body)
        assert isinstance(seen, dict) or seen.code == 400


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"{}", "does not appear to be a protobuf message"),
        (message({}, SERVICE, version="v9"), 'no kind "Service" is registered for version "v9"'),
        (MAGIC + SAYS_SERVICE + b"\x12\x7f", "cut off"),
        (
            MAGIC + SAYS_SERVICE + tagged(2, tagged(99, b"new")),
            "Service: the lab's API does not know field 99",
        ),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_with_the_reason(body: bytes, why: str) -> None:
    with pytest.raises(ApiError, match=why):
        decode(body, KINDS)
