"""BIRD's configuration for a host of a topology, as text: a pure function.

What the host originates stands in a static protocol; what it learns goes into the kernel. Each
neighbor has a filter in each direction. As with FRR, a lab is in a hurry to connect and leaves the
protocol's own timers to the daemon and the topology. BIRD 2 has channels, one a family; BIRD 1.6,
whose dialect Calico speaks, has not.

A neighbor that sends too much is disabled until somebody enables its protocol, as FRR does it;
BIRD's own default is to restart the session again and again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from labs.bird_words import bird_name
from labs.stayrtr import PORT
from labs.topology import BFD_MILLISECONDS, BFD_MULTIPLIER, Host, Session, Side, Topology

ROA_TABLE = "roas"
_ORIGINATED = "originated"
_OWN_NAMES = (ROA_TABLE, _ORIGINATED)
VALIDATOR_SECONDS = 2
"""How often a validator is asked, and how soon again when it was not there."""


def protocol_name(host: str) -> str:
    """Return what BIRD calls the protocol towards a neighbor."""
    name = bird_name(host)
    return f"{name}_" if name in _OWN_NAMES else name


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
        f"protocol static {_ORIGINATED} {{",
        *(["  ipv4;"] if channels else []),
        *(f"  route {prefix} unreachable;" for prefix in (*host.originates, *more)),
        "}",
    ]
    neighbors = (topology.hosts[session.other(host.name).host] for session in sessions)
    direct = any(neighbor.asn == host.asn for neighbor in neighbors)
    if direct:
        # NEXT_HOPs of iBGP are looked up in BIRD's own table, which has to know the links.
        lines += ["protocol direct {", *(["  ipv4;"] if channels else []), "}"]
    if any(session.bfd for session in sessions):
        lines += [
            'protocol bfd { interface "*" {',
            f"  interval {BFD_MILLISECONDS} ms; multiplier {BFD_MULTIPLIER};",
            "}; }",
        ]
    if host.rpki:
        lines += _validator(topology, host)
    for name in topology.prefixes:
        entries = ", ".join(map(_pattern, topology.prefixes[name]))
        if entries:
            lines.append(f"define {bird_name(name.upper())} = [ {entries} ];")
    for session in sessions:
        lines.append(f"protocol bgp {protocol_name(session.other(host.name).host)} {{")
        lines += _speaking(topology, session, host, host.asn if asn is None else asn)
        mine = session.side(host.name)
        channel = [*_policies(mine, topology, direct=direct), *_options(mine, channels=channels)]
        lines += [*_channel(channel, channels=channels), "}"]
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


def _validator(topology: Topology, host: Host) -> Iterator[str]:
    addresses = topology.meeting(host.name, host.rpki)
    assert addresses is not None  # noqa: S101 - the reader of topologies has checked it
    yield f"roa4 table {ROA_TABLE};"
    yield f"protocol rpki {protocol_name(host.rpki)} {{"
    yield f"  roa4 {{ table {ROA_TABLE}; }};"
    yield f"  remote {addresses[1]} port {PORT};"
    yield f"  refresh {VALIDATOR_SECONDS}; retry {VALIDATOR_SECONDS};"
    yield "}"


def _policies(mine: Side, topology: Topology, *, direct: bool) -> Iterator[str]:
    accepts = _matching(mine.accepts, topology)
    if accepts and mine.reject_invalid:
        invalid = f"roa_check({ROA_TABLE}, net, bgp_path.last) = ROA_INVALID"
        yield f"import filter {{ if {invalid} then reject; if {accepts} then accept; reject; }};"
    else:
        yield f"import {f'where {accepts}' if accepts else 'none'};"
    sends = _matching(mine.sends, topology)
    if sends and direct:  # a link is no announcement, even where its prefix may pass
        sends = f"source != RTS_DEVICE && ({sends})"
    yield f"export {f'where {sends}' if sends else 'none'};"


def _options(mine: Side, *, channels: bool) -> Iterator[str]:
    if mine.reject_invalid:
        yield "import table on;"  # what was refused is kept, and judged anew when a ROA changes
    if mine.next_hop_self:
        # BIRD 1.6 does it to what it reflects too
        yield "next hop self ebgp;" if channels else "next hop self;"
    if mine.max_prefixes is not None:
        yield f"import limit {mine.max_prefixes} action disable;"


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
    if mine.client:
        yield "  rr client;"
        if host.cluster_id:
            yield f"  rr cluster id {host.cluster_id};"


def _matching(sets: Sequence[str], topology: Topology) -> str:
    """Write what a prefix has to match, "" where none may pass."""
    used = [bird_name(name.upper()) for name in sets if topology.prefixes[name]]
    return " || ".join(f"net ~ {name}" for name in used)


def table_name(daemon: str) -> str:
    """Return what BIRD calls its table of IPv4 routes."""
    return "master4" if daemon == "bird" else "master"


_BGP_STATE = re.compile(r"^\s+BGP state:\s+(\w+)", re.MULTILINE)


def session_state(protocol: str) -> str:
    """Read the session's state out of `show protocols all NAME`; empty when it is not there."""
    found = _BGP_STATE.search(protocol)
    return found[1] if found else ""
