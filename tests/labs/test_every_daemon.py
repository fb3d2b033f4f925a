"""What BIRD 2, BIRD 1.6, GoBGP and staticd do of what a topology can ask, seen by their neighbors.

One lab for all of it: `every-daemon.toml`. Two of its hosts are called `rr` and `bird`, which are
words of BIRD's language.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bgp.notification import Notification
from labs.errors import LabError
from labs.lab import Lab
from labs.packages import Daemons
from labs.polling import poll

pytestmark = pytest.mark.lab
FILE = Path(__file__).parent / "every-daemon.toml"
REFLECTORS = {"bird2": "172.18.0.2", "bird16": "172.18.0.3", "gobgp": "172.18.0.4"}
OF_FRR, OF_BIRD, OF_SITE1 = "10.244.1.0/24", "10.244.2.0/24", "10.99.1.0/24"
HIJACKED, STATIC = "203.0.113.0/24", "198.51.100.0/24"
TOO_MANY_PREFIXES = Notification(6, 1)  # RFC 4486


@pytest.fixture(scope="module")
def running(daemons: Daemons, namespaces: None) -> Iterator[Lab]:
    del namespaces
    for missing in daemons.missing.values():
        pytest.skip(missing)
    with Lab(str(FILE)) as lab:
        yield lab


@pytest.fixture
def lab(running: Lab) -> Lab:
    if running.situation.done:
        running.mend()
    return running


def by_neighbor(lab: Lab, host: str, prefix: str) -> dict[str, tuple[str, list[str]]]:
    """NEXT_HOP and CLUSTER_LIST of each path, by the neighbor that told it."""
    return {
        path.peer.id: (str(path.next_hop), [str(own) for own in path.cluster_list])
        for path in lab.paths(host, prefix)
    }


TABLES = {"bird2": "show route table master4", "bird16": "show route", "gobgp": "global rib"}


def has(lab: Lab, host: str, prefix: str) -> bool:
    """Whether a reflector has a route to a prefix."""
    return prefix in lab.show(host, TABLES[host])


def kernel(lab: Lab, host: str, prefix: str) -> str:
    """The kernel's route to a prefix, "" for none."""
    return lab.run(host, f"ip route show {prefix}").text


def test_each_reflector_tells_a_client_of_another_with_its_cluster(lab: Lab) -> None:
    told = by_neighbor(lab, "frr", OF_BIRD)
    assert {*told} == {*REFLECTORS.values()}
    assert all(clusters == ["10.0.0.100"] for _, clusters in told.values())
    assert {str(path.originator_id) for path in lab.paths("frr", OF_BIRD)} == {"10.0.0.12"}


def test_next_hop_self_is_for_what_comes_from_outside_and_in_bird_1_6_for_all(lab: Lab) -> None:
    outside = by_neighbor(lab, "frr", OF_SITE1)
    assert {hub: outside[hub][0] for hub in REFLECTORS.values()} == {
        hub: hub for hub in REFLECTORS.values()
    }
    inside = by_neighbor(lab, "frr", OF_BIRD)
    assert {hub: inside[address][0] for hub, address in REFLECTORS.items()} == {
        "bird2": "172.18.0.12",
        "bird16": REFLECTORS["bird16"],
        "gobgp": "172.18.0.12",
    }


def test_frr_refuses_what_birds_reflected_and_cannot_know_what_gobgp_did(lab: Lab) -> None:
    lab.configure("rr", "debug bgp updates in")
    lab.show("rr", "clear bgp ipv4 unicast * in")

    def refused() -> bool:
        lines = [line for line in lab.daemon_log("rr").splitlines() if OF_FRR in line]
        birds = [REFLECTORS[hub] for hub in ("bird2", "bird16")]
        why = "DENIED due to: reflected from the same cluster"
        return all(any(bird in line and why in line for line in lines) for bird in birds)

    poll("rr refuses what both have reflected", refused, 5)
    # GoBGP gives what it tells a neighbor that is no client neither of the two attributes
    assert by_neighbor(lab, "rr", OF_FRR) == {REFLECTORS["gobgp"]: ("172.18.0.11", [])}


def test_gobgp_puts_its_own_as_in_place_of_its_neighbors(lab: Lab) -> None:
    (entry,) = [e for e in lab.snapshot().hosts["site2"].rib if e.prefix == OF_SITE1]
    assert [str(path.as_path) for path in entry.paths] == ["64512 64512"]


def test_bird_watches_a_session_with_frr_by_bfd(lab: Lab) -> None:
    seen = lab.snapshot().hosts
    assert [(one.state, one.detection) for one in seen["bird2"].bfd] == [("up", 900)]
    assert [(one.state, one.detection) for one in seen["bird16"].bfd] == [("up", 900)]
    assert [one.state for one in seen["site1"].bfd] == ["up", "up"]


def test_bird_judges_anew_when_a_roa_changes_and_gobgp_when_it_is_told_to(lab: Lab) -> None:
    assert (has(lab, "bird2", HIJACKED), has(lab, "gobgp", HIJACKED)) == (False, False)
    assert has(lab, "bird16", HIJACKED)  # it speaks no RTR
    lab.roas("validator", f"{HIJACKED} from 64999")
    poll("bird2 has it", lambda: has(lab, "bird2", HIJACKED))
    told = "203.0.113.0/24     24     64999"
    poll("gobgp has heard", lambda: told in lab.show("gobgp", "rpki table"))
    assert not has(lab, "gobgp", HIJACKED)
    lab.show("gobgp", "neighbor all softresetin")
    poll("gobgp has it", lambda: has(lab, "gobgp", HIJACKED))


ON_FRR = pytest.mark.parametrize("host", ["rr", "site1"], ids=["staticd", "mgmtd"])
"""The first runs the oldest FRR at hand, the second the newest, where mgmtd tells staticd."""


@ON_FRR
def test_static_routes_are_staticds_on_frr(lab: Lab, host: str) -> None:
    assert "via 172.18.0.22 dev sw proto 196" in kernel(lab, host, STATIC)
    assert f"S>* {STATIC} [1/0] via 172.18.0.22, sw" in lab.show(host, "show ip route static")


def test_static_routes_are_the_kernels_elsewhere(lab: Lab) -> None:
    assert "via 172.18.0.21 dev sw" in kernel(lab, "site2", STATIC)


@ON_FRR
def test_a_line_is_for_the_daemon_that_has_it_and_mend_takes_it_back(lab: Lab, host: str) -> None:
    lab.configure(host, "ip route 10.55.0.0/16 172.18.0.22")
    poll("the kernel has it", lambda: kernel(lab, host, "10.55.0.0/16"))
    by_hand = "vtysh -c 'configure terminal' -c 'ip route 10.66.0.0/16 172.18.0.22'"
    assert lab.run(host, by_hand).status == 0
    poll("the kernel has it too", lambda: kernel(lab, host, "10.66.0.0/16"))
    with pytest.raises(LabError, match=f"refused `router ospf`: ospfd is not running; {host} runs"):
        lab.configure(host, "router ospf")
    lab.mend()
    assert kernel(lab, host, "10.55.0.0/16") == kernel(lab, host, "10.66.0.0/16") == ""
    poll("its own is there", lambda: kernel(lab, host, STATIC))
    assert lab.state(host, "gobgp") == "Established"


def test_every_daemon_closes_a_session_with_too_many_prefixes_until_it_is_mended(lab: Lab) -> None:
    lab.mark()
    lab.routes("site1", 8)
    for hub in REFLECTORS:
        assert lab.wait_notification("site1", hub, 6, 1, 10).received == TOO_MANY_PREFIXES
    states = {hub: lab.state(hub, "site1") for hub in REFLECTORS}
    assert states == {"bird2": "Down", "bird16": "Down", "gobgp": "Idle"}
    assert "Route limit exceeded" in lab.show("bird2", "show protocols site1")
    assert "Route limit exceeded" in lab.show("bird16", "show protocols site1")
    assert "prefix limit reached" in lab.daemon_log("gobgp")
    lab.watch("site1", "gobgp", 2.5)  # site1 calls every second
    assert states == {hub: lab.state(hub, "site1") for hub in REFLECTORS}
    lab.mend()
    assert {lab.state(hub, "site1") for hub in REFLECTORS} == {"Established"}
