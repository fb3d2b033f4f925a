"""A router and a host full of neighbors on one link: where sessions are tried and recorded.

Every address of 10.0.1.0/24 and 10.0.2.0/24 is the far host's, so that one FRR has as many
neighbors as a proof needs, and each neighbor a log of its own.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from labs.frr import Frr
from labs.packages import Daemon
from labs.process_tree import ProcessTree
from labs.sessions.conversation import FarEnd
from labs.sessions.octets import NEIGHBOR_AS, ROUTER_AS, ROUTER_ID

ROUTER, FAR = "router", "far"
ROUTER_ADDRESS = "10.0.0.1"
_PER_NETWORK = 200


def neighbor_address(number: int) -> str:
    """Return the address of the neighbor with a number, from 0 to 399."""
    network, host = divmod(number, _PER_NETWORK)
    return f"10.0.{network + 1}.{host + 1}"


def configuration(neighbors: Sequence[str], options: Sequence[str] = ()) -> str:
    """Write bgpd's configuration: the neighbors, then lines of `router bgp` about them."""
    lines = ["log timestamp precision 3", "debug bgp neighbor-events", f"router bgp {ROUTER_AS}"]
    lines += [f" bgp router-id {ROUTER_ID}", " no bgp ebgp-requires-policy"]
    lines += [f" neighbor {address} remote-as {NEIGHBOR_AS}" for address in neighbors]
    return "\n".join([*lines, *(f" {option}" for option in options)])


@contextmanager
def link(tree: ProcessTree, daemon: Daemon, config: str) -> Iterator[tuple[Frr, FarEnd]]:
    """Lay the link in an empty lab and start FRR on it.

    Raises:
        LabError: FRR does not start.
    """
    lay(tree)
    with FarEnd(tree, FAR) as far, Frr(tree, ROUTER, daemon, config) as frr:
        yield frr, far


def lay(tree: ProcessTree) -> None:
    """Add the two hosts and the link between them."""
    for host in (ROUTER, FAR):
        tree.add_host(host)
    tree.script(
        f"ip link add eth0 netns {ROUTER} type veth peer name eth0 netns {FAR}\n"
        f"ip -n {ROUTER} addr add {ROUTER_ADDRESS}/16 dev eth0\n"
        f"ip -n {FAR} addr add 10.0.0.2/16 dev eth0\n"
        f"for host in {ROUTER} {FAR}; do ip -n $host link set eth0 up; done\n"
        f"for network in 1 2; do ip -n {FAR} route add local 10.0.$network.0/24 dev eth0; done"
    )
