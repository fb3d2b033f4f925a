"""Why a speaker does not announce a Service, in the order in which MetalLB asks."""

from dataclasses import replace
from typing import Any

import pytest

from labs.integrations.metallb_config import configuration
from labs.integrations.metallb_speaker import EXCLUDED, decide
from labs.integrations.metallb_values import Config, Resources

NODES = [
    {"metadata": {"name": "node1", "labels": {"rack": "a"}}},
    {"metadata": {"name": "node2", "labels": {"rack": "b"}}},
]
READY = {"addresses": ["10.244.0.1"], "nodeName": "node1", "conditions": {"ready": True}}


def config(**spec: Any) -> Config:
    return configs({"localPref": 0, **spec})


def configs(*specs: dict[str, Any]) -> Config:
    pool = {"metadata": {"name": "vips"}, "spec": {"addresses": ["172.18.200.0/24"]}}
    advertisements = [
        {"metadata": {"name": f"adv{number}"}, "spec": spec} for number, spec in enumerate(specs)
    ]
    return configuration(Resources(pools=[pool], bgp_advertisements=advertisements, nodes=NODES))


def service(address: str | None = "172.18.200.1", **spec: Any) -> dict[str, Any]:
    ingress = [{"ip": address}] if address else []
    return {
        "metadata": {"name": "web", "namespace": "default", "labels": {"app": "web"}},
        "spec": {"type": "LoadBalancer", **spec},
        "status": {"loadBalancer": {"ingress": ingress}},
    }


def reason(
    given: Config, wanted: Any = None, *endpoints: Any, node: Any = NODES[0]
) -> tuple[str, str]:
    made = decide(given, node, wanted or service(), [{"endpoints": list(endpoints)}])
    return made.reason, made.why


def test_a_service_with_an_endpoint_anywhere_is_announced() -> None:
    made = decide(config(), NODES[1], service(), [{"endpoints": [READY]}])
    assert made.reason == ""
    (one,) = made.announced
    assert (str(one.prefix), made.pool) == ("172.18.200.1/32", "vips")


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (service(type="ClusterIP"), "notLoadBalancer"),
        (service(None), "noIPAllocated"),
        (service("soon"), "invalidIP"),
        (service("10.0.0.1"), "ipNotAllowed"),
    ],
)
def test_a_service_needs_an_address_of_a_pool(wanted: Any, told: str) -> None:
    assert reason(config(), wanted, READY) == (told, "")


def test_a_pool_that_no_advertisement_announces_here_is_not_ours() -> None:
    told = ("notOwner", "pool not matching my node")
    assert reason(configs(), None, READY) == told
    elsewhere = config(nodeSelectors=[{"matchLabels": {"rack": "b"}}])
    assert reason(elsewhere, None, READY) == told
    assert reason(elsewhere, None, READY, node=NODES[1]) == ("", "")


def test_an_advertisement_can_choose_services() -> None:
    given = config(serviceSelectors=[{"matchLabels": {"app": "other"}}])
    told = ("noMatchingAdvertisement", "no advertisement matching service")
    assert reason(given, None, READY) == told
    given = config(
        serviceSelectors=[
            {"matchLabels": {"app": "other"}},
            {"matchExpressions": [{"key": "app", "operator": "In", "values": ["web"]}]},
        ]
    )
    assert reason(given, None, READY) == ("", "")


def test_chosen_services_can_have_two_local_preferences_at_once() -> None:
    chosen = [{"matchLabels": {"app": "web"}}]
    given = configs({"localPref": 100}, {"localPref": 200, "serviceSelectors": chosen})
    assert reason(given, None, READY) == (
        "conflictingAdvertisements",
        "advertisements 'adv0' and 'adv1' have conflicting LOCAL_PREF (100 vs 200)",
    )


def test_a_node_without_network_does_not_announce() -> None:
    status = {"conditions": [{"type": "NetworkUnavailable", "status": "True"}]}
    down = {**NODES[0], "status": status}
    assert reason(config(), None, READY, node=down)[0] == "nodeNetworkUnavailable"
    status = {"conditions": [{"type": "NetworkUnavailable", "status": "False"}]}
    assert reason(config(), None, READY, node={**NODES[0], "status": status}) == ("", "")


@pytest.mark.parametrize("value", ["", "true", "false"])
def test_the_exclude_label_counts_whatever_its_value(value: str) -> None:
    excluded = {"metadata": {"name": "node1", "labels": {EXCLUDED: value}}}
    assert reason(config(), None, READY, node=excluded)[0] == "nodeLabeledExcludeBalancers"


def test_no_endpoint_no_announcement() -> None:
    assert reason(config()) == ("noEndpoints", "")
    assert reason(config(), None, {**READY, "conditions": {"ready": False}}) == ("noEndpoints", "")
    assert reason(config(), None, {**READY, "addresses": []}) == ("noEndpoints", "")


def test_an_endpoint_that_ends_but_still_serves_counts() -> None:
    ending = {"ready": False, "serving": True, "terminating": True}
    assert reason(config(), None, {**READY, "conditions": ending}) == ("", "")
    assert reason(config(), None, {**READY, "conditions": {}}) == ("", "")


def test_policy_local_needs_an_endpoint_on_this_node() -> None:
    local = service(externalTrafficPolicy="Local")
    assert reason(config(), local, READY) == ("", "")
    assert reason(config(), local, READY, node=NODES[1]) == ("noLocalEndpoints", "")
    assert reason(config(), local) == ("noLocalEndpoints", "")


def test_the_reasons_are_asked_in_metallbs_order() -> None:
    """With everything wrong at once the first is told; mended, the next."""
    excluded = {
        "metadata": {"name": "node1", "labels": {"rack": "a", EXCLUDED: ""}},
        "status": {"conditions": [{"type": "NetworkUnavailable", "status": "True"}]},
    }
    elsewhere = config(nodeSelectors=[{"matchLabels": {"rack": "b"}}])
    assert reason(elsewhere, node=excluded)[0] == "notOwner"
    other = config(serviceSelectors=[{"matchLabels": {"app": "other"}}])
    assert reason(other, node=excluded)[0] == "noMatchingAdvertisement"
    assert reason(config(), node=excluded)[0] == "nodeNetworkUnavailable"
    excluded.pop("status")
    assert reason(config(), node=excluded)[0] == "nodeLabeledExcludeBalancers"
    assert reason(config(), node=NODES[0])[0] == "noEndpoints"


def test_an_advertisement_through_both_lists_counts_once_on_the_wire() -> None:
    given = config()
    (pool,) = given.pools
    twice = replace(given, pools=(replace(pool, advertisements=pool.advertisements * 2),))
    made = decide(twice, NODES[0], service(), [{"endpoints": [READY]}])
    assert len({str(one.prefix) for one in made.announced}) == 1
