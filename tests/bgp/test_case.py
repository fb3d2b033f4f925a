import json
from copy import deepcopy
from typing import Any

import pytest
from bgp_examples import SPEAKER, candidates, knobs
from hypothesis import given
from hypothesis import strategies as st

from bgp import Case, InvalidValueError, Knobs, Path, parse_case
from bgp.case_writer import case_object
from bgp.json_checks import load

CASE: dict[str, Any] = {
    "version": 1,
    "case": "two",
    "prefix": "10.0.0.0/24",
    "local_as": 64512,
    "confederation": {"identifier": 64500, "peers": [64513]},
    "knobs": {"deterministic_med": True, "maximum_paths": None},
    "paths": [
        {
            "id": "p2",
            "arrival": 2,
            "peer": {
                "id": "n2",
                "type": "ebgp",
                "address": "192.0.2.2",
                "router_id": "2.2.2.2",
                "as": 65002,
            },
            "as_path": [["seq", [65002]], ["set", [65003, 65004]]],
            "origin": "egp",
            "med": 5,
        },
        {
            "id": "p1",
            "arrival": 1,
            "peer": {"id": "local", "type": "local", "address": None, "router_id": None},
        },
    ],
}


@given(candidates(), knobs)
def test_a_case_written_reads_back_the_same(paths: tuple[Path, ...], options: Knobs) -> None:
    case = Case("any", None, SPEAKER, options, paths)
    assert parse_case(json.loads(json.dumps(case_object(case)))) == case


def test_paths_come_in_the_order_of_arrival_and_not_of_the_list() -> None:
    assert [path.id for path in parse_case(CASE).paths] == ["p1", "p2"]


def test_the_answer_of_a_router_may_stand_beside_the_question() -> None:
    assert parse_case({**CASE, "best": "p1", "frr_view": []}) == parse_case(CASE)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"version": 2}, "version: expected 1"),
        ({"local_as": 0}, "local_as: expected an AS number"),
        ({"prefix": "10.0.0.0"}, "prefix: expected a prefix"),
        ({"knobs": {"med": True}}, r"knobs\.med: expected one of"),
        ({"knobs": {"maximum_paths": 0}}, r"knobs\.maximum_paths"),
        ({"paths": "p1"}, "paths: expected a JSON list"),
        ({"confederation": {}}, r"identifier: expected a value; the field is missing"),
    ],
)
def test_a_wrong_case_is_refused_by_field_value_and_rule(change: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidValueError, match=says):
        parse_case({**CASE, **change})


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("med", -1, r"paths\[0\]\.med: expected a whole number from 0 to 4294967295, got -1"),
        ("med", "5", r"paths\[0\]\.med"),
        ("as_path", [["row", [1]]], r"paths\[0\]\.as_path: expected \[segment"),
        ("as_path", [[{}, [1]]], r"paths\[0\]\.as_path: expected \[segment"),
        ("as_path", [["seq", []]], r"paths\[0\]\.as_path: expected 1 to 255"),
        ("as_path", "65002 {", r"paths\[0\]\.as_path"),
        ("origin", 0, r"paths\[0\]\.origin"),
        ("valid", "yes", r"paths\[0\]\.valid"),
        ("loop", 1, r"paths\[0\]\.loop"),
        ("arrival", "first", r"paths\[0\]\.arrival"),
        ("peer", {"type": "ebgp"}, r"paths\[0\]\.address: expected a value"),
        ("communities", ["64512"], r"paths\[0\]\.communities"),
        ("localpref", 100, r"paths\[0\]\.localpref: expected one of"),
    ],
)
def test_a_wrong_attribute_is_named_with_its_place(field: str, value: object, says: str) -> None:
    wrong = deepcopy(CASE)
    wrong["paths"][0][field] = value
    with pytest.raises(InvalidValueError, match=says):
        parse_case(wrong)


def test_a_missing_field_is_named() -> None:
    with pytest.raises(InvalidValueError, match="local_as: expected a value"):
        parse_case({"paths": []})
    with pytest.raises(InvalidValueError, match="expected a JSON object"):
        parse_case([1])


@given(st.text(max_size=40))
def test_text_that_is_no_json_is_refused_with_line_and_column(text: str) -> None:
    try:
        json.loads(text)
    except ValueError:
        with pytest.raises(InvalidValueError, match=r"line \d+ column \d+"):
            load(text)
