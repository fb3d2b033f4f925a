"""What is wrong with an object, in the API server's words."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Violation:
    """One mistake in one field.

    Attributes:
        path: the field, such as "spec.ports[0].port".
        reason: Kubernetes' name for the kind of mistake, such as "FieldValueRequired".
        detail: the whole line that the API server prints.
    """

    path: str
    reason: str
    detail: str
