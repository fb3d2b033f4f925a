"""What a Service is given: an address in the cluster and ports on the nodes."""

from typing import Any

import pytest
from kubectl import namespace

from labs.kube.api import Api, ApiError
from labs.kube.core_kinds import CORE_KINDS
from labs.kube.kinds import Kinds
from labs.kube.store import Store


@pytest.fixture
def api() -> Api:
    made = Api(Store(), Kinds.of(*CORE_KINDS))
    made.create(namespace("default"))
    return made


def service(name: str, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"ports": [{"port": 80}], "selector": {"app": name}, **spec},
    }


def test_every_service_has_an_address_of_its_own_and_keeps_it(api: Api) -> None:
    made = [api.create(service(f"s{number}"))["spec"]["clusterIP"] for number in range(50)]
    assert len(set(made)) == 50
    assert all(address.startswith("10.96.") for address in made)
    api.delete("services", "s0", "default")
    assert api.create(service("s0"))["spec"]["clusterIP"] == made[0]
    bare = service("s1", ports=[{"port": 81}])
    assert api.update(bare)["spec"]["clusterIP"] == made[1]


def test_an_address_can_be_asked_for_once(api: Api) -> None:
    assert api.create(service("a", clusterIP="10.96.3.4"))["spec"]["clusterIPs"] == ["10.96.3.4"]
    with pytest.raises(ApiError, match="provided IP is already allocated"):
        api.create(service("b", clusterIP="10.96.3.4"))
    with pytest.raises(ApiError, match=r"The range of valid IPs is 10\.96\.0\.0/16"):
        api.create(service("b", clusterIP="192.0.2.1"))
    with pytest.raises(ApiError, match="must be a valid IP address"):
        api.create(service("b", clusterIP="nonsense"))


def test_a_headless_service_has_none(api: Api) -> None:
    spec = api.create(service("a", clusterIP="None"))["spec"]
    assert (spec["clusterIP"], spec["clusterIPs"]) == ("None", ["None"])
    assert "nodePort" not in spec["ports"][0]


def test_published_services_have_node_ports(api: Api) -> None:
    published = api.create(service("a", type="LoadBalancer"))["spec"]["ports"][0]["nodePort"]
    assert published in range(30000, 32768)
    assert "nodePort" not in api.create(service("b"))["spec"]["ports"][0]
    spec = api.create(service("c", type="LoadBalancer", allocateLoadBalancerNodePorts=False))[
        "spec"
    ]
    assert "nodePort" not in spec["ports"][0]
    wanted = [{"port": 80, "nodePort": published}]
    with pytest.raises(ApiError, match="provided port is already allocated"):
        api.create(service("d", type="NodePort", ports=wanted))
    wanted = [{"port": 80, "nodePort": 80}]
    with pytest.raises(ApiError, match="The range of valid ports is 30000-32767"):
        api.create(service("d", type="NodePort", ports=wanted))


def test_a_local_load_balancer_has_a_port_for_health_checks(api: Api) -> None:
    local = {"type": "LoadBalancer", "externalTrafficPolicy": "Local"}
    spec = api.create(service("a", **local))["spec"]
    assert spec["healthCheckNodePort"] in range(30000, 32768)
    assert spec["healthCheckNodePort"] != spec["ports"][0]["nodePort"]
