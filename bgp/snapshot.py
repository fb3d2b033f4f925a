"""What a whole lab knows at one moment, as one value that can be kept and compared.

A snapshot answers "what changed?": before and after a cut, an upgrade, a new filter. It holds
what routers decided and what kernels do, no clocks and no counters, so that two snapshots of an
unchanged lab are equal. `bgp/snapshot_json.py` saves and loads it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from bgp.route import Path

Facts = Mapping[str, str]
"""Facts of one kind about one host: what each is about, and what it says, both as text."""


@dataclass(frozen=True, slots=True)
class Neighbor:
    """One BGP session as one router sees it.

    Attributes:
        address: the neighbour's address.
        name: the neighbour's name for people.
        asn: its AS number.
        state: the session's state in the router's own word (`Established`, `Active`, ...).
        received: prefixes in Adj-RIB-In (RFC 4271 section 1.1), before policy where the router
            keeps that; None where it does not say.
        sent: prefixes in Adj-RIB-Out; None where it does not say.
    """

    address: str
    name: str
    asn: int
    state: str
    received: tuple[str, ...] | None = None
    sent: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class RibEntry:
    """What a router holds for one prefix in its Loc-RIB, losers included.

    Attributes:
        prefix: the prefix.
        paths: its paths, in the order the router lists them.
        best: id of the path it uses, None when it uses none.
        multipath: ids of those that share the traffic, best included, sorted.
    """

    prefix: str
    paths: tuple[Path, ...]
    best: str | None
    multipath: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KernelRoute:
    """A route that packets follow.

    Attributes:
        prefix: the destination, `default` included.
        next_hops: `ADDRESS dev INTERFACE`, `dev INTERFACE`, or a kind such as `blackhole`; sorted.
        protocol: who put it there (`bgp`, `static`, `kernel`, ...).
        metric: its preference, lower first.
    """

    prefix: str
    next_hops: tuple[str, ...]
    protocol: str
    metric: int = 0


@dataclass(frozen=True, slots=True)
class Translation:
    """A Service's address on a node and where kube-proxy's rules send it.

    Attributes:
        service: `ADDRESS:PORT/PROTOCOL`.
        endpoints: `ADDRESS:PORT` of each, sorted; empty when traffic is refused or dropped.
        source: what the pod sees as source: `kept` or `the node's`.
    """

    service: str
    endpoints: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Bfd:
    """A BFD session (RFC 5880).

    Attributes:
        address: the remote system.
        state: `up`, `down`, `init` or `admindown`.
        detection: the detection time in milliseconds, None while it is not negotiated.
    """

    address: str
    state: str
    detection: int | None = None


@dataclass(frozen=True, slots=True)
class Interface:
    """A host's end of a link."""

    name: str
    up: bool
    mtu: int
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HostSnapshot:
    """All that one host knows.

    Attributes:
        daemon: its routing daemon with version, None for a host without one.
        running: whether that daemon answers.
    """

    daemon: str | None = None
    running: bool = True
    neighbors: tuple[Neighbor, ...] = ()
    rib: tuple[RibEntry, ...] = ()
    kernel: tuple[KernelRoute, ...] = ()
    translations: tuple[Translation, ...] = ()
    bfd: tuple[Bfd, ...] = ()
    interfaces: tuple[Interface, ...] = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A lab at one moment.

    Attributes:
        title: what was running, for people.
        taken: when, in UTC (`2026-11-23T12:00:00Z`); not compared.
        hosts: by name.
    """

    title: str
    hosts: Mapping[str, HostSnapshot]
    taken: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Difference:
    """One fact that is not the same in two snapshots.

    Attributes:
        host: where.
        kind: a key of `KINDS`.
        about: what the fact is about: a neighbour, a prefix, a Service, an interface.
        before: what it said, None when it was not there.
        after: what it says, None when it is gone.
    """

    host: str
    kind: str
    about: str
    before: str | None
    after: str | None

    def __str__(self) -> str:
        """Say it in one line."""
        what = f"{self.host}: {KINDS[self.kind]}{f' {self.about}' if self.about else ''}"
        if self.before is None:
            return f"{what}: new, {self.after}"
        if self.after is None:
            return f"{what}: gone, was {self.before}"
        return f"{what}: {self.after}, was {self.before}"


def compare(before: Snapshot, after: Snapshot) -> tuple[Difference, ...]:
    """Return every fact that differs, by host in the first snapshot's order, then by kind.

    A snapshot compared with itself gives nothing; swapping the two swaps `before` and `after`.
    """
    hosts = dict.fromkeys([*before.hosts, *after.hosts])
    return tuple(
        Difference(host, kind, about, old.get(about), new.get(about))
        for host in hosts
        for kind, old, new in _pairs(before.hosts.get(host), after.hosts.get(host))
        for about in dict.fromkeys([*old, *new])
        if old.get(about) != new.get(about)
    )


KINDS: Final[Mapping[str, str]] = {
    "host": "host",
    "daemon": "daemon",
    "interface": "interface",
    "session": "session with",
    "received": "received from",
    "sent": "sent to",
    "best": "best path for",
    "paths": "paths for",
    "kernel": "kernel route",
    "nat": "Service",
    "bfd": "BFD with",
}
"""The kinds of facts, in the order a reader asks for them, with the words before `about`."""


def facts(host: HostSnapshot) -> Mapping[str, Facts]:
    """Return what a host knows, by kind, each fact as a line of text."""
    return {kind: dict(read(host)) for kind, read in _READERS.items()}


def _pairs(
    before: HostSnapshot | None, after: HostSnapshot | None
) -> Iterator[tuple[str, Facts, Facts]]:
    """Yield each kind with its facts on both sides; of a host on one side only, that it exists."""
    if before is None or after is None:
        there: Facts = {"": "there"}
        yield "host", there if before else {}, there if after else {}
        return
    old, new = facts(before), facts(after)
    for kind in old:
        yield kind, old[kind], new[kind]


def _daemon(host: HostSnapshot) -> Iterator[tuple[str, str]]:
    if host.daemon is not None:
        yield "", f"{host.daemon} {'runs' if host.running else 'does not answer'}"


def _interfaces(host: HostSnapshot) -> Iterator[tuple[str, str]]:
    for interface in host.interfaces:
        parts = ["up" if interface.up else "down", f"MTU {interface.mtu}", *interface.addresses]
        yield interface.name, " ".join(parts)


def _sessions(host: HostSnapshot) -> Iterator[tuple[str, str]]:
    for neighbor in host.neighbors:
        yield _told(neighbor), f"{neighbor.state} (AS {neighbor.asn})"


def _received(host: HostSnapshot) -> Iterator[tuple[str, str]]:
    for neighbor in host.neighbors:
        if neighbor.received is not None:
            yield _told(neighbor), _list(neighbor.received)


def _sent(host: HostSnapshot) -> Iterator[tuple[str, str]]:
    for neighbor in host.neighbors:
        if neighbor.sent is not None:
            yield _told(neighbor), _list(neighbor.sent)


def _best(host: HostSnapshot) -> Iterator[tuple[str, str]]:
    for entry in host.rib:
        shared = [path for path in entry.multipath if path != entry.best]
        best = entry.best or "none"
        yield entry.prefix, f"{best}, shared with {_list(shared)}" if shared else best


def _paths(host: HostSnapshot) -> Iterator[tuple[str, str]]:
    for entry in host.rib:
        yield entry.prefix, "; ".join(sorted(map(_attributes, entry.paths))) or "none"


def _kernel(host: HostSnapshot) -> Iterator[tuple[str, str]]:
    for route in host.kernel:
        # A kernel holds several routes to one prefix if their metrics differ.
        metric = f" metric {route.metric}" if route.metric else ""
        yield f"{route.prefix}{metric}", f"{_list(route.next_hops)} ({route.protocol})"


def _translations(host: HostSnapshot) -> Iterator[tuple[str, str]]:
    for entry in host.translations:
        yield entry.service, f"to {_list(entry.endpoints)}, source {entry.source}"


def _bfd(host: HostSnapshot) -> Iterator[tuple[str, str]]:
    for session in host.bfd:
        detection = f", detects in {session.detection} ms" if session.detection else ""
        yield session.address, f"{session.state}{detection}"


_READERS: Final[Mapping[str, Callable[[HostSnapshot], Iterable[tuple[str, str]]]]] = {
    "daemon": _daemon,
    "interface": _interfaces,
    "session": _sessions,
    "received": _received,
    "sent": _sent,
    "best": _best,
    "paths": _paths,
    "kernel": _kernel,
    "nat": _translations,
    "bfd": _bfd,
}


def _told(neighbor: Neighbor) -> str:
    return neighbor.name if neighbor.name == neighbor.address else (
        f"{neighbor.name} ({neighbor.address})"
    )  # fmt: skip


def _attributes(path: Path) -> str:
    """Return the attributes a change of policy shows in, the absent ones left out."""
    told = {
        "AS_PATH": str(path.as_path) or "empty",
        "NEXT_HOP": path.next_hop,
        "LOCAL_PREF": path.local_pref,
        "MED": path.med,
        "weight": path.weight or None,
        "ORIGINATOR_ID": path.originator_id,
        "CLUSTER_LIST": " ".join(map(str, path.cluster_list)) or None,
        "communities": " ".join(map(str, (*path.communities, *path.large_communities))) or None,
        "NEXT_HOP resolves": None if path.next_hop_resolvable else "no",
    }
    said = ", ".join(f"{name} {value}" for name, value in told.items() if value is not None)
    return f"{path.id} [{said}, ORIGIN {path.origin}]"


def _list(items: Iterable[str]) -> str:
    return ", ".join(items) or "nothing"
