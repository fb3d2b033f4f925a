"""A speaker's whole configuration as the text FRR is given: MetalLB's FRR mode.

The text is what MetalLB 0.16's templates give, blank lines included, so that a learner who looks
into a real speaker's FRR finds the same. Nothing here decides anything: which peers run and what
they hear comes from metallb_speaker.py.

Source of the text: MetalLB internal/bgp/frr (frr.go, config.go, templates).
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from labs.integrations.metallb_go import SECOND, Network
from labs.integrations.metallb_values import BfdProfile, Community, Peer

_IPV4, _IPV6 = 4, 6
_DEBUGGED: Final = (
    *(f"zebra {what}" for what in ("events", "nht", "kernel", "rib", "nexthop")),
    *(f"bgp {what}" for what in ("neighbor-events", "updates", "keepalives", "nht", "zebra")),
    *(f"bfd {what}" for what in ("network", "peer", "zebra")),
)
LEVELS: Final = {
    "all": "debugging",
    "debug": "debugging",
    "info": "informational",
    "warn": "warnings",
    "error": "error",
    "none": "emergencies",
}
"""FRR's name of each of MetalLB's log levels."""


@dataclass(frozen=True)
class Announced:
    """One prefix with what is said about it; empty `peers`: all hear it."""

    prefix: Network
    local_pref: int = 0
    communities: tuple[Community, ...] = ()
    peers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Session:
    """A session that runs on the node, and what its peer hears."""

    peer: Peer
    announced: tuple[Announced, ...] = ()

    @property
    def id(self) -> str:
        """How lists and maps of this session are called."""
        return f"{self.peer.shown}-{self.peer.vrf}" if self.peer.vrf else self.peer.shown

    @property
    def versions(self) -> tuple[int, ...]:
        """The IP versions the session carries."""
        if self.peer.address is None or self.peer.dual_stack:
            return (_IPV4, _IPV6)
        return (self.peer.address.version,)

    def carried(self) -> tuple[Announced, ...]:
        """What is announced and fits the session's families."""
        return tuple(one for one in self.announced if one.prefix.version in self.versions)


def render(
    hostname: str,
    sessions: Sequence[Session],
    bfd_profiles: Sequence[BfdProfile] = (),
    extras: str = "",
    log_level: str = "info",
) -> str:
    """The text for one node's FRR.

    Args:
        hostname: the node's name.
        sessions: the sessions of the node, in any order.
        bfd_profiles: all profiles, used or not.
        extras: lines to add at the end as they are: the ConfigMap bgpextras.
        log_level: the speaker's --log-level, a key of `LEVELS`.
    """
    routers = _routers(sessions)
    numbers: Counter[str] = Counter()
    level = LEVELS.get(log_level, "informational")
    text = f"log stdout {level}\nlog timestamp precision 3"
    if level == "debugging":
        text += "".join(f"\ndebug {what}" for what in _DEBUGGED)
    text += f"\nhostname {hostname}\nip nht resolve-via-default\nipv6 nht resolve-via-default"
    for router in routers:
        for session in router:
            text += "\n" + "".join(_filters(session, numbers))
    text += "\n\n" + "".join(map(_router, routers))
    if bfd_profiles:
        by_name = sorted(bfd_profiles, key=lambda profile: profile.name)
        text += "\nbfd" + "".join(map(_bfd_profile, by_name))
    if extras:
        text += f"\n{extras}"
    return text + "\n"


def _routers(sessions: Sequence[Session]) -> list[list[Session]]:
    """The sessions by router: one for each AS number, router ID and VRF; sorted as MetalLB does."""
    routers: dict[str, dict[str, Session]] = {}
    for session in sessions:
        peer = session.peer
        router = f"{peer.my_asn}@{peer.router_id or '<nil>'}@{peer.vrf}"
        neighbors = routers.setdefault(router, {})
        neighbors.setdefault(f"{peer.asn}@{peer.shown}@{peer.vrf}", session)
    return [[of[name] for name in sorted(of)] for _, of in sorted(routers.items())]


def _prefixes(announced: Sequence[Announced], version: int) -> list[str]:
    return sorted({str(one.prefix) for one in announced if one.prefix.version == version})


def _filters(session: Session, numbers: Counter[str]) -> Iterator[str]:
    """What the peer hears, and that nothing is learned from it."""

    def number(name: str) -> int:
        numbers[name] += 1
        return numbers[name]

    def listed(family: str, name: str, prefixes: Sequence[str]) -> str:
        return "".join(
            f"\n{family} prefix-list {name} seq {number(name)} permit {prefix}"
            for prefix in prefixes
        )

    yield f"route-map {session.id}-in deny 20"
    local_prefs, communities = _modifiers(session)
    for modifiers in (local_prefs, communities):
        for name, (family, statement, chosen) in sorted(modifiers.items()):
            yield listed(family, name, sorted(chosen))
            yield f"\n\nroute-map {session.id}-out permit {number(session.id)}"
            yield f"\n  match {family} address prefix-list {name}"
            yield f"\n  {statement}\n  on-match next\n"
    for family, version in (("ip", _IPV4), ("ipv6", _IPV6)):
        name = f"{session.id}-allowed-ipv{version}"
        prefixes = _prefixes(session.carried(), version)
        yield "\n\n"
        if not prefixes:
            yield f"\n{family} prefix-list {name} seq {number(name)} deny any"
        yield listed(family, name, prefixes)
    for family, version in (("ip", _IPV4), ("ipv6", _IPV6)):
        yield f"\n\nroute-map {session.id}-out permit {number(session.id)}"
        yield f"\n  match {family} address prefix-list {session.id}-allowed-ipv{version}"


_Modifiers = dict[str, tuple[str, str, set[str]]]
"""Prefix lists by name: the family, what is set for them, the prefixes."""


def _modifiers(session: Session) -> tuple[_Modifiers, _Modifiers]:
    """The lists that set LOCAL_PREF, and those that add communities."""
    local_prefs: _Modifiers = {}
    communities: _Modifiers = {}

    def add(to: _Modifiers, mark: str, statement: str, one: Announced) -> None:
        family = "ip" if one.prefix.version == _IPV4 else "ipv6"
        name = f"{session.id}-{mark.format(family=family)}-prefixes"
        to.setdefault(name, (family, statement, set()))[2].add(str(one.prefix))

    for one in session.carried():
        if one.local_pref:
            statement = f"set local-preference {one.local_pref}"
            add(local_prefs, f"{one.local_pref}-{{family}}-localpref", statement, one)
        for community in one.communities:
            kind, mark = ("large-community", "large:") if community.large else ("community", "")
            statement = f"set {kind} {community} additive"
            add(communities, f"{mark}{community}-{{family}}-community", statement, one)
    return local_prefs, communities


def _router(sessions: Sequence[Session]) -> str:
    first = sessions[0].peer
    text = f"router bgp {first.my_asn}{f' vrf {first.vrf}' if first.vrf else ''}"
    text += "\n  no bgp ebgp-requires-policy\n  no bgp network import-check"
    text += "\n  no bgp default ipv4-unicast\n  bgp graceful-restart preserve-fw-state\n"
    if first.router_id is not None:
        text += f"\n  bgp router-id {first.router_id}"
    text += "".join("".join(_neighbor(session)) for session in sessions)
    text += "".join("".join(_activation(session)) for session in sessions)
    carried = [one for session in sessions for one in session.carried()]
    for version in (_IPV4, _IPV6):
        if networks := _prefixes(carried, version):
            text += f"\n  address-family ipv{version} unicast"
            text += "".join(f"\n    network {network}" for network in networks)
            text += "\n  exit-address-family\n"
    return text + "\n"


def _neighbor(session: Session) -> Iterator[str]:
    peer, called = session.peer, f"\n  neighbor {session.peer.shown}"
    yield f"{called}{' interface' if peer.interface else ''} remote-as {peer.asn}"
    if peer.multihop:
        yield f"{called} ebgp-multihop"
    if peer.local_asn:
        yield f"{called} local-as {peer.local_asn} no-prepend replace-as"
    yield f"{called} port {peer.port}" if peer.port else "\n  "
    if peer.keepalive_time is not None and peer.hold_time is not None:
        yield f"{called} timers {peer.keepalive_time // SECOND} {peer.hold_time // SECOND}"
    if peer.connect_time:
        yield f"{called} timers connect {peer.connect_time // SECOND}"
    yield f"{called} password {peer.password}" if peer.password else "\n  "
    yield f"{called} update-source {peer.source}" if peer.source is not None else "\n  "
    if peer.graceful_restart:
        yield f"{called} graceful-restart"
    if peer.bfd_profile:
        yield f"{called} bfd{called} bfd profile {peer.bfd_profile}"
    if _must_not_check_connection(session):
        yield f"{called} disable-connected-check"


def _must_not_check_connection(session: Session) -> bool:
    """FRR refuses IPv6 eBGP peers it takes for not directly connected."""
    peer = session.peer
    external = peer.asn == "external" or peer.asn not in {"internal", str(peer.my_asn)}
    return session.versions == (_IPV6,) and external and not peer.multihop


def _activation(session: Session) -> Iterator[str]:
    called = f"\n    neighbor {session.peer.shown}"
    yield "\n"
    for version in session.versions:
        yield f"\n  address-family ipv{version} unicast{called} activate"
        yield f"{called} route-map {session.id}-in in{called} route-map {session.id}-out out"
        yield "\n  exit-address-family"


def _bfd_profile(profile: BfdProfile) -> str:
    echo = profile.echo_interval
    lines = (
        ("receive-interval", profile.receive_interval),
        ("transmit-interval", profile.transmit_interval),
        ("detect-multiplier", profile.detect_multiplier),
        ("echo-mode", "" if profile.echo_mode else None),
        ("echo receive-interval", echo),
        ("echo transmit-interval", echo),
        ("passive-mode", "" if profile.passive_mode else None),
        ("minimum-ttl", profile.minimum_ttl),
    )
    told = [f"{word} {value}".rstrip() for word, value in lines if value is not None]
    return f"\n  profile {profile.name}" + "".join(f"\n    {line}" for line in (*told, ""))
