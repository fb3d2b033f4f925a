"""EndpointSlices: for each Service with a selector, the pods that answer for it, and how they are.

Source: EndpointSlices (conditions ready, serving, terminating) in the Kubernetes documentation. A
lab's Services are small: one slice holds all endpoints that have the same ports.
"""

from __future__ import annotations

import json
from typing import Final

from labs.kube import owned
from labs.kube.api import Api, ApiError
from labs.kube.schema import Obj

SERVICE_LABEL: Final = "kubernetes.io/service-name"
MANAGER_LABEL: Final = "endpointslice.kubernetes.io/managed-by"
MANAGER: Final = "endpointslice-controller.k8s.io"
_COMPONENT: Final = "endpoint-slice-controller"


class EndpointSlices:
    """Keeps the slices of every Service."""

    name = "endpointslices"
    watches = ("services", "pods", "endpointslices.discovery.k8s.io")

    def __init__(self, api: Api) -> None:
        """Work through this API."""
        self._api = api

    def reconcile(self) -> None:
        """Bring the slices of every Service to what its pods are."""
        pods = self._api.list("pods")
        own = [
            one
            for one in self._api.list("endpointslices.discovery.k8s.io")
            if (one["metadata"].get("labels") or {}).get(MANAGER_LABEL) == MANAGER
        ]
        for service in self._api.list("services"):
            if "deletionTimestamp" not in service["metadata"]:
                self._keep(service, pods, [one for one in own if owned.is_owned(one, service)])

    def _keep(self, service: Obj, pods: list[Obj], slices: list[Obj]) -> None:
        spec, metadata = service["spec"], service["metadata"]
        selector = spec.get("selector")
        if not selector or spec.get("type") == "ExternalName":
            return
        groups: dict[str, list[Obj]] = {json.dumps(_ports(service, None)): []}
        for pod in pods:
            fits = pod["metadata"]["namespace"] == metadata["namespace"]
            fits = fits and selector.items() <= (pod["metadata"].get("labels") or {}).items()
            if fits and (endpoint := _endpoint(pod, service)) is not None:
                groups.setdefault(json.dumps(_ports(service, pod)), []).append(endpoint)
        if len(groups) > 1:
            groups = {ports: found for ports, found in groups.items() if found}
        left = {json.dumps(one.get("ports") or []): one for one in slices}
        for ports, endpoints in groups.items():
            endpoints.sort(key=lambda one: one["targetRef"]["name"])
            # The one with these ports stays; else any one is made to have them.
            before = left.pop(ports, None)
            self._write(service, before, json.loads(ports), endpoints)
        for one in left.values():
            self._api.delete(
                "endpointslices.discovery.k8s.io", one["metadata"]["name"], metadata["namespace"]
            )

    def _write(
        self, service: Obj, before: Obj | None, ports: list[Obj], endpoints: list[Obj]
    ) -> None:
        metadata = service["metadata"]
        content: Obj = {"addressType": "IPv4", "endpoints": endpoints, "ports": ports}
        try:
            if before is None:
                labels = {**(metadata.get("labels") or {}), SERVICE_LABEL: metadata["name"]}
                labels[MANAGER_LABEL] = MANAGER
                made: Obj = {
                    "apiVersion": "discovery.k8s.io/v1",
                    "kind": "EndpointSlice",
                    "metadata": {
                        "name": f"{metadata['name']}-{owned.suffix()}",
                        "generateName": f"{metadata['name']}-",
                        "namespace": metadata["namespace"],
                        "labels": labels,
                        "ownerReferences": [owned.owner_of(service)],
                    },
                    **content,
                }
                self._api.create(made, manager=_COMPONENT, field_validation="Ignore")
            elif any(before.get(key) != value for key, value in content.items()):
                self._api.update({**before, **content}, manager=_COMPONENT)
        except ApiError as error:
            if error.reason not in ("NotFound", "Conflict", "Forbidden"):
                raise


def _ports(service: Obj, pod: Obj | None) -> list[Obj]:
    """Return the ports of a slice; those with a name are looked up in the pod."""
    found = []
    for port in service["spec"].get("ports") or ():
        target = port.get("targetPort") or port["port"]
        protocol = port.get("protocol", "TCP")
        number = target if isinstance(target, int) else _named(pod, target, protocol)
        if number is not None:
            found.append({"name": port.get("name", ""), "protocol": protocol, "port": number})
    return found


def _named(pod: Obj | None, name: str, protocol: str) -> int | None:
    for container in (pod or {"spec": {}})["spec"].get("containers") or ():
        for port in container.get("ports") or ():
            if port.get("name") == name and port.get("protocol", "TCP") == protocol:
                return int(port["containerPort"])
    return None


def _endpoint(pod: Obj, service: Obj) -> Obj | None:
    status, metadata = pod.get("status") or {}, pod["metadata"]
    address = status.get("podIP")
    if not address or status.get("phase") in ("Succeeded", "Failed"):
        return None
    terminating = "deletionTimestamp" in metadata
    serving = owned.is_ready(pod)
    anyway = bool(service["spec"].get("publishNotReadyAddresses"))
    return {
        "addresses": [address],
        "conditions": {
            "ready": (serving and not terminating) or anyway,
            "serving": serving,
            "terminating": terminating,
        },
        "nodeName": pod["spec"]["nodeName"],
        "targetRef": {
            "kind": "Pod",
            "name": metadata["name"],
            "namespace": metadata["namespace"],
            "uid": metadata["uid"],
        },
    }
