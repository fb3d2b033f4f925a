"""What was done to a network, in the few words that fit beside a cable or into a host's card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from labs.lab_services import NONE
from labs.situation import Situation
from labs.topology import Topology

Pair = frozenset[str]
CUT: Final = "✂ cut"


@dataclass(frozen=True)
class Marks:
    """What is not as at first.

    Attributes:
        links: what was done to each link, by its two ends.
        hosts: what was done to each host's daemons.
        policies: the externalTrafficPolicy of each Service that has another one now.
        ready: the pods behind each Service that has others now.
    """

    links: Mapping[Pair, tuple[str, ...]] = field(default_factory=dict)
    hosts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    policies: Mapping[str, str] = field(default_factory=dict)
    ready: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def of(self, one: str, other: str) -> tuple[str, ...]:
        """Return what was done to the link between two neighbors."""
        return self.links.get(frozenset((one, other)), ())

    def is_cut(self, one: str, other: str) -> bool:
        """Whether the link between two neighbors is cut."""
        return CUT in self.of(one, other)


def marks_of(situation: Situation, topology: Topology) -> Marks:
    """Return a lab's situation as marks; a link's worst comes first."""
    links: dict[Pair, list[str]] = {}
    hosts: dict[str, list[str]] = {}
    policies, ready = {}, {}
    for what, how in situation.done:
        kind, *names = what.split()
        if kind in _LINK:
            links.setdefault(frozenset(names), []).append(
                _LINK[kind].format(_lost(how) if kind == "drop" else how)
            )
        elif kind == "policy":
            policies[names[0]] = how
        elif kind == "endpoints":
            ready[names[0]] = () if how == NONE else tuple(how.split())
        elif names and names[0] in topology.hosts:
            hosts.setdefault(names[0], []).append(_host_mark(kind, names, how))
    return Marks(
        {pair: tuple(sorted(marks, key=lambda mark: mark != CUT)) for pair, marks in links.items()},
        {host: tuple(marks) for host, marks in hosts.items()},
        policies,
        ready,
    )


_LINK: Final = {
    "cut": CUT,
    "mtu": "MTU {}",
    "drop": "loses {}",
    "limit": "{} kbit/s",
}


def _lost(how: str) -> str:
    what, _, percent = how.partition(" ")
    packets = "everything" if what == "all" else what.upper()
    return f"{percent} % of {packets}" if percent else packets


def _host_mark(kind: str, names: list[str], how: str) -> str:
    told = {
        "daemon": f"daemon {how}",
        "frozen": f"{names[-1]} frozen",
        "as": f"says AS {how}",
        "routes": f"{how} blocks more",
        "roas": f"other ROAs: {how}",
        "lines": "configuration changed",
    }
    return told.get(kind, f"{kind}: {how}")
