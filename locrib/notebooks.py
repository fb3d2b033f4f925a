"""Lessons are text (MyST Markdown); a notebook is what is built from it, the same bytes each time.

Built here and nowhere else: cell ids follow from the cells' own text, so a lesson that grows a
paragraph keeps the ids of all its other cells (and with them whatever refers to a cell); the
kernel is ours whatever the source says; and jupytext's notes about the source are left out,
because Jupyter would act on them. See docs/decisions/notebooks-as-text.md.
"""

import hashlib
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

from locrib.jupyter_env import KERNEL
from locrib.trouble import Exit, Trouble

BUILD = 1
"""Raise it when the same source gives another notebook: untouched copies are then rebuilt."""

_METADATA = {
    "kernelspec": {"name": KERNEL, "display_name": "Loc-RIB", "language": "python"},
    "language_info": {"name": "python"},
}
_CODE_CELL = re.compile(r"^`{3,}\{code-cell\}[ \t]*(\S*)", re.MULTILINE)
_PYTHON = frozenset({"", "python", "python3", "ipython", "ipython3"})


class SourceError(Trouble):
    """A lesson's text cannot become a notebook: its author's mistake, never the learner's."""

    def __init__(self, source: Path, expected: str, seen: str) -> None:
        """Name the file, what a lesson's text must be, and what this one is."""
        super().__init__(
            f"{expected} in {source}",
            seen,
            "mend the lesson's text; with an unchanged copy of the course, please report it",
            code=Exit.INPUT,
        )


def fingerprint(text: str) -> str:
    """What a build depends on, as 64 hexadecimal digits: the source text and this builder."""
    return hashlib.sha256(f"{BUILD}\n{text}".encode()).hexdigest()


def read(source: Path) -> str:
    """The text of a lesson.

    Raises:
        SourceError: There is no such file, or it is not text.
    """
    try:
        return source.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(source, "the text of a lesson", str(error)) from error


def build(source: Path) -> str:
    """The notebook of a lesson's MyST source, as the text of an `.ipynb` file (nbformat 4.5).

    Args:
        source: A Markdown file whose `{code-cell}` directives are Python.

    Raises:
        SourceError: The text cannot be read, is not MyST, or holds no code cell, or one that is
            not Python.
    """
    # Importing these takes longer than all the rest of a start that has nothing to build.
    import jupytext  # noqa: PLC0415 -- slow
    import nbformat  # noqa: PLC0415 -- slow

    text = read(source)
    for language in _CODE_CELL.findall(text):
        if language not in _PYTHON:
            raise SourceError(source, "Python in every code cell", f"a cell of {language!r}")
    try:
        notebook = jupytext.reads(text, fmt="md:myst")
    except Exception as error:  # jupytext lets the exceptions of three parsers through
        raise SourceError(source, "MyST Markdown", f"{type(error).__name__}: {error}") from error
    if not any(cell["cell_type"] == "code" for cell in notebook.cells):
        raise SourceError(source, "at least one {code-cell}", "none")
    notebook.metadata.pop("jupytext", None)
    notebook.metadata.update(_METADATA)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    seen: Counter[str] = Counter()
    for cell in notebook.cells:
        cell["id"] = _cell_id(cell["cell_type"], cell["source"], seen)
    nbformat.validate(notebook)
    return json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _cell_id(kind: str, source: str, seen: Counter[str]) -> str:
    """An id from the cell's text; equal cells are told apart by counting them from the top."""
    text = f"{kind}\n{source}"
    seen[text] += 1
    return hashlib.sha256(f"{seen[text]}\n{text}".encode()).hexdigest()[:12]


def digest(text: str) -> str:
    """What a learner could have edited in a notebook, as 64 hexadecimal digits.

    Cell kinds and sources count; outputs, execution counts and metadata do not, because running a
    lesson or folding a cell is not yet work that an update would destroy.

    Args:
        text: The text of an `.ipynb` file.

    Raises:
        ValueError: It is not a notebook of nbformat 4.
    """
    try:
        cells = json.loads(text)["cells"]
        listed = [(str(cell["cell_type"]), joined(cell["source"])) for cell in cells]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise ValueError(f"not a notebook of nbformat 4: {error!r}") from error
    return hashlib.sha256(json.dumps(listed).encode()).hexdigest()


def joined(source: Any) -> str:  # noqa: ANN401 -- JSON from a file
    """The text of a cell or an output: nbformat stores one string or a list of lines."""
    return source if isinstance(source, str) else "".join(source)
