"""A Service's defaults that depend on its type, and its rules in Kubernetes' words.

What needs the other Services, a free address or node port, is not here but where they are given.
Source: the API reference of Service v1, Kubernetes 1.37; the words are those a cluster answers.
"""

from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from typing import Any

from labs.kube.names import (
    PORT_RANGE,
    dns_label,
    dns_subdomain,
    is_port,
    labels_violations,
    port_name,
)
from labs.kube.schema import Obj
from labs.kube.violation import Violation, duplicate, forbidden, invalid, required

_OUTSIDE = {"NodePort", "LoadBalancer"}
_NODE_PORTS = range(30000, 32768)
_IP = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
_CIDR = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
_DAY = 86400  # seconds
_ONCE = "may not change once set"


def service_defaults(new: Obj, old: Obj | None) -> Obj:
    """Fill in what depends on the type, and keep what the cluster gave before."""
    spec: Obj = dict(new.get("spec") or {})
    before: Obj = (old or {}).get("spec") or {}
    kind = spec.get("type", "ClusterIP")
    spec["ports"] = [_port(one) for one in spec.get("ports") or []]
    if not spec["ports"]:
        del spec["ports"]
    if before:
        _keep(spec, before)
    if spec.get("sessionAffinity") == "ClientIP":
        config = (spec.get("sessionAffinityConfig") or {}).get("clientIP") or {}
        spec["sessionAffinityConfig"] = {"clientIP": {"timeoutSeconds": 10800, **config}}
    elif spec.get("sessionAffinityConfig") == before.get("sessionAffinityConfig"):
        spec.pop("sessionAffinityConfig", None)
    if kind != "ExternalName":
        spec.setdefault("internalTrafficPolicy", "Cluster")
        spec.setdefault("ipFamilyPolicy", "SingleStack")
        spec.setdefault("ipFamilies", ["IPv4"])
    if kind in _OUTSIDE or (kind == "ClusterIP" and spec.get("externalIPs")):
        spec.setdefault("externalTrafficPolicy", "Cluster")
    if kind == "LoadBalancer":
        spec.setdefault("allocateLoadBalancerNodePorts", True)
    if spec.get("clusterIP") and not spec.get("clusterIPs"):
        spec["clusterIPs"] = [spec["clusterIP"]]
    done = {**new, "spec": spec}
    return _with_ip_modes(done) if kind == "LoadBalancer" else done


def _with_ip_modes(service: Obj) -> Obj:
    """Say of each address outside that it is one to route to, where its giver did not."""
    status = service.get("status") or {}
    ingress = (status.get("loadBalancer") or {}).get("ingress")
    if not ingress:
        return service
    told = [
        {**one, "ipMode": one.get("ipMode", "VIP")} if one.get("ip") else one for one in ingress
    ]
    return {**service, "status": {**status, "loadBalancer": {"ingress": told}}}


def _port(port: Obj) -> Obj:
    done = dict(port)
    if done.get("targetPort") in (None, "", 0):
        done["targetPort"] = done.get("port")
    return done


def _keep(spec: Obj, before: Obj) -> None:
    """What the cluster gave stays when it is not mentioned, and goes when the type lost it."""
    kind, was = spec.get("type", "ClusterIP"), before.get("type", "ClusterIP")
    if kind != "ExternalName" and was != "ExternalName" and not spec.get("clusterIP"):
        for name in ("clusterIP", "clusterIPs"):
            if before.get(name):
                spec[name] = before[name]
    for name, kinds in (
        ("externalTrafficPolicy", _OUTSIDE),
        ("allocateLoadBalancerNodePorts", {"LoadBalancer"}),
        ("loadBalancerClass", {"LoadBalancer"}),
        ("healthCheckNodePort", {"LoadBalancer"}),
        ("internalTrafficPolicy", {"ClusterIP", *_OUTSIDE}),
    ):
        lost = was in kinds and kind not in kinds
        if lost and spec.get(name) == before.get(name) and not spec.get("externalIPs"):
            spec.pop(name, None)
    old_ports = {_key(one): one.get("nodePort") for one in before.get("ports") or []}
    for port in spec.get("ports") or []:
        given = old_ports.get(_key(port))
        if kind in _OUTSIDE and not port.get("nodePort") and given and was in _OUTSIDE:
            port["nodePort"] = given
        elif kind not in _OUTSIDE and was in _OUTSIDE and port.get("nodePort") == given:
            port.pop("nodePort", None)


def _key(port: Obj) -> tuple[Any, Any]:
    return port.get("protocol", "TCP"), port.get("port")


def service_rules(new: Obj, old: Obj | None) -> list[Violation]:
    """What is wrong with a Service."""
    spec = new.get("spec") or {}
    found = [*_shape(spec), *_affinity(spec), *_ports(spec), *_addresses(spec)]
    found += labels_violations(spec.get("selector"), "spec.selector")
    if old is not None:
        found += _changes(spec, old.get("spec") or {})
    return found


def _shape(spec: Obj) -> Iterator[Violation]:
    kind = spec.get("type", "ClusterIP")
    if kind == "ExternalName":
        name = str(spec.get("externalName", "")).removesuffix(".")
        if not name:
            yield required("spec.externalName")
        yield from (invalid("spec.externalName", name, why) for why in dns_subdomain(name) if name)
        if spec.get("clusterIP"):
            yield forbidden("spec.clusterIPs[0]", "may not be set for ExternalName services")
    elif not spec.get("ports") and spec.get("clusterIP") != "None":
        yield required("spec.ports")
    yield from _only_of_some_types(spec, kind)


def _only_of_some_types(spec: Obj, kind: str) -> Iterator[Violation]:
    if kind == "LoadBalancer" and spec.get("clusterIP") == "None":
        yield invalid(
            "spec.clusterIPs[0]", "None", "may not be set to 'None' for LoadBalancer services"
        )
    outside = kind in _OUTSIDE or bool(spec.get("externalIPs"))
    if spec.get("externalTrafficPolicy") and not outside:
        why = "may only be set for externally-accessible services"
        yield invalid("spec.externalTrafficPolicy", spec["externalTrafficPolicy"], why)
    if kind != "LoadBalancer":
        for name in ("allocateLoadBalancerNodePorts", "loadBalancerClass"):
            if name in spec:
                yield forbidden(f"spec.{name}", "may only be used when `type` is 'LoadBalancer'")
    check = spec.get("healthCheckNodePort")
    if check and not (kind == "LoadBalancer" and spec.get("externalTrafficPolicy") == "Local"):
        why = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
        yield invalid("spec.healthCheckNodePort", check, why)


def _affinity(spec: Obj) -> Iterator[Violation]:
    timeout = ((spec.get("sessionAffinityConfig") or {}).get("clientIP") or {}).get(
        "timeoutSeconds"
    )
    if timeout is not None and not 1 <= timeout <= _DAY:
        path = "spec.sessionAffinityConfig.clientIP.timeoutSeconds"
        yield invalid(path, timeout, "must be greater than 0 and less than 86400")


def _ports(spec: Obj) -> Iterator[Violation]:
    ports = spec.get("ports") or []
    kind = spec.get("type", "ClusterIP")
    names: set[Any] = set()
    seen: set[tuple[Any, Any]] = set()
    nodes: set[tuple[Any, Any]] = set()
    for number, port in enumerate(ports):
        path = f"spec.ports[{number}]"
        name, protocol, node = (port.get(key) for key in ("name", "protocol", "nodePort"))
        if not name and len(ports) > 1:
            yield required(f"{path}.name")
        yield from _port_shape(port, path)
        if name and name in names:
            yield duplicate(f"{path}.name", name)
        if node:
            yield from _node_port(path, node, kind)
            if (protocol, node) in nodes:
                yield duplicate(f"{path}.nodePort", node)
        if _key(port) in seen:
            # Written as the API server writes it: its inner type, with all fields.
            told = {"Name": "", "Protocol": protocol, "AppProtocol": None}
            told |= {"Port": port.get("port"), "TargetPort": 0, "NodePort": 0}
            yield duplicate(path, told)
        names.add(name)
        nodes.add((protocol, node))
        seen.add(_key(port))


def _port_shape(port: Obj, path: str) -> Iterator[Violation]:
    name, target = port.get("name"), port.get("targetPort")
    if name:
        yield from (invalid(f"{path}.name", name, why) for why in dns_label(name))
    if "port" in port and not is_port(port["port"]):
        yield invalid(f"{path}.port", port["port"], PORT_RANGE)
    if isinstance(target, str):
        yield from (invalid(f"{path}.targetPort", target, why) for why in port_name(target))
    elif target is not None and target != port.get("port") and not is_port(target):
        yield invalid(f"{path}.targetPort", target, PORT_RANGE)


def _node_port(path: str, node: int, kind: str) -> Iterator[Violation]:
    if kind not in _OUTSIDE:
        yield forbidden(f"{path}.nodePort", f"may not be used when `type` is '{kind}'")
    elif node not in _NODE_PORTS:
        why = (
            "provided port is not in the valid range. "
            f"The range of valid ports is {_NODE_PORTS[0]}-{_NODE_PORTS[-1]}"
        )
        yield invalid(f"{path}.nodePort", node, why)


def _addresses(spec: Obj) -> Iterator[Violation]:
    for number, one in enumerate(spec.get("clusterIPs") or []):
        if one not in {"None", ""} and not _parses(ip_address, one):
            yield invalid(f"spec.clusterIPs[{number}]", one, _IP)
    for number, one in enumerate(spec.get("externalIPs") or []):
        if not _parses(ip_address, one):
            yield invalid(f"spec.externalIPs[{number}]", one, _IP)
    for number, one in enumerate(spec.get("loadBalancerSourceRanges") or []):
        if "/" not in one or not _parses(ip_network, one.strip()):
            yield invalid(f"spec.loadBalancerSourceRanges[{number}]", one, _CIDR)


def _parses(kind: Any, text: str) -> bool:  # noqa: ANN401 -- ip_address or ip_network
    try:
        kind(text)
    except ValueError:
        return False
    return True


def _changes(spec: Obj, before: Obj) -> Iterator[Violation]:
    kind, was = spec.get("type", "ClusterIP"), before.get("type", "ClusterIP")
    if "ExternalName" not in {kind, was}:
        had, has = before.get("clusterIPs") or [], spec.get("clusterIPs") or []
        if had and has[:1] != had[:1]:
            yield invalid("spec.clusterIPs[0]", has, _ONCE)
    if kind == was == "LoadBalancer":
        name = "loadBalancerClass"
        if spec.get(name) != before.get(name):
            yield invalid(f"spec.{name}", spec.get(name), _ONCE)
