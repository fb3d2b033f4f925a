"""A real JupyterLab in a real browser, for tests: the fixtures `jupyter_server` and `lab`.

The server is the one `locrib learn` starts; the browser is the distribution's chromium, driven by
Playwright without any download. Every page is watched: an error on its console or a request that
leaves the machine fails the test that caused it.
"""

from __future__ import annotations

import json
import re
import shutil
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Protocol

import nbformat
import pytest
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    TimeoutError,  # noqa: A004 - Playwright's own name
    ViewportSize,
    sync_playwright,
)

from locrib.server import Server, serve

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    "--no-sandbox",  # as root, chromium refuses to run with one
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
TOP = Path(__file__).parents[2]
SCREENSHOTS = TOP / "build" / "screenshots"
AXE = "axe_playwright_python"
WINDOW: ViewportSize = {"width": 1280, "height": 900}
PATIENCE = 60_000  # milliseconds: a kernel may start on a loaded machine

# Said on every start by JupyterLab itself, whatever the notebook.
NOT_OURS = (
    "Unable to preventDefault inside passive event listener",
    "ResizeObserver loop",
    "favicon.ico",
)


class ServerFor(Protocol):
    """Starts JupyterLab on a folder, or returns the one that runs there."""

    def __call__(self, folder: Path, *, daemons: bool = False) -> Server: ...


class LabPage:
    """A notebook open in JupyterLab.

    Attributes:
        page: Playwright's page.
        errors: what the console called an error, and exceptions nobody caught.
        strays: requests that went off this machine.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.errors: list[str] = []
        self.strays: list[str] = []
        page.set_default_timeout(PATIENCE)
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", self._requested)

    def _heard(self, message: ConsoleMessage) -> None:
        said = f"{message.text} ({message.location.get('url', '')})"
        if message.type == "error" and not any(known in said for known in NOT_OURS):
            self.errors.append(said)

    def _requested(self, request: Request) -> None:
        local = ("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:", "about:")
        if not request.url.startswith(local):
            self.strays.append(request.url)

    def check(self) -> None:
        """Fail where the console told of an error or a request left the machine."""
        errors, strays = self.errors, self.strays
        self.errors, self.strays = [], []
        assert errors == []
        assert strays == []

    def open(self, server: Server, notebook: str) -> None:
        """Open a notebook, and no other that was open before; wait until it is there."""
        self.page.goto(f"{server.page(notebook)}&reset")
        self.page.locator(".jp-Notebook .jp-Cell").first.wait_for()
        # Before its kernel is there, JupyterLab would answer a run by asking which kernel to take.
        self.page.locator(".jp-KernelName", has_text="Loc-RIB").first.wait_for()
        self.page.locator('.jp-NotebookPanel [data-status="idle"]').first.wait_for(state="attached")

    def close_sidebar(self) -> None:
        """Close the file browser, if it is open, as a learner with a narrow window does."""
        if self.page.locator("#jp-left-stack").is_visible():
            self.page.keyboard.press("Control+b")
            self.page.locator("#jp-left-stack").wait_for(state="hidden")

    def run_all(self) -> None:
        """Run > Run All Cells, by the menu; again where the kernel was not there to hear it.

        Widgets that were there before are marked as gone, so that none is taken for a new one.
        """
        mark = "for (const e of document.querySelectorAll('.locrib')) e.classList.add('was-there')"
        self.page.evaluate(mark)
        started = self.page.locator(".jp-CodeCell .jp-InputPrompt", has_text=re.compile(r"[*\d]"))
        for _ in range(10):
            self.page.keyboard.press("Escape")
            asked = self.page.locator(".jp-Dialog").all_inner_texts()
            assert asked == [], f"JupyterLab asks before it runs anything: {asked}"
            self.page.get_by_role("menuitem", name="Run", exact=True).click()
            self.page.locator('.lm-Menu-item[data-command="runmenu:run-all"]').click()
            try:
                started.first.wait_for(timeout=6_000)
            except TimeoutError:
                continue
            return
        pytest.fail("JupyterLab did not run any cell")

    def widget(self, number: int = 0) -> Locator:
        """One of the widgets of the last Run All, the first being 0."""
        return self.page.locator(".jp-OutputArea-output .locrib:not(.was-there)").nth(number)

    def dark(self) -> None:
        """Turn the system dark; the course's JupyterLab follows it."""
        self.page.emulate_media(color_scheme="dark")
        self.page.locator('body[data-jp-theme-light="false"]').wait_for(state="attached")

    def screenshot(self, name: str, of: Locator | None = None) -> Path:
        """Keep a picture in build/screenshots, to be looked at."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        file = SCREENSHOTS / f"{name}.png"
        if of is not None and (box := of.bounding_box()):
            # What the notebook scrolls out of sight would be missing.
            height = max(WINDOW["height"], int(box["height"]) + 240)
            width = (self.page.viewport_size or WINDOW)["width"]
            self.page.set_viewport_size({"width": width, "height": height})
            of.scroll_into_view_if_needed()
        (of or self.page).screenshot(path=file)
        return file

    def violations(self, selector: str) -> list[str]:
        """What axe-core finds inside a part of the page, of any weight."""
        return [told for _, told in self._axe(selector)]

    def serious(self, selector: str) -> list[str]:
        """What axe-core finds serious or critical inside a part of the page."""
        return [told for impact, told in self._axe(selector) if impact in ("serious", "critical")]

    def _axe(self, selector: str) -> list[tuple[str, str]]:
        axe = pytest.importorskip(AXE, reason="axe-core: pip install -e '.[dev]'")
        script = (Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
        self.page.evaluate(script)
        found = self.page.evaluate("selector => axe.run(selector)", selector)
        return [
            (
                rule["impact"],
                f"{rule['id']}: {rule['help']}: {node['html']} {node['failureSummary']}",
            )
            for rule in found["violations"]
            for node in rule["nodes"]
        ]


def write_notebook(file: Path, *cells: str) -> Path:
    """Write a notebook of code cells for the course's kernel."""
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell, id=f"cell-{n}") for n, cell in enumerate(cells)],
        metadata={"kernelspec": {"name": "locrib-course", "display_name": "Loc-RIB"}},
    )
    file.write_text(json.dumps(notebook), encoding="utf-8")
    return file


def free_port() -> int:
    """A port nobody listens on; two test runs at once each get their own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def jupyter_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerFor]:
    """Start JupyterLab on a folder; every server ends with its file's tests.

    A server has a learner's first day before it, without routing daemons unless a test wants those
    of this machine. Its folders are its own only: later tests of this process keep theirs.
    """
    with ExitStack() as servers:
        home = tmp_path_factory.mktemp("home")
        started: dict[Path, Server] = {}

        def start(folder: Path, *, daemons: bool = False) -> Server:
            if folder not in started:
                log = tmp_path_factory.mktemp("jupyter") / "jupyter.log"
                with pytest.MonkeyPatch.context() as patch:
                    for variable in ("CONFIG", "STATE", "CACHE", *([] if daemons else ["DATA"])):
                        patch.setenv(f"XDG_{variable}_HOME", str(home / variable.lower()))
                    serving = serve(folder, port=free_port(), log=log)
                    started[folder] = servers.enter_context(serving)
            return started[folder]

        yield start


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The distribution's chromium, for one file: Playwright's loop is in the way of any other."""
    if CHROMIUM is None:
        pytest.skip("no chromium here; install it: sudo apt-get install -y chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


@contextmanager
def watched(browser: Browser) -> Iterator[LabPage]:
    """A page of 1,280 by 900 that is watched; ``LabPage.check`` says whether all was well."""
    context = browser.new_context(viewport=WINDOW, color_scheme="light")
    try:
        yield LabPage(context.new_page())
    finally:
        context.close()


@pytest.fixture
def lab(chromium: Browser) -> Iterator[LabPage]:
    """A page of the test's own; at the end it must have had no error and asked nobody outside."""
    with watched(chromium) as page:
        yield page
        page.check()
