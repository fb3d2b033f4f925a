"""What real routers answered, replayed: the profiles agree also where no daemon can run."""

import json
from pathlib import Path

import pytest

from bgp import decide_case, parse_case

RECORDED = Path(__file__).parent / "recorded"


def _answers(name: str) -> list[dict[str, object]]:
    with (RECORDED / f"{name}.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@pytest.mark.parametrize("profile", ["frr-8.4", "frr-10", "bird", "gobgp"])
def test_the_profile_takes_the_path_the_router_took(profile: str) -> None:
    answers = _answers(profile)
    wrong = [
        answer["case"]
        for answer in answers
        if decide_case(parse_case(answer), profile).best != answer["best"]
    ]
    assert len(answers) > 40
    assert wrong == []


@pytest.mark.parametrize("profile", ["frr-8.4", "frr-10"])
def test_the_profile_gives_frrs_reason_and_multipath_set(profile: str) -> None:
    for answer in _answers(profile):
        decision = decide_case(parse_case(answer), profile)
        assert (decision.reason, list(decision.multipath)) == (
            answer["reason"] if answer["best"] else None,
            sorted(answer["multipath"]),  # type: ignore[call-overload] # JSON of our own making
        ), answer["case"]
