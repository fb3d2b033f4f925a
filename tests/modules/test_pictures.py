"""Pictures: well-formed, with a text twin, and deaf to hostile names."""

import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bgp import PROFILES, decide_case
from bgp.fsm_log import parse_frr_log
from bgp.fsm_words import RFC_STATES, Event, State
from labs import topology_file
from labs.lab_values import Hop
from labs.stage_plan import BORDER, RACK
from labs.stage_web import Reply, Traffic
from modules import catalog
from modules.pictures.circle import Duel, circle_picture
from modules.pictures.home import Standing, home_picture
from modules.pictures.lists import orders_picture, steps_picture
from modules.pictures.network import network_picture, trace_picture
from modules.pictures.network_marks import Marks
from modules.pictures.network_sight import Sight
from modules.pictures.page import Picture
from modules.pictures.record import Line, record_picture
from modules.pictures.router import text_picture
from modules.pictures.segments import Packet, segments_picture
from modules.pictures.session_time import Stretch, session_picture
from modules.pictures.traffic import summary_text, traffic_picture
from modules.pictures.ways_down import WITH_TCP, falls, ways_down_picture

TRAFFIC = Traffic(
    (Reply(0.0, 0.001, "node1"), Reply(0.04, 0.002, "node2"), Reply(0.08, None, None)),
    "link to node2 cut",
    0.05,
)
HOSTILE = '<script>alert("x")</script>&'
NEW = Standing(0, "not started")
TOPOLOGY = topology_file.load("first-session")
LOGS = Path(__file__).parents[1] / "bgp" / "recorded" / "fsm"


def stretch(name: str, seconds: float = 12.0, began: str = "") -> Stretch:
    """A recorded session as a stretch of time."""
    lines = (LOGS / f"{name}.log").read_text(encoding="utf-8").splitlines()
    transitions = parse_frr_log(lines)
    return Stretch(HOSTILE, transitions, transitions[-1].after, seconds, began)


DUELS = (Duel("a", "b", "MED 1 < 2"), Duel("b", "c", "IGP"), Duel("c", "a", "IGP"))


DRAWINGS = ["traffic", "circle", "network", "trace", "session", "segments"]


def pictures() -> dict[str, Picture]:
    fabric = replace(RACK, router=HOSTILE)
    module = replace(catalog.module(), title=HOSTILE)
    standing = {"best-path": Standing(3, "started", HOSTILE), "sessions": NEW}
    return {
        "traffic": traffic_picture(fabric, TRAFFIC, ["node2"], HOSTILE),
        "circle": circle_picture(["a", "b", "c"], DUELS, HOSTILE),
        "router": text_picture(HOSTILE, HOSTILE, HOSTILE),
        "orders": orders_picture([HOSTILE], [((HOSTILE, "b"), (HOSTILE,))], []),
        "steps": steps_picture([PROFILES["frr-8.4"], PROFILES["gobgp"]]),
        "home": home_picture(module, standing, "best-path"),
        "network": network_picture(
            Sight(
                TOPOLOGY,
                {("tor1", "node1"): HOSTILE},
                Marks({frozenset(("tor1", "sw1")): (HOSTILE,)}, {"tor1": (HOSTILE,)}),
                {"tor1": HOSTILE},
            ),
            HOSTILE,
        ),
        "trace": trace_picture(Sight(TOPOLOGY), HOSTILE, [Hop("tor1", problem=HOSTILE)], HOSTILE),
        "session": session_picture(stretch("hold-timer-expiry.frr-10"), HOSTILE),
        "segments": segments_picture([Packet(HOSTILE, 71)], 600),
        "ways down": ways_down_picture(),
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


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_drawing_is_well_formed_and_named(name: str) -> None:
    root = ET.fromstring(pictures()[name].svg)  # noqa: S314 - drawn by us
    assert root.get("role") == "img"
    assert root.get("aria-label")


@pytest.mark.parametrize("name", DRAWINGS)
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

    def home(answered: Standing, resume: str | None) -> str:
        return home_picture(module, {"best-path": answered, "sessions": NEW}, resume).text

    started = home(Standing(4, "started", "MED"), "best-path")
    assert home(NEW, "best-path").startswith("Begin: Best path")
    assert started.startswith("Go on where you left off: Best path")
    assert "at “MED”" in started
    assert "4 of 10 answered" in started
    assert home(Standing(10, "done"), "sessions").startswith("Begin: Sessions")
    assert "everything there is" in home(Standing(10, "done"), None)


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


def test_a_stretch_says_when_the_session_fell_counted_from_where_the_watch_began() -> None:
    first = stretch("hold-timer-expiry.frr-10")
    fallen = next(n for n, t in enumerate(first.transitions) if t.before is State.ESTABLISHED)
    assert f"left Established after {first.times[fallen]:.1f} s" in session_picture(first, "").text
    later = stretch("hold-timer-expiry.frr-10", began=first.transitions[fallen].time)
    assert later.times[fallen] == 0.0


def test_a_stretch_in_which_nothing_happened_says_so() -> None:
    picture = session_picture(Stretch("tor1 to node1", (), "Established", 8.0), "")
    assert picture.text.startswith("tor1 to node1: Established, and nothing happened in 8 s.")


def test_what_does_not_fit_through_a_port_is_marked() -> None:
    picture = segments_picture([Packet("KEEPALIVE", 71), Packet("UPDATE", 1500)], 600)
    assert "KEEPALIVE: 71 octets, passes; UPDATE: 1500 octets, dropped" in picture.text


def test_with_tcp_up_one_event_alone_leads_anywhere_but_to_idle() -> None:
    elsewhere = {
        (state, target): events
        for state in WITH_TCP
        for target, events in falls(state).items()
        if target is not State.IDLE
    }
    lonely = {(State.OPEN_SENT, State.ACTIVE): frozenset({Event.TCP_CONNECTION_FAILS})}
    assert elsewhere == lonely
    assert RFC_STATES[0] is State.IDLE
