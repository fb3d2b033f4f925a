"""What a router has for a prefix and what it chose, whatever daemon it runs."""

import json
from collections.abc import Iterator

import pytest

from labs.errors import LabError
from labs.lab import Lab
from labs.lab_recording import decode, encode
from labs.lab_values import read_choice
from labs.packages import Daemons

VIP = "198.51.100.7/32"

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def lab(namespaces: None, daemons: Daemons) -> Iterator[Lab]:
    """One ToR, and a node of each daemon."""
    del namespaces, daemons
    with Lab("four-daemons") as up:
        yield up


@pytest.mark.parametrize(
    ("host", "daemon"),
    [("metallb", "frr"), ("bird", "bird"), ("calico", "bird-1.6"), ("cilium", "gobgp")],
)
def test_every_daemon_tells_its_paths_and_which_it_uses(lab: Lab, host: str, daemon: str) -> None:
    heard = lab.choice(host, "192.0.2.0/24")
    assert heard.daemon.startswith(daemon)
    assert heard.asn == 64512
    (path,) = heard.paths
    assert str(path.as_path) == "64601"
    assert str(path.next_hop) == heard.best == "172.18.0.254"
    assert lab.choice(host, VIP).best == "local"
    assert lab.paths(host, "10.9.9.0/24") == ()


def test_a_router_with_several_paths_tells_its_reason_and_its_options(lab: Lab) -> None:
    lab.configure("tor", "router bgp 64601", "bgp bestpath compare-routerid")
    chosen = lab.choice("tor", VIP)
    assert len(chosen.paths) == len(chosen.multipath) == 4
    assert chosen.best == "172.18.0.11"
    assert chosen.reason == "Router ID"
    assert chosen.options == ("bgp bestpath compare-routerid",)
    lab.mend()


def test_a_table_survives_being_recorded(lab: Lab) -> None:
    for host in ("tor", "bird", "cilium"):
        table = lab._ask("paths", host, VIP)
        again = decode("paths", json.loads(json.dumps(encode("paths", table))))
        assert read_choice(again) == read_choice(table) == lab.choice(host, VIP)


def test_what_is_no_prefix_is_refused(lab: Lab) -> None:
    with pytest.raises(LabError, match=r"expected an IPv4 prefix such as .*, seen 'web'"):
        lab.paths("bird", "web")
