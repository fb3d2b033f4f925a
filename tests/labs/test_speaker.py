"""The speaker says what it is told, and a real router hears it."""

from collections.abc import Iterator
from typing import Any

import pytest

from labs.errors import LabError
from labs.frr import Frr
from labs.packages import Daemon
from labs.polling import poll
from labs.process_tree import ProcessTree
from labs.speaker import Speaker
from labs.wire import Announcement

pytestmark = [
    pytest.mark.lab,
    pytest.mark.parametrize("router", ["frr-8.4"], indirect=True),
]

CONFIG = """
router bgp 64512
 bgp router-id 10.0.0.1
 bgp confederation identifier 64500
 bgp confederation peers 64513
 no bgp ebgp-requires-policy
 neighbor 10.0.0.2 remote-as 4200000001
 neighbor 10.0.0.2 passive
 neighbor 10.0.0.3 remote-as 64513
 neighbor 10.0.0.3 passive
 neighbor 10.0.0.4 remote-as 64512
 neighbor 10.0.0.4 passive
"""


@pytest.fixture
def frr(tree: ProcessTree, router: Daemon) -> Iterator[Frr]:
    """A router on a link to a host with three addresses."""
    for name in ("router", "peers"):
        tree.add_host(name)
    tree.script(
        "ip link add eth0 netns router type veth peer name eth0 netns peers\n"
        "ip -n router addr add 10.0.0.1/24 dev eth0\n"
        "for n in 2 3 4; do ip -n peers addr add 10.0.0.$n/24 dev eth0; done\n"
        "for h in router peers; do ip -n $h link set eth0 up; done"
    )
    with Frr(tree, "router", router, CONFIG) as running:
        yield running


@pytest.fixture
def speaker(tree: ProcessTree, frr: Frr) -> Iterator[Speaker]:
    del frr  # only after the host exists
    with Speaker(tree, "peers") as standing:
        yield standing


def test_many_sessions_from_addresses_of_their_own_carry_every_attribute(
    frr: Frr, speaker: Speaker
) -> None:
    external = speaker.open("10.0.0.2", 4200000001, "1.1.1.1", "10.0.0.1")
    member = speaker.open("10.0.0.3", 64513, "1.1.1.1", "10.0.0.1")
    internal = speaker.open("10.0.0.4", 64512, "1.1.1.3", "10.0.0.1")
    speaker.wait_established([external, member, internal])
    prefix = "192.0.2.0/24"
    speaker.announce(
        external,
        [
            Announcement(
                prefix,
                "10.0.0.2",
                [("seq", [4200000001, 7]), ("set", [8, 9])],
                med=5,
                communities=[(65535, 65281)],
            )
        ],
    )
    speaker.announce(
        member,
        [
            Announcement(
                prefix,
                "10.0.0.3",
                [("confed_seq", [64513]), ("confed_set", [64514, 64515])],
                origin="incomplete",
                local_pref=50,
            )
        ],
    )
    speaker.announce(
        internal,
        [
            Announcement(
                prefix,
                "10.0.0.4",
                local_pref=70,
                originator_id="10.9.9.9",
                cluster_list=["10.8.8.8", "10.7.7.7"],
            )
        ],
    )

    def heard() -> dict[str, Any] | None:
        paths = frr.ask_json(f"show bgp ipv4 unicast {prefix} json").get("paths", [])
        return {path["peer"]["peerId"]: path for path in paths} if len(paths) == 3 else None

    paths = poll("three paths", heard)
    assert paths["10.0.0.2"]["aspath"]["string"] == "4200000001 7 {8,9}"
    assert paths["10.0.0.2"]["metric"] == 5
    assert paths["10.0.0.2"]["community"]["list"] == ["noExport"]
    assert paths["10.0.0.3"]["aspath"]["string"] == "(64513) [64514,64515]"
    assert paths["10.0.0.3"]["origin"] == "incomplete"
    assert paths["10.0.0.3"]["locPrf"] == 50
    assert paths["10.0.0.4"]["originatorId"] == "10.9.9.9"
    assert paths["10.0.0.4"]["clusterList"]["list"] == [
        "10.8.8.8",
        "10.7.7.7",
    ]


def test_what_is_withdrawn_is_gone(frr: Frr, speaker: Speaker) -> None:
    session = speaker.open("10.0.0.2", 4200000001, "1.1.1.1", "10.0.0.1")
    speaker.wait_established([session])
    prefixes = [f"192.0.2.{n}/32" for n in range(200)]
    speaker.announce(session, [Announcement(p, "10.0.0.2", [("seq", [7])]) for p in prefixes])

    def count() -> int:
        return len(frr.ask_json("show bgp ipv4 unicast json")["routes"])

    poll("all announced", lambda: count() == 200)
    speaker.withdraw(session, prefixes[:150])
    poll("all but fifty withdrawn", lambda: count() == 50)


def test_a_session_that_does_not_come_up_tells_its_last_word(frr: Frr, speaker: Speaker) -> None:
    del frr  # it runs, and expects another AS
    session = speaker.open("10.0.0.2", 65001, "1.1.1.1", "10.0.0.1")
    with pytest.raises(LabError, match=r"10\.0\.0\.2 \(AS 65001\): received NOTIFICATION 2/2"):
        speaker.wait_established([session], 3)
    with pytest.raises(LabError, match="is down"):
        speaker.announce(session, [Announcement("192.0.2.0/24", "10.0.0.2")])


def test_a_session_comes_back_by_itself(frr: Frr, speaker: Speaker) -> None:
    session = speaker.open("10.0.0.2", 4200000001, "1.1.1.1", "10.0.0.1")
    speaker.wait_established([session])
    frr.ask("clear bgp 10.0.0.2")
    poll("the session went down", lambda: "6/" in session.last_word or not session.established)
    speaker.wait_established([session])


def test_keepalives_are_sent_without_the_owner(frr: Frr, speaker: Speaker) -> None:
    frr.configure(["router bgp 64512", "neighbor 10.0.0.2 timers 1 3"])
    session = speaker.open("10.0.0.2", 4200000001, "1.1.1.1", "10.0.0.1")
    speaker.wait_established([session])

    def heard() -> bool:
        told = frr.ask_json("show bgp neighbors 10.0.0.2 json")["10.0.0.2"]
        return bool(told["messageStats"]["keepalivesRecv"] >= 5)

    poll("five keepalives, past the hold time of three seconds", heard)
    assert session.established
