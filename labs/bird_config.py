"""BIRD 2's configuration for a host of a topology, as text: a pure function.

What the host originates stands in a static protocol; what it learns goes into the kernel. Each
neighbor has a filter in each direction. As with FRR, a lab is in a hurry to connect and leaves the
protocol's own timers to the daemon and the topology.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from labs.topology import Host, Session, Topology

KEEPALIVES_PER_HOLD_TIME = 3


def protocol_name(host: str) -> str:
    """Return what BIRD calls the protocol towards a neighbor."""
    return host.replace("-", "_")


def bird_config(
    topology: Topology, host: Host, asn: int | None = None, more: tuple[str, ...] = ()
) -> str:
    """Write bird.conf.

    Args:
        topology: where the host stands.
        host: a host that runs BIRD 2.
        asn: another My Autonomous System than the topology's.
        more: prefixes it announces beyond those of the topology.
    """
    sessions = topology.sessions_of(host.name)
    lines = [
        "log stderr all;",
        f"router id {host.router_id};",
        "protocol device { scan time 1; }",
        "protocol kernel {",
        "  merge paths on;",
        "  ipv4 { import none; export where source = RTS_BGP; };",
        "}",
        "protocol static originated {",
        "  ipv4;",
        *(f"  route {prefix} unreachable;" for prefix in (*host.originates, *more)),
        "}",
    ]
    for name in topology.prefixes:
        entries = ", ".join(map(_pattern, topology.prefixes[name]))
        if entries:
            lines.append(f"define {name.upper()} = [ {entries} ];")
    for session in sessions:
        lines += _neighbor(topology, session, host, host.asn if asn is None else asn)
    return "\n".join(lines) + "\n"


def _pattern(entry: str) -> str:
    """Write a prefix set's entry as BIRD does: `10.0.0.0/8 le 32` is `10.0.0.0/8{8,32}`."""
    base, _, longest = entry.partition(" le ")
    return f"{base}{{{base.partition('/')[2]},{longest}}}" if longest else base


def _neighbor(topology: Topology, session: Session, host: Host, asn: int) -> Iterator[str]:
    mine, theirs = session.side(host.name), session.other(host.name)
    yield f"protocol bgp {protocol_name(theirs.host)} {{"
    yield f"  local {mine.address} as {asn};"
    yield f"  neighbor {theirs.address} as {topology.hosts[theirs.host].asn};"
    yield "  connect delay time 1; connect retry time 1; error wait time 1, 2;"
    if mine.hold is not None:
        keepalive = max(1, mine.hold // KEEPALIVES_PER_HOLD_TIME)
        yield f"  hold time {mine.hold}; keepalive time {keepalive};"
    if mine.passive:
        yield "  passive on;"
    yield "  ipv4 {"
    yield f"    import {_filter(mine.accepts, topology)};"
    yield f"    export {_filter(mine.sends, topology)};"
    yield "  };"
    yield "}"


def _filter(sets: Sequence[str], topology: Topology) -> str:
    named = [name for name in sets if topology.prefixes[name]]
    if not named:
        return "none"
    return "where " + " || ".join(f"net ~ {name.upper()}" for name in named)


_BGP_STATE = re.compile(r"^\s+BGP state:\s+(\w+)", re.MULTILINE)


def session_state(protocol: str) -> str:
    """Read the session's state out of `show protocols all NAME`; empty when it is not there."""
    found = _BGP_STATE.search(protocol)
    return found[1] if found else ""
