"""Objects in memory: versions, changes since a version, and what is forgotten."""

import json
import threading
from typing import Any

import pytest

from labs.kube.store import ExistsError, Key, MissingError, StaleError, Store, TooOldError


def key(name: str, namespace: str = "default") -> Key:
    return Key("", "configmaps", namespace, name)


def obj(name: str, **data: str) -> dict[str, Any]:
    return {"metadata": {"name": name}, "data": data}


def test_every_write_has_a_number_of_its_own() -> None:
    store = Store()
    one = store.create(key("a"), obj("a"))
    two = store.update(key("a"), obj("a", k="v"))
    assert int(two["metadata"]["resourceVersion"]) == int(one["metadata"]["resourceVersion"]) + 1
    assert store.get(key("a")) == two
    assert store.version == int(two["metadata"]["resourceVersion"])


def test_an_update_that_expects_another_version_changes_nothing() -> None:
    store = Store()
    old = store.create(key("a"), obj("a"))["metadata"]["resourceVersion"]
    new = store.update(key("a"), obj("a", k="1"), old)
    with pytest.raises(StaleError):
        store.update(key("a"), obj("a", k="2"), old)
    with pytest.raises(StaleError):
        store.delete(key("a"), old)
    assert store.get(key("a")) == new


def test_what_is_not_there_cannot_be_changed_and_what_is_there_not_made() -> None:
    store = Store()
    with pytest.raises(MissingError):
        store.update(key("a"), obj("a"))
    with pytest.raises(MissingError):
        store.delete(key("a"))
    store.create(key("a"), obj("a"))
    with pytest.raises(ExistsError):
        store.create(key("a"), obj("a"))


def test_a_list_is_sorted_and_of_one_namespace_if_asked() -> None:
    store = Store()
    for name, namespace in (("b", "two"), ("a", "two"), ("c", "one")):
        store.create(key(name, namespace), obj(name))
    everything, version = store.list("", "configmaps")
    assert [one["metadata"]["name"] for one in everything] == ["c", "a", "b"]
    assert version == store.version
    assert len(store.list("", "configmaps", "two")[0]) == 2
    assert store.list("", "secrets")[0] == ()


def test_changes_tell_what_was_before_and_after() -> None:
    store = Store()
    start = store.version
    made = store.create(key("a"), obj("a"))
    changed = store.update(key("a"), obj("a", k="v"))
    store.delete(key("a"))
    changes = store.changes_after(start)
    assert [change.type for change in changes] == ["ADDED", "MODIFIED", "DELETED"]
    assert [change.before for change in changes] == [None, made, changed]
    assert changes[2].object["data"] == {"k": "v"}
    assert changes[2].object["metadata"]["resourceVersion"] == str(changes[2].version)
    assert store.changes_after(changes[0].version) == changes[1:]
    assert store.changes_after(start, limit=1) == changes[:1]
    assert store.changes_after(store.version) == ()


def test_a_state_of_the_past_can_be_seen_again() -> None:
    store = Store()
    store.create(key("a"), obj("a", k="1"))
    store.create(key("b"), obj("b"))
    then, version = store.state("", "configmaps")
    store.update(key("a"), obj("a", k="2"))
    store.delete(key("b"))
    store.create(key("c"), obj("c"))
    assert store.state("", "configmaps", version) == (then, version)
    assert set(store.state("", "configmaps")[0]) == {key("a"), key("c")}


def test_old_changes_are_forgotten_and_it_says_so() -> None:
    store = Store(history=10)
    store.create(key("a"), obj("a"))
    for number in range(50):
        store.update(key("a"), obj("a", k=str(number)))
    with pytest.raises(TooOldError) as lost:
        store.changes_after(1)
    assert store.version - 20 <= lost.value.oldest <= store.version - 10
    assert len(store.changes_after(lost.value.oldest)) >= 10
    with pytest.raises(TooOldError):
        store.state("", "configmaps", 1)


def test_who_subscribes_is_woken_until_he_leaves() -> None:
    store, woken = Store(), threading.Event()
    leave = store.subscribe(woken.set)
    store.create(key("a"), obj("a"))
    assert woken.is_set()
    woken.clear()
    leave()
    leave()
    store.delete(key("a"))
    assert not woken.is_set()


def test_a_change_shares_what_it_leaves_alone() -> None:
    store = Store()
    spec = {"containers": [{"name": "main"}, {"name": "side"}], "on": True}
    old = store.create(key("a"), {"metadata": {"name": "a"}, "spec": spec, "status": {"n": 1}})
    equal = json.loads(json.dumps(old)) | {"status": {"n": 1.0}}
    new = store.update(key("a"), equal)
    assert new["spec"] is old["spec"]
    assert isinstance(new["status"]["n"], float)
    equal["spec"]["containers"][1]["name"] = "other"
    again = store.update(key("a"), equal)
    assert again["spec"]["containers"][0] is old["spec"]["containers"][0]
    assert again["spec"]["containers"][1] == {"name": "other"}
    assert old["spec"]["containers"][1] == {"name": "side"}


def test_a_dump_is_json_and_brings_everything_back() -> None:
    store = Store()
    store.create(key("a"), obj("a"))
    store.create(Key("apps", "deployments", "x", "b"), obj("b"))
    again = Store.load(json.loads(json.dumps(store.dump())))
    assert again.dump() == store.dump()
    assert again.version == store.version
    with pytest.raises(TooOldError):
        again.changes_after(store.version - 1)
    with pytest.raises(ValueError, match="a store of format 1 was expected, not 7"):
        Store.load({"format": 7})


def test_writers_in_many_threads_lose_nothing() -> None:
    store = Store()
    store.create(key("a"), {"metadata": {"name": "a"}, "count": 0})

    def count() -> None:
        done = 0
        while done < 200:
            seen = store.get(key("a"))
            assert seen is not None
            version = seen["metadata"]["resourceVersion"]
            try:
                store.update(key("a"), {**seen, "count": seen["count"] + 1}, version)
            except StaleError:
                continue
            done += 1

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    final = store.get(key("a"))
    assert final is not None
    assert final["count"] == 800
