"""A snapshot is saved and loaded unchanged, and two of them tell apart exactly what differs."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from bgp_examples import path
from hypothesis import given
from hypothesis import strategies as st

from bgp.errors import InvalidValueError
from bgp.snapshot import (
    KINDS,
    Bfd,
    Difference,
    HostSnapshot,
    Interface,
    KernelRoute,
    Neighbor,
    RibEntry,
    Snapshot,
    Translation,
    compare,
    facts,
)
from bgp.snapshot_json import parse_snapshot, snapshot_object

TOR = HostSnapshot(
    daemon="FRR 8.4.4",
    neighbors=(
        Neighbor("10.1.1.11", "node1", 64512, "Established", ("10.244.1.0/24",), ("192.0.2.0/24",)),
        Neighbor("10.0.11.1", "border", 64900, "Established"),
    ),
    rib=(RibEntry("10.244.1.0/24", (path(1), path(2, med=5)), "p1", ("p1", "p2")),),
    kernel=(KernelRoute("10.244.1.0/24", ("10.1.1.11 dev node1",), "bgp", 20),),
    translations=(Translation("198.51.100.7:80/tcp", ("10.244.1.10:8080",), "kept"),),
    bfd=(Bfd("10.1.1.11", "up", 900),),
    interfaces=(Interface("node1", up=True, mtu=1500),),
)
LAB = Snapshot("A first session", {"tor1": TOR, "client": HostSnapshot()}, "2026-11-23T12:00:00Z")

CHANGES: dict[str, Callable[[HostSnapshot], HostSnapshot]] = {
    "daemon": lambda host: replace(host, running=False),
    "session": lambda host: replace(
        host, neighbors=(replace(host.neighbors[0], state="Active"), host.neighbors[1])
    ),
    "received": lambda host: replace(
        host, neighbors=(replace(host.neighbors[0], received=()), host.neighbors[1])
    ),
    "sent": lambda host: replace(
        host, neighbors=(host.neighbors[0], replace(host.neighbors[1], sent=("10.244.1.0/24",)))
    ),
    "best": lambda host: replace(host, rib=(replace(host.rib[0], best="p2"),)),
    "paths": lambda host: replace(
        host, rib=(replace(host.rib[0], paths=(path(1), path(2, med=6))),)
    ),
    "kernel": lambda host: replace(host, kernel=()),
    "nat": lambda host: replace(
        host, translations=(replace(host.translations[0], source="the node's"),)
    ),
    "bfd": lambda host: replace(host, bfd=(Bfd("10.1.1.11", "down"),)),
    "interface": lambda host: replace(host, interfaces=(replace(host.interfaces[0], up=False),)),
}


def changed(kind: str) -> Snapshot:
    return replace(LAB, hosts={**LAB.hosts, "tor1": CHANGES[kind](TOR)})


def test_every_kind_of_fact_is_tried_here() -> None:
    assert {*CHANGES, "host"} == set(KINDS)
    assert set(facts(TOR)) == set(CHANGES)


@pytest.mark.parametrize("kind", CHANGES)
def test_one_changed_fact_is_one_difference(kind: str) -> None:
    (difference,) = compare(LAB, changed(kind))
    assert (difference.host, difference.kind) == ("tor1", kind)
    (back,) = compare(changed(kind), LAB)
    assert (back.before, back.after) == (difference.after, difference.before)


@pytest.mark.parametrize("kind", CHANGES)
def test_what_is_saved_is_loaded_unchanged(kind: str) -> None:
    snapshot = changed(kind)
    again = parse_snapshot(json.loads(json.dumps(snapshot_object(snapshot))))
    assert again == snapshot
    assert again.taken == LAB.taken
    assert compare(again, snapshot) == ()


def test_a_snapshot_does_not_differ_from_itself_nor_by_the_clock() -> None:
    assert compare(LAB, replace(LAB, taken="2026-11-24T00:00:00Z")) == ()
    assert replace(LAB, taken="later") == LAB


def test_a_host_that_came_or_went_is_one_difference() -> None:
    without = replace(LAB, hosts={"tor1": TOR})
    assert compare(LAB, without) == (Difference("client", "host", "", "there", None),)
    assert compare(without, LAB) == (Difference("client", "host", "", None, "there"),)


def test_two_routes_to_one_prefix_are_two_facts() -> None:
    backup = KernelRoute("10.244.1.0/24", ("10.9.9.9 dev up",), "static", 200)
    more = replace(LAB, hosts={**LAB.hosts, "tor1": replace(TOR, kernel=(*TOR.kernel, backup))})
    (difference,) = compare(LAB, more)
    assert str(difference) == (
        "tor1: kernel route 10.244.1.0/24 metric 200: new, 10.9.9.9 dev up (static)"
    )


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("daemon", "tor1: daemon: FRR 8.4.4 does not answer, was FRR 8.4.4 runs"),
        ("received", "tor1: received from node1 (10.1.1.11): nothing, was 10.244.1.0/24"),
        ("sent", "tor1: sent to border (10.0.11.1): new, 10.244.1.0/24"),
        ("best", "tor1: best path for 10.244.1.0/24: p2, shared with p1, was p1, shared with p2"),
        ("interface", "tor1: interface node1: down MTU 1500, was up MTU 1500"),
        ("bfd", "tor1: BFD with 10.1.1.11: down, was up, detects in 900 ms"),
    ],
)  # fmt: skip
def test_a_difference_reads_as_a_sentence(kind: str, sentence: str) -> None:
    assert [str(difference) for difference in compare(LAB, changed(kind))] == [sentence]


@given(
    st.lists(st.sampled_from(sorted(CHANGES)), unique=True),
    st.lists(st.sampled_from(sorted(CHANGES)), unique=True),
)
def test_differences_are_those_of_the_changes_made(some: list[str], others: list[str]) -> None:
    def after(kinds: list[str]) -> Snapshot:
        host = TOR
        for kind in kinds:
            host = CHANGES[kind](host)
        return replace(LAB, hosts={**LAB.hosts, "tor1": host})

    assert {d.kind for d in compare(after(some), after(others))} == set(some) ^ set(others)


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        ({"format": "other"}, "format: expected locrib-snapshot, got 'other'"),
        ({"version": 2}, "version: expected 1, the one known here, got 2"),
        ({"hosts": {"tor1": []}}, "hosts.tor1.host: expected a JSON object"),
        ({"hosts": {"tor1": {"kernel": [{"prefix": 1}]}}}, "hosts.tor1.kernel[0].prefix: expected"),
        (
            {"hosts": {"tor1": {"rib": [{"prefix": "x", "paths": [{"peer": {}}]}]}}},
            "hosts.tor1.rib[0].paths[0].peer.type: expected ebgp",
        ),
        ({"hosts": {"tor1": {"bfd": {}}}}, "hosts.tor1.bfd: expected a JSON list"),
    ],
)
def test_a_damaged_file_is_refused_with_the_place(damage: dict[str, object], told: str) -> None:
    with pytest.raises(InvalidValueError) as refused:
        parse_snapshot({**snapshot_object(LAB), **damage})
    assert str(refused.value).startswith(told)
