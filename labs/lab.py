"""A lab that runs: a topology's hosts, links and daemons, and every verb done to them for real.

Up in a few seconds, and gone with the process that owns it. `labs.lab_replay` has the same verbs.
"""

from __future__ import annotations

import contextlib
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from bgp.errors import InvalidValueError
from bgp.fsm_log import LoggedTransition, parse_frr_log
from bgp.notification import Notification
from labs import lab_trace, packages, pod_server, topology_file, wiring
from labs.errors import LabError
from labs.frr_router import FrrRouter
from labs.lab_curl import ask
from labs.lab_values import Answer, Hop, Output, Table, read_paths
from labs.lab_verbs import FAULTS, LabVerbs
from labs.polling import poll
from labs.process_tree import Process, ProcessTree
from labs.router_start import start_router
from labs.routers import Router
from labs.situation import Situation, link_key
from labs.topology import Host, Link, Role, Session, Topology
from labs.topology_routes import expected_routes

UP_SECONDS: Final = 30.0
FOLLOW_INTERVAL: Final = 0.05
"""How often a followed log is looked at; an edge is given out one look late, so that the
NOTIFICATION that FRR logs after it is there."""
QUIET: Final = 0.15
"""Seconds without a change that count as settled; bgpd decides some 50 ms after an UPDATE."""
SETTLE_SECONDS: Final = 3.0
PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
ESTABLISHED: Final = "Established"
UP: Final = "up"


class Lab(LabVerbs):
    """A topology, running."""

    live = True

    def __init__(self, topology: Topology | str) -> None:
        """Bring it up, and wait until every session is Established and every route is there.

        Args:
            topology: a topology, or the name of one that ships with the course.

        Raises:
            LabError: the machine refuses namespaces, a daemon is missing or does not start, or a
                session does not come up in time; names the host.
        """
        super().__init__(topology_file.load(topology) if isinstance(topology, str) else topology)
        self._marked = _log_time()
        self._marks: dict[str, int] = {}
        self._routers: dict[str, Router] = {}
        self._expected = expected_routes(self.topology)
        self._closed = False
        with contextlib.ExitStack() as undo:
            self._tree = undo.enter_context(ProcessTree())
            self._tree.script("\n".join(wiring.lay(self.topology)))
            undo.callback(self._let_go)
            servers = self._start_servers()
            self._start_routers()
            self._wait_until_up()
            self._wait_for_servers(servers)
            self._undo = undo.pop_all()
        versions = sorted({_name(router.daemon) for router in self._routers.values()})
        self.title = f"{self.topology.title} ({', '.join(versions)})"

    def close(self) -> None:
        """End everything in it; returns when it is gone."""
        self._closed = True
        self._undo.close()

    def follow(
        self, host: str, neighbor: str, seconds: float | None = None
    ) -> Iterator[LoggedTransition]:
        """Yield the edges of a session, each as it happens, those since `mend` or `mark` first."""
        self.transitions(host, neighbor)  # refuses what cannot be followed
        deadline = None if seconds is None else time.monotonic() + seconds
        given = seen = 0
        while True:
            edges = () if self._closed else self.transitions(host, neighbor)
            if len(edges) < given:
                given = seen = 0  # a new stretch began
            over = self._closed or (deadline is not None and time.monotonic() > deadline)
            ready = len(edges) if over else min(seen, len(edges))
            yield from edges[given:ready]
            given, seen = ready, len(edges)
            if over:
                return
            time.sleep(FOLLOW_INTERVAL)

    def spawn(self, host: str, argv: Sequence[str], streams: Sequence[int]) -> Process:
        """Start a program on a host with these descriptors as its streams; vtysh is the host's own.

        Raises:
            LabError: no such host.
        """
        self.topology.host(host)
        return self._tree.spawn([*_environment(host), *argv], host, streams=streams)

    def leave_nothing(self, folder: int, name: str) -> None:
        """Have a file removed when this process is gone, even if it is killed."""
        self._tree.tidy(folder, name)

    def daemon_log(self, host: str) -> str:
        """Return everything the routing daemons of a host have logged since the lab came up."""
        return self._router(host).log()

    def _change(self, after: Situation, verb: str, *arguments: Any) -> None:  # noqa: ANN401 - arguments differ by verb
        getattr(self, f"_do_{verb}")(*arguments)
        self.situation = after

    def _ask(self, verb: str, *arguments: Any) -> Any:  # noqa: ANN401 - as the verb's answer
        return getattr(self, f"_get_{verb}")(*arguments)

    # -- coming up ----------------------------------------------------------------------------

    def _start_servers(self) -> Process | None:
        """Start the one process that answers in every pod, and for a Service on its nodes."""
        places = [
            (host.name, address.partition("/")[0])
            for host in self.topology.hosts.values()
            if host.role is Role.POD
            for address in self.topology.addresses(host.name)
        ]
        places += [(node, s.address) for s in self.topology.services for node in s.nodes]
        if not places:
            return None
        program = [sys.executable, "-I", str(Path(pod_server.__file__))]
        return self._tree.spawn([*program, *(f"{host},{address}" for host, address in places)])

    @staticmethod
    def _wait_for_servers(servers: Process | None) -> None:
        if servers is None:
            return

        def listening() -> bool:
            if servers.wait(0) is not None:
                raise LabError(f"the pods' server ended at its start:\n{servers.last_lines()}")
            return "listening" in servers.log()

        poll("the pods' server listens", listening, explain=servers.last_lines)

    def _start_routers(self) -> None:
        """Start every daemon, side by side."""

        def start(host: Host) -> None:
            router = start_router(self._tree, self.topology, host)
            self._routers[host.name] = router
            tools = f"/run/lab/{host.name}/bin"
            commands = [f"mkdir -p {tools}"]
            for name, program in router.tools.items():
                line = f'exec chroot {router.root} {" ".join(program)} "$@"'
                self._tree.write(f"{tools}/{name}", f"#!/bin/sh\n{line}\n")
                commands.append(f"chmod +x {tools}/{name}")
            self._tree.script("; ".join(commands))

        speakers = self.topology.speakers()
        if speakers:
            with ThreadPoolExecutor(len(speakers)) as pool:
                for done in [pool.submit(start, host) for host in speakers]:
                    done.result()

    def _wait_until_up(self) -> None:
        poll(
            "every session is up and every route there",
            lambda: not self._lacking(),
            UP_SECONDS,
            lambda: "; ".join(self._lacking()),
        )
        announced = [p for host in self.topology.speakers() for p in host.originates]
        if len(set(announced)) < len(announced):
            self._settle()  # the first path to an address is there, others may be on their way

    def _lacking(self) -> list[str]:
        """Say what is not up yet: sessions first, then routes."""
        down = [
            f"{side.host} calls its session with {session.other(side.host).host} {state}"
            for session in self.topology.sessions
            for side in session.sides
            if (state := self._router(side.host).state(session)) != ESTABLISHED
        ]
        down += [
            f"BFD of {side.host} calls {session.other(side.host).host} {seen}"
            for session in self.topology.sessions
            for side in session.sides
            if session.bfd and (seen := self._router(side.host).bfd(session)) != UP
        ]
        if down:
            return down
        lacking = []
        for host, wanted in self._expected.items():
            known = self._routers[host].own_table()
            if known is None:
                known = lab_trace.kernel_prefixes(self._tree, host)
            lacking += [
                f"{host} has no route to {prefix}"
                for prefix in sorted(wanted)
                if not known & {prefix, prefix.removesuffix("/32")}
            ]
        return lacking

    def _let_go(self) -> None:
        for router in self._routers.values():
            router.disconnect()

    def _router(self, host: str) -> Router:
        self.topology.speaker(host)
        return self._routers[host]

    def _frr(self, host: str) -> FrrRouter:
        router = self._router(host)
        assert isinstance(router, FrrRouter)  # noqa: S101 - the verb has checked it
        return router

    def _link(self, one: str, other: str) -> Link:
        return self.topology.link(one, other)

    def _session(self, host: str, neighbor: str) -> Session:
        return self.topology.session(host, neighbor)

    # -- changing -----------------------------------------------------------------------------

    def _do_cut(self, one: str, other: str) -> None:
        self._script(wiring.cut(self.topology, self._link(one, other)))

    def _do_mtu(self, one: str, other: str, octets: int) -> None:
        link = self._link(one, other)
        self._script(wiring.narrow(self.topology, link, octets))
        self._nft(wiring.refusing(self.topology, link, None if octets == link.mtu else octets))

    def _do_drop(self, one: str, other: str, what: str) -> None:
        self._nft(wiring.losing(self._link(one, other), what))

    def _do_heal(self, one: str, other: str) -> None:
        link = self._link(one, other)
        self._script(wiring.mend(self.topology, link))
        if self.situation.get(link_key("drop", *link.names)):
            self._nft(wiring.losing(link, None))
        if self.situation.get(link_key("mtu", *link.names)):
            self._nft(wiring.refusing(self.topology, link, None))

    def _do_freeze(self, host: str) -> None:
        self._router(host).signal(signal.SIGSTOP)

    def _do_thaw(self, host: str) -> None:
        self._router(host).signal(signal.SIGCONT)

    def _do_stop_daemon(self, host: str) -> None:
        self._router(host).stop()

    def _do_start_daemon(self, host: str) -> None:
        self._router(host).start()

    def _do_as_number(self, host: str, asn: int) -> None:
        number = None if asn == self.topology.hosts[host].asn else asn
        count = int(self.situation.get(f"routes {host}") or 0)
        self._router(host).tell(number, self.blocks(host, count) if count else ())

    def _do_routes(self, node: str, count: int) -> None:
        asn = self.situation.get(f"as {node}")
        self._router(node).tell(None if asn is None else int(asn), self.blocks(node, count))
        self._settle()

    def _do_configure(self, host: str, *lines: str) -> None:
        try:
            self._frr(host).configure(lines)
        except LabError:
            if lines[1:]:  # those before the refused one stand, and mend has to know
                self.situation = self.situation.having(f"lines {host}", "\n".join(lines))
            raise
        self._settle()

    def _do_mark(self) -> None:
        self._marked = _log_time()
        for host, router in self._routers.items():
            self._marks[host] = len(router.log().splitlines())

    def _do_mend(self) -> None:
        done = dict(self.situation.done)
        for link in self.topology.links:
            if any(link_key(fault, *link.names) in done for fault in FAULTS):
                self._do_heal(*link.names)
        for host in self.topology.speakers():
            router, how = self._routers[host.name], done.get(f"daemon {host.name}")
            if how == "frozen":
                router.signal(signal.SIGCONT)
            if f"lines {host.name}" in done and how != "stopped":
                router.stop()
                how = "stopped"
            if how == "stopped":
                router.start()
            elif f"as {host.name}" in done or f"routes {host.name}" in done:
                router.tell(None, ())
        self._hurry()
        self._wait_until_up()
        self._do_mark()

    def _settle(self) -> None:
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
        running = (n for n in self._routers if self.situation.get(f"daemon {n}") is None)
        return [self._routers[name].table_mark() for name in running]

    def _hurry(self) -> None:
        """Begin those sessions anew that are down, on the side that calls and where one is Idle."""
        for session in self.topology.sessions:
            for side in sorted(session.sides, key=lambda side: not side.passive):
                router = self._routers[side.host]
                state = router.state(session)
                # One that waits for calls does so already, unless it is Idle.
                if state == "Idle" if side.passive else state != ESTABLISHED:
                    router.hurry(session)

    def _script(self, commands: Iterator[str]) -> None:
        self._tree.script("\n".join(commands))

    def _nft(self, rules: dict[str, str]) -> None:
        here = packages.installed()
        if "nftables" not in here:
            raise LabError(
                "nftables is not unpacked here: run `locrib lab doctor --fetch` once, with network"
            )
        for host, text in rules.items():
            root = self._tree.root(host, here["nftables"])
            self._tree.write(f"{root}/run/rules.nft", text)
            self._tree.run(["/usr/sbin/nft", "-f", "/run/rules.nft"], host, root)

    # -- asking -------------------------------------------------------------------------------

    def _get_run(self, host: str, command: str, seconds: float) -> Output:
        process = self._tree.spawn([*_environment(host), "/bin/sh", "-c", command], host)
        with contextlib.closing(process):
            status = process.wait(seconds)
            if status is None:
                process.stop()
                raise LabError(
                    f"`{command}` on {host} did not end within {seconds:g} seconds; its last "
                    f"lines:\n{process.last_lines()}"
                )
            return Output(process.log(), status)

    def _get_show(self, host: str, command: str) -> str:
        return self._router(host).show(command)

    def _get_paths(self, host: str, prefix: str) -> Table:
        router = self._frr(host)
        asn = int(self.situation.get(f"as {host}") or self.topology.hosts[host].asn)

        def read() -> Table | None:
            table = Table(router.table(prefix), router.daemon.name, asn)
            try:
                read_paths(table)
            except InvalidValueError:  # a path that bgpd is just taking out
                return None
            return table

        return poll(f"{host} lists its paths for {prefix}", read, SETTLE_SECONDS)

    def _get_announced(self, host: str, neighbor: str) -> tuple[str, ...]:
        return self._router(host).announced(self._session(host, neighbor))

    def _get_state(self, host: str, neighbor: str) -> str:
        return self._router(host).state(self._session(host, neighbor))

    def _get_wait_state(self, host: str, neighbor: str, state: str, seconds: float) -> float:
        session, router = self._session(host, neighbor), self._router(host)
        begun = time.monotonic()
        before = len(router.log().splitlines())
        frr = isinstance(router, FrrRouter)

        def there() -> bool:
            now = router.state(session)
            self._tell(time.monotonic() - begun, now)
            if now == state:
                return True
            edges = self._edges(host, neighbor, before) if frr else ()
            return any(edge.after == state for edge in edges)

        poll(
            f"{host} has its session with {neighbor} in {state}",
            there,
            seconds,
            lambda: f"it is in {router.state(session)}",
        )
        return time.monotonic() - begun

    def _get_wait_notification(
        self, host: str, neighbor: str, code: int, subcode: int, seconds: float
    ) -> LoggedTransition:
        def told() -> list[LoggedTransition]:
            return [e for e in self._get_transitions(host, neighbor) if e.notification is not None]

        def there() -> LoggedTransition | None:
            return next((edge for edge in told() if edge.notification == wanted), None)

        wanted = Notification(code, subcode)
        return poll(
            f"{host} has a NOTIFICATION {code}/{subcode} with {neighbor}",
            there,
            seconds,
            lambda: ", ".join(str(edge.notification) for edge in told()) or "there was none",
        )

    def _get_watch(self, host: str, neighbor: str, seconds: float) -> None:
        session, router = self._session(host, neighbor), self._router(host)
        begun = time.monotonic()
        while (passed := time.monotonic() - begun) < seconds:
            self._tell(passed, router.state(session))
            time.sleep(min(FOLLOW_INTERVAL, max(0.0, seconds - passed)))

    def _get_marked(self, _host: str, _neighbor: str) -> str:
        return self._marked

    def _get_transitions(self, host: str, neighbor: str) -> tuple[LoggedTransition, ...]:
        return self._edges(host, neighbor, self._marks.get(host, 0))

    def _edges(self, host: str, neighbor: str, after: int) -> tuple[LoggedTransition, ...]:
        """Read the whole log, for who is who in it, and return the edges after a line."""
        address = self._session(host, neighbor).other(host).address
        edges = parse_frr_log(self._router(host).log().splitlines())
        return tuple(edge for edge in edges if edge.peer == address and edge.line > after)

    def _get_curl(self, host: str, url: str, count: int) -> tuple[Answer, ...]:
        def open_socket() -> socket.socket:
            return self._tree.open_socket(host, socket.AF_INET, socket.SOCK_STREAM)

        return tuple(ask(open_socket, url) for _ in range(count))

    def _get_trace(self, host: str, address: str) -> tuple[Hop, ...]:
        best: dict[str, Callable[[str], tuple[str, str] | None]] = {
            name: router.best
            for name, router in self._routers.items()
            if self.situation.get(f"daemon {name}") is None
        }
        return tuple(lab_trace.trace(self._tree, self.topology, best, host, address))


def _log_time() -> str:
    """Return the time as FRR's log writes it; a daemon's root has no time zone but UTC."""
    return datetime.now(UTC).strftime("%Y/%m/%d %H:%M:%S.%f")


def _environment(host: str) -> list[str]:
    """Return the command that lets another find the host's own vtysh and birdc."""
    return ["env", f"PATH=/run/lab/{host}/bin:{PATH}"]


def _name(daemon: packages.Daemon) -> str:
    return f"{daemon.name.partition('-')[0].upper()} {daemon.version}"
