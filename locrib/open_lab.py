"""Open a lab: live where this machine can run one, a recording of a live one elsewhere.

Everything a learner then sees says which of the two it is, and why.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from labs import topology_file
from labs.errors import LabError
from labs.lab import Lab
from labs.lab_replay import Recorder as LabRecorder
from labs.lab_replay import Replay as LabReplay
from labs.stage import Stage
from labs.stage_plan import FABRICS
from labs.stage_replay import Recorder, Replay
from locrib.session_lab import SessionLab
from locrib.stage_lab import StageLab
from modules import catalog

CHOICE_VARIABLE: Final = "LOCRIB_STAGE"
"""`live` refuses to fall back on a recording, `recording` never tries to run a lab."""
RECORD_VARIABLE: Final = "LOCRIB_RECORD_INTO"
"""A folder: what a live lab shows is written there as a recording."""


def open_lab(name: str, environment: Mapping[str, str] = os.environ) -> StageLab | SessionLab:
    """Open a lab live, or its recording, and know why.

    Raises:
        LabError: `LOCRIB_STAGE` is `live` and no lab can run here.
        KeyError: no lab has that name.
    """
    if name in FABRICS:
        fabric = FABRICS[name]
        return StageLab(*_real(name, environment, lambda: Stage(fabric), Recorder, Replay))
    if name in topology_file.known():
        return SessionLab(*_real(name, environment, lambda: Lab(name), LabRecorder, LabReplay))
    known = ", ".join(dict.fromkeys((*FABRICS, *topology_file.known())))
    raise KeyError(f"no lab is called {name!r}; there are: {known}")


def _real(
    name: str,
    environment: Mapping[str, str],
    start: Callable[[], Any],
    recorder: Callable[[Any, Path], Any],
    replay: Callable[[Path], Any],
) -> tuple[Any, str]:
    """Return the lab itself, started or replayed, and why it is the one and not the other."""
    recording, wish = catalog.module().recording(name), environment.get(CHOICE_VARIABLE, "")
    if wish == "recording":
        return replay(recording), f"{CHOICE_VARIABLE} asks for it"
    try:
        started = start()
    except LabError as error:
        if wish == "live":
            raise
        first_line = str(error).splitlines()[0].rstrip(".")
        return replay(recording), f"no lab runs here: {first_line}"
    if into := environment.get(RECORD_VARIABLE):
        return recorder(started, Path(into) / f"{name}.json"), ""
    return started, ""
