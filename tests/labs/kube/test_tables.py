"""Tables: which columns, in which order, and what their cells hold."""

from dataclasses import replace
from typing import Any

from peers import PEER, peer

from labs.kube import tables
from labs.kube.kinds import Column
from labs.kube.times import now


def made(**more: Any) -> dict[str, Any]:
    obj = peer("a") | more
    obj["metadata"] = {**obj["metadata"], "creationTimestamp": now(), "resourceVersion": "7"}
    return obj


def test_the_name_comes_first_and_the_age_before_the_wide_columns() -> None:
    own = replace(PEER, builtin=True)
    names = [column.name for column in tables.columns(own)]
    assert names == ["Name", "Address", "ASN", "Age", "State"]
    told = tables.table(own, [], {})["columnDefinitions"]
    assert [column["priority"] for column in told] == [0, 0, 0, 0, 1]
    assert [column["format"] for column in told] == ["name", "", "", "", ""]


def test_a_custom_kind_that_names_columns_shows_its_age_only_if_it_names_that() -> None:
    names = [column.name for column in tables.columns(PEER)]
    assert names == ["Name", "Address", "ASN", "State"]
    bare = replace(PEER, columns=())
    assert [column.name for column in tables.columns(bare)] == ["Name", "Age"]


def test_a_kind_may_place_name_and_age_itself() -> None:
    own = (
        Column("Last Seen", ".lastTimestamp", "date"),
        Column("Name", ".metadata.name", wide=True),
        Column("Age", ".metadata.creationTimestamp", "date", wide=True),
    )
    names = [column.name for column in tables.columns(replace(PEER, columns=own))]
    assert names == ["Last Seen", "Name", "Age"]


def test_cells_have_the_types_of_their_columns() -> None:
    columns = (
        Column("Address", ".spec.address"),
        Column("ASN", ".spec.asn", "integer"),
        Column("List", ".spec.list"),
        Column("Missing", ".spec.missing"),
        Column("Made", lambda obj: obj["metadata"]["creationTimestamp"], "date"),
        Column("Both", lambda obj: f"{obj['spec']['asn']}/x"),
    )
    obj = made(spec={"address": "192.0.2.1", "asn": 7, "list": ["a", "b"]})
    kind = replace(PEER, columns=columns, builtin=True)
    row = tables.table(kind, [obj], {})["rows"][0]
    assert row["cells"] == ["a", "192.0.2.1", 7, '["a","b"]', None, "0s", "7/x", "0s"]


def test_a_row_carries_as_much_of_its_object_as_asked_for() -> None:
    obj = made()
    shown = {
        include: tables.table(PEER, [obj], {}, include)["rows"][0].get("object")
        for include in ("None", "Metadata", "Object")
    }
    assert shown["None"] is None
    assert shown["Object"] == obj
    assert shown["Metadata"] == tables.partial(obj)
    assert "spec" not in tables.partial(obj)
