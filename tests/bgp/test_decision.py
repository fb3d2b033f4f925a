from dataclasses import replace
from ipaddress import IPv4Address
from itertools import permutations

import pytest
from bgp_examples import SPEAKER, candidates, knobs, path
from hypothesis import given
from hypothesis import strategies as st

from bgp import PROFILES, Confederation, InvalidValueError, Knobs, Path, PeerType, decide
from bgp.reasons import Ineligible, MultipathVerdict, StepId, Undecided
from bgp.selection import MAX_PATHS

every_profile = pytest.mark.parametrize("profile", PROFILES)

# Three paths on which preference goes round in a circle: p1 beats p2 by identifier, p2 beats p3
# by IGP metric, p3 beats p1 by MED (same neighbor AS).
CIRCLE = (
    path(1, "65001 65100", med=20, router_id="10.9.9.1", igp_metric=10),
    path(2, "65002 65100", med=0, router_id="10.9.9.2", igp_metric=10),
    path(3, "65001 65100", med=10, router_id="10.9.9.3", igp_metric=20),
)


@given(candidates(), knobs, st.randoms(use_true_random=False))
def test_the_rfc_is_blind_to_the_order_of_arrival(
    paths: tuple[Path, ...], options: Knobs, random: st.DataObject
) -> None:
    shuffled = list(paths)
    random.shuffle(shuffled)  # type: ignore[attr-defined] # a random.Random from hypothesis
    straight = decide(paths, "rfc4271", SPEAKER, options)
    mixed = decide(shuffled, "rfc4271", SPEAKER, options)
    assert (straight.best, straight.decided_by) == (mixed.best, mixed.decided_by)
    assert {(lost.path, lost.step) for lost in straight.eliminations} == {
        (lost.path, lost.step) for lost in mixed.eliminations
    }


@every_profile
@given(paths=candidates(), options=knobs)
def test_every_loser_has_a_reason(profile: str, paths: tuple[Path, ...], options: Knobs) -> None:
    decision = decide(paths, profile, SPEAKER, options)
    for candidate in paths:
        explained = [
            candidate.id == decision.best,
            decision.lost(candidate.id) is not None,
            decision.why_ineligible(candidate.id) is not None,
        ]
        assert explained.count(True) == 1
    assert {path_id for path_id, _ in decision.multipath_verdicts} == {p.id for p in paths}


@every_profile
@given(paths=candidates(), options=knobs)
def test_the_steps_read_from_first_to_last(
    profile: str, paths: tuple[Path, ...], options: Knobs
) -> None:
    decision = decide(paths, profile, SPEAKER, options)
    standing = [p.id for p in paths if decision.why_ineligible(p.id) is None]
    for step in decision.trace:
        assert [path_id for path_id, _ in step.values] == standing
        gone = {lost.path for lost in step.eliminated}
        standing = [path_id for path_id in standing if path_id not in gone]
        assert list(step.survivors) == standing
    assert standing == ([] if decision.best is None else [decision.best])


@every_profile
@given(paths=candidates(), options=knobs)
def test_a_path_that_never_enters_the_table_changes_nothing(
    profile: str, paths: tuple[Path, ...], options: Knobs
) -> None:
    looped = replace(path(9, "65001 64512"), loop=True)
    without = decide(paths, profile, SPEAKER, options)
    for place in (0, len(paths)):
        with_it = decide((*paths[:place], looped, *paths[place:]), profile, SPEAKER, options)
        assert (with_it.best, with_it.reason, with_it.multipath) == (
            without.best,
            without.reason,
            without.multipath,
        )
        assert with_it.why_ineligible("p9") is Ineligible.AS_LOOP


@given(candidates(), knobs)
def test_for_the_rfc_a_path_without_a_way_to_its_next_hop_changes_nothing(
    paths: tuple[Path, ...], options: Knobs
) -> None:
    lost = replace(path(9), next_hop_resolvable=False)
    without = decide(paths, "rfc4271", SPEAKER, options)
    assert decide((*paths, lost), "rfc4271", SPEAKER, options).best == without.best


@every_profile
@given(paths=candidates(), options=knobs)
def test_the_multipath_set_holds_the_best_path_and_respects_its_limit(
    profile: str, paths: tuple[Path, ...], options: Knobs
) -> None:
    decision = decide(paths, profile, SPEAKER, options)
    assert (decision.best in decision.multipath) == (decision.best is not None)
    members = {
        path_id
        for path_id, verdict in decision.multipath_verdicts
        if verdict in (MultipathVerdict.BEST, MultipathVerdict.EQUAL)
    }
    assert members == set(decision.multipath)


def test_preference_under_med_goes_round_in_a_circle() -> None:
    pairs = {("p1", "p2"): "p1", ("p2", "p3"): "p2", ("p1", "p3"): "p3"}
    options = Knobs(compare_routerid=True)
    for pair, winner in pairs.items():
        two = [candidate for candidate in CIRCLE if candidate.id in pair]
        assert decide(two, "frr-8.4", SPEAKER, options).best == winner


def test_without_deterministic_med_arrival_decides_and_with_it_it_does_not() -> None:
    options = Knobs(compare_routerid=True)
    winners = {decide(order, "frr-8.4", SPEAKER, options).best for order in permutations(CIRCLE)}
    assert len(winners) == 3
    options = Knobs(compare_routerid=True, deterministic_med=True)
    settled = {decide(order, "frr-8.4", SPEAKER, options).best for order in permutations(CIRCLE)}
    assert settled == {decide(CIRCLE, "rfc4271", SPEAKER).best}


def test_frr_10_makes_its_med_groups_and_then_does_not_look_at_them() -> None:
    options = Knobs(compare_routerid=True, deterministic_med=True)
    winners = {decide(order, "frr-10", SPEAKER, options).best for order in permutations(CIRCLE)}
    assert len(winners) > 1


def test_frrs_reason_is_its_last_comparison_and_not_the_decisive_one() -> None:
    paths = (path(1, "65001", med=10), path(2, "65001 65002"), path(3, "65001", med=20))
    decision = decide(paths, "frr-8.4", SPEAKER)
    assert decision.best == "p1"
    assert (decision.reason, decision.decided_by) == ("AS Path", StepId.MED)


def test_a_single_path_needs_no_step() -> None:
    decision = decide([path(1)], "frr-8.4", SPEAKER)
    assert (decision.decided_by, decision.reason) == (
        Undecided.ONLY_PATH,
        "First path received",
    )


@every_profile
def test_no_path_is_an_answer_too(profile: str) -> None:
    decision = decide([], profile, SPEAKER)
    assert (decision.best, decision.decided_by, decision.reason, decision.multipath) == (
        None,
        Undecided.NO_PATH,
        None,
        (),
    )


def test_bird_takes_an_unresolvable_path_when_there_is_no_other_and_frr_takes_none() -> None:
    only = [replace(path(1), next_hop_resolvable=False, igp_metric=None)]
    assert decide(only, "bird", SPEAKER).best == "p1"
    assert decide(only, "gobgp", SPEAKER).best == "p1"
    for profile in ("rfc4271", "frr-8.4", "frr-10", "cisco"):
        decision = decide(only, profile, SPEAKER)
        assert decision.best is None
        assert decision.why_ineligible("p1") is Ineligible.NEXT_HOP


def test_gobgp_does_not_see_igp_cost_nor_originator() -> None:
    near = path(2, "", kind=PeerType.IBGP, igp_metric=1, router_id="10.9.9.9")
    far = path(1, "", kind=PeerType.IBGP, igp_metric=100, router_id="10.9.9.1")
    assert decide([near, far], "frr-8.4", SPEAKER).best == "p2"
    assert decide([near, far], "gobgp", SPEAKER).best == "p1"
    reflected = replace(near, igp_metric=100, originator_id=IPv4Address("1.1.1.1"))
    assert decide([reflected, far], "frr-8.4", SPEAKER).best == "p2"
    assert decide([reflected, far], "gobgp", SPEAKER).best == "p1"


def test_an_unset_local_pref_follows_the_default_and_an_explicit_one_does_not() -> None:
    paths = [path(1, local_pref=100), path(2)]
    assert decide(paths, "frr-8.4", SPEAKER, Knobs(default_local_preference=90)).best == "p1"
    assert decide(paths, "frr-8.4", SPEAKER, Knobs(default_local_preference=110)).best == "p2"


def test_frr_10_refuses_a_path_that_does_not_open_with_its_peers_as() -> None:
    paths = [path(1, "65009", asn=65001), path(2, "65002 65009 65009 65009")]
    assert decide(paths, "frr-8.4", SPEAKER).best == "p1"
    decision = decide(paths, "frr-10", SPEAKER)
    assert (decision.best, decision.why_ineligible("p1")) == ("p2", Ineligible.FIRST_AS)
    assert decide(paths, "frr-10", SPEAKER, Knobs(enforce_first_as=False)).best == "p1"


def test_frr_10_refuses_sets_when_told_to() -> None:
    paths = [path(1, "65001 {65009}"), path(2, "65002 65009 65009 65009")]
    assert decide(paths, "frr-10", SPEAKER).best == "p1"
    refusing = decide(paths, "frr-10", SPEAKER, Knobs(reject_as_sets=True))
    assert (refusing.best, refusing.why_ineligible("p1")) == ("p2", Ineligible.AS_SET)


def test_loops_are_found_where_the_input_does_not_tell() -> None:
    assert decide([path(1, "65001 64512")], "rfc4271", SPEAKER).best is None
    own = replace(path(1, "", kind=PeerType.IBGP), originator_id=SPEAKER.router_id)
    assert decide([own], "frr-8.4", SPEAKER).why_ineligible("p1") is Ineligible.ORIGINATOR_LOOP
    passed = replace(path(1, "", kind=PeerType.IBGP), cluster_list=(IPv4Address("10.0.0.1"),))
    assert decide([passed], "frr-8.4", SPEAKER).why_ineligible("p1") is Ineligible.CLUSTER_LOOP


def test_speakers_differ_in_what_they_call_a_loop() -> None:
    member = replace(SPEAKER, asn=64513, confederation=Confederation(64512, (64514,)))
    inside = path(1, "(64514) 65001 64512", kind=PeerType.CONFED_EBGP, asn=64514)
    for told in (None, True):
        asked = [replace(inside, loop=told)]
        assert decide(asked, "frr-8.4", member).why_ineligible("p1") is Ineligible.CONFED_LOOP
        assert decide(asked, "bird", member).best == "p1"
        assert decide(asked, "gobgp", member).best == "p1"
    outside = [path(1, "65001 64512")]
    assert decide(outside, "bird", member).why_ineligible("p1") is Ineligible.CONFED_LOOP
    assert decide(outside, "gobgp", member).best == "p1"
    reflected = [replace(path(1, "", kind=PeerType.IBGP), cluster_list=(IPv4Address("10.0.0.1"),))]
    assert decide(reflected, "bird", SPEAKER).best == "p1"
    assert decide(reflected, "gobgp", SPEAKER).best == "p1"


def test_two_paths_of_one_name_are_refused() -> None:
    with pytest.raises(InvalidValueError, match="a different id"):
        decide([path(1), path(1)], "frr-8.4", SPEAKER)


def test_ten_thousand_paths_are_refused_at_once() -> None:
    many = [replace(path(1), id=f"p{number}") for number in range(10_000)]
    with pytest.raises(InvalidValueError, match=f"at most {MAX_PATHS} paths"):
        decide(many, "frr-8.4", SPEAKER)


@every_profile
def test_the_most_paths_allowed_are_decided(profile: str) -> None:
    options = Knobs(compare_routerid=True)
    many = [replace(path(1), id=f"p{number}", med=number) for number in range(MAX_PATHS)]
    decision = decide(many[:200], profile, SPEAKER, options)
    assert decision.best == "p0"


def test_an_unknown_profile_names_those_there_are() -> None:
    with pytest.raises(InvalidValueError, match=r"rfc4271, frr-8\.4, frr-10, bird, gobgp, cisco"):
        decide([path(1)], "juniper", SPEAKER)
