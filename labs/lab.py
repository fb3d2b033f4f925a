"""A lab that runs: a topology's hosts, links and daemons, and every verb done to them for real.

Up in a few seconds, and gone with the process that owns it. `labs.lab_replay` has the same verbs.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from bgp.fsm_log import LoggedTransition
from labs import lab_services, pod_server, topology_file, wiring
from labs.cluster import Cluster, no_cluster
from labs.errors import LabError
from labs.lab_asking import Asking
from labs.lab_doing import Doing
from labs.lab_parts import Parts, nftables
from labs.lab_tools import environment, lend_nftables, lend_router_tools
from labs.lab_values import Output
from labs.lab_verbs import LabVerbs
from labs.polling import poll
from labs.process import Process
from labs.process_tree import ProcessTree
from labs.router_start import start_router
from labs.routers import find_daemon
from labs.situation import Situation
from labs.stayrtr import Stayrtr
from labs.topology import Host, Role, Topology

FOLLOW_INTERVAL: Final = 0.05
"""How often a followed log is looked at; an edge is given out one look late, so that the
NOTIFICATION that FRR logs after it is there."""


class Lab(LabVerbs):
    """A topology, running."""

    live = True

    def __init__(self, topology: Topology | str, tree: ProcessTree | None = None) -> None:
        """Bring it up, and wait until every session is Established and every route is there.

        Args:
            topology: a topology, or the name of one that ships with the course.
            tree: the namespaces to come up in, which the caller ends; None for some of its own.

        Raises:
            LabError: the machine refuses namespaces, a daemon is missing or does not start, or a
                session does not come up in time; names the host.
        """
        super().__init__(topology_file.load(topology) if isinstance(topology, str) else topology)
        self._closed = False
        with contextlib.ExitStack() as undo:
            tree = tree or undo.enter_context(ProcessTree())
            self._parts = Parts(self.topology, tree)
            self._doing, self._asking = Doing(self._parts), Asking(self._parts)
            tree.script("\n".join(wiring.lay(self.topology)))
            for host, batch in wiring.introductions(self.topology).items():
                tree.write(f"/run/lab/{host}/neighbors", batch)
                tree.script(f"ip -n {host} -batch /run/lab/{host}/neighbors")
            undo.callback(self._let_go)
            with contextlib.suppress(LabError):  # where it is needed, its absence is told
                lend_nftables(tree, nftables())
            self._parts.nft(lab_services.rules(self.topology, self.situation))
            servers = self._start_servers()
            self._start_validators()
            self._start_routers()
            self._parts.wait_until_up()
            self._wait_for_servers(servers)
            self._cluster = Cluster(self._parts) if self.topology.cluster else None
            if self._cluster is not None:
                undo.callback(self._cluster.close)
            self._undo = undo.pop_all()
        self.title = self._parts.title

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
        given = seen = 0  # lines of the log, which keep their numbers when the oldest go
        while True:
            try:
                edges = self.transitions(host, neighbor)
            except LabError:
                if not self._closed:
                    raise
                edges = ()
            over = self._closed or (deadline is not None and time.monotonic() > deadline)
            last = edges[-1].line if edges else seen
            ready = last if over else seen
            yield from (edge for edge in edges if given < edge.line <= ready)
            given, seen = ready, last
            if over:
                return
            time.sleep(FOLLOW_INTERVAL)

    def spawn(self, host: str, argv: Sequence[str], streams: Sequence[int]) -> Process:
        """Start a program on a host with these descriptors as its streams; vtysh is the host's own.

        Raises:
            LabError: no such host.
        """
        self.topology.host(host)
        return self._parts.tree.spawn([*environment(host), *argv], host, streams=streams)

    @property
    def cluster(self) -> Cluster:
        """The lab's Kubernetes cluster.

        Raises:
            LabError: the topology has none.
        """
        if self._cluster is None:
            raise LabError(no_cluster(self.topology))
        return self._cluster

    def kubectl(self, *words: str, seconds: float = 60.0) -> Output:
        """Run kubectl for the lab's cluster, in this process's folder; return what it printed.

        Args:
            words: its arguments, such as "get", "services".
            seconds: how long it may take.

        Raises:
            LabError: the topology has no cluster, or it did not end in time.
        """
        process = self._parts.tree.spawn(self.cluster.kubectl(*words))
        with contextlib.closing(process):
            status = process.wait(seconds)
            if status is None:
                process.stop()
                raise LabError(
                    f"`kubectl {' '.join(words)}` did not end within {seconds:g} seconds; its last "
                    f"lines:\n{process.last_lines()}"
                )
            return Output(process.log(), status)

    def spawn_kubectl(self, command: Sequence[str], streams: Sequence[int]) -> Process:
        """Start a command of `labs.cluster.kubectl_command` with these descriptors as its streams.

        Raises:
            LabError: the topology has no cluster.
        """
        assert self.cluster  # noqa: S101 - refuses where there is none
        return self._parts.tree.spawn(command, streams=streams)

    def daemon_log(self, host: str) -> str:
        """Return what a host's daemons have logged; the oldest lines of a long log are empty."""
        return self._parts.router(host).log()

    def _change(self, after: Situation, verb: str, *arguments: Any) -> None:  # noqa: ANN401 - arguments differ by verb
        self._refuse_when_closed()
        self._parts.situation = self.situation
        try:
            self._parts.after = after
            getattr(self._doing, verb)(*arguments)
        except LabError:
            self.situation = self._parts.situation  # some of it may have been done
            raise
        self.situation = self._parts.situation = after

    def _ask(self, verb: str, *arguments: Any) -> Any:  # noqa: ANN401 - as the verb's answer
        self._refuse_when_closed()
        self._parts.situation, self._asking.tell = self.situation, self._tell
        return getattr(self._asking, verb)(*arguments)

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise LabError("the lab has ended; bring up another one")

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
        return self._parts.tree.spawn(
            [*program, *(f"{host},{address}" for host, address in places)]
        )

    def _start_validators(self) -> None:
        for host in self.topology.hosts.values():
            if host.role is Role.VALIDATOR:
                daemon = find_daemon(("stayrtr",))
                validator = Stayrtr(self._parts.tree, host.name, daemon, host.roas)
                self._parts.validators[host.name] = validator

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
            router = start_router(self._parts.tree, self.topology, host)
            self._parts.routers[host.name] = router
            lend_router_tools(self._parts.tree, host.name, router)

        speakers = self.topology.speakers()
        if speakers:
            with ThreadPoolExecutor(len(speakers)) as pool:
                for done in [pool.submit(start, host) for host in speakers]:
                    done.result()

    def _let_go(self) -> None:
        for router in self._parts.routers.values():
            router.disconnect()
