"""Where everything of a network stands in its picture: hosts in columns, switches between them.

A host's column is how many links it is from the client, switches not counted, so that a packet's
way reads from the left. A crowded column is split into several side by side. What comes to a host
(cables, sessions, a packet's way) has a plug of its own on the host's edge, so that no two labels
can meet; each channel between two columns is as wide as the words in it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final

from labs.topology import Topology
from modules.pictures.network_graph import layers, switch_layers
from modules.pictures.network_parts import (
    BOLD,
    Box,
    Card,
    Plug,
    Side,
    Spot,
    Strand,
    above,
    slots,
    wide,
)

GAP: Final = 22.0  # between two cards of a column
TOP: Final = 46.0
MARGIN: Final = 20.0
BOW: Final = 52.0  # what a line between two hosts of one column needs beside it
TALLEST: Final = 860.0
TALL_CROWD: Final = 1150.0  # where a network is so large that it would be too wide
CROWDED: Final = 20  # hosts
NARROWEST, WIDEST = 124.0, 280.0  # of a card
CHANNEL: Final = 92.0
SHORTEST: Final = 44.0  # of a bus
LANE: Final = 5.0
BUS: Final = 30.0
SLOT: Final = 20.0
"""Pixels between two plugs of a host's edge."""


class Layout:
    """Everything in its place.

    Attributes:
        boxes: the cards, by host.
        plugs: for each strand and each host at its ends, where it meets the host.
        buses: for each switch the x of its bus in each channel where it has hosts.
        width, height: of the paper.
    """

    def __init__(
        self, topology: Topology, cards: Mapping[str, Card], strands: Sequence[Strand]
    ) -> None:
        """Find a place for every card and every strand."""
        self.topology, self.cards = topology, cards
        self._layer = layers(topology)
        self._switch = switch_layers(topology, self._layer)
        self._sides = {
            name: {side: self._meeting(name, side, strands) for side in ("left", "right")}
            for name in self._layer
        }
        self._columns = list(self._split())
        self.buses: dict[str, dict[int, float]] = {}
        self.boxes = self._place(strands)
        self.plugs = dict(self._plug())
        self._order()

    # -- columns ------------------------------------------------------------------------------

    def side(self, strand: Strand, host: str) -> Side:
        """Return at which edge of a host a strand begins or ends."""
        other = strand.other if strand.one == host else strand.one
        if other in self._switch:
            return "left" if self._layer[host] > self._switch[other] else "right"
        return "right" if self._layer[other] > self._layer[host] else "left"

    def _meeting(self, host: str, side: Side, strands: Sequence[Strand]) -> list[Strand]:
        kinds = ("cable", "way", "session")
        here = [s for s in strands if host in (s.one, s.other) and self.side(s, host) == side]
        return sorted(here, key=lambda strand: kinds.index(strand.kind))

    def _plugs_height(self, host: str) -> float:
        return max(
            (sum(map(slots, here)) * SLOT + 14 for here in self._sides[host].values()), default=0.0
        )

    def _block(self, host: str) -> float:
        return self.cards[host].block_height(self._plugs_height(host))

    def _split(self) -> Iterator[list[str]]:
        """Yield the columns: a layer each, a tall one cut into even parts."""
        for layer in range(max(self._layer.values()) + 1):
            names = [name for name, at in self._layer.items() if at == layer]
            tall = sum(self._block(name) + GAP for name in names)
            tallest = TALL_CROWD if len(self._layer) > CROWDED else TALLEST
            parts = max(1, min(len(names), math.ceil(tall / tallest)))
            for part in range(parts):
                yield names[part * len(names) // parts : (part + 1) * len(names) // parts]

    # -- places -------------------------------------------------------------------------------

    def _place(self, strands: Sequence[Strand]) -> dict[str, Box]:
        heights = [sum(self._block(n) + GAP for n in names) - GAP for names in self._columns]
        tallest = max(heights)
        boxes: dict[str, Box] = {}
        x = MARGIN + self._bow(0, strands)
        for number, names in enumerate(self._columns):
            if number:
                x += self._channel(number, x, strands)
            width = max(self._card_width(name) for name in names)
            alone = sum(self._layer[n] == self._layer[names[0]] for n in self._layer) == len(names)
            y = TOP + ((tallest - heights[number]) / 2 if alone else 0)
            for name in names:
                plugs, card = self._plugs_height(name), self.cards[name]
                foot = y + card.block_height(plugs)
                tall = max(card.text_height, plugs)
                boxes[name] = Box(name, number, x, y, width, tall, foot)
                y = foot + GAP
            x += width
        last = len(self._columns)
        spare = self._channel(last, x, strands) if self._buses_in(last) else 0.0
        self.width = max(x + spare + MARGIN, 480.0)
        self.height = TOP + tallest + MARGIN
        return boxes

    def _card_width(self, host: str) -> float:
        own = [wide(text) for _, text in self.cards[host].lines]
        own += [wide(text) for _, lines in self.cards[host].pods for _, text in lines]
        return min(WIDEST, max(NARROWEST, max(own) + 26))

    def _bow(self, column: int, strands: Sequence[Strand]) -> float:
        names = self._columns[column]
        inside = any(s.one in names and s.other in names for s in strands)
        return BOW if inside else 0.0

    def _marks(self, column: int, side: Side) -> float:
        """Return how wide the longest mark is at that edge of a column's hosts."""
        if not 0 <= column < len(self._columns):
            return 0.0
        marks = [
            mark
            for name in self._columns[column]
            for strand in self._sides[name][side]
            if self.marked_at(strand) == name
            for mark in strand.marks
        ]
        return max((wide(mark, BOLD) for mark in marks), default=0.0)

    def marked_at(self, strand: Strand) -> str:
        """Return at which host a strand's marks are written: the one farther from the client."""
        if strand.other in self._switch:
            return strand.one
        return max(strand.one, strand.other, key=lambda name: self._layer[name])

    def _channel(self, number: int, x: float, strands: Sequence[Strand]) -> float:
        """Return how wide the channel left of a column is; place its buses."""
        left, right = self._marks(number - 1, "right"), self._marks(number, "left")
        buses = self._buses_in(number)
        for place, switch in enumerate(buses):
            at = x + max(34.0, left + 26) + BUS * place
            self.buses.setdefault(switch, {})[number] = at
        between = BUS * max(0, len(buses) - 1)
        bow = self._bow(number, strands) if number < len(self._columns) else 0.0
        needs = max(34.0, left + 26) + between + max(46.0, right + 26) + bow
        return max(CHANNEL, needs if buses else left + right + bow + 44)

    def _buses_in(self, number: int) -> list[str]:
        """Return the switches with hosts on either side of a channel."""
        return [
            switch
            for switch in self.topology.switches
            if any(self._hangs_in(switch, name) == number for name in self._members(switch))
        ]

    def _members(self, switch: str) -> list[str]:
        others = (link.other(switch).host for link in self.topology.links_of(switch))
        return [name for name in others if name in self._layer]

    def _hangs_in(self, switch: str, host: str) -> int:
        column = next(n for n, names in enumerate(self._columns) if host in names)
        return column if self._layer[host] > self._switch[switch] else column + 1

    def bus_at(self, switch: str, host: str) -> float:
        """Return the x of the bus that a host hangs on."""
        return self.buses[switch][self._hangs_in(switch, host)]

    # -- strands ------------------------------------------------------------------------------

    def _plug(self) -> Iterator[tuple[tuple[Strand, str], Plug]]:
        for name, sides in self._sides.items():
            box = self.boxes[name]
            for side, here in sides.items():
                cables = [strand for strand in here if strand.kind == "cable"]
                others = sorted(
                    (strand for strand in here if strand.kind != "cable"),
                    key=lambda strand: self._level(strand, name),
                )
                y = box.y + 18.0
                for strand in (*sorted(cables, key=lambda s: self._level(s, name)), *others):
                    y += SLOT * above(strand)
                    yield (strand, name), Plug(strand, side, y)  # type: ignore[arg-type]  # a key of two
                    y += SLOT * (slots(strand) - above(strand))

    def _level(self, strand: Strand, host: str) -> float:
        """Return how high the other end stands, so that strands cross as little as possible."""
        other = strand.other if strand.one == host else strand.one
        return self.boxes[other].y if other in self.boxes else -1.0

    def _order(self) -> None:
        """Know what is beneath what, for finding ways between cards."""
        self._gaps = []
        for names in self._columns:
            boxes = [self.boxes[name] for name in names]
            gaps = [boxes[0].y - GAP / 2]
            gaps += [(above.foot + below.y) / 2 for above, below in pairwise(boxes)]
            gaps.append(boxes[-1].foot + GAP / 2)
            self._gaps.append((boxes[0].x, boxes[0].x + boxes[0].width, gaps))

    def path(self, strand: Strand) -> str:
        """Return the way of a strand between two hosts, as the `d` of an SVG path.

        It begins at the strand's first host, and runs in the gaps between cards.
        """
        ends = [(self.boxes[n], self.plugs[strand, n]) for n in (strand.one, strand.other)]
        (one, begin), (other, end) = ends
        if one.column == other.column:
            out = one.x - BOW * (0.6 + min(0.7, abs(begin.y - end.y) / 900))
            bend = f"C{out:.1f} {begin.y:.1f} {out:.1f} {end.y:.1f}"
            return f"M{one.x:.1f} {begin.y:.1f}{bend} {other.x:.1f} {end.y:.1f}"
        turn = one.column > other.column
        (near, first), (far, last) = ends[::-1] if turn else ends
        spots = [(near.x + near.width, first.y)]
        lane = LANE * (list(self.boxes).index(near.name) % 3 - 1)  # two in a gap stay apart
        for left, right, gaps in self._gaps[near.column + 1 : far.column]:
            y = min(gaps, key=lambda gap: abs(gap - last.y))
            spots += [(left - 6, y + lane), (right + 6, y + lane)]
        spots.append((far.x, last.y))
        if turn:
            spots.reverse()
        return _curve(spots)

    def edge(self, strand: Strand, host: str) -> float:
        """Return the x at which a strand between two hosts meets one of them."""
        other = self.boxes[strand.other if strand.one == host else strand.one]
        box = self.boxes[host]
        return box.edge("right" if other.column > box.column else "left")

    def bus_spans(self, switch: str) -> dict[int, Spot]:
        """Return from which y to which y the parts of a switch's bus reach, by channel."""
        spans: dict[int, list[float]] = {}
        for (strand, host), plug in self.plugs.items():
            if strand.other == switch:
                spans.setdefault(self._hangs_in(switch, host), []).append(plug.y)
        return {number: (min(ys), max(*ys, min(ys) + SHORTEST)) for number, ys in spans.items()}

    def floor(self) -> float:
        """Return the y under everything drawn so far."""
        return max(box.foot for box in self.boxes.values()) + MARGIN


def _curve(spots: Sequence[Spot]) -> str:
    (x, y), *rest = spots
    parts = [f"M{x:.1f} {y:.1f}"]
    for nx, ny in rest:
        if ny == y:
            parts.append(f"H{nx:.1f}")
        else:
            half = (nx - x) / 2
            parts.append(f"C{x + half:.1f} {y:.1f} {nx - half:.1f} {ny:.1f} {nx:.1f} {ny:.1f}")
        x, y = nx, ny
    return "".join(parts)
