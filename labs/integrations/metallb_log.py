"""Log lines as MetalLB's pods write them: JSON, keys in alphabetical order.

MetalLB's lines also name the place in its own source; ours do not. Source: MetalLB
internal/logging (go-kit's JSON logger).
"""

import json
from collections.abc import Callable, Mapping
from typing import Final

from labs.kube.schema import Obj
from labs.kube.times import now

LEVELS: Final = ("all", "debug", "info", "warn", "error", "none")
"""What --log-level takes, from the most to the least."""

_FLAG: Final = "--log-level="


class Log:
    """The log of one of MetalLB's pods."""

    def __init__(self, write: Callable[[str], None]) -> None:
        """Write lines by `write`; the level is info until told otherwise."""
        self._write = write
        self.level = "info"

    def say(self, level: str, said: Mapping[str, object]) -> None:
        """Write a line, unless the log is not to tell of things this small."""
        if LEVELS.index(level) >= LEVELS.index(self.level):
            told = {**said, "level": level, "ts": now()}
            self._write(json.dumps(told, sort_keys=True, ensure_ascii=False, separators=(",", ":")))


def asked_level(workload: Obj | None) -> str:
    """The --log-level that a Deployment or DaemonSet gives its containers."""
    template = ((workload or {}).get("spec") or {}).get("template") or {}
    for container in (template.get("spec") or {}).get("containers") or ():
        for argument in container.get("args") or ():
            level = argument.removeprefix(_FLAG)
            if argument.startswith(_FLAG) and level in LEVELS:
                return str(level)
    return "info"
