"""What a command says when it cannot go on, and the exit code it leaves behind.

One shape for every message a learner reads: what was expected, what was seen, one next step.
The codes are an interface (scripts branch on them), so they are one closed list, printed by
`locrib --help` and repeated in docs/command.md by a test.
"""

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of the `locrib` command."""

    OK = 0
    BUG = 1
    USAGE = 2
    INPUT = 3
    MACHINE = 4
    BUSY = 5
    CHECK = 6
    INTERRUPTED = 130

    @property
    def meaning(self) -> str:
        """One line for people: what happened when a command ends with this code."""
        return _MEANINGS[self]


_MEANINGS = {
    Exit.OK: "it worked",
    Exit.BUG: "Loc-RIB failed in a way nobody foresaw: please report it",
    Exit.USAGE: "the command line is wrong: an unknown option, a missing argument",
    Exit.INPUT: "the data given is wrong: the message names the place",
    Exit.MACHINE: "this machine lacks something or refuses: a folder, a port, a program",
    Exit.BUSY: "another `locrib` is at work in the same workspace",
    Exit.CHECK: "a check ran to its end and found a fault",
    Exit.INTERRUPTED: "stopped by Ctrl-C",
}


class Trouble(Exception):  # noqa: N818 -- it is not always an error: a busy workspace is not
    """A command cannot do what it was asked, for a reason its user can act on.

    Attributes:
        expected: What would have let the command go on, as a sentence fragment.
        seen: What was found instead.
        next_step: One thing to do about it.
        code: The exit code the command ends with.
    """

    def __init__(
        self, expected: str, seen: str, next_step: str, *, code: Exit = Exit.MACHINE
    ) -> None:
        """Keep the three parts apart: the terminal, a log and a test print them differently."""
        super().__init__(f"expected {expected}; saw {seen}; next: {next_step}")
        self.expected = expected
        self.seen = seen
        self.next_step = next_step
        self.code = code
