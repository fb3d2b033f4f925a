"""The state machine in a real JupyterLab, in a real browser, as a learner meets it."""

from pathlib import Path

import pytest
from lab_page import LabPage, ServerFor, write_notebook
from playwright.sync_api import Locator, expect

pytestmark = pytest.mark.browser

PLAY = "from widgets import SessionFsm\nw = SessionFsm()\nw"
SEE = "print(w.state, w.session.steps)"
LOG = '''
from widgets import SessionFsm
w = SessionFsm.replay("""\
2026/11/23 09:00:00 BGP: 10.0.0.2 [FSM] BGP_Start (Idle->Connect), fd -1
2026/11/23 09:00:01 BGP: 10.0.0.2 [FSM] TCP_connection_open (Connect->OpenSent), fd 23
2026/11/23 09:00:01 BGP: 10.0.0.2 [FSM] Receive_OPEN_message (OpenSent->OpenConfirm), fd 23
2026/11/23 09:00:01 BGP: 10.0.0.2 [FSM] Receive_KEEPALIVE_message (OpenConfirm->Established), fd 23
2026/11/23 09:00:09 BGP: 10.0.0.2 [FSM] Hold_Timer_expired (Established->Clearing), fd 23
2026/11/23 09:00:09 BGP: 10.0.0.2 [FSM] Clearing_Completed (Clearing->Idle), fd -1
""")
w
'''
PREDICT = """
from widgets import SessionFsm
kept = []
w = SessionFsm((1, 16), predict="next_state", ask=18, on_commit=kept.append)
w
"""
_workspace: list[Path] = []


def shown(lab: LabPage, server: ServerFor, factory: pytest.TempPathFactory, *cells: str) -> Locator:
    if not _workspace:
        _workspace.append(factory.mktemp("workspace"))
    folder = _workspace[0]
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
    """Nothing serious for axe, nothing wider than its place."""
    assert lab.serious(".jp-OutputArea-output .lr-fsm") == []
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


def test_it_is_all_done_by_keyboard(lab: LabPage, widget: Locator) -> None:
    keyboard = lab.page.keyboard
    widget.get_by_label("machine").focus()
    for _ in range(20):
        if widget.locator('[data-event="1"]:focus').count():
            break
        keyboard.press("Tab")
    keyboard.press("Enter")
    expect(seat(widget)).to_contain_text("Connect")
    focus = lab.page.locator(":focus")
    expect(focus).to_have_attribute("data-event", "1")
    keyboard.press("d")  # must not reach the notebook's shortcuts
    keyboard.press("d")
    expect(lab.page.locator(".jp-CodeCell")).to_have_count(2)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_and_nothing_is_too_wide(
    lab: LabPage, widget: Locator, theme: str
) -> None:
    if theme == "dark":
        lab.dark()
    press(widget, 1)
    expect(seat(widget)).to_contain_text("Connect")
    widget.get_by_label("optional events too").check()
    for panel in ("Attributes and timers", "FRR and the RFC", "As text"):
        widget.get_by_role("button", name=panel).click()
        expect(widget.locator(".lr-panel")).to_be_visible()
        quiet(lab)
        lab.screenshot(f"fsm-{panel.lower().replace(' ', '-')}-{theme}", widget)


def test_a_log_is_replayed_with_its_slider(
    lab: LabPage, jupyter_server: ServerFor, tmp_path_factory: pytest.TempPathFactory
) -> None:
    widget = shown(lab, jupyter_server, tmp_path_factory, LOG)
    expect(widget.locator(".lr-slider")).to_contain_text("transition 0 of 6")
    widget.get_by_role("button", name="Step").click()
    expect(seat(widget)).to_contain_text("Connect")
    widget.locator('input[type="range"]').fill("5")
    expect(seat(widget)).to_contain_text("Clearing")
    quiet(lab)
    lab.screenshot("fsm-log", widget)
    widget.get_by_role("button", name="Play").click()
    expect(seat(widget)).to_contain_text("Idle")


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
