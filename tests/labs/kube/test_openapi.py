"""The API described to kubectl: whole, stable, small; and the definitions of custom resources."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from kubectl import Cluster, Kubectl

from labs.kube import openapi
from labs.kube.core_definition import definition
from labs.kube.core_kinds import CORE_KINDS
from labs.kube.core_meta import resource
from labs.kube.kinds import Column, Kind, Kinds
from labs.kube.schema import array, integer, kept, mapping, obj, quantity, string
from labs.kube.schema_check import violations

POOL = Kind(
    group="example.org",
    version="v1beta1",
    kind="Pool",
    plural="pools",
    schema=resource(
        "A pool of addresses.",
        {
            "spec": obj(
                "What is in it.",
                {
                    "addresses": array("The addresses.", string(), min_items=1),
                    "priority": integer("Its rank.", default=100, minimum=0, maximum=255),
                    "peers": array(
                        "Its peers.", obj("One.", {"name": string()}), list_keys=("name",)
                    ),
                    "labels": mapping("Labels.", map_type="atomic"),
                    "size": quantity("How large."),
                    "free": kept("Anything."),
                },
                required=("addresses",),
                name="PoolSpec",
            )
        },
        required=("spec",),
    ),
    short_names=("po1",),
    subresources=frozenset({"status"}),
    columns=(
        Column("Addresses", ".spec.addresses", "string", "The addresses."),
        Column("Rank", ".spec.priority", "integer", wide=True),
        Column("Free", len, "integer", "Worked out by the server."),
    ),
    warning="example.org/v1beta1 Pool is old",
)
KINDS = Kinds.of(*CORE_KINDS, POOL)
PLACES = sorted({(kind.group, kind.version) for kind in KINDS})


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (one for key, one in value.items() if key == "$ref")
        for one in value.values():
            yield from references(one)
    elif isinstance(value, list):
        for one in value:
            yield from references(one)


@pytest.mark.parametrize(("group", "version"), PLACES)
def test_every_reference_leads_somewhere(group: str, version: str) -> None:
    document = openapi.document(KINDS, group, version)
    schemas = document["components"]["schemas"]
    for place in references(document):
        assert schemas[place.removeprefix("#/components/schemas/")]


@pytest.mark.parametrize("kind", CORE_KINDS, ids=lambda kind: f"{kind.group}-{kind.kind}")
def test_a_kind_is_found_by_its_path_and_by_its_name(kind: Kind) -> None:
    document = openapi.document(KINDS, kind.group, kind.version)
    gvk = {"group": kind.group, "version": kind.version, "kind": kind.kind}
    whole = document["components"]["schemas"][openapi.component_name(kind)]
    assert whole["x-kubernetes-group-version-kind"] == [gvk]
    home = f"/apis/{kind.group}" if kind.group else "/api"
    inside = "/namespaces/{namespace}" if kind.namespaced else ""
    path = document["paths"][f"{home}/{kind.version}{inside}/{kind.plural}/{{name}}"]
    assert path["get"]["x-kubernetes-group-version-kind"] == gvk
    parameters = {one["name"] for one in path.get("patch", {}).get("parameters", [])}
    assert parameters == (set() if kind.verbs else {"dryRun", "fieldValidation"})


def test_the_index_changes_with_what_it_names_and_only_then() -> None:
    first, second = openapi.index(KINDS), openapi.index(Kinds.of(*CORE_KINDS, POOL))
    assert first == second
    smaller = openapi.index(Kinds.of(*CORE_KINDS))
    assert smaller["paths"].items() < first["paths"].items()
    place = first["paths"]["apis/example.org/v1beta1"]["serverRelativeURL"]
    assert place.startswith("/openapi/v3/apis/example.org/v1beta1?hash=")


def test_all_documents_together_are_small() -> None:
    texts = [json.dumps(openapi.document(KINDS, *place)) for place in PLACES]
    assert sum(map(len, texts)) < 400_000


def test_a_custom_resource_is_described_whole() -> None:
    document = openapi.document(KINDS, "example.org", "v1beta1")
    spec = document["components"]["schemas"]["org.example.v1beta1.Pool"]["properties"]["spec"]
    assert spec["required"] == ["addresses"]
    assert spec["properties"]["priority"] == {
        "description": "Its rank.",
        "type": "integer",
        "format": "int32",
        "default": 100,
        "minimum": 0,
        "maximum": 255,
    }
    assert spec["properties"]["peers"]["x-kubernetes-list-map-keys"] == ["name"]
    assert spec["properties"]["labels"]["x-kubernetes-map-type"] == "atomic"


def test_a_definition_says_what_kubectl_waits_for() -> None:
    told = definition([POOL], "2026-11-23T15:00:00Z")
    assert told["metadata"]["name"] == "pools.example.org"
    assert told["spec"]["names"]["shortNames"] == ["po1"]
    assert {one["type"]: one["status"] for one in told["status"]["conditions"]} == {
        "NamesAccepted": "True",
        "Established": "True",
    }
    (version,) = told["spec"]["versions"]
    assert version["deprecationWarning"] == "example.org/v1beta1 Pool is old"
    assert [one["jsonPath"] for one in version["additionalPrinterColumns"]] == [
        ".spec.addresses",
        ".spec.priority",
    ]
    whole = version["schema"]["openAPIV3Schema"]
    assert whole["properties"]["metadata"] == {"type": "object"}
    assert list(references(whole)) == []
    (kind,) = (one for one in CORE_KINDS if one.kind == "CustomResourceDefinition")
    assert violations(told, kind.schema, builtin=True) == ()


@pytest.fixture
def with_pool(tmp_path: Any) -> Iterator[Kubectl]:
    with Cluster(kinds=[POOL]) as running:
        yield Kubectl(tmp_path, running.url)


def test_kubectl_explains_a_field(with_pool: Kubectl) -> None:
    said = with_pool("explain", "service.spec.externalTrafficPolicy")
    assert said.startswith("KIND:       Service\nVERSION:    v1\n\nFIELD: externalTrafficPolicy <")
    assert "ENUM:\n    Cluster\n    Local\n" in said
    own = with_pool("explain", "pools.spec.priority")
    assert own.startswith("GROUP:      example.org\nKIND:       Pool\nVERSION:    v1beta1\n")
    assert "Its rank." in own


def test_kubectl_explains_all_fields(with_pool: Kubectl) -> None:
    said = with_pool("explain", "deployment", "--recursive")
    for line in (
        "  spec\t<DeploymentSpec> -required-",
        "    selector\t<LabelSelector> -required-",
        "      matchLabels\t<map[string]string>",
        "        maxSurge\t<IntOrString>",
        "        containers\t<[]Container> -required-",
        "            limits\t<map[string]Quantity>",
        "            containerPort\t<integer> -required-",
    ):
        assert line in said.splitlines()


def test_kubectl_says_which_field_there_is_not(with_pool: Kubectl) -> None:
    assert 'field "sise" does not exist' in with_pool.fails("explain", "pools.spec.sise")
