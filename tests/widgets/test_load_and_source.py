"""A scene from text and back again."""

import json
from dataclasses import replace
from pathlib import Path as File

import pytest
from bgp_examples import SPEAKER, candidates, knobs, path
from hypothesis import given

from bgp import AsPath, Community, Confederation, InvalidValueError, Knobs, LargeCommunity, Path
from bgp.values import parse_prefix
from widgets import BestPath
from widgets.load import load
from widgets.scene import MAX_ROWS, Scene
from widgets.source import to_json, to_python

EMPTY = Scene((), SPEAKER)
RICH = Scene(
    (
        replace(
            path(1, "65001 {65002,65003} (65010) [65011,65012]", med=0, aigp=1),
            id='<img src=x onerror="alert(1)"> \u202e漢\'"\\',
            communities=(Community.parse("no-export"),),
            large_communities=(LargeCommunity.parse("4200000001:1:2"),),
            cluster_list=(SPEAKER.router_id,),  # type: ignore[arg-type]
            originator_id=SPEAKER.router_id,
            loop=True,
        ),
        path(2, "", weight=5, local_pref=0, next_hop=None, next_hop_resolvable=False),
    ),
    replace(SPEAKER, cluster_id=SPEAKER.router_id, confederation=Confederation(64999, (64998,))),
    profile="frr-10",
    second="bird",
    knobs=Knobs(maximum_paths=4, enforce_first_as=False),
    prefix=parse_prefix("prefix", "2001:db8::/32"),
    name="a 'name'",
)
FRR = {
    "prefix": "203.0.113.0/24",
    "paths": [
        {
            "aspath": {"string": "65002"},
            "origin": "IGP",
            "valid": True,
            "nexthops": [{"ip": "10.0.0.2", "metric": 0, "used": True}],
            "peer": {"peerId": "10.0.0.2", "routerId": "10.9.9.2", "type": "external"},
        },
        {
            "aspath": {"string": "65001"},
            "origin": "IGP",
            "valid": True,
            "bestpath": {"overall": True, "selectionReason": "Older Path"},
            "nexthops": [{"ip": "10.0.0.1", "metric": 0, "used": True}],
            "peer": {"peerId": "10.0.0.1", "routerId": "10.9.9.1", "type": "external"},
        },
    ],
}


def made_by(source: str) -> Scene:
    """What the last expression of a source makes."""
    *_, widget = [line for line in source.split("\n\n") if line]
    names: dict[str, object] = {}
    exec(source.replace(widget, f"made = {widget}"), names)  # noqa: S102 - it is the thing tested
    made = names["made"]
    assert isinstance(made, BestPath)
    return made.scene


def test_the_python_source_makes_the_same_scene_whatever_is_in_it() -> None:
    assert made_by(to_python(RICH)) == RICH
    assert made_by(to_python(EMPTY)) == EMPTY


@given(candidates(max_size=3), knobs)
def test_any_scene_comes_back_from_its_python_and_from_its_json(
    paths: tuple[Path, ...], options: Knobs
) -> None:
    scene = Scene(paths, SPEAKER, knobs=options)
    assert made_by(to_python(scene)) == scene
    again = load(to_json(scene), scene).scene
    assert again is not None
    assert again.case == scene.case


def test_the_json_is_a_decision_case_that_loads_again() -> None:
    text = to_json(RICH)
    assert json.loads(text)["version"] == 1
    again = load(text, RICH).scene
    assert again is not None
    assert again.case == RICH.case


def test_frr_output_is_loaded_oldest_path_first_and_what_it_leaves_out_is_said() -> None:
    loaded = load(json.dumps(FRR), EMPTY)
    assert loaded.scene is not None
    assert [each.id for each in loaded.scene.paths] == ["10.0.0.1", "10.0.0.2"]
    assert loaded.scene.decide().best == "10.0.0.1"
    assert str(loaded.scene.prefix) == "203.0.113.0/24"
    assert any("reversed" in remark for remark in loaded.remarks)


def test_several_cases_are_offered_by_name_and_one_is_picked() -> None:
    lines = "\n".join(
        json.dumps({**json.loads(to_json(EMPTY)), "case": name}) for name in ("a", "b")
    )
    offered = load(lines, EMPTY)
    assert (offered.scene, offered.cases) == (None, ("a", "b"))
    picked = load(lines, EMPTY, pick=1).scene
    assert picked is not None
    assert picked.name == "b"
    with pytest.raises(InvalidValueError, match="0 to 1"):
        load(lines, EMPTY, pick=7)


def test_every_scene_of_the_course_loads() -> None:
    files = sorted((File(__file__).parents[2] / "modules").glob("*/scenes/*.json"))
    assert files
    for file in files:
        loaded = load(file.read_text(encoding="utf-8"), EMPTY).scene
        assert loaded is not None
        assert loaded.paths


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "empty"),
        (None, "empty"),
        (json.dumps(FRR)[:-30], "line 1 column"),
        ("not json", "JSON"),
        ('{"a": 1}\n{"b": ', "JSON"),
        ("[1, 2]", "a JSON object"),
        ("{}", "paths"),
        ('{"version": 9, "local_as": 1, "paths": []}', "version"),
        ('{"local_as": 1, "paths": [{"peer": {"type": "local"}, "colour": 1}]}', "colour"),
        (json.dumps({**FRR, "paths": [{}]}), "paths[0]"),
        ("[" * 100_000, "JSON"),
        ("9" * 10_000, "JSON"),
        ("x" * 2_000_001, "at most"),
    ],
)
def test_a_wrong_text_is_refused_and_the_place_is_named(text: str | None, told: str) -> None:
    with pytest.raises(InvalidValueError) as refused:
        load(text, EMPTY)
    assert told in str(refused.value)
    assert len(str(refused.value)) < 400


def test_too_many_paths_are_refused_before_any_is_read() -> None:
    many = {"local_as": 1, "paths": [{"nonsense": True}] * 10_000}
    with pytest.raises(InvalidValueError, match=f"at most {MAX_ROWS}"):
        load(json.dumps(many), EMPTY)


def test_an_absurd_as_path_is_refused_in_a_sentence() -> None:
    case = json.loads(to_json(Scene((path(1),), SPEAKER)))
    case["paths"][0]["as_path"] = " ".join(["65001"] * 50_000)
    with pytest.raises(InvalidValueError, match="at most 4096 ASNs"):
        load(json.dumps(case), EMPTY)
    assert AsPath.of(*[65001] * 300).length == 300
