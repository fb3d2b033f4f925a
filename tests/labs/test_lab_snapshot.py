"""What a lab knows, taken as one value: equal while nothing changes, exact about what does."""

import json
from collections.abc import Iterator

import pytest

from bgp.snapshot import Difference, HostSnapshot, compare
from bgp.snapshot_json import parse_snapshot, snapshot_object
from labs.lab import Lab
from labs.packages import Daemons
from labs.polling import poll
from labs.rib_reading import bird_rib, gobgp_rib, peers_of
from labs.topology_file import load

BIRD_2 = """Table master4:
10.244.2.0/24        unreachable [originated 12:32:27.869] * (200)
\tType: static univ
                     unicast [tor 12:32:29.063] (100) [AS64601i]
\tvia 172.18.0.254 on sw
\tType: BGP univ
\tBGP.origin: Incomplete
\tBGP.as_path: 64601 64602
\tBGP.next_hop: 172.18.0.254
\tBGP.med: 7
\tBGP.local_pref: 100
\tBGP.community: (64512,100) (65535,65281)
\tBGP.large_community: (64512, 1, 2)
\tBGP.originator_id: 10.0.1.3
\tBGP.cluster_list: 10.0.0.100 10.0.0.1
"""
BIRD_16 = """192.0.2.0/24       via 172.18.0.254 on sw [tor 12:32:28] * (100) [AS64601i]
\tType: BGP unicast univ
\tBGP.origin: IGP
\tBGP.as_path: 64601
\tBGP.next_hop: 172.18.0.254
\tBGP.local_pref: 100
"""
GOBGP = {
    "192.0.2.0/24": [
        {
            "best": True,
            "attrs": [
                {"type": 1, "value": 0},
                {"type": 2, "as_paths": [{"segment_type": 2, "num": 1, "asns": [64601]}]},
                {"type": 3, "nexthop": "172.18.0.254"},
                {"type": 4, "metric": 0},
                {"type": 8, "communities": [(64512 << 16) + 5]},
            ],
            "neighbor-ip": "172.18.0.254",
        },
        {"best": False, "attrs": [{"type": 1, "value": 2}, {"type": 3}]},
    ]
}


def test_birds_table_is_read_with_every_attribute() -> None:
    topology = load("four-daemons")
    peers = peers_of(topology, topology.hosts["bird"])
    (entry,) = bird_rib(BIRD_2, peers)
    assert (entry.prefix, entry.best, entry.multipath) == ("10.244.2.0/24", "local", ("local",))
    path = entry.paths[1]
    assert (path.id, path.peer.asn, str(path.as_path)) == ("172.18.0.254", 64601, "64601 64602")
    assert (path.med, path.local_pref, str(path.next_hop)) == (7, 100, "172.18.0.254")
    assert str(path.origin) == "incomplete"
    assert [str(c) for c in path.communities] == ["64512:100", "no-export"]
    assert [str(c) for c in path.large_communities] == ["64512:1:2"]
    assert (str(path.originator_id), len(path.cluster_list)) == ("10.0.1.3", 2)


def test_the_older_birds_table_is_read_too() -> None:
    topology = load("four-daemons")
    (entry,) = bird_rib(BIRD_16, peers_of(topology, topology.hosts["calico"]))
    assert (entry.prefix, entry.best) == ("192.0.2.0/24", "172.18.0.254")


def test_gobgps_table_is_read() -> None:
    topology = load("four-daemons")
    peers = peers_of(topology, topology.hosts["cilium"])
    (entry,) = gobgp_rib(GOBGP, {str(peer.address): peer for peer in peers.values()})
    assert (entry.best, [path.id for path in entry.paths]) == (
        "172.18.0.254",
        ["172.18.0.254", "local"],
    )
    assert (entry.paths[0].med, str(entry.paths[0].communities[0])) == (0, "64512:5")
    assert str(entry.paths[1].origin) == "incomplete"


@pytest.fixture(scope="module", params=["first-session", "four-daemons", "rack"])
def lab(daemons: Daemons, namespaces: None, request: pytest.FixtureRequest) -> Iterator[Lab]:
    del namespaces
    for missing in daemons.missing.values():
        pytest.skip(missing)
    with Lab(request.param) as running:
        yield running


@pytest.mark.lab
def test_a_snapshot_of_an_unchanged_lab_is_the_same_and_survives_json(lab: Lab) -> None:
    first = lab.snapshot()
    assert compare(first, lab.snapshot()) == ()
    assert parse_snapshot(json.loads(json.dumps(snapshot_object(first)))) == first
    assert all(n.state == "Established" for host in first.hosts.values() for n in host.neighbors)
    assert all(b.state == "up" for host in first.hosts.values() for b in host.bfd)


@pytest.mark.lab
def test_both_sides_of_a_session_tell_the_same_story(lab: Lab) -> None:
    hosts = lab.snapshot().hosts

    def side(host: HostSnapshot, name: str) -> tuple[set[str], set[str]]:
        (neighbor,) = (n for n in host.neighbors if n.name == name)
        return set(neighbor.received or ()), set(neighbor.sent or ())

    for session in lab.topology.sessions:
        one, other = (s.host for s in session.sides)
        received, sent = side(hosts[one], other)
        their_received, their_sent = side(hosts[other], one)
        assert received <= their_sent  # a router refuses what has its own AS in it
        assert their_received <= sent


@pytest.mark.lab
def test_what_a_stopped_daemon_changes_is_told_fact_by_fact(lab: Lab) -> None:
    before = lab.snapshot()
    node, tor = {"first-session": ("node1", "tor2"), "four-daemons": ("calico", "tor"),
                 "rack": ("node3", "tor")}[lab.topology.name]  # fmt: skip
    lab.stop_daemon(node)

    def changes() -> dict[tuple[str, str], Difference] | None:
        found = {
            (change.host, change.kind): change
            for change in compare(before, lab.snapshot())
            if node in change.about or change.kind == "daemon"
        }
        return found if (tor, "received") in found else None

    told = poll("the ToR takes the paths out", changes)
    daemon = told[node, "daemon"]
    assert (daemon.before or "").endswith("runs")
    assert (daemon.after or "").endswith("does not answer")
    assert (told[tor, "session"].before or "").startswith("Established")
    assert told[tor, "received"].after == "nothing"
    lab.mend()
    kinds = {change.kind for change in compare(before, lab.snapshot())}
    assert kinds <= {"best", "kernel"}  # the paths are back, in another order of arrival
