"""The state machine in a real JupyterLab, in a real browser, as a learner meets it."""

import re
from pathlib import Path

import pytest
from lab_page import LabPage, ServerFor, write_notebook
from playwright.sync_api import Locator, expect

from bgp.fsm_recording import parse_recording

pytestmark = pytest.mark.browser

PLAY = "from widgets import SessionFsm\nw = SessionFsm()\nw"
SEE = "print(w.state, w.session.steps)"
RECORDED = Path(__file__).parents[1] / "bgp" / "recorded" / "fsm"
COLLISION = "collision-higher-identifier-open-on-incoming.frr-10.log"
REPLAY = f"""
from pathlib import Path
from widgets import SessionFsm
w = SessionFsm.replay(Path({str(RECORDED / COLLISION)!r}).read_text())
w
"""
FOLLOW = """
from pathlib import Path
from widgets import SessionFsm
w = SessionFsm()
w.follow(Path("bgpd.log").read_text, pace=0, title="The rack's router")
w
"""
PREDICT = """
from widgets import SessionFsm
kept = []
w = SessionFsm((1, 16), predict="next_state", ask=18, on_commit=kept.append)
w
"""
_workspace: list[Path] = []


def workspace(factory: pytest.TempPathFactory) -> Path:
    """The folder of all notebooks here, so that one server serves them."""
    if not _workspace:
        _workspace.append(factory.mktemp("workspace"))
    return _workspace[0]


def shown(lab: LabPage, server: ServerFor, factory: pytest.TempPathFactory, *cells: str) -> Locator:
    folder = workspace(factory)
    name = f"notebook-{len(list(folder.iterdir()))}.ipynb"
    write_notebook(folder / name, *cells)
    lab.page.set_viewport_size({"width": 1280, "height": 1500})
    lab.open(server(folder), name)
    lab.close_sidebar()
    lab.run_all()
    widget = lab.page.locator(".jp-OutputArea-output .lr-fsm").first
    widget.scroll_into_view_if_needed()
    return widget


@pytest.fixture
def widget(
    lab: LabPage, jupyter_server: ServerFor, tmp_path_factory: pytest.TempPathFactory
) -> Locator:
    return shown(lab, jupyter_server, tmp_path_factory, PLAY, SEE)


def press(widget: Locator, number: int) -> None:
    widget.locator(f'[data-event="{number}"]').click()


def seat(widget: Locator) -> Locator:
    return widget.locator(".lr-seat h4")


def quiet(lab: LabPage) -> None:
    """Nothing for axe to blame, nothing wider than its place."""
    assert lab.violations(".jp-OutputArea-output .lr-fsm") == []
    wide = lab.page.evaluate(
        """() => [...document.querySelectorAll(".locrib, .jp-OutputArea-output")]
            .filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => e.className)"""
    )
    assert wide == []


def test_a_session_comes_up_and_goes_down_again(lab: LabPage, widget: Locator) -> None:
    expect(seat(widget)).to_contain_text("Idle")
    lab.screenshot("fsm-idle", widget)
    for number, state in (
        (1, "Connect"),
        (16, "OpenSent"),
        (19, "OpenConfirm"),
        (26, "Established"),
    ):
        press(widget, number)
        expect(seat(widget)).to_contain_text(state)
    expect(widget.locator(".lr-edge-way")).to_contain_text("KeepAliveMsg")
    lab.screenshot("fsm-established", widget)
    press(widget, 9)
    expect(widget.locator(".lr-said-impossible")).to_contain_text(
        "ConnectRetryTimer is not running"
    )
    expect(seat(widget)).to_contain_text("Established")
    press(widget, 10)
    expect(seat(widget)).to_contain_text("Idle")
    expect(widget.locator(".lr-said")).to_contain_text("4/0 (Hold Timer Expired)")
    expect(widget.locator(".lr-history tbody tr")).to_have_count(5)
    widget.get_by_label("arrows").select_option("all")
    expect(widget.locator(".lr-edge-plain")).to_have_count(15)
    lab.screenshot("fsm-all-arrows", widget)
    lab.page.locator(".jp-CodeCell").last.click()
    lab.page.keyboard.press("Control+Enter")
    expect(lab.page.locator(".jp-CodeCell").last).to_contain_text("Idle 5")


def test_each_machine_is_chosen_and_an_operators_words_are_shown(
    lab: LabPage, widget: Locator
) -> None:
    machine = widget.get_by_role("combobox", name="machine")
    expect(machine.locator("option")).to_have_text(["RFC 4271", "FRR 8.4", "FRR 10"])
    seen = widget.get_by_role("group", name="What an operator sees")
    expect(seen).to_contain_text("nothing is guessed")
    machine.select_option("frr-10")
    press(widget, 1)
    press(widget, 18)
    expect(seat(widget)).to_contain_text("Active")
    expect(widget.locator(".lr-note")).to_have_text("RFC 4271 would be in Idle now.")
    expect(seen).to_contain_text("start Active Socket: Connection refused")
    expect(seen).to_contain_text("show bgp summary: Active")
    expect(seen.locator("dt")).to_have_text(["FRR 8.4 and FRR 10", "BIRD 1.6 and BIRD 2"])
    quiet(lab)
    lab.screenshot("fsm-frr-10-refused", widget)


def test_a_button_stays_where_it_is_while_what_an_operator_sees_changes(widget: Locator) -> None:
    places = set()
    for number in (1, 18, 1, 16):
        press(widget, number)
        expect(widget.locator(".lr-history tbody tr").first).to_contain_text(f"({number})")
        top = widget.locator(".lr-clock").bounding_box()
        graph = widget.locator(".lr-graph").bounding_box()
        assert top is not None
        assert graph is not None
        places.add(round(top["y"] - graph["y"]))
    assert len(places) == 1


def test_the_clock_runs_is_sped_up_and_paused(widget: Locator) -> None:
    for number in (1, 16, 19, 26):
        press(widget, number)
    expect(seat(widget)).to_contain_text("Established")
    widget.get_by_label("speed").select_option("60")
    widget.get_by_role("button", name="Run", exact=True).click()
    expect(widget.locator(".lr-said")).to_contain_text("HoldTimer_Expires (10)")
    expect(seat(widget)).to_contain_text("Idle")
    widget.get_by_role("button", name="Pause").click()
    expect(widget.get_by_role("button", name="Run", exact=True)).to_be_visible()


def test_a_second_connection_collides_and_the_rule_is_shown(lab: LabPage, widget: Locator) -> None:
    for number in (1, 16, 19):
        press(widget, number)
    expect(seat(widget)).to_contain_text("OpenConfirm")
    widget.get_by_role("button", name="Second connection").click()
    expect(seat(widget)).to_have_count(2)
    lab.screenshot("fsm-two-connections", widget)
    press(widget, 19)
    expect(seat(widget)).to_have_count(1)
    expect(widget.locator(".lr-rule")).to_contain_text("10.0.0.1 is lower than 10.0.0.2")
    expect(widget.locator(".lr-history")).to_contain_text("Connection Collision Resolution")
    lab.screenshot("fsm-collision", widget)


def tab_to(lab: LabPage, wanted: Locator, backwards: bool = False) -> None:
    """Press Tab until something has the focus, as somebody without a mouse does."""
    for _ in range(80):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        lab.page.keyboard.press("Shift+Tab" if backwards else "Tab")
    pytest.fail(f"the keyboard does not get to {wanted}")


def test_it_is_all_done_by_keyboard(lab: LabPage, widget: Locator) -> None:
    """From an idle session to Established and back, with a prediction, and nothing but keys."""
    keyboard, page = lab.page.keyboard, lab.page

    def event(number: int) -> Locator:
        return widget.locator(f'[data-event="{number}"]')

    widget.get_by_label("machine").focus()
    for number, state in (
        (1, "Connect"),
        (16, "OpenSent"),
        (19, "OpenConfirm"),
        (26, "Established"),
    ):
        tab_to(lab, event(number))
        keyboard.press("Enter")
        expect(seat(widget)).to_contain_text(state)
        expect(event(number)).to_be_focused()  # the picture changed, the place did not
    tab_to(lab, event(9), backwards=True)
    keyboard.press("Space")
    expect(widget.locator(".lr-said-impossible")).to_contain_text("not running")
    keyboard.press("d")  # must not reach the notebook's shortcuts
    keyboard.press("d")
    expect(page.locator(".jp-CodeCell")).to_have_count(2)
    tab_to(lab, widget.get_by_role("button", name="Let it happen all the same"), backwards=True)
    tab_to(lab, widget.get_by_label("speed"), backwards=True)
    keyboard.press("ArrowDown")
    expect(widget.get_by_label("speed")).to_have_value("10")
    tab_to(lab, widget.get_by_label("ask me first"), backwards=True)
    keyboard.press("Space")
    expect(widget.get_by_label("ask me first")).to_be_checked()
    tab_to(lab, event(10))
    keyboard.press("Enter")
    expect(widget.get_by_role("radio", name="Idle")).to_be_focused()  # the question has the focus
    tab_to(lab, widget.get_by_role("button", name="Commit and see"))
    keyboard.press("Enter")
    expect(widget.get_by_role("alert")).to_contain_text("Choose an answer first")
    tab_to(lab, widget.get_by_role("radio", name="Idle"), backwards=True)
    keyboard.press("Space")
    keyboard.press("Enter")  # a form is sent from any of its fields
    expect(widget.locator(".lr-predicted")).to_contain_text("and so it is")
    expect(widget.locator(".lr-predicted")).to_be_focused()
    expect(seat(widget)).to_contain_text("Idle")
    tab_to(lab, widget.get_by_role("button", name="Undo"))
    for _ in range(6):
        keyboard.press("Enter")
    expect(seat(widget)).to_contain_text("Idle")
    expect(widget.get_by_role("button", name="Undo")).to_be_disabled()
    expect(widget.get_by_role("button", name="Undo")).to_be_focused()  # and not the page's top
    tab_to(lab, widget.get_by_role("button", name="Attributes and timers"))
    keyboard.press("Enter")
    tab_to(lab, widget.get_by_role("textbox", name=re.compile("^HoldTime")))
    keyboard.press("Control+a")
    keyboard.type("2")
    keyboard.press("Tab")
    expect(widget.get_by_role("alert")).to_contain_text("no peer accepts 1 or 2")


def test_the_event_of_an_edge_is_asked_for(lab: LabPage, widget: Locator) -> None:
    for number in (1, 16, 19, 26):
        press(widget, number)
    expect(seat(widget)).to_contain_text("Established")
    widget.get_by_label("ask me first").check()
    widget.get_by_role("button", name="Which event?").click()
    expect(widget.locator("legend")).to_contain_text("Which event caused it?")
    expect(widget.locator(".lr-edge-way")).to_contain_text("?")
    expect(widget.locator(".lr-edge-plain")).to_have_count(0)
    quiet(lab)
    lab.screenshot("fsm-which-event", widget)
    widget.get_by_role("radio").first.check()
    widget.get_by_role("button", name="Commit and see").click()
    expect(widget.locator(".lr-predicted")).to_contain_text("You said")
    expect(widget.get_by_text("1 foreseen")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_is_too_wide(
    lab: LabPage, widget: Locator, theme: str
) -> None:
    if theme == "dark":
        lab.dark()
    quiet(lab)
    press(widget, 1)
    expect(seat(widget)).to_contain_text("Connect")
    widget.get_by_label("optional events too").check()
    for panel in ("Attributes and timers", "FRR and the RFC", "As text"):
        widget.get_by_role("button", name=panel).click()
        expect(widget.locator(".lr-panel")).to_be_visible()
        quiet(lab)
        lab.screenshot(f"fsm-{panel.lower().replace(' ', '-')}-{theme}", widget)


def test_a_recorded_collision_is_replayed_with_its_slider(
    lab: LabPage, jupyter_server: ServerFor, tmp_path_factory: pytest.TempPathFactory
) -> None:
    widget = shown(lab, jupyter_server, tmp_path_factory, REPLAY)
    expect(widget).to_contain_text("Recorded from frr 10.3")
    expect(widget.locator(".lr-slider")).to_contain_text("transition 0 of 9")
    widget.get_by_role("button", name="Step").click()
    expect(seat(widget)).to_contain_text("Connect")
    slider = widget.get_by_role("slider")
    slider.focus()
    for position in range(2, 8):
        lab.page.keyboard.press("ArrowRight")
        expect(widget.locator(".lr-slider")).to_contain_text(f"transition {position} of 9")
    expect(slider).to_be_focused()
    expect(seat(widget)).to_have_count(2)
    expect(widget.locator(".lr-rule")).to_contain_text("the peer has the higher one")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("7 of 9: BGP_Stop"))
    quiet(lab)
    lab.screenshot("fsm-log", widget)
    widget.get_by_label("speed").select_option("4")
    widget.get_by_role("button", name="Play").click()
    expect(widget.locator(".lr-slider")).to_contain_text("transition 9 of 9")
    expect(seat(widget).last).to_contain_text("Established")
    again = widget.get_by_role("button", name="Play again")
    again.focus()
    lab.page.keyboard.press("Enter")
    expect(widget.get_by_role("button", name="Pause")).to_be_focused()
    expect(again).to_be_visible()  # it has played to the end once more
    widget.locator(".lr-slider input").fill("0")
    expect(widget.locator(".lr-start")).to_contain_text("nothing has happened yet")
    widget.get_by_label("ask me first").check()
    widget.get_by_label("ask for").select_option("event")
    widget.get_by_role("button", name="Step").click()
    expect(widget.locator("legend")).to_contain_text("Which event caused it?")
    lab.dark()
    quiet(lab)


def test_a_running_router_is_followed_while_the_notebook_goes_on(
    lab: LabPage, jupyter_server: ServerFor, tmp_path_factory: pytest.TempPathFactory
) -> None:
    recorded = parse_recording((RECORDED / COLLISION).read_text(encoding="utf-8"))
    lines, ends = recorded.log.splitlines(), [each.line for each in recorded.transitions]
    router_log = workspace(tmp_path_factory) / "bgpd.log"
    router_log.write_text("", encoding="utf-8")
    widget = shown(lab, jupyter_server, tmp_path_factory, FOLLOW, "print('the cell is done')")
    expect(lab.page.locator(".jp-CodeCell").last).to_contain_text("the cell is done")
    expect(widget.locator(".lr-follow")).to_contain_text("Live")
    for count, line in enumerate(ends[:4], start=1):
        router_log.write_text("\n".join(lines[:line]), encoding="utf-8")
        expect(widget.locator(".lr-slider")).to_contain_text(f"transition {count} of {count}")
        expect(seat(widget)).to_contain_text(recorded.transitions[count - 1].after.value)
    quiet(lab)
    lab.screenshot("fsm-live", widget)
    widget.get_by_role("button", name="Stop").click()
    expect(widget.locator(".lr-follow")).to_contain_text("Following was stopped")
    router_log.write_text("\n".join(lines), encoding="utf-8")
    widget.get_by_role("button", name="Back").click()
    expect(widget.locator(".lr-slider")).to_contain_text("transition 3 of 4")


def test_a_router_that_cannot_be_followed_is_told_in_the_picture(
    lab: LabPage, jupyter_server: ServerFor, tmp_path_factory: pytest.TempPathFactory
) -> None:
    widget = shown(lab, jupyter_server, tmp_path_factory, FOLLOW.replace("bgpd.log", "none.log"))
    expect(widget.get_by_role("alert")).to_contain_text("Following broke off")
    expect(widget.get_by_role("alert")).to_contain_text("none.log")
    quiet(lab)


def test_a_narrow_notebook_shows_everything(lab: LabPage, widget: Locator) -> None:
    lab.page.set_viewport_size({"width": 800, "height": 2300})
    press(widget, 1)
    expect(seat(widget)).to_contain_text("Connect")
    quiet(lab)
    broken = lab.page.evaluate(
        """() => [...document.querySelectorAll(".lr-fsm tbody td, .lr-fsm thead th")]
            .filter((cell) => cell.getBoundingClientRect().height > 30
                && !/[ _]/.test(cell.textContent)).map((cell) => cell.textContent)"""
    )
    assert broken == []
    outside = lab.page.evaluate(
        """() => {
            const edge = (e) => e.getBoundingClientRect().right;
            const room = edge(document.querySelector(".lr-fsm .lr-groups")) + 1;
            const inside = (e) => edge(e) <= room && e.scrollWidth <= e.clientWidth + 1;
            return [...document.querySelectorAll(".lr-fsm .lr-event")]
                .filter((e) => !inside(e)).map((e) => e.textContent);
        }"""
    )
    assert outside == []
    lab.screenshot("fsm-narrow", widget)


def test_a_prediction_is_committed_before_the_outcome_is_on_the_page(
    lab: LabPage, jupyter_server: ServerFor, tmp_path_factory: pytest.TempPathFactory
) -> None:
    widget = shown(lab, jupyter_server, tmp_path_factory, PREDICT, "print(kept)")
    expect(widget.locator("legend")).to_contain_text("TcpConnectionFails (18) happens")
    expect(widget.locator(".lr-edge")).to_have_count(0)
    assert "from OpenSent to Active" not in lab.page.content()
    widget.get_by_role("button", name="Commit and see").click()
    expect(widget.get_by_role("alert")).to_contain_text("Choose an answer first")
    quiet(lab)
    lab.screenshot("fsm-asked", widget)
    widget.get_by_role("radio", name="Idle").check()
    widget.get_by_role("button", name="Commit and see").click()
    expect(widget.locator(".lr-predicted")).to_contain_text("You said Idle; it was Active")
    expect(seat(widget)).to_contain_text("Active")
    lab.screenshot("fsm-answered", widget)
    lab.page.locator(".jp-CodeCell").last.click()
    lab.page.keyboard.press("Control+Enter")
    expect(lab.page.locator(".jp-CodeCell").last).to_contain_text("'answer': 'Idle'")
