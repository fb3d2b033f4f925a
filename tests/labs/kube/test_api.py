"""The API without HTTP, as controllers call it: versions, statuses, webhooks, events."""

import threading

import pytest
from kubectl import namespace
from objects import config_map, deployment, pod
from peers import KEEP, OLD_PEER, PEER, TWINS, old_peer, peer

from labs.kube.api import Api, ApiError
from labs.kube.core_kinds import CORE_KINDS
from labs.kube.kinds import Kinds
from labs.kube.store import Store
from labs.kube.writing import APPLY_PATCH, JSON_PATCH, STRATEGIC_PATCH


@pytest.fixture
def api() -> Api:
    made = Api(Store(), Kinds.of(*CORE_KINDS, PEER, OLD_PEER))
    made.create(namespace("default"))
    return made


def test_a_new_object_gets_what_only_the_server_writes(api: Api) -> None:
    made = api.create(deployment("web"))
    metadata = made["metadata"]
    assert {"uid", "creationTimestamp", "resourceVersion", "managedFields"} <= set(metadata)
    assert metadata["generation"] == 1
    assert made["spec"]["strategy"]["type"] == "RollingUpdate"
    assert api.get("deployments.apps", "web", "default") == made
    forged = config_map("a")
    forged["metadata"] |= {"uid": "mine", "generation": 9, "deletionTimestamp": "x"}
    seen = api.create(forged)["metadata"]
    assert seen["uid"] != "mine"
    assert not {"generation", "deletionTimestamp"} & set(seen)


def test_what_the_server_wrote_stays_through_an_update(api: Api) -> None:
    made = api.create(deployment("web"))
    bare = deployment("web", replicas=3)
    changed = api.update(bare)
    for name in ("uid", "creationTimestamp"):
        assert changed["metadata"][name] == made["metadata"][name]
    assert changed["metadata"]["generation"] == 2
    with pytest.raises(ApiError, match="Precondition failed: UID in precondition: other"):
        api.update({**bare, "metadata": {**bare["metadata"], "uid": "other"}})


def test_the_generation_counts_changes_of_the_spec_only(api: Api) -> None:
    made = api.create(deployment("web"))
    labelled = {"metadata": {"labels": {"x": "y"}}}
    assert api.patch("deployments.apps", "web", "default", labelled)["metadata"]["generation"] == 1
    assert api.set_status(made, {"replicas": 1})["metadata"]["generation"] == 1
    assert "generation" not in api.create(config_map("a"))["metadata"]
    assert api.create(peer("a"))["metadata"]["generation"] == 1


def test_a_write_that_changes_nothing_is_none(api: Api) -> None:
    made = api.create(deployment("web"))
    version = api.store.version
    assert api.update(made) == made
    assert api.patch("deployments.apps", "web", "default", {}) == made
    assert api.set_status(made, made.get("status", {})) == made
    assert api.store.version == version


def test_a_status_is_written_whatever_changed_meanwhile(api: Api) -> None:
    old = api.create(deployment("web"))
    api.update(deployment("web", replicas=5))
    seen = api.set_status(old, {"replicas": 2, "observedGeneration": 1})
    assert (seen["spec"]["replicas"], seen["status"]["replicas"]) == (5, 2)
    api.delete("deployments.apps", "web", "default")
    with pytest.raises(ApiError, match=r'deployments\.apps "web" not found'):
        api.set_status(old, {})
    api.create(deployment("web"))
    with pytest.raises(ApiError, match="it is another object by now"):
        api.set_status(old, {})


def test_an_old_version_is_another_view_of_the_same_object(api: Api) -> None:
    warned = old_peer("a")
    made = api.create(warned)
    assert made["spec"] == {"peerAddress": "192.0.2.9", "asn": 64513, "port": 179}
    assert made["apiVersion"] == "example.com/v1"
    new = api.get("peers.example.com", "a", "default")
    assert new["apiVersion"] == "example.com/v2"
    assert new["spec"] == {"address": "192.0.2.9", "asn": 64513, "port": 179}
    changed = api.patch("peers.example.com", "a", "default", {"spec": {"asn": 1}}, version="v1")
    assert changed["spec"] == {"peerAddress": "192.0.2.9", "asn": 1, "port": 179}
    assert api.get("peers.example.com", "a", "default", version="v1")["spec"]["asn"] == 1


def test_rules_of_the_schema_are_held(api: Api) -> None:
    with pytest.raises(ApiError) as refused:
        api.create(peer("a", asn=0))
    assert refused.value.code == 422
    assert refused.value.message == (
        'Peer.example.com "a" is invalid: spec.asn: Invalid value: 0: spec.asn in body should be '
        "greater than or equal to 1"
    )
    assert api.create(peer("a"))["spec"]["port"] == 179
    with pytest.raises(ApiError, match=r'unknown field "spec\.foo"'):
        api.create(peer("b") | {"spec": {"address": "x", "asn": 1, "foo": 2}})
    warnings: list[str] = []
    wrong = peer("b") | {"spec": {"address": "x", "asn": 1, "foo": 2}}
    seen = api.create(wrong, field_validation="Warn", warnings=warnings)
    assert warnings == ['unknown field "spec.foo"']
    assert "foo" not in seen["spec"]
    with pytest.raises(ApiError, match='Unsupported value: "Sometimes"'):
        api.create(peer("c"), field_validation="Sometimes")


def test_a_custom_kind_is_updated_only_from_a_version(api: Api) -> None:
    api.create(peer("a"))
    with pytest.raises(ApiError, match=r"metadata\.resourceVersion: .* must be specified"):
        api.update(peer("a", asn=7))
    with pytest.raises(ApiError) as refused:
        api.patch("peers.example.com", "a", "default", {}, STRATEGIC_PATCH)
    assert refused.value.code == 415


def test_a_patch_that_makes_no_object_of_the_kind_is_refused(api: Api) -> None:
    api.create(deployment("web"))
    where = ("deployments.apps", "web", "default")
    with pytest.raises(ApiError) as refused:
        api.patch(*where, {"spec": {"foo": 3}}, STRATEGIC_PATCH)
    assert refused.value.message == (
        ' "" is invalid: patch: Invalid value: "map[spec:map[foo:3]]": '
        'strict decoding error: unknown field "spec.foo"'
    )
    with pytest.raises(ApiError):
        api.patch(*where, [{"op": "remove", "path": "/spec/nothing"}], JSON_PATCH)


def test_an_apply_makes_what_is_not_there(api: Api) -> None:
    config = config_map("a", k="v")
    made = api.patch("configmaps", "a", "default", config, APPLY_PATCH, manager="me")
    assert made["data"] == {"k": "v"}
    assert made["metadata"]["managedFields"][0]["operation"] == "Apply"
    again = api.patch("configmaps", "a", "default", config, APPLY_PATCH, manager="me")
    assert again == made


def test_webhooks_refuse_with_their_name_and_see_the_other_objects(api: Api) -> None:
    api.webhooks.append(TWINS)
    api.create(peer("a"))
    with pytest.raises(ApiError) as refused:
        api.create(peer("b"))
    assert (refused.value.code, refused.value.reason) == (403, "Forbidden")
    assert refused.value.message == (
        'admission webhook "twins.example.com" denied the request: address 192.0.2.1 is taken'
    )
    made = api.create(peer("b", address="192.0.2.2"))
    with pytest.raises(ApiError, match="denied the request"):
        api.update({**made, "spec": {**made["spec"], "address": "192.0.2.1"}})
    with pytest.raises(ApiError, match="denied the request"):
        api.create(peer("c"), dry_run=True)
    api.set_status(made, {"state": "up"})
    api.webhooks.append(KEEP)
    with pytest.raises(ApiError, match="peers stay"):
        api.delete("peers.example.com", "a", "default")


def test_the_same_event_is_counted(api: Api) -> None:
    web = api.create(pod("web"))
    for _ in range(3):
        api.event(web, "Failed", "no such image", "Warning", "kubelet")
    api.event(web, "Pulled", "there it is")
    counted = {event["reason"]: event["count"] for event in api.list("events")}
    assert counted == {"Failed": 3, "Pulled": 1}
    event = api.list("events", fields="reason=Failed")[0]
    assert event["involvedObject"]["uid"] == web["metadata"]["uid"]
    assert event["source"] == {"component": "kubelet"}
    newer = api.get("events.events.k8s.io", event["metadata"]["name"], "default")
    assert newer["apiVersion"] == "events.k8s.io/v1"


def test_a_dry_run_does_everything_but_store(api: Api) -> None:
    version = api.store.version
    assert api.create(deployment("web"), dry_run=True)["metadata"]["uid"]
    api.create(config_map("a"))
    api.update(config_map("a", k="v"), dry_run=True)
    api.delete("configmaps", "a", "default", dry_run=True)
    assert not api.get("configmaps", "a", "default").get("data")
    assert api.store.version == version + 1


def test_controllers_in_many_threads_lose_no_change(api: Api) -> None:
    api.create(config_map("a"))

    def write(name: str) -> None:
        for number in range(100):
            api.patch("configmaps", "a", "default", {"data": {f"{name}{number}": "x"}})

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(api.get("configmaps", "a", "default")["data"]) == 400


def test_a_store_that_was_dumped_goes_on_as_it_was(api: Api) -> None:
    made = api.create(deployment("web"))
    again = Api(Store.load(api.store.dump()), Kinds.of(*CORE_KINDS, PEER, OLD_PEER))
    assert again.get("deployments.apps", "web", "default") == made
    changed = again.update(deployment("web", replicas=2))
    assert (
        int(changed["metadata"]["resourceVersion"]) == int(made["metadata"]["resourceVersion"]) + 1
    )


def test_unknown_resources_and_kinds_are_told(api: Api) -> None:
    with pytest.raises(ApiError, match="could not find the requested resource"):
        api.list("things.example.com")
    with pytest.raises(ApiError, match=r'no kind "Thing" in version "example\.com/v1"'):
        api.create({"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "x"}})


def test_events_are_listed_in_the_order_of_what_happened(api: Api) -> None:
    web = api.create(pod("web"))
    reasons = [f"Step{number}" for number in (3, 1, 2)]
    for reason in reasons:
        api.event(web, reason, "it happened")
    assert [event["reason"] for event in api.list("events", "default")] == reasons
