"""The widgets in a real JupyterLab, in a real browser, as a learner meets them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest
from lab_page import WINDOW, LabPage, ServerFor, watched, write_notebook
from playwright.sync_api import Browser, Locator, expect

pytestmark = pytest.mark.browser
expect.set_options(timeout=30_000)  # a loaded machine answers late

SCENE = """
from dataclasses import replace
from ipaddress import ip_address
from bgp import AsPath, Origin, Path, Peer, PeerType, Speaker
from widgets import BestPath, Choice, Question, QuestionCard

def path(name, kind, asn, as_path, local_pref, med, address, router_id, metric, **more):
    address = ip_address(address)
    peer = Peer(name, PeerType(kind), address, ip_address(router_id), asn)
    return Path(name, peer, AsPath.parse(as_path), local_pref=local_pref, med=med,
                next_hop=address, igp_metric=metric, **more)

SIX = [
    path("p1", "ebgp", 65001, "65001 65010", 100, 20, "10.0.20.201", "172.27.129.207", 5),
    path("p2", "ebgp", 65001, "65001 65010", 100, 10, "10.0.20.202", "172.27.129.203", 5),
    path("p3", "ibgp", 64512, "65002 65010", None, None, "10.0.20.130", "172.27.229.220", 30),
    path("p4", "ebgp", 65003, "65003 65010", 100, None, "10.0.20.204", "172.27.129.201", 5,
         origin=Origin.INCOMPLETE),
    path("p5", "ebgp", 65003, "65003 65003 65010", 100, 0, "10.0.20.205", "172.27.129.205", 5),
    path("p6", "ebgp", 65004, "65004 64512", 200, 0, "10.0.20.206", "172.27.129.206", 5),
]
"""
PLAY = "w = BestPath(SIX, speaker=Speaker(64512), prefix='203.0.113.0/24')\nw"
SEE = "print(w.decision.best, w.paths[0].local_pref)"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of this file's notebooks; one server shows them all."""
    return tmp_path_factory.mktemp("workspace")


@pytest.fixture(scope="module")
def open_lab(chromium: Browser, jupyter_server: ServerFor, folder: Path) -> Iterator[LabPage]:
    """The calculator's notebook, opened once: JupyterLab takes its time."""
    with watched(chromium) as lab:
        write_notebook(folder / "play.ipynb", SCENE, PLAY, SEE)
        lab.open(jupyter_server(folder), "play.ipynb")
        lab.close_sidebar()
        yield lab


@pytest.fixture
def lab(open_lab: LabPage) -> Iterator[LabPage]:
    """The same page for every test of the calculator, put back to light and to its size."""
    open_lab.page.emulate_media(color_scheme="light")
    open_lab.page.set_viewport_size(WINDOW)
    yield open_lab
    open_lab.check()


@pytest.fixture
def widget(lab: LabPage) -> Locator:
    """The calculator of six paths, new on the screen after Run All."""
    lab.run_all()
    lab.widget().scroll_into_view_if_needed()
    return lab.widget()


class Opens(Protocol):
    """Shows cells in a notebook of their own."""

    def __call__(self, *cells: str) -> LabPage: ...


@pytest.fixture
def opened(chromium: Browser, jupyter_server: ServerFor, folder: Path) -> Iterator[Opens]:
    """A notebook of the test's own, run and on the screen."""
    with watched(chromium) as lab:

        def show(*cells: str) -> LabPage:
            name = f"notebook-{len(list(folder.iterdir()))}.ipynb"
            write_notebook(folder / name, SCENE, *cells)
            lab.open(jupyter_server(folder), name)
            lab.close_sidebar()
            lab.run_all()
            lab.widget().scroll_into_view_if_needed()
            return lab

        yield show
        lab.check()


def cell(widget: Locator, row: int, title: str) -> Locator:
    """A cell of the grid by the row's place and the column's title."""
    titles = [each.strip() for each in widget.locator(".lr-paths thead th").all_inner_texts()]
    return widget.locator(f'[data-cell="{row}:{titles.index(title)}"]')


def type_into(widget: Locator, row: int, title: str, text: str) -> None:
    cell(widget, row, title).click()
    widget.locator(".lr-editor").fill(text)
    widget.locator(".lr-editor").press("Enter")


def verdict(widget: Locator) -> Locator:
    return widget.locator(".lr-verdict")


def test_an_edited_attribute_changes_the_winner(lab: LabPage, widget: Locator) -> None:
    expect(verdict(widget)).to_contain_text("p2 is best")
    type_into(widget, 0, "LOCAL_PREF", "300")
    expect(verdict(widget)).to_contain_text("p1 is best")
    expect(widget.locator(".lr-steps .lr-is-best th")).to_contain_text("p1")
    lab.screenshot("best-path-edited", widget)
    # A later cell of the notebook sees what was edited.
    lab.page.locator(".jp-CodeCell").last.click()
    lab.page.keyboard.press("Control+Enter")
    expect(lab.page.locator(".jp-CodeCell").last).to_contain_text("p1 300")


def test_a_wrong_value_is_refused_in_place_and_nothing_is_lost(widget: Locator) -> None:
    type_into(widget, 0, "MED", "cheap")
    refusal = widget.get_by_role("alert")
    expect(refusal).to_contain_text("med: expected a whole number from 0 to 4294967295")
    expect(widget.locator(".lr-editor")).to_have_value("cheap")
    expect(verdict(widget)).to_contain_text("p2 is best")
    widget.locator(".lr-editor").press("Escape")
    expect(refusal).to_have_count(0)
    expect(cell(widget, 0, "MED")).to_have_text("20")


def test_it_is_all_done_by_keyboard(lab: LabPage, widget: Locator) -> None:
    keyboard = lab.page.keyboard
    widget.get_by_label("beside").focus()
    keyboard.press("Tab")  # Router and options
    keyboard.press("Tab")  # the grid: one stop
    focus = lab.page.locator(":focus")
    expect(focus).to_have_attribute("data-cell", "0:1")
    for _ in range(6):
        keyboard.press("ArrowRight")
    expect(focus).to_have_attribute("data-cell", "0:7")
    keyboard.type("400")
    keyboard.press("Enter")
    expect(verdict(widget)).to_contain_text("p1 is best")
    expect(focus).to_have_attribute("data-cell", "0:7")
    keyboard.press("Alt+ArrowDown")  # arrives later
    expect(cell(widget, 1, "Path")).to_contain_text("p1")
    expect(focus).to_have_attribute("data-cell", "1:7")
    keyboard.press("Control+z")
    keyboard.press("Control+z")
    expect(verdict(widget)).to_contain_text("p2 is best")
    # A letter typed over a choice, or "d d", must not reach the notebook's own shortcuts.
    keyboard.press("Home")
    keyboard.press("d")
    keyboard.press("d")
    expect(lab.page.locator(".jp-CodeCell")).to_have_count(3)
    keyboard.press("Tab")  # out of the grid again
    expect(focus).to_have_text("Add a path")
    keyboard.press("Enter")
    expect(widget.locator(".lr-paths tbody tr")).to_have_count(7)


def test_a_choice_is_made_by_keyboard_and_a_reachable_next_hop_by_space(
    lab: LabPage, widget: Locator
) -> None:
    keyboard = lab.page.keyboard
    cell(widget, 3, "ORIGIN").focus()
    keyboard.press("Enter")
    editor = widget.locator("select.lr-editor")
    expect(editor).to_be_focused()
    editor.press("Home")
    editor.press("Enter")
    expect(cell(widget, 3, "ORIGIN")).to_have_text("IGP")
    cell(widget, 1, "Route to it").focus()
    keyboard.press("Space")
    expect(cell(widget, 1, "Route to it")).to_contain_text("no")
    expect(verdict(widget)).not_to_contain_text("p2 is best")


def test_paths_are_added_removed_and_moved_and_it_can_all_be_undone(widget: Locator) -> None:
    rows = widget.locator(".lr-paths tbody tr")
    widget.get_by_role("button", name="Add a path").click()
    expect(rows).to_have_count(7)
    widget.get_by_role("gridcell", name="Remove p2", exact=True).click()
    expect(rows).to_have_count(6)
    expect(verdict(widget)).not_to_contain_text("p2 is best")
    widget.get_by_role("button", name="Let p1 arrive later").click()
    expect(cell(widget, 1, "Path")).to_contain_text("p1")
    for _ in range(3):
        widget.get_by_role("button", name="Undo").click()
    expect(verdict(widget)).to_contain_text("p2 is best")
    expect(widget.get_by_role("button", name="Undo")).to_be_disabled()
    widget.get_by_role("button", name="Redo").click()
    expect(rows).to_have_count(7)


def test_options_and_profiles_are_switched_and_two_stand_side_by_side(
    lab: LabPage, widget: Locator
) -> None:
    widget.get_by_role("button", name="Router and options").click()
    widget.get_by_label("as-path-ignore").check()
    expect(widget.locator(".lr-steps thead")).not_to_contain_text("AS_PATH length")
    widget.get_by_label("maximum-paths", exact=True).fill("none")
    widget.get_by_label("maximum-paths", exact=True).press("Tab")
    expect(widget.get_by_role("alert")).to_contain_text("maximum_paths: expected a whole number")
    widget.get_by_label("decided by").select_option("gobgp")
    expect(widget.locator(".lr-steps caption")).to_contain_text("GoBGP 3")
    widget.get_by_label("beside").select_option("frr-10")
    expect(widget.locator(".lr-side h4")).to_have_text(["GoBGP 3", "FRR 10"])
    expect(verdict(widget)).to_contain_text("GoBGP 3")
    lab.screenshot("best-path-side-by-side", widget)


def test_attributes_of_reflection_are_edited_under_the_row(widget: Locator) -> None:
    widget.get_by_role("gridcell", name="More attributes of p2").click()
    field = widget.get_by_label("CLUSTER_LIST")
    field.fill("1.1.1.1 nonsense")
    field.press("Enter")
    expect(widget.get_by_role("alert")).to_contain_text("cluster_list")
    expect(field).to_have_value("1.1.1.1 nonsense")
    field.fill("1.1.1.1, 2.2.2.2")
    field.press("Enter")
    expect(field).to_have_value("1.1.1.1 2.2.2.2")
    expect(widget.get_by_role("alert")).to_have_count(0)
    widget.get_by_role("gridcell", name="More attributes of p2, 1 of them set").click()
    expect(field).to_have_count(0)  # closed again, and the row still tells of it


def test_a_narrow_notebook_keeps_a_name_beside_its_mark(opened: Opens) -> None:
    lab = opened(PLAY.replace("SIX", "[replace(p, id=f'node{n}') for n, p in enumerate(SIX)]"))
    lab.page.set_viewport_size({"width": 800, "height": 1400})
    expect(lab.widget().locator(".lr-more-row")).to_have_count(0)
    best = lab.widget().locator(".lr-steps .lr-is-best th")
    expect(best).to_contain_text("node")
    tops = [best.locator(part).bounding_box() for part in (".lr-mark", ".lr-name")]
    assert tops[0] is not None
    assert tops[1] is not None
    assert abs(tops[0]["y"] - tops[1]["y"]) < 8


def test_a_router_s_json_is_pasted_and_a_broken_one_refused(widget: Locator) -> None:
    path = {
        "aspath": {"string": "65009"},
        "origin": "IGP",
        "valid": True,
        "nexthops": [{"ip": "10.0.0.9", "metric": 0, "used": True}],
        "peer": {"peerId": "10.0.0.9", "routerId": "10.9.9.9", "type": "external"},
    }
    text = json.dumps({"prefix": "198.51.100.0/24", "paths": [path]})
    widget.get_by_role("button", name="Load", exact=True).click()
    area = widget.get_by_label("Paste what a router says")
    area.fill(text[:-5])
    widget.get_by_role("button", name="Load the text").click()
    expect(widget.get_by_role("alert")).to_contain_text("The scene is as it was")
    expect(area).to_have_value(text[:-5])
    expect(verdict(widget)).to_contain_text("p2 is best")
    area.fill(text)
    widget.get_by_role("button", name="Load the text").click()
    expect(widget.locator(".lr-title")).to_contain_text("198.51.100.0/24")
    expect(verdict(widget)).to_contain_text("10.0.0.9 is best")
    expect(widget.locator(".lr-note").first).to_contain_text("Arrival is FRR's list reversed")


def test_a_file_of_cases_is_loaded_and_one_is_picked(widget: Locator, tmp_path: Path) -> None:
    case = {"local_as": 64512, "paths": [{"id": "own", "peer": {"type": "local"}}]}
    file = tmp_path / "cases.jsonl"
    file.write_text("\n".join(json.dumps({**case, "case": name}) for name in ("first", "second")))
    widget.get_by_role("button", name="Load", exact=True).click()
    widget.locator('input[type="file"]').set_input_files(file)
    expect(widget.get_by_label("2 cases; load")).to_be_visible()
    widget.get_by_role("button", name="Load this case").click()
    expect(verdict(widget)).to_contain_text("own is best")


def test_the_scene_is_taken_away_as_python(widget: Locator) -> None:
    widget.get_by_role("button", name="Take away").click()
    widget.get_by_role("button", name="Copy as Python").click()
    expect(widget.get_by_label("The scene as Python")).to_have_value(re.compile("BestPath"))
    widget.get_by_role("button", name="Copy as JSON").click()
    expect(widget.get_by_label("The scene as JSON")).to_have_value(re.compile('"local_as": 64512'))


def test_the_text_twin_says_what_the_picture_shows(widget: Locator) -> None:
    widget.get_by_role("button", name="As text").click()
    expect(widget.get_by_label("The picture as text")).to_contain_text("p2 is best")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_needs_scrolling_sideways_and_axe_finds_nothing(
    lab: LabPage, widget: Locator, theme: str
) -> None:
    if theme == "dark":
        lab.dark()
    lab.page.set_viewport_size({"width": 1280, "height": 1800})
    for panel in ("Router and options", "Load"):
        widget.get_by_role("button", name=panel, exact=True).click()
        expect(widget.locator(".lr-panel")).to_be_visible()
        assert lab.violations(".jp-OutputArea-output .locrib") == []
    widget.get_by_role("button", name="Load", exact=True).click()
    widget.get_by_role("gridcell", name="More attributes of p3").click()
    assert lab.violations(".jp-OutputArea-output .locrib") == []
    assert sideways(lab) == []
    lab.screenshot(f"best-path-{theme}", widget)
    widget.get_by_label("beside").select_option("bird")
    expect(widget.locator(".lr-side")).to_have_count(2)
    assert lab.violations(".jp-OutputArea-output .locrib") == []
    assert sideways(lab) == []
    lab.screenshot(f"best-path-two-{theme}", widget)
    lab.screenshot(f"notebook-{theme}")


def sideways(lab: LabPage) -> list[str]:
    """Parts of the widget that are wider than their place."""
    found: list[str] = lab.page.evaluate(
        """() => [...document.querySelectorAll(".locrib, .locrib .lr-scroll")]
            .filter((e) => e.scrollWidth > e.clientWidth + 1)
            .map((e) => `${e.className} ${e.scrollWidth} > ${e.clientWidth}: ${e.innerText}`)"""
    )
    return found


EIGHT = """
from dataclasses import replace
def step(n, **changes):
    base = path(f"path{n}", "ebgp", 65001, "65001 65010", 200, 10, f"10.10.120.{200 + n}",
                f"172.27.129.{200 + n}", 10, weight=100)
    return replace(base, **changes)
w = BestPath([
    step(1), step(2, weight=0), step(3, local_pref=100), step(4, as_path=AsPath.of(65001, 2, 3)),
    step(5, origin=Origin.INCOMPLETE), step(6, med=4294967295),
    step(7, peer=replace(step(7).peer, type=PeerType.IBGP)), step(8, igp_metric=1000),
    step(9),
], speaker=Speaker(64512), prefix="2001:db8:abcd:ef01::/64")
w
"""


def test_eight_steps_that_tell_paths_apart_fit_a_window_of_1280_pixels(opened: Opens) -> None:
    lab = opened(EIGHT)
    widget = lab.widget()
    expect(widget.locator(".lr-steps thead th:not(.lr-fold)")).to_have_count(8 + 2)
    lab.page.set_viewport_size({"width": 1280, "height": 1500})
    assert sideways(lab) == []
    lab.screenshot("best-path-eight-steps", widget)


PREDICT = """
kept = []
w = BestPath(SIX, speaker=Speaker(64512), predict=True, on_commit=kept.append)
w
"""


def test_a_prediction_is_committed_before_the_verdict_is_anywhere_on_the_page(
    opened: Opens,
) -> None:
    lab = opened(PREDICT, "print(kept, w.prediction)")
    widget = lab.widget()
    expect(widget.locator("legend")).to_contain_text("Which of these paths does FRR 8.4 select?")
    assert "is best" not in lab.page.content()
    assert widget.locator("[class*=lr-is-best], .lr-steps, .lr-mark").count() == 0
    lab.screenshot("predict-asked", widget)
    assert lab.violations(".jp-OutputArea-output .locrib") == []
    widget.get_by_role("button", name="Commit and see").click()
    expect(widget.get_by_role("alert")).to_contain_text("Choose a path first")
    widget.get_by_role("radio", name="p6").check()
    widget.get_by_label("settled by").select_option("local-pref")
    widget.get_by_role("button", name="Commit and see").press("Enter")
    expect(verdict(widget)).to_contain_text("p2 is best")
    expect(widget.locator(".lr-predicted")).to_contain_text("You predicted p6; FRR 8.4 selects p2")
    expect(widget.locator(".lr-predict")).to_have_count(0)
    lab.screenshot("predict-answered", widget)
    lab.page.locator(".jp-CodeCell").last.click()
    lab.page.keyboard.press("Control+Enter")
    expect(lab.page.locator(".jp-CodeCell").last).to_contain_text("'winner': 'p6'")


ASK = """
QuestionCard(Question(
    "missing-med", "Three paths differ **only** in MED. Which one does `tor` use?",
    (Choice("a", "node1, with MED 10", "A missing MED counts as `0`.", "No MED is the worst MED."),
     Choice("b", "node3, without a MED", "Zero is the lowest."),
     Choice("c", "<img src=x onerror=alert(1)>")), "b"))
"""
PUT = """
QuestionCard(Question("order", "Which does a router look at first?", (
    Choice("med", "MED"), Choice("pref", "LOCAL_PREF"), Choice("path", "AS_PATH length")),
    ("pref", "path", "med")))
"""


def test_a_question_is_answered_by_keyboard_and_its_idea_named(opened: Opens) -> None:
    lab = opened(ASK, PUT)
    card = lab.widget()
    expect(card.get_by_role("radio")).to_have_count(3)
    expect(card.locator("img")).to_have_count(0)
    card.get_by_role("button", name="Commit").click()
    expect(card.get_by_role("alert")).to_contain_text("Choose an answer first")
    card.get_by_role("radio").first.focus()
    lab.page.keyboard.press("Space")
    lab.page.keyboard.press("Tab")
    lab.page.keyboard.press("Enter")
    expect(card.locator(".lr-wrong")).to_contain_text("No MED is the worst MED.")
    expect(card.get_by_role("radio").first).to_be_disabled()
    assert lab.violations(".jp-OutputArea-output .locrib") == []
    lab.screenshot("question-answered", card)

    order = lab.widget(1)
    order.get_by_role("button", name="Move later: MED").focus()
    lab.page.keyboard.press("Enter")
    lab.page.keyboard.press("Enter")
    order.get_by_role("button", name="Commit").click()
    expect(order.locator(".lr-right")).to_contain_text("Right.")
    lab.dark()
    assert lab.violations(".jp-OutputArea-output .locrib") == []
    lab.screenshot("question-order-dark", order)


HOSTILE = """
names = ['<img src=x onerror="document.title=1">', "</td><script>document.title=2</script>",
         "\\u202eevil", "__proto__", "a" * 200, "漢字 👩‍🚀"]
w = BestPath([Path(name, p.peer, p.as_path, next_hop=p.next_hop) for name, p in zip(names, SIX)],
             speaker=Speaker(64512), second="gobgp")
w
"""


def test_hostile_names_are_only_text(opened: Opens) -> None:
    lab = opened(HOSTILE)
    widget = lab.widget()
    expect(widget.locator(".lr-steps tbody tr")).to_have_count(12)
    expect(widget.locator("img, script")).to_have_count(0)
    expect(cell(widget, 0, "Path")).to_contain_text("<img src=x")
    assert "\u202e" not in widget.inner_text()
    assert lab.page.title() not in ("1", "2")
    type_into(widget, 3, "LOCAL_PREF", "999")
    expect(verdict(widget)).to_contain_text("__proto__")
    assert sideways(lab) == []
    lab.screenshot("best-path-hostile", widget)
