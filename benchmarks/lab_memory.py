"""Memory of a lab beside its daemons alone; and twenty labs at once, which all have to be gone.

Each lab has an owner, a Python process of its own, as a learner's kernel or `locrib lab up` is; all
of it counts. The baseline is what the routing daemons need by themselves in that same lab. Twenty
learners begin at the same moment; then half of the owners end as they should, and half by SIGKILL.

Run: python benchmarks/lab_memory.py
"""

import argparse
import sys
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

from support.measuring import Owner, below, load, memory, pid_namespaces

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))
from processes import in_namespace

DAEMONS = ("zebra", "bgpd", "bfdd", "bird", "gobgpd", "stayrtr")
TOPOLOGIES = ("first-session", "rack", "four-daemons")
MANY = "first-session"
PATIENCE = 10.0


def one(topology: str) -> None:
    """Print a line: what a lab needs, and how much of it the daemons."""
    with Owner.of_lab(topology) as owner:
        owner.wait_for("up")
        found = memory(below(owner.process.pid))
    whole, daemons, mine = shares(found)
    print(f"{topology:16}{daemons:>10.1f}{mine:>10.1f}{whole:>10.1f}{whole / daemons:>8.2f}")


def shares(found: Counter[str]) -> tuple[float, float, float]:
    """Return MiB of everything, of the daemons, and of what is ours."""
    daemons = sum(found[name] for name in DAEMONS)
    return found.total(), daemons, found.total() - daemons


def many(count: int) -> None:
    """Bring so many labs up side by side and down again, and see that nothing is left."""
    mounts = Path("/proc/self/mounts").read_text(encoding="utf-8")
    with ExitStack() as undo:
        begun = time.perf_counter()
        owners = [undo.enter_context(Owner.of_lab(MANY)) for _ in range(count)]
        ready = []
        for owner in owners:
            owner.wait_for("up")
            ready.append(time.perf_counter() - begun)
        pids = [pid for owner in owners for pid in below(owner.process.pid)]
        spaces = pid_namespaces(pids)
        whole, daemons, mine = shares(memory(pids))
        print(f"\n{count} labs of {MANY} at once, each with an owner of its own")
        print(f"  all up after {max(ready):.1f} s, {max(ready) / count:.2f} s a lab")
        print(
            f"  {len(pids)} processes, {whole:.0f} MiB: daemons {daemons:.0f}, ours {mine:.0f}; "
            f"{whole / count:.1f} MiB a lab"
        )
        ending = time.perf_counter()
        for number, owner in enumerate(owners):
            owner.end(kill=bool(number % 2))
        left = pids
        while left and time.perf_counter() - ending < PATIENCE:
            left = [pid for space in spaces for pid in in_namespace("pid", space)]
        took = time.perf_counter() - ending
    same = Path("/proc/self/mounts").read_text(encoding="utf-8") == mounts
    print(
        f"  gone after {took:.1f} s, half of the owners killed: {len(left)} processes of theirs "
        f"left, this machine's mounts {'as before' if same else 'CHANGED'}"
    )
    if left or not same:
        raise SystemExit("something is left")


def main() -> None:
    """Print the table and the twenty."""
    words = argparse.ArgumentParser(description="Memory of labs.")
    words.add_argument("--labs", type=int, default=20, help="how many at once")
    count = words.parse_args().labs
    print(f"{load()}, before it began")
    print("memory of a lab that is up, MiB of PSS, beside its daemons alone")
    print(f"{'':16}{'daemons':>10}{'ours':>10}{'whole':>10}{'ratio':>8}")
    for topology in TOPOLOGIES:
        one(topology)
    many(count)


if __name__ == "__main__":
    main()
