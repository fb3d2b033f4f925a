"""BFD begins when the sessions it watches are up: before, FRR would take them down by it."""

from dataclasses import replace

import pytest
from unpacked import wanted

from labs import topology_file
from labs.lab import Lab
from labs.packages import Daemon, Daemons
from labs.topology import Topology

pytestmark = pytest.mark.lab


def rack(daemon: Daemon) -> Topology:
    """The rack with one FRR on all of its routers."""
    it = topology_file.load("rack")
    hosts = {
        name: replace(host, daemons=(daemon.name,)) if host.daemon else host
        for name, host in it.hosts.items()
    }
    return replace(it, hosts=hosts)


@pytest.mark.parametrize("router", ["frr-8.4", "frr-10"], indirect=True)
def test_no_session_is_lost_to_bfd_while_a_lab_comes_up(
    namespaces: None, daemons: Daemons, router: Daemon
) -> None:
    del namespaces
    wanted(daemons, "nftables")
    with Lab(rack(router)) as lab:
        logs = [lab.daemon_log(host.name) for host in lab.topology.speakers()]
        states = {each.state for each in lab.snapshot().hosts["tor"].bfd}
    assert states == {"up"}
    for log in logs:
        assert "went from OpenConfirm to Established" in log
        assert "from Established to" not in log, "a session was lost"
