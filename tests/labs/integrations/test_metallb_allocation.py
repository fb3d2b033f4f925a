"""Which Service gets which address: pools, wishes, sharing, and what is told when none fits."""

from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from labs.integrations.metallb_allocator import Allocator
from labs.integrations.metallb_request import AllocationError, Request
from labs.integrations.metallb_values import Pool

SPACE = "metallb-system"
SHARED = "metallb.io/allow-shared-ip"
ASKED_POOL = "metallb.io/address-pool"
ASKED_IPS = "metallb.io/loadBalancerIPs"


def pool(world: Any, name: str, *addresses: str, **spec: Any) -> None:
    world.apply(
        {
            "apiVersion": "metallb.io/v1beta1",
            "kind": "IPAddressPool",
            "metadata": {"name": name, "namespace": SPACE},
            "spec": {"addresses": list(addresses), **spec},
        }
    )


def failure(world: Any, name: str = "web") -> str:
    told = [message for reason, message in world.events(name) if reason == "AllocationFailed"]
    head = f'Failed to allocate IP for "default/{name}": '
    assert told[-1].startswith(head)
    return str(told[-1].removeprefix(head))


def test_addresses_are_given_in_order_and_a_pool_can_run_out(world: Any) -> None:
    pool(world, "few", "10.0.0.0/31")
    for name in ("a", "b", "c"):
        world.service(name)
    world.settle()
    assert [world.given(name) for name in "abc"] == [["10.0.0.0"], ["10.0.0.1"], []]
    assert failure(world, "c") == "no available IPs"
    world.api.delete("services", "a", "default")
    world.settle()
    assert world.given("c") == ["10.0.0.0"]
    status = world.api.get("ipaddresspools.metallb.io", "few", SPACE)["status"]
    assert (status["assignedIPv4"], status["availableIPv4"]) == (2, 0)


def test_a_failure_is_told_once_until_something_changes(world: Any) -> None:
    pool(world, "none", "10.0.0.0/32", autoAssign=False)
    world.service()
    for _ in range(3):
        world.settle()
        world.patch("services", "web", {"metadata": {"labels": {"a": str(_)}}})
    (event,) = world.api.list("events")
    assert (event["reason"], event["type"], event.get("count", 1)) == (
        "AllocationFailed",
        "Warning",
        1,
    )


def test_without_any_pool_nothing_is_told(world: Any) -> None:
    world.service()
    world.settle()
    assert (world.given(), world.events()) == ([], [])


def test_buggy_addresses_are_left_out_when_asked(world: Any) -> None:
    pool(world, "b", "10.0.0.255-10.0.1.1", avoidBuggyIPs=True)
    world.service()
    world.settle()
    assert world.given() == ["10.0.1.1"]
    status = world.api.get("ipaddresspools.metallb.io", "b", SPACE)["status"]
    assert (status["assignedIPv4"], status["availableIPv4"]) == (1, 0)


@pytest.mark.parametrize("prefix", ["metallb.io", "metallb.universe.tf"])
def test_a_service_may_ask_for_a_pool(world: Any, prefix: str) -> None:
    pool(world, "a", "10.0.0.0/24")
    pool(world, "b", "10.0.1.0/24", autoAssign=False)
    world.service(annotations={f"{prefix}/address-pool": "b"})
    world.settle()
    assert world.given() == ["10.0.1.0"]
    told = ("deprecatedAnnotation", f"Service uses deprecated annotation {prefix}/address-pool")
    assert (told in world.events()) is (prefix != "metallb.io")
    changed = {"metadata": {"annotations": {f"{prefix}/address-pool": "a"}}}
    world.patch("services", "web", changed)
    world.settle()
    assert world.given() == ["10.0.0.0"]


def test_an_unknown_pool_is_told(world: Any) -> None:
    pool(world, "a", "10.0.0.0/24")
    world.service(annotations={ASKED_POOL: "b"})
    world.settle()
    assert failure(world) == 'unknown pool "b"'


@pytest.mark.parametrize("how", ["annotation", "field"])
def test_a_service_may_ask_for_an_address(world: Any, how: str) -> None:
    pool(world, "a", "10.0.0.0/24")
    if how == "field":
        world.service(loadBalancerIP="10.0.0.77")
    else:
        world.service(annotations={ASKED_IPS: " 10.0.0.77 "})
    world.settle()
    assert world.given() == ["10.0.0.77"]


@pytest.mark.parametrize(
    ("annotations", "spec", "told"),
    [
        ({ASKED_IPS: "10.9.0.1"}, {}, '["10.9.0.1"] is not allowed in config'),
        ({ASKED_IPS: "x"}, {}, 'invalid metallb.io/loadBalancerIPs: "x"'),
        (
            {ASKED_IPS: "10.0.0.1"},
            {"loadBalancerIP": "10.0.0.1"},
            "service can not have both metallb.io/loadBalancerIPs and svc.Spec.LoadBalancerIP",
        ),
        (
            {ASKED_IPS: "fd00::1"},
            {},
            'requested loadBalancer IP(s) ["fd00::1"] does not match the ipFamily of the service',
        ),
        (
            {ASKED_IPS: "10.0.0.1", ASKED_POOL: "b"},
            {},
            (
                'requested loadBalancer IP(s) ["10.0.0.1"] is not compatible with requested '
                "address pool b"
            ),
        ),
        (
            {ASKED_IPS: "10.0.0.1,10.0.0.2"},
            {},
            'IPFamilyForAddresses: same address family ["10.0.0.1" "10.0.0.2"]',
        ),
        ({ASKED_POOL: "six"}, {}, '["<nil>"] is not allowed in config'),
    ],
)
def test_what_cannot_be_given_is_told(world: Any, annotations: Any, spec: Any, told: str) -> None:
    pool(world, "a", "10.0.0.0/24")
    pool(world, "b", "10.0.1.0/24")
    pool(world, "six", "fd00::/120")
    world.service(annotations=annotations, **spec)
    world.settle()
    assert failure(world) == told
    assert world.given() == []


def test_a_changed_wish_moves_the_service(world: Any) -> None:
    pool(world, "a", "10.0.0.0/24")
    world.service()
    world.settle()
    world.patch("services", "web", {"metadata": {"annotations": {ASKED_IPS: "10.0.0.9"}}})
    world.settle()
    assert world.given() == ["10.0.0.9"]


def test_an_impossible_wish_of_a_service_that_has_an_address_leaves_it(world: Any) -> None:
    pool(world, "a", "10.0.0.0/24")
    world.service()
    world.settle()
    world.patch("services", "web", {"metadata": {"annotations": {ASKED_IPS: "nine"}}})
    world.settle()
    assert world.given() == ["10.0.0.0"]
    told = 'invalid requested loadbalancer IPs: invalid metallb.io/loadBalancerIPs: "nine"'
    assert ("LoadBalancerFailed", told) in world.events()


def test_reserved_pools_come_first_by_priority_and_zero_is_last(world: Any) -> None:
    everyone = {"autoAssign": True}
    pool(world, "aa-open", "10.0.9.0/24", **everyone)
    pool(world, "none", "10.0.0.0/32", serviceAllocation={"namespaces": ["default"]})
    pool(world, "low", "10.0.1.0/32", serviceAllocation={"priority": 50})
    pool(world, "high", "10.0.2.0/32", serviceAllocation={"priority": 10})
    for name in "abcd":
        world.service(name)
    world.settle()
    got = [world.given(name)[0] for name in "abcd"]
    assert got == ["10.0.2.0", "10.0.1.0", "10.0.0.0", "10.0.9.0"]


def test_a_pool_can_be_for_some_namespaces_and_some_services(world: Any) -> None:
    labels = {"metadata": {"labels": {"tier": "front"}}}
    world.patch("namespaces", "default", labels, "")
    chosen = [{"matchLabels": {"tier": "front"}}]
    services = [{"matchLabels": {"app": "web"}}]
    allocation = {"namespaceSelectors": chosen, "serviceSelectors": services}
    pool(world, "front", "10.0.0.0/24", serviceAllocation=allocation)
    world.service("a", labels={"app": "web"})
    world.service("b", labels={"app": "other"})
    world.service("c", namespace="kube-system", labels={"app": "web"})
    world.settle()
    assert world.given("a") == ["10.0.0.0"]
    assert world.given("b") == world.given("c", "kube-system") == []
    world.patch("services", "b", {"metadata": {"annotations": {ASKED_POOL: "front"}}})
    world.settle()
    assert failure(world, "b") == "pool front not compatible for ip assignment"


def test_two_services_share_an_address_by_key_and_ports(world: Any) -> None:
    pool(world, "a", "10.0.0.0/24")
    key = {SHARED: "k", ASKED_IPS: "10.0.0.7"}
    world.service("a", annotations=key)
    world.service("b", annotations=key, ports=[{"port": 443, "protocol": "TCP"}])
    world.service("c", annotations=key)
    world.service("d", annotations={ASKED_IPS: "10.0.0.7"}, ports=[{"port": 1, "protocol": "UDP"}])
    world.settle()
    assert world.given("a") == world.given("b") == ["10.0.0.7"]
    assert failure(world, "c") == 'port TCP/80 is already in use on "10.0.0.7"'
    assert failure(world, "d") == (
        'can\'t change sharing key for "default/d", address also in use by default/a,default/b'
    )
    status = world.api.get("ipaddresspools.metallb.io", "a", SPACE)["status"]
    assert status["assignedIPv4"] == 1


def test_with_policy_local_only_services_of_the_same_pods_share(world: Any) -> None:
    pool(world, "a", "10.0.0.0/24")
    local = {"externalTrafficPolicy": "Local", "annotations": {SHARED: "k"}}
    world.service("a", **local, selector={"app": "x"})
    world.service("b", **local, selector={"app": "x"}, ports=[{"port": 81, "protocol": "TCP"}])
    world.service("c", **local, selector={"app": "y"}, ports=[{"port": 82, "protocol": "TCP"}])
    world.settle()
    assert [world.given(name) for name in "abc"] == [["10.0.0.0"], ["10.0.0.0"], ["10.0.0.1"]]


def test_of_two_that_no_longer_may_share_the_one_that_changed_loses(world: Any) -> None:
    pool(world, "a", "10.0.0.0/24")
    world.service("a", annotations={SHARED: "k"})
    world.service("b", annotations={SHARED: "k"}, ports=[{"port": 81, "protocol": "TCP"}])
    world.settle()
    assert world.given("a") == world.given("b")
    world.patch("services", "a", {"metadata": {"annotations": {SHARED: "other"}}})
    world.settle()
    assert (world.given("b"), world.given("a")) == (["10.0.0.0"], ["10.0.0.1"])
    (told,) = [message for reason, message in world.events("a") if reason == "ClearAssignment"]
    assert told == (
        'current IP for "default/a" not allowed by config, will attempt for new IP assignment: '
        'can\'t change sharing key for "default/a", address also in use by default/b'
    )


def test_a_changed_pool_moves_its_services(world: Any) -> None:
    pool(world, "a", "10.0.0.0/24")
    world.service()
    world.settle()
    changed = {"spec": {"addresses": ["10.0.5.0/24"]}}
    world.patch("ipaddresspools.metallb.io", "a", changed, SPACE)
    world.settle()
    assert world.given() == ["10.0.5.0"]
    assert (
        "ClearAssignment",
        (
            'current IP for "default/web" not allowed by config, will attempt for new IP '
            'assignment: ["10.0.0.0"] is not allowed in config'
        ),
    ) in world.events()


def test_a_renamed_pool_keeps_its_services(world: Any) -> None:
    pool(world, "a", "10.0.0.0/24")
    world.service()
    world.settle()
    world.api.delete("ipaddresspools.metallb.io", "a", SPACE)
    pool(world, "b", "10.0.0.0/24")
    world.settle()
    assert world.given() == ["10.0.0.0"]
    notes = world.api.get("services", "web", "default")["metadata"]["annotations"]
    assert notes == {"metallb.io/ip-allocated-from-pool": "b"}


def test_a_service_that_is_no_longer_a_load_balancer_gives_its_address_back(world: Any) -> None:
    pool(world, "a", "10.0.0.0/32")
    world.service("a")
    world.service("b")
    world.settle()
    world.patch("services", "a", {"spec": {"type": "ClusterIP"}})
    world.settle()
    assert (world.given("a"), world.given("b")) == ([], ["10.0.0.0"])
    notes = world.api.get("services", "a", "default")["metadata"].get("annotations") or {}
    assert "metallb.io/ip-allocated-from-pool" not in notes


def test_those_that_have_an_address_keep_it_when_the_controller_starts_anew(world: Any) -> None:
    pool(world, "a", "10.0.0.0/24")
    world.service("b")
    world.settle()
    world.service("a")  # before "b" in every order but that of who was there first
    world.controllers[0] = type(world.controllers[0])(world.api, world.nodes, "frr")
    world.settle()
    assert (world.given("a"), world.given("b")) == (["10.0.0.1"], ["10.0.0.0"])


def book(*pools: Pool) -> Allocator:
    made = Allocator()
    made.set_pools(pools)
    return made


def open_pool(name: str, *networks: str) -> Pool:
    return Pool(name, tuple((text, (ip_network(text),)) for text in networks))


def asked(name: str, *versions: int, policy: str = "SingleStack", first: int = 4) -> Request:
    return Request(name, "default", {}, (("TCP", 80),), "", "", frozenset(versions), policy, first)


def test_two_families_come_from_one_pool() -> None:
    made = book(open_pool("four", "10.0.0.0/24"), open_pool("two", "10.0.1.0/24", "fd00::/120"))
    got = made.allocate(asked("a", 4, 6, policy="RequireDualStack"))
    assert [str(one) for one in got] == ["10.0.1.0", "fd00::"]


def test_prefer_dual_stack_takes_what_there_is_and_the_rest_later() -> None:
    made = book(open_pool("four", "10.0.0.0/24"), open_pool("six", "fd00::/120"))
    prefer = asked("a", 4, 6, policy="PreferDualStack", first=6)
    assert [str(one) for one in made.allocate(prefer)] == ["fd00::"]
    made.set_pools([open_pool("six", "fd00::/120", "10.0.1.0/24")])
    assert str(made.allocate_other_family(prefer, ip_address("fd00::"), "six")) == "10.0.1.0"


def test_require_dual_stack_needs_both() -> None:
    made = book(open_pool("four", "10.0.0.0/24"), open_pool("six", "fd00::/120"))
    with pytest.raises(AllocationError, match="no available IPs"):
        made.allocate(asked("a", 4, 6, policy="RequireDualStack"))
    with pytest.raises(AllocationError, match="no available IPs in pool four for dual IPFamily"):
        made.allocate_from(asked("a", 4, 6, policy="RequireDualStack"), "four")


def test_an_endless_pool_counts_as_the_largest_number() -> None:
    made = book(open_pool("six", "fd00::/64"))
    made.allocate(asked("a", 6))
    counted = made.counters(made.pools[0])
    assert counted["availableIPv6"] == 2**63 - 2


@settings(max_examples=60, deadline=None)
@for_all(
    st.lists(
        st.tuples(
            st.sampled_from("abcdef"),
            st.sampled_from(["", "x", "y"]),
            st.integers(1, 2),
            st.booleans(),
        ),
        max_size=25,
    )
)
def test_whatever_happens_nobody_shares_without_agreeing(steps: list[Any]) -> None:
    made = book(open_pool("a", "10.0.0.0/30"))
    for name, sharing, port, leave in steps:
        if leave:
            made.unassign(name)
            continue
        wish = Request(
            name, "default", {}, (("TCP", port),), sharing, "", frozenset({4}), "SingleStack", 4
        )
        made.unassign(name)
        try:
            made.allocate(wish)
        except AllocationError:
            assert made.entry(name) is None
    entries = [made.entry(name) for name in made.services()]
    for number, one in enumerate(entries):
        for other in entries[number + 1 :]:
            assert one is not None
            assert other is not None
            if one.addresses == other.addresses:
                assert one.sharing == other.sharing != ""
                assert one.ports != other.ports
    counted = made.counters(made.pools[0])
    used = {one.addresses for one in entries if one}
    assert counted["assignedIPv4"] == len(used)
    assert counted["assignedIPv4"] + counted["availableIPv4"] == 4
