"""The verbs that change a running lab, done to real links and daemons (see `labs.lab_contract`)."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import Final

from labs import lab_services, wiring
from labs.errors import LabError
from labs.lab_changes import FAULTS
from labs.lab_parts import ESTABLISHED, Parts
from labs.roas import read_roa
from labs.situation import link_key

_AT_REST: Final = ("Idle", "Down")
"""What a daemon calls a session that does not even wait for calls; BIRD's word is Down."""


class Doing:
    """What a lab's verbs do; names and numbers have been checked."""

    def __init__(self, parts: Parts) -> None:
        """Act on a running lab."""
        self._parts = parts

    def cut(self, one: str, other: str) -> None:
        """Cut a link."""
        self._script(wiring.cut(self._parts.topology, self._parts.topology.link(one, other)))

    def mtu(self, one: str, other: str, octets: int) -> None:
        """Set a link's MTU."""
        link = self._parts.topology.link(one, other)
        self._script(wiring.narrow(self._parts.topology, link, octets))
        self._parts.nft(
            wiring.refusing(self._parts.topology, link, None if octets == link.mtu else octets)
        )

    def drop(self, one: str, other: str, what: str, percent: int = 100) -> None:
        """Lose packets on a link."""
        self._parts.nft(wiring.losing(self._parts.topology.link(one, other), what, percent))

    def heal(self, one: str, other: str) -> None:
        """Take back what was done to a link."""
        link = self._parts.topology.link(one, other)
        self._script(wiring.mend(self._parts.topology, link))
        if self._parts.situation.get(link_key("limit", *link.names)):
            self._script(wiring.limiting_nothing(link))
        if self._parts.situation.get(link_key("drop", *link.names)):
            self._parts.nft(wiring.losing(link, None))
        if self._parts.situation.get(link_key("mtu", *link.names)):
            self._parts.nft(wiring.refusing(self._parts.topology, link, None))

    def limit(self, one: str, other: str, kilobits: int) -> None:
        """Limit a link's rate."""
        self._script(wiring.limiting(self._parts.topology.link(one, other), kilobits))

    def freeze(self, host: str, daemon: str = "") -> None:
        """Stop a daemon in time."""
        self._signal(host, daemon, signal.SIGSTOP)

    def thaw(self, host: str, daemon: str = "") -> None:
        """Let a frozen daemon go on."""
        self._signal(host, daemon, signal.SIGCONT)

    def _signal(self, host: str, daemon: str, number: int) -> None:
        if daemon:
            self._parts.frr(host).signal_beside(daemon, number)
        else:
            self._parts.router(host).signal(number)

    def stop_daemon(self, host: str) -> None:
        """End a daemon."""
        self._parts.router(host).stop()

    def kill(self, host: str) -> None:
        """Kill a daemon."""
        self._parts.router(host).signal(signal.SIGKILL)
        self._parts.router(host).stop()

    def start_daemon(self, host: str) -> None:
        """Start a daemon that was ended."""
        self._parts.router(host).start()
        self._tell_cluster(host)

    def as_number(self, host: str, asn: int) -> None:
        """Announce another My Autonomous System."""
        number = None if asn == self._parts.topology.hosts[host].asn else asn
        count = int(self._parts.situation.get(f"routes {host}") or 0)
        self._parts.router(host).tell(
            number, self._parts.topology.blocks(host, count) if count else ()
        )

    def routes(self, node: str, count: int) -> None:
        """Announce more blocks, or fewer."""
        asn = self._parts.situation.get(f"as {node}")
        self._parts.router(node).tell(
            None if asn is None else int(asn), self._parts.topology.blocks(node, count)
        )
        self._parts.settle()

    def policy(self, _service: str, _policy: str) -> None:
        """Give a Service another externalTrafficPolicy."""
        self._proxy()

    def endpoints(self, _service: str, *_pods: str) -> None:
        """Let other pods be ready."""
        self._proxy()

    def roas(self, host: str, *roas: str) -> None:
        """Tell other ROAs."""
        read = [roa for text in roas if (roa := read_roa(text)) is not None]
        self._parts.validators[host].tell(read)

    def _proxy(self) -> None:
        """Load kube-proxy's rules for the situation that this leads to."""
        self._parts.nft(lab_services.rules(self._parts.topology, self._parts.after))

    def configure(self, host: str, *lines: str) -> None:
        """Enter configuration lines."""
        try:
            self._parts.frr(host).configure(lines)
        except LabError:
            if lines[1:]:  # those before the refused one stand, and mend has to know
                self._parts.situation = self._parts.situation.having(
                    f"lines {host}", "\n".join(lines)
                )
            raise
        self._parts.settle()

    def objects(self, text: str) -> None:
        """Bring a cluster's objects back."""
        if self._parts.cluster is not None:
            self._parts.cluster.bring_back(text)

    def mark(self) -> None:
        """Begin a new stretch."""
        self._parts.mark()

    def mend(self) -> None:
        """Undo everything."""
        done = dict(self._parts.situation.done)
        for link in self._parts.topology.links:
            if any(link_key(fault, *link.names) in done for fault in FAULTS):
                self.heal(*link.names)
        self._mend_daemons(done)
        for name, validator in self._parts.validators.items():
            if f"roas {name}" in done:
                validator.tell(self._parts.topology.hosts[name].roas)
        if any(what.startswith(("policy ", "endpoints ")) for what in done):
            self._proxy()
        if self._parts.cluster is not None:
            self._parts.cluster.bring_back("")
        self._hurry()
        self._parts.wait_until_up()
        self._parts.mark()

    def _mend_daemons(self, done: dict[str, str]) -> None:
        """Let every daemon run, configured as at first."""
        for what in done:
            kind, *names = what.split()
            if kind == "frozen":
                self.thaw(*names)
        for host in self._parts.topology.speakers():
            router, how = self._parts.routers[host.name], done.get(f"daemon {host.name}")
            if how == "frozen":
                router.signal(signal.SIGCONT)
            if how != "stopped" and not router.alive():
                router.stop()
                how = "stopped"
            if how == "stopped":
                router.start()
                self._tell_cluster(host.name)
            elif f"as {host.name}" in done or f"routes {host.name}" in done:
                router.tell(None, ())
            if router.renew():  # an interface may have been shut down, or given an address, too
                self._script(wiring.own_addresses(self._parts.topology, host.name))
                for link in self._parts.topology.links_of(host.name):
                    self._script(wiring.mend(self._parts.topology, link))

    def _tell_cluster(self, host: str) -> None:
        """Let a daemon that was started again do what a cluster's objects declare."""
        if self._parts.cluster is not None:
            self._parts.cluster.restarted(host)

    def _hurry(self) -> None:
        """Begin those sessions anew that are down, on the side that calls and where one is Idle."""
        for session in self._parts.topology.expected_sessions():
            for side in sorted(session.sides, key=lambda side: not side.passive):
                router = self._parts.routers[side.host]
                state = router.state(session)
                # One that waits for calls does so already, unless it is at rest.
                if state in _AT_REST if side.passive else state != ESTABLISHED:
                    router.hurry(session)

    def _script(self, commands: Iterator[str]) -> None:
        self._parts.tree.script("\n".join(commands))
