"""iBGP among 10, 20 and 40 routers: a full mesh, beside two route reflectors (RFC 4456).

Every router is an FRR of one AS with one prefix of its own. The baseline is the full mesh: each
router has a session with every other one. Told is how many sessions that makes, how long until
every router has a best path to every prefix, what memory the daemons need then, how many UPDATE
messages all of them have sent by then, and how many one prefix more takes when all is quiet.

Run: python benchmarks/lab_mesh.py          10 routers
     python benchmarks/lab_mesh.py --full   10, 20 and 40: half a minute, 2.5 GB
     python benchmarks/lab_mesh.py --full --docs   and write the table and chart of docs/labs.md
"""

import argparse
import os
from collections.abc import Callable
from dataclasses import dataclass

from support import docs_page
from support.measuring import below, load, memory
from support.meshes import Running, ibgp

from labs.process_tree import ProcessTree
from widgets.svg import INK, SOFT, WIDTH, Page

SIZES = (10, 20, 40)
REFLECTORS = 2
CHART = docs_page.DOCS / "pictures" / "lab-mesh.svg"
HEADINGS = (
    *("routers", "iBGP", "sessions", "seconds to converge"),
    *("MiB of daemons", "UPDATEs until then", "UPDATEs for one prefix more"),
)
MESH, REFLECTED = "#566273", "#0b5c94"


@dataclass(frozen=True)
class Measured:
    """One network: what it is, and what it took."""

    routers: int
    reflectors: int
    sessions: int
    seconds: float
    memory: float
    updates: int
    one_more: int

    @property
    def way(self) -> str:
        """How the routers hear of each other."""
        return f"{self.reflectors} reflectors" if self.reflectors else "full mesh"

    def cells(self) -> tuple[str, ...]:
        """Return its row of the table."""
        return (
            *(f"{self.routers}", self.way, f"{self.sessions}", f"{self.seconds:.1f}"),
            *(f"{self.memory:.0f}", f"{self.updates}", f"{self.one_more}"),
        )


def measure(routers: int, reflectors: int) -> Measured:
    """Run one network and take its figures."""
    topology = ibgp(routers, reflectors)
    with ProcessTree() as tree:
        running = Running(tree, topology)
        try:
            seconds = running.converge(routers)
            updates = running.updates()
            used = memory(below(os.getpid()))
            running.announce()
            running.converge(routers + 1)
            more = running.updates() - updates
        finally:
            running.disconnect()
    daemons = used["zebra"] + used["bgpd"]
    return Measured(routers, reflectors, len(topology.sessions), seconds, daemons, updates, more)


def main() -> None:
    """Print the table, and write it and its chart into the docs when asked."""
    words = argparse.ArgumentParser(description="iBGP, meshed and reflected.")
    words.add_argument("--full", action="store_true", help="20 and 40 routers too")
    words.add_argument("--docs", action="store_true", help="write the docs' table and chart")
    asked = words.parse_args()
    busy = load()
    print(f"iBGP of FRR routers with a prefix each; {busy}, before it began")
    print("  ".join(HEADINGS))
    found = []
    for routers in SIZES if asked.full else SIZES[:1]:
        pair = [measure(routers, reflectors) for reflectors in (0, REFLECTORS)]
        for each in pair:
            cells = zip(HEADINGS, each.cells(), strict=True)
            print("  ".join(cell.rjust(len(heading)) for heading, cell in cells), flush=True)
        mesh, reflected = pair
        print(
            f"  reflectors beside the mesh: time {reflected.seconds / mesh.seconds:.2f}, memory "
            f"{reflected.memory / mesh.memory:.2f}, UPDATEs {reflected.updates / mesh.updates:.2f}"
        )
        found += pair
    if asked.docs:
        CHART.write_text(chart(found), encoding="utf-8")
        rows = [each.cells() for each in found]
        docs_page.write("lab_mesh", docs_page.table(HEADINGS, rows, busy))


@dataclass(frozen=True)
class Panel:
    """One figure of the chart."""

    title: str
    value: Callable[[Measured], float]
    digits: int = 0


PANELS = (
    Panel("BGP sessions", lambda each: each.sessions),
    Panel("seconds to converge", lambda each: each.seconds, 1),
    Panel("MiB of daemons", lambda each: each.memory),
    Panel("UPDATEs until then", lambda each: each.updates),
)
LEFT, LABEL, BAR, GAP = 20, 190, 15, 9


def chart(found: list[Measured]) -> str:
    """Return the figures as bars: a panel a figure, a pair of bars a size."""
    page = Page(
        "iBGP among FRR routers: a full mesh beside two route reflectors",
        "; ".join(f"{each.routers} routers, {each.way}: {words(each)}" for each in found),
    )
    page.y += 14
    page.write(LEFT, page.y, "iBGP: a full mesh, and two route reflectors", ' font-weight="600"')
    for number, (name, colour) in enumerate((("full mesh", MESH), ("2 reflectors", REFLECTED))):
        page.rect(WIDTH - 250 + 120 * number, page.y - 10, 11, 11, colour)
        page.write(WIDTH - 234 + 120 * number, page.y, name)
    for panel in PANELS:
        page.y += 34
        page.write(LEFT, page.y, panel.title, f' font-weight="600" fill="{INK}"')
        most = max(map(panel.value, found))
        for each in found:
            page.y += BAR + (3 if each.reflectors else GAP)
            if not each.reflectors:
                page.write(LEFT, page.y + 6, f"{each.routers} routers", f' fill="{SOFT}"')
            length = max(1.0, (WIDTH - LABEL - 110) * panel.value(each) / most)
            colour = REFLECTED if each.reflectors else MESH
            page.rect(LABEL - 60, page.y - 11, length, BAR - 1, colour)
            shown = f"{panel.value(each):.{panel.digits}f}"
            page.write(LABEL - 52 + length, page.y, shown)
    return page.document()


def words(each: Measured) -> str:
    """Return a network's figures as a phrase, for those who hear the chart."""
    return ", ".join(f"{p.value(each):.{p.digits}f} {p.title}" for p in PANELS)


if __name__ == "__main__":
    main()
