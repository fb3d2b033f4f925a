"""Real FRR takes the text a speaker gives it, and goes from one to the next as a speaker does."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from unpacked import wanted

from labs.frr import Frr
from labs.frr_declared import DeclaredFrr
from labs.packages import OFFERS, ensure
from labs.process_tree import ProcessTree

GOLDEN = Path(__file__).parent / "golden"
TEXTS = {path.stem: path.read_text() for path in sorted(GOLDEN.glob("*.conf"))}
DAEMONS = ("zebra", "bgpd", "bfdd")
EMPTY = "frr defaults traditional\n"


@pytest.fixture(scope="module")
def frr(namespaces: None) -> Iterator[Frr]:
    """FRR as a node of a cluster runs it: MetalLB's lines about next hops need 8.4's zebra."""
    del namespaces
    daemon = wanted(ensure(OFFERS), "frr-8.4")
    with ProcessTree() as tree:
        tree.add_host("node1")
        with Frr(tree, "node1", daemon, EMPTY, bfdd_config="") as started:
            yield started


@pytest.mark.lab
@pytest.mark.parametrize("name", TEXTS)
def test_frr_takes_every_text_and_nothing_of_it_twice(frr: Frr, name: str) -> None:
    owner = DeclaredFrr("node1", frr, DAEMONS)
    try:
        assert owner.apply(TEXTS[name])
        assert owner.edits() == []
        assert owner.apply(TEXTS[name]) == []
    finally:
        owner.apply("")


@pytest.mark.lab
def test_frr_goes_from_each_text_to_the_next_as_speakers_do(frr: Frr) -> None:
    owner = DeclaredFrr("node1", frr, DAEMONS)
    for name in (*TEXTS, *reversed(TEXTS), "one_peer"):
        owner.apply(TEXTS[name])
        assert owner.edits() == []
        running = frr.ask("show running-config", "bgpd")
        for neighbor in ("10.0.0.9", "192.0.2.1", "172.18.0.254", "fd00:18::fe"):
            assert (f"neighbor {neighbor} " in running) is (f"neighbor {neighbor} " in TEXTS[name])
    owner.apply("")


@pytest.mark.lab
def test_frr_keeps_every_attribute_that_is_set(frr: Frr) -> None:
    owner = DeclaredFrr("node1", frr, DAEMONS)
    owner.apply(TEXTS["one_peer"])
    running = frr.ask("show running-config", "bgpd")
    for line in (
        "set local-preference 200",
        "set community 64512:100 additive",
        "set large-community 64512:1:2 additive",
        "neighbor 172.18.0.254 timers 3 10",
        "network 172.18.200.1/32",
        "on-match next",
    ):
        assert line in running
    owner.apply(TEXTS["every_peer_field"])
    assert "profile fast" in frr.ask("show running-config", "bfdd")
    running = frr.ask("show running-config", "bgpd")
    for line in (
        "neighbor 192.0.2.1 password s3cret",
        "neighbor 192.0.2.1 ebgp-multihop",
        "neighbor 192.0.2.1 local-as 64999 no-prepend replace-as",
        "neighbor 192.0.2.1 graceful-restart",
        "neighbor 192.0.2.1 bfd profile fast",
        "neighbor 192.0.2.1 update-source 172.18.0.2",
    ):
        assert line in running
    assert "172.18.0.254" not in running
    owner.apply("")
