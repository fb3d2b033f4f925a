"""The JavaScript of the widgets: tested by Node as it is, and joined into what a browser loads."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from widgets import BestPath, QuestionCard, SessionFsm
from widgets.base import bundle

NODE = shutil.which("node")
WIDGETS = Path(__file__).parents[2] / "widgets"
needs_node = pytest.mark.skipif(
    NODE is None, reason="no node here; install it: sudo apt-get install -y nodejs"
)


@needs_node
@pytest.mark.parametrize(
    "file", sorted((Path(__file__).parent / "javascript").glob("*.test.mjs")), ids=lambda f: f.name
)
def test_the_modules_keep_what_their_tests_say(file: Path) -> None:
    done = subprocess.run(
        [str(NODE), "--test", str(file)], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@needs_node
@pytest.mark.parametrize("widget", [BestPath, QuestionCard, SessionFsm], ids=lambda w: w.__name__)
def test_the_joined_module_is_one_that_a_browser_can_load(widget: type, tmp_path: Path) -> None:
    (tmp_path / "widget.mjs").write_text(str(widget._esm), encoding="utf-8")  # type: ignore[attr-defined]
    (tmp_path / "load.mjs").write_text(
        'import view from "./widget.mjs"; console.log(Object.keys(view).join());', encoding="utf-8"
    )
    done = subprocess.run(
        [str(NODE), "load.mjs"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.strip() == "render"


@pytest.mark.parametrize("widget", [BestPath, QuestionCard, SessionFsm], ids=lambda w: w.__name__)
def test_the_joined_module_imports_nothing_and_asks_nobody(widget: type) -> None:
    code = str(widget._esm)  # type: ignore[attr-defined]
    asks = r"^\s*import |\bimport\(|https?://(?!www\.w3\.org/2000/svg\b)|\bfetch\(\"|XMLHttpRequest"
    assert not re.search(asks, code, re.MULTILINE)
    assert len(re.findall(r"^export ", code, re.MULTILINE)) == 1


def test_no_view_writes_markup() -> None:
    for file in WIDGETS.glob("*.*js"):
        code = file.read_text(encoding="utf-8")
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", code)


def test_joining_keeps_the_last_default_export_and_drops_the_words_between_modules() -> None:
    joined = bundle("grid.mjs", "dom.mjs")
    assert "export" not in re.sub(r"//.*", "", joined)
    assert "function moved(" in joined
