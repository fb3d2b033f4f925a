"""From nothing to the first answer through BGP: a lab, beside the same network built by hand.

The network is `rack`: a ToR and three nodes with FRR, a Service announced by all three, kube-proxy
and two pods behind it. The baseline is lab_up.sh, a shell script that lays every wire and starts
every daemon one after the other, with nothing to check, break, record or clean up. Where the script
of the first prototype is at hand, it is a second one, with a network of its own. Both ways run the
same unpacked daemons with the same timers, in namespaces of their own, in turn. With BFD most of
the time is FRR's own; without it more of it is ours.

Run: python benchmarks/lab_up.py
     python benchmarks/lab_up.py --rounds 20 --docs   and write the table of docs/labs.md
     python benchmarks/lab_up.py --by-hand FILE       the prototype's script, wherever it is
"""

import argparse
import math
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

from support import docs_page
from support.by_hand import OURS, PROTOTYPE, build, prototype, rack, without_bfd
from support.measuring import load

from labs.lab import Lab
from labs.topology import Topology

ROUNDS = 5
TARGET = 1.2
HEADINGS = (
    *("seconds until the first answer", "by hand, median", "95th percentile"),
    *("lab, median", "95th percentile", "lab / by hand"),
)


@dataclass(frozen=True)
class Network:
    """What is built twice: as a lab, and by a script."""

    title: str
    topology: Topology
    script: Path


def by_lab(topology: Topology) -> float:
    """Seconds until a lab's client has its answer."""
    url = f"http://{topology.services[0].address}/"
    begun = time.perf_counter()
    with Lab(topology) as lab:
        while lab.curl("client", url)[0].error:
            pass
        return time.perf_counter() - begun


def most(times: list[float], share: float = 0.95) -> float:
    """Return what so large a share of the times does not exceed (the nearest rank)."""
    return sorted(times)[math.ceil(share * len(times)) - 1]


def measure(network: Network, rounds: int) -> tuple[str, ...]:
    """Build a network both ways in turn; return its row of the table."""
    pairs = [
        (build(network.topology, network.script), by_lab(network.topology)) for _ in range(rounds)
    ]
    hand, lab = (list(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(lab) / statistics.median(hand)
    figures = (statistics.median(hand), most(hand), statistics.median(lab), most(lab), ratio)
    return (network.title, *(f"{figure:.2f}" for figure in figures))


def main() -> None:
    """Print the table, and write it into the docs when asked."""
    words = argparse.ArgumentParser(description="From nothing to the first answer through BGP.")
    words.add_argument("--rounds", type=int, default=ROUNDS, help="how often each is built")
    words.add_argument("--by-hand", type=Path, default=PROTOTYPE, help="the prototype's script")
    words.add_argument("--docs", action="store_true", help="write the docs' table")
    asked = words.parse_args()
    networks = [
        Network("`rack`", rack(), OURS),
        Network("`rack` without BFD", without_bfd(rack()), OURS),
    ]
    if asked.by_hand.is_file():
        title = "without BFD, Hold Time 3 s, beside the first prototype"
        networks.append(Network(title, prototype(), asked.by_hand))
    else:
        print(f"{asked.by_hand.name} is not here; without it {OURS.name} is the only baseline")
    busy = load()
    print(f"{busy}, before it began; {asked.rounds} runs each in turn; target: at most {TARGET}")
    print("  ".join(HEADINGS))
    rows = []
    for network in networks:
        rows.append(measure(network, asked.rounds))
        cells = zip(HEADINGS, rows[-1], strict=True)
        print("  ".join(cell.rjust(len(heading)) for heading, cell in cells), flush=True)
    if asked.docs:
        before = f"{asked.rounds} runs of each, in turn; {busy}"
        docs_page.write("lab_up", docs_page.table(HEADINGS, rows, before))


if __name__ == "__main__":
    main()
