"""kube-proxy on every node: its rules follow Services and EndpointSlices (see labs.kube_proxy)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Final

from labs.kube.api import Api
from labs.kube.endpoint_slices import SERVICE_LABEL
from labs.kube.schema import Obj
from labs.kube_proxy import Endpoint, ProxyNode, ServicePort, TrafficPolicy, ruleset

_PROTOCOLS: Final = {"TCP": "tcp", "UDP": "udp"}


class KubeProxy:
    """Every node's kube-proxy."""

    name = "kube-proxy"
    watches = ("services", "endpointslices.discovery.k8s.io", "nodes")

    def __init__(
        self, api: Api, nodes: Iterable[ProxyNode], load: Callable[[str, str], None]
    ) -> None:
        """Stand ready.

        Args:
            api: where Services are.
            nodes: those it runs on.
            load: gives a node its rules, as text for nft.
        """
        self._api, self._nodes, self._load = api, tuple(nodes), load
        self._loaded: dict[str, str] = {}

    def reconcile(self) -> None:
        """Give each node its rules, where they are not those it has."""
        ports = service_ports(
            self._api.list("services"), self._api.list("endpointslices.discovery.k8s.io")
        )
        wanted = {node.name: ruleset(node, ports) for node in self._nodes}
        new = [name for name, rules in wanted.items() if self._loaded.get(name) != rules]
        failed: list[BaseException] = []

        def load(name: str) -> None:
            try:
                self._load(name, wanted[name])
                self._loaded[name] = wanted[name]
            except Exception as error:  # noqa: BLE001 -- told below, in the controller's own thread
                failed.append(error)

        threads = [threading.Thread(target=load, args=(name,)) for name in new]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failed:
            raise failed[0]


def service_ports(services: Iterable[Obj], slices: Iterable[Obj]) -> list[ServicePort]:
    """Return every port of every Service, with its endpoints."""
    by_service: dict[tuple[str, str], list[Obj]] = {}
    for one in slices:
        metadata = one["metadata"]
        name = (metadata.get("labels") or {}).get(SERVICE_LABEL, "")
        by_service.setdefault((metadata["namespace"], name), []).append(one)
    return [
        _port(
            service,
            port,
            by_service.get((service["metadata"]["namespace"], service["metadata"]["name"]), []),
        )
        for service in services
        if service["spec"].get("clusterIP") not in (None, "", "None")
        for port in service["spec"].get("ports") or ()
        if port.get("protocol", "TCP") in _PROTOCOLS
    ]


def _port(service: Obj, port: Obj, slices: list[Obj]) -> ServicePort:
    metadata, spec = service["metadata"], service["spec"]
    balancer = (service.get("status") or {}).get("loadBalancer") or {}
    outside = [one["ip"] for one in balancer.get("ingress") or () if one.get("ip")]
    return ServicePort(
        namespace=metadata["namespace"],
        name=metadata["name"],
        port_name=port.get("name", ""),
        cluster_ip=spec["clusterIP"],
        port=port["port"],
        endpoints=tuple(_endpoints(port.get("name", ""), slices)),
        load_balancer_ips=tuple(dict.fromkeys((*outside, *(spec.get("externalIPs") or ())))),
        node_port=port.get("nodePort"),
        policy=TrafficPolicy(spec.get("externalTrafficPolicy", "Cluster")),
        protocol=_PROTOCOLS[port.get("protocol", "TCP")],
    )


def _endpoints(name: str, slices: list[Obj]) -> list[Endpoint]:
    """Return the ready endpoints of a port; without any, those that end but still answer."""
    ready, ending = [], []
    for one in slices:
        numbers = [p["port"] for p in one.get("ports") or () if p.get("name", "") == name]
        number = int(numbers[0] or 0) if numbers else 0
        for endpoint in (one.get("endpoints") or ()) if number else ():
            found = [
                Endpoint(address, number, endpoint.get("nodeName", ""))
                for address in endpoint["addresses"]
            ]
            held = endpoint.get("conditions") or {}
            if held.get("ready", True):
                ready += found
            elif held.get("serving") and held.get("terminating"):
                ending += found
    return ready or ending
