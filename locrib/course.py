"""Which notebooks the course has: the one place where the front door looks into `modules`."""

from pathlib import Path

from modules import catalog

HOME = catalog.HOME
"""The page JupyterLab opens on; jupyter_config.py names it too."""


def notebooks() -> list[tuple[Path, str]]:
    """Source (MyST Markdown) and place in the workspace (`*.ipynb`) of every notebook."""
    return list(catalog.notebooks())
