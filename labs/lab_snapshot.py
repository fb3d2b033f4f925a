"""A snapshot of a running lab: everything its routers and kernels know at one moment.

The value, and how two are compared, is `bgp.snapshot`. A daemon that is stopped or frozen, bfdd
too, is not asked; its host's kernel is.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from bgp.snapshot import (
    HostSnapshot,
    Interface,
    KernelRoute,
    Neighbor,
    Snapshot,
    Translation,
)
from labs.lab_parts import Parts, nftables
from labs.lab_services import Asker, proxied_nodes, read_rules
from labs.process_tree import ProcessTree
from labs.routers import daemon_title
from labs.topology import Host


def snapshot(parts: Parts, title: str) -> Snapshot:
    """Take a snapshot, all hosts side by side."""
    hosts = list(parts.topology.hosts.values())
    with ThreadPoolExecutor(len(hosts)) as pool:
        found = dict(
            zip(
                (host.name for host in hosts),
                pool.map(lambda host: _host(parts, host), hosts),
                strict=True,
            )
        )
    return Snapshot(title, found, datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))


def _host(parts: Parts, host: Host) -> HostSnapshot:
    asked = HostSnapshot(
        kernel=_kernel(parts.tree, host.name),
        interfaces=_interfaces(parts.tree, host.name),
        translations=translations(parts, host),
    )
    router = parts.routers.get(host.name)
    if router is None:
        return asked
    title = daemon_title(router.daemon)
    if host.name not in parts.running():
        return replace(asked, daemon=title, running=False)
    sessions = parts.topology.sessions_of(host.name)
    frozen = parts.situation.get(f"frozen {host.name} bfdd") is not None
    return replace(
        asked,
        daemon=title,
        neighbors=tuple(
            Neighbor(
                address=(theirs := session.other(host.name)).address,
                name=theirs.host,
                asn=parts.topology.hosts[theirs.host].asn,
                state=router.state(session),
                received=tuple(sorted(router.received(session))),
                sent=tuple(sorted(router.announced(session))),
            )
            for session in sessions
        ),
        rib=router.rib(),
        bfd=() if frozen else tuple(router.bfd(s) for s in sessions if s.bfd),
    )


def translations(parts: Parts, host: Host, asker: Asker = Asker.OUTSIDE) -> tuple[Translation, ...]:
    """Read where a node's kernel sends each Service's address; nothing without kube-proxy."""
    if host not in proxied_nodes(parts.topology):
        return ()
    root = parts.tree.root(host.name, nftables())
    listed = ["/usr/sbin/nft", "list", "table", "ip", "kube-proxy"]
    return read_rules(parts.tree.run(listed, host.name, root), asker)


def _ip(tree: ProcessTree, host: str, *words: str) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = json.loads(tree.run(["ip", "-n", host, "-j", "-4", *words]))
    return told


def _kernel(tree: ProcessTree, host: str) -> tuple[KernelRoute, ...]:
    return tuple(
        sorted(
            (
                KernelRoute(
                    prefix=route["dst"],
                    next_hops=_next_hops(route),
                    protocol=route.get("protocol", "boot"),
                    metric=route.get("metric", 0),
                )
                for route in _ip(tree, host, "route")
            ),
            key=lambda route: (route.prefix, route.metric),
        )
    )


def _next_hops(route: dict[str, Any]) -> tuple[str, ...]:
    if route.get("type", "unicast") != "unicast":
        return (route["type"],)
    hops = route.get("nexthops", [route])
    return tuple(
        sorted(
            f"{hop['gateway']} dev {hop['dev']}" if "gateway" in hop else f"dev {hop['dev']}"
            for hop in hops
        )
    )


def _interfaces(tree: ProcessTree, host: str) -> tuple[Interface, ...]:
    return tuple(
        Interface(
            name=link["ifname"],
            up=link["operstate"] in ("UP", "UNKNOWN"),  # a loopback has no carrier to know of
            mtu=link["mtu"],
            addresses=tuple(
                f"{own['local']}/{own['prefixlen']}" for own in link.get("addr_info", ())
            ),
        )
        for link in _ip(tree, host, "addr")
    )
