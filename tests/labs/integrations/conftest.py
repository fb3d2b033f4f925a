"""A cluster without processes: a real API, the controllers one step at a time, nodes on paper."""

from collections.abc import Callable
from typing import Any

import pytest
import yaml
from paper_nodes import PaperNodes

from labs.integrations import named
from labs.integrations.metallb import metallb
from labs.kube.api import Api
from labs.kube.core_kinds import CORE_KINDS
from labs.kube.integration import Integration
from labs.kube.kinds import Kinds
from labs.kube.store import Store

SPACE = "metallb-system"


class Strings(yaml.SafeLoader):
    """YAML as kubectl reads it: 64512:10 is a text and no number of base 60."""


Strings.yaml_implicit_resolvers = {
    key: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:timestamp"]
    for key, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


class World:
    """The cluster."""

    def __init__(self, integration: Integration, nodes: tuple[str, ...]) -> None:
        kinds = Kinds.of(*CORE_KINDS, *integration.kinds)
        self.api = Api(Store(), kinds, integration.webhooks)
        self.nodes = PaperNodes(nodes)
        for name in ("default", "kube-system"):
            self.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        for one in integration.manifests:
            self.apply(one)
        for name in nodes:
            self.apply({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}})
        self.controllers = list(integration.controllers(self.api, self.nodes))

    def apply(self, given: Any) -> None:
        """Create objects, from values or from YAML."""
        found = yaml.load_all(given, Strings) if isinstance(given, str) else [given]
        for one in found:
            status = one.get("status")
            made = self.api.create(one)
            if status and one["kind"] != "EndpointSlice":
                self.api.set_status(made, status)

    def patch(self, resource: str, name: str, patch: Any, space: str = "default") -> None:
        self.api.patch(resource, name, space, patch)

    def settle(self) -> None:
        """Let every controller look until nothing changes any more."""
        for _ in range(20):
            version = self.api.store.version
            for controller in self.controllers:
                controller.reconcile()
            if self.api.store.version == version:
                return
        pytest.fail("the controllers never come to rest")

    def service(self, name: str = "web", **spec: Any) -> None:
        """A Service of type LoadBalancer; `labels` and `annotations` go into its metadata."""
        metadata = {"name": name, "namespace": spec.pop("namespace", "default")}
        metadata |= {key: spec.pop(key) for key in ("labels", "annotations") if key in spec}
        whole = {
            "type": "LoadBalancer",
            "selector": {"app": name},
            "ports": [{"port": 80, "protocol": "TCP"}],
            **spec,
        }
        self.apply({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": whole})

    def endpoints(self, *nodes: str, service: str = "web", **conditions: bool) -> None:
        """An EndpointSlice with a pod on each of these nodes."""
        self.apply(
            {
                "apiVersion": "discovery.k8s.io/v1",
                "kind": "EndpointSlice",
                "metadata": {
                    "name": f"{service}-abcde",
                    "namespace": "default",
                    "labels": {"kubernetes.io/service-name": service},
                },
                "addressType": "IPv4",
                "endpoints": [
                    {
                        "addresses": [f"10.244.0.{number}"],
                        "nodeName": node,
                        "conditions": conditions or {"ready": True},
                    }
                    for number, node in enumerate(nodes, start=10)
                ],
                "ports": [{"name": "", "port": 8080, "protocol": "TCP"}],
            }
        )

    def given(self, name: str = "web", space: str = "default") -> list[str]:
        """The addresses a Service has."""
        status = self.api.get("services", name, space).get("status") or {}
        return [one["ip"] for one in (status.get("loadBalancer") or {}).get("ingress") or ()]

    def events(self, name: str = "web") -> list[tuple[str, str]]:
        """What was told of a Service: reasons and messages, the latest last."""
        found = [
            one
            for one in self.api.list("events")
            if (one.get("involvedObject") or {}).get("name") == name
        ]
        found.sort(key=lambda one: int(one["metadata"]["resourceVersion"]))
        return [(one["reason"], one["message"]) for one in found]

    def text(self, node: str = "node1") -> str:
        """What the node's FRR was given last."""
        return self.nodes.texts[node][-1]

    def state(self, name: str) -> tuple[str, str]:
        status = self.api.get("configurationstates.metallb.io", name, SPACE)["status"]
        return status["result"], status.get("errorSummary", "")

    def heard(self) -> dict[tuple[str, str], list[str]]:
        """Of each node and Service: the peers it is announced to."""
        found = self.api.list("servicebgpstatuses.metallb.io", SPACE)
        told = [one["status"] for one in found]
        return {(one["node"], one["serviceName"]): one["peers"] for one in told}


@pytest.fixture
def world() -> World:
    """MetalLB in FRR mode, on two nodes."""
    return World(named("metallb"), ("node1", "node2"))


@pytest.fixture
def native() -> World:
    """MetalLB in native mode, on one node."""
    return World(metallb("native"), ("node1",))


@pytest.fixture
def cluster() -> Callable[[Integration], World]:
    """Any integration, on one node."""
    return lambda integration: World(integration, ("node1",))


@pytest.fixture
def strings() -> type[yaml.SafeLoader]:
    """How YAML is to be read."""
    return Strings


@pytest.fixture
def paper_nodes() -> type[PaperNodes]:
    """Nodes that keep what they are given."""
    return PaperNodes
