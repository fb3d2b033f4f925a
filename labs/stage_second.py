"""A second opinion on a stage: GoBGP, the speaker inside Cilium, hearing the same announcements.

It stands in a host of its own with a link and a session to every neighbour, so the two routers see
the same paths at the same time, and what differs is their decision process.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from labs import packages
from labs.gobgp import Gobgp
from labs.packages import Daemon
from labs.polling import poll
from labs.process_tree import ProcessTree
from labs.stage_plan import Fabric

HOST: Final = "second"
ROUTER_ID: Final = "10.0.0.8"


def second_daemon() -> Daemon | None:
    """Return the GoBGP unpacked on this machine, None when there is none."""
    return packages.installed().get("gobgp")


def link(fabric: Fabric, name: str) -> tuple[str, str]:
    """Return the two addresses of a neighbour's link to the second router, ours first."""
    number = fabric.neighbors.index(fabric.neighbor(name)) + 1
    return f"10.2.{number}.1", f"10.2.{number}.2"


class SecondOpinion:
    """gobgpd with a passive session to every neighbour of a fabric."""

    def __init__(self, tree: ProcessTree, fabric: Fabric, daemon: Daemon) -> None:
        """Wire and start it."""
        self._fabric = fabric
        self.title = f"GoBGP {daemon.version}"
        tree.add_host(HOST)
        tree.script("\n".join(_wiring(fabric)))
        self._gobgp = Gobgp(tree, HOST, daemon, "\n".join(_configuration(fabric)))

    def close(self) -> None:
        """Stop it."""
        self._gobgp.close()

    def table(self, expected: int) -> str:
        """Return what `gobgp global rib` prints, once the expected number of paths is in."""

        def complete() -> bool:
            found = self._gobgp.gobgp_json("global rib")
            return sum(len(paths) for paths in found.values()) == expected

        poll(f"GoBGP has {expected} paths", complete)
        return self._gobgp.gobgp("global rib")


def _wiring(fabric: Fabric) -> Iterator[str]:
    for neighbor in fabric.neighbors:
        name = neighbor.name
        ours, theirs = link(fabric, name)
        yield f"ip -n {name} link add eth1 type veth peer name {name} netns {HOST}"
        yield f"ip -n {HOST} addr add {ours}/30 dev {name}"
        yield f"ip -n {HOST} link set {name} up"
        yield f"ip -n {name} addr add {theirs}/30 dev eth1"
        yield f"ip -n {name} link set eth1 up"


def _configuration(fabric: Fabric) -> Iterator[str]:
    addresses = [link(fabric, neighbor.name)[0] for neighbor in fabric.neighbors]
    yield "[global.config]"
    yield f"as = {fabric.asn}"
    yield f'router-id = "{ROUTER_ID}"'
    yield f"local-address-list = {json.dumps(addresses)}"
    for neighbor in fabric.neighbors:
        yield "[[neighbors]]"
        yield "[neighbors.config]"
        yield f'neighbor-address = "{link(fabric, neighbor.name)[1]}"'
        yield f"peer-as = {neighbor.asn}"
        yield "[neighbors.transport.config]"
        yield "passive-mode = true"
