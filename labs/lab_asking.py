"""The verbs that ask a running lab, answered by routers and kernels (see `labs.lab_contract`)."""

from __future__ import annotations

import contextlib
import ipaddress
import itertools
import socket
import time
from collections.abc import Callable
from typing import Final

from bgp.errors import InvalidValueError
from bgp.fsm_log import LoggedTransition
from bgp.notification import Notification
from bgp.snapshot import Snapshot, Translation
from labs.errors import LabError
from labs.frr_router import FrrRouter
from labs.lab_capture import LinkCapture
from labs.lab_contract import Tell
from labs.lab_curl import ask
from labs.lab_parts import SETTLE_SECONDS, Parts, nftables
from labs.lab_services import Asker
from labs.lab_snapshot import snapshot, translations
from labs.lab_tools import environment
from labs.lab_trace import Tracer
from labs.lab_values import Answer, Hop, Output, Table, read_choice, write_entry
from labs.polling import poll

LOOK_SECONDS: Final = 0.05
BEARS_ON_CHOICE: Final = (
    *("bgp bestpath", "bgp always-compare-med", "bgp deterministic-med", "maximum-paths"),
    *("bgp default local-preference", "bgp reject-as-sets", "no bgp reject-as-sets"),
    *("bgp enforce-first-as", "no bgp enforce-first-as"),
)
"""How the lines of FRR's configuration begin that bear on which path is best."""


class Asking:
    """What a lab's verbs answer; names and numbers have been checked."""

    def __init__(self, parts: Parts) -> None:
        """Ask a running lab."""
        self._parts = parts
        self.tell: Tell = lambda _seconds, _state: None
        self._captures: dict[int, LinkCapture] = {}
        self._numbers = itertools.count(1)

    def run(self, host: str, command: str, seconds: float) -> Output:
        """Run a shell command."""
        process = self._parts.tree.spawn([*environment(host), "/bin/sh", "-c", command], host)
        with contextlib.closing(process):
            status = process.wait(seconds)
            if status is None:
                process.stop()
                raise LabError(
                    f"`{command}` on {host} did not end within {seconds:g} seconds; its last "
                    f"lines:\n{process.last_lines()}"
                )
            return Output(process.log(), status)

    def show(self, host: str, command: str) -> str:
        """Ask the router's own tool."""
        return self._parts.router(host).show(command)

    def paths(self, host: str, prefix: str) -> Table:
        """Read a router's table for one prefix."""
        router = self._parts.router(host)
        asn = int(self._parts.situation.get(f"as {host}") or self._parts.topology.hosts[host].asn)
        if not isinstance(router, FrrRouter):
            wanted = str(ipaddress.IPv4Interface(prefix).network)
            entry = next((entry for entry in router.rib() if entry.prefix == wanted), None)
            return Table(write_entry(host, entry), router.daemon.name, asn)
        running = map(str.strip, router.show("show running-config bgpd").splitlines())
        options = "\n".join(line for line in running if line.startswith(BEARS_ON_CHOICE))

        def read() -> Table | None:
            table = Table(router.table(prefix), router.daemon.name, asn, options)
            try:
                read_choice(table)
            except InvalidValueError:  # a path that bgpd is just taking out
                return None
            return table

        return poll(f"{host} lists its paths for {prefix}", read, SETTLE_SECONDS)

    def announced(self, host: str, neighbor: str) -> tuple[str, ...]:
        """List what is sent to a neighbor."""
        return self._parts.router(host).announced(self._parts.topology.session(host, neighbor))

    def state(self, host: str, neighbor: str) -> str:
        """Name a session's state."""
        return self._parts.router(host).state(self._parts.topology.session(host, neighbor))

    def wait_state(self, host: str, neighbor: str, state: str, seconds: float) -> float:
        """Wait for a state; tell of each look."""
        session, router = self._parts.topology.session(host, neighbor), self._parts.router(host)
        begun = time.monotonic()
        before = len(router.log().splitlines())
        frr = isinstance(router, FrrRouter)

        def there() -> bool:
            now = router.state(session)
            self.tell(time.monotonic() - begun, now)
            if now == state:
                return True
            edges = self._parts.edges(host, neighbor, before) if frr else ()
            return any(edge.after == state for edge in edges)

        poll(
            f"{host} has its session with {neighbor} in {state}",
            there,
            seconds,
            lambda: f"it is in {router.state(session)}",
        )
        return time.monotonic() - begun

    def wait_notification(
        self, host: str, neighbor: str, code: int, subcode: int, seconds: float
    ) -> LoggedTransition:
        """Wait for a NOTIFICATION."""

        def told() -> list[LoggedTransition]:
            return [e for e in self.transitions(host, neighbor) if e.notification is not None]

        def there() -> LoggedTransition | None:
            return next((edge for edge in told() if edge.notification == wanted), None)

        wanted = Notification(code, subcode)
        return poll(
            f"{host} has a NOTIFICATION {code}/{subcode} with {neighbor}",
            there,
            seconds,
            lambda: ", ".join(str(edge.notification) for edge in told()) or "there was none",
        )

    def watch(self, host: str, neighbor: str, seconds: float) -> None:
        """Let time pass; tell of each look."""
        session, router = self._parts.topology.session(host, neighbor), self._parts.router(host)
        begun = time.monotonic()
        while (passed := time.monotonic() - begun) < seconds:
            self.tell(passed, router.state(session))
            time.sleep(min(LOOK_SECONDS, max(0.0, seconds - passed)))

    def marked(self, _host: str, _neighbor: str) -> str:
        """Tell when the stretch began."""
        return self._parts.marked

    def transitions(self, host: str, neighbor: str) -> tuple[LoggedTransition, ...]:
        """Read the stretch's edges."""
        return self._parts.edges(host, neighbor, self._parts.marks.get(host, 0))

    def snapshot(self) -> Snapshot:
        """Take a snapshot."""
        return snapshot(self._parts, self._parts.title)

    def objects_declared(self) -> str:
        """Write down a cluster's objects, where they are not those of the start; "" where so."""
        return self._parts.cluster.written() if self._parts.cluster is not None else ""

    def begin_capture(self, one: str, other: str, what: str) -> int:
        """Start taking packets at a host's end of a link; return the capture's number."""
        link = self._parts.topology.link(one, other)
        end = next((e for e in link.ends if e.host in self._parts.topology.hosts), link.ends[0])
        capture = LinkCapture(self._parts.tree, end.host, end.interface, what, nftables())
        number = next(self._numbers)
        self._captures[number] = capture
        return number

    def end_capture(self, _one: str, _other: str, _what: str, number: int) -> str:
        """Stop it; return the packets as tcpdump prints them."""
        return self._captures.pop(number).stop()

    def curl(self, host: str, url: str, count: int) -> tuple[Answer, ...]:
        """Ask over HTTP."""

        def open_socket() -> socket.socket:
            return self._parts.tree.open_socket(host, socket.AF_INET, socket.SOCK_STREAM)

        return tuple(ask(open_socket, url) for _ in range(count))

    def trace(self, host: str, address: str) -> tuple[Hop, ...]:
        """Follow a packet."""
        best: dict[str, Callable[[str], tuple[str, str] | None]] = {
            name: router.best
            for name, router in self._parts.routers.items()
            if self._parts.situation.get(f"daemon {name}") is None
        }
        tracer = Tracer(self._parts.tree, self._parts.topology, best, self._services)
        return tuple(tracer.trace(host, address))

    def _services(self, host: str, asker: Asker) -> dict[str, Translation]:
        node = self._parts.topology.hosts[host]
        found = translations(self._parts, node, asker)
        return {one.service.partition(":")[0]: one for one in found}
