"""The one error a person sees when a lab cannot do what it was asked.

A tired learner reads three things: what happened, what was expected, one next step. Code raises
`LabError` with all of that in its text; nothing above it needs to know which tool failed.
"""


class LabError(Exception):
    """A lab, a daemon or its packages are not usable; the text says what, why and what to do."""


class NextVerbError(LabError):
    """A verb of a lab cannot be done now, and another verb leads on.

    Its text names that verb as Python calls it; whoever tells it elsewhere words it anew.

    Attributes:
        seen: what is the matter.
        verb: of the lab, the next step.
        arguments: the verb's.
    """

    def __init__(self, seen: str, verb: str, *arguments: str, does: str) -> None:
        """Say what is the matter, and what the next verb `does` about it, such as "mends it"."""
        super().__init__(f"{seen}; {verb}({', '.join(map(repr, arguments))}) {does}")
        self.seen, self.verb, self.arguments = seen, verb, arguments
