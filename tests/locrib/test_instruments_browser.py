"""A lab's picture and its live instruments in a real JupyterLab, in a real browser."""

import re
from pathlib import Path

import platformdirs
import pytest
from lab_page import PATIENCE, LabPage, ServerFor, write_notebook
from playwright.sync_api import Locator, Page, expect

from labs.packages import installed
from locrib import daemons

HERE = str(Path(platformdirs.user_data_dir()))
"""Where the daemons are unpacked, before the server's tests have a home of their own."""
CELLS = (
    f"""
import os
os.environ["XDG_DATA_HOME"] = {HERE!r}
from labs.lab import Lab
from locrib.instruments import best_path, session_fsm
lab = Lab("first-session")
lab
""",
    'best_path(lab, "border", "198.51.100.7/32")',
    'session_fsm(lab, "tor1", "node1")',
    """
lab.cut("tor2", "node1")
lab.stop_daemon("node1")
lab.wait_state("tor1", "node1", "Active")
lab
""",
)

pytestmark = [pytest.mark.browser, pytest.mark.lab]


@pytest.fixture
def page(
    lab: LabPage, jupyter_server: ServerFor, tmp_path_factory: pytest.TempPathFactory
) -> LabPage:
    """A notebook that brings up a lab, looks at it, and breaks it."""
    if (refused := daemons.refusal()) is not None:
        pytest.skip(refused)
    assert installed()
    folder = tmp_path_factory.mktemp("instruments")
    write_notebook(folder / "lab.ipynb", *CELLS)
    lab.page.set_viewport_size({"width": 1280, "height": 1500})
    lab.open(jupyter_server(folder), "lab.ipynb")
    lab.close_sidebar()
    lab.run_all()
    return lab


def output(page: Page, number: int) -> Locator:
    return page.locator(".jp-CodeCell").nth(number).locator(".jp-OutputArea-output").first


def test_a_lab_and_its_instruments_live_in_a_notebook(page: LabPage) -> None:
    whole, best, fsm, broken = (output(page.page, number) for number in range(4))
    expect(broken).to_contain_text("node1 to tor2 is cut. node1: daemon stopped.", timeout=PATIENCE)
    expect(whole).to_contain_text("4 of 4 sessions Established.")
    gone = re.compile(r"border \(FRR [\d.]+\) has no path for .* any more")
    expect(best).to_contain_text(gone, timeout=PATIENCE)
    expect(fsm).to_contain_text("Live: following the router.", timeout=PATIENCE)
    expect(fsm).to_contain_text("Established")
    for mode in ("light", "dark"):
        if mode == "dark":
            page.dark()
        assert page.serious(".jp-NotebookPanel .locrib") == []
        for number, name in enumerate(("whole", "best-path", "session-fsm", "broken")):
            page.screenshot(f"lab-{name}-{mode}", output(page.page, number))
    best.get_by_role("button", name="Ask again").click()
    expect(best).to_contain_text("has no path")
    fsm.get_by_role("button", name=re.compile("Stop")).click()
    expect(fsm).to_contain_text("Following was stopped.")
