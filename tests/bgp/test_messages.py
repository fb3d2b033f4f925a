from dataclasses import replace

import pytest
from bgp_examples import SPEAKER, candidates, knobs, path
from hypothesis import given

from bgp import PROFILES, Knobs, Path, PeerType, decide
from bgp.arrival_order import other_orders
from bgp.messages import (
    INELIGIBLE,
    MULTIPATH,
    PREFERENCES,
    STEP_TITLES,
    difference,
    elimination_text,
    ignored_text,
    ineligible_text,
    multipath_text,
    order_text,
    reason_text,
    sentence,
    step_title,
    what_if_text,
)
from bgp.reasons import Ineligible, MultipathVerdict, StepId, Undecided
from bgp.what_if import what_if


def test_every_word_of_the_vocabularies_has_its_english() -> None:
    assert set(STEP_TITLES) == set(PREFERENCES) == set(StepId)
    assert set(INELIGIBLE) == set(Ineligible)
    assert set(MULTIPATH) == set(MultipathVerdict)
    assert all(step_title(word) for word in (*StepId, *Undecided, *Ineligible))


@pytest.mark.parametrize("profile", PROFILES)
@given(paths=candidates(), options=knobs)
def test_every_decision_can_be_told(profile: str, paths: tuple[Path, ...], options: Knobs) -> None:
    decision = decide(paths, profile, SPEAKER, options)
    told = [sentence(decision)]
    told += [elimination_text(lost) for lost in decision.eliminations]
    told += [ineligible_text(path_id, cause) for path_id, cause in decision.ineligible]
    told += [multipath_text(*verdict) for verdict in decision.multipath_verdicts]
    told += [what_if_text(answer) for p in paths if (answer := what_if(decision, p.id)) is not None]
    told += [difference(decision, decide(paths, "rfc4271", SPEAKER, options))]
    for text in told:
        assert text.endswith(".")
        assert "None" not in text


def test_the_sentence_names_winner_rival_step_and_values() -> None:
    text = sentence(decide([path(1, local_pref=200), path(2)], "frr-8.4", SPEAKER))
    assert text == (
        "p1 is best: p2 was the last rival to fall, at LOCAL_PREF, where FRR 8.4 prefers the "
        "higher LOCAL_PREF (p1: 200; p2: default (100))."
    )


def test_the_three_decisions_without_a_rival_have_their_own_words() -> None:
    assert sentence(decide([], "bird", SPEAKER)) == "There is no path to choose from."
    assert sentence(decide([path(1)], "bird", SPEAKER)) == "p1 is best: no other path came in."
    lost = replace(path(2), next_hop_resolvable=False)
    assert "no other path is eligible" in sentence(decide([path(1), lost], "frr-8.4", SPEAKER))
    assert "FRR 8.4 has no best path" in sentence(decide([lost], "frr-8.4", SPEAKER))


def test_frrs_reason_is_explained_only_where_it_misleads() -> None:
    paths = [path(1, med=10), path(2, "65001 65002"), path(3, med=20)]
    text = reason_text(decide(paths, "frr-8.4", SPEAKER))
    assert text is not None
    assert "“AS Path”" in text
    assert "(MED)" in text
    assert reason_text(decide(paths[:2], "frr-8.4", SPEAKER)) is None
    assert reason_text(decide(paths, "bird", SPEAKER)) is None


def test_an_order_that_would_change_the_winner_is_told() -> None:
    text = order_text(other_orders(decide([path(1), path(2)], "frr-8.4", SPEAKER)))
    assert text == "With another order of arrival p2 would win, for instance p2 → p1."
    assert order_text(other_orders(decide([path(1)], "frr-8.4", SPEAKER))) is None


def test_a_knob_the_speaker_lacks_is_told() -> None:
    text = ignored_text(PROFILES["gobgp"], PROFILES["gobgp"].ignored(Knobs(med_confed=True)))
    assert text == "GoBGP 3 does not have, and so ignores: med_confed."
    assert ignored_text(PROFILES["gobgp"], ()) is None


def test_two_profiles_that_differ_say_where() -> None:
    near = path(2, "", kind=PeerType.IBGP, igp_metric=1, router_id="10.9.9.9")
    far = path(1, "", kind=PeerType.IBGP, igp_metric=100, router_id="10.9.9.1")
    text = difference(
        decide([near, far], "frr-8.4", SPEAKER), decide([near, far], "gobgp", SPEAKER)
    )
    assert text == (
        "FRR 8.4 takes p2, GoBGP 3 takes p1. "
        "In FRR 8.4, p1 lost to p2 at IGP metric to NEXT_HOP: 100 against 1. "
        "In GoBGP 3, p2 lost to p1 at BGP Identifier: 10.9.9.9 against 10.9.9.1."
    )
