"""From MetalLB's objects to one configuration, or to the message with which it is refused.

MetalLB reads all its objects together and takes all of them or none: what is refused leaves the
configuration before it in force. The webhooks use the same reading with only a few kinds at hand
(metallb_admission.py). Source: MetalLB internal/config/config.go (For) and validation.go.
"""

from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from labs.integrations.metallb_errors import ConfigError, TransientError
from labs.integrations.metallb_go import (
    SECOND,
    Address,
    duration,
    parsed_address,
    quoted,
    shown_duration,
)
from labs.integrations.metallb_modes import check_mode
from labs.integrations.metallb_pools import pools
from labs.integrations.metallb_selectors import names_matching, parsed, spec_of
from labs.integrations.metallb_values import BfdProfile, Config, Peer, Resources
from labs.kube.schema import Obj

_SHORTEST_HOLD: Final = 3 * SECOND
_BASIC_AUTH: Final = "kubernetes.io/basic-auth"
_BFD: Final = (
    ("detectMultiplier", "detect_multiplier", "detect multiplier", 2, 255),
    ("receiveInterval", "receive_interval", "receive interval", 10, 60000),
    ("transmitInterval", "transmit_interval", "transmit interval", 10, 60000),
    ("minimumTtl", "minimum_ttl", "minimum ttl", 1, 254),
    ("echoInterval", "echo_interval", "echo interval", 10, 60000),
)


def configuration(resources: Resources, mode: str = "frr") -> Config:
    """The configuration these objects make.

    Args:
        resources: the objects.
        mode: "frr" or "native": what the speakers can do differs.

    Raises:
        ConfigError: they make none; told in MetalLB's words.
    """
    check_mode(resources, mode)
    profiles = tuple(_profile(one, number) for number, one in enumerate(resources.bfd_profiles, 1))
    known = {profile.name for profile in profiles}
    made = Config(
        peers=tuple(_known_peer(one, resources.secrets, known) for one in resources.peers),
        pools=pools(resources),
        bfd_profiles=profiles,
        extras=((resources.extras or {}).get("data") or {}).get("extras", ""),
    )
    _check_echo(made)
    return made


def by_name(resources: Resources) -> Resources:
    """The objects sorted by name, as speakers and controller read them."""

    def ordered(objects: Sequence[Obj]) -> list[Obj]:
        return sorted(objects, key=lambda one: str(one["metadata"]["name"]))

    return replace(
        resources,
        pools=ordered(resources.pools),
        peers=ordered(resources.peers),
        bfd_profiles=ordered(resources.bfd_profiles),
        bgp_advertisements=ordered(resources.bgp_advertisements),
        l2_advertisements=ordered(resources.l2_advertisements),
        communities=ordered(resources.communities),
        nodes=ordered(resources.nodes),
        namespaces=ordered(resources.namespaces),
    )


def for_node(resources: Resources, node: Obj) -> Resources:
    """Only the peers and BGP advertisements that are for this node.

    A mistake among those of another node is no concern of this node's speaker.
    """

    def own(objects: Sequence[Obj]) -> list[Obj]:
        return [one for one in objects if _is_for(one, node)]

    return replace(
        resources, peers=own(resources.peers), bgp_advertisements=own(resources.bgp_advertisements)
    )


def _is_for(one: Obj, node: Obj) -> bool:
    given = spec_of(one).get("nodeSelectors")
    return not given or bool(names_matching([node], [parsed([each], "")[0] for each in given]))


def _profile(one: Obj, number: int) -> BfdProfile:
    spec = spec_of(one)
    numbers = {}
    for key, field, words, least, most in _BFD:
        value = spec.get(key)
        if value is not None and not least <= value <= most:
            raise ConfigError(
                f"parsing bfd profile #{number}: invalid value {value}, must be in "
                f"{least}-{most} range\ninvalid {words} value"
            )
        numbers[field] = value
    return BfdProfile(
        one["metadata"]["name"],
        echo_mode=bool(spec.get("echoMode")),
        passive_mode=bool(spec.get("passiveMode")),
        **numbers,
    )


def _known_peer(one: Obj, secrets: Mapping[str, Obj], profiles: set[str]) -> Peer:
    name = one["metadata"]["name"]
    try:
        peer = _peer(one, secrets)
    except ConfigError as why:
        raise type(why)(f"parsing peer {name} {why}") from None
    if peer.bfd_profile and peer.bfd_profile not in profiles:
        raise TransientError(f"peer {name} referencing non existing bfd profile {peer.bfd_profile}")
    return peer


def _peer(one: Obj, secrets: Mapping[str, Obj]) -> Peer:
    spec = spec_of(one)
    asn = _peer_asn(spec)
    address, interface = spec.get("peerAddress", ""), spec.get("interface", "")
    if not address and not interface:
        raise ConfigError("peer has no Address or Interface specified")
    if address and interface:
        raise ConfigError("peer has both Address and Interface specified")
    hold, keepalive = _timers(spec)
    connect = spec.get("connectTime")
    return Peer(
        name=one["metadata"]["name"],
        my_asn=spec["myASN"],
        asn=asn,
        address=_address(address, "BGPPeer address"),
        interface=interface,
        router_id=_address(spec.get("routerID", ""), "router ID"),
        source=_address(spec.get("sourceAddress", ""), "source IP"),
        nodes=parsed(spec.get("nodeSelectors"), "nodeSelectors"),
        password=_password(one, secrets),
        port=spec.get("peerPort", 0),
        hold_time=hold,
        keepalive_time=keepalive,
        connect_time=None if connect is None else duration(connect),
        bfd_profile=spec.get("bfdProfile", ""),
        graceful_restart=spec.get("enableGracefulRestart", False),
        multihop=spec.get("ebgpMultiHop", False),
        vrf=spec.get("vrf", ""),
        local_asn=spec.get("localASN", 0),
        dual_stack=spec.get("dualStackAddressFamily", False),
    )


def _peer_asn(spec: Obj) -> str:
    mine, asn, dynamic = spec.get("myASN", 0), spec.get("peerASN", 0), spec.get("dynamicASN", "")
    if not mine:
        raise ConfigError("missing local ASN")
    if not asn and not dynamic:
        raise ConfigError("missing peer ASN and dynamicASN")
    if asn and dynamic:
        raise ConfigError("both peer ASN and dynamicASN specified")
    if dynamic not in {"", "internal", "external"}:
        raise ConfigError(f"invalid dynamicASN {dynamic}")
    if asn == mine and spec.get("ebgpMultiHop"):
        raise ConfigError("invalid ebgp-multihop parameter set for an ibgp peer")
    return str(dynamic or asn)


def _address(text: str, what: str) -> Address | None:
    address = parsed_address(text) if text else None
    if text and address is None:
        raise ConfigError(f"invalid {what} {quoted(text)}")
    return address


def _timers(spec: Obj) -> tuple[int | None, int | None]:
    """Hold and keepalive time: where only one is given, the other is three times or a third."""
    hold = None if spec.get("holdTime") is None else duration(spec["holdTime"])
    keepalive = None if spec.get("keepaliveTime") is None else duration(spec["keepaliveTime"])
    told = tuple(
        "<nil>" if one is None else quoted(shown_duration(one)) for one in (hold, keepalive)
    )
    if hold is None:
        if keepalive is None:
            return None, None
        hold = 3 * keepalive
    elif keepalive is None:
        keepalive = hold // 3
    rounded = hold // SECOND * SECOND
    if rounded and rounded < _SHORTEST_HOLD:
        raise ConfigError(f"invalid BGPPeer timers: invalid hold time {told[0]}: must be 0 or >=3s")
    if keepalive > hold:
        raise ConfigError(
            f"invalid BGPPeer timers: invalid keepaliveTime {told[1]}, "
            f"must be lower than holdTime {told[0]}"
        )
    return hold, keepalive


def _password(one: Obj, secrets: Mapping[str, Obj]) -> str:
    spec, name = spec_of(one), one["metadata"]["name"]
    namespace = one["metadata"].get("namespace", "")
    plain = str(spec.get("password", ""))
    reference = (spec.get("passwordSecret") or {}).get("name", "")
    if not reference:
        return plain
    peer = f"{quoted(namespace)}/{quoted(name)}"
    if plain:
        raise ConfigError(f"can not have both password and secret ref set in peer config {peer}")
    told = f"\nfailed to parse peer {name} password secret"
    secret = secrets.get(reference)
    if secret is None:
        raise TransientError(f"secret ref not found for peer config {peer}{told}")
    place = f"{quoted(secret['metadata'].get('namespace', ''))}/{quoted(reference)}"
    if secret.get("type") != _BASIC_AUTH:
        raise ConfigError(
            f"secret type mismatch on {place}, type {quoted(_BASIC_AUTH)} is expected {told}"
        )
    data = secret.get("data") or {}
    if "password" not in data:
        raise ConfigError(f"password not specified in the secret {place}{told}")
    return b64decode(data["password"]).decode(errors="replace")


def _check_echo(made: Config) -> None:
    """BFD cannot send echoes over IPv6 (RFC 5881 allows it; FRR does not do it)."""
    echoing = {profile.name for profile in made.bfd_profiles if profile.echo_mode}
    for pool in made.pools:
        if 6 not in pool.versions():  # noqa: PLR2004 -- the IP version
            continue
        for advertisement in pool.advertisements:
            for peer in made.peers:
                heard = not advertisement.peers or peer.name in advertisement.peers
                if heard and peer.bfd_profile in echoing:
                    raise ConfigError(
                        f"pool {pool.name} has bgpadvertisement {advertisement.name} which "
                        f"references peer {peer.name} which has bfd echo enabled, which is not "
                        "possible"
                    )
