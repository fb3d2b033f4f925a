"""What a Service is given from what is left: its address in the cluster and its node ports.

The choice starts at a place that depends on the Service's name, so that the same manifests get the
same addresses in every lab. Source: Service ClusterIP allocation and the node port range
(30000-32767) in the Kubernetes documentation; the refusals are the API server's.
"""

import ipaddress
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

from labs.kube import violation
from labs.kube.errors import invalid
from labs.kube.kinds import Kind
from labs.kube.schema import Obj
from labs.kube.violation import Violation

CLUSTER_IPS = ipaddress.IPv4Network("10.96.0.0/16")
NODE_PORTS = range(30000, 32768)
_RESERVED = 16
"""The lowest addresses are for services of the cluster itself, such as its DNS."""
_PUBLISHED = ("NodePort", "LoadBalancer")


def allocated(new: Obj, kind: Kind, others: Iterable[Obj]) -> Obj:
    """A Service with the addresses and ports it asks for, or any free ones.

    Args:
        new: the Service, with its defaults.
        kind: its kind, for refusals.
        others: all Services there are; itself, as it was, may be among them.

    Raises:
        ApiError: what it asks for is taken, or is none of the cluster's (422).
    """
    metadata = new["metadata"]
    own = (metadata.get("namespace"), metadata["name"])
    rest = [one for one in others if (one["metadata"]["namespace"], one["metadata"]["name"]) != own]
    start = zlib.crc32("/".join(str(part) for part in own).encode())
    spec: Obj = dict(new["spec"])
    found = [*_give_address(spec, rest, start), *_give_ports(spec, rest, start)]
    if found:
        raise invalid(kind, metadata["name"], found)
    return {**new, "spec": spec}


def _give_address(spec: Obj, others: list[Obj], start: int) -> Iterator[Violation]:
    wanted = spec.get("clusterIP")
    if spec.get("type") == "ExternalName" or wanted == "None":
        return
    taken = {address for one in others for address in one["spec"].get("clusterIPs") or ()}
    if not wanted:
        room = CLUSTER_IPS.num_addresses - _RESERVED - 1
        first = int(CLUSTER_IPS.network_address) + _RESERVED
        numbers = (first + (start + step) % room for step in range(room))
        free = (str(ipaddress.IPv4Address(number)) for number in numbers)
        spec["clusterIP"] = next(address for address in free if address not in taken)
        spec["clusterIPs"] = [spec["clusterIP"]]
        return
    spec.setdefault("clusterIPs", [wanted])
    why = _address_refused(wanted, taken)
    if why:
        told = f"failed to allocate IP {wanted}: {why}"
        yield violation.invalid("spec.clusterIPs", [wanted], told)


def _address_refused(wanted: Any, taken: set[str]) -> str:  # noqa: ANN401 -- the kind's rules tell of a wrong type
    try:
        inside = ipaddress.ip_address(wanted) in CLUSTER_IPS
    except ValueError:
        return ""  # no address at all: the kind's own rules say it better
    if not inside:
        valid = f"The range of valid IPs is {CLUSTER_IPS}"
        return f"the provided IP ({wanted}) is not in the valid range. {valid}"
    return "provided IP is already allocated" if wanted in taken else ""


def _give_ports(spec: Obj, others: list[Obj], start: int) -> Iterator[Violation]:
    if spec.get("type") not in _PUBLISHED:
        return
    taken = {pair for one in others for pair in _node_ports(one["spec"])}
    ports = [dict(port) for port in spec.get("ports") or ()]
    for number, port in enumerate(ports):
        wanted, protocol = port.get("nodePort"), port.get("protocol", "TCP")
        if not wanted:
            continue
        path = f"spec.ports[{number}].nodePort"
        if wanted not in NODE_PORTS:
            valid = f"The range of valid ports is {NODE_PORTS[0]}-{NODE_PORTS[-1]}"
            why = f"provided port is not in the valid range. {valid}"
            yield violation.invalid(path, wanted, why)
        elif (protocol, wanted) in taken:
            yield violation.invalid(path, wanted, "provided port is already allocated")
        taken.add((protocol, wanted))
    if spec.get("type") == "NodePort" or spec.get("allocateLoadBalancerNodePorts") is not False:
        for port in ports:
            if not port.get("nodePort"):
                port["nodePort"] = _free_port(port.get("protocol", "TCP"), taken, start)
    spec["ports"] = ports
    local = spec.get("externalTrafficPolicy") == "Local"
    if spec["type"] == "LoadBalancer" and local and not spec.get("healthCheckNodePort"):
        spec["healthCheckNodePort"] = _free_port("TCP", taken | _pairs(ports), start)


def _node_ports(spec: Obj) -> Iterator[tuple[str, int]]:
    yield from _pairs(spec.get("ports") or ())
    if "healthCheckNodePort" in spec:
        yield "TCP", spec["healthCheckNodePort"]


def _pairs(ports: Iterable[Obj]) -> set[tuple[str, int]]:
    return {(port.get("protocol", "TCP"), port["nodePort"]) for port in ports if "nodePort" in port}


def _free_port(protocol: str, taken: set[tuple[str, int]], start: int) -> int:
    for step in range(len(NODE_PORTS)):
        port = NODE_PORTS[(start + step) % len(NODE_PORTS)]
        if (protocol, port) not in taken:
            taken.add((protocol, port))
            return port
    raise RuntimeError("no node port is left of the 2768 a cluster has")
