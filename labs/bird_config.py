"""BIRD's configuration for a host of a topology, as text: a pure function.

What the host originates stands in a static protocol; what it learns goes into the kernel. Each
neighbor has a filter in each direction. As with FRR, a lab is in a hurry to connect and leaves the
protocol's own timers to the daemon and the topology. BIRD 2 has channels, one a family; BIRD 1.6,
whose dialect Calico speaks, has not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from labs.topology import BFD_MILLISECONDS, BFD_MULTIPLIER, Host, Session, Topology


def protocol_name(host: str) -> str:
    """Return what BIRD calls the protocol towards a neighbor."""
    return host.replace("-", "_")


def bird_config(
    topology: Topology, host: Host, asn: int | None = None, more: tuple[str, ...] = ()
) -> str:
    """Write bird.conf.

    Args:
        topology: where the host stands.
        host: a host that runs BIRD 2 or 1.6.
        asn: another My Autonomous System than the topology's.
        more: prefixes it announces beyond those of the topology.
    """
    sessions = topology.sessions_of(host.name)
    channels = host.daemons[0] == "bird"
    lines = [
        "log stderr all;",
        f"router id {host.router_id};",
        "protocol device { scan time 1; }",
        "protocol kernel {",
        "  merge paths on;",
        *_channel(["import none;", "export where source = RTS_BGP;"], channels=channels),
        "}",
        "protocol static originated {",
        *(["  ipv4;"] if channels else []),
        *(f"  route {prefix} unreachable;" for prefix in (*host.originates, *more)),
        "}",
    ]
    inside = (session.other(host.name).host for session in sessions)
    if any(topology.hosts[neighbor].asn == host.asn for neighbor in inside):
        # NEXT_HOPs of iBGP are looked up in BIRD's own table, which has to know the links.
        lines += ["protocol direct {", *(["  ipv4;"] if channels else []), "}"]
    if any(session.bfd for session in sessions):
        lines += [
            'protocol bfd { interface "*" {',
            f"  interval {BFD_MILLISECONDS} ms; multiplier {BFD_MULTIPLIER};",
            "}; }",
        ]
    for name in topology.prefixes:
        entries = ", ".join(map(_pattern, topology.prefixes[name]))
        if entries:
            lines.append(f"define {name.upper()} = [ {entries} ];")
    for session in sessions:
        lines.append(f"protocol bgp {protocol_name(session.other(host.name).host)} {{")
        lines += _speaking(topology, session, host, host.asn if asn is None else asn)
        mine = session.side(host.name)
        policies = [
            f"import {_filter(mine.accepts, topology)};",
            f"export {_filter(mine.sends, topology)};",
        ]
        lines += [*_channel(policies, channels=channels), "}"]
    return "\n".join(lines) + "\n"


def _channel(lines: Sequence[str], *, channels: bool) -> list[str]:
    """Put a protocol's policy into a channel where there are channels."""
    if not channels:
        return [f"  {line}" for line in lines]
    return ["  ipv4 {", *(f"    {line}" for line in lines), "  };"]


def _pattern(entry: str) -> str:
    """Write a prefix set's entry as BIRD does: `10.0.0.0/8 le 32` is `10.0.0.0/8{8,32}`."""
    base, _, longest = entry.partition(" le ")
    return f"{base}{{{base.partition('/')[2]},{longest}}}" if longest else base


def _speaking(topology: Topology, session: Session, host: Host, asn: int) -> Iterator[str]:
    mine, theirs = session.side(host.name), session.other(host.name)
    yield f"  local {mine.address} as {asn};"
    yield f"  neighbor {theirs.address} as {topology.hosts[theirs.host].asn};"
    yield "  connect delay time 1; connect retry time 1; error wait time 1, 2;"
    if mine.hold is not None:
        yield f"  hold time {mine.hold}; keepalive time {mine.keepalive};"
    if mine.passive:
        yield "  passive on;"
    if session.password:
        yield f'  password "{session.password}";'
    if session.bfd:
        yield "  bfd on;"


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
