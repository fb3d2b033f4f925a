"""What a Kubernetes integration is: its kinds, its admission checks, its controllers.

An integration brings objects to a cluster and turns them into what the nodes' routers do. It is a
value: labs.integrations finds those there are, and a lab joins one with its API and its nodes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from labs.kube.admission import Webhook
from labs.kube.api import Api
from labs.kube.controller import Controller
from labs.kube.kinds import Kind
from labs.kube.schema import Obj


class Nodes(Protocol):
    """What an integration may do to the nodes of a lab."""

    def names(self) -> tuple[str, ...]:
        """The nodes, as their Node objects are called."""

    def address(self, node: str) -> str:
        """A node's InternalIP."""

    def configure(self, node: str, text: str) -> None:
        """Bring the node's daemon to this whole configuration.

        Raises:
            LabError: the daemon refused a line; what was in force before stays so.
        """

    def sessions(self, node: str) -> Mapping[str, str]:
        """The state of each BGP session, by the neighbor's address."""

    def on_edit(self, node: str, told: Callable[[], None]) -> None:
        """Let `told` know when the node no longer runs what it was configured to: a hand edit.

        It is called in a thread of its own, never from within `configure`.
        """

    def log(self, workload: str, node: str, line: str) -> None:
        """Add a line to the log of the integration's pod of this workload on this node.

        `node` is "" for a workload that runs once, such as a Deployment's.
        """


@dataclass(frozen=True)
class Integration:
    """One integration.

    Attributes:
        name: what a topology calls it: `[cluster] integration = "metallb"`.
        title: what people call it.
        daemon: what its nodes run, such as "frr".
        kinds: the kinds it brings.
        webhooks: what it checks when they are written.
        manifests: the objects that are there from the start.
        controllers: what keeps its promises, made for an API and the nodes of a lab.
    """

    name: str
    title: str
    daemon: str
    kinds: tuple[Kind, ...]
    webhooks: tuple[Webhook, ...]
    manifests: tuple[Obj, ...]
    controllers: Callable[[Api, Nodes], Sequence[Controller]]
