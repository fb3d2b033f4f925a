"""Our tables of MetalLB's kinds against the definitions MetalLB publishes, in both directions."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from labs.integrations.metallb_kinds import KINDS
from labs.integrations.metallb_peer import PEER_KINDS, from_storage, to_storage
from labs.kube.core_definition import definition
from labs.kube.kinds import Kind, Kinds
from labs.kube.openapi import json_schema
from labs.kube.schema import Schema
from labs.kube.schema_check import violations, with_defaults

PUBLISHED = Path(__file__).resolve().parents[4] / "shared" / "crds" / "metallb"
V1BETA2, V1BETA1 = PEER_KINDS


@cache
def published() -> dict[tuple[str, str], tuple[Any, Any]]:
    """Each version's names and itself, by plural and version."""
    if not PUBLISHED.is_dir():
        pytest.skip(f"MetalLB's published definitions are not in {PUBLISHED}")
    told = {}
    for path in PUBLISHED.glob("*.yaml"):
        spec = yaml.safe_load(path.read_text())["spec"]
        for version in spec["versions"]:
            told[spec["names"]["plural"], version["name"]] = spec, version
    return told


def bare(value: Any, key: str = "") -> Any:
    """A schema without its words and without what is the default anyway."""
    if isinstance(value, list):
        return sorted(value) if key in {"required", "enum"} else [bare(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: bare(one, name)
        for name, one in value.items()
        if not (name == "description" and isinstance(one, str))
        and name != "x-kubernetes-validations"
        and (name, one) != ("x-kubernetes-list-type", "atomic")
    }


def messages(schema: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """The published rules: where, and what they say."""
    for rule in schema.get("x-kubernetes-validations") or ():
        yield path, rule["message"]
    for name, one in (schema.get("properties") or {}).items():
        yield from messages(one, f"{path}.{name}")


def our_messages(schema: Schema, path: str = "") -> Iterator[tuple[str, str]]:
    for rule in schema.rules:
        yield path, rule.message
    for name, one in schema.properties.items():
        yield from our_messages(one, f"{path}.{name}")


def names(kind: Kind) -> str:
    return f"{kind.kind} {kind.version}"


def test_we_have_every_kind_and_version_that_is_published_and_no_other() -> None:
    assert {(kind.plural, kind.version) for kind in KINDS} == set(published())


@pytest.mark.parametrize("kind", KINDS, ids=names)
def test_a_kind_has_the_published_names(kind: Kind) -> None:
    spec, version = published()[kind.plural, kind.version]
    ours = definition([kind], "2026-01-01T00:00:00Z")["spec"]
    assert ours["names"] == spec["names"]
    assert (ours["group"], ours["scope"]) == (spec["group"], spec["scope"])
    assert kind.storage is version["storage"]
    assert kind.warning == version.get("deprecationWarning", "")
    assert ("status" in kind.subresources) is ("status" in version["subresources"])


@pytest.mark.parametrize("kind", KINDS, ids=names)
def test_a_kind_has_the_published_fields_types_limits_and_defaults(kind: Kind) -> None:
    _, version = published()[kind.plural, kind.version]
    assert bare(json_schema(kind)) == bare(version["schema"]["openAPIV3Schema"])


@pytest.mark.parametrize("kind", KINDS, ids=names)
def test_a_kind_has_the_published_rules(kind: Kind) -> None:
    _, version = published()[kind.plural, kind.version]
    theirs = sorted(messages(version["schema"]["openAPIV3Schema"]))
    assert sorted(our_messages(kind.schema)) == theirs


@pytest.mark.parametrize("kind", KINDS, ids=names)
def test_a_kind_has_the_published_columns(kind: Kind) -> None:
    _, version = published()[kind.plural, kind.version]
    theirs = [
        (one["name"], one["jsonPath"], one["type"], one.get("priority", 0) > 0)
        for one in version.get("additionalPrinterColumns") or ()
    ]
    ours = [(one.name, one.value, one.type, one.wide) for one in kind.columns]
    assert ours == theirs


@pytest.mark.parametrize("kind", KINDS, ids=names)
def test_no_description_is_copied(kind: Kind) -> None:
    _, version = published()[kind.plural, kind.version]

    def told(value: Any) -> Iterator[str]:
        for name, one in value.items():
            if name == "description" and isinstance(one, str):
                yield " ".join(one.split())
            elif isinstance(one, dict):
                yield from told(one)

    theirs = set(told(version["schema"]["openAPIV3Schema"]))
    ours = {one for one in told(json_schema(kind)) if len(one.split()) > 3}
    assert not ours & theirs


def peer(**spec: Any) -> dict[str, Any]:
    whole = {"myASN": 64512, "peerASN": 64513, "peerAddress": "10.0.0.1", **spec}
    return {
        "apiVersion": "metallb.io/v1beta2",
        "kind": "BGPPeer",
        "metadata": {"name": "tor", "namespace": "metallb-system"},
        "spec": whole,
    }


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("70000s", "connect time should be between 1 seconds to 65535"),
        ("500ms", "connect time should be between 1 seconds to 65535"),
        ("1500ms", "connect time should contain a whole number of seconds"),
    ],
)
def test_connect_time_is_a_whole_number_of_seconds(given: str, told: str) -> None:
    found = violations(peer(connectTime=given), V1BETA2.schema)
    assert told in " ".join(one.detail for one in found)
    assert not violations(peer(connectTime="10s"), V1BETA2.schema)


def test_graceful_restart_is_decided_at_creation() -> None:
    before, after = peer(enableGracefulRestart=True), peer(enableGracefulRestart=False)
    (found,) = violations(after, V1BETA2.schema, before)
    assert "EnableGracefulRestart cannot be changed after creation" in found.detail


def test_service_selectors_and_aggregation_exclude_each_other() -> None:
    (kind,) = (one for one in KINDS if one.kind == "BGPAdvertisement")
    spec = {"serviceSelectors": [{"matchLabels": {"app": "web"}}], "aggregationLength": 24}
    whole = with_defaults({**peer(), "kind": "BGPAdvertisement", "spec": spec}, kind.schema)
    (found,) = violations(whole, kind.schema)
    assert found.path == "spec"
    assert "serviceSelectors and aggregationLength are mutually exclusive" in found.detail


def test_an_old_peer_is_stored_as_a_new_one_with_timers_of_zero() -> None:
    stored = to_storage(peer(ebgpMultiHop=False, routerID=""))
    assert stored["spec"] == {
        "myASN": 64512,
        "peerASN": 64513,
        "peerAddress": "10.0.0.1",
        "peerPort": 179,
        "holdTime": "0s",
        "keepaliveTime": "0s",
        "dualStackAddressFamily": False,
        "disableMP": False,
    }


def test_a_new_peer_shown_as_an_old_one_loses_what_that_version_cannot_say() -> None:
    shown = from_storage(peer(dynamicASN="external", vrf="red", holdTime="90s"))
    assert shown["spec"] == {
        "myASN": 64512,
        "peerASN": 64513,
        "peerAddress": "10.0.0.1",
        "holdTime": "90s",
        "keepaliveTime": "0s",
    }


def test_the_kinds_form_one_registry_in_which_the_newest_peer_is_stored() -> None:
    kinds = Kinds.of(*KINDS)
    stored = kinds.storage("metallb.io", "bgppeers")
    assert stored is V1BETA2
    assert kinds.by_kind("metallb.io", "v1beta1", "BGPPeer") is V1BETA1
