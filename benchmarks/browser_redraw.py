"""From an edit to the new picture in the browser, beside a plain ipywidgets text round trip.

Both happen in one JupyterLab, in one page, in turn. The edit is a learner's: LOCAL_PREF of one of
six paths is changed, Python decides by every profile and words every what-if, the browser draws;
the clock stops when the new sentence is painted. The baseline changes an ipywidgets Text whose
value Python copies into a Label: the least that any widget with Python behind it costs.

Run: python benchmarks/browser_redraw.py
"""

from __future__ import annotations

import math
import os
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

ROUNDS = 60
WARM_UP = 5
SUPPORT = Path(__file__).parents[1] / "tests" / "support"

SCENE = """
from ipaddress import ip_address
import ipywidgets
from bgp import AsPath, Path, Peer, PeerType, Speaker
from widgets import BestPath

def path(n):
    address = ip_address(f"192.0.2.{n}")
    peer = Peer(f"n{n}", PeerType.EBGP, address, ip_address(f"10.9.9.{n}"), 65000 + n % 3)
    return Path(f"p{n}", peer, AsPath.of(65000 + n % 3, 65100), med=n % 2 * 10,
                next_hop=address, igp_metric=n % 2 * 5)

text, label = ipywidgets.Text(continuous_update=False), ipywidgets.Label("nothing")
def copy(change):
    label.value = "seen " + change["new"]
text.observe(copy, "value")
"""
SHOW = """
display(ipywidgets.HBox([text, label]))
display(BestPath([path(n) for n in range(1, 7)], speaker=Speaker(64512)))
"""

# Both return milliseconds from the change to the first frame that shows its result.
PAINTED = """
const painted = (inside, words) => new Promise((done) => {
    const look = () => inside().includes(words) ? requestAnimationFrame(() => done()) : null;
    const watch = new MutationObserver(() => look());
    watch.observe(document.body, {subtree: true, childList: true, characterData: true});
    look();
});
"""
BASELINE = (
    "async (value) => {"
    + PAINTED
    + """
    const input = document.querySelector(".widget-text input, .jupyter-widgets input[type=text]");
    const label = () => document.querySelector(".widget-label.jupyter-widgets:last-child, "
        + ".jupyter-widgets.widget-label").textContent
        + document.querySelector(".widget-hbox").textContent;
    const start = performance.now();
    input.value = value;
    input.dispatchEvent(new Event("change", {bubbles: true}));
    await painted(label, "seen " + value);
    return performance.now() - start;
}"""
)
EDIT = (
    "async ([row, value]) => {"
    + PAINTED
    + """
    const root = document.querySelector(".lr-best-path");
    const place = [...root.querySelectorAll(".lr-paths thead th")]
        .findIndex((th) => th.textContent === "LOCAL_PREF");
    root.querySelector(`[data-cell="${row}:${place}"]`).click();
    const input = root.querySelector(".lr-editor");
    input.value = value;
    input.dispatchEvent(new Event("input", {bubbles: true}));
    const start = performance.now();
    input.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", bubbles: true}));
    await painted(() => root.querySelector(".lr-verdict").textContent, `: ${value};`);
    return performance.now() - start;
}"""
)


def main() -> None:
    """Measure both in turn and print median, 95th percentile and their ratios."""
    sys.path.insert(0, str(SUPPORT))
    import lab_page  # noqa: PLC0415 - it is found only now
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - a dev dependency

    from locrib.server import serve  # noqa: PLC0415 - after the settings of this run

    if lab_page.CHROMIUM is None:
        print("skipped: no chromium here; install it: sudo apt-get install -y chromium")
        return
    with tempfile.TemporaryDirectory() as home, tempfile.TemporaryDirectory() as folder:
        for kind in ("CONFIG", "DATA", "STATE", "CACHE"):
            os.environ[f"XDG_{kind}_HOME"] = str(Path(home) / kind.lower())
        lab_page.write_notebook(Path(folder) / "bench.ipynb", SCENE, SHOW)
        log = Path(home) / "jupyter.log"
        with (
            serve(Path(folder), port=lab_page.free_port(), log=log) as server,
            sync_playwright() as playwright,
        ):
            browser = playwright.chromium.launch(
                executable_path=lab_page.CHROMIUM, args=list(lab_page.FLAGS)
            )
            with lab_page.watched(browser) as lab:
                lab.open(server, "bench.ipynb")
                lab.run_all()
                lab.widget().wait_for()
                measured = measure(lab.page)
            browser.close()
    report(*measured)


def measure(page: Any) -> tuple[list[float], list[float]]:  # noqa: ANN401 - Playwright's page
    """Time baseline and edit in turn, so that both meet the same machine."""
    plain, edits = [], []
    for turn in range(WARM_UP + ROUNDS):
        plain.append(page.evaluate(BASELINE, f"value {turn}"))
        edits.append(page.evaluate(EDIT, [turn % 6, str(1000 + turn)]))
    return plain[WARM_UP:], edits[WARM_UP:]


def report(plain: list[float], edits: list[float]) -> None:
    """Print the figures."""
    print(f"edit to redraw in the browser, {ROUNDS} rounds, milliseconds")
    print(f"{'':34}{'median':>9}{'95th':>9}")
    for name, times in (("ipywidgets Text to Label", plain), ("BestPath, six paths", edits)):
        print(f"{name:34}{statistics.median(times):9.1f}{high(times):9.1f}")
    ratios = statistics.median(edits) / statistics.median(plain), high(edits) / high(plain)
    print(f"{'ratio':34}{ratios[0]:9.2f}{ratios[1]:9.2f}")


def high(times: list[float]) -> float:
    """Return the 95th percentile: the smallest value that 95 % do not exceed."""
    return sorted(times)[math.ceil(0.95 * len(times)) - 1]


if __name__ == "__main__":
    main()
