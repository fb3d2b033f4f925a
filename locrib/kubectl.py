"""`locrib kubectl`: the real kubectl, for the cluster of a lab that is up.

Everything after the word is kubectl's own and goes to it unread. It runs inside the lab, with a
configuration and a home of the lab's, so neither can be mistaken for the learner's own cluster.
"""

from __future__ import annotations

import os
import sys
from typing import Final

import typer

from labs.remote import labs_up
from labs.remote_kubectl import kubectl_on
from locrib import terminal
from locrib.lab_looking import SIGNALLED
from locrib.lab_up import folder, reached
from locrib.trouble import Exit, Trouble

CHOICE: Final = "LOCRIB_LAB"
SETTINGS: Final = {
    "ignore_unknown_options": True,
    "allow_extra_args": True,
    "allow_interspersed_args": False,
    "help_option_names": [],
}
"""For typer: no word is ours, but for `--help` alone."""


def kubectl(context: typer.Context) -> None:
    """Run kubectl in the cluster of the lab that is up: `locrib kubectl get nodes`.

    All words, streams and the exit status are kubectl's own; `locrib kubectl help` is its help.
    With several labs up, the variable LOCRIB_LAB says which.
    """
    if context.args in (["--help"], ["-h"]):
        terminal.say(context.get_help())
        return
    streams = (sys.stdin.fileno(), sys.stdout.fileno(), sys.stderr.fileno())
    with reached(_chosen()) as lab:
        status = kubectl_on(lab, context.args, streams)
    raise typer.Exit(status if status >= 0 else SIGNALLED - status)


def _chosen() -> str | None:
    """Return which lab is meant; None for the only one."""
    if name := os.environ.get(CHOICE):
        return name
    up = labs_up(folder())
    if not up:
        raise Trouble(
            "a lab with a cluster", "no lab is up", "run `locrib lab up cluster --detach`",
            code=Exit.USAGE,
        )  # fmt: skip
    if len(up) == 1:
        return up[0].name
    names = ", ".join(info.name for info in up)
    raise Trouble(
        "one lab that is up", f"several are: {names}",
        f"say which: {CHOICE}={up[0].name} locrib kubectl ...", code=Exit.USAGE,
    )  # fmt: skip
