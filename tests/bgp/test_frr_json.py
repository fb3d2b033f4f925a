import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bgp import Case, InvalidValueError, PeerType, decide_case, parse_case, profile
from bgp.frr_json import UNTOLD_AS, parse_frr_table

RECORDED = [
    json.loads(line)
    for line in (Path(__file__).parent / "recorded" / "frr-show.jsonl").read_text().splitlines()
]
GOOD: dict[str, Any] = next(row for row in RECORDED if len(row["show"]["paths"]) > 2)
FRR = profile("frr-8.4")


@pytest.mark.parametrize("row", RECORDED, ids=lambda row: str(row["case"]))
def test_what_frr_printed_is_decided_as_frr_decided_it(row: dict[str, Any]) -> None:
    chosen = profile(row["profile"])
    table = parse_frr_table(json.dumps(row["show"]), chosen, row["local_as"])
    asked = parse_case({**row, "paths": []})
    decision = decide_case(
        Case(asked.id, table.prefix, asked.speaker, asked.knobs, table.paths), chosen
    )
    assert (decision.best, decision.reason) == (table.best, table.reason)


def test_the_newest_path_stands_first_in_frr_8_and_last_in_the_order_of_arrival() -> None:
    table = parse_frr_table(GOOD["show"], FRR, GOOD["local_as"])
    printed = [entry["peer"]["peerId"] for entry in GOOD["show"]["paths"]]
    assert [str(path.peer.address) for path in table.paths] == printed[::-1]
    assert "reversed" in table.assumptions[0]


def test_frr_10_keeps_its_list_in_order_of_preference_and_that_is_said() -> None:
    table = parse_frr_table(GOOD["show"], profile("frr-10"), GOOD["local_as"])
    printed = [entry["peer"]["peerId"] for entry in GOOD["show"]["paths"]]
    assert [str(path.peer.address) for path in table.paths] == printed
    assert "cannot be read off" in table.assumptions[0]


def test_a_route_of_the_routers_own_is_local() -> None:
    row = next(row for row in RECORDED if row["target"] == "local")
    kinds = {path.id: path.peer.type for path in parse_frr_table(row["show"], FRR, 64512).paths}
    assert kinds["local"] is PeerType.LOCAL


def test_two_paths_of_one_peer_get_two_names() -> None:
    twice = deepcopy(GOOD["show"])
    twice["paths"] = [twice["paths"][0], twice["paths"][0]]
    names = [path.id for path in parse_frr_table(twice, FRR, 64512).paths]
    assert names[1] == f"{names[0]}#2"


def test_ipv6_is_read() -> None:
    show = {
        "prefix": "2001:db8:1::/48",
        "paths": [
            {
                "aspath": {"string": "65001 {65002,65003}"},
                "origin": "incomplete",
                "valid": True,
                "nexthops": [
                    {"ip": "2001:db8::9", "afi": "ipv6", "scope": "global", "metric": 5},
                    {"ip": "fe80::9", "afi": "ipv6", "scope": "link-local", "used": True},
                ],
                "peer": {"peerId": "2001:db8::9", "routerId": "9.9.9.9", "type": "external"},
            }
        ],
    }
    (path,) = parse_frr_table(show, FRR, 64512).paths
    assert (str(path.peer.address), str(path.next_hop)) == ("2001:db8::9", "fe80::9")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "well-formed JSON"),
        ('{"prefix": "10.0.0.0/24", "paths": [', r"line 1 column \d+"),
        ("[]", "a JSON object"),
        ("[" * 100_000, "JSON"),
        ('{"routes": {}}', "the output for one prefix"),
        ('{"prefix": "10.0.0.0/24", "paths": {}}', "a JSON list"),
        ('{"prefix": "10.0.0.1/24", "paths": []}', "a prefix such as"),
        ('{"prefix": "10.0.0.0/24", "paths": [7]}', r"paths\[0\]"),
        ('{"prefix": "10.0.0.0/24", "paths": [{"peer": {"type": "friend"}}]}', r"peer\.type"),
    ],
)
def test_what_is_not_frrs_output_is_refused_with_its_place(text: str, says: str) -> None:
    with pytest.raises(InvalidValueError, match=says):
        parse_frr_table(text, FRR, 64512)


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("origin", "best", r"paths\[0\]\.origin: expected igp, egp or incomplete, got 'best'"),
        ("metric", "ten", r"paths\[0\]\.metric: expected a whole number"),
        ("locPrf", -1, r"paths\[0\]\.local_pref"),
        ("aspath", {"string": "65001 {"}, r"paths\[0\]\.aspath\.string"),
        ("clusterList", {"list": ["x"]}, r"paths\[0\]\.clusterList"),
        ("peer", None, r"paths\[0\]\.peer"),
    ],
)
def test_a_wrong_attribute_is_named_by_path_and_field(field: str, value: object, says: str) -> None:
    wrong = deepcopy(GOOD["show"])
    wrong["paths"][0][field] = value
    with pytest.raises(InvalidValueError, match=says):
        parse_frr_table(wrong, FRR, 64512)


def test_a_field_nobody_knows_changes_nothing() -> None:
    more = deepcopy(GOOD["show"])
    more["paths"][0]["quantumEntangled"] = True
    assert parse_frr_table(more, FRR, 64512) == parse_frr_table(GOOD["show"], FRR, 64512)


@given(st.integers(0, len(json.dumps(GOOD["show"])) - 2))
def test_truncated_output_is_never_taken_for_whole(length: int) -> None:
    with pytest.raises(InvalidValueError):
        parse_frr_table(json.dumps(GOOD["show"])[:length], FRR, 64512)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


@given(field=st.sampled_from(sorted(GOOD["show"]["paths"][0])), value=json_values)
def test_any_value_in_any_field_is_read_or_refused(field: str, value: object) -> None:
    odd = deepcopy(GOOD["show"])
    odd["paths"][0][field] = value
    try:
        table = parse_frr_table(odd, FRR, 64512)
    except InvalidValueError as error:
        assert error.field  # noqa: PT017 - either outcome is right, a crash is not
    else:
        assert len(table.paths) == len(odd["paths"])


def test_an_external_path_without_any_as_is_read_as_frr_takes_it() -> None:
    odd = deepcopy(GOOD["show"])
    entry = next(e for e in odd["paths"] if e["peer"]["type"] == "external")
    entry["aspath"] = {"string": "", "segments": [], "length": 0}
    paths = parse_frr_table(odd, FRR, 64512).paths
    assert UNTOLD_AS in {path.peer.asn for path in paths}
