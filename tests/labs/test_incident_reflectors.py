"""Reflectors and their clients refuse what has come round, by CLUSTER_LIST and ORIGINATOR_ID.

RFC 4456 section 8: a reflector refuses a route that carries its own CLUSTER_ID, a router one that
it has announced itself. Two reflectors of one CLUSTER_ID keep one path to a client, two of
different ones keep two, and the length of the CLUSTER_LIST decides between them (section 9).
"""

from collections.abc import Iterator

import pytest
from unpacked import wanted

from labs.lab import Lab
from labs.packages import Daemons
from labs.polling import poll
from labs.topology_file import FOLDER, parse

pytestmark = pytest.mark.lab
ONE_CLUSTER = (FOLDER / "reflectors.toml").read_text(encoding="utf-8")
_FIRST, _OF_RR1, _OF_RR2 = ONE_CLUSTER.partition("[host.rr2]")
TWO_CLUSTERS = _FIRST + _OF_RR1 + _OF_RR2.replace("10.0.0.100", "10.0.0.200")
NODE1, NODE3 = "10.244.1.0/24", "10.244.3.0/24"
SAME_CLUSTER = "172.18.0.2(rr2) rcvd UPDATE about {} IPv4 unicast -- DENIED due to: "
SAME_CLUSTER += "reflected from the same cluster;"
OURS = "172.18.0.1(rr1) rcvd UPDATE about {} IPv4 unicast -- DENIED due to: originator is us;"


@pytest.fixture
def lab(daemons: Daemons, namespaces: None, request: pytest.FixtureRequest) -> Iterator[Lab]:
    """A lab whose routers say which UPDATEs they refuse, and have heard all of them again."""
    del namespaces
    for name in ("frr-8.4", "bird"):
        wanted(daemons, name)
    with Lab(parse(request.param, "reflectors.toml")) as lab:
        for host in ("rr1", "node1"):
            lab.configure(host, "debug bgp updates in")
            lab.show(host, "clear bgp ipv4 unicast * in")
        poll("node1 refuses its own", lambda: OURS.format(NODE1) in lab.daemon_log("node1"), 5)
        yield lab


def cluster_lists(lab: Lab, host: str) -> list[list[str]]:
    """The CLUSTER_LIST of each path to node3's pods."""
    return sorted([str(own) for own in path.cluster_list] for path in lab.paths(host, NODE3))


@pytest.mark.parametrize("lab", [ONE_CLUSTER], indirect=True, ids=[""])
def test_a_reflector_refuses_what_another_of_its_cluster_reflected(lab: Lab) -> None:
    told = SAME_CLUSTER.format(NODE3)
    poll("rr1 refuses rr2's", lambda: told in lab.daemon_log("rr1"), 5)
    assert cluster_lists(lab, "rr1") == [[]]  # from node3 itself
    assert cluster_lists(lab, "node1") == [["10.0.0.100"], ["10.0.0.100"]]
    assert {str(path.originator_id) for path in lab.paths("node1", NODE3)} == {"10.0.1.3"}
    assert lab.curl("pod1", "http://10.244.2.10/")[0].server == "pod2"


@pytest.mark.parametrize("lab", [TWO_CLUSTERS], indirect=True, ids=[""])
def test_reflectors_of_two_clusters_take_both_and_the_shorter_list_wins(lab: Lab) -> None:
    assert cluster_lists(lab, "rr1") == [[], ["10.0.0.200"]]
    assert "best (Cluster length)" in lab.show("rr1", f"show bgp ipv4 unicast {NODE3}")
    assert "DENIED due to: reflected from the same cluster" not in lab.daemon_log("rr1")
    assert cluster_lists(lab, "node1") == [["10.0.0.100"], ["10.0.0.200"]]
