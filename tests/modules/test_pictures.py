"""Pictures: well-formed, with a text twin, and deaf to hostile names."""

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from bgp import PROFILES, decide_case
from labs.stage_plan import BORDER, RACK
from labs.stage_web import Reply, Traffic
from modules import catalog
from modules.pictures.circle import Duel, circle_picture
from modules.pictures.home import Standing, home_picture
from modules.pictures.lists import orders_picture, steps_picture
from modules.pictures.page import Picture
from modules.pictures.record import Line, record_picture
from modules.pictures.router import text_picture
from modules.pictures.traffic import summary_text, traffic_picture

TRAFFIC = Traffic(
    (Reply(0.0, 0.001, "node1"), Reply(0.04, 0.002, "node2"), Reply(0.08, None, None)),
    "link to node2 cut",
    0.05,
)
HOSTILE = '<script>alert("x")</script>&'
DUELS = (Duel("a", "b", "MED 1 < 2"), Duel("b", "c", "IGP"), Duel("c", "a", "IGP"))


def pictures() -> dict[str, Picture]:
    fabric = replace(RACK, router=HOSTILE)
    module = replace(catalog.module(), title=HOSTILE)
    standing = {"best-path": Standing(3, "started", HOSTILE)}
    return {
        "traffic": traffic_picture(fabric, TRAFFIC, ["node2"], HOSTILE),
        "circle": circle_picture(["a", "b", "c"], DUELS, HOSTILE),
        "router": text_picture(HOSTILE, HOSTILE, HOSTILE),
        "orders": orders_picture([HOSTILE], [((HOSTILE, "b"), (HOSTILE,))], []),
        "steps": steps_picture([PROFILES["frr-8.4"], PROFILES["gobgp"]]),
        "home": home_picture(module, standing, "best-path"),
        "record": record_picture([Line(HOSTILE, HOSTILE, False, HOSTILE)]),
    }


@pytest.mark.parametrize("name", pictures())
def test_a_hostile_name_stays_text(name: str) -> None:
    assert "<script" not in pictures()[name].html


@pytest.mark.parametrize("name", pictures())
def test_every_picture_has_a_text_twin_without_markup(name: str) -> None:
    text = pictures()[name].text
    assert text.strip()
    assert not re.search(r"</?(p|b|td|svg|span)\b", text)


@pytest.mark.parametrize("name", ["traffic", "circle"])
def test_a_drawing_is_well_formed_and_named(name: str) -> None:
    root = ET.fromstring(pictures()[name].svg)  # noqa: S314 - drawn by us
    assert root.get("role") == "img"
    assert root.get("aria-label")


@pytest.mark.parametrize("name", ["traffic", "circle"])
def test_a_saved_drawing_stands_alone(name: str) -> None:
    saved = pictures()[name].standing_svg()
    ET.fromstring(saved)  # noqa: S314 - drawn by us
    assert "--lr-ink" in saved
    assert ".locrib" not in saved


def test_a_table_cannot_be_saved_as_a_drawing_and_says_so() -> None:
    with pytest.raises(ValueError, match="this picture is a table or a text"):
        pictures()["orders"].standing_svg()


def test_a_lost_request_is_told_and_has_a_row_of_its_own() -> None:
    assert "1 lost" in summary_text(TRAFFIC)
    assert ">✕ lost<" in pictures()["traffic"].svg


def test_a_second_try_of_tcp_is_told() -> None:
    late = Traffic(
        (Reply(0.0, 0.001, "node1"), Reply(0.1, 1.02, "node1")), "link to node2 cut", 0.05
    )
    assert "1 request fell into the gap" in summary_text(late)


def test_the_circle_says_who_beats_whom() -> None:
    assert "a beats b: MED 1 < 2" in pictures()["circle"].text


def test_the_lists_show_what_gobgp_does_not_have() -> None:
    lines = pictures()["steps"].text.splitlines()
    metric = next(line for line in lines if line.startswith("IGP metric"))
    assert metric.split()[-2:] == ["8", "-"]


def test_orders_name_the_profiles_that_waver() -> None:
    rows = [(("a", "b"), ("a", "a")), (("b", "a"), ("a", "b"))]
    assert orders_picture(["X", "Y"], rows, []).text.endswith("The order of arrival decides in: Y.")


def test_home_says_begin_then_go_on_then_done() -> None:
    module = catalog.module()
    new = home_picture(module, {"best-path": Standing(0, "not started")}, "best-path")
    started = home_picture(module, {"best-path": Standing(4, "started", "MED")}, "best-path")
    done = home_picture(module, {"best-path": Standing(10, "done")}, None)
    assert new.text.startswith("Begin: Best path")
    assert started.text.startswith("Go on where you left off: Best path")
    assert "at “MED”" in started.text
    assert "4 of 10 answered" in started.text
    assert "everything there is" in done.text


def test_the_record_shows_only_what_was_committed() -> None:
    lines = [
        Line("Q1?", "x", True, ""),
        Line("Q2?", "y", False, "Look."),
        Line("Q3?", None, None, ""),
    ]
    picture = record_picture(lines)
    assert picture.text.startswith("2 of 3 predictions committed, 1 came true.")
    assert "Q3?" not in picture.html


def test_both_fabrics_can_be_drawn() -> None:
    for fabric in (RACK, BORDER):
        names = [neighbor.name for neighbor in fabric.neighbors]
        traffic = Traffic(tuple(Reply(n / 10, 0.001, name) for n, name in enumerate(names)))
        assert all(name in traffic_picture(fabric, traffic, [], "").svg for name in names)


def test_the_scene_of_the_memorised_list_really_fails_it() -> None:
    case = catalog.scenes()["border-three"]
    literal = replace(case, knobs=replace(case.knobs, always_compare_med=True))
    assert decide_case(literal, "frr-8.4").best == "amber1"
    assert decide_case(case, "rfc4271").best == "blue"
