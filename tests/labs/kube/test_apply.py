"""Server-side apply: who owns which field, what a conflict says, and laws that always hold."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labs.kube import fields
from labs.kube.apply import applied, tracked
from labs.kube.core_meta import resource
from labs.kube.core_workloads import DEPLOYMENT
from labs.kube.errors import ApiError
from labs.kube.kinds import Kind
from labs.kube.schema import array, boolean, integer, mapping, obj, string

Obj = dict[str, Any]
NOW = "2026-11-23T15:00:00Z"
LATER = "2026-11-23T15:00:01Z"

POOL = Kind(
    group="example.org",
    version="v1",
    kind="Pool",
    plural="pools",
    schema=resource(
        "A pool.",
        {
            "spec": obj(
                "",
                {
                    "size": integer(),
                    "auto": boolean(),
                    "ranges": array("", string()),
                    "zones": array("", string(), list_type="set"),
                    "peers": array(
                        "",
                        obj("", {"name": string(), "port": integer(), "role": string()}),
                        list_keys=("name",),
                    ),
                    "labels": mapping(""),
                    "selector": mapping("", map_type="atomic"),
                },
            ),
            "status": obj("", {"used": integer()}),
        },
    ),
    subresources=frozenset({"status"}),
)


def pool(**spec: Any) -> Obj:
    meta = {"name": "a"}
    return {"apiVersion": "example.org/v1", "kind": "Pool", "metadata": meta, "spec": spec}


def apply(live: Obj | None, manager: str, *, force: bool = False, **spec: Any) -> Obj:
    return applied(live, pool(**spec), manager=manager, force=force, kind=POOL, now=NOW)


def update(live: Obj | None, manager: str, **spec: Any) -> Obj:
    new = pool(**spec)
    if live is not None:
        new["metadata"] = live["metadata"]
    return tracked(live, new, manager=manager, kind=POOL, now=LATER)


def owned(obj: Obj) -> dict[tuple[str, str], set[str]]:
    """By writer and operation, the fields it owns, as conflicts name them."""
    return {
        (one["manager"], one["operation"]): {
            fields.shown(path) for path in fields.read(one["fieldsV1"])
        }
        for one in obj["metadata"].get("managedFields", [])
    }


def test_an_apply_owns_what_it_names() -> None:
    made = apply(
        None, "a", size=1, zones=["x"], peers=[{"name": "p", "port": 1}], selector={"k": "v"}
    )
    assert owned(made) == {
        ("a", "Apply"): {
            ".spec.size",
            '.spec.zones[="x"]',
            '.spec.peers[name="p"]',
            '.spec.peers[name="p"].name',
            '.spec.peers[name="p"].port',
            ".spec.selector",
        }
    }


def test_an_entry_looks_as_kubernetes_writes_it() -> None:
    made = apply(None, "a", size=1, peers=[{"name": "p"}])
    assert made["metadata"]["managedFields"] == [
        {
            "manager": "a",
            "operation": "Apply",
            "apiVersion": "example.org/v1",
            "time": NOW,
            "fieldsType": "FieldsV1",
            "fieldsV1": {
                "f:spec": {
                    "f:size": {},
                    "f:peers": {'k:{"name":"p"}': {".": {}, "f:name": {}}},
                }
            },
        }
    ]


def test_another_value_is_a_conflict_in_the_api_servers_words() -> None:
    made = update(None, "kubectl-client-side-apply", size=1)
    with pytest.raises(ApiError) as refused:
        apply(made, "me", size=2)
    assert refused.value.message == (
        'Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using '
        "example.org/v1: .spec.size"
    )
    assert (refused.value.code, refused.value.reason) == (409, "Conflict")
    assert refused.value.details["causes"] == [
        {
            "reason": "FieldManagerConflict",
            "message": 'conflict with "kubectl-client-side-apply" using example.org/v1',
            "field": ".spec.size",
        }
    ]


def test_several_conflicts_are_told_by_their_owners() -> None:
    made = apply(apply(None, "b", size=1, auto=True), "a", ranges=["x"])
    with pytest.raises(ApiError) as refused:
        apply(made, "me", size=2, auto=False, ranges=[])
    assert refused.value.message == (
        'Apply failed with 3 conflicts: conflicts with "a":\n- .spec.ranges\n'
        'conflicts with "b":\n- .spec.auto\n- .spec.size'
    )


def test_the_same_value_is_shared_and_stays_until_the_last_owner_leaves() -> None:
    shared = apply(apply(None, "a", size=1), "b", size=1)
    assert set(owned(shared)) == {("a", "Apply"), ("b", "Apply")}
    one_left = apply(shared, "a", auto=True)
    assert one_left["spec"] == {"size": 1, "auto": True}
    none_left = apply(one_left, "b", auto=True)
    assert none_left["spec"] == {"auto": True}


def test_force_takes_the_field_from_its_owner() -> None:
    taken = apply(apply(None, "a", size=1, auto=True), "b", force=True, size=2)
    assert taken["spec"] == {"size": 2, "auto": True}
    assert owned(taken) == {("a", "Apply"): {".spec.auto"}, ("b", "Apply"): {".spec.size"}}


def test_what_is_no_longer_applied_goes_and_what_was_never_applied_stays() -> None:
    made = apply(None, "a", size=1, peers=[{"name": "p", "port": 1}], labels={"x": "1", "y": "2"})
    filled = copy.deepcopy(made)
    filled["spec"]["auto"] = True  # a default, which nobody owns
    filled["spec"]["peers"][0]["role"] = "default"
    after = apply(filled, "a", peers=[{"name": "p"}], labels={"x": "1"})
    assert after["spec"] == {
        "auto": True,
        "peers": [{"name": "p", "role": "default"}],
        "labels": {"x": "1"},
    }
    assert apply(after, "a", labels={"x": "1"})["spec"] == {"auto": True, "labels": {"x": "1"}}


def test_an_update_takes_what_it_changes_and_leaves_the_rest() -> None:
    made = apply(None, "a", size=1, auto=True)
    after = update(made, "kubectl-edit", size=2, auto=True)
    assert owned(after) == {
        ("a", "Apply"): {".spec.auto"},
        ("kubectl-edit", "Update"): {".spec.size"},
    }


def test_an_update_that_removes_a_field_leaves_it_without_owner() -> None:
    after = update(apply(None, "a", size=1, auto=True), "kubectl-edit", auto=True)
    assert owned(after) == {("a", "Apply"): {".spec.auto"}}


def test_a_write_without_a_change_changes_no_entry() -> None:
    made = update(None, "a", size=1)
    again = tracked(made, made, manager="a", kind=POOL, now="2030-01-01T00:00:00Z")
    assert again == made
    kept = applied(made, pool(size=1), manager="b", force=False, kind=POOL, now=NOW)
    assert applied(kept, pool(size=1), manager="b", force=False, kind=POOL, now=LATER) == kept


def test_a_new_object_belongs_to_who_made_it() -> None:
    assert owned(update(None, "kubectl-create", size=1, labels={"a": "b"})) == {
        ("kubectl-create", "Update"): {
            ".spec",
            ".spec.size",
            ".spec.labels",
            ".spec.labels.a",
        }
    }


def test_name_and_version_have_no_owner_and_labels_do() -> None:
    config = pool(size=1)
    config["metadata"] |= {"namespace": "b", "uid": "c", "labels": {"app": "d"}}
    made = applied(None, config, manager="a", force=False, kind=POOL, now=NOW)
    assert owned(made)["a", "Apply"] == {".metadata.labels.app", ".spec.size"}


def test_the_status_belongs_to_who_writes_the_status() -> None:
    made = apply(None, "a", size=1)
    new = {**made, "status": {"used": 3}}
    after = tracked(made, new, manager="speaker", kind=POOL, now=LATER, subresource="status")
    entry = next(one for one in after["metadata"]["managedFields"] if one["manager"] == "speaker")
    assert entry["subresource"] == "status"
    assert owned(after)["speaker", "Update"] == {".status", ".status.used"}
    config = {**pool(size=1), "status": {"used": 4}}
    with pytest.raises(
        ApiError, match=r'"speaker" with subresource "status" using example\.org/v1'
    ):
        applied(after, config, manager="b", force=False, kind=POOL, now=NOW, subresource="status")


def test_an_object_of_before_belongs_to_nobody_who_applies() -> None:
    with pytest.raises(ApiError, match=r'"before-first-apply" using example\.org/v1: \.spec\.size'):
        apply(pool(size=1), "a", size=2)
    assert ("before-first-apply", "Update") in owned(apply(pool(size=1), "a", size=1))


def test_kubectl_does_not_conflict_with_what_it_applied_from_the_client() -> None:
    made = update(None, "kubectl-client-side-apply", size=1)
    notes = {"kubectl.kubernetes.io/last-applied-configuration": '{"spec":{"size":1}}'}
    made["metadata"] = {**made["metadata"], "annotations": notes}
    assert apply(made, "kubectl", size=2)["spec"] == {"size": 2}
    with pytest.raises(ApiError):
        apply(made, "somebody", size=2)


def test_items_are_found_by_their_defaults_too() -> None:
    def web(**port: Any) -> Obj:
        container = {"name": "web", "ports": [port]}
        return {"spec": {"template": {"spec": {"containers": [container]}}}}

    def put(live: Obj | None, config: Obj) -> Obj:
        return applied(live, config, manager="a", force=False, kind=DEPLOYMENT, now=NOW)

    made = put(None, web(containerPort=80, protocol="TCP"))
    after = put(made, web(containerPort=80, name="http"))
    ports = after["spec"]["template"]["spec"]["containers"][0]["ports"]
    assert ports == [{"containerPort": 80, "name": "http"}]


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ({"peers": [{"port": 1}]}, 'omits key field "name"'),
        ({"peers": [{"name": "a"}, {"name": "a"}]}, "duplicate entries"),
        ({"zones": ["a", "a"]}, "duplicate entries"),
    ],
)
def test_a_list_whose_items_cannot_be_told_apart_is_refused(spec: Obj, why: str) -> None:
    with pytest.raises(ApiError, match=why):
        apply(apply(None, "a", peers=[], zones=[]), "b", **spec)


def test_a_configuration_says_no_owners() -> None:
    config = pool(size=1)
    config["metadata"]["managedFields"] = [{"manager": "a"}]
    with pytest.raises(ApiError, match=r"metadata\.managedFields must be nil"):
        applied(None, config, manager="a", force=False, kind=POOL, now=NOW)


def test_an_item_moves_with_the_order_that_is_applied() -> None:
    made = apply(None, "a", peers=[{"name": "p"}, {"name": "q"}, {"name": "r"}])
    after = apply(made, "b", peers=[{"name": "r"}, {"name": "s"}, {"name": "p"}])
    assert [one["name"] for one in after["spec"]["peers"]] == ["q", "r", "s", "p"]


# Laws.

NAMES = st.sampled_from("pqr")
SPECS = st.fixed_dictionaries(
    {},
    optional={
        "size": st.integers(0, 2),
        "auto": st.booleans(),
        "ranges": st.lists(NAMES, max_size=2),
        "zones": st.lists(NAMES, unique=True, max_size=3),
        "peers": st.lists(
            st.fixed_dictionaries(
                {"name": NAMES}, optional={"port": st.integers(0, 2), "role": NAMES}
            ),
            unique_by=lambda one: one["name"],
            max_size=3,
        ),
        "labels": st.dictionaries(NAMES, NAMES, max_size=2),
        "selector": st.dictionaries(NAMES, NAMES, max_size=2),
    },
)
WRITES = st.lists(st.tuples(st.sampled_from(["apply", "update"]), NAMES, SPECS), max_size=6)


def history(writes: list[tuple[str, str, Obj]]) -> Obj | None:
    live: Obj | None = None
    for how, manager, spec in writes:
        if how == "apply":
            live = apply(live, manager, force=True, **spec)
        else:
            live = update(live, manager, **spec)
    return live


@given(WRITES, NAMES, SPECS)
def test_after_a_forced_apply_everything_applied_is_there(
    writes: list[tuple[str, str, Obj]], manager: str, spec: Obj
) -> None:
    after = apply(history(writes), manager, force=True, **spec)
    named = fields.fields_of(pool(**spec), POOL.schema)
    assert fields.difference(pool(**spec), after, POOL.schema).modified == set()
    assert fields.difference(pool(**spec), after, POOL.schema).removed == set()
    assert owned(after).get((manager, "Apply"), set()) == {
        fields.shown(path)
        for path in named
        if path not in {("f:apiVersion",), ("f:kind",), ("f:metadata", "f:name")}
    }


@given(WRITES, NAMES, SPECS)
def test_applying_the_same_again_changes_nothing(
    writes: list[tuple[str, str, Obj]], manager: str, spec: Obj
) -> None:
    once = apply(history(writes), manager, force=True, **spec)
    assert apply(once, manager, **spec) == once


@given(WRITES)
def test_whoever_owns_a_field_sees_it(writes: list[tuple[str, str, Obj]]) -> None:
    live = history(writes)
    if live is None:
        return
    nodes = fields.difference({}, live, POOL.schema).added
    for entry in live["metadata"].get("managedFields", []):
        assert fields.read(entry["fieldsV1"]) <= nodes


@given(WRITES, NAMES, SPECS)
def test_who_takes_no_force_takes_nothing_from_others(
    writes: list[tuple[str, str, Obj]], manager: str, spec: Obj
) -> None:
    live = history(writes)
    before = owned(live) if live else {}
    try:
        after = apply(live, manager, **spec)
    except ApiError:
        return
    nodes = {fields.shown(path) for path in fields.difference({}, after, POOL.schema).added}
    for writer, had in before.items():
        if writer != (manager, "Apply"):
            assert owned(after).get(writer, set()) == had & nodes


@given(SPECS)
def test_a_set_of_fields_survives_being_written(spec: Obj) -> None:
    for paths in (
        fields.fields_of(pool(**spec), POOL.schema),
        frozenset(fields.difference({}, pool(**spec), POOL.schema).added),
    ):
        assert fields.read(fields.written(paths)) == paths


@given(WRITES)
def test_no_write_changes_what_it_was_given(writes: list[tuple[str, str, Obj]]) -> None:
    live: Obj | None = None
    for how, manager, spec in writes:
        before = copy.deepcopy((live, spec))
        after = (
            apply(live, manager, force=True, **spec)
            if how == "apply"
            else update(live, manager, **spec)
        )
        assert (live, spec) == before
        live = after
