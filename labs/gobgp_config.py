"""GoBGP's configuration for a host of a topology, as TOML: a pure function.

GoBGP keeps one table of policies for all neighbors, so each statement names its neighbor. What is
originated passes the import policy too, and is told apart by its route type, as Cilium does it.
Announcements are no part of a configuration: `labs.gobgp_router` adds them once the daemon runs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from labs.topology import Host, Session, Topology

Tables = Iterator[tuple[str, dict[str, Any]]]
_SETS = "defined-sets"
_STATEMENTS = "policy-definitions.statements"


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
    for session in sessions:
        tables += _neighbor(topology, session, host)
    tables += [
        ("[[policy-definitions]]", {"name": "in"}),
        *_statement("own", {}, {"route-type": "local"}),
    ]
    for session in sessions:
        neighbor = session.other(host.name).host
        for name in session.side(host.name).accepts:
            tables += _statement(f"{neighbor}-{name}-in", _matching(neighbor, name))
    tables.append(("[[policy-definitions]]", {"name": "out"}))
    for session in sessions:
        neighbor = session.other(host.name).host
        for name in session.side(host.name).sends:
            tables += _statement(f"{neighbor}-{name}-out", _matching(neighbor, name))
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
    yield (
        f"[[{_SETS}.neighbor-sets]]",
        {"neighbor-set-name": theirs.host, "neighbor-info-list": [theirs.address]},
    )


def _matching(neighbor: str, prefixes: str) -> dict[str, dict[str, str]]:
    return {
        "match-neighbor-set": {"neighbor-set": neighbor, "match-set-options": "any"},
        "match-prefix-set": {"prefix-set": prefixes, "match-set-options": "any"},
    }


def _statement(
    name: str, conditions: dict[str, dict[str, str]], bgp: dict[str, str] | None = None
) -> Tables:
    yield f"[[{_STATEMENTS}]]", {"name": name}
    for condition, value in conditions.items():
        yield f"[{_STATEMENTS}.conditions.{condition}]", value
    if bgp:
        yield f"[{_STATEMENTS}.conditions.bgp-conditions]", bgp
    yield f"[{_STATEMENTS}.actions]", {"route-disposition": "accept-route"}
