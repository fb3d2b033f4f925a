"""The second lesson in a real JupyterLab, as a learner meets it: live, and from a recording."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from lab_page import LabPage, ServerFor, watched
from playwright.sync_api import Browser, Locator, expect

from labs.errors import LabError
from labs.lab import Lab
from labs.packages import ensure
from locrib import course, delivery
from locrib.daemons import WANTED
from modules import catalog

pytestmark = pytest.mark.browser
LESSON = catalog.module().lesson("sessions")
PATIENCE = 240_000  # milliseconds: hold timers take their time, and the machine may be loaded


def cell(page: LabPage, source: str) -> Locator:
    """The code cell that begins with this text."""
    return page.page.locator(".jp-CodeCell", has_text=source).first


@pytest.fixture(scope="module", params=["recording", pytest.param("live", marks=pytest.mark.lab)])
def mode(request: pytest.FixtureRequest) -> str:
    if request.param == "live":
        ensure(WANTED)
        try:
            Lab("first-session").close()
        except LabError as error:
            pytest.skip(str(error))
    return str(request.param)


@pytest.fixture(scope="module")
def workspace(mode: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp(f"sessions-{mode}")
    delivery.deliver(course.notebooks(), folder)
    return folder


@pytest.fixture(scope="module")
def page(
    chromium: Browser, jupyter_server: ServerFor, workspace: Path, mode: str
) -> Iterator[LabPage]:
    """One page for the whole story; every cell has been run."""
    with pytest.MonkeyPatch.context() as patch, watched(chromium) as lab:
        patch.setenv("LOCRIB_STAGE", mode)
        server = jupyter_server(workspace, daemons=mode == "live")
        lab.open(server, LESSON.notebook or "")
        lab.close_sidebar()
        lab.run_all()
        end = lab.page.locator(".locrib", has_text="predictions committed")
        end.wait_for(state="attached", timeout=PATIENCE)
        yield lab
        lab.check()


def test_every_cell_runs_and_says_what_kind_of_truth_it_shows(page: LabPage, mode: str) -> None:
    assert page.page.locator('.jp-OutputArea-output[data-mime-type*="stderr"]').count() == 0
    first = cell(page, "from locrib.course import lesson")
    expect(first).to_contain_text("4 of 4 sessions Established")
    expect(first).to_contain_text("Live: BIRD" if mode == "live" else "Recorded from BIRD")
    first.scroll_into_view_if_needed()
    page.screenshot(f"sessions-{mode}-network", first)


def test_a_refused_call_goes_elsewhere_by_the_rfc_than_in_frr(page: LabPage) -> None:
    machine = cell(page, "here.machine(1)")
    machine.scroll_into_view_if_needed()
    fails = machine.get_by_role("button", name="the call fails or ends").first
    fails.click()
    expect(machine).to_contain_text("takes the connection from Connect to Idle")
    machine.get_by_role("button", name="Undo").click()
    machine.get_by_role("combobox", name="machine").select_option("frr-8.4")
    fails.click()
    expect(machine).to_contain_text("takes the connection from Connect to Active")


def test_the_instrument_has_followed_the_session_up(page: LabPage, mode: str) -> None:
    following = cell(page, "here.follow")
    following.scroll_into_view_if_needed()
    if mode == "live":
        expect(following).to_contain_text("Followed to the end")
    else:
        following.get_by_role("button", name="Play").click()
    expect(following).to_contain_text("Receive_KEEPALIVE_message")
    page.screenshot(f"sessions-{mode}-follow", following)


def test_a_busy_session_flaps_and_a_quiet_one_does_not(page: LabPage, mode: str) -> None:
    expect(cell(page, "lab.mtu")).to_contain_text("Established, and nothing happened in 10 s")
    flapping = cell(page, 'lab.routes("node1", 400)')
    expect(flapping).to_contain_text(re.compile(r"left Established [23] times, (9|1\d)\.\d s"))
    page.screenshot(f"sessions-{mode}-flap", flapping)


def test_waiting_says_for_what_and_leaves_nothing_behind(page: LabPage, mode: str) -> None:
    told = page.page.locator(".jp-OutputArea-output", has_text="Waiting, ")
    assert told.count() == 0
    watching = cell(page, 'lab.watch("tor1", "node1", 5)')
    watching.scroll_into_view_if_needed()
    watching.locator(".jp-InputArea-editor").click()
    page.page.keyboard.press("Control+Enter")
    if mode == "live":
        expect(told).to_be_visible()
        expect(told).to_contain_text(re.compile(r"Waiting, \d s\. tor1 to node1: (Active|Connect)"))
        page.screenshot("sessions-live-waiting", watching)
    expect(watching).to_contain_text("Active")
    expect(told).to_have_count(0, timeout=PATIENCE)


def test_a_trouble_is_mended_by_its_opposite_and_the_client_agrees(page: LabPage) -> None:
    last = cell(page, "# your one line here")
    expect(last).to_contain_text("Not mended yet")
    last.scroll_into_view_if_needed()
    last.locator(".jp-InputArea-editor").click()
    page.page.keyboard.press("Control+a")
    page.page.keyboard.type('lab.start_daemon("node1")\nlab.mended()')
    page.page.keyboard.press("Control+Enter")
    mended = cell(page, "lab.start_daemon")
    expect(page.page.locator(".locrib", has_text="Mended: the client reaches")).to_be_visible()
    assert mended.count() == 1


def test_a_prediction_is_answered_by_name_and_counted(page: LabPage) -> None:
    shown = page.page.locator(".locrib.lr-question", has_text="is about to be stopped").first
    shown.scroll_into_view_if_needed()
    shown.get_by_role("radio").first.check()  # Idle: what the RFC says
    shown.get_by_role("button", name="Commit").click()
    expect(shown).to_contain_text("A router shows the states exactly as the RFC describes them")
    last = page.page.locator(".jp-CodeCell").last
    last.scroll_into_view_if_needed()
    last.locator(".jp-InputArea-editor").click()
    page.page.keyboard.press("Control+Enter")
    expect(last).to_contain_text("1 of 10 predictions committed, 0 came true")


def test_the_link_past_the_first_half_leads_there(page: LabPage) -> None:
    page.page.get_by_role("link", name=LESSON.go_on_at).first.click()
    expect(page.page.locator("h2", has_text=LESSON.go_on_at)).to_be_in_viewport()


def test_pictures_are_readable_in_the_dark_and_to_a_screen_reader(page: LabPage, mode: str) -> None:
    assert page.serious(".locrib.lr-page") == []
    page.dark()
    assert page.serious(".locrib.lr-page") == []
    page.screenshot(f"sessions-{mode}-dark", cell(page, 'lab.trace("client", "10.244.1.10")'))
