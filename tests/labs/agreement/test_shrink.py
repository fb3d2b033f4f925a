"""A disagreement is reduced to its smallest form by asking the real daemon again."""

import json

import pytest

import labs.agreement.proof
from bgp.case import Case, parse_case
from bgp.decision import Decision, decide
from labs.agreement.generate import generate
from labs.agreement.proof import prove
from labs.agreement.shrink import describe, reductions, shrink
from labs.packages import Daemon


def test_every_reduction_is_a_case_and_smaller_than_what_it_came_from() -> None:
    for world in generate("frr-8.4", 40, 3):
        for case in world.cases:
            size = len(json.dumps(case["paths"]))
            for smaller in reductions(case):
                assert parse_case(smaller).paths
                assert smaller["paths"] != case["paths"]
                fewer = len(smaller["paths"]) < len(case["paths"])
                assert fewer or len(json.dumps(smaller["paths"])) <= size + 4  # null for a number


def test_reductions_come_to_an_end() -> None:
    (world, *_) = generate("frr-8.4", 10, 3)
    case = world.cases[3]
    for _ in range(200):
        smaller = next(reductions(case), None)
        if smaller is None:
            break
        case = smaller
    assert not list(reductions(case))
    assert len(case["paths"]) == 1


@pytest.mark.lab
@pytest.mark.parametrize("router", ["frr-8.4"], indirect=True)
def test_a_wrong_model_is_shown_its_smallest_mistake(
    router: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ignorant_of_weight(case: Case, profile: str) -> Decision:
        del profile  # FRR is taken for a router that follows the RFC, which knows no weight
        return decide(case.paths, "rfc4271", case.speaker, case.knobs)

    monkeypatch.setattr(labs.agreement.proof, "decide_case", ignorant_of_weight)
    monkeypatch.setitem(labs.agreement.proof.COMPARED, "frr-8.4", ("best",))
    worlds = generate("frr-8.4", 20, 3)
    results = prove({"frr-8.4": router}, worlds, 1, lambda _line: None)
    wrong = next(
        result
        for result in results
        if result.differs and len(result.case["paths"]) > 2 and result.case["target"] == "weight"
    )
    small = shrink(wrong, router)
    assert small.differs
    assert len(small.case["paths"]) == 2
    text = describe(small)
    assert text.startswith(f"{wrong.case['case']} (frr-8.4): best")
    assert '"weight"' in text
    pasted = json.loads(text.split("  case: ")[1])
    assert pasted["best"] == small.answer["best"]
    assert parse_case(pasted).paths
