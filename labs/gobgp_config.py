"""GoBGP's configuration for a host of a topology, as TOML: a pure function.

GoBGP keeps one table of policies for all neighbors, so each statement names its neighbor. What is
originated passes the import policy too, and is told apart by its route type, as Cilium does it.
A neighbor that sends too much is left down until somebody enables it.
Announcements are no part of a configuration: `labs.gobgp_router` adds them once the daemon runs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from labs.stayrtr import PORT
from labs.topology import Host, Session, Topology

Tables = Iterator[tuple[str, dict[str, Any]]]
_SETS = "defined-sets"
_STATEMENTS = "policy-definitions.statements"
_REFRESH_SECONDS = 2
_WARNING_PERCENT = 75  # as FRR


def gobgp_config(topology: Topology, host: Host, asn: int | None = None) -> str:
    """Write gobgpd.toml.

    Args:
        topology: where the host stands.
        host: a host that runs GoBGP.
        asn: another My Autonomous System than the topology's.
    """
    tables: list[tuple[str, dict[str, Any]]] = [
        ("[global.config]", {"as": host.asn if asn is None else asn, "router-id": host.router_id}),
        (
            "[global.apply-policy.config]",
            {
                "import-policy-list": ["in"],
                "default-import-policy": "reject-route",
                "export-policy-list": ["out"],
                "default-export-policy": "reject-route",
            },
        ),
        *_prefix_sets(topology),
    ]
    sessions = topology.sessions_of(host.name)
    if host.rpki:
        tables += _validator(topology, host)
    for session in sessions:
        tables += _neighbor(topology, session, host)
    tables += [
        ("[[policy-definitions]]", {"name": "in"}),
        *_statement("own", {"bgp-conditions": {"route-type": "local"}}),
    ]
    for session in sessions:
        mine, neighbor = session.side(host.name), session.other(host.name).host
        if mine.reject_invalid:
            invalid = {"bgp-conditions": {"rpki-validation-result": "invalid"}}
            invalid |= {"match-neighbor-set": _neighbor_set(neighbor)}
            tables += _statement(f"{neighbor}-invalid", invalid, _REJECT)
        for name in mine.accepts:
            tables += _statement(f"{neighbor}-{name}-in", _matching(neighbor, name))
    tables.append(("[[policy-definitions]]", {"name": "out"}))
    for session in sessions:
        mine, neighbor = session.side(host.name), session.other(host.name).host
        for name in mine.sends:
            matching = _matching(neighbor, name)
            if mine.next_hop_self:  # of what other ASes told; what is reflected keeps its own
                outside = {**matching, "bgp-conditions": {"route-type": "external"}}
                tables += _statement(f"{neighbor}-{name}-self", outside, bgp=_SELF)
            tables += _statement(f"{neighbor}-{name}-out", matching)
    # TOML writes these values as JSON does
    return "".join(
        "".join([f"{header}\n", *(f"{key} = {json.dumps(value)}\n" for key, value in it.items())])
        for header, it in tables
    )


def _prefix_sets(topology: Topology) -> Tables:
    for name, entries in topology.prefixes.items():
        yield f"[[{_SETS}.prefix-sets]]", {"prefix-set-name": name}
        for entry in entries:
            base, _, longest = entry.partition(" le ")
            length = base.partition("/")[2]
            yield (
                f"[[{_SETS}.prefix-sets.prefix-list]]",
                {"ip-prefix": base, "masklength-range": f"{length}..{longest or length}"},
            )


def _validator(topology: Topology, host: Host) -> Tables:
    addresses = topology.meeting(host.name, host.rpki)
    assert addresses is not None  # noqa: S101 - the reader of topologies has checked it
    yield "[[rpki-servers]]", {}
    yield (
        "[rpki-servers.config]",
        {"address": addresses[1], "port": PORT, "refresh-time": _REFRESH_SECONDS},
    )


def _neighbor(topology: Topology, session: Session, host: Host) -> Tables:
    mine, theirs = session.side(host.name), session.other(host.name)
    config: dict[str, Any] = {
        "neighbor-address": theirs.address,
        "peer-as": topology.hosts[theirs.host].asn,
    }
    if session.password:
        config["auth-password"] = session.password
    timers: dict[str, Any] = {"connect-retry": 1, "idle-hold-time-after-reset": 1}
    if mine.hold is not None:
        timers["hold-time"] = mine.hold
        timers["keepalive-interval"] = mine.keepalive
    yield "[[neighbors]]", {}
    yield "[neighbors.config]", config
    yield "[neighbors.timers.config]", timers
    yield (
        "[neighbors.transport.config]",
        {"local-address": mine.address, "passive-mode": mine.passive},
    )
    if mine.client:
        reflecting: dict[str, Any] = {"route-reflector-client": True}
        if host.cluster_id:
            reflecting["route-reflector-cluster-id"] = host.cluster_id
        yield "[neighbors.route-reflector.config]", reflecting
    if mine.as_override:
        yield "[neighbors.as-path-options.config]", {"replace-peer-as": True}
    if mine.max_prefixes is not None:
        yield "[[neighbors.afi-safis]]", {}
        yield "[neighbors.afi-safis.config]", {"afi-safi-name": "ipv4-unicast"}
        yield (
            "[neighbors.afi-safis.prefix-limit.config]",
            {"max-prefixes": mine.max_prefixes, "shutdown-threshold-pct": _WARNING_PERCENT},
        )
    yield (
        f"[[{_SETS}.neighbor-sets]]",
        {"neighbor-set-name": theirs.host, "neighbor-info-list": [theirs.address]},
    )


_ACCEPT = {"route-disposition": "accept-route"}
_REJECT = {"route-disposition": "reject-route"}
_SELF = {"set-next-hop": "self"}


def _neighbor_set(neighbor: str) -> dict[str, str]:
    return {"neighbor-set": neighbor, "match-set-options": "any"}


def _matching(neighbor: str, prefixes: str) -> dict[str, dict[str, str]]:
    return {
        "match-neighbor-set": _neighbor_set(neighbor),
        "match-prefix-set": {"prefix-set": prefixes, "match-set-options": "any"},
    }


def _statement(
    name: str,
    conditions: Mapping[str, Mapping[str, str]],
    disposition: Mapping[str, str] = _ACCEPT,
    bgp: Mapping[str, str] | None = None,
) -> Tables:
    yield f"[[{_STATEMENTS}]]", {"name": name}
    for condition, value in conditions.items():
        yield f"[{_STATEMENTS}.conditions.{condition}]", dict(value)
    yield f"[{_STATEMENTS}.actions]", dict(disposition)
    if bgp:
        yield f"[{_STATEMENTS}.actions.bgp-actions]", dict(bgp)
