"""What daemons are told, as text: each file in `golden` is what a lab of that name gives a host.

`every-daemon` is the topology of the tests that has every word; the others ship with the course.
"""

from pathlib import Path

import pytest

from labs.bird_config import bird_config, protocol_name, session_state
from labs.bird_words import bird_name
from labs.frr_config import bfdd_config, frr_config, staticd_config
from labs.gobgp_config import gobgp_config
from labs.packages import OFFERS
from labs.topology import Topology
from labs.topology_file import FOLDER, known, load, parse

GOLDEN = Path(__file__).parent / "golden"
WRITTEN = sorted(path.name for path in GOLDEN.iterdir())
OURS = Path(__file__).parent / "every-daemon.toml"


def topology_of(name: str) -> Topology:
    return load(OURS if name == OURS.stem else name)


def rendered(
    topology: Topology, name: str, asn: int | None = None, more: tuple[str, ...] = ()
) -> str:
    host = topology.hosts[name]
    if host.daemon == "gobgp":
        return gobgp_config(topology, host, asn)
    return (bird_config if host.daemon == "bird" else frr_config)(topology, host, asn, more)


@pytest.mark.parametrize("file", WRITTEN)
def test_a_host_is_configured_as_written_down(file: str) -> None:
    topology, host, _ = file.split(".")
    assert rendered(topology_of(topology), host) == (GOLDEN / file).read_text(encoding="utf-8")


def test_each_kind_of_daemon_is_written_down() -> None:
    hosts = [topology_of(t).hosts[host] for t, host, _ in (file.split(".") for file in WRITTEN)]
    assert {name for host in hosts for name in host.daemons} == {*OFFERS} - {"stayrtr", "nftables"}


def test_every_topology_asks_for_daemons_that_are_offered() -> None:
    for name in known():
        for host in load(name).speakers():
            assert {*host.daemons} <= {*OFFERS}
            assert rendered(load(name), host.name)


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


def test_static_routes_are_written_for_staticd() -> None:
    told = staticd_config(topology_of("every-daemon").hosts["site1"])
    assert told == "ip route 198.51.100.0/24 172.18.0.22"


def test_a_host_may_be_called_by_a_word_of_bird() -> None:
    assert [protocol_name(name) for name in ("tor1", "rr", "node-a", "originated")] == [
        "tor1",
        "rr_",
        "node_a",
        "originated_",
    ]
    assert bird_name("OUT") == "OUT_"


def test_passwords_bfd_and_limits_are_written_where_they_are_asked_for() -> None:
    text = (FOLDER / "rack.toml").read_text(encoding="utf-8")
    topology = parse(
        text.replace('"node1"]\nbfd = true', '"node1"]\nbfd = true\npassword = "s3cret"'),
        "rack.toml",
    )
    told = rendered(topology, "tor").splitlines()
    assert " neighbor 172.18.0.2 password s3cret" in told
    assert " neighbor 172.18.0.3 password s3cret" not in told
    assert "  neighbor 172.18.0.2 maximum-prefix 50" in told
    assert " neighbor 172.18.0.2 bfd profile lab" in told
    assert "  detect-multiplier 3" in bfdd_config().splitlines()
