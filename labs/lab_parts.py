"""What a running lab is made of: its namespaces, its routers, and whether all is well with them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Protocol

from bgp.fsm_log import LoggedTransition, parse_frr_log
from labs import lab_trace, packages
from labs.errors import LabError
from labs.frr_router import FrrRouter
from labs.packages import Daemon
from labs.polling import poll
from labs.process_tree import ProcessTree
from labs.routers import BFD_UP, Router, daemon_title
from labs.situation import Situation
from labs.stayrtr import Stayrtr
from labs.topology import Topology
from labs.topology_routes import expected_routes

UP_SECONDS: Final = 30.0
QUIET: Final = 0.15
"""Seconds without a change that count as settled; bgpd decides some 50 ms after an UPDATE."""
SETTLE_SECONDS: Final = 3.0
ESTABLISHED: Final = "Established"


def log_time() -> str:
    """Return the time as FRR's log writes it; a daemon's root has no time zone but UTC."""
    return datetime.now(UTC).strftime("%Y/%m/%d %H:%M:%S.%f")


class Declared(Protocol):
    """What a lab's verbs need of its cluster (`labs.cluster`)."""

    def restarted(self, host: str) -> None:
        """Let a node whose daemons were started again do what its objects declare."""

    def written(self) -> str:
        """Write down the objects, where they are not those of the start; "" where they are."""

    def bring_back(self, text: str) -> None:
        """Make the objects those that were written down; "" for those of the start."""


@dataclass
class Parts:
    """The parts of a running lab.

    Attributes:
        topology: what it is made of.
        tree: its namespaces.
        routers: the daemons by host.
        validators: the validated caches by host.
        situation: what has been done to it.
        after: the situation that the change under way leads to.
        marked: when the stretch of transitions began.
        marks: how many lines each router had logged then.
        cluster: the Kubernetes cluster on it, None without one.
    """

    topology: Topology
    tree: ProcessTree
    routers: dict[str, Router] = field(default_factory=dict)
    validators: dict[str, Stayrtr] = field(default_factory=dict)
    situation: Situation = field(default_factory=Situation)
    after: Situation = field(default_factory=Situation)
    marked: str = field(default_factory=log_time)
    marks: dict[str, int] = field(default_factory=dict)
    cluster: Declared | None = None

    @property
    def title(self) -> str:
        """The lab in a line: what it shows, and the daemons that run in it."""
        versions = sorted({daemon_title(router.daemon) for router in self.routers.values()})
        return f"{self.topology.title} ({', '.join(versions)})"

    def router(self, host: str) -> Router:
        """Return the router of a host.

        Raises:
            LabError: it has none.
        """
        self.topology.speaker(host)
        return self.routers[host]

    def frr(self, host: str) -> FrrRouter:
        """Return the router of a host that runs FRR, as its verb has checked."""
        router = self.router(host)
        assert isinstance(router, FrrRouter)  # noqa: S101 - the verb has checked it
        return router

    def running(self) -> list[str]:
        """Return the hosts whose daemon runs and answers."""
        return [n for n in self.routers if self.situation.get(f"daemon {n}") is None]

    def mark(self) -> None:
        """Begin a new stretch of transitions."""
        self.marked = log_time()
        for host, router in self.routers.items():
            self.marks[host] = len(router.log().splitlines())

    def edges(self, host: str, neighbor: str, after: int) -> tuple[LoggedTransition, ...]:
        """Read a whole log, for who is who in it, and return a session's edges after a line."""
        address = self.topology.session(host, neighbor).other(host).address
        edges = parse_frr_log(self.router(host).log().splitlines())
        return tuple(edge for edge in edges if edge.peer == address and edge.line > after)

    def nft(self, rules: dict[str, str]) -> None:
        """Load nftables rules, by host.

        Raises:
            LabError: nftables is not unpacked here, or refuses a rule.
        """
        for host, text in rules.items():
            root = self.tree.root(host, nftables())
            self.tree.write(f"{root}/run/rules.nft", text)
            self.tree.run(["/usr/sbin/nft", "-f", "/run/rules.nft"], host, root)

    def wait_until_up(self) -> None:
        """Wait until every session is up and every route there.

        Raises:
            LabError: the deadline passed; says what is lacking.
        """
        self._wait_while(self._down)
        for router in self.routers.values():
            if isinstance(router, FrrRouter):
                router.watch()
        self._wait_while(self._lacking)
        asking = [host.name for host in self.topology.speakers() if host.rpki]
        for name in asking:
            self.router(name).refilter()  # what came before the first ROA was taken unseen
        announced = [p for host in self.topology.speakers() for p in host.originates]
        if asking or len(set(announced)) < len(announced):
            self.settle()  # the first path to an address is there, others may be on their way

    @staticmethod
    def _wait_while(lacking: Callable[[], list[str]]) -> None:
        poll(
            "every session is up and every route there",
            lambda: not lacking(),
            UP_SECONDS,
            lambda: "; ".join(lacking()),
        )

    def _down(self) -> list[str]:
        """Say which sessions are not Established."""
        return [
            f"{side.host} calls its session with {session.other(side.host).host} {state}"
            for session in self.topology.expected_sessions()
            for side in session.sides
            if (state := self.router(side.host).state(session)) != ESTABLISHED
        ]

    def _lacking(self) -> list[str]:
        """Say what is not up yet: sessions first, then routes."""
        down = self._down()
        down += [
            f"BFD of {side.host} calls {session.other(side.host).host} {seen}"
            for session in self.topology.expected_sessions()
            for side in session.sides
            if session.bfd and (seen := self.router(side.host).bfd(session).state) != BFD_UP
        ]
        down += [
            f"{host.name} has not heard the ROAs of {host.rpki}"
            for host in self.topology.speakers()
            if host.rpki and self.router(host.name).roas() != {*self.topology.hosts[host.rpki].roas}
        ]
        if down:
            return down
        lacking = []
        for host, wanted in expected_routes(self.topology).items():
            known = self.routers[host].own_table()
            if known is None:
                known = lab_trace.kernel_prefixes(self.tree, host)
            lacking += [
                f"{host} has no route to {prefix}"
                for prefix in sorted(wanted)
                if not known & {prefix, prefix.removesuffix("/32")}
            ]
        return lacking

    def settle(self) -> None:
        """Wait until no table changes any more, or for a short while where one always does."""
        deadline = time.monotonic() + SETTLE_SECONDS
        seen: list[str] = []
        since = time.monotonic()

        def quiet() -> bool:
            nonlocal seen, since
            now, tables = time.monotonic(), self._tables()
            if tables != seen:
                seen, since = tables, now
            return now - since > QUIET or now > deadline

        poll("the lab settles", quiet, SETTLE_SECONDS + 1)

    def _tables(self) -> list[str]:
        return [self.routers[name].table_mark() for name in self.running()]


def nftables() -> Daemon:
    """Return the unpacked nftables, with conntrack and tcpdump.

    Raises:
        LabError: it is not unpacked here.
    """
    here = packages.installed()
    if "nftables" not in here:
        raise LabError(
            "nftables is not unpacked here: run `locrib lab doctor --fetch` once, with network"
        )
    return here["nftables"]
