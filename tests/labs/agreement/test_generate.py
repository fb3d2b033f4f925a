"""The generator's cases are reproducible, lawful, and reach everything they are meant to reach."""

import itertools
from collections import Counter
from typing import Any

import pytest

from bgp.case import decide_case, parse_case
from labs.agreement.dialects import DIALECTS, SPECIAL_TARGETS
from labs.agreement.generate import generate
from labs.agreement.proof import DEFAULT_CASES
from labs.agreement.world import ROUTER_ID, Case

EVERY_DAEMON = pytest.mark.parametrize("daemon", DIALECTS)


def cases_of(daemon: str, seed: int = 1) -> list[Case]:
    worlds = generate(daemon, DEFAULT_CASES[daemon], seed)
    return [case for world in worlds for case in world.cases]


def paths_of(daemon: str) -> list[dict[str, Any]]:
    return [path for case in cases_of(daemon) for path in case["paths"]]


@EVERY_DAEMON
def test_the_same_seed_makes_the_same_cases_and_another_makes_others(daemon: str) -> None:
    assert generate(daemon, 50, 7) == generate(daemon, 50, 7)
    assert generate(daemon, 50, 7) != generate(daemon, 50, 8)
    assert [world.name for world in generate(daemon, 45, 7)] == sorted(
        {case["world"] for world in generate(daemon, 45, 7) for case in world.cases}
    )
    assert sum(len(world.cases) for world in generate(daemon, 45, 7)) == 45


@EVERY_DAEMON
def test_the_model_reads_every_case(daemon: str) -> None:
    for case in cases_of(daemon):
        assert decide_case(parse_case(case), DIALECTS[daemon].profile).best or case["paths"]


@EVERY_DAEMON
def test_paths_stand_in_order_of_arrival_one_from_each_neighbour(daemon: str) -> None:
    for case in cases_of(daemon):
        paths = case["paths"]
        assert [path["arrival"] for path in paths] == list(range(1, len(paths) + 1))
        assert len({path["id"] for path in paths}) == len(paths)
        assert len({path["peer"]["address"] for path in paths}) == len(paths)


@EVERY_DAEMON
def test_a_world_gives_each_of_its_cases_a_prefix_of_its_own(daemon: str) -> None:
    for world in generate(daemon, 100, 1):
        assert len({case["prefix"] for case in world.cases}) == len(world.cases)
        assert world.waves() == max(len(case["paths"]) for case in world.cases)


@EVERY_DAEMON
def test_every_step_is_aimed_at_and_every_setting_is_tried(daemon: str) -> None:
    cases = cases_of(daemon)
    assert {case["target"] for case in cases} == {*DIALECTS[daemon].steps, *SPECIAL_TARGETS}
    tried = [case["knobs"] for case in cases]
    for setting in DIALECTS[daemon].settings:
        assert any(setting.items() <= knobs.items() for knobs in tried), setting


@EVERY_DAEMON
def test_internal_attributes_come_from_inside_only(daemon: str) -> None:
    for path in paths_of(daemon):
        kind = path["peer"]["type"]
        if kind != "ibgp":
            assert not path["originator_id"]
            assert not path["cluster_list"]
        else:
            assert path["local_pref"] is not None
        if kind == "ebgp":
            assert not any(segment.startswith("confed") for segment, _ in path["as_path"])
        if kind == "confed-ebgp":
            assert path["as_path"][0][:1] == ["confed_seq"]
            assert path["as_path"][0][1][0] == path["peer"]["as"]


@EVERY_DAEMON
def test_next_hop_metric_and_reachability_tell_the_same(daemon: str) -> None:
    for path in paths_of(daemon):
        if not path["valid"]:
            assert path["igp_metric"] is None
            assert path["next_hop"].startswith("10.99.")
        elif path["igp_metric"]:
            assert path["next_hop"].startswith(f"10.50.{path['igp_metric']}.")
        else:
            assert path["next_hop"] in (path["peer"]["address"], "0.0.0.0")  # noqa: S104 - local


@EVERY_DAEMON
def test_a_loop_says_so_and_shows_why(daemon: str) -> None:
    found: Counter[str] = Counter()
    for case in cases_of(daemon):
        own = {case["local_as"], (case["confederation"] or {}).get("identifier")}
        for path in case["paths"]:
            if path["loop"]:
                in_path = bool(own & {asn for _, asns in path["as_path"] for asn in asns})
                reflected = ROUTER_ID in (path["originator_id"], *path["cluster_list"])
                assert in_path or reflected
                found["AS_PATH" if in_path else "reflected"] += 1
    assert found["AS_PATH"]
    assert found["reflected"]


@EVERY_DAEMON
def test_cases_hold_what_the_proof_is_to_cover(daemon: str) -> None:
    cases = cases_of(daemon)
    paths = [path for case in cases for path in case["paths"]]
    segments = {segment for path in paths for segment, _ in path["as_path"]}
    kinds = {path["peer"]["type"] for path in paths}
    if DIALECTS[daemon].confederations:
        assert segments == {"seq", "set", "confed_seq", "confed_set"}
        assert kinds == {"ebgp", "ibgp", "confed-ebgp", "local"}
    else:
        assert segments == {"seq", "set"}
        assert kinds == {"ebgp", "ibgp", "local"}
    assert {None, 0, 4294967295} <= {path["med"] for path in paths}
    assert any(asn > 1 << 16 for path in paths for _, asns in path["as_path"] for asn in asns)
    assert {len(case["paths"]) for case in cases} == {1, 2, 3, 4, 5, 6, 8}
    assert any(path["valid"] for path in paths)
    assert any(not path["valid"] for path in paths)


def test_med_cycles_are_among_frrs_cases() -> None:
    """Some order of arrival changes the best path: no total order explains the answers."""
    changed = 0
    for case in cases_of("frr-8.4"):
        if case["target"] == "med_cycle" and len(case["paths"]) == 3:
            bests = set()
            for order in itertools.permutations(case["paths"]):
                renumbered = [{**path, "arrival": n} for n, path in enumerate(order, 1)]
                bests.add(decide_case(parse_case({**case, "paths": renumbered}), "frr-8.4").best)
            changed += len(bests) > 1
    assert changed >= 3


@pytest.mark.parametrize("shallow", ["rfc4271", "cisco", "bird", "gobgp", "frr-10"])
def test_no_other_profile_passes_for_frrs(shallow: str) -> None:
    """The cases are hard enough to tell every profile from FRR 8.4."""
    cases = [parse_case(case) for case in cases_of("frr-8.4")]
    differ = sum(
        decide_case(case, shallow).best != decide_case(case, "frr-8.4").best for case in cases
    )
    assert differ >= 6, f"{shallow} differs from frr-8.4 in {differ} of {len(cases)} cases"
