"""Pages of docs/ that are written from code say what the code says."""

import runpy
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_page_of_profiles_is_what_the_profiles_are() -> None:
    written = (ROOT / "docs" / "profiles.md").read_text(encoding="utf-8")
    tool = runpy.run_path(str(ROOT / "tools" / "profiles_page.py"))
    assert written == tool["page"](), "run: python tools/profiles_page.py"


def test_the_page_of_the_state_machine_is_what_the_table_is() -> None:
    written = (ROOT / "docs" / "fsm.md").read_text(encoding="utf-8")
    tool = runpy.run_path(str(ROOT / "tools" / "fsm_page.py"))
    assert written == tool["page"](), "run: python tools/fsm_page.py"
