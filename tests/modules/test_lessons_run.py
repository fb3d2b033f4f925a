"""Every notebook runs from its first cell to its last, on recordings and on real routers."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from labs.errors import LabError
from labs.packages import ensure
from labs.process_tree import ProcessTree
from labs.stage import router_daemon
from locrib import notebooks
from locrib.daemons import WANTED
from locrib.jupyter_env import environment
from modules import catalog

TOP = Path(__file__).parents[2]
NOTEBOOKS = {target: source for source, target in catalog.notebooks()}
# A process of its own: what Jupyter's client leaves to its garbage collector is not ours.
RUN = """
import sys, nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(notebook, timeout=120, store_widget_state=False).execute(cwd=sys.argv[2])
nbformat.write(notebook, sys.argv[1])
"""


@pytest.fixture(params=["recording", pytest.param("live", marks=pytest.mark.lab)])
def mode(request: pytest.FixtureRequest) -> str:
    if request.param == "live":
        ensure(WANTED)
        try:
            router_daemon()
            ProcessTree().close()
        except LabError as error:
            pytest.skip(str(error))
    return str(request.param)


def run(source: Path, folder: Path, mode: str) -> list[dict[str, Any]]:
    """Run a notebook; return its cells with their outputs."""
    file = folder / "notebook.ipynb"
    file.write_text(notebooks.build(source), encoding="utf-8")
    base = os.environ | {"PYTHONPATH": str(TOP), "LOCRIB_STAGE": mode}
    base.pop("LOCRIB_NOTEBOOK_FOLDER", None)
    done = subprocess.run(
        [sys.executable, "-c", RUN, file, folder],
        env=environment(base),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    cells: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))["cells"]
    return cells


def joined(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)


@pytest.mark.parametrize("target", NOTEBOOKS)
def test_a_notebook_runs_with_nothing_on_any_cells_stderr(
    mode: str, target: str, tmp_path: Path
) -> None:
    outputs = [
        output
        for cell in run(NOTEBOOKS[target], tmp_path, mode)
        for output in cell.get("outputs", [])
    ]
    assert outputs
    assert [output["text"] for output in outputs if output.get("name") == "stderr"] == []
    text = "".join(joined(output.get("data", {}).get("text/plain", "")) for output in outputs)
    assert "✗ differ" not in text
    if target != catalog.HOME:
        assert ("Live: " in text) == (mode == "live")
        assert ("Recorded from " in text) == (mode == "recording")
