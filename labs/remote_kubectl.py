"""kubectl for the cluster of a lab that another process holds."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from labs.cluster import kubectl_command, no_cluster
from labs.errors import LabError
from labs.lab_values import Output
from labs.remote import RemoteLab


def kubectl_on(lab: RemoteLab, words: Sequence[str], streams: tuple[int, int, int]) -> int:
    """Run kubectl with these streams as its own; return its exit status.

    It runs in this process's folder and sees this process's EDITOR and TERM. Ctrl-C here
    interrupts it.

    Raises:
        LabError: the lab has no cluster, or there is no kubectl.
    """
    if not lab.topology.cluster:
        raise LabError(no_cluster(lab.topology))
    command = kubectl_command(words, str(Path.cwd()), os.environ)
    try:
        reply = lab.door.ask("kubectl", streams, arguments=[command])
    except KeyboardInterrupt:
        lab.door.interrupt()
        reply = lab.door.reply()  # a second Ctrl-C hangs up
    return int(reply["status"])


def kubectl(lab: RemoteLab, *words: str) -> Output:
    """Run kubectl for a lab's cluster, in this process's folder; return what it printed.

    Raises:
        LabError: as for `kubectl_on`.
    """
    nothing = os.open(os.devnull, os.O_RDONLY)
    with os.fdopen(os.memfd_create("kubectl"), "w+b") as printed:
        try:
            status = kubectl_on(lab, words, (nothing, printed.fileno(), printed.fileno()))
        finally:
            os.close(nothing)
        printed.seek(0)
        return Output(printed.read().decode(errors="replace"), status)
