"""The course's kernel, started for real in a folder full of traps."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

from locrib.jupyter_env import ASSETS, KERNEL, environment

SECONDS = 60
OURS = ("bgp", "widgets", "labs", "modules", "locrib")
THEIRS = ("random", "json", "ipykernel", "IPython", "anywidget", "plotly", "traitlets", "asyncio")

Run = Callable[[str], dict[str, Any]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A notebook's folder with a file named like each package the course imports."""
    folder = tmp_path / "note books"
    folder.mkdir()
    for name in (*OURS, *THEIRS):
        (folder / f"{name}.py").write_text(
            f"raise RuntimeError('{name}.py of the learner was imported')\n", encoding="utf-8"
        )
    (folder / "mine.py").write_text("answer = 42\n", encoding="utf-8")
    return folder


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """What the kernel writes where no cell sees it: the terminal of whoever started it."""
    return tmp_path / "kernel.log"


@pytest.fixture
def run(home: Path, folder: Path, log: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Run a cell and give back what it wrote, and how it ended."""
    monkeypatch.setenv("PYTHONPATH", f":{Path(__file__).parents[2]}")
    manager = KernelManager(
        kernel_name=KERNEL,
        kernel_spec_manager=KernelSpecManager(kernel_dirs=[str(ASSETS / "kernels")]),
        connection_file=str(home / "kernel.json"),
        transport_encryption="auto",
    )
    with log.open("wb") as output:
        manager.start_kernel(cwd=str(folder), env=environment(), stdout=output, stderr=output)
    client = manager.client()
    client.start_channels()

    def execute(source: str) -> dict[str, Any]:
        heard: dict[str, Any] = {"stdout": "", "stderr": "", "error": None}

        def listen(message: dict[str, Any]) -> None:
            content = message["content"]
            if message["msg_type"] == "stream":
                heard[content["name"]] += content["text"]
            elif message["msg_type"] == "error":
                heard["error"] = f"{content['ename']}: {content['evalue']}"

        client.execute_interactive(source, timeout=SECONDS, output_hook=listen)
        return heard

    try:
        client.wait_for_ready(timeout=SECONDS)
        yield execute
    finally:
        client.stop_channels()
        manager.shutdown_kernel()
        manager.context.destroy()


QUIET = {"stdout": "", "stderr": "", "error": None}


def test_files_named_like_our_packages_break_nothing(run: Run, folder: Path) -> None:
    for name in (*OURS, *THEIRS):
        assert run(f"import {name}") == QUIET
    where = run("import bgp, random; print(bgp.__file__); print(random.__file__)")
    assert str(folder) not in where["stdout"]


def test_a_learners_own_module_still_imports(run: Run) -> None:
    assert run("import mine; print(mine.answer)") == QUIET | {"stdout": "42\n"}


def test_answers_know_the_notebooks_folder(run: Run, folder: Path) -> None:
    # `%cd` without -q prints where it went.
    assert run("%cd -q /") == QUIET
    seen = run("from locrib import answers; print(answers.default_folder())")
    assert seen == QUIET | {"stdout": f"{folder / 'answers'}\n"}


def test_a_python_started_from_a_cell_is_the_courses(run: Run) -> None:
    seen = run("import shutil; print(shutil.which('python'))")
    assert Path(seen["stdout"].strip()).parent == Path(sys.executable).parent


def test_a_start_says_nothing_to_anybody(run: Run, log: Path) -> None:
    assert run("x = 1") == QUIET
    assert log.read_text(encoding="utf-8") == ""


def test_jupyter_finds_the_kernel_by_its_name(home: Path) -> None:
    listed = subprocess.run(
        [sys.executable, "-P", "-m", "jupyter_client.kernelspecapp", "list"],
        env=environment(),
        cwd=home,
        capture_output=True,
        text=True,
        check=True,
    )
    assert f" {KERNEL} " in listed.stdout
