"""A fabric as data, and the situation that a recording is looked up by."""

import pytest

from labs.errors import LabError
from labs.stage_plan import BORDER, FABRICS, RACK, Situation, at_first, check_said


@pytest.mark.parametrize("fabric", FABRICS.values(), ids=list(FABRICS))
def test_every_neighbour_has_a_policy_before_its_session(fabric: object) -> None:
    assert fabric in (RACK, BORDER)
    for plan in (RACK, BORDER):
        text = plan.configuration()
        for neighbor in plan.neighbors:
            assert 0 < text.index(f"route-map FROM-{neighbor.name} ") < text.index("router bgp")


def test_an_unknown_neighbour_is_named_with_those_there_are() -> None:
    with pytest.raises(LabError, match="'node9': its neighbours are node1, node2, node3"):
        RACK.neighbor("node9")


def test_an_attribute_that_cannot_be_said_is_named_with_those_that_can() -> None:
    with pytest.raises(LabError, match="cannot say 'weight': it can say as_path, origin, med"):
        check_said({"weight": 7})


def test_at_first_the_rack_announces_and_the_border_is_silent() -> None:
    assert [name for name, _ in at_first(RACK).said] == ["node1", "node2", "node3"]
    assert at_first(BORDER).said == ()


def test_announcing_anew_keeps_the_place_in_the_order_and_coming_back_does_not() -> None:
    start = Situation().saying("a", {}).saying("b", {})
    assert [n for n, _ in start.saying("a", {"med": 5}).said] == ["a", "b"]
    assert [n for n, _ in start.silent("a").saying("a", {}).said] == ["b", "a"]
    assert start.saying("a", {"med": 5}).announcement("a") == {"med": 5}
    assert start.silent("a").announcement("a") is None


def test_no_takes_back_the_line_of_the_same_context_only() -> None:
    first = Situation().configured(["router bgp 1", "bgp deterministic-med"])
    assert first.lines == (("router bgp 1", "bgp deterministic-med"),)
    assert first.configured(["router bgp 1", "no bgp deterministic-med"]) == Situation()
    other = first.configured(["route-map X permit 10", "no bgp deterministic-med"])
    assert len(other.lines) == 2


def test_the_key_tells_orders_of_arrival_apart() -> None:
    one = Situation().saying("a", {}).saying("b", {})
    two = Situation().saying("b", {}).saying("a", {})
    assert one.key() != two.key()
