"""From one configuration of FRR to another, by the lines that differ: as text, and in real daemons.

What counts is what the daemon prints of itself: whatever it went through, it must end as one that
was started with the last configuration and nothing else.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from unpacked import wanted

from labs.errors import LabError
from labs.frr import Frr
from labs.frr_declared import DeclaredFrr
from labs.frr_reload import blocks, by_daemon, changes
from labs.packages import Daemons
from labs.process_tree import ProcessTree

DAEMONS = ("zebra", "bgpd", "bfdd")
EMPTY = "frr defaults traditional\n"


@dataclass(frozen=True)
class Peer:
    """A neighbor as a speaker's configuration has it."""

    address: str
    asn: str
    md5: str = ""
    timers: str = ""
    bfd: str = ""
    local_pref: int = 0
    community: str = ""
    prefixes: tuple[str, ...] = ()

    def policy(self) -> Iterator[str]:
        for number, prefix in enumerate(self.prefixes, start=1):
            yield f"ip prefix-list {self.address}-allowed seq {number} permit {prefix}"
        if not self.prefixes:
            yield f"ip prefix-list {self.address}-allowed seq 1 deny any"
        yield f"route-map {self.address}-in deny 20"
        number = 0
        for what, value in (
            ("local-preference", self.local_pref),
            ("community", f"{self.community} additive" if self.community else ""),
        ):
            if value:
                number += 1
                yield f"route-map {self.address}-out permit {number}"
                yield f"  match ip address prefix-list {self.address}-allowed"
                yield f"  set {what} {value}"
                yield "  on-match next"
        yield f"route-map {self.address}-out permit {number + 1}"
        yield f"  match ip address prefix-list {self.address}-allowed"

    def neighbor(self) -> Iterator[str]:
        yield f"  neighbor {self.address} remote-as {self.asn}"
        for word, value in (("timers", self.timers), ("password", self.md5)):
            if value:
                yield f"  neighbor {self.address} {word} {value}"
        if self.bfd:
            yield f"  neighbor {self.address} bfd"
            yield f"  neighbor {self.address} bfd profile {self.bfd}"


@dataclass(frozen=True)
class Speaker:
    """A whole configuration."""

    asn: int
    peers: tuple[Peer, ...]
    interval: int = 300

    def text(self, *first: str) -> str:
        if not self.peers:
            return ""
        lines = [*first]
        for peer in self.peers:
            lines += peer.policy()
        lines += [f"router bgp {self.asn}", "  no bgp ebgp-requires-policy"]
        lines += ["  no bgp default ipv4-unicast", "  no bgp network import-check"]
        for peer in self.peers:
            lines += peer.neighbor()
        lines.append("  address-family ipv4 unicast")
        for peer in self.peers:
            lines.append(f"    neighbor {peer.address} activate")
            lines.append(f"    neighbor {peer.address} route-map {peer.address}-in in")
            lines.append(f"    neighbor {peer.address} route-map {peer.address}-out out")
        for prefix in sorted({prefix for peer in self.peers for prefix in peer.prefixes}):
            lines.append(f"    network {prefix}")
        lines.append("  exit-address-family")
        for name in sorted({peer.bfd for peer in self.peers} - {""}):
            lines += ["bfd", f"  profile {name}", f"    transmit-interval {self.interval}"]
        return "\n".join(lines)


def peers(address: str) -> st.SearchStrategy[Peer]:
    return st.builds(
        Peer,
        st.just(address),
        st.sampled_from(["65001", "65002", "external"]),
        st.sampled_from(["", "first", "second"]),
        st.sampled_from(["", "3 9", "10 30"]),
        st.sampled_from(["", "fast", "slow"]),
        st.sampled_from([0, 150, 200]),
        st.sampled_from(["", "64512:100", "64512:200"]),
        st.lists(
            st.sampled_from(["172.30.0.1/32", "172.30.0.2/32", "172.31.0.0/24"]),
            unique=True,
            max_size=3,
        ).map(tuple),
    )


SPEAKERS = st.builds(
    lambda asn, found, interval: Speaker(
        asn, tuple(peer for peer in found if peer is not None), interval
    ),
    st.sampled_from([64512, 64513]),
    st.tuples(*(st.none() | peers(f"192.0.2.{number}") for number in (1, 2))),
    st.sampled_from([60, 400]),
)
HAND_EDITS = st.lists(
    st.sampled_from(
        [
            ("ip prefix-list MINE seq 5 permit 0.0.0.0/0 le 32",),
            ("route-map 192.0.2.1-out permit 1", "set metric 77", "exit"),
            ("route-map 192.0.2.1-out deny 1", "exit"),
            ("no route-map 192.0.2.1-out",),
            ("no router bgp",),
            ("router bgp", "bgp router-id 9.9.9.9", "exit"),
            ("router bgp", "neighbor 203.0.113.9 remote-as 65009", "exit"),
            ("router bgp", "no neighbor 192.0.2.1", "exit"),
            ("router bgp", "address-family ipv4 unicast", "network 10.0.0.0/8", "exit", "exit"),
        ]
    ),
    max_size=3,
)


def edit_by_hand(frr: Frr, lines: tuple[str, ...]) -> None:
    """Type lines as a person would, who sees a refusal and goes on."""
    frr.ask("configure terminal")
    try:
        for line in lines:
            frr.ask(line)
    except LabError:
        pass
    finally:
        frr.ask("end")


def test_nothing_is_entered_between_equal_texts() -> None:
    text = Speaker(64512, (Peer("192.0.2.1", "65001", prefixes=("172.30.0.1/32",)),)).text()
    assert changes(text, text) == []
    assert changes(text, text.replace("  ", "\t")) == []


def test_another_password_is_entered_without_taking_the_old_one_out() -> None:
    old = Speaker(64512, (Peer("192.0.2.1", "65001", md5="first"),)).text()
    assert changes(old, old.replace("first", "second")) == [
        "router bgp 64512",
        "neighbor 192.0.2.1 password second",
        "exit",
    ]


def test_a_neighbor_goes_in_one_line_with_all_that_is_said_of_it() -> None:
    one = Peer("192.0.2.1", "65001", md5="first", timers="3 9")
    two = Peer("192.0.2.2", "65002")
    entered = changes(Speaker(64512, (one, two)).text(), Speaker(64512, (two,)).text())
    assert [line for line in entered if "neighbor" in line] == ["no neighbor 192.0.2.1"]


def test_an_address_family_is_emptied_where_it_is_no_longer_spoken_of() -> None:
    old = "router bgp 64512\n address-family ipv6 unicast\n  network 2001:db8::/32\n"
    assert changes(old, "router bgp 64512\n") == [
        *("router bgp 64512", "address-family ipv6 unicast", "no network 2001:db8::/32"),
        *("exit-address-family", "exit"),
    ]


def test_lines_go_to_the_daemon_that_knows_them() -> None:
    speaker = Speaker(64512, (Peer("192.0.2.1", "65001", bfd="fast"),))
    text = speaker.text("ip nht resolve-via-default")
    sorted_ = by_daemon(changes("", text))
    assert sorted_["zebra"] == ["ip nht resolve-via-default"]
    assert sorted_["bfdd"] == ["bfd", "exit", "bfd", "profile fast", "transmit-interval 300",
                               "exit", "exit"]  # fmt: skip
    assert sorted_["bgpd"][-2:] == ["exit-address-family", "exit"]


@pytest.fixture(scope="module", params=["frr-8.4", "frr-10"])
def pair(
    request: pytest.FixtureRequest, daemons: Daemons, namespaces: None
) -> Iterator[tuple[Frr, Frr]]:
    """Two FRRs of one release: one that goes through changes, and one to compare it with."""
    del namespaces
    daemon = wanted(daemons, request.param)
    with ProcessTree() as tree:
        for host in ("changing", "fresh"):
            tree.add_host(host)
        with (
            Frr(tree, "changing", daemon, EMPTY, bfdd_config="") as changing,
            Frr(tree, "fresh", daemon, EMPTY, bfdd_config="") as fresh,
        ):
            yield changing, fresh


def printed(frr: Frr) -> dict[tuple[str, ...], list[str]]:
    """Return what the daemons say they are configured to do; in which order means nothing."""
    text = "\n".join(frr.ask("show running-config", name) for name in DAEMONS)
    return {context: sorted(block.lines) for context, block in sorted(blocks(text).items())}


def restarted(frr: Frr, text: str) -> None:
    """Start the daemons anew, with this configuration in the file each reads."""
    for name in ("bgpd", "bfdd"):
        if frr.alive(name):
            frr.stop(name)
    lines = by_daemon(changes("", text))
    frr.start("bfdd", "\n".join(lines.get("bfdd", ())))
    frr.start("bgpd", EMPTY + "\n".join(lines.get("bgpd", ())))


@pytest.mark.lab
@settings(
    max_examples=settings().max_examples // 10,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(path=st.lists(st.tuples(HAND_EDITS, SPEAKERS), min_size=1, max_size=3))
def test_it_ends_as_if_it_had_been_started_so_whatever_it_went_through(
    pair: tuple[Frr, Frr], path: list[tuple[list[tuple[str, ...]], Speaker]]
) -> None:
    changing, fresh = pair
    owner = DeclaredFrr("changing", changing, DAEMONS)
    try:
        for edits, speaker in path:
            for lines in edits:
                edit_by_hand(changing, lines)
            owner.apply(speaker.text())
            assert owner.edits() == []
        restarted(fresh, path[-1][1].text())
        assert printed(changing) == printed(fresh)
        owner.apply("")
    except BaseException:
        restarted(changing, "")  # the next example begins with nothing, whatever happened
        raise


@pytest.mark.lab
def test_a_text_with_a_refused_line_changes_nothing(pair: tuple[Frr, Frr]) -> None:
    changing, _ = pair
    owner = DeclaredFrr("changing", changing, DAEMONS)
    good = Speaker(64512, (Peer("192.0.2.1", "65001", prefixes=("172.30.0.1/32",)),)).text()
    owner.apply(good)
    before = printed(changing)
    with pytest.raises(LabError, match=r"bgpd on changing refused `neighbor 192\.0\.2\.1 bogus`"):
        owner.apply(
            f"{good}\nrouter bgp 64512\nneighbor 192.0.2.1 port 180\nneighbor 192.0.2.1 bogus\n"
        )
    assert printed(changing) == before
    assert owner.declared == good
    owner.apply("")
