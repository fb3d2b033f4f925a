"""The one error a person sees when a lab cannot do what it was asked.

A tired learner reads three things: what happened, what was expected, one next step. Code raises
`LabError` with all of that in its text; nothing above it needs to know which tool failed.
"""


class LabError(Exception):
    """A lab, a daemon or its packages are not usable; the text says what, why and what to do."""
