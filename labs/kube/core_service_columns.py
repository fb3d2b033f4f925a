"""What `kubectl get` shows of Services and EndpointSlices, as a cluster shows it."""

from collections.abc import Iterable

from labs.kube.core_meta import shown_labels
from labs.kube.kinds import Column
from labs.kube.schema import Obj

_MOST = 3  # endpoints and ports that a slice's row names


def _external(service: Obj) -> str:
    spec = service.get("spec", {})
    kind, more = spec.get("type", "ClusterIP"), spec.get("externalIPs", [])
    if kind == "ExternalName":
        return str(spec.get("externalName", "<none>"))
    given = []
    if kind == "LoadBalancer":
        ingress = service.get("status", {}).get("loadBalancer", {}).get("ingress", [])
        given = sorted({one.get("ip") or one.get("hostname") or "" for one in ingress} - {""})
    shown = ",".join([*given, *more])
    return shown or ("<pending>" if kind == "LoadBalancer" else "<none>")


def _cluster(service: Obj) -> str:
    spec = service.get("spec", {})
    addresses = spec.get("clusterIPs") or [spec.get("clusterIP")]
    return addresses[0] or "<none>"


def _ports(service: Obj) -> str:
    shown = []
    for port in service.get("spec", {}).get("ports", []):
        node = f":{port['nodePort']}" if port.get("nodePort") else ""
        shown.append(f"{port.get('port')}{node}/{port.get('protocol', 'TCP')}")
    return ",".join(shown) or "<none>"


SERVICE_COLUMNS = (
    Column("Type", ".spec.type", description="How far it reaches."),
    Column("Cluster-IP", _cluster, description="Its address in the cluster."),
    Column("External-IP", _external, description="Its addresses outside."),
    Column("Port(s)", _ports, description="Its ports, and those of the nodes."),
    Column(
        "Selector",
        lambda service: shown_labels(service.get("spec", {}).get("selector")),
        description="The labels of its pods.",
        wide=True,
    ),
)


def _some(values: Iterable[str]) -> str:
    all_of_them = list(values)
    shown = ",".join(all_of_them[:_MOST]) or "<unset>"
    more = len(all_of_them) - _MOST
    return f"{shown} + {more} more..." if more > 0 else shown


def _slice_ports(piece: Obj) -> str:
    return _some(str(port.get("port", "*")) for port in piece.get("ports") or [])


def _endpoints(piece: Obj) -> str:
    return _some(
        address for one in piece.get("endpoints") or [] for address in one.get("addresses", [])
    )


ENDPOINT_SLICE_COLUMNS = (
    Column("AddressType", ".addressType", description="IPv4, IPv6 or FQDN."),
    Column("Ports", _slice_ports, description="The pods' ports."),
    Column("Endpoints", _endpoints, description="The pods' addresses."),
)
