"""A recorded session: a router's log under a few lines that say what it is.

The file is the log itself; lines that open with ``#`` come first and name the format and its
version, what was done and which daemon wrote the log. ``docs/formats.md`` ("Recorded log").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bgp.errors import InvalidValueError
from bgp.fsm_log import LoggedTransition, parse_frr_log

FORMAT: Final = "locrib-fsm-log"
VERSION: Final = 1
_FIELDS: Final = ("scenario", "profile", "daemon", "done")


@dataclass(frozen=True, slots=True)
class RecordedLog:
    """A log and what it is of.

    Attributes:
        scenario: its name, as in the file's name.
        profile: ``frr-8.4`` or ``frr-10``.
        daemon: package, version, release and architecture of the daemon.
        done: what was done, in the words of RFC 4271.
        log: the daemon's lines.
    """

    scenario: str
    profile: str
    daemon: str
    done: str
    log: str

    @property
    def transitions(self) -> tuple[LoggedTransition, ...]:
        """What the log tells; line 1 is the log's first."""
        return parse_frr_log(self.log.splitlines())

    def text(self) -> str:
        """Return the file."""
        fields = (f"# {name}: {getattr(self, name)}" for name in _FIELDS)
        return "\n".join([f"# {FORMAT} {VERSION}", *fields, self.log.rstrip("\n"), ""])


def parse_recording(text: str) -> RecordedLog:
    """Read a file of this format.

    Raises:
        InvalidValueError: it is another format, a newer version, or a field is missing.
    """
    first, *lines = text.split("\n", len(_FIELDS) + 1)
    name, _, version = first.removeprefix("# ").partition(" ")
    if name != FORMAT or not version.isdigit():
        raise InvalidValueError("first line", first, f"`# {FORMAT} {VERSION}`")
    if int(version[:9]) > VERSION:
        raise InvalidValueError("version", version, f"at most {VERSION}; a newer program wrote it")
    fields: dict[str, str] = {}
    for field, line in zip(_FIELDS, (*lines, *[""] * len(_FIELDS)), strict=False):
        head = f"# {field}: "
        if not line.startswith(head):
            raise InvalidValueError(field, line, f"a line `{head}...` here")
        fields[field] = line.removeprefix(head)
    return RecordedLog(**fields, log=lines[-1] if len(lines) > len(_FIELDS) else "")
