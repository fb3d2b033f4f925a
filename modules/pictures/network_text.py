"""A network drawn in text: a tree of lines from the client on, for a terminal.

What a tree has no line for (a second way to a host) is told beside it. Where a terminal cannot show
lines and scissors, ASCII takes their place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from labs.topology import Topology
from modules.pictures.network_cards import what_it_is
from modules.pictures.network_graph import layers
from modules.pictures.network_sight import CROWD, UP, Sight, letter

_PLAIN: Final = str.maketrans({"├": "|", "└": "`", "│": "|", "─": "-", "·": "-", "✂": "x"})


@dataclass(frozen=True)
class Line:
    """A line of the drawing; `trouble` when something in it is not as it should be."""

    text: str
    trouble: bool = False


def network_lines(sight: Sight) -> list[Line]:
    """Return the drawing: a line for each host and switch."""
    rows = list(_rows(sight))
    columns = len(rows[0][0])
    widths = [max(len(cells[n]) for cells, _ in rows) for n in range(columns)]
    return [
        Line("  ".join(c.ljust(w) for c, w in zip(cells, widths, strict=True)).rstrip(), trouble)
        for cells, trouble in rows
    ]


def ascii_only(text: str) -> str:
    """Return a line as a terminal without Unicode can show it."""
    return text.translate(_PLAIN)


def _rows(sight: Sight) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Yield for each place its name in the tree, what it is, its sessions, what was done, where."""
    topology = sight.topology
    parents = _tree(topology)
    for name, trunk in _walk(parents, None, ""):
        parent = parents[name]
        done = list(sight.marks.of(name, parent)) if parent is not None else []
        also = []
        for link in topology.links_of(name):
            other = link.other(name).host
            if other not in (parent, *_below(parents, name)):
                also.append(f"also to {other}")
                done += [f"to {other}: {mark}" for mark in sight.marks.of(name, other)]
        done += sight.marks.hosts.get(name, ())
        if name in topology.switches:
            yield (f"{trunk}{name}", "switch", "", ", ".join([*done, *also]), ""), bool(done)
            continue
        mine = {other: s for (host, other), s in sight.states.items() if host == name}
        what, own = what_it_is(sight, topology.hosts[name]), " ".join(topology.addresses(name))
        told = ", ".join([*done, *also])
        trouble = bool(done) or any(state != UP for state in mine.values())
        yield (f"{trunk}{name}", what, _sessions(sight, mine), told, own), trouble


def _sessions(sight: Sight, mine: Mapping[str, str]) -> str:
    if len(list(sight.ends())) > CROWD:
        counted = Counter(map(letter, mine.values()))
        return ", ".join(f"{count} {name}" for name, count in counted.most_common())
    return ", ".join(f"{letter(state)} {other}" for other, state in mine.items())


def _tree(topology: Topology) -> dict[str, str | None]:
    """Return the place above each host and switch, None at the top."""
    found: dict[str, str | None] = {name: None for name, at in layers(topology).items() if not at}
    waiting = list(found)
    while waiting:
        name = waiting.pop(0)
        for link in topology.links_of(name):
            other = link.other(name).host
            if other not in found:
                found[other] = name
                waiting.append(other)
    return found


def _below(parents: Mapping[str, str | None], above: str | None) -> list[str]:
    return [name for name, parent in parents.items() if parent == above]


def _walk(
    parents: Mapping[str, str | None], above: str | None, indent: str
) -> Iterator[tuple[str, str]]:
    """Yield every place with the lines before its name, what is below it right after it."""
    below = _below(parents, above)
    for number, name in enumerate(below):
        if above is None:
            yield name, ""
            yield from _walk(parents, name, "")
            continue
        last = number == len(below) - 1
        yield name, f"{indent}{'└─ ' if last else '├─ '}"
        yield from _walk(parents, name, f"{indent}{'   ' if last else '│  '}")
