"""Steps of the state machine a second, beside a bare table; and its redraw beside the browser's.

The baseline of stepping is the least a machine costs in Python: a dictionary from state and event
to the next state, no conditions, timers, counter or reasons. The baseline of redrawing is the same
round trip with nothing to draw: a command that Python answers without a new picture.

Run: python benchmarks/fsm.py
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bgp.fsm import Connection, Stimulus, advance, step
from bgp.fsm_table import RFC_TABLE
from bgp.fsm_words import Event, State
from widgets import SessionFsm

SECONDS = 0.4
ROUNDS = 5
LIFE = tuple(map(Event, (1, 16, 19, 26, 27, 11, 26, 10)))  # up, alive for a while, down
PRESSES = 40
PLAIN = {
    (row.state, row.event): row.next_state or row.state for row in RFC_TABLE if not row.conditions
} | {
    (State.CONNECT, Event.TCP_CR_ACKED): State.OPEN_SENT,
    (State.OPEN_SENT, Event.BGP_OPEN): State.OPEN_CONFIRM,
}
RECORDING = Path(__file__).parents[1] / "tests/bgp/recorded/fsm/peer-resets-and-returns.frr-10.log"
NOTEBOOK = f"""
from pathlib import Path
from widgets import SessionFsm
display(SessionFsm())
display(SessionFsm.replay(Path({str(RECORDING)!r}).read_text()))
"""


def plain_life() -> State:
    """The baseline: one look-up a step."""
    state = State.IDLE
    for event in LIFE:
        state = PLAIN[state, event]
    return state


def life() -> Connection:
    """The same life with everything the table says."""
    connection = Connection()
    for event in LIFE:
        connection = step(connection, Stimulus(event)).after
    return connection


def played() -> SessionFsm:
    """The same life in the instrument, a new picture each step."""
    widget = SessionFsm()
    for event in LIFE:
        widget.press(event, anyway=True)
    return widget


def an_hour() -> None:
    """An hour of an idle call on the virtual clock."""
    connection = step(Connection(), Stimulus(Event.MANUAL_START)).after
    advance(connection, 3600)


def rate(work: Callable[[], object]) -> float:
    """Calls a second: the median of a few rounds."""
    rates = []
    for _ in range(ROUNDS):
        calls, started = 0, time.perf_counter()
        while (passed := time.perf_counter() - started) < SECONDS / ROUNDS:
            work()
            calls += 1
        rates.append(calls / passed)
    return statistics.median(rates)


def stepping() -> None:
    """Print steps a second and the ratio to the bare table."""
    bare = rate(plain_life) * len(LIFE)
    print("steps a second (and times slower than a bare table of next states)")
    for title, work in (("bare table", plain_life), ("bgp.fsm.step", life), ("SessionFsm", played)):
        speed = rate(work) * len(LIFE)
        print(f"{title:24}{speed:>14,.0f}   ({bare / speed:,.1f}x)")
    print(f"{'an hour of a call':24}{rate(an_hour):>14,.0f}   hours a second")


def redrawing() -> None:
    """Print how long a press takes until the browser shows it, beside an empty round trip."""
    try:
        # The browser and its server are the tests' own.
        sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))
        from lab_page import (  # noqa: PLC0415 - only where a browser is
            CHROMIUM,
            FLAGS,
            LabPage,
            free_port,
            write_notebook,
        )
        from playwright.sync_api import sync_playwright  # noqa: PLC0415 - as above

        from locrib.server import serve  # noqa: PLC0415 - as above
    except ImportError as error:
        print(f"redraw: not measured ({error}); make bench sets everything up")
        return
    if CHROMIUM is None:
        print("redraw: not measured, no chromium; sudo apt-get install -y chromium")
        return
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        here = Path(folder)
        (here / "work").mkdir()
        write_notebook(here / "work" / "fsm.ipynb", NOTEBOOK)
        with serve(here / "work", port=free_port(), log=here / "jupyter.log") as server:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
            lab = LabPage(browser.new_page(viewport={"width": 1280, "height": 1500}))
            lab.open(server, "fsm.ipynb")
            lab.run_all()
            lab.widget(1).wait_for()
            empty, drawn, replayed = lab.page.evaluate(MEASURE, PRESSES)
            browser.close()
    print("press to redraw in the browser, milliseconds, median")
    print(f"{'empty round trip':24}{empty:>14.1f}")
    print(f"{'press and redraw':24}{drawn:>14.1f}   ({drawn / empty:.2f}x)")
    print(f"{'replay a transition':24}{replayed:>14.1f}   ({replayed / empty:.2f}x)")


# A speed nobody offers is refused: a round trip that shows one line and no new picture. A press
# adds a step: graph, timers, sentence and history are new. A replay goes to and fro in a log.
MEASURE = """async (count) => {
  const [root, log] = document.querySelectorAll(".lr-fsm");
  const button = (name) => [...log.querySelectorAll("button")].find((b) => b.textContent === name);
  const alerts = root.querySelector(".lr-alerts");
  const changed = (target, what) => new Promise((done) => {
    const watch = new MutationObserver(() => { watch.disconnect(); done(); });
    watch.observe(target, { childList: true, subtree: true });
    what();
  });
  const timed = async (target, what) => {
    const started = performance.now();
    await changed(target, what);
    return performance.now() - started;
  };
  const median = (times) => times.sort((a, b) => a - b)[Math.floor(times.length / 2)];
  const speed = [...root.querySelectorAll("select")].find((s) =>
    [...s.options].some((o) => o.value === "60"));
  const odd = document.createElement("option");
  odd.value = "7";
  const choose = (value) => () => {
    speed.append(odd);
    speed.value = value;
    speed.dispatchEvent(new Event("change"));
  };
  const empty = [];
  const drawn = [];
  const replayed = [];
  for (let n = 0; n < count; n += 1) {
    empty.push(await timed(alerts, choose("7")));
    await changed(alerts, choose("1"));
    drawn.push(await timed(root, () => root.querySelector('[data-event="1"]').click()));
    replayed.push(await timed(log, () => button(n % 2 ? "Back" : "Step").click()));
  }
  return [median(empty), median(drawn), median(replayed)];
}"""


def main() -> None:
    """Print both tables."""
    stepping()
    redrawing()


if __name__ == "__main__":
    main()
