"""Laws of the text a speaker gives its FRR, whatever it announces."""

import re
from collections import Counter
from ipaddress import ip_address, ip_network
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from labs.integrations.metallb_frr import Announced, Session, render
from labs.integrations.metallb_values import Community, Peer

PREFIXES = ("172.18.200.1/32", "172.18.200.2/32", "172.18.201.0/24", "fd00::/120", "fd00::1/128")
ANNOUNCED = st.lists(
    st.builds(
        Announced,
        st.sampled_from([ip_network(one) for one in PREFIXES]),
        st.sampled_from([0, 100, 200]),
        st.lists(
            st.sampled_from([Community((1, 2)), Community((64512, 100)), Community((1, 2, 3))]),
            unique=True,
        ).map(tuple),
    ),
    max_size=6,
).map(tuple)
PEERS = st.lists(
    st.builds(
        Peer,
        name=st.just("x"),
        my_asn=st.sampled_from([64512, 64513]),
        asn=st.sampled_from(["65001", "64512", "internal", "external"]),
        address=st.sampled_from(["10.0.0.1", "10.0.0.2", "fd00:1::1"]).map(ip_address),
        vrf=st.sampled_from(["", "red"]),
        dual_stack=st.booleans(),
        multihop=st.booleans(),
    ),
    unique_by=lambda peer: (peer.address, peer.vrf),
    max_size=4,
)
SESSIONS = PEERS.flatmap(
    lambda peers: st.tuples(*(st.builds(Session, st.just(peer), ANNOUNCED) for peer in peers))
)


@settings(max_examples=150)
@given(sessions=SESSIONS, random=st.randoms(use_true_random=False))
def test_order_and_repetition_of_what_is_announced_mean_nothing(
    sessions: tuple[Session, ...], random: Any
) -> None:
    text = render("node1", sessions)
    mixed = []
    for one in sessions:
        twice = [*one.announced, *one.announced]
        random.shuffle(twice)
        mixed.append(Session(one.peer, tuple(twice)))
    random.shuffle(mixed)
    assert render("node1", mixed) == text


@settings(max_examples=150)
@given(sessions=SESSIONS)
def test_lists_and_maps_count_from_one_and_belong_together(sessions: tuple[Session, ...]) -> None:
    text = render("node1", sessions)
    seen: Counter[str] = Counter()
    for name, number in re.findall(r"prefix-list (\S+) seq (\d+)", text):
        seen[name] += 1
        assert int(number) == seen[name]
    maps: Counter[str] = Counter()
    for name, number in re.findall(r"^route-map (\S+-out) permit (\d+)", text, re.MULTILINE):
        maps[name] += 1
        assert int(number) == maps[name]
    assert set(re.findall(r"address prefix-list (\S+)", text)) == set(seen)
    assert set(re.findall(r"route-map (\S+) out", text)) == set(maps)


@settings(max_examples=150)
@given(sessions=SESSIONS)
def test_a_peer_hears_exactly_what_is_announced_in_its_families(
    sessions: tuple[Session, ...],
) -> None:
    text = render("node1", sessions)
    for one in sessions:
        listed = re.findall(
            rf"prefix-list {re.escape(one.id)}-allowed-ipv\d seq \d+ permit (\S+)", text
        )
        versions = {4, 6} if one.peer.dual_stack else {one.peer.address.version}  # type: ignore[union-attr]
        wanted = {str(each.prefix) for each in one.announced if each.prefix.version in versions}
        assert (set(listed), len(listed)) == (wanted, len(wanted))
        for each in one.announced:
            if str(each.prefix) in wanted:
                assert f"network {each.prefix}\n" in text
    heard = set(re.findall(r"^    network (\S+)$", text, re.MULTILINE))
    assert heard <= {str(each.prefix) for one in sessions for each in one.announced}
