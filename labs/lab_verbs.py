"""The verbs of a lab, live or recorded: one contract, checked once, whoever carries it out.

A verb that changes something checks its names, works out the situation it leads to and hands both
to `_change`; a verb that asks something hands its arguments to `_ask`. `labs.lab` does it with real
routers, `labs.lab_replay` looks it up in a recording.
"""

from __future__ import annotations

import contextlib
import ipaddress
from abc import abstractmethod
from collections.abc import Callable, Iterator
from typing import Any, Final

from bgp.fsm_log import LoggedTransition
from bgp.route import Path
from bgp.snapshot import Snapshot
from labs.closing import Closing
from labs.errors import LabError
from labs.lab_services import NONE, endpoints_key, policy_key
from labs.lab_values import Answer, Capture, Hop, Output, read_paths
from labs.situation import MENDED, Situation, link_key
from labs.topology import Host, Topology
from labs.topology_file import POLICIES
from labs.wiring import DROPS

Tell = Callable[[float, str], None]
"""Told the seconds so far and the state of the session, while somebody waits."""
FAULTS: Final = ("cut", "mtu", "drop", "limit")
STATES: Final = ("Idle", "Connect", "Active", "OpenSent", "OpenConfirm", "Established")
_FROZEN, _STOPPED = "frozen", "stopped"
_AS_LIMIT: Final = 2**32 - 1
_MTU: Final = range(576, 9217)
_RATE: Final = range(8, 10_000_001)  # kilobits a second


class LabVerbs(Closing):
    """What can be done with a lab; use it in a `with` block or `close` it.

    Attributes:
        live: whether real routers answer.
        title: the lab in a line.
        topology: what it is made of.
        situation: what has been done to it.
    """

    live: bool
    title: str

    def __init__(self, topology: Topology) -> None:
        """Stand at the beginning."""
        self.topology = topology
        self.situation = Situation()
        self._tell: Tell = lambda _seconds, _state: None

    @abstractmethod
    def _change(self, after: Situation, verb: str, *arguments: Any) -> None:  # noqa: ANN401 - arguments differ by verb
        """Carry out a verb that leads to another situation, and stand there."""

    @abstractmethod
    def _ask(self, verb: str, *arguments: Any) -> Any:  # noqa: ANN401 - as the verb's answer
        """Answer a verb that changes nothing."""

    # -- break and mend -----------------------------------------------------------------------

    def cut(self, one: str, other: str) -> None:
        """Cut the link between two neighbours (hosts or switches)."""
        key = link_key("cut", *self.topology.link(one, other).names)
        if self.situation.get(key):
            raise LabError(f"the link is cut already: heal({one!r}, {other!r}) mends it")
        self._change(self.situation.having(key, "yes"), "cut", one, other)

    def mtu(self, one: str, other: str, octets: int) -> None:
        """Set the MTU of a link; at a switch its port only, so that the host does not notice."""
        link = self.topology.link(one, other)
        if octets not in _MTU:
            raise LabError(f"an MTU is {_MTU[0]} to {_MTU[-1]} octets, not {octets}")
        how = None if octets == link.mtu else str(octets)
        after = self.situation.having(link_key("mtu", *link.names), how)
        self._change(after, "mtu", one, other, octets)

    def drop(self, one: str, other: str, what: str = "tcp") -> None:
        """Lose packets on a link in silence, both ways: "tcp", "bgp", "icmp" or "all"."""
        link = self.topology.link(one, other)
        if what not in DROPS:
            raise LabError(f"a link cannot lose {what!r}; it can lose {', '.join(DROPS)}")
        after = self.situation.having(link_key("drop", *link.names), what)
        self._change(after, "drop", one, other, what)

    def limit(self, one: str, other: str, kilobits: int) -> None:
        """Let a link carry so many kilobits a second each way; what has to wait long is lost."""
        link = self.topology.link(one, other)
        if kilobits not in _RATE:
            raise LabError(
                f"a limit is {_RATE[0]} to {_RATE[-1]} kilobits a second, not {kilobits}"
            )
        after = self.situation.having(link_key("limit", *link.names), str(kilobits))
        self._change(after, "limit", one, other, kilobits)

    def heal(self, one: str, other: str) -> None:
        """Take back whatever was done to a link."""
        link = self.topology.link(one, other)
        after = self.situation
        for fault in FAULTS:
            after = after.having(link_key(fault, *link.names), None)
        if after.done == self.situation.done:
            raise LabError(f"nothing is wrong with the link between {one} and {other}")
        self._change(after, "heal", one, other)

    def freeze(self, host: str) -> None:
        """Stop a host's BGP daemon in time (SIGSTOP): it keeps its sessions and says nothing."""
        self._running(host)
        self._change(self.situation.having(f"daemon {host}", _FROZEN), "freeze", host)

    def thaw(self, host: str) -> None:
        """Let a frozen daemon go on (SIGCONT)."""
        self._daemon_is(host, _FROZEN, f"freeze({host!r})")
        self._change(self.situation.having(f"daemon {host}", None), "thaw", host)

    def stop_daemon(self, host: str) -> None:
        """End a host's BGP daemon: its port is closed, so TCP is refused."""
        self._running(host)
        self._change(self.situation.having(f"daemon {host}", _STOPPED), "stop_daemon", host)

    def kill(self, host: str) -> None:
        """Kill a host's BGP daemon (SIGKILL): no farewell, the kernel closes its sockets."""
        self._running(host)
        self._change(self.situation.having(f"daemon {host}", _STOPPED), "kill", host)

    def start_daemon(self, host: str) -> None:
        """Start a daemon that was stopped or killed, configured as at first."""
        self._daemon_is(host, _STOPPED, f"stop_daemon({host!r})")
        after = self.situation
        for what in ("daemon", "as", "routes", "lines"):
            after = after.having(f"{what} {host}", None)
        self._change(after, "start_daemon", host)

    def as_number(self, host: str, asn: int) -> None:
        """Let a host's daemon announce another My Autonomous System than its neighbors expect."""
        speaker = self._running(host)
        if not 1 <= asn <= _AS_LIMIT:
            raise LabError(f"an AS number is 1 to {_AS_LIMIT}, not {asn}")
        how = None if asn == speaker.asn else str(asn)
        self._change(self.situation.having(f"as {host}", how), "as_number", host, asn)

    def routes(self, node: str, count: int) -> None:
        """Let a node announce `count` blocks of pod addresses (/26) beside its own; 0 for none."""
        self._running(node)
        self.topology.blocks(node, count)
        how = str(count) if count else None
        self._change(self.situation.having(f"routes {node}", how), "routes", node, count)

    def policy(self, service: str, policy: str) -> None:
        """Give a Service another externalTrafficPolicy, "Cluster" or "Local", on every node."""
        declared = self.topology.service(service)
        if policy not in POLICIES:
            raise LabError(f"no policy is called {policy!r}; there are {', '.join(POLICIES)}")
        how = None if policy == declared.policy else policy
        self._change(self.situation.having(policy_key(service), how), "policy", service, policy)

    def endpoints(self, service: str, *pods: str) -> None:
        """Let these pods be the Service's ready ones, out of those the topology gives it."""
        declared = self.topology.service(service)
        for pod in pods:
            if pod not in declared.pods:
                known = ", ".join(declared.pods)
                raise LabError(f"no pod {pod!r} is behind {service}; there are {known}")
        how = None if {*pods} == {*declared.pods} else " ".join(pods) or NONE
        after = self.situation.having(endpoints_key(service), how)
        self._change(after, "endpoints", service, *pods)

    def configure(self, host: str, *lines: str) -> None:
        """Enter configuration lines on a host that runs FRR, as after `configure terminal`.

        Policies apply at once to everything received and sent (as after `clear bgp * soft`).
        """
        self._needs_frr(host, "takes configuration lines")
        self._running(host)
        before = self.situation.get(f"lines {host}")
        text = "\n".join([*([before] if before else []), *(line.strip() for line in lines)])
        self._change(self.situation.having(f"lines {host}", text), "configure", host, *lines)

    def mend(self) -> None:
        """Undo everything, and wait until every session is up and every route there."""
        self._change(Situation((), (MENDED,)), "mend")

    def mark(self) -> None:
        """Begin a new stretch: `transitions` tells what comes from now on."""
        self._change(self.situation.at("mark"), "mark")

    # -- look ---------------------------------------------------------------------------------

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
        """Return the BGP paths a host that runs FRR has for a prefix, none for none."""
        self._needs_frr(host, "lists its paths")
        self._running(host)
        return read_paths(self._ask("paths", host, prefix))

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
        """Follow a packet for an address hop by hop, by each host's own routing table."""
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
        self._ask("begin_capture", one, other, what)
        capture = Capture()
        try:
            yield capture
        finally:
            capture.text = self._ask("end_capture", one, other, what)

    # -- inside -------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _telling(self, tell: Tell | None) -> Iterator[None]:
        self._tell = tell or (lambda _seconds, _state: None)
        try:
            yield
        finally:
            self._tell = lambda _seconds, _state: None

    def _needs_frr(self, host: str, why: str) -> None:
        if not self.topology.speaker(host).daemon.startswith("frr"):
            those = [h.name for h in self.topology.speakers() if h.daemon.startswith("frr")]
            raise LabError(f"{host} runs no FRR, and only FRR {why}; these do: {', '.join(those)}")

    def _running(self, host: str) -> Host:
        """Return a speaker whose daemon runs."""
        speaker = self.topology.speaker(host)
        how = self.situation.get(f"daemon {host}")
        if how is not None:
            verb = "thaw" if how == _FROZEN else "start_daemon"
            raise LabError(f"the daemon of {host} is {how}; {verb}({host!r}) brings it back")
        return speaker

    def _daemon_is(self, host: str, how: str, verb: str) -> None:
        self.topology.speaker(host)
        if self.situation.get(f"daemon {host}") != how:
            raise LabError(f"the daemon of {host} is not {how}; {verb} does that")
