"""Where the front door looks into `modules`: which notebooks there are, and what a lesson needs.

The first cell of every lesson is `from locrib.course import lesson`. What that takes (instruments,
labs) is imported only then: delivering notebooks must stay instant.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from modules import catalog

if TYPE_CHECKING:
    from locrib.home import HomePage
    from locrib.lesson import Desk

HOME = catalog.HOME
"""The page JupyterLab opens on; jupyter_config.py names it too."""


def notebooks() -> list[tuple[Path, str]]:
    """Source (MyST Markdown) and place in the workspace (`*.ipynb`) of every notebook."""
    return catalog.notebooks()


def lesson(name: str) -> Desk:
    """Open a lesson: its questions, its labs and its pictures.

    Raises:
        KeyError: no lesson of that name is ready; names those that are.
    """
    from locrib.lesson import Desk  # noqa: PLC0415 - see above

    return Desk(catalog.module().lesson(name))


def home(workspace: Path | None = None) -> HomePage:
    """Return the course's home page: what there is, and where the learner left off.

    Args:
        workspace: the learner's workspace; the notebook's own folder when None.
    """
    from locrib.home import HomePage  # noqa: PLC0415 - see above

    return HomePage(catalog.module(), workspace)
