"""The course's kernel: IPython, in which no file of the learner's can stand in for one of ours.

A notebook's kernel starts in the notebook's folder, and Python and IPython both put that folder
*first* on sys.path: a learner's `random.py`, `bgp.py` or `widgets.py` would then be imported by
the course, or by IPython itself. `python -P` (in kernel.json) stops the one, `ignore_cwd` the
other; the folder goes to the *end*, so a learner's own modules still import under any name that
is not taken.
"""

import os
import sys
from pathlib import Path
from typing import Any

from ipykernel.kernelapp import IPKernelApp

from locrib.folders import NOTEBOOK_VARIABLE


class CourseKernelApp(IPKernelApp):
    """ipykernel's application with the current folder last on the module path."""

    name = "locrib-kernel"

    def init_path(self) -> None:
        """Put the notebook's folder last, where IPython would put it first."""
        folder = os.environ.setdefault(NOTEBOOK_VARIABLE, str(Path.cwd()))
        sys.path[:] = [entry for entry in sys.path if entry not in ("", folder)]
        sys.path.append(folder)

    def init_extensions(self) -> None:
        """Let a lab that is a cell's last value show its picture, too."""
        super().init_extensions()  # type: ignore[no-untyped-call]  # traitlets' style
        shell: Any = self.shell
        formatter = shell.display_formatter.mimebundle_formatter
        formatter.for_type_by_name("labs.lab_verbs", "LabVerbs", _lab_bundle)


def _lab_bundle(lab: Any, **_: object) -> dict[str, str]:  # noqa: ANN401 - a lab; not imported for its name
    """Show a lab; what draws it is imported no sooner, for a kernel has to start quickly."""
    from locrib.lab_sight import bundle_of  # noqa: PLC0415 - see above

    return bundle_of(lab)


def main() -> None:
    """Run the kernel named by the connection file on the command line."""
    CourseKernelApp.launch_instance()


if __name__ == "__main__":
    main()
