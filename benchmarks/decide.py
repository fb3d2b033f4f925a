"""Decisions a second with the full trace, beside a plain pairwise loop over the same paths.

The baseline is the least a router-like selection costs in Python: keep the better of two by a
tuple of keys, no eligibility, no trace, no replay of arrivals. The ratio is what explaining costs.

Run: python benchmarks/decide.py
"""

import random
import statistics
import time
from collections.abc import Callable
from functools import partial
from ipaddress import IPv4Address

from bgp import PROFILES, AsPath, Knobs, Origin, Path, Peer, PeerType, Speaker, decide

SPEAKER = Speaker(64512)
SECONDS = 0.4
ROUNDS = 5


def paths(count: int) -> list[Path]:
    """Paths that tie often, so that late steps are reached."""
    rng = random.Random(count)  # noqa: S311 - a repeatable workload, not a secret
    return [
        Path(
            f"p{n}",
            Peer(
                f"n{n}",
                rng.choice((PeerType.EBGP, PeerType.IBGP)),
                IPv4Address(0xC0000200 + n),
                IPv4Address(0x0A000001 + rng.randrange(count)),
                65000,
            ),
            AsPath.of(rng.choice((65001, 65002)), 65100),
            origin=Origin.IGP,
            med=rng.choice((0, 10)),
            igp_metric=rng.choice((0, 5)),
        )
        for n in range(1, count + 1)
    ]


def pairwise(candidates: list[Path]) -> Path:
    """The baseline: one loop, one comparison of tuples a path."""

    def key(path: Path) -> tuple[int, ...]:
        return (
            -path.weight,
            -(path.local_pref or 100),
            path.as_path.length,
            path.origin,
            path.med or 0,
            path.peer.type is PeerType.IBGP,
            path.igp_metric or 0,
            int(path.identifier or 0),
            int(path.peer.address or 0),
        )

    best = candidates[0]
    for path in candidates[1:]:
        if key(path) < key(best):
            best = path
    return best


def rate(work: Callable[[], object]) -> float:
    """Calls a second: the median of a few rounds."""
    rates = []
    for _ in range(ROUNDS):
        calls, started = 0, time.perf_counter()
        while (passed := time.perf_counter() - started) < SECONDS / ROUNDS:
            work()
            calls += 1
        rates.append(calls / passed)
    return statistics.median(rates)


def main() -> None:
    """Print a table: decisions a second and the ratio to the plain loop."""
    knobs = Knobs()
    sizes = (2, 8, 64)
    candidates = {size: paths(size) for size in sizes}
    plain = {size: rate(partial(pairwise, candidates[size])) for size in sizes}
    print("decisions a second (and times slower than a plain pairwise loop)")
    print(f"{'':12}" + "".join(f"{size:>10} paths    " for size in sizes))
    print(f"{'plain loop':12}" + "".join(f"{plain[size]:>16,.0f}   " for size in sizes))
    for name in PROFILES:
        cells = []
        for size in sizes:
            speed = rate(partial(decide, candidates[size], name, SPEAKER, knobs))
            cells.append(f"{speed:>9,.0f} ({plain[size] / speed:>5.1f}x) ")
        print(f"{name:12}" + "".join(cells))


if __name__ == "__main__":
    main()
