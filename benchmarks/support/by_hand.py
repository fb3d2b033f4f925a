"""Networks that shell scripts build by hand, and how long one takes until its client has an answer.

Both scripts run the same unpacked daemons as labs do, in namespaces of their own that end with
them. lab_up.sh is ours. The other one, where it is at hand, was written before there were labs and
expects FRR at the system's usual places; usual_places.sh lets it see them there.
"""

import os
import sys
import time
from dataclasses import replace
from pathlib import Path

from labs import packages, pod_server, topology_file
from labs.routers import find_daemon
from labs.topology import Topology

from .measuring import Owner

HERE = Path(__file__).parent
OURS = HERE.parent / "lab_up.sh"
PROTOTYPE = HERE.parents[2] / "shared" / "prototypes" / "lab" / "fast.sh"
"""Where the prototype's script is, when it is: beside the checkout."""
SERVICE = "172.30.200.1"
ITS_SERVICE = "172.18.200.1"
ITS_NAMES = {"podb": "pod2", "podc": "pod3"}
ITS_HOLD = 3
SPACES = ("--mount", "--pid", "--net", "--ipc", "--uts", "--fork", "--mount-proc", "--kill-child")


def rack() -> Topology:
    """Return the network that lab_up.sh builds."""
    return topology_file.load("rack")


def without_bfd(topology: Topology) -> Topology:
    """Return the same network without BFD."""
    sessions = tuple(replace(session, bfd=False) for session in topology.sessions)
    return replace(topology, sessions=sessions)


def prototype() -> Topology:
    """Return the network of the prototype's script: `rack` with another Service's address.

    Its sessions have no BFD and a Hold Time of three seconds. The bridge is a switch of its own
    here, and inside the ToR there.
    """
    like = without_bfd(rack())
    hosts = {
        name: replace(host, originates=(f"{ITS_SERVICE}/32",)) if host.originates else host
        for name, host in like.hosts.items()
    }
    sessions = []
    for session in like.sessions:
        one, other = (replace(side, hold=ITS_HOLD) for side in session.sides)
        sessions.append(replace(session, sides=(one, other)))
    return replace(
        like,
        hosts=hosts,
        sessions=tuple(sessions),
        prefixes={**like.prefixes, "services": ("172.18.200.0/24 le 32",)},
        services=tuple(replace(service, address=ITS_SERVICE) for service in like.services),
    )


def build(topology: Topology, script: Path) -> float:
    """Build a network by hand; return the seconds until the script's client has its answer.

    Args:
        topology: the same network as a topology, to see that it is the same.
        script: lab_up.sh, or the prototype's.
    """
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    begun = time.perf_counter()
    frr = str(find_daemon(topology.hosts["tor"].daemons).root)
    nftables = str(packages.installed()["nftables"].root)
    if script == OURS:
        bfd = "bfd" if any(session.bfd for session in topology.sessions) else "without"
        argv = ["sh", str(OURS), frr, nftables, pod_server.__file__, sys.executable, bfd]
    else:
        argv = ["sh", str(HERE / "usual_places.sh"), frr, nftables, str(script.resolve())]
    with Owner(["unshare", *user, *SPACES, *argv]) as it:
        said = it.wait_for("answered")
        took = time.perf_counter() - begun
        if late := [line for line in said if "TIMEOUT" in line]:
            raise SystemExit(f"{script.name} gave up: {late[0].strip()}")
        _check_same(topology, script, it.wait_for("listed"))
    return took


def _check_same(topology: Topology, script: Path, listed: list[str]) -> None:
    """Refuse to compare where the script's network is not the topology's."""
    wanted = {
        f"{host} {address}" for host in topology.hosts for address in topology.addresses(host)
    }
    found = {f"{ITS_NAMES.get(host, host)} {address}" for host, address in map(str.split, listed)}
    if wanted != found:
        differs = sorted(wanted ^ found)
        raise SystemExit(f"{script.name} and {topology.name} are two networks: {differs}")
