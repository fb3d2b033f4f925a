"""What a Service needs its addresses for.

Source: MetalLB internal/allocator (k8salloc, isPoolCompatibleWithService), controller/service.go.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from labs.integrations.metallb_selectors import any_matches, labels_of
from labs.integrations.metallb_speaker import key
from labs.integrations.metallb_values import Pool
from labs.kube.schema import Obj

_IPV4, _IPV6 = 4, 6


class AllocationError(Exception):
    """There is no address for the Service; the text is MetalLB's."""


@dataclass(frozen=True)
class Request:
    """What a Service needs its addresses for.

    Attributes:
        service: "namespace/name".
        namespace: its namespace.
        labels: its labels.
        ports: ("TCP", 80), ...
        sharing: the key by which it shares an address with others; "" for no.
        backend: its selector when only its own pods may answer (policy Local); else "".
        versions: the IP versions of its cluster addresses.
        policy: its ipFamilyPolicy.
        first: the IP version it prefers.
    """

    service: str
    namespace: str
    labels: Mapping[str, str]
    ports: tuple[tuple[str, int], ...]
    sharing: str
    backend: str
    versions: frozenset[int]
    policy: str
    first: int

    @property
    def family(self) -> str:
        """As MetalLB calls it: "ipv4", "ipv6" or "dual"."""
        return "dual" if len(self.versions) > 1 else f"ipv{next(iter(self.versions), 4)}"


def request(service: Obj, sharing: str, versions: Iterable[int]) -> Request:
    """What a Service asks for."""
    spec = service["spec"]
    local = spec.get("externalTrafficPolicy") == "Local"
    selector = spec.get("selector") or {}
    families = spec.get("ipFamilies") or ["IPv4"]
    return Request(
        key(service),
        service["metadata"].get("namespace", ""),
        labels_of(service),
        tuple((one.get("protocol", "TCP"), one["port"]) for one in spec.get("ports") or ()),
        sharing,
        ",".join(f"{name}={value}" for name, value in sorted(selector.items())) if local else "",
        frozenset(versions),
        spec.get("ipFamilyPolicy") or "SingleStack",
        _IPV6 if families[0] == "IPv6" else _IPV4,
    )


def is_for(pool: Pool, asked: Request) -> bool:
    """Whether a pool may give such a Service an address."""
    if pool.reserved is None:
        return True
    if pool.reserved.namespaces and asked.namespace not in pool.reserved.namespaces:
        return False
    return not pool.reserved.services or any_matches(pool.reserved.services, asked.labels)
