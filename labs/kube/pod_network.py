"""The networks of a cluster's pods: an address of the node's podCIDR, and a cable to the node.

Wired as the lab's own pods are (labs.wiring), in the way of Calico. Addresses are given in turn, so
that a new pod seldom has the address of one that is just gone.
"""

from __future__ import annotations

import ipaddress
import threading
from dataclasses import dataclass

from labs import wiring
from labs.errors import LabError
from labs.process_tree import ProcessTree

_FIRST = 2


@dataclass(frozen=True)
class PodNetwork:
    """A pod's network.

    Attributes:
        namespace: the network namespace; the node's own with hostNetwork.
        address: the pod's.
        interface: the node's end of its cable, "" with hostNetwork.
    """

    namespace: str
    address: str
    interface: str = ""


class PodNetworks:
    """Hands out and takes back the networks of a node's pods."""

    def __init__(self, tree: ProcessTree, node: str, address: str, cidr: str) -> None:
        """Stand ready for a node with this address and prefix of pods."""
        self._tree, self.node, self.address = tree, node, address
        self._cidr = ipaddress.IPv4Network(cidr)
        self._lock = threading.Lock()
        self._taken: set[int] = set()
        self._last = _FIRST - 1

    def make(self, name: str, uid: str, *, host_network: bool) -> PodNetwork:
        """Make a pod's network.

        Raises:
            LabError: no address is left, or the kernel refuses.
        """
        if host_network:
            return PodNetwork(self.node, self.address)
        number = self._take()
        mark = uid.replace("-", "")
        made = PodNetwork(f"{name[:200]}-{mark[:5]}", str(self._cidr[number]), f"cali{mark[:11]}")
        try:
            self._tree.script(
                "\n".join(wiring.hang_pod(made.namespace, made.address, self.node, made.interface))
            )
        except LabError:
            self._taken.discard(number)
            raise
        return made

    def take_back(self, network: PodNetwork) -> None:
        """End a pod's network."""
        if network.interface:
            self._tree.script(
                "\n".join(wiring.unhang_pod(network.namespace, self.node, network.interface))
            )
            number = int(ipaddress.IPv4Address(network.address)) - int(self._cidr[0])
            self._taken.discard(number)

    def _take(self) -> int:
        with self._lock:
            room = self._cidr.num_addresses - _FIRST - 1
            for step in range(1, room + 1):
                number = _FIRST + (self._last - _FIRST + step) % room
                if number not in self._taken:
                    self._taken.add(number)
                    self._last = number
                    return number
        raise LabError(f"no address is left in {self._cidr} of {self.node}")
