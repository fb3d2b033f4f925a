"""Whether another order of arrival would have given another best path, and which.

RFC 4271 does not know arrival; FRR, BIRD, GoBGP and Cisco do, through MED compared pairwise and
through the preference for an older path. The answer is found by deciding in other orders.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, islice, permutations
from math import factorial
from typing import Final

from bgp.decision import Decision
from bgp.profiles import Method
from bgp.route import Path
from bgp.selection import select

DEFAULT_TRIES: Final = 120  # every order of five paths


@dataclass(frozen=True, slots=True)
class OtherOrder:
    """An order of arrival in which another path is selected.

    Attributes:
        winner: id of the path selected then, None when none is.
        order: ids in that order of arrival.
    """

    winner: str | None
    order: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OrderSensitivity:
    """What the order of arrival does to a decision.

    Attributes:
        others: one entry per other winner, with the first order found that makes it win.
        tried: how many orders were decided.
        exhaustive: whether those were all there are.
    """

    others: tuple[OtherOrder, ...]
    tried: int
    exhaustive: bool


def other_orders(decision: Decision, tries: int = DEFAULT_TRIES) -> OrderSensitivity:
    """Decide in other orders of arrival.

    Args:
        decision: the decision as it fell.
        tries: how many orders to decide at most; all are decided when there are no more.
    """
    if decision.profile.method is Method.ELIMINATION:
        return OrderSensitivity((), 0, exhaustive=True)
    idle = set(dict(decision.ineligible))
    contenders = [path for path in decision.paths if path.id not in idle]
    resting = [path for path in decision.paths if path.id in idle]
    exhaustive = factorial(min(len(contenders), 12)) <= tries
    orders = permutations(contenders) if exhaustive else _telling_orders(contenders)
    found: dict[str | None, OtherOrder] = {}
    tried = 0
    for order in islice(orders, tries):
        tried += 1
        arrivals = (*order, *resting)
        winner = select(arrivals, decision.profile, decision.speaker, decision.knobs).best
        if winner != decision.best and winner not in found:
            found[winner] = OtherOrder(winner, tuple(path.id for path in arrivals))
    return OrderSensitivity(tuple(found.values()), tried, exhaustive)


def _telling_orders(paths: list[Path]) -> Iterator[tuple[Path, ...]]:
    """The orders most likely to tell: each path first, each last, reversed, each pair swapped."""
    yield tuple(reversed(paths))
    for place in range(len(paths)):
        rest = (*paths[:place], *paths[place + 1 :])
        yield (paths[place], *rest)
        yield (*rest, paths[place])
    for low, high in combinations(range(len(paths)), 2):
        swapped = list(paths)
        swapped[low], swapped[high] = swapped[high], swapped[low]
        yield tuple(swapped)
