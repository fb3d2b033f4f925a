"""An answer that comes back through the other ToR dies there: a stateful rule never saw the call.

Both ToRs drop what their connection tracking calls invalid, as a firewall does; a SYN-ACK whose SYN
passed elsewhere is that.
"""

import re
from collections.abc import Iterator

import pytest
from unpacked import wanted

from labs.lab import Lab
from labs.packages import Daemons

pytestmark = pytest.mark.lab
SERVICE, CLIENT = "198.51.100.7", "192.0.2.10"
FIREWALL = (
    "table inet firewall { chain passing { "
    "type filter hook forward priority 0; ct state invalid drop; }; }"
)


@pytest.fixture(scope="module")
def running(daemons: Daemons, namespaces: None) -> Iterator[Lab]:
    del namespaces
    for name in ("bird", "frr-8.4", "nftables"):
        wanted(daemons, name)
    with Lab("first-session") as lab:
        for tor in ("tor1", "tor2"):
            assert lab.run(tor, f"nft '{FIREWALL}'").status == 0
        yield lab


@pytest.fixture
def lab(running: Lab) -> Lab:
    """The client's packets go in through tor1, wherever they come back."""
    running.mend()
    running.configure("tor2", "route-map TO-border permit 20", "set as-path prepend 64602")
    assert "tor1" in way(running, "client", SERVICE)
    return running


def way(lab: Lab, host: str, address: str) -> list[str]:
    return [hop.host for hop in lab.trace(host, address)]


def come_back_through(lab: Lab, tor: str) -> None:
    """Let the other ToR tell node1 of a longer way to the client."""
    other, asn = ("tor1", 64601) if tor == "tor2" else ("tor2", 64602)
    lab.configure(other, "route-map TO-node1 permit 10", f"set as-path prepend {asn}")
    lab.configure(tor, "route-map TO-node1 permit 10", "no set as-path prepend")
    assert way(lab, "node1", CLIENT)[1] == tor


def invalid(lab: Lab, tor: str) -> int:
    """The packets that a ToR's connection tracking has called invalid, on all its cores."""
    return sum(map(int, re.findall(r"\binvalid=(\d+)", lab.run(tor, "conntrack -S").text)))


def test_an_answer_through_the_same_tor_arrives(lab: Lab) -> None:
    come_back_through(lab, "tor1")
    (answer,) = lab.curl("client", f"http://{SERVICE}/")
    assert (answer.server, answer.source, answer.error) == ("node1", CLIENT, None)


def test_an_answer_through_the_other_tor_is_dropped_there_until_its_route_is_mended(
    lab: Lab,
) -> None:
    before = {tor: invalid(lab, tor) for tor in ("tor1", "tor2")}
    come_back_through(lab, "tor2")
    (lost,) = lab.curl("client", f"http://{SERVICE}/")
    assert lost.error == "no answer within 2 seconds"
    assert invalid(lab, "tor1") == before["tor1"]
    assert invalid(lab, "tor2") > before["tor2"]
    assert lab.state("node1", "tor1") == lab.state("node1", "tor2") == "Established"

    come_back_through(lab, "tor1")
    assert lab.curl("client", f"http://{SERVICE}/")[0].server == "node1"
