"""From nothing to the first answer through BGP: a lab, beside the same network built by hand.

The network is `rack`: a ToR and three nodes with FRR, a Service announced by all three, kube-proxy
and two pods behind it. The baseline is lab_up.sh, a shell script that lays every wire and starts
every daemon one after the other, with nothing to check, break, record or clean up. Both run the
same unpacked daemons with the same timers, in namespaces of their own, in turn. With BFD most of
the time is FRR's own; without it more of it is ours.

Run: python benchmarks/lab_up.py
"""

import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from support.measuring import Owner, load

from labs import packages, pod_server, topology_file
from labs.lab import Lab
from labs.routers import find_daemon
from labs.topology import Topology

ROUNDS = 5
TARGET = 1.2
URL = "http://172.30.200.1/"
SCRIPT = Path(__file__).with_suffix(".sh")


def by_hand(topology: Topology) -> float:
    """Seconds until the script's client has its answer."""
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    spaces = ("--mount", "--pid", "--net", "--ipc", "--uts", "--fork", "--mount-proc")
    bfd = "bfd" if any(session.bfd for session in topology.sessions) else "without"
    begun = time.perf_counter()
    frr = find_daemon(topology.hosts["tor"].daemons).root
    nftables = packages.installed()["nftables"].root
    arguments = [str(frr), str(nftables), pod_server.__file__, sys.executable, bfd]
    with Owner(["unshare", *user, *spaces, "--kill-child", "sh", str(SCRIPT), *arguments]) as it:
        it.wait_for("answered")
        took = time.perf_counter() - begun
        check_same(topology, it.wait_for("listed"))
    return took


def check_same(topology: Topology, listed: list[str]) -> None:
    """Refuse to compare where the script's network is not the topology's any more."""
    wanted = {
        f"{host} {address}" for host in topology.hosts for address in topology.addresses(host)
    }
    if wanted != {*listed}:
        differs = sorted(wanted ^ {*listed})
        raise SystemExit(f"{SCRIPT.name} and {topology.name} are two networks now: {differs}")


def by_lab(topology: Topology) -> float:
    """Seconds until a lab's client has its answer."""
    begun = time.perf_counter()
    with Lab(topology) as lab:
        while lab.curl("client", URL)[0].error:
            pass
        return time.perf_counter() - begun


def main() -> None:
    """Print medians and the ratio."""
    rack = topology_file.load("rack")
    quick = replace(rack, sessions=tuple(replace(s, bfd=False) for s in rack.sessions))
    ways: tuple[Callable[[Topology], float], ...] = (by_hand, by_lab)
    print(f"{load()}, before it began")
    print(f"seconds from nothing to the first answer through BGP, {ROUNDS} runs each in turn")
    print(f"{'':24}{'by hand':>20}{'lab':>20}{'ratio':>8}   (target: at most {TARGET})")
    for title, topology in (("rack, with BFD", rack), ("rack, without BFD", quick)):
        times = [[way(topology) for way in ways] for _ in range(ROUNDS)]
        columns = [sorted(column) for column in zip(*times, strict=True)]
        middle = [statistics.median(column) for column in columns]
        cells = [
            f"{median:.2f} ({column[0]:.2f}-{column[-1]:.2f})"
            for median, column in zip(middle, columns, strict=True)
        ]
        print(f"{title:24}{cells[0]:>20}{cells[1]:>20}{middle[1] / middle[0]:>8.2f}")


if __name__ == "__main__":
    main()
