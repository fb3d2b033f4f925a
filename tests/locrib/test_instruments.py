"""BestPath and SessionFsm filled by a lab: in Python, through a holder, and in a real notebook."""

import threading
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from labs.errors import LabError
from labs.holder import Holder, claim
from labs.lab import Lab
from labs.lab_replay import Recorder, Replay
from labs.polling import poll
from locrib import daemons
from locrib.instruments import best_path, reach, session_fsm
from locrib.jupyter_env import ASSETS, KERNEL, environment
from locrib.told import ToldError

VIP = "172.30.200.1/32"
TOP = Path(__file__).parents[2]

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """One Service through three nodes."""
    if (refused := daemons.refusal()) is not None:
        pytest.skip(refused)
    with Lab("rack") as up:
        yield up


def test_best_path_is_filled_by_the_router_and_says_whether_the_model_agrees(lab: Lab) -> None:
    live = best_path(lab, "tor", VIP)
    assert {path.id for path in live.calculator.paths} == {"node1", "node2", "node3"}
    assert live.calculator.profile == live.choice.daemon
    assert live.calculator.speaker.asn == 65099
    assert live.agrees
    told = live.text()
    assert told.startswith(f"tor (FRR {lab.title.rpartition(' ')[2].rstrip(')')}) uses node")
    assert f"for {VIP}, of 3 paths. Its reason: " in told
    assert "It shares the traffic between node1, node2, node3." in told
    assert "✓ The model of FRR" in told


def test_best_path_asks_again_and_knows_how_the_router_is_configured(lab: Lab) -> None:
    live = best_path(lab, "tor", VIP)
    lab.configure("tor", "router bgp 65099", "bgp bestpath compare-routerid")
    lab.stop_daemon("node1")
    lab.wait_state("tor", "node1", "Active")
    poll("two paths are left", lambda: len(lab.paths("tor", VIP)) == 2)
    live.refresh()
    assert {path.id for path in live.calculator.paths} == {"node2", "node3"}
    assert live.calculator.knobs.compare_routerid
    assert live.choice.best == "172.18.0.3"
    assert live.agrees
    lab.freeze("tor")
    live.refresh()
    assert "⚠ the daemon of tor is frozen; thaw('tor') brings it back" in live.text()
    lab.thaw("tor")
    live.refresh()
    assert "⚠" not in live.text()
    lab.mend()


@pytest.mark.parametrize(
    ("host", "prefix", "told"),
    [
        ("nobody", VIP, "rack has no host 'nobody'; it has client, tor"),
        ("client", VIP, "client runs no BGP daemon; these do: tor, node1"),
        ("tor", "10.9.9.0/24", "tor has no BGP path for 10.9.9.0/24; this lab's routers announce"),
        ("tor", "web", "expected an IPv4 prefix such as"),
    ],
)
def test_what_cannot_be_filled_is_told_in_a_sentence(
    lab: Lab, host: str, prefix: str, told: str
) -> None:
    with pytest.raises(ToldError, match=told):
        best_path(lab, host, prefix)


def test_a_session_is_followed_live_until_the_lab_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("locrib.instruments.get_ipython", object)  # as in a notebook: beside it
    with Lab("first-session") as lab:
        fsm = session_fsm(lab, "tor1", "node1")
        assert fsm.following
        assert fsm.view["title"] == "tor1 to node1"
        assert fsm.view["origin"].startswith("tor1 runs FRR 10.")
        lab.stop_daemon("node1")
        poll("its fall is seen", lambda: any("Idle" in str(x) for x in fsm.view["history"]))
        again = session_fsm(lab, "tor1", "node1")
        assert not fsm.following
        assert again.following
        with pytest.raises(
            ToldError, match=r"node1 runs BIRD .*: session_fsm\(lab, 'tor1', 'node1'\)"
        ):
            session_fsm(lab, "node1", "tor1")
        with pytest.raises(ToldError, match="tor1 has no neighbor 'tor2'"):
            session_fsm(lab, "tor1", "tor2")
    poll("following ends with the lab", lambda: not again.following)
    poll("no thread is left", lambda: not [t for t in threading.enumerate() if "follow" in t.name])


def test_a_lab_of_another_process_fills_them_too(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("locrib.instruments.get_ipython", object)
    monkeypatch.setattr("locrib.lab_up.folder", lambda: tmp_path / "labs")
    (tmp_path / "labs").mkdir()
    with pytest.raises(ToldError, match="expected one lab that is up, and none is up"):
        reach()
    claimed = claim(tmp_path / "labs", "held")
    holder = Holder(claimed, lab, "rack")
    serving = threading.Thread(target=holder.serve)
    serving.start()
    try:
        with reach() as there:
            assert best_path(there, "tor", VIP).agrees
            fsm = session_fsm(there, "tor", "node1")
            there.mark()
            there.stop_daemon("node1")  # on its own connection, while the other one follows
            poll("its fall is seen", lambda: any("Idle" in str(x) for x in fsm.view["history"]))
            fsm.stop_following()
            there.mend()
    finally:
        holder.end()
        serving.join()
        claimed.close()


def test_a_recording_fills_them_as_the_lab_did(tmp_path: Path) -> None:
    file = tmp_path / "first.json"
    with Recorder(Lab("first-session"), file) as lab:
        shown = best_path(lab, "border", "198.51.100.7/32").text()
        lab.stop_daemon("node1")
        lab.wait_state("tor1", "node1", "Active")
        lab.transitions("tor1", "node1")
    with Replay(file) as replay:
        again = best_path(replay, "border", "198.51.100.7/32")
        assert again.text().splitlines()[:2] == shown.splitlines()[:2]
        replay.stop_daemon("node1")
        fsm = session_fsm(replay, "tor1", "node1")
        assert fsm.view["title"] == "tor1 to node1, recorded"
        assert fsm.view["end"] > 0
        with pytest.raises(LabError, match="was not recorded"):
            best_path(replay, "tor1", "198.51.100.7/32")


CELLS = (
    """
from labs.lab import Lab
from locrib.instruments import best_path, session_fsm
lab = Lab("first-session")
lab
""",
    """
best = best_path(lab, "border", "198.51.100.7/32")
best
""",
    """
lab.cut("tor2", "node1")
lab.wait_state("tor2", "node1", "Idle")
None
""",
    """
import asyncio
seen = asyncio.Queue()
best.calculator.observe(seen.put_nowait, "view")
while len(best.calculator.paths) > 1:
    await asyncio.wait_for(seen.get(), 30)
print(len(best.calculator.paths), best.agrees)
""",
    """
fsm = session_fsm(lab, "tor1", "node1")
fsm
""",
    "lab.close()",
    """
best.refresh()
best
""",
    "lab",
)


@pytest.mark.usefixtures("lab")  # where it can run, so can the notebook's
def test_in_a_notebook_a_lab_is_a_picture_and_the_instruments_follow_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(TOP))
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    for name, value in environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("JUPYTER_PATH", str(ASSETS))
    where = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, kernel_name=KERNEL, timeout=120, resources=where).execute()
    shown = [cell.outputs[-1].get("data", {}) if cell.outputs else {} for cell in notebook.cells]
    assert "<svg" in shown[0]["text/html"]
    assert shown[0]["text/plain"].startswith("4 of 4 sessions Established.")
    live = "application/vnd.jupyter.widget-view+json"
    assert live in shown[1]
    assert "✓ The model of FRR" in shown[1]["text/plain"]
    assert "<svg" in shown[1]["image/svg+xml"]
    assert notebook.cells[3].outputs[0]["text"] == "1 True\n"
    assert live in shown[4]
    assert "⚠ the lab has ended" in shown[6]["text/plain"]
    assert "the lab has ended" in shown[7]["text/plain"]
