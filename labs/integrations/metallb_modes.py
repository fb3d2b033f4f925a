"""What each of MetalLB's BGP modes cannot do.

"frr" runs one FRR on each node, whose peers must get along in it. "native" is MetalLB's own small
BGP speaker: IPv4, standard communities, no BFD. Source: MetalLB internal/config/validation.go.
"""

from collections.abc import Sequence
from typing import Final

from labs.integrations.metallb_errors import ConfigError
from labs.integrations.metallb_go import duration, parsed_networks, quoted
from labs.integrations.metallb_pools import selected_nodes
from labs.integrations.metallb_selectors import any_matches, labels_of, parsed, spec_of
from labs.integrations.metallb_values import Resources, parsed_community
from labs.kube.schema import Obj

MODES: Final = ("frr", "native")

_FRR_ONLY: Final = (
    ("vrf", "vrf set"),
    ("connectTime", "connect time set"),
    ("enableGracefulRestart", "EnableGracefulRestart flag set"),
    ("disableMP", "disable MP flag set"),
    ("dualStackAddressFamily", "dualstackaddressfamily flag set"),
    ("dynamicASN", "dynamicASN set"),
    ("interface", "interface set"),
    ("localASN", "localASN set"),
)


def check_mode(resources: Resources, mode: str) -> None:
    """Refuse what the mode cannot do.

    Raises:
        ConfigError: names the peer, the pool or the community.
    """
    if mode == "native":
        _check_native(resources)
    else:
        _check_frr(resources)


def _check_frr(resources: Resources) -> None:
    peers = resources.peers
    for number, one in enumerate(peers):
        for other in peers[:number]:
            if _share_a_node(one, other, resources.nodes):
                _check_together(spec_of(one), spec_of(other))


def _share_a_node(one: Obj, other: Obj, nodes: Sequence[Obj]) -> bool:
    if not nodes:
        return True
    first, second = (
        selected_nodes(nodes, parsed(spec_of(peer).get("nodeSelectors"), "nodeSelectors"))
        for peer in (one, other)
    )
    return bool(first & second)


def _check_together(one: Obj, other: Obj) -> None:
    ids = one.get("routerID", ""), other.get("routerID", "")
    if ids[0] != ids[1]:
        raise ConfigError(
            f"peer {ids[0]} has RouterID different from {ids[1]}, in FRR mode peers selecting the "
            "same node must all have the same RouterID"
        )
    if _identifier(one) == _identifier(other):
        raise ConfigError(
            f"peer {_identifier(one)} already exists, FRR mode doesn't support duplicate BGPPeers "
            "selecting the same node"
        )
    if one.get("myASN", 0) != other.get("myASN", 0) and one.get("vrf", "") == other.get("vrf", ""):
        raise ConfigError(
            f"peer {_identifier(one)} has myAsn different from {_identifier(other)}, in FRR mode "
            "peers selecting the same node must have the same myAsn within the same VRF"
        )


def _identifier(spec: Obj) -> str:
    where = spec.get("peerAddress") or spec.get("interface", "")
    return f"{where}-{spec['vrf']}" if spec.get("vrf") else str(where)


def _check_native(resources: Resources) -> None:
    for peer in resources.peers:
        spec = spec_of(peer)
        found = ["bfd-profile set"] if spec.get("bfdProfile") else []
        if duration(spec.get("keepaliveTime") or "0"):
            found.append("keepalive-time set")
        found += [words for field, words in _FRR_ONLY if spec.get(field)]
        if found:
            raise ConfigError(
                f"peer {spec.get('peerAddress', '')} has {found[0]} on native bgp mode"
            )
    if resources.bfd_profiles:
        raise ConfigError("bfd profiles section set")
    _check_no_ipv6(resources)
    _check_no_large_communities(resources)


def _check_no_ipv6(resources: Resources) -> None:
    for pool in resources.pools:
        if not any(_announces(one, pool) for one in resources.bgp_advertisements):
            continue
        name = pool["metadata"]["name"]
        for text in spec_of(pool).get("addresses") or ():
            try:
                networks = parsed_networks(text)
            except ConfigError as why:
                raise ConfigError(
                    f"invalid CIDR {quoted(text)} in pool {quoted(name)}: {why}"
                ) from None
            for network in networks:
                if network.version != 4:  # noqa: PLR2004 -- the IP version
                    raise ConfigError(
                        f"pool {quoted(name)} has ipv6 CIDR {network}, native bgp mode does not "
                        "support ipv6"
                    )


def _announces(advertisement: Obj, pool: Obj) -> bool:
    spec = spec_of(advertisement)
    listed, by_label = spec.get("ipAddressPools"), spec.get("ipAddressPoolSelectors")
    if not listed and not by_label:
        return True
    chosen = parsed(by_label, "ipAddressPoolSelectors")
    return pool["metadata"]["name"] in (listed or ()) or any_matches(chosen, labels_of(pool))


def _check_no_large_communities(resources: Resources) -> None:
    for one in resources.bgp_advertisements:
        for text in spec_of(one).get("communities") or ():
            if _is_large(text):
                raise ConfigError(
                    "native BGP mode only supports legacy communities, BGP advertisement "
                    f"{quoted(one['metadata']['name'])} has non legacy community {quoted(text)}"
                )
    for one in resources.communities:
        for alias in spec_of(one).get("communities") or ():
            if _is_large(alias.get("value", "")):
                name, value = quoted(alias.get("name", "")), quoted(alias.get("value", ""))
                raise ConfigError(
                    "native BGP mode only supports legacy communities, BGP community CR "
                    f"{quoted(one['metadata']['name'])} has non legacy community "
                    f"{{{name} {value}}}"
                )


def _is_large(text: str) -> bool:
    try:
        return parsed_community(text).large
    except ConfigError:
        return False  # an alias, or a mistake that is told elsewhere
