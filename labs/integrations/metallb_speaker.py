"""What one speaker announces, and why it does not.

Each node's speaker decides for itself, for each Service: MetalLB has no leader in BGP mode. The
reasons are MetalLB's own words, as its logs have them.

Source: MetalLB speaker/main.go (SetBalancer) and speaker/bgp_controller.go (ShouldAnnounce).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Final

from labs.integrations.metallb_frr import Announced, Session
from labs.integrations.metallb_go import Address, parsed_address
from labs.integrations.metallb_pools import local_prefs_agree
from labs.integrations.metallb_selectors import any_matches, labels_of
from labs.integrations.metallb_values import Advertisement, Config, Peer, Pool
from labs.kube.schema import Obj

EXCLUDED: Final = "node.kubernetes.io/exclude-from-external-load-balancers"
"""The label that keeps a node out; its value does not matter, not even "false"."""

MOST_COMMUNITIES: Final = 63


@dataclass(frozen=True)
class Decision:
    """What a speaker does about a Service.

    Attributes:
        service: "namespace/name".
        reason: why it is not announced; "" when it is.
        why: more on the reason, where MetalLB's log says more.
        pool: the pool its addresses are from.
        addresses: its addresses.
        announced: what is announced for it.
    """

    service: str
    reason: str = ""
    why: str = ""
    pool: str = ""
    addresses: tuple[Address, ...] = ()
    announced: tuple[Announced, ...] = ()


def key(service: Obj) -> str:
    """How MetalLB calls a Service: "namespace/name"."""
    return f"{service['metadata'].get('namespace', '')}/{service['metadata']['name']}"


def decide(config: Config, node: Obj, service: Obj, slices: Iterable[Obj]) -> Decision:
    """Whether the node's speaker announces a Service.

    Args:
        config: the configuration the speaker has.
        node: the speaker's Node.
        service: the Service.
        slices: its EndpointSlices.
    """
    name = key(service)
    if service["spec"].get("type") != "LoadBalancer":
        return Decision(name, "notLoadBalancer")
    ingress = ((service.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
    if not ingress:
        return Decision(name, "noIPAllocated")
    addresses = [parsed_address(one.get("ip", "")) for one in ingress]
    known = tuple(one for one in addresses if one is not None)
    if len(known) < len(addresses):
        return Decision(name, "invalidIP")
    pool = pool_of(config.pools, known)
    if pool is None:
        return Decision(name, "ipNotAllowed", addresses=known)
    here = node["metadata"]["name"]
    chosen = [one for one in pool.advertisements if _is_for(one, here, service)]
    reason, why = _refusal(pool, chosen, node, service, slices)
    if reason:
        return Decision(name, reason, why, pool.name, known)
    announced = tuple(_announced(address, one) for address in known for one in chosen)
    return Decision(name, pool=pool.name, addresses=known, announced=announced)


def pool_of(pools: Iterable[Pool], addresses: Sequence[Address]) -> Pool | None:
    """The pool that has all these addresses."""
    return next((one for one in pools if all(map(one.holds, addresses))), None)


def _is_for(advertisement: Advertisement, node: str, service: Obj) -> bool:
    if node not in advertisement.nodes:
        return False
    return not advertisement.services or any_matches(advertisement.services, labels_of(service))


def _refusal(
    pool: Pool, chosen: Sequence[Advertisement], node: Obj, service: Obj, slices: Iterable[Obj]
) -> tuple[str, str]:
    here = node["metadata"]["name"]
    if not any(here in one.nodes for one in pool.advertisements):
        return "notOwner", "pool not matching my node"
    if not chosen:
        return "noMatchingAdvertisement", "no advertisement matching service"
    if conflict := _conflict(chosen, pool):
        return "conflictingAdvertisements", conflict
    return _unfit(node) or _without_endpoint(here, service, slices) or ("", "")


def _unfit(node: Obj) -> tuple[str, str] | None:
    if _network_is_unavailable(node):
        return (
            "nodeNetworkUnavailable",
            "speaker's node has NodeNetworkUnavailable condition",
        )
    if EXCLUDED in labels_of(node):
        return "nodeLabeledExcludeBalancers", f"speaker's node has labeled '{EXCLUDED}'"
    return None


def _without_endpoint(here: str, service: Obj, slices: Iterable[Obj]) -> tuple[str, str] | None:
    serving = [one.get("nodeName") for piece in slices for one in _serving(piece)]
    if service["spec"].get("externalTrafficPolicy") == "Local" and here not in serving:
        return "noLocalEndpoints", ""
    return None if serving else ("noEndpoints", "")


def _conflict(chosen: Sequence[Advertisement], pool: Pool) -> str:
    for number, one in enumerate(chosen):
        for other in chosen[number + 1 :]:
            if not local_prefs_agree(one, other, pool):
                return (
                    f"advertisements '{one.name}' and '{other.name}' have conflicting LOCAL_PREF "
                    f"({one.local_pref} vs {other.local_pref})"
                )
    return ""


def _network_is_unavailable(node: Obj) -> bool:
    conditions = (node.get("status") or {}).get("conditions") or ()
    found = [one["status"] for one in conditions if one["type"] == "NetworkUnavailable"]
    return found[:1] == ["True"]


def _serving(piece: Obj) -> list[Obj]:
    """The endpoints of a slice that take traffic: those that are ready, or at least serving."""

    def serves(endpoint: Obj) -> bool:
        conditions = endpoint.get("conditions") or {}
        return conditions.get("ready") is not False or conditions.get("serving") is True

    endpoints = piece.get("endpoints") or ()
    return [one for one in endpoints if one.get("addresses") and serves(one)]


def _announced(address: Address, advertisement: Advertisement) -> Announced:
    length = advertisement.length(address.version)
    return Announced(
        ip_network(f"{address}/{length}", strict=False),
        advertisement.local_pref,
        tuple(sorted(advertisement.communities, key=lambda one: one.order)),
        advertisement.peers,
    )


def running(config: Config, node: Obj) -> tuple[Peer, ...]:
    """The peers that the node has a session with, up or not."""
    carried = labels_of(node)
    return tuple(one for one in config.peers if not one.nodes or any_matches(one.nodes, carried))


def sessions(peers: Iterable[Peer], decisions: Iterable[Decision]) -> tuple[Session, ...]:
    """Each peer's session with what it hears."""
    everything = [one for decision in decisions for one in decision.announced]
    return tuple(
        Session(peer, tuple(one for one in everything if not one.peers or peer.name in one.peers))
        for peer in peers
    )


def peers_by_service(
    opened: Iterable[Session], decisions: Iterable[Decision]
) -> Mapping[str, tuple[str, ...]]:
    """The names of the peers that hear of each Service, as ServiceBGPStatus lists them.

    MetalLB goes by prefixes: Services that share one (aggregated) prefix share its peers.
    """
    services: dict[str, set[str]] = {}
    for decision in decisions:
        for one in decision.announced:
            services.setdefault(str(one.prefix), set()).add(decision.service)
    heard: dict[str, set[str]] = {}
    for session in opened:
        for one in session.announced:
            for service in services.get(str(one.prefix), ()):
                heard.setdefault(service, set()).add(session.peer.name)
    return {service: tuple(sorted(peers)) for service, peers in sorted(heard.items())}


def too_many_communities(session: Session) -> str:
    """Why MetalLB does not take what the peer should hear; "" when it does."""
    for one in session.announced:
        if len(one.communities) > MOST_COMMUNITIES:
            return f"max supported communities is {MOST_COMMUNITIES}, got {len(one.communities)}"
    return ""
