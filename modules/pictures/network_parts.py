"""The pieces of a network's picture: cards, what runs between them, and where they meet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Side = Literal["left", "right"]
Kind = Literal["cable", "session", "way"]
Spot = tuple[float, float]

LINE: Final = 15.0
HEAD: Final = 27.0  # down to the baseline of a card's second line
POD: Final = 38.0
STUB: Final = 15.0
BOLD: Final = 7.8  # pixels of a bold letter
ROMAN: Final = 6.9  # pixels of a letter, on the safe side


def wide(text: str, letter: float = ROMAN) -> float:
    """Return about how wide a text is."""
    return letter * len(text)


@dataclass(frozen=True)
class Strand:
    """Something that runs from one host to another, or from a host to a switch.

    Attributes:
        kind: what it is.
        one: a host.
        other: a host, or a switch at the other end of a cable.
        marks: what was done to it, a line each.
    """

    kind: Kind
    one: str
    other: str
    marks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Card:
    """What is written in a host's card: lines of text, each with its class, and the pods below."""

    lines: tuple[tuple[str, str], ...]
    pods: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()

    @property
    def text_height(self) -> float:
        """Pixels that its own lines take."""
        return HEAD + LINE * (len(self.lines) - 1) + 10

    def block_height(self, plugs: float) -> float:
        """Pixels of the card with its pods, where its plugs need so many."""
        pods = sum(STUB + POD + LINE * (len(lines) - 2) for _, lines in self.pods)
        return max(self.text_height, plugs) + pods


@dataclass(frozen=True)
class Box:
    """A card in its place, pods not counted; `column` is the column on the paper."""

    name: str
    column: int
    x: float
    y: float
    width: float
    height: float
    foot: float

    def edge(self, side: Side) -> float:
        """Return where that edge is."""
        return self.x if side == "left" else self.x + self.width


@dataclass(frozen=True)
class Plug:
    """Where a strand meets a card; its marks stand beside it."""

    strand: Strand
    side: Side
    y: float


def slots(strand: Strand) -> float:
    """Return how many plugs' room a strand takes: its first mark stands above it, others below."""
    return above(strand) + max(1.0, 0.8 * len(strand.marks) + 0.2)


def above(strand: Strand) -> float:
    """Return how much of that room is above its line."""
    return 0.4 if strand.marks else 0.0
