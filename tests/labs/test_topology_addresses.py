"""Addresses and names that cannot work are refused when a topology is read, not half a minute on.

Each was tried before: the file was taken, and the lab did not come up, or not as written.
"""

import re
from pathlib import Path

import pytest

from labs.errors import LabError
from labs.topology_file import FOLDER, parse

LABS_PAGE = Path(__file__).parents[2] / "docs" / "labs.md"
FENCE = re.compile(r"```toml\n(.*?)```", re.DOTALL)
SMALLEST = next(text for text in FENCE.findall(LABS_PAGE.read_text()) if "[host.tor]" in text)
RACK = (FOLDER / "rack.toml").read_text(encoding="utf-8")
ENDS = '"10.1.1.1/24", "10.1.1.11/24"'
SECOND = """
[service.api]
address = "172.30.200.2"
cluster_ip = "10.96.0.11"
node_port = 30081
pods = ["pod2"]
"""


def refused(text: str) -> tuple[int, str]:
    """Return the line and the rest of what is said of a text."""
    with pytest.raises(LabError) as error:
        parse(text, "mine.toml")
    file, line, said = str(error.value).split(":", 2)
    assert file == "mine.toml"
    return int(line), said.strip()


@pytest.mark.parametrize(
    ("addresses", "words"),
    [
        ('"10.1.1.0/24", "10.1.1.11/24"', "10.1.1.0 names the network in 10.1.1.0/24: take one of"),
        ('"10.1.1.1/24", "10.1.1.255/24"', "10.1.1.255 means every host in 10.1.1.0/24: take one"),
        ('"127.0.0.1/8", "127.0.0.2/8"', "127.0.0.1 is a loopback address"),
        ('"224.0.0.1/24", "224.0.0.2/24"', "224.0.0.1 is a multicast address"),
        ('"0.0.0.0/0", "10.1.1.11/24"', "0.0.0.0 is no address at all"),
        ('"0.1.0.1/24", "0.1.0.2/24"', "0.1.0.1 is no address at all"),
        ('"240.0.0.1/24", "240.0.0.2/24"', "240.0.0.1 is a reserved address"),
        ('"10.1.1.1/0", "10.1.1.11/24"', "10.1.1.1/0 would hold every address"),
        ('"192.0.2.2/24", "192.0.2.11/24"', "would look for 192.0.2.11 on its link to client"),
        ('"192.0.2.130/24", "192.0.2.140/24"', "would look for 192.0.2.140 on its link to client"),
        ('"192.0.2.1/16", "192.0.2.11/16"', "would look for 192.0.2.11 on its link to client"),
    ],
)
def test_an_address_of_a_link_that_cannot_work_is_refused(addresses: str, words: str) -> None:
    assert ENDS in SMALLEST
    text = SMALLEST.replace(ENDS, addresses)
    line, said = refused(text)
    assert words in said
    assert re.match(r"link\.[01]\.addresses: ", said)
    assert "addresses = " in text.splitlines()[line - 1]


@pytest.mark.parametrize("ends", ['"10.1.1.0/31", "10.1.1.1/31"', '"10.0.0.1/8", "10.0.0.2/8"'])
def test_an_address_that_works_is_taken(ends: str) -> None:
    parse(SMALLEST.replace(ENDS, ends), "mine.toml")


def test_a_network_within_another_is_taken_where_each_neighbour_is_found() -> None:
    client = '"192.0.2.10/24", "192.0.2.1/24"'
    assert client in SMALLEST
    within = SMALLEST.replace(client, '"10.9.0.10/8", "10.9.0.1/8"')
    parse(within, "mine.toml")
    _, said = refused(within.replace("10.9.0.10/8", "10.1.1.77/8"))
    assert "tor would look for 10.1.1.77 on its link to node, in 10.1.1.0/24" in said


@pytest.mark.parametrize(
    ("text", "right", "wrong", "words"),
    [
        (SMALLEST, 'address = "10.244.1.10"', 'address = "10.1.1.1"',
         "pod.web.address: 10.1.1.1 is the address of tor too"),
        (SMALLEST, 'address = "10.244.1.10"', 'address = "224.0.0.9"',
         "pod.web.address: 224.0.0.9 is a multicast address"),
        (RACK, '"10.244.3.10"', '"10.244.2.10"',
         "pod.pod3.address: 10.244.2.10 is the address of pod2 too"),
        (RACK, '\naddress = "172.30.200.1"', '\naddress = "172.18.0.2"',
         "service.web.address: 172.18.0.2 is the address of node1 too"),
        (RACK, 'cluster_ip = "10.96.0.10"', 'cluster_ip = "172.30.200.1"',
         "cluster_ip: 172.30.200.1 is the address of the Service web already"),
        (RACK, 'cluster_ip = "10.96.0.10"', 'cluster_ip = "10.244.2.10"',
         "service.web.cluster_ip: 10.244.2.10 is the address of pod2 too"),
        (RACK, "[service.web]", '[service."x\\" drop"]', "a Service's name has 1 to 63"),
        (RACK, "[service.web]", f"[service.{'w' * 64}]", "a Service's name has 1 to 63"),
        (RACK, "[service.web]", "[service.Web]", "service.Web: a Service's name has 1 to 63"),
        (RACK, '"172.18.0.254"\n\n[sw', '"0.0.0.0"\n\n[sw',
         "host.tor.router_id: a BGP Identifier is not zero"),
        (RACK, 'router_id = "172.18.0.3"', 'router_id = "172.18.0.2"',
         "host.node2.router_id: 172.18.0.2 is the BGP Identifier of node1 too"),
        (RACK, "bfd = true", 'password = "ü1"', "session.0.password: expected letters and digits"),
        (RACK, "bfd = true", f'password = "{"x" * 81}"', "password: expected at most 80 letters"),
    ],
)  # fmt: skip
def test_what_somebody_else_has_or_nobody_can_have_is_refused(
    text: str, right: str, wrong: str, words: str
) -> None:
    assert right in text
    _, said = refused(text.replace(right, wrong, 1))
    assert words in said


@pytest.mark.parametrize(
    ("right", "wrong", "words"),
    [
        ("172.30.200.2", "172.30.200.1", "api.address: 172.30.200.1 is the address of the Service"),
        ("10.96.0.11", "10.96.0.10", "api.cluster_ip: 10.96.0.10 is the cluster_ip of the Service"),
        ("30081", "30080", "service.api.node_port: 30080 is the port of the Service web already"),
    ],
)
def test_two_services_share_nothing(right: str, wrong: str, words: str) -> None:
    parse(RACK + SECOND, "mine.toml")
    _, said = refused(RACK + SECOND.replace(right, wrong))
    assert words in said


def test_two_speakers_of_two_ases_may_have_one_identifier() -> None:
    parse(SMALLEST.replace('"10.0.1.1"', '"10.0.0.1"'), "mine.toml")
