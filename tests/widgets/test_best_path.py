import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from bgp_examples import SPEAKER, candidates, knobs, path
from hypothesis import given

from bgp import PROFILES, InvalidValueError, Knobs, Path, PeerType
from bgp.what_if import what_if
from widgets import BestPath

HOSTILE = (
    '<img src=x onerror="alert(1)">',
    "</text><script>alert(1)</script>",
    "\u202eevil\u2066",
    "漢字 👩‍🚀",
    "__proto__",
    "a" * 200,
    "&amp; ]]> --> `x` ${y}",
)


def three(**options: Any) -> BestPath:
    """p2 wins by LOCAL_PREF."""
    paths = (path(1), path(2, "65002 65003", local_pref=200), path(3, "65003"))
    return BestPath(paths, speaker=SPEAKER, prefix="203.0.113.0/24", **options)


def answers(widget: BestPath, **command: Any) -> Mapping[str, Any]:
    """What a view hears after it sent a command."""
    sent: list[Mapping[str, Any]] = []
    widget.send = lambda content, _=None: sent.append(content)  # type: ignore[method-assign]
    widget._on_command(widget, {"client": "c", "seq": 1, **command}, [])
    assert len(sent) == 1
    assert (sent[0]["client"], sent[0]["seq"]) == ("c", 1)
    return sent[0]


def verdict(widget: BestPath) -> Mapping[str, Any]:
    found: Mapping[str, Any] = widget.view["verdict"]
    return found


def test_it_answers_in_python_without_a_browser() -> None:
    widget = three(profile="frr")
    assert widget.decision is not None
    assert (widget.profile, widget.decision.best) == ("frr-8.4", "p2")
    widget.paths = widget.paths[:1]
    assert widget.decision.best == "p1"
    widget.knobs = Knobs(default_local_preference=50)
    assert "p1" in widget.text()


def test_without_anything_it_says_that_no_path_has_arrived() -> None:
    widget = BestPath()
    assert widget.decision is not None
    assert widget.decision.best is None
    assert "No path has arrived." in widget.text()
    assert verdict(widget)["sentence"] == "There is no path to choose from."
    ET.fromstring(widget.svg())  # noqa: S314 - our own


def test_an_edit_of_the_browser_is_decided_in_python_and_comes_back_as_a_picture() -> None:
    widget = three()
    assert "refused" not in answers(widget, do="edit", path="p3", field="local_pref", text="300")
    assert verdict(widget)["best"] == "p3"
    assert [row["state"] for row in verdict(widget)["rows"]] == ["lost", "lost", "best"]


def test_the_picture_shows_who_falls_where_and_folds_the_steps_that_tell_nobody_apart() -> None:
    picture = verdict(three())
    shown = [column for column in picture["columns"] if not column["folds"]]
    assert [column["id"] for column in shown] == ["local-pref"]
    assert shown[0]["decisive"]
    assert shown[0]["left"] == 1
    assert [cell["state"] for cell in shown[0]["cells"]] == ["falls", "wins", "falls"]
    assert shown[0]["cells"][0]["note"] == "lost to p2"
    weight = next(column for column in picture["columns"] if column["id"] == "weight")
    assert (weight["folds"], weight["left"]) == (True, 3)


def test_every_loser_is_told_what_would_change_it_and_the_multipath_set_is_explained() -> None:
    picture = verdict(three())
    assert [bool(row["what_if"]) for row in picture["rows"]] == [True, False, True]
    assert picture["multipath"].startswith("Multipath set: p2 alone. Not in it: p1, p3 (")


def test_paths_that_share_the_traffic_are_marked() -> None:
    widget = BestPath((path(1), path(2)), speaker=SPEAKER)
    assert [row["state"] for row in verdict(widget)["rows"]] == ["best", "multipath"]
    assert "p1, p2" in verdict(widget)["multipath"]


def test_a_path_that_takes_no_part_says_why() -> None:
    widget = BestPath((path(1), path(2, f"65002 {SPEAKER.asn}")), speaker=SPEAKER)
    row = verdict(widget)["rows"][1]
    assert (row["state"], row["result"]) == ("ineligible", "Takes no part")
    assert "loop" in row["detail"]


def test_what_the_router_prints_is_told_where_it_is_not_what_settled_the_matter() -> None:
    paths = (
        path(1, "65001", med=20),
        path(2, "65002", kind=PeerType.IBGP, med=0),
        path(3, "65001", med=10),
    )
    notes = " ".join(verdict(BestPath(paths, speaker=SPEAKER))["notes"])
    assert "The router prints" in notes


def test_it_says_when_another_order_of_arrival_would_have_another_winner() -> None:
    widget = BestPath((path(1, "65001"), path(2, "65002")), speaker=SPEAKER)
    assert any("With another order of arrival p2 would win" in n for n in verdict(widget)["notes"])
    widget.profile = "rfc4271"
    assert not any("order of arrival" in note for note in verdict(widget)["notes"])


def test_two_profiles_stand_side_by_side_with_the_reason_they_differ() -> None:
    paths = (path(1, "65001", weight=0), path(2, "65002 65003", weight=100))
    widget = BestPath(paths, speaker=SPEAKER, second="bird")
    assert widget.decision is not None
    assert widget.second_decision is not None
    assert (widget.decision.best, widget.second_decision.best) == ("p2", "p1")
    assert "FRR 8.4 takes p2, BIRD 2 takes p1" in widget.view["difference"]
    widget.second = None
    assert widget.view["second_verdict"] is None


def test_every_profile_says_who_wins_there() -> None:
    elsewhere = three().view["elsewhere"]
    assert [other["name"] for other in elsewhere] == list(PROFILES)
    assert {other["best"] for other in elsewhere} == {"p2"}


def test_only_the_knobs_a_profile_reads_are_offered_and_an_ignored_one_is_named() -> None:
    widget = three(knobs=Knobs(med_confed=True), profile="gobgp")
    offered = {knob["name"]: knob["read"] for knob in widget.view["knobs"]}
    assert offered["always_compare_med"]
    assert offered["med_confed"] is False
    assert "deterministic_med" not in offered
    assert "med_confed" in widget.view["ignored"]
    unread = {field["name"] for field in widget.view["fields"] if field["unread"]}
    assert {"weight", "igp_metric"} <= unread


def test_a_refused_edit_names_field_value_and_rule_and_changes_nothing() -> None:
    widget = three()
    before, seen = widget.scene, widget.view
    refused = answers(widget, do="edit", path="p1", field="med", text="-5")["refused"]
    assert refused["field"] == "med"
    assert "0 to 4294967295" in refused["rule"]
    assert "'-5'" in refused["message"]
    assert widget.scene is before
    assert widget.view is seen
    assert not widget.view["undo"]


def test_every_edit_can_be_undone_and_done_again() -> None:
    widget = three()
    start = widget.scene
    answers(widget, do="remove", path="p2")
    answers(widget, do="knob", name="as_path_ignore", value=True)
    end = widget.scene
    answers(widget, do="undo")
    answers(widget, do="undo")
    answers(widget, do="undo")
    assert widget.scene == start
    answers(widget, do="redo")
    answers(widget, do="redo")
    assert widget.scene == end
    answers(widget, do="reset")
    assert widget.scene == start
    answers(widget, do="undo")
    assert widget.scene == end


def test_an_edit_after_an_undo_forgets_what_was_undone() -> None:
    widget = three()
    answers(widget, do="remove", path="p2")
    answers(widget, do="undo")
    answers(widget, do="add")
    assert not widget.view["redo"]


def test_an_edit_that_changes_nothing_is_no_step_of_the_history() -> None:
    widget = three()
    answers(widget, do="edit", path="p1", field="med", text="")
    assert not widget.view["undo"]


def test_a_text_is_loaded_a_case_picked_and_a_wrong_one_refused() -> None:
    widget = three()
    case = json.loads(widget.to_json())
    lines = "\n".join(json.dumps({**case, "case": name}) for name in "ab")
    assert answers(widget, do="load", text=lines)["cases"] == ["a", "b"]
    assert answers(widget, do="load", text=lines, pick=1)["loaded"] == 3
    assert widget.scene.name == "b"
    before = widget.scene
    assert "refused" in answers(widget, do="load", text=lines[:-9])
    assert widget.scene is before
    answers(widget, do="undo")
    assert widget.scene.name == "scene"


def test_the_scene_is_given_back_as_python_and_as_json() -> None:
    widget = three()
    assert answers(widget, do="export", **{"as": "python"})["text"] == widget.to_python()
    assert answers(widget, do="export", **{"as": "json"})["text"] == widget.to_json()


def test_what_a_router_leaves_out_is_said_with_the_scene() -> None:
    text = json.dumps({"prefix": "10.0.0.0/8", "paths": []})
    assert BestPath.of_text(text).view["remarks"]


@pytest.mark.parametrize("content", [None, "edit", 5, [1]])
def test_a_message_that_is_no_command_is_not_answered(content: object) -> None:
    widget = three()
    sent: list[object] = []
    widget.send = lambda *args: sent.append(args)  # type: ignore[method-assign]
    widget._on_command(widget, content, [])
    assert sent == []


def test_an_unknown_command_is_refused() -> None:
    assert answers(three(), do="obey")["refused"]["field"] == "do"


def test_hostile_names_stay_text_in_every_picture() -> None:
    paths = tuple(replace(path(n), id=name) for n, name in enumerate(HOSTILE, start=1))
    widget = BestPath(paths, speaker=SPEAKER, second="gobgp", name=HOSTILE[0])
    picture = ET.fromstring(widget.svg())  # noqa: S314 - that it is well-formed is the test
    tags = {element.tag.rpartition("}")[2] for element in picture.iter()}
    assert tags <= {"svg", "title", "desc", "rect", "path", "text"}
    assert not any(name.startswith("on") for element in picture.iter() for name in element.attrib)
    assert "\u202e" not in widget.svg() + widget.text()
    assert json.loads(json.dumps(widget.view))["rows"][0][0]["text"] == HOSTILE[0]


def test_a_cell_output_holds_the_widget_and_standing_twins_of_it() -> None:
    data, _ = three()._repr_mimebundle_()
    assert set(data) == {
        "application/vnd.jupyter.widget-view+json",
        "image/svg+xml",
        "text/plain",
    }
    svg = ET.fromstring(data["image/svg+xml"])  # noqa: S314 - our own
    assert svg.get("role") == "img"
    assert "p2 is best" in (svg[0].text or "")
    assert "p2 is best" in data["text/plain"]


def test_ten_thousand_paths_are_refused_in_a_sentence() -> None:
    with pytest.raises(InvalidValueError, match="at most 32 paths to draw"):
        BestPath((path(1),) * 10_000)


def test_the_chart_shows_every_path_under_every_profile() -> None:
    figure = three().chart()
    heat = figure.data[0]
    assert list(heat.x) == [profile.title for profile in PROFILES.values()]
    assert list(heat.y) == ["p1", "p2", "p3"]
    assert set(heat.text[1]) == {"★ best"}
    assert type(figure).__name__ == "Figure"


@given(candidates(max_size=5), knobs)
def test_the_picture_agrees_with_the_decision_and_is_plain_json(
    paths: tuple[Path, ...], options: Knobs
) -> None:
    widget = BestPath(paths, speaker=SPEAKER, knobs=options, second="rfc4271")
    picture = json.loads(json.dumps(widget.view))["verdict"]
    decision = widget.decision
    assert decision is not None
    assert picture["best"] == decision.best
    states = {row["id"]: row["state"] for row in picture["rows"]}
    assert [id_ for id_, state in states.items() if state == "best"] == [
        each for each in (decision.best,) if each
    ]
    fallen = [c["state"] for column in picture["columns"] for c in column["cells"]].count("falls")
    assert fallen == len(decision.eliminations)
    for row in picture["rows"]:
        assert bool(row["what_if"]) == (what_if(decision, row["id"]) is not None)
    ET.fromstring(widget.svg())  # noqa: S314 - our own
