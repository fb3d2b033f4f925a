"""The verbs of a lab: those that ask it something, and with them all there are.

One contract, checked once, whoever carries it out (see `labs.lab_contract`).
"""

from __future__ import annotations

import contextlib
import ipaddress
from abc import abstractmethod
from collections.abc import Iterator
from typing import Final

from bgp.fsm_log import LoggedTransition
from bgp.route import Path
from bgp.snapshot import Snapshot
from labs.errors import LabError
from labs.lab_changes import LabChanges
from labs.lab_contract import Tell
from labs.lab_values import Answer, Capture, Choice, Hop, Output, read_choice

STATES: Final = ("Idle", "Connect", "Active", "OpenSent", "OpenConfirm", "Established")


class LabVerbs(LabChanges):
    """What can be done with a lab and what it can be asked."""

    def run(self, host: str, command: str, seconds: float = 30.0) -> Output:
        """Run a shell command in a host's network; vtysh or birdc is the host's own.

        Raises:
            LabError: no such host, or it did not end in time.
        """
        self.topology.host(host)
        output: Output = self._ask("run", host, command, seconds)
        return output

    def show(self, host: str, command: str) -> str:
        """Return what a host's router prints for a command (vtysh on FRR, birdc on BIRD)."""
        self._running(host)
        text: str = self._ask("show", host, command)
        return text

    def paths(self, host: str, prefix: str) -> tuple[Path, ...]:
        """Return the BGP paths a host has for a prefix, none for none.

        Args:
            host: a host that runs a BGP daemon.
            prefix: an IPv4 prefix; an address is for FRR the longest prefix that it matches, for
                any other daemon the address alone.
        """
        return self.choice(host, prefix).paths

    def choice(self, host: str, prefix: str) -> Choice:
        """Return the BGP paths a host has for a prefix, with what it chose; as for `paths`."""
        self._running(host)
        try:
            ipaddress.IPv4Interface(prefix)
        except ValueError as error:
            raise LabError(
                f"expected an IPv4 prefix such as 10.244.1.0/24, seen {prefix!r}"
            ) from error
        return read_choice(self._ask("paths", host, prefix))

    def announced(self, host: str, neighbor: str) -> tuple[str, ...]:
        """Return the prefixes a host sends to a neighbor."""
        session = self.topology.session(host, neighbor)
        self._running(host)
        prefixes: tuple[str, ...] = self._ask("announced", host, session.other(host).host)
        return prefixes

    def state(self, host: str, neighbor: str) -> str:
        """Return what a host's daemon itself calls the state of a session now."""
        session = self.topology.session(host, neighbor)
        self._running(host)
        state: str = self._ask("state", host, session.other(host).host)
        return state

    def wait_state(
        self,
        host: str,
        neighbor: str,
        state: str,
        seconds: float = 30.0,
        tell: Tell | None = None,
    ) -> float:
        """Wait until a session is in a state, or has passed through it; return how long it took.

        Args:
            host: whose daemon is asked.
            neighbor: the other side.
            state: one of the six of RFC 4271 section 8.2.2.
            seconds: how long to try.
            tell: called at every look with the seconds so far and the state now; a recording
                calls it once, at the end.

        Raises:
            LabError: the deadline passed; says which state it is in instead.
        """
        session = self.topology.session(host, neighbor)
        if state not in STATES:
            raise LabError(f"no state is called {state!r}; they are {', '.join(STATES)}")
        self._running(host)
        name = session.other(host).host
        with self._telling(tell):
            took: float = self._ask("wait_state", host, name, state, seconds)
        self.situation = self.situation.at(f"{host} {name} {state}")
        return took

    def wait_notification(
        self, host: str, neighbor: str, code: int, subcode: int, seconds: float = 30.0
    ) -> LoggedTransition:
        """Wait for a NOTIFICATION, sent or received since `mend` or `mark`; return its edge.

        Raises:
            LabError: the deadline passed; says which ones there were.
        """
        session = self.topology.session(host, neighbor)
        self._needs_frr(host, "logs the edges of its sessions")
        name = session.other(host).host
        edge: LoggedTransition = self._ask("wait_notification", host, name, code, subcode, seconds)
        self.situation = self.situation.at(f"{host} {name} {code}/{subcode}")
        return edge

    def watch(
        self, host: str, neighbor: str, seconds: float, tell: Tell | None = None
    ) -> tuple[LoggedTransition, ...]:
        """Begin a new stretch and let time pass; return what happened to a session in it.

        A recording lets no time pass. What is asked afterwards is as after that time.

        Args:
            host: a host that runs FRR.
            neighbor: the other side.
            seconds: how long.
            tell: as for `wait_state`.
        """
        session = self.topology.session(host, neighbor)
        self._needs_frr(host, "logs the edges of its sessions")
        self._running(host)
        name = session.other(host).host
        self.mark()
        with self._telling(tell):
            self._ask("watch", host, name, seconds)
        self.situation = self.situation.at(f"{host} {name} watched {seconds:g}")
        return self.transitions(host, neighbor)

    def marked(self, host: str, neighbor: str) -> str:
        """Return when the stretch of `transitions` began, on the clock of FRR's log.

        It begins when the lab is asked for, and anew with `mend`, `mark` and `watch`.
        """
        session = self.topology.session(host, neighbor)
        self._needs_frr(host, "logs the edges of its sessions")
        begun: str = self._ask("marked", host, session.other(host).host)
        return begun

    def transitions(self, host: str, neighbor: str) -> tuple[LoggedTransition, ...]:
        """Return the edges of a session that a host's FRR logged since `mend` or `mark`."""
        session = self.topology.session(host, neighbor)
        self._needs_frr(host, "logs the edges of its sessions")
        edges: tuple[LoggedTransition, ...] = self._ask(
            "transitions", host, session.other(host).host
        )
        return edges

    @abstractmethod
    def follow(
        self, host: str, neighbor: str, seconds: float | None = None
    ) -> Iterator[LoggedTransition]:
        """Yield the edges of a session, each as it happens, those since `mend` or `mark` first.

        Args:
            host: a host that runs FRR.
            neighbor: the other side.
            seconds: when to stop; None for never.
        """

    def snapshot(self) -> Snapshot:
        """Return everything the hosts know now, to keep and to `bgp.snapshot.compare`."""
        taken: Snapshot = self._ask("snapshot")
        return taken

    def curl(self, host: str, url: str, count: int = 1) -> tuple[Answer, ...]:
        """Ask for a URL over HTTP from a host, `count` times one after the other."""
        self.topology.host(host)
        answers: tuple[Answer, ...] = self._ask("curl", host, url, count)
        return answers

    def trace(self, host: str, address: str) -> tuple[Hop, ...]:
        """Follow a packet for an address hop by hop, by each host's own routing table.

        A Service's address is rewritten where kube-proxy does it to a client from outside the
        cluster; of several pods it could be, the first is followed.
        """
        self.topology.host(host)
        try:
            ipaddress.IPv4Address(address)
        except ValueError as error:
            raise LabError(
                f"expected an IPv4 address such as 192.0.2.1, seen {address!r}"
            ) from error
        hops: tuple[Hop, ...] = self._ask("trace", host, address)
        return hops

    @contextlib.contextmanager
    def capture(self, one: str, other: str, what: str = "tcp port 179") -> Iterator[Capture]:
        """Capture a link's packets for the length of a `with` block; tcpdump reads them.

        Args:
            one: a host or switch.
            other: its neighbour.
            what: a filter as tcpdump understands it.

        Raises:
            LabError: no such link, or tcpdump refuses the filter.
        """
        self.topology.link(one, other)
        number = self._ask("begin_capture", one, other, what)
        capture = Capture()
        try:
            yield capture
        finally:
            capture.text = self._ask("end_capture", one, other, what, number)

    @contextlib.contextmanager
    def _telling(self, tell: Tell | None) -> Iterator[None]:
        self._tell = tell or (lambda _seconds, _state: None)
        try:
            yield
        finally:
            self._tell = lambda _seconds, _state: None
