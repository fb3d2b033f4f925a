import json
from pathlib import Path

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locrib import notebooks


def ids(text: str) -> list[str]:
    return [cell["id"] for cell in json.loads(text)["cells"]]


def test_a_lesson_becomes_a_valid_notebook_for_the_course_kernel(lesson: Path) -> None:
    notebook = nbformat.reads(notebooks.build(lesson), as_version=4)
    nbformat.validate(notebook)
    assert [cell.cell_type for cell in notebook.cells] == ["markdown", "code", "markdown", "code"]
    assert notebook.metadata.kernelspec.name == "locrib-course"
    assert notebook.metadata.title == "Best path"


def test_nothing_of_the_text_format_is_left_for_jupyter_to_act_on(lesson: Path) -> None:
    lesson.write_text(
        "---\njupytext:\n  formats: md:myst,ipynb\nkernelspec:\n  name: julia\n"
        "  display_name: Julia\n---\n\n"
        "```{code-cell}\n1\n```\n",
        encoding="utf-8",
    )
    metadata = json.loads(notebooks.build(lesson))["metadata"]
    assert set(metadata) == {"kernelspec", "language_info"}
    assert metadata["kernelspec"]["name"] == "locrib-course"


def test_building_twice_gives_the_same_bytes(lesson: Path) -> None:
    assert notebooks.build(lesson) == notebooks.build(lesson)


def test_equal_cells_have_different_ids(lesson: Path) -> None:
    built = ids(notebooks.build(lesson))
    assert len(set(built)) == len(built) == 4


def test_a_new_paragraph_leaves_the_ids_of_the_other_cells_alone(lesson: Path) -> None:
    before = ids(notebooks.build(lesson))
    text = lesson.read_text(encoding="utf-8")
    lesson.write_text(text.replace("## MED", "More.\n\n+++\n\n## MED"), encoding="utf-8")
    after = ids(notebooks.build(lesson))
    assert len(after) == len(before) + 1
    assert [id_ for id_ in after if id_ in before] == before


def test_cell_tags_of_the_author_reach_the_notebook(lesson: Path) -> None:
    lesson.write_text("```{code-cell} ipython3\n:tags: [hide-input]\n\n1\n```\n", encoding="utf-8")
    assert json.loads(notebooks.build(lesson))["cells"][0]["metadata"] == {"tags": ["hide-input"]}


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("# Only prose\n", "none"),
        ("```{code-cell} bash\nls\n```\n", "'bash'"),
        ("---\ntitle: [\n---\n\n```{code-cell}\n1\n```\n", "Error"),
        ("```{code-cell}\n:tags: [\n\n1\n```\n", "Error"),
        ("", "none"),
    ],
)
def test_a_text_that_is_no_lesson_is_refused_by_name(lesson: Path, text: str, seen: str) -> None:
    lesson.write_text(text, encoding="utf-8")
    with pytest.raises(notebooks.SourceError) as caught:
        notebooks.build(lesson)
    assert str(lesson) in caught.value.expected
    assert seen in caught.value.seen


def test_running_a_notebook_or_storing_it_in_lines_is_not_an_edit(lesson: Path) -> None:
    text = notebooks.build(lesson)
    notebook = json.loads(text)
    for cell in notebook["cells"]:
        cell["source"] = cell["source"].splitlines(keepends=True)
        if cell["cell_type"] == "code":
            cell["execution_count"] = 7
            cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "hi"}]
    assert notebooks.digest(json.dumps(notebook)) == notebooks.digest(text)


@given(cell=st.integers(0, 3), added=st.text(min_size=1))
def test_any_change_of_a_cells_text_is_an_edit(cell: int, added: str) -> None:
    listed = [{"cell_type": "code", "source": f"x = {n}"} for n in range(4)]
    before = notebooks.digest(json.dumps({"cells": listed}))
    listed[cell]["source"] += added
    assert notebooks.digest(json.dumps({"cells": listed})) != before


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"cells": 3}', '{"cells": [{}]}', '{"cells": ["x"]}', "[" * 100_000],
)
def test_what_is_not_a_notebook_has_no_digest(text: str) -> None:
    with pytest.raises(ValueError, match="not a notebook"):
        notebooks.digest(text)
