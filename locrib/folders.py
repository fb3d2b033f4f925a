"""Where Loc-RIB keeps things, by the XDG Base Directory Specification (through platformdirs).

Nothing is ever written beside the code: a checkout or an installed package may be read-only.
A learner's work lives in a folder they can see; everything else can be made again.
"""

import os
from pathlib import Path

import platformdirs

from locrib.trouble import Trouble

APP = "locrib"
WORKSPACE_VARIABLE = "LOCRIB_WORKSPACE"
"""Chooses another workspace than the one in the learner's documents folder."""
NOTEBOOK_VARIABLE = "LOCRIB_NOTEBOOK_FOLDER"
"""Set by the course's kernel: the notebook's folder, whatever `%cd` a cell has done since."""


def workspace() -> Path:
    """The learner's workspace: `$LOCRIB_WORKSPACE`, else `locrib` in their documents folder."""
    chosen = os.environ.get(WORKSPACE_VARIABLE)
    if chosen:
        return Path(chosen).expanduser().absolute()
    return platformdirs.user_documents_path() / APP


def data() -> Path:
    """What was fetched and can be fetched again: the unpacked routing daemons."""
    return platformdirs.user_data_path(APP)


def cache() -> Path:
    """What can be made again at any time."""
    return platformdirs.user_cache_path(APP)


def config() -> Path:
    """JupyterLab's settings for the course, apart from any other Jupyter of the same user."""
    return platformdirs.user_config_path(APP)


def state() -> Path:
    """What is remembered between runs and is nobody's work: histories, layouts, logs."""
    return platformdirs.user_state_path(APP)


def make(folder: Path, purpose: str) -> Path:
    """Make `folder` (and its parents) and say clearly when the machine refuses.

    Args:
        folder: The folder to make; an existing one is fine.
        purpose: What it is for, to be read after "a folder for".

    Raises:
        Trouble: The folder cannot be made or cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Trouble(
            f"a folder for {purpose} at {folder}",
            f"{error.strerror or error} ({error.filename or folder})",
            "choose a folder you may write, with --workspace DIR or by setting HOME",
        ) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise Trouble(
            f"a folder for {purpose} at {folder} that you may write",
            "it is read-only for you",
            f"take it over (chown), or choose another: --workspace DIR or {WORKSPACE_VARIABLE}",
        )
    return folder
