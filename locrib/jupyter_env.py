"""The environment in which the course's Jupyter runs, apart from any other Jupyter of the user.

A learner may have a Jupyter of their own, with extensions, start-up scripts and settings that
were never tried with the course. So ours reads the course's configuration, finds the course's
kernel, and keeps its settings, histories and sockets in folders of its own.
"""

import os
import stat
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from locrib import folders
from locrib.trouble import Trouble

KERNEL = "locrib-course"

_PACKAGE = Path(__file__).resolve().parent
ASSETS = _PACKAGE / "jupyter"
"""Kernel specification and browser-side settings, laid out as Jupyter expects them."""


def config_path() -> list[Path]:
    """Folders that Jupyter must search for configuration, most important first.

    In a checkout jupyter_config.py lies at the top. An installation has it in `etc/jupyter` of
    its environment, which Jupyter searches anyway.
    """
    top = _PACKAGE.parent
    return [top, ASSETS] if (top / "jupyter_config.py").is_file() else [ASSETS]


def environment(base: Mapping[str, str] | None = None) -> dict[str, str]:
    """The variables to start Jupyter (or nbclient) with; the folders they name are made.

    Args:
        base: The variables to start from; our own when None.

    Raises:
        Trouble: A folder cannot be made.
    """
    variables = dict(os.environ if base is None else base)
    settings = folders.make(folders.config() / "jupyter", "JupyterLab's settings")
    state = folders.state()
    data = folders.make(state / "jupyter", "histories and layouts")
    variables |= {
        "JUPYTER_CONFIG_PATH": os.pathsep.join(map(str, config_path())),
        "JUPYTER_PATH": str(ASSETS),
        "JUPYTER_CONFIG_DIR": str(settings),
        "JUPYTER_DATA_DIR": str(data),
        "JUPYTER_RUNTIME_DIR": str(runtime()),
        "IPYTHONDIR": str(state / "ipython"),
    }
    # A learner's JUPYTER_TOKEN or PYTHONSTARTUP was meant for another server.
    for foreign in ("JUPYTER_TOKEN", "JUPYTER_PREFER_ENV_PATH", "JUPYTERLAB_DIR", "PYTHONSTARTUP"):
        variables.pop(foreign, None)
    # An empty entry (`PYTHONPATH=$PYTHONPATH:/elsewhere` leaves one) would mean the notebook's
    # folder and come first: the very thing `python -P` is there to prevent. A relative one means
    # our folder, not the notebook's.
    search = variables.pop("PYTHONPATH", "").split(os.pathsep)
    if search := [str(Path(entry).absolute()) for entry in search if entry]:
        variables["PYTHONPATH"] = os.pathsep.join(search)
    # `!python` and `%pip` in a notebook must mean the course's environment.
    variables["PATH"] = os.pathsep.join(
        [str(Path(sys.executable).parent), variables.get("PATH", os.defpath)]
    )
    return variables


def runtime() -> Path:
    """A folder only this user can enter, for the server's address and the kernels' keys; made.

    Raises:
        Trouble: Somebody else made a folder of that name first, or it cannot be made.
    """
    folder = runtime_folder()
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        seen = str(error)
    else:
        if _is_private(folder):
            return folder
        seen = "another user owns it or can enter it"
    raise Trouble(
        f"{folder} to belong to you and to nobody else",
        seen,
        "remove it, or set XDG_RUNTIME_DIR to a folder of your own (chmod 700)",
    )


def runtime_folder() -> Path:
    """Where `runtime` is: in `$XDG_RUNTIME_DIR`, else in the temporary directory.

    The variable counts only where the folder is really ours: `su` leaves the other user's.
    """
    session = os.environ.get("XDG_RUNTIME_DIR", "")
    if session and _is_private(Path(session)):
        return Path(session) / folders.APP
    return Path(tempfile.gettempdir()) / f"{folders.APP}-{os.getuid()}"


def _is_private(folder: Path) -> bool:
    try:
        seen = folder.lstat()
    except OSError:
        return False
    mode = stat.S_IMODE(seen.st_mode)
    return (
        stat.S_ISDIR(seen.st_mode)
        and seen.st_uid == os.getuid()
        and not mode & 0o077
        and os.access(folder, os.W_OK)
    )
