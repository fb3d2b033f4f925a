from dataclasses import replace
from ipaddress import IPv4Address, ip_address
from typing import Any

import pytest
from bgp_examples import SPEAKER, path

from bgp import Confederation, InvalidValueError, Knobs, Path
from widgets.scene import MAX_ROWS, Scene, edit

SCENE = Scene((path(1), path(2, "65002"), path(3, "65003")), SPEAKER)


def ids(scene: Scene) -> list[str]:
    return [each.id for each in scene.paths]


def test_an_edit_makes_a_new_scene_and_leaves_the_old_one_as_it_was() -> None:
    changed = edit(SCENE, {"do": "edit", "path": "p2", "field": "local_pref", "text": "300"})
    assert changed.paths[1].local_pref == 300
    assert SCENE.paths[1].local_pref is None
    assert changed.decide().best == "p2"


@pytest.mark.parametrize(
    ("by", "order"),
    [(-1, ["p2", "p1", "p3"]), (1, ["p1", "p3", "p2"]), (99, ["p1", "p3", "p2"]), (0, None)],
)
def test_a_path_moves_in_the_order_of_arrival_and_stops_at_the_ends(
    by: int, order: list[str] | None
) -> None:
    assert ids(edit(SCENE, {"do": "move", "path": "p2", "by": by})) == (order or ids(SCENE))


def test_a_removed_path_is_gone_and_a_new_one_gets_a_free_name_and_address() -> None:
    without = edit(SCENE, {"do": "remove", "path": "p2"})
    assert ids(without) == ["p1", "p3"]
    added = edit(without, {"do": "add"})
    assert ids(added) == ["p1", "p3", "p2"]
    assert len({each.peer.address for each in added.paths}) == 3
    assert added.decide().why_ineligible("p2") is None


def test_a_path_can_be_added_to_nothing_and_to_names_of_every_kind() -> None:
    assert ids(edit(Scene((), SPEAKER), {"do": "add"})) == ["p1"]
    odd = Scene((replace(path(1), id="p2"),), SPEAKER)
    assert ids(edit(odd, {"do": "add"})) == ["p2", "p1"]


def test_the_last_row_that_fits_is_added_and_the_next_refused() -> None:
    full = SCENE
    for _ in range(MAX_ROWS - 3):
        full = edit(full, {"do": "add"})
    assert len(set(ids(full))) == MAX_ROWS
    with pytest.raises(InvalidValueError, match=f"at most {MAX_ROWS} paths"):
        edit(full, {"do": "add"})


def test_ten_thousand_paths_are_refused_at_once() -> None:
    with pytest.raises(InvalidValueError, match="10000 paths"):
        Scene((path(1),) * 10_000, SPEAKER)


def test_two_paths_of_one_name_are_refused() -> None:
    with pytest.raises(InvalidValueError, match="a different id"):
        edit(SCENE, {"do": "edit", "path": "p2", "field": "id", "text": "p1"})


@pytest.mark.parametrize(
    ("command", "knobs"),
    [
        ({"name": "always_compare_med", "value": True}, Knobs(always_compare_med=True)),
        ({"name": "maximum_paths", "value": " 4 "}, Knobs(maximum_paths=4)),
        ({"name": "maximum_paths", "value": ""}, Knobs()),
        ({"name": "default_local_preference", "value": ""}, Knobs()),
        ({"name": "enforce_first_as", "value": False}, Knobs(enforce_first_as=False)),
        ({"name": "enforce_first_as", "value": None}, Knobs()),
    ],
)
def test_a_knob_is_turned(command: dict[str, Any], knobs: Knobs) -> None:
    assert edit(SCENE, {"do": "knob", **command}).knobs == knobs


def test_the_router_is_edited_field_by_field() -> None:
    scene = SCENE
    for name, text in (
        ("asn", "64999"),
        ("router_id", ""),
        ("cluster_id", "9.9.9.9"),
        ("confederation", "64000"),
        ("members", "64998, 64997"),
    ):
        scene = edit(scene, {"do": "speaker", "name": name, "text": text})
    speaker = scene.speaker
    assert (speaker.asn, speaker.router_id, speaker.cluster_id) == (
        64999,
        None,
        IPv4Address("9.9.9.9"),
    )
    assert speaker.confederation == Confederation(64000, (64998, 64997))
    none = edit(scene, {"do": "speaker", "name": "confederation", "text": ""})
    assert none.speaker.confederation is None


def test_the_profile_beside_is_never_the_one_that_decides() -> None:
    both = edit(SCENE, {"do": "second", "name": "bird"})
    assert both.second == "bird"
    assert edit(both, {"do": "profile", "name": "bird"}).second is None
    assert edit(both, {"do": "second", "name": ""}).second is None


@pytest.mark.parametrize(
    "command",
    [
        {},
        {"do": "explode"},
        {"do": ["edit"]},
        {"do": "edit", "path": "p9", "field": "med", "text": "1"},
        {"do": "edit", "path": None, "field": "med", "text": "1"},
        {"do": "edit", "path": "p1", "field": "__class__", "text": "1"},
        {"do": "edit", "path": "p1", "field": "med", "text": 5},
        {"do": "edit", "path": "p1", "field": "as_path", "text": "1 " * 40_000},
        {"do": "move", "path": "p1", "by": "1"},
        {"do": "move", "path": "p1", "by": True},
        {"do": "remove", "path": 1},
        {"do": "profile", "name": "junos"},
        {"do": "second", "name": None},
        {"do": "knob", "name": "med", "value": True},
        {"do": "knob", "name": "maximum_paths", "value": "0"},
        {"do": "knob", "name": "maximum_paths", "value": "many"},
        {"do": "knob", "name": "maximum_paths", "value": "9" * 5000},
        {"do": "knob", "name": "always_compare_med", "value": 1},
        {"do": "speaker", "name": "asn", "text": ""},
        {"do": "speaker", "name": "router_id", "text": "x"},
        {"do": "speaker", "name": "members", "text": "64998"},
        {"do": "speaker", "name": "colour", "text": "red"},
    ],
)
def test_a_command_that_cannot_be_obeyed_is_refused_by_field_value_and_rule(
    command: dict[str, Any],
) -> None:
    with pytest.raises(InvalidValueError) as refused:
        edit(SCENE, command)
    assert refused.value.field
    assert refused.value.rule


def test_a_scene_refuses_what_is_no_path_speaker_or_knobs() -> None:
    for wrong in (
        {"paths": ("p1",)},
        {"speaker": 64512},
        {"knobs": {}},
        {"profile": "junos"},
        {"second": "junos"},
    ):
        with pytest.raises(InvalidValueError):
            replace(SCENE, **wrong)  # type: ignore[arg-type]


def test_an_ipv6_path_is_edited_like_any_other() -> None:
    six = replace(path(1), next_hop=ip_address("2001:db8::1"))
    scene = edit(
        Scene((six,), SPEAKER),
        {"do": "edit", "path": "p1", "field": "peer_address", "text": "2001:db8::2"},
    )
    changed: Path = scene.paths[0]
    assert changed.peer.address == ip_address("2001:db8::2")
