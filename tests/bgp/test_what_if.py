from dataclasses import replace

import pytest
from bgp_examples import SPEAKER, candidates, knobs, path
from hypothesis import given

from bgp import PROFILES, Knobs, Path, PeerType, decide
from bgp.reasons import Ineligible, StepId
from bgp.what_if import what_if


@pytest.mark.parametrize("profile", PROFILES)
@given(paths=candidates(min_size=2), options=knobs)
def test_a_what_if_does_what_it_says(profile: str, paths: tuple[Path, ...], options: Knobs) -> None:
    decision = decide(paths, profile, SPEAKER, options)
    order = [step.id for step in decision.profile.steps] + [StepId.NOTHING_LEFT]
    for candidate in paths:
        answer = what_if(decision, candidate.id)
        if answer is None:
            assert candidate.id == decision.best
            continue
        if answer.change is None:
            continue
        after = decide(answer.change.paths, profile, SPEAKER, options)
        assert (after.best == candidate.id) == answer.wins
        if not answer.wins:
            lost = after.lost(candidate.id)
            stop = lost.step if lost else after.why_ineligible(candidate.id)
            assert stop == answer.next_stop
            if isinstance(answer.stopped_at, StepId) and lost is not None:
                assert order.index(lost.step) > order.index(answer.stopped_at)
        if answer.winning_change is not None:
            further = decide(answer.winning_change.paths, profile, SPEAKER, options)
            assert further.best == candidate.id


@pytest.mark.parametrize("profile", PROFILES)
@given(paths=candidates(min_size=2), options=knobs)
def test_a_what_if_changes_one_path_in_one_attribute(
    profile: str, paths: tuple[Path, ...], options: Knobs
) -> None:
    decision = decide(paths, profile, SPEAKER, options)
    for candidate in paths:
        answer = what_if(decision, candidate.id)
        if answer is None or answer.change is None:
            continue
        before = {p.id: p for p in paths}
        touched = {p.id for p in answer.change.paths if p != before[p.id]}
        assert touched <= {candidate.id}
        assert touched or answer.change.attribute == "arrival"


def test_the_least_change_ties_and_the_next_step_is_named() -> None:
    paths = [path(1, local_pref=200), path(2, "65001 65002", local_pref=100)]
    answer = what_if(decide(paths, "frr-8.4", SPEAKER), "p2")
    assert answer is not None
    assert answer.change is not None
    assert (answer.change.attribute, answer.change.after) == ("local_pref", "200")
    assert (answer.wins, answer.next_stop) == (False, StepId.AS_PATH)
    assert answer.winning_change is not None
    assert answer.winning_change.after == "201"


def test_no_single_change_is_an_answer() -> None:
    paths = [path(1), path(2, kind=PeerType.IBGP)]
    answer = what_if(decide(paths, "frr-8.4", SPEAKER), "p2")
    assert answer is not None
    assert (answer.stopped_at, answer.change) == (StepId.PEER_TYPE, None)


def test_an_older_path_is_beaten_only_by_arriving_before_it() -> None:
    answer = what_if(decide([path(2), path(1)], "frr-8.4", SPEAKER), "p1")
    assert answer is not None
    assert answer.change is not None
    assert (answer.change.attribute, answer.wins) == ("arrival", True)


@pytest.mark.parametrize(
    ("loser", "cause", "attribute"),
    [
        (replace(path(2), next_hop_resolvable=False), Ineligible.NEXT_HOP, "next_hop_resolvable"),
        (path(2, "65001 64512"), Ineligible.AS_LOOP, "as_path"),
        (path(2, "65009", asn=65001), Ineligible.FIRST_AS, "as_path"),
    ],
)
def test_an_ineligible_path_is_told_what_keeps_it_out(
    loser: Path, cause: Ineligible, attribute: str
) -> None:
    answer = what_if(decide([path(1), loser], "frr-10", SPEAKER), "p2")
    assert answer is not None
    assert answer.stopped_at is cause
    assert answer.change is not None
    assert answer.change.attribute == attribute
