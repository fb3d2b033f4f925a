"""The BGP daemons of a lab's hosts behind one small contract: what every verb needs of a daemon.

`FrrRouter` and `BirdRouter` know how their daemon is asked, told and stopped; `labs.lab` knows
neither vtysh nor birdc.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from labs import packages
from labs.bird import Bird
from labs.bird_config import bird_config, protocol_name, session_state
from labs.errors import LabError
from labs.frr import Frr
from labs.frr_config import frr_config
from labs.packages import Daemon
from labs.process_tree import ProcessTree
from labs.topology import Host, Session, Topology

FRRS: Final = ("frr-8.4", "frr-10")
"""What `daemon = "frr"` may mean, the first one unpacked is taken."""
ROUTERS: Final = (*FRRS, "bird")
"""The daemons of `labs.packages` that a host can run."""


class Router(Protocol):
    """A host's BGP daemon; every method raises `LabError` when the daemon does not do it."""

    daemon: Daemon
    tools: Mapping[str, Sequence[str]]
    """The daemon's command line tools by name: the program in its root and what always follows."""

    @property
    def root(self) -> str:
        """The daemon's root as its host sees it."""

    def show(self, command: str) -> str:
        """Return what the daemon's own command line tool prints."""

    def state(self, session: Session) -> str:
        """Return what the daemon calls the state of a session."""

    def announced(self, session: Session) -> tuple[str, ...]:
        """Return the prefixes it sends to the other side, sorted as it lists them."""

    def table_mark(self) -> str:
        """Return text that changes whenever its table does."""

    def best(self, prefix: str) -> tuple[str, str] | None:
        """Return AS_PATH and NEXT_HOP of the best BGP route of a prefix; None without one."""

    def tell(self, asn: int | None, more: tuple[str, ...]) -> None:
        """Announce another My Autonomous System, and prefixes beyond the topology's."""

    def hurry(self, session: Session) -> None:
        """Begin a session anew at once instead of when a timer says."""

    def signal(self, number: int) -> None:
        """Send the daemon a signal."""

    def stop(self) -> None:
        """Stop the daemon."""

    def start(self) -> None:
        """Start the daemon, which is stopped, configured as at first."""

    def log(self) -> str:
        """Return everything it has logged."""

    def disconnect(self) -> None:
        """Let go of the daemon, which ends with its lab."""


def find_daemon(name: str) -> Daemon:
    """Return the unpacked daemon that a topology's name means.

    Raises:
        LabError: it is not unpacked on this machine.
    """
    here = packages.installed()
    for wanted in FRRS if name == "frr" else (name,):
        if wanted in here:
            return here[wanted]
    raise LabError(f"{name} is not unpacked here: run `locrib learn --fetch` once, with network")


def start_router(tree: ProcessTree, topology: Topology, host: Host) -> Router:
    """Start a host's daemon, configured from the topology.

    Raises:
        LabError: it is not unpacked here, or does not start; names the host.
    """
    daemon = find_daemon(host.daemon)
    if host.daemon == "bird":
        return BirdRouter(tree, topology, host, daemon)
    return FrrRouter(tree, topology, host, daemon)


class FrrRouter:
    """zebra and bgpd."""

    tools: Mapping[str, Sequence[str]] = {"vtysh": ("/usr/bin/vtysh",)}

    def __init__(self, tree: ProcessTree, topology: Topology, host: Host, daemon: Daemon) -> None:
        """Start both."""
        self.daemon, self._topology, self._host = daemon, topology, host
        self._asn: int | None = None
        self._more: tuple[str, ...] = ()
        self._frr = Frr(tree, host.name, daemon, frr_config(topology, host))

    @property
    def root(self) -> str:
        """The daemon's root as its host sees it."""
        return self._frr.root

    def show(self, command: str) -> str:
        """Return what vtysh prints."""
        return self._frr.vtysh(command)

    def table(self, prefix: str) -> str:
        """Return bgpd's JSON for one prefix."""
        return self._frr.ask(f"show bgp ipv4 unicast {prefix} json")

    def configure(self, lines: Sequence[str]) -> None:
        """Enter configuration lines in bgpd, and pass every route through the policies again."""
        self._frr.configure([line.strip() for line in lines])
        self._frr.ask("clear bgp ipv4 unicast * soft")

    def state(self, session: Session) -> str:
        """Return bgpd's state of a session."""
        address = session.other(self._host.name).address
        told = self._frr.ask_json(f"show bgp neighbors {address} json")
        return str(told.get(address, {}).get("bgpState", "(no such neighbor)"))

    def announced(self, session: Session) -> tuple[str, ...]:
        """Return the prefixes bgpd sends, in its order."""
        address = session.other(self._host.name).address
        told = self._frr.ask_json(
            f"show bgp ipv4 unicast neighbors {address} advertised-routes json"
        )
        return tuple(told.get("advertisedRoutes", {}))

    def table_mark(self) -> str:
        """Return the version of bgpd's table and the number of paths in it."""
        told = self._frr.ask_json("show bgp ipv4 unicast json")
        return f"{told['tableVersion']} {sum(map(len, told['routes'].values()))}"

    def best(self, prefix: str) -> tuple[str, str] | None:
        """Return AS_PATH and NEXT_HOP of the best path."""
        for path in self._frr.ask_json(f"show bgp ipv4 unicast {prefix} json").get("paths", []):
            if path.get("bestpath", {}).get("overall"):
                return path["aspath"]["string"].replace("Local", ""), path["nexthops"][0]["ip"]
        return None

    def tell(self, asn: int | None, more: tuple[str, ...]) -> None:
        """Announce prefixes by `network`, or start bgpd anew for another AS number."""
        if asn != self._asn:
            self._frr.stop("bgpd")
            self._asn, self._more = asn, more
            self._frr.start("bgpd", frr_config(self._topology, self._host, asn, more))
            return
        lines = [f"router bgp {self._asn or self._host.asn}", "address-family ipv4 unicast"]
        lines += [f"no network {prefix}" for prefix in self._more if prefix not in more]
        lines += [f"network {prefix}" for prefix in more if prefix not in self._more]
        self._frr.configure(lines)
        self._more = more

    def hurry(self, session: Session) -> None:
        """Clear the session."""
        self._frr.ask(f"clear bgp {session.other(self._host.name).address}")

    def signal(self, number: int) -> None:
        """Send bgpd a signal; zebra goes on."""
        self._frr.signal("bgpd", number)

    def stop(self) -> None:
        """Stop bgpd; zebra goes on."""
        self._frr.stop("bgpd")

    def start(self) -> None:
        """Start bgpd as at first."""
        self._asn, self._more = None, ()
        self._frr.start("bgpd", frr_config(self._topology, self._host))

    def log(self) -> str:
        """Return what both daemons have logged."""
        return self._frr.log()

    def disconnect(self) -> None:
        """Close the sockets."""
        self._frr.disconnect()


_ROUTE: Final = re.compile(r"^(\d+\.\d+\.\d+\.\d+/\d+)\s", re.MULTILINE)
_AS_PATH: Final = re.compile(r"BGP\.as_path:[ \t]*(.*)")
_NEXT_HOP: Final = re.compile(r"BGP\.next_hop:\s*(\S+)")


class BirdRouter:
    """BIRD 2."""

    tools: Mapping[str, Sequence[str]] = {"birdc": ("/usr/sbin/birdc", "-s", "/run/bird.ctl")}

    def __init__(self, tree: ProcessTree, topology: Topology, host: Host, daemon: Daemon) -> None:
        """Start it."""
        self.daemon, self._topology, self._host = daemon, topology, host
        self._bird = Bird(tree, host.name, daemon, bird_config(topology, host))

    @property
    def root(self) -> str:
        """The daemon's root as its host sees it."""
        return self._bird.root

    def show(self, command: str) -> str:
        """Return what birdc prints."""
        return self._bird.birdc(command)

    def state(self, session: Session) -> str:
        """Return BIRD's BGP state of a session."""
        told = self._bird.ask(f"show protocols all {self._protocol(session)}")
        return session_state(told) or "(no such neighbor)"

    def announced(self, session: Session) -> tuple[str, ...]:
        """Return the prefixes BIRD exports, in its order."""
        return tuple(_ROUTE.findall(self._bird.ask(f"show route export {self._protocol(session)}")))

    def table_mark(self) -> str:
        """Return the table."""
        return self._bird.ask("show route")

    def best(self, prefix: str) -> tuple[str, str] | None:
        """Return AS_PATH and NEXT_HOP of the selected route."""
        try:
            told = self._bird.ask(f"show route {prefix} primary all")
        except LabError:  # not in the table
            return None
        as_path, next_hop = _AS_PATH.search(told), _NEXT_HOP.search(told)
        return None if as_path is None or next_hop is None else (as_path[1].strip(), next_hop[1])

    def tell(self, asn: int | None, more: tuple[str, ...]) -> None:
        """Reconfigure BIRD, which begins those sessions anew that the change concerns."""
        self._bird.reconfigure(bird_config(self._topology, self._host, asn, more))

    def hurry(self, session: Session) -> None:
        """Restart the protocol."""
        self._bird.ask(f"restart {self._protocol(session)}")

    def signal(self, number: int) -> None:
        """Send BIRD a signal."""
        self._bird.signal(number)

    def stop(self) -> None:
        """Stop BIRD."""
        self._bird.close()

    def start(self) -> None:
        """Start BIRD as at first."""
        self._bird.start(bird_config(self._topology, self._host))

    def log(self) -> str:
        """Return what BIRD has logged."""
        return self._bird.log()

    def disconnect(self) -> None:
        """Close the control socket."""
        self._bird.disconnect()

    def _protocol(self, session: Session) -> str:
        return protocol_name(session.other(self._host.name).host)
