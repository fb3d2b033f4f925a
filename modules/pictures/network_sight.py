"""What there is to see of a network at one moment, and how it is said in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from labs.topology import Service, Topology
from modules.pictures.network_graph import home_of
from modules.pictures.network_marks import Marks

UP: Final = "Established"
NO_ANSWER: Final = "no answer"
"""What a daemon that is stopped or frozen calls its sessions: nothing at all."""
LETTERS: Final = {
    UP: "E",
    "OpenConfirm": "O",
    "OpenSent": "S",
    "Active": "A",
    "Connect": "C",
    "Idle": "I",
    NO_ANSWER: "?",
}
CROWD: Final = 24
"""More sessions than these are no picture."""


@dataclass(frozen=True)
class Sight:
    """What there is to draw.

    Attributes:
        topology: the network.
        states: for (host, neighbor) what the host calls the session; empty to draw none.
        marks: what was done to it.
        daemons: what runs on each host, as a person calls it; the topology's word without.
        way: the hosts that a packet passes, in order.
    """

    topology: Topology
    states: Mapping[tuple[str, str], str] = field(default_factory=dict)
    marks: Marks = field(default_factory=Marks)
    daemons: Mapping[str, str] = field(default_factory=dict)
    way: Sequence[str] = ()

    def ends(self) -> Iterator[tuple[str, str]]:
        """Yield the two hosts of each session that is known of."""
        for session in self.topology.sessions:
            one, other = (side.host for side in session.sides)
            if (one, other) in self.states or (other, one) in self.states:
                yield one, other

    def is_up(self, one: str, other: str) -> bool:
        """Whether both ends that are known of call a session Established."""
        return self.states.get((one, other), UP) == self.states.get((other, one), UP) == UP

    def drawn(self) -> list[tuple[str, str]]:
        """Return the sessions that have a line."""
        every = list(self.ends())
        if len(every) <= CROWD:
            return every
        return [pair for pair in every if not self.is_up(*pair)][:CROWD]


def letter(state: str) -> str:
    """Return the letter that stands for a state."""
    return LETTERS.get(state, state[:1].upper() if state[:1].isalpha() else "?")


def told_session(sight: Sight, one: str, other: str) -> str:
    """Say of a session what both of its ends call it."""
    session = sight.topology.session(one, other)
    hosts = sight.topology.hosts
    kind = "iBGP" if hosts[one].asn == hosts[other].asn else "eBGP"
    said = [
        f"{a} to {b}: {sight.states[a, b]}"
        for a, b in ((one, other), (other, one))
        if (a, b) in sight.states
    ]
    return ", ".join([*said, kind, *(["watched by BFD"] if session.bfd else [])])


def told_service(sight: Sight, service: Service) -> str:
    """Say what a Service is now, in a line."""
    told = f"Service {service.name}: VIP {service.address}"
    if not service.cluster_ip:
        own = "itself" if len(service.nodes) == 1 else "themselves"
        return f"{told}, answered by {', '.join(service.nodes)} {own}"
    policy = sight.marks.policies.get(service.name)
    port = "" if service.node_port is None else f", NodePort {service.node_port}"
    was = f" (was {service.policy})" if policy else ""
    ready = sight.marks.ready.get(service.name)
    pods = service.pods if ready is None else ready
    homes = ", ".join(f"{pod} on {home_of(sight.topology, pod)}" for pod in pods) or "no pod"
    few = "" if ready is None else f" (of {len(service.pods)} pods)"
    return (
        f"{told}, ClusterIP {service.cluster_ip}{port}, "
        f"externalTrafficPolicy {policy or service.policy}{was}, leads to {homes}{few}"
    )
