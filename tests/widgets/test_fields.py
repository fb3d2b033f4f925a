import pytest
from bgp_examples import SPEAKER, path
from hypothesis import given
from hypothesis import strategies as st

from bgp import AsPath, InvalidValueError, Origin, PeerType
from bgp.route import LOCAL_PEER
from widgets.fields import BY_NAME, FIELDS, write


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_what_a_cell_shows_can_be_typed_into_it_and_changes_nothing(field: object) -> None:
    one = path(
        1,
        "65001 {65002,65003}",
        med=7,
        local_pref=200,
        weight=3,
        igp_metric=9,
        aigp=5,
        origin=Origin.EGP,
        next_hop_resolvable=False,
    )
    name = getattr(field, "name")  # noqa: B009 - a parametrised value has no type here
    assert write(one, name, BY_NAME[name].read(one), SPEAKER) == one


@pytest.mark.parametrize(
    ("field", "typed", "shown"),
    [
        ("id", "  east  ", "east"),
        ("peer_as", "1.10", "65546"),
        ("peer_address", "2001:DB8::1", "2001:db8::1"),
        ("router_id", "10.1.1.1", "10.1.1.1"),
        ("weight", "", "0"),
        ("local_pref", "", ""),
        ("local_pref", "4294967295", "4294967295"),
        ("as_path", "65001 65002 {65003,65004} (65010)", "65001 65002 {65003,65004} (65010)"),
        ("origin", "incomplete", "incomplete"),
        ("med", " 0 ", "0"),
        ("next_hop", "", ""),
        ("next_hop_resolvable", "no", "no"),
        ("originator_id", "10.2.2.2", "10.2.2.2"),
        ("cluster_list", "1.1.1.1, 2.2.2.2", "1.1.1.1 2.2.2.2"),
        ("aigp", "18446744073709551615", "18446744073709551615"),
        ("communities", "64512:100 NO-EXPORT", "64512:100 no-export"),
        ("large_communities", "4200000001:1:2", "4200000001:1:2"),
        ("loop", "yes", "yes"),
    ],
)
def test_every_attribute_takes_what_a_person_types(field: str, typed: str, shown: str) -> None:
    assert BY_NAME[field].read(write(path(1), field, typed, SPEAKER)) == shown


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("id", "   "),
        ("id", "x" * 201),
        ("type", "eigrp"),
        ("peer_as", "0"),
        ("peer_as", "4294967296"),
        ("peer_address", "10.0.0"),
        ("router_id", "0.0.0.0"),  # noqa: S104 - an identifier, nothing is bound
        ("weight", "-1"),
        ("local_pref", "4294967296"),
        ("med", "١٢"),
        ("med", "1e3"),
        ("igp_metric", "9" * 5000),
        ("as_path", "65001 {65002"),
        ("as_path", "65001 " * 5000),
        ("origin", "best"),
        ("next_hop", "gateway"),
        ("next_hop_resolvable", "perhaps"),
        ("cluster_list", "1.1.1.1 x"),
        ("communities", "70000:1"),
        ("large_communities", "1:2"),
        ("loop", "maybe"),
        ("colour", "blue"),
    ],
)
def test_a_wrong_value_is_refused_with_field_value_and_rule(field: str, typed: str) -> None:
    with pytest.raises(InvalidValueError) as refused:
        write(path(1), field, typed, SPEAKER)
    assert refused.value.field
    assert refused.value.rule
    assert len(str(refused.value)) < 600


@given(st.sampled_from(FIELDS), st.text(max_size=30))
def test_no_text_whatever_does_more_than_change_or_be_refused(field: object, text: str) -> None:
    name = getattr(field, "name")  # noqa: B009 - a parametrised value has no type here
    try:
        write(path(1), name, text, SPEAKER)
    except InvalidValueError as refused:
        assert refused.rule  # noqa: PT017 - refusing is one of the two right outcomes


def test_an_ibgp_session_is_inside_our_as_and_an_ebgp_one_is_not() -> None:
    inside = write(path(1, "65001"), "type", "ibgp", SPEAKER)
    assert (inside.peer.type, inside.peer.asn) == (PeerType.IBGP, SPEAKER.asn)
    outside = write(inside, "type", "ebgp", SPEAKER)
    assert (outside.peer.type, outside.peer.asn) == (PeerType.EBGP, 65001)


def test_a_local_path_loses_its_peer_and_gets_one_again() -> None:
    local = write(path(1), "type", "local", SPEAKER)
    assert local.peer == LOCAL_PEER
    with pytest.raises(InvalidValueError, match="a local path has no peer"):
        write(local, "peer_address", "10.0.0.1", SPEAKER)
    learned = write(local, "type", "ebgp", SPEAKER)
    assert learned.peer.type is PeerType.EBGP
    assert learned.peer.asn != SPEAKER.asn


def test_a_new_as_path_is_judged_anew_for_loops_whatever_a_router_said_of_the_old_one() -> None:
    known = path(1, loop=False)
    changed = write(known, "as_path", f"65001 {SPEAKER.asn}", SPEAKER)
    assert changed.as_path == AsPath.of(65001, SPEAKER.asn)
    assert changed.loop is None
