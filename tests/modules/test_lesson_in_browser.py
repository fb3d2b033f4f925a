"""The home page and the first lesson in a real JupyterLab, the way a learner meets them."""

import contextlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from lab_page import LabPage, ServerFor, watched
from playwright.sync_api import Browser, TimeoutError, expect  # noqa: A004 - Playwright's own name

from locrib import course, delivery
from modules import catalog

pytestmark = pytest.mark.browser
LESSON = catalog.module().lesson("best-path")
PATIENCE = 90_000  # milliseconds: every cell of the lesson on a loaded machine


VISIBLE = ".jp-NotebookPanel:not(.lm-mod-hidden)"


def run_all(page: LabPage) -> None:
    """Run All in the notebook in front; another one, run before, lies behind it."""
    page.page.locator(f'{VISIBLE} [data-status="idle"]').first.wait_for(state="attached")
    started = page.page.locator(f"{VISIBLE} .jp-InputPrompt", has_text=re.compile(r"[*\d]"))
    for _ in range(10):
        page.page.keyboard.press("Escape")
        page.page.get_by_role("menuitem", name="Run", exact=True).click()
        page.page.locator('.lm-Menu-item[data-command="runmenu:run-all"]').click()
        with contextlib.suppress(TimeoutError):
            started.first.wait_for(timeout=6_000)
            return
    pytest.fail("JupyterLab did not run any cell")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("course")
    delivery.deliver(course.notebooks(), folder)
    return folder


@pytest.fixture(scope="module")
def page(chromium: Browser, jupyter_server: ServerFor, workspace: Path) -> Iterator[LabPage]:
    """One page for the whole story: home, lesson, answers, home again."""
    with watched(chromium) as lab:
        lab.open(jupyter_server(workspace), course.HOME)
        lab.close_sidebar()
        yield lab


def test_the_home_page_says_where_to_begin(page: LabPage) -> None:
    page.run_all()
    banner = page.page.locator(".locrib .lr-go a")
    expect(banner).to_have_text("Begin: Best path: what a router believes")
    page.screenshot("home")
    banner.click()
    expect(page.page.locator(".jp-RenderedMarkdown h1", has_text=LESSON.title)).to_be_visible()


def test_the_lesson_runs_from_its_first_cell_to_its_last(page: LabPage) -> None:
    notebook = page.page.locator(VISIBLE)
    run_all(page)
    end = notebook.locator(".locrib", has_text="predictions committed")
    end.wait_for(state="attached", timeout=PATIENCE)
    expect(end).to_contain_text(f"0 of {len(LESSON.questions)} predictions committed")
    assert notebook.locator('.jp-OutputArea-output[data-mime-type*="stderr"]').count() == 0


def test_a_prediction_committed_by_keyboard_is_answered_and_kept(
    page: LabPage, workspace: Path
) -> None:
    question = catalog.questions()["longer-path"]
    shown = page.page.locator(".locrib.lr-question", has_text="node3 is about to write").first
    shown.scroll_into_view_if_needed()
    shown.get_by_role("radio").first.focus()
    page.page.keyboard.press("ArrowDown")  # from the first choice to the second, which is wrong
    page.page.keyboard.press("Tab")
    page.page.keyboard.press("Enter")
    expect(shown).to_contain_text("You read the length as strength")
    expect(shown).to_contain_text("A path that lists an AS more often is a stronger path")
    kept = json.loads((workspace / "answers" / "longer-path.json").read_text(encoding="utf-8"))
    assert kept["attempts"][-1]["answer"] == "b" != question.right
    page.screenshot("lesson-answered", shown)


def test_what_was_predicted_is_in_the_lessons_record(page: LabPage) -> None:
    last = page.page.locator(f"{VISIBLE} .jp-CodeCell").last
    last.scroll_into_view_if_needed()
    last.locator(".jp-InputArea-editor").click()
    page.page.keyboard.press("Control+Enter")
    expect(last).to_contain_text("1 of 10 predictions committed, 0 came true")


def test_the_link_past_the_first_half_leads_there(page: LabPage) -> None:
    page.page.get_by_role("link", name=LESSON.go_on_at).first.click()
    heading = page.page.locator("h2", has_text=LESSON.go_on_at)
    expect(heading).to_be_in_viewport()


def test_pictures_are_readable_in_the_dark_and_to_a_screen_reader(page: LabPage) -> None:
    assert page.serious(".locrib.lr-page") == []
    page.dark()
    assert page.serious(".locrib.lr-page") == []
    page.screenshot("lesson-dark")
