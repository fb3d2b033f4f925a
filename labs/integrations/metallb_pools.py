"""Pools, and which advertisements announce them.

Source: MetalLB internal/config/config.go (poolsFor and what it calls).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from labs.integrations.metallb_errors import ConfigError, TransientError
from labs.integrations.metallb_go import Network, parsed_networks, quoted, rune
from labs.integrations.metallb_selectors import (
    Selector,
    any_matches,
    check_unique,
    labels_of,
    names_matching,
    parsed,
    spec_of,
)
from labs.integrations.metallb_values import (
    Advertisement,
    Community,
    Pool,
    Reservation,
    Resources,
    parsed_community,
)
from labs.kube.schema import Obj

_IPV4, _IPV6 = 4, 6


def pools(resources: Resources) -> tuple[Pool, ...]:
    """The pools, each with the BGP advertisements that announce it, in the order given.

    Raises:
        ConfigError: a pool or an advertisement is refused.
    """
    aliases = _aliases(resources.communities)
    made: dict[str, Pool] = {}
    taken: list[Network] = []
    for one in resources.pools:
        name = one["metadata"]["name"]
        try:
            pool = _pool(one, resources.namespaces)
        except ConfigError as why:
            raise ConfigError(f"parsing address pool {name}: {why}") from None
        for network in pool.networks:
            for other in taken:
                if network.version == other.version and network.overlaps(other):
                    raise ConfigError(
                        f"CIDR {quoted(network)} in pool {quoted(name)} overlaps with already "
                        f"defined CIDR {quoted(other)}"
                    )
            taken.append(network)
        made[name] = pool
    for one in resources.l2_advertisements:
        _check_l2(one)
    for one in resources.bgp_advertisements:
        advertisement = _advertisement(one, aliases, resources.nodes)
        for name in _announced(one, resources.pools):
            if name in made:
                _check_pair(advertisement, made[name])
                pool = made[name]
                made[name] = replace(pool, advertisements=(*pool.advertisements, advertisement))
    return tuple(made.values())


def local_prefs_agree(one: Advertisement, other: Advertisement, pool: Pool) -> bool:
    """Whether two advertisements can announce the same Service: same update, same LOCAL_PREF."""
    if one.local_pref == other.local_pref:
        return True
    versions = pool.versions()
    if not versions or all(one.length(each) != other.length(each) for each in versions):
        return True
    if one.peers and other.peers and not set(one.peers) & set(other.peers):
        return True
    return not one.nodes & other.nodes


def selected_nodes(nodes: Sequence[Obj], chosen: Sequence[Selector]) -> frozenset[str]:
    """The nodes' names that selectors choose; without a selector, all."""
    if not chosen:
        return frozenset(one["metadata"]["name"] for one in nodes)
    return names_matching(nodes, chosen)


def _aliases(communities: Sequence[Obj]) -> dict[str, Community]:
    known: dict[str, Community] = {}
    for one in communities:
        for alias in spec_of(one).get("communities") or ():
            name = alias.get("name", "")
            try:
                value = parsed_community(alias.get("value", ""))
            except ConfigError as why:
                raise ConfigError(f"parsing community {quoted(name)}: {why}") from None
            if name in known:
                raise ConfigError(f"duplicate definition of community {quoted(name)}")
            known[name] = value
    return known


def _pool(one: Obj, namespaces: Sequence[Obj]) -> Pool:
    spec, name = spec_of(one), one["metadata"]["name"]
    if not spec.get("addresses"):
        raise ConfigError("pool has no prefixes defined")
    given: dict[str, tuple[Network, ...]] = {}
    for text in spec["addresses"]:
        try:
            networks = parsed_networks(text)
        except ConfigError as why:
            raise ConfigError(
                f"invalid CIDR {quoted(text)} in pool {quoted(name)}: {why}"
            ) from None
        given[text] = given.get(text, ()) + networks
    return Pool(
        name,
        tuple(given.items()),
        auto_assign=spec.get("autoAssign", True),
        avoid_buggy=spec.get("avoidBuggyIPs", False),
        reserved=_reservation(spec.get("serviceAllocation"), namespaces),
    )


def _reservation(given: Obj | None, namespaces: Sequence[Obj]) -> Reservation | None:
    if given is None:
        return None
    listed, priority = given.get("namespaces") or [], given.get("priority", 0)
    if len(set(listed)) < len(listed):
        raise ConfigError("duplicate definition in namespaces field")
    by_label, services = given.get("namespaceSelectors"), given.get("serviceSelectors")
    if not listed and not by_label and not services:
        return Reservation(priority, services=(Selector(),))
    chosen = parsed(by_label, "namespaceSelectors")
    return Reservation(
        priority,
        frozenset(listed) | names_matching(namespaces, chosen),
        parsed(services, "serviceSelectors"),
    )


def _check_l2(one: Obj) -> None:
    """Refuse what MetalLB refuses; the lab's speakers do not answer ARP."""
    spec = spec_of(one)
    check_unique(spec.get("ipAddressPools") or (), "ipAddressPools")
    for field in ("ipAddressPoolSelectors", "nodeSelectors", "serviceSelectors"):
        parsed(spec.get(field), field)
    for preferred in spec.get("preferredNodeSelectors") or ():
        parsed([preferred["preference"]], "preferredNodeSelectors")


def _advertisement(
    one: Obj, aliases: Mapping[str, Community], nodes: Sequence[Obj]
) -> Advertisement:
    spec, name = spec_of(one), one["metadata"]["name"]
    check_unique(spec.get("ipAddressPools") or (), "ipAddressPools")
    check_unique(spec.get("communities") or (), "community")
    check_unique(spec.get("peers") or (), "peers")
    parsed(spec.get("ipAddressPoolSelectors"), "ipAddressPoolSelectors")
    on_nodes = parsed(spec.get("nodeSelectors"), "nodeSelectors")
    services = parsed(spec.get("serviceSelectors"), "serviceSelectors")
    length, length_v6 = spec.get("aggregationLength", 32), spec.get("aggregationLengthV6", 128)
    for field, value, whole in (
        ("aggregationLength", length, 32),
        ("aggregationLengthV6", length_v6, 128),
    ):
        if services and value != whole:
            raise ConfigError(
                f"serviceSelectors and {field} are mutually exclusive, both cannot be set in {name}"
            )
    for version, value, whole in ((_IPV4, length, 32), (_IPV6, length_v6, 128)):
        if value > whole:
            raise ConfigError(f"invalid aggregation length {rune(value)} for IPv{version}")
    return Advertisement(
        name,
        length,
        length_v6,
        spec.get("localPref", 0),
        frozenset(_community(text, aliases) for text in spec.get("communities") or ()),
        selected_nodes(nodes, on_nodes),
        tuple(spec.get("peers") or ()),
        tuple(sorted(services, key=str)),
    )


def _community(text: str, aliases: Mapping[str, Community]) -> Community:
    if text in aliases:
        return aliases[text]
    try:
        return parsed_community(text)
    except ConfigError as why:
        told = f"{why}\ninvalid community {quoted(text)} in BGP advertisement"
        raise (TransientError if why.transient else ConfigError)(told) from None


def _announced(one: Obj, known: Sequence[Obj]) -> list[str]:
    """The pools an advertisement is for: those it names, then those it selects, or all."""
    spec = spec_of(one)
    listed = spec.get("ipAddressPools") or []
    chosen = parsed(spec.get("ipAddressPoolSelectors"), "ipAddressPoolSelectors")
    if not listed and not chosen:
        return [pool["metadata"]["name"] for pool in known]
    selected = [pool["metadata"]["name"] for pool in known if any_matches(chosen, labels_of(pool))]
    return [*listed, *selected]


def _check_pair(advertisement: Advertisement, pool: Pool) -> None:
    for text, networks in pool.given:
        if not networks:
            continue
        shortest = min(network.prefixlen for network in networks)
        if advertisement.length(networks[0].version) < shortest:
            raise ConfigError(
                f"invalid aggregation length {advertisement.aggregation_length}: prefix "
                f"{shortest} in this pool is more specific than the aggregation length for "
                f"addresses {text}"
            )
    if advertisement.services:
        return
    for other in pool.advertisements:
        if not other.services and not local_prefs_agree(advertisement, other, pool):
            raise ConfigError(
                f"invalid local preference {advertisement.local_pref}: local preferernce "
                f"{other.local_pref} was already set for the same type of BGP update. Check "
                "existing BGP advertisements with common pools and aggregation lengths"
            )
