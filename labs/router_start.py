"""Which router a host of a topology gets, and its start."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from labs.bird_router import BirdRouter
from labs.frr_router import FrrRouter
from labs.gobgp_router import GobgpRouter
from labs.packages import Daemon
from labs.process_tree import ProcessTree
from labs.routers import Router, find_daemon
from labs.topology import Host, Topology

_KINDS: Final[Mapping[str, Callable[[ProcessTree, Topology, Host, Daemon], Router]]] = {
    "frr": FrrRouter,
    "bird": BirdRouter,
    "gobgp": GobgpRouter,
}


def start_router(tree: ProcessTree, topology: Topology, host: Host) -> Router:
    """Start a host's daemon, configured from the topology.

    Raises:
        LabError: it is not unpacked here, or does not start; names the host.
    """
    return _KINDS[host.daemon](tree, topology, host, find_daemon(host.daemons))
