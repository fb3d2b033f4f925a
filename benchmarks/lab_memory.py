"""Memory of a lab beside its daemons alone; and twenty labs at once, which all have to be gone.

Each lab has an owner, a Python process of its own, as a learner's kernel or `locrib lab up` is; all
of it counts. The baseline is what the routing daemons need by themselves in that same lab. Twenty
learners begin at the same moment; then half of the owners end as they should, and half by SIGKILL.
What daemons log is kept in memory, so the last figures are what a session adds to it by going down
and coming back.

Run: python benchmarks/lab_memory.py
     python benchmarks/lab_memory.py --docs   and write the tables of docs/labs.md
"""

import argparse
import sys
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

from support import docs_page
from support.measuring import Owner, below, load, memory, pid_namespaces

from labs.lab import Lab

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))
from processes import in_namespace

DAEMONS = ("zebra", "bgpd", "bfdd", "staticd", "mgmtd", "bird", "gobgpd", "stayrtr")
TOPOLOGIES = ("first-session", "rack", "four-daemons")
MANY = "first-session"
PATIENCE = 10.0
HEADINGS = ("MiB of PSS", "daemons", "ours", "whole", "whole / daemons")
FLAPPING = {"FRR": ("tor", "metallb"), "BIRD": ("bird", "tor"), "GoBGP": ("cilium", "tor")}
"""A speaker of each kind in `four-daemons`, and its neighbor."""
FLAPS = 3
KIB = 1024.0


def one(topology: str) -> tuple[str, ...]:
    """Return a row of the table: what a lab needs, and how much of it the daemons."""
    with Owner.of_lab(topology) as owner:
        owner.wait_for("up")
        found = memory(below(owner.process.pid))
    whole, daemons, mine = shares(found)
    figures = (f"{daemons:.0f}", f"{mine:.0f}", f"{whole:.0f}", f"{whole / daemons:.2f}")
    return (f"`{topology}`", *figures)


def shares(found: Counter[str]) -> tuple[float, float, float]:
    """Return MiB of everything, of the daemons, and of what is ours."""
    daemons = sum(found[name] for name in DAEMONS)
    return found.total(), daemons, found.total() - daemons


def many(count: int) -> list[str]:
    """Bring so many labs up side by side and down again, and see that nothing is left.

    Returns:
        What there is to tell.
    """
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
        whole, daemons, _ = shares(memory(pids))
        told = [
            f"{count} labs of `{MANY}` begun at once: all up after {max(ready):.1f} s",
            f"their {len(pids)} processes need {whole:.0f} MiB: the daemons {daemons:.0f}",
        ]
        ending = time.perf_counter()
        for number, owner in enumerate(owners):
            owner.end(kill=bool(number % 2))
        left = pids
        while left and time.perf_counter() - ending < PATIENCE:
            left = [pid for space in spaces for pid in in_namespace("pid", space)]
        took = time.perf_counter() - ending
    same = Path("/proc/self/mounts").read_text(encoding="utf-8") == mounts
    if left or not same:
        mounts = "as before" if same else "changed"
        raise SystemExit(f"of {count} labs {len(left)} processes are left; mounts are {mounts}")
    told.append(
        f"half of the owners ended, half killed: after {took:.1f} s no process of theirs is left, "
        "and this machine's mounts are as before"
    )
    return told


def logs() -> str:
    """Return what daemons log when a session goes down and comes back; it stays in memory."""
    told = []
    with Lab("four-daemons") as lab:
        for kind, (host, neighbor) in FLAPPING.items():
            before = len(lab.daemon_log(host))
            for _ in range(FLAPS):
                lab.stop_daemon(neighbor)
                lab.mend()
            each = (len(lab.daemon_log(host)) - before) / FLAPS / KIB
            told.append(f"{kind}'s log grows by {each:.1f} KiB")
    return f"each time a session goes down and comes back, {', '.join(told)}"


def main() -> None:
    """Print the table and the twenty, and write them into the docs when asked."""
    words = argparse.ArgumentParser(description="Memory of labs.")
    words.add_argument("--labs", type=int, default=20, help="how many at once")
    words.add_argument("--docs", action="store_true", help="write the docs' tables")
    asked = words.parse_args()
    busy = load()
    print(f"{busy}, before it began")
    print("  ".join(HEADINGS))
    rows = []
    for topology in TOPOLOGIES:
        rows.append(one(topology))
        print("  ".join(rows[-1]), flush=True)
    told = [*many(asked.labs), logs()]
    print(*told, sep="\n")
    if asked.docs:
        listed = "".join(f"- {line}\n" for line in told)
        docs_page.write("lab_memory", f"{docs_page.table(HEADINGS, rows, busy)}\n{listed}")


if __name__ == "__main__":
    main()
