"""What daemons are told, as text: each file in `golden` is what a lab of that name gives a host."""

from pathlib import Path

import pytest

from labs.bird_config import bird_config, session_state
from labs.frr_config import frr_config
from labs.topology import Topology
from labs.topology_file import known, load

GOLDEN = Path(__file__).parent / "golden"
HOSTS = [(name, host.name) for name in known() for host in load(name).speakers()]


def rendered(
    topology: Topology, name: str, asn: int | None = None, more: tuple[str, ...] = ()
) -> str:
    host = topology.hosts[name]
    return (bird_config if host.daemon == "bird" else frr_config)(topology, host, asn, more)


@pytest.mark.parametrize(("name", "host"), HOSTS)
def test_a_host_is_configured_as_written_down(name: str, host: str) -> None:
    written = (GOLDEN / f"{name}.{host}.conf").read_text(encoding="utf-8")
    assert rendered(load(name), host) == written


def test_every_file_written_down_is_of_a_host() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == {f"{n}.{host}.conf" for n, host in HOSTS}


@pytest.mark.parametrize(
    ("host", "before", "after"),
    [
        ("tor1", "router bgp 64601", "router bgp 65000"),
        ("node1", "local 10.1.1.11 as 64512;", "local 10.1.1.11 as 65000;"),
    ],
)
def test_another_as_number_changes_nothing_else(host: str, before: str, after: str) -> None:
    topology = load("first-session")
    changed = rendered(topology, host, 65000)
    assert after in changed
    back = changed.replace(after, before).replace("10.1.2.11 as 65000", "10.1.2.11 as 64512")
    assert back == rendered(topology, host)


def test_more_prefixes_are_announced_beside_the_first() -> None:
    topology = load("first-session")
    assert "  route 10.245.0.0/26 unreachable;\n" in rendered(
        topology, "node1", more=("10.245.0.0/26",)
    )
    assert "  network 10.245.0.0/26\n" in rendered(topology, "tor1", more=("10.245.0.0/26",))


def test_a_neighbor_that_is_sent_nothing_has_a_policy_that_says_so() -> None:
    text = rendered(load("first-session"), "tor2")
    assert "route-map FROM-node1 permit 10" in text
    assert "route-map TO-node1 permit 10" in text
    assert "match ip address prefix-list PODS" in text  # for border
    maps = text.split("route-map ")
    from_node = next(part for part in maps if part.startswith("FROM-node1"))
    assert "PODS" not in from_node


def test_birds_word_for_a_state_is_found_in_what_it_prints() -> None:
    told = "tor1  BGP  ---  up  11:51:24  Established\n  BGP state:          Established\n"
    assert session_state(told) == "Established"
    assert session_state("nothing of the kind") == ""
