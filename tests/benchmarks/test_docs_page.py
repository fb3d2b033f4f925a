"""What benchmarks write into docs/labs.md and docs/cluster.md: their own figures, no others."""

import runpy
from pathlib import Path
from typing import Any

import pytest

TOP = Path(__file__).parents[2]
SCRIPTS = ("lab_up", "lab_memory", "lab_mesh")
PAGES = [*((script, "labs.md") for script in SCRIPTS), ("cluster", "cluster.md")]


@pytest.fixture(scope="module")
def docs_page() -> dict[str, Any]:
    return runpy.run_path(str(TOP / "benchmarks" / "support" / "docs_page.py"))


@pytest.mark.parametrize("script", SCRIPTS)
def test_figures_replace_those_of_the_same_benchmark_only(
    docs_page: dict[str, Any], script: str
) -> None:
    before = docs_page["PAGE"].read_text(encoding="utf-8")
    after = docs_page["put"](before, script, "other figures\n")
    assert f"<!-- {script}.py -->\nother figures\n<!-- end -->\n" in after
    assert docs_page["put"](after, script, "other figures\n") == after
    for other in {*SCRIPTS} - {script}:
        marker = f"<!-- {other}.py -->\n"
        assert (
            after.partition(marker)[2].partition("<!-- end -->")[0]
            == (before.partition(marker)[2].partition("<!-- end -->")[0])
        )


@pytest.mark.parametrize(("script", "page"), PAGES)
def test_the_page_says_how_busy_the_machine_was(
    docs_page: dict[str, Any], script: str, page: str
) -> None:
    text = (docs_page["DOCS"] / page).read_text(encoding="utf-8")
    assert docs_page["put"](text, script, "other figures\n") != text
    figures = text.partition(docs_page["marker"](script))[2].partition(docs_page["END"])[0]
    assert "| ---: |" in figures
    assert "in the last minute" in figures


@pytest.mark.parametrize("page", ["no marker", "<!-- lab_up.py -->\nno end\n"])
def test_a_page_without_a_place_for_the_figures_is_left_alone(
    docs_page: dict[str, Any], page: str
) -> None:
    with pytest.raises(SystemExit, match=r"needs one line <!-- lab_up\.py --> and <!-- end -->"):
        docs_page["put"](page, "lab_up", "figures\n")


def test_a_table_has_words_to_the_left_and_numbers_to_the_right(docs_page: dict[str, Any]) -> None:
    made = docs_page["table"](("what", "seconds"), [("`rack`", "3.1")], "load 0.1")
    assert made == (
        "| what | seconds |\n| --- | ---: |\n| `rack` | 3.1 |\n\nBefore it began: load 0.1.\n"
    )
