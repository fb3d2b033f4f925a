"""How a topology is laid: what is true of every lab's cables, and what a crowded switch needs."""

import pytest

from labs import wiring
from labs.lab import Lab
from labs.topology import Topology
from labs.topology_file import known, load, parse


def crowd(count: int) -> Topology:
    """So many clients on one switch."""
    text = 'title = "A crowd"\n[switch.sw]\n'
    for number in range(1, count + 1):
        text += f'[host.h{number}]\nrole = "client"\n[[link]]\nends = ["h{number}", "sw"]\n'
        text += f'addresses = ["172.18.0.{number}/16", ""]\n'
    return parse(text, "crowd.toml")


def test_hosts_of_a_small_switch_ask_for_each_others_hardware_address() -> None:
    assert wiring.introductions(crowd(wiring.CROWD)) == {}
    assert all(wiring.introductions(load(name)) == {} for name in known())


def test_hosts_of_a_crowded_switch_are_told_it() -> None:
    told = wiring.introductions(crowd(wiring.CROWD + 1))
    assert len(told) == wiring.CROWD + 1
    assert "neigh replace 172.18.0.2 dev sw lladdr 02:00:ac:12:00:02 nud permanent\n" in told["h1"]
    assert "172.18.0.1 " not in told["h1"]
    assert all(text.count("\n") == wiring.CROWD for text in told.values())


@pytest.mark.lab
def test_a_crowded_switch_teaches_the_kernel_no_addresses(namespaces: None) -> None:
    del namespaces
    last = wiring.CROWD + 1
    with Lab(crowd(last)) as lab:
        (refused,) = lab.curl("h1", f"http://172.18.0.{last}/")
        assert "refused" in (refused.error or "")  # it was reached
        neighbors = lab.run("h1", "ip neigh").text.splitlines()
        assert len(neighbors) == wiring.CROWD
        assert all(line.endswith("PERMANENT ") for line in neighbors)


@pytest.mark.parametrize("name", known())
def test_what_cuts_a_link_is_taken_back_by_what_mends_it(name: str) -> None:
    topology = load(name)
    for link in topology.links:
        (down,) = wiring.cut(topology, link)
        assert down.endswith(" down")
        assert down.removesuffix("down") + "up" in list(wiring.mend(topology, link))
