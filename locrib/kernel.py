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


def main() -> None:
    """Run the kernel named by the connection file on the command line."""
    CourseKernelApp.launch_instance()


if __name__ == "__main__":
    main()
