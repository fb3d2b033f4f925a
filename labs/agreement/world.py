"""What the generator makes and the drivers play: worlds of decision cases, as plain data.

A case is a mapping in the decision-case format that `bgp.case` reads; a world is the router and the
neighbours that many cases share, one prefix each, so that one start of a daemon answers them all.
"""

from dataclasses import dataclass, field
from typing import Any

Case = dict[str, Any]
"""One decision case: `paths` in arrival order, `knobs`, `local_as`, `confederation`."""

ROUTER_ADDRESS = "10.0.0.1"
ROUTER_ID = "10.0.0.1"
PEER_NETWORK_BITS = 19
"""Neighbours live in 10.0.0.0/19, the router's only connected network: metric 0."""

IGP_METRICS = (5, 10, 20, 30)
"""10.50.M.0/24 is routed with metric M; 10.99.0.0/16 is not routed at all."""

STEP_MARKS = {"weight": 65010, "local_pref": 65011}
"""Community values that import policy turns into attributes no eBGP neighbour can send."""


@dataclass(frozen=True)
class Neighbor:
    """A BGP neighbour of the router under test."""

    id: str
    type: str
    address: str
    router_id: str
    asn: int

    def as_case(self) -> dict[str, Any]:
        """Return the `peer` object of a path learned from it."""
        return {
            "id": self.id,
            "type": self.type,
            "address": self.address,
            "router_id": self.router_id,
            "as": self.asn,
        }


@dataclass(frozen=True)
class World:
    """One router with its neighbours and options, and the cases it is to answer."""

    name: str
    daemon: str
    local_as: int
    confederation: dict[str, Any] | None
    knobs: dict[str, Any]
    neighbors: tuple[Neighbor, ...]
    cases: tuple[Case, ...] = field(default=())

    def waves(self) -> int:
        """Count the arrivals of the longest case."""
        return max((len(case["paths"]) for case in self.cases), default=0)
