"""JupyterLab as a child process that ends with its owner, however the owner ends.

Started by `locrib.server` as `python -P -m locrib.serve OWNER ...`, where OWNER is the file
descriptor of a pipe whose other end only the owner holds. When the owner is gone, the kernel
closes that end, and the server stops as for SIGTERM: kernels first, then itself. A server that is
told so while it still starts may wait for threads of its own for ever; the kernel ends it then.
"""

import os
import signal
import sys
import threading

from jupyterlab.labapp import main as jupyterlab

STOP_SECONDS = 10
"""From the owner's end to an end by force, which no state of the interpreter can hold up."""


def end_with(owner: int) -> None:
    """Stop this process in an orderly way when the pipe `owner` reaches its end."""

    def watch() -> None:
        while os.read(owner, 1):
            pass
        signal.alarm(STOP_SECONDS)  # nobody handles it, so the system ends the process
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="owner", daemon=True).start()


def main() -> None:
    """Run JupyterLab with the arguments that follow the pipe's file descriptor."""
    end_with(int(sys.argv.pop(1)))
    jupyterlab()


if __name__ == "__main__":
    main()
