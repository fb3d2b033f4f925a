"""GoBGP as the router of a lab's host: asked through its command line tool.

GoBGP puts nothing into the kernel, as in Cilium, so a host that runs it needs a fixed default route
to send anything anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from bgp.snapshot import Bfd, RibEntry
from labs.gobgp import Gobgp
from labs.gobgp_config import gobgp_config
from labs.packages import Daemon
from labs.process_tree import ProcessTree
from labs.rib_reading import gobgp_rib, peers_of
from labs.roas import Roa
from labs.topology import Host, Session, Topology

_ROA: Final = re.compile(r"^(\d\S*/\d+)\s+(\d+)\s+(\d+)\s", re.MULTILINE)
_STATES: Final = ("?", "Idle", "Connect", "Active", "OpenSent", "OpenConfirm", "Established")
"""GoBGP numbers the states (`SessionState` of its API) and prints them in capitals."""
_AS_PATH, _NEXT_HOP = 2, 3  # attribute types, RFC 4271 section 5.1


class GobgpRouter:
    """gobgpd."""

    tools: Mapping[str, Sequence[str]] = {"gobgp": ("/usr/bin/gobgp",)}

    def __init__(self, tree: ProcessTree, topology: Topology, host: Host, daemon: Daemon) -> None:
        """Start it and announce what the host originates."""
        self.daemon, self._topology, self._host = daemon, topology, host
        self._asn: int | None = None
        self._more: tuple[str, ...] = ()
        self._gobgp = Gobgp(tree, host.name, daemon, gobgp_config(topology, host))
        self._announce(host.originates)

    @property
    def root(self) -> str:
        """The daemon's root as its host sees it."""
        return self._gobgp.root

    def show(self, command: str) -> str:
        """Return what the gobgp tool prints."""
        return self._gobgp.gobgp(command)

    def state(self, session: Session) -> str:
        """Return GoBGP's state of a session."""
        told = self._gobgp.gobgp_json(f"neighbor {session.other(self._host.name).address}")
        state = told["state"].get("session_state", 0)
        return _STATES[state] if isinstance(state, int) else str(state).capitalize()

    def bfd(self, session: Session) -> Bfd:
        """Say that there is none: the reader of topologies refuses BFD with GoBGP."""
        return Bfd(session.other(self._host.name).address, "(GoBGP has no BFD)")

    def received(self, session: Session) -> tuple[str, ...]:
        """Return the prefixes of the Adj-RIB-In, before policy."""
        address = session.other(self._host.name).address
        return tuple(self._gobgp.gobgp_json(f"neighbor {address} adj-in") or {})

    def rib(self) -> tuple[RibEntry, ...]:
        """Return GoBGP's table."""
        peers = peers_of(self._topology, self._host).values()
        return gobgp_rib(self._table(), {str(peer.address): peer for peer in peers})

    def announced(self, session: Session) -> tuple[str, ...]:
        """Return the prefixes GoBGP sends, in its order."""
        address = session.other(self._host.name).address
        return tuple(self._gobgp.gobgp_json(f"neighbor {address} adj-out") or {})

    def own_table(self) -> frozenset[str]:
        """Return the prefixes of its table, which the kernel does not have."""
        return frozenset(self._table())

    def table_mark(self) -> str:
        """Return the prefixes and how many paths each has."""
        return str(sorted((prefix, len(paths)) for prefix, paths in self._table().items()))

    def best(self, prefix: str) -> tuple[str, str] | None:
        """Return AS_PATH and NEXT_HOP of the best path."""
        for path in self._table().get(prefix, ()):
            if path.get("best"):
                attributes = {attribute["type"]: attribute for attribute in path["attrs"]}
                segments = attributes.get(_AS_PATH, {}).get("as_paths", [])
                asns = [str(asn) for segment in segments for asn in segment["asns"]]
                return " ".join(asns), attributes.get(_NEXT_HOP, {}).get("nexthop", "")
        return None

    def tell(self, asn: int | None, more: tuple[str, ...]) -> None:
        """Announce more or fewer prefixes, or start gobgpd anew for another AS number."""
        if asn != self._asn:
            self.stop()
            self._asn, self._more = asn, more
            self._gobgp.start(gobgp_config(self._topology, self._host, asn))
            self._announce((*self._host.originates, *more))
            return
        for prefix in self._more:
            if prefix not in more:
                self._gobgp.gobgp(f"global rib del {prefix}")
        self._announce(tuple(prefix for prefix in more if prefix not in self._more))
        self._more = more

    def roas(self) -> frozenset[Roa]:
        """Return the ROAs that the validator has told GoBGP."""
        return frozenset(
            Roa(prefix, int(longest), int(asn))
            for prefix, longest, asn in _ROA.findall(self._gobgp.gobgp("rpki table"))
        )

    def refilter(self) -> None:
        """Pass what was received through the policies again."""
        self._gobgp.gobgp("neighbor all softresetin")

    def hurry(self, session: Session) -> None:
        """Reset the session, or enable it where too many prefixes have shut it down."""
        neighbor = f"neighbor {session.other(self._host.name).address}"
        shut = self._gobgp.gobgp_json(neighbor)["state"].get("admin_state")
        self._gobgp.gobgp(f"{neighbor} {'enable' if shut else 'reset'}")

    def alive(self) -> bool:
        """Tell whether the daemon's process still runs."""
        return self._gobgp.alive()

    def signal(self, number: int) -> None:
        """Send gobgpd a signal."""
        self._gobgp.signal(number)

    def stop(self) -> None:
        """Stop gobgpd."""
        self._gobgp.close()

    def start(self) -> None:
        """Start gobgpd as at first."""
        self._asn, self._more = None, ()
        self._gobgp.start(gobgp_config(self._topology, self._host))
        self._announce(self._host.originates)

    def renew(self) -> bool:
        """Do nothing: no verb of a lab configures a running gobgpd by hand."""
        return False

    def log(self) -> str:
        """Return what gobgpd has logged."""
        return self._gobgp.log()

    def disconnect(self) -> None:
        """Hold nothing: each question is a process of its own."""

    def _announce(self, prefixes: Sequence[str]) -> None:
        for prefix in prefixes:
            self._gobgp.gobgp(f"global rib add {prefix} nexthop 0.0.0.0 origin igp")

    def _table(self) -> dict[str, list[dict[str, Any]]]:
        return self._gobgp.gobgp_json("global rib") or {}
