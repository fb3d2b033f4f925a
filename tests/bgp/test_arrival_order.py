from bgp_examples import SPEAKER, candidates, path
from hypothesis import given

from bgp import Knobs, Path, decide
from bgp.arrival_order import other_orders


@given(candidates(max_size=4))
def test_an_order_that_is_named_gives_the_winner_that_is_named(paths: tuple[Path, ...]) -> None:
    by_id = {candidate.id: candidate for candidate in paths}
    for profile in ("frr-8.4", "frr-10", "bird", "gobgp", "cisco"):
        decision = decide(paths, profile, SPEAKER)
        for other in other_orders(decision).others:
            again = decide([by_id[path_id] for path_id in other.order], profile, SPEAKER)
            assert again.best == other.winner != decision.best


def test_the_rfc_knows_no_arrival() -> None:
    found = other_orders(decide([path(1), path(2)], "rfc4271", SPEAKER))
    assert (found.others, found.exhaustive) == ((), True)


def test_two_equal_external_paths_are_won_by_the_first() -> None:
    found = other_orders(decide([path(1), path(2)], "frr-8.4", SPEAKER))
    assert [(other.winner, other.order) for other in found.others] == [("p2", ("p2", "p1"))]
    settled = decide([path(1), path(2)], "frr-8.4", SPEAKER, Knobs(compare_routerid=True))
    assert other_orders(settled).others == ()


def test_many_paths_are_tried_in_the_telling_orders_and_that_is_said() -> None:
    found = other_orders(decide([path(number) for number in range(1, 10)], "frr-8.4", SPEAKER))
    assert not found.exhaustive
    assert {other.winner for other in found.others} == {f"p{number}" for number in range(2, 10)}
