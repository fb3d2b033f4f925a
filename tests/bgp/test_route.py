from ipaddress import IPv4Address, IPv6Address, IPv6Network
from typing import Any

import pytest
from bgp_examples import path, peer

from bgp import Confederation, InvalidValueError, Knobs, Origin, Path, Peer, PeerType, Speaker
from bgp.values import parse_address, parse_identifier, parse_prefix


@pytest.mark.parametrize("field", ["med", "local_pref", "weight", "igp_metric"])
@pytest.mark.parametrize("value", [-1, 2**32, True, "100", 1.0])
def test_an_attribute_out_of_range_names_its_field(field: str, value: Any) -> None:
    with pytest.raises(InvalidValueError) as caught:
        path(1, **{field: value})
    assert caught.value.field == field


def test_a_learned_path_needs_a_peer_with_an_address() -> None:
    with pytest.raises(InvalidValueError, match=r"peer\.address"):
        Peer("n1", PeerType.EBGP)
    assert Path("p1", Peer("here", PeerType.LOCAL)).is_local


@pytest.mark.parametrize("name", ["", "   ", "x" * 300, 7])
def test_a_path_needs_a_name(name: object) -> None:
    with pytest.raises(InvalidValueError, match="name"):
        Path(name, peer(1))  # type: ignore[arg-type] # the wrong type is the point


def test_the_originator_stands_in_for_the_peer() -> None:
    assert path(1).identifier == IPv4Address("10.9.9.1")
    originator = IPv4Address("10.7.7.7")
    assert path(1, originator_id=originator).identifier == originator


def test_both_address_families_are_read() -> None:
    assert parse_address("next_hop", "2001:db8::1") == IPv6Address("2001:db8::1")
    assert parse_prefix("prefix", "2001:db8::/32") == IPv6Network("2001:db8::/32")


@pytest.mark.parametrize("text", ["10.0.0.1/24", "10.0.0.0", "10.0.0.0/33", "::/129", 5, ""])
def test_a_prefix_with_host_bits_or_without_length_is_refused(text: object) -> None:
    with pytest.raises(InvalidValueError, match="prefix"):
        parse_prefix("prefix", text)


@pytest.mark.parametrize("value", [str(IPv4Address(0)), "2001:db8::1", "10.0.0", None])
def test_a_bgp_identifier_is_four_octets_and_not_zero(value: object) -> None:
    with pytest.raises(InvalidValueError, match="BGP Identifier"):
        parse_identifier("router_id", value)


def test_any_other_identifier_is_valid_as_rfc_6286_has_it() -> None:
    assert parse_identifier("router_id", "224.1.1.1") == IPv4Address("224.1.1.1")


def test_origin_reads_words_and_marks() -> None:
    assert [Origin.parse("origin", word) for word in ("IGP", "e", "?")] == list(Origin)
    with pytest.raises(InvalidValueError, match="igp, egp or incomplete"):
        Origin.parse("origin", "best")


def test_the_confederation_identifier_stands_for_a_member_outside() -> None:
    assert Speaker(65010, confederation=Confederation(64500, (65011,))).public_as == 64500
    assert Speaker(65010).public_as == 65010


def test_a_knob_of_the_wrong_kind_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="true or false"):
        Knobs(deterministic_med="yes")  # type: ignore[arg-type] # the wrong type is the point
    with pytest.raises(InvalidValueError, match="maximum_paths"):
        Knobs(maximum_paths=0)
    with pytest.raises(InvalidValueError, match="one of always_compare_med"):
        Knobs.from_mapping({"determinstic_med": True})
    assert Knobs(maximum_paths=4).changed() == {"maximum_paths": 4}
