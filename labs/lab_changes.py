"""The verbs that change a lab: break, mend, misconfigure, come back (see `labs.lab_contract`)."""

from __future__ import annotations

from typing import Final, NoReturn

from labs.errors import LabError, NextVerbError
from labs.lab_contract import FROZEN, STOPPED, LabContract
from labs.lab_services import NONE, endpoints_key, policy_key
from labs.lab_steps import refusal, steps_to
from labs.roas import read_roa
from labs.situation import MENDED, OBJECTS, Situation, link_key
from labs.topology import Role
from labs.topology_file import POLICIES
from labs.wiring import DROPS

FAULTS: Final = ("cut", "mtu", "drop", "limit")
"""What can be wrong with a link; `heal` takes all of them back."""
_AS_LIMIT: Final = 2**32 - 1
_MTU: Final = range(576, 9217)
_PERCENT: Final = range(1, 101)
_RATE: Final = range(8, 10_000_001)  # kilobits a second


class LabChanges(LabContract):
    """What can be done to a lab."""

    def cut(self, one: str, other: str) -> None:
        """Cut the link between two neighbours (hosts or switches)."""
        key = link_key("cut", *self.topology.link(one, other).names)
        if self.situation.get(key):
            raise NextVerbError("the link is cut already", "heal", one, other, does="mends it")
        self._change(self.situation.having(key, "yes"), "cut", one, other)

    def mtu(self, one: str, other: str, octets: int) -> None:
        """Set the MTU of a link; at a switch its port only, so that the host does not notice."""
        link = self.topology.link(one, other)
        if octets not in _MTU:
            raise LabError(f"an MTU is {_MTU[0]} to {_MTU[-1]} octets, not {octets}")
        how = None if octets == link.mtu else str(octets)
        after = self.situation.having(link_key("mtu", *link.names), how)
        self._change(after, "mtu", one, other, octets)

    def drop(self, one: str, other: str, what: str = "tcp", percent: int = 100) -> None:
        """Lose packets on a link in silence, both ways.

        Args:
            one: a host or switch.
            other: its neighbour.
            what: "tcp", "bgp", "icmp" or "all".
            percent: the share that is lost, picked at random.
        """
        link = self.topology.link(one, other)
        if what not in DROPS:
            raise LabError(f"a link cannot lose {what!r}; it can lose {', '.join(DROPS)}")
        if percent not in _PERCENT:
            raise LabError(f"a share is 1 to 100 percent, not {percent}")
        some = "" if percent == _PERCENT[-1] else f" {percent}"
        after = self.situation.having(link_key("drop", *link.names), f"{what}{some}")
        self._change(after, "drop", one, other, what, *([percent] if some else []))

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

    def freeze(self, host: str, daemon: str = "") -> None:
        """Stop a host's BGP daemon in time (SIGSTOP): it keeps its sessions and says nothing.

        Args:
            host: where it runs.
            daemon: another one that FRR has: "bfdd", "staticd" or "zebra".
        """
        self._running(host)
        if not daemon:
            self._change(self.situation.having(f"daemon {host}", FROZEN), "freeze", host)
            return
        key = self._beside(host, daemon)
        if self.situation.get(key):
            raise NextVerbError(
                f"{daemon} of {host} is frozen already", "thaw", host, daemon, does="thaws it"
            )
        self._change(self.situation.having(key, "yes"), "freeze", host, daemon)

    def thaw(self, host: str, daemon: str = "") -> None:
        """Let a frozen daemon go on (SIGCONT)."""
        if daemon:
            key = self._beside(host, daemon)
            if not self.situation.get(key):
                raise NextVerbError(
                    f"{daemon} of {host} is not frozen", "freeze", host, daemon, does="does that"
                )
            self._change(self.situation.having(key, None), "thaw", host, daemon)
            return
        self._daemon_is(host, FROZEN, "freeze")
        self._change(self.situation.having(f"daemon {host}", None), "thaw", host)

    def stop_daemon(self, host: str) -> None:
        """End a host's BGP daemon: its port is closed, so TCP is refused."""
        self._running(host)
        self._change(self.situation.having(f"daemon {host}", STOPPED), "stop_daemon", host)

    def kill(self, host: str) -> None:
        """Kill a host's BGP daemon (SIGKILL): no farewell, the kernel closes its sockets."""
        self._running(host)
        self._change(self.situation.having(f"daemon {host}", STOPPED), "kill", host)

    def start_daemon(self, host: str) -> None:
        """Start a daemon that was stopped or killed, configured as at first."""
        self._daemon_is(host, STOPPED, "stop_daemon")
        after = self.situation
        for what in ("daemon", "as", "routes", "lines"):
            after = after.having(f"{what} {host}", None)
        self._change(after, "start_daemon", host)

    def as_number(self, host: str, asn: int) -> None:
        """Let a host's daemon announce another My Autonomous System than its neighbors expect."""
        speaker = self._running(host)
        if self.topology.is_declared(host):
            raise LabError(
                f"what {host} announces is declared by the cluster's objects: change myASN of its "
                "BGPPeer with kubectl"
            )
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

    def roas(self, host: str, *roas: str) -> None:
        """Let a validator tell other ROAs, such as "198.51.100.0/24 le 24 from 64701".

        Routers hear of them within a few seconds. BIRD filters its routes anew by itself; FRR and
        GoBGP mark them anew, and filter them at the next `clear bgp * soft in` or
        `gobgp neighbor all softresetin`.
        """
        validator = self.topology.host(host)
        if validator.role is not Role.VALIDATOR:
            known = [h.name for h in self.topology.hosts.values() if h.role is Role.VALIDATOR]
            raise LabError(f"{host} is no validator; these are: {', '.join(known) or 'none'}")
        read = [read_roa(text) for text in roas]
        for text, roa in zip(roas, read, strict=True):
            if roa is None:
                raise LabError(
                    f"expected ROAs such as 198.51.100.0/24 le 24 from 64701, seen {text!r}"
                )
        how = None if tuple(read) == validator.roas else "; ".join(map(str, read)) or NONE
        self._change(self.situation.having(f"roas {host}", how), "roas", host, *roas)

    def configure(self, host: str, *lines: str) -> None:
        """Enter configuration lines on a host that runs FRR, as after `configure terminal`.

        vtysh hands each to the daemons it is for: zebra, bgpd, staticd (`ip route ...`), and bfdd
        where a session has BFD. Policies apply at once to everything received and sent (as after
        `clear bgp * soft`).

        Raises:
            LabError: a line was refused, or is for a daemon that does not run; those before it
                stand.
        """
        self._needs_frr(host, "takes configuration lines")
        self._running(host)
        before = self.situation.get(f"lines {host}")
        text = "\n".join([*([before] if before else []), *(line.strip() for line in lines)])
        after = self.situation.having(f"lines {host}", text.strip() or None)
        self._change(after, "configure", host, *lines)

    def objects(self, text: str) -> None:
        """Bring a cluster's objects back to those that a checkpoint wrote down."""
        if not self.topology.cluster:
            raise LabError(f"{self.topology.name} has no cluster, and so no objects")
        self._change(self.situation.having(OBJECTS, text), "objects", text)

    def mend(self) -> None:
        """Undo everything, and wait until every session is up and every route there."""
        self._change(Situation((), (MENDED,)), "mend")

    def checkpoint(self) -> Situation:
        """Return what has been done to the lab, to come back to with `restore`.

        It holds configuration, objects and links, and no memory of a process: sessions, counters
        and the ages of routes begin anew.
        """
        done = Situation(self.situation.done)
        if not self.topology.cluster:
            return done
        return Situation(done.having(OBJECTS, self._ask("objects_declared") or None).done)

    def restore(self, checkpoint: Situation) -> None:
        """Mend the lab, then do again what had been done at a checkpoint.

        Raises:
            LabError: it is damaged, or of a lab that had other hosts or links: names what cannot be
                done, and nothing has been. Or a router refused a line it once took; then the lab
                is mended, and what comes before the line done.
        """
        _Rehearsal(self.topology).reach(checkpoint)
        self.mend()
        for step in steps_to(checkpoint):
            step.do(self)

    def mark(self) -> None:
        """Begin a new stretch: `transitions` tells what comes from now on."""
        self._change(self.situation.at("mark"), "mark")

    def _beside(self, host: str, daemon: str) -> str:
        """Name the freezing of a daemon that FRR has beside bgpd."""
        self._needs_frr(host, "has other daemons")
        watched = any(session.bfd for session in self.topology.sessions_of(host))
        known = ("zebra", "staticd", *(("bfdd",) if watched else ()))
        if daemon not in known:
            raise LabError(f"beside bgpd, {host} runs {', '.join(known)}, and no {daemon!r}")
        return f"frozen {host} {daemon}"

    def _daemon_is(self, host: str, how: str, verb: str) -> None:
        self.topology.speaker(host)
        if self.situation.get(f"daemon {host}") != how:
            raise NextVerbError(f"the daemon of {host} is not {how}", verb, host, does="does that")


class _Rehearsal(LabChanges):
    """A lab of which nothing is real: it checks, as every lab does, and remembers what was done."""

    def reach(self, checkpoint: Situation) -> None:
        """Refuse a checkpoint to which no lab of this topology can be brought."""
        for step in steps_to(checkpoint):
            try:
                step.do(self)
            except LabError as error:
                raise refusal(step.what, step.how, str(error)) from error
            if self.situation.get(step.what) != step.how:
                raise refusal(step.what, step.how, "no lab is ever so")

    def close(self) -> None:
        """Hold nothing."""

    def _change(self, after: Situation, _verb: str, *_arguments: object) -> None:
        self.situation = after

    def _ask(self, verb: str, *_arguments: object) -> NoReturn:
        raise LabError(f"nobody answers {verb} where nothing is real")
