"""Nodes on paper: what an integration would have its nodes do, kept to be looked at."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from labs.errors import LabError


@dataclass
class PaperNodes:
    """Nodes that keep what they are given."""

    nodes: tuple[str, ...]
    texts: dict[str, list[str]] = field(default_factory=dict)
    lines: list[tuple[str, str, str]] = field(default_factory=list)
    told: dict[str, Callable[[], None]] = field(default_factory=dict)
    refuse: str = ""

    def names(self) -> tuple[str, ...]:
        return self.nodes

    def address(self, node: str) -> str:
        return f"172.18.0.{self.nodes.index(node) + 2}"

    def configure(self, node: str, text: str) -> None:
        if self.refuse and self.refuse in text:
            raise LabError(f"{node}: FRR refused {self.refuse!r}")
        self.texts.setdefault(node, []).append(text)

    def sessions(self, node: str) -> Mapping[str, str]:
        del node
        return {}

    def on_edit(self, node: str, told: Callable[[], None]) -> None:
        self.told[node] = told

    def log(self, workload: str, node: str, line: str) -> None:
        self.lines.append((workload, node, line))
