"""Run the lessons against real routers and write down what they showed.

`python -m locrib.live record` writes every recording anew, `python -m locrib.live record sessions`
only those of one lesson. What a learner is likely to try beyond a lesson's own cells is tried, too.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from labs.errors import LabError
from locrib.lesson import Desk, close_labs
from locrib.open_lab import CHOICE_VARIABLE, RECORD_VARIABLE
from locrib.session_lab import SessionLab
from locrib.session_trouble import LOOK, POD, TROUBLES
from locrib.stage_lab import break_rack
from modules import catalog
from modules.catalog import Lesson


def try_troubles(lab: SessionLab) -> None:
    """Do to the lab of sessions what its last task leads a learner to."""
    for number, trouble in TROUBLES.items():
        lab.trouble(number)
        look_around(lab)
        lab.act(trouble.undo)
        lab.mended()
    lab.mend()
    look_around(lab)


def look_around(lab: SessionLab) -> None:
    """Look at everything that the lesson's last task names."""
    lab.sessions()
    for router in ("tor1", "tor2", "border", "node1"):
        # A daemon that is stopped or frozen does not answer, and that is an answer.
        with contextlib.suppress(LabError):
            lab.show(router)
            lab.announced(router)
    lab.watch(*LOOK, 5)
    lab.trace("client", POD)
    lab.get(POD)
    lab.get()
    lab.mended()


BEYOND: Final[Mapping[str, tuple[str, Callable[[Any], None]]]] = {
    "best-path": ("rack", break_rack),
    "sessions": ("first-session", try_troubles),
}
"""For each lesson a lab of it, and what is done to that lab beside the lesson's own cells."""


def record(lessons: Sequence[str] = ()) -> None:
    """Run the code of some lessons, or of all, against real routers and write the recordings."""
    for entry in catalog.module().lessons:
        if entry.source is not None and (not lessons or entry.id in lessons):
            _record(entry)


def _record(entry: Lesson) -> None:
    import jupytext  # noqa: PLC0415 - slow, and only the recording of lessons needs it

    folder = catalog.module().folder / "recordings"
    folder.mkdir(exist_ok=True)
    os.environ |= {CHOICE_VARIABLE: "live", RECORD_VARIABLE: str(folder)}
    scope: dict[str, object] = {"__name__": "__main__"}
    # Lessons save pictures and answers beside the notebook: here that is nowhere.
    with tempfile.TemporaryDirectory() as nowhere, contextlib.chdir(nowhere):
        if entry.id in BEYOND:
            name, beyond = BEYOND[entry.id]
            beyond(Desk(entry).lab(name))
        # The lesson's own cells come last: where a situation is met twice, theirs is kept.
        for cell in jupytext.read(entry.source, fmt="md:myst").cells:
            if cell["cell_type"] == "code":
                exec(compile(cell["source"], str(entry.source), "exec"), scope)  # noqa: S102 - our own lesson
    close_labs()
    print(f"{entry.id}: recorded into {folder}")


def main(arguments: Sequence[str]) -> None:
    """Obey a command line.

    Raises:
        SystemExit: it makes no sense; says what would.
    """
    known = [entry.id for entry in catalog.module().lessons if entry.ready]
    if arguments[:1] != ["record"] or not set(arguments[1:]) <= set(known):
        sys.exit(f"usage: python -m locrib.live record [LESSON ...]; lessons: {', '.join(known)}")
    record(arguments[1:])


if __name__ == "__main__":
    main(sys.argv[1:])
