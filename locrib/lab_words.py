"""A verb of a lab as whoever types commands calls it: `heal('node1', 'sw')` is `heal node1 sw`."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Final

_SUB_COMMANDS: Final = {"stop_daemon": "stop", "start_daemon": "start"}
"""Verbs whose sub-command has another name."""
_BESIDE: Final = ("freeze", "thaw")
"""Verbs of a host whose second argument is the option --daemon."""


def command(verb: str, arguments: Sequence[str], lab: str | None = None) -> str:
    """Return the command line that does a verb.

    Args:
        verb: as `labs.errors.NextVerbError` has it.
        arguments: the verb's.
        lab: the lab's name, where the reader gave it.
    """
    words = list(arguments)
    if verb in _BESIDE:
        words[1:] = [part for daemon in words[1:] for part in ("--daemon", daemon)]
    if lab is not None:
        words += ["--lab", lab]
    return shlex.join(["locrib", "lab", _SUB_COMMANDS.get(verb, verb), *words])
