"""A lab's network: hosts, links, what each end of a session calls it, and the way of a packet.

Drawn from the topology and from what the lab answers; nothing in it is known beforehand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from labs.lab_values import Hop
from modules.pictures.network_drawing import drawing
from modules.pictures.network_marks import CUT, Marks
from modules.pictures.network_sight import Sight, told_session
from modules.pictures.page import Picture, esc, table, text_table


def network_picture(sight: Sight, origin: str) -> Picture:
    """Draw the network with its sessions.

    Args:
        sight: the network, and what there is to see of it.
        origin: what kind of truth this is.
    """
    ends = list(sight.ends())
    up = sum(sight.is_up(*pair) for pair in ends)
    broken = " ".join(broken_lines(sight.marks))
    lead = f"{up} of {len(ends)} sessions Established.{f' {broken}' if broken else ''}"
    said = [told_session(sight, *pair) for pair in ends]
    svg = drawing(sight, lead, f"{'. '.join(said)}.")
    body = f'{svg}<p class="lr-lead">{esc(lead)}</p><p class="lr-soft">{esc(origin)}.</p>'
    return Picture(body, "\n".join([lead, *said, f"({origin})"]), svg)


def trace_picture(sight: Sight, address: str, hops: Sequence[Hop], origin: str) -> Picture:
    """Draw the way of a packet, and under it each hop's route with its AS_PATH and NEXT_HOP."""
    names = [hop.host for hop in hops]
    problem = hops[-1].problem if hops else "nobody was asked"
    end = f". There: {problem}" if problem else ""
    lead = f"{address}: {' → '.join(names)}{end}"
    way = tuple(name for name in names if name in sight.topology.hosts)
    svg = drawing(replace(sight, states={}, way=way), lead, "")
    head = ["at", "its route", "told by", "goes to", "AS_PATH", "NEXT_HOP"]
    cells = [
        [hop.host, hop.route, hop.source, hop.to, hop.as_path, hop.bgp_next_hop] for hop in hops
    ]
    rows = [[cell or "-" for cell in row] for row in cells]
    body = f'{svg}<p class="lr-lead">{esc(lead)}</p>'
    body += table(head, [[esc(cell) for cell in row] for row in rows], "Hop by hop")
    body += f'<p class="lr-soft">{esc(origin)}.</p>'
    return Picture(body, "\n".join([lead, text_table(head, rows), f"({origin})"]), svg)


def broken_lines(marks: Marks) -> list[str]:
    """Say what is not as at first, a sentence for each link and host."""
    lines = []
    for pair, told in sorted(marks.links.items(), key=lambda found: sorted(found[0])):
        name = " to ".join(sorted(pair))
        rest = ", ".join(mark for mark in told if mark != CUT)
        lines.append(f"{name} is cut{rest and f': {rest}'}." if CUT in told else f"{name}: {rest}.")
    lines += [f"{host}: {', '.join(told)}." for host, told in sorted(marks.hosts.items())]
    lines += [
        f"Service {name}: externalTrafficPolicy {how}." for name, how in marks.policies.items()
    ]
    lines += [
        f"Service {name}: {', '.join(pods) or 'no pod'} ready."
        for name, pods in marks.ready.items()
    ]
    return lines
