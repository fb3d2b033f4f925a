"""Label selectors in MetalLB's objects: their schema, what they match, what is wrong with them.

Sources: meta/v1 LabelSelector; MetalLB internal/config (the rules against duplicates).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from labs.integrations.metallb_errors import ConfigError
from labs.integrations.metallb_go import quoted
from labs.kube import selectors
from labs.kube.schema import Obj, Schema, array, mapping, obj, string

_NEEDS_VALUES: Final = ("In", "NotIn")


def selector_schema(description: str, *, legacy: bool = False) -> Schema:
    """A label selector as MetalLB's definitions have it: operators are checked later, not here.

    Args:
        description: what is selected.
        legacy: as BGPPeer v1beta1 has it, where every condition needs values.
    """
    values = array("The values for In and NotIn.", string())
    needed: tuple[str, ...] = ("key", "operator")
    if legacy:
        values, needed = values.but(min_items=1), (*needed, "values")
    condition = obj(
        "One condition on one label.",
        {
            "key": string("The label's name."),
            "operator": string("In, NotIn, Exists or DoesNotExist."),
            "values": values,
        },
        required=needed,
    )
    return obj(
        description,
        {
            "matchLabels": mapping("Labels that must have exactly these values."),
            "matchExpressions": array("Conditions on labels; all must hold.", condition),
        },
        map_type="granular" if legacy else "atomic",
    )


def selector_list(description: str, *, legacy: bool = False) -> Schema:
    """A list of selectors; one that matches is enough."""
    return array(description, selector_schema("Chooses by labels.", legacy=legacy))


@dataclass(frozen=True)
class Selector:
    """A label selector as a value."""

    labels: tuple[tuple[str, str], ...] = ()
    expressions: tuple[tuple[str, str, tuple[str, ...]], ...] = ()

    def matches(self, carried: Mapping[str, str]) -> bool:
        """Whether an object with these labels is chosen."""
        conditions = [
            {"key": key, "operator": operator, "values": list(values)}
            for key, operator, values in self.expressions
        ]
        chosen = {"matchLabels": dict(self.labels), "matchExpressions": conditions}
        return selectors.matches(chosen, carried)

    def __str__(self) -> str:
        """As MetalLB prints one in a refusal: a Go struct with quoted texts."""
        labels = " ".join(f"{quoted(key)}:{quoted(value)}" for key, value in self.labels)
        return f"{{map[{labels}] [{' '.join(map(_expression, self.expressions))}]}}"


def _expression(one: tuple[str, str, tuple[str, ...]]) -> str:
    key, operator, values = one
    return f"{{{quoted(key)} {quoted(operator)} [{' '.join(map(quoted, values))}]}}"


def parsed(given: Sequence[Obj] | None, field: str) -> tuple[Selector, ...]:
    """The selectors of a field.

    Raises:
        ConfigError: one is there twice, or is none.
    """
    chosen = tuple(_selector(one) for one in given or ())
    for number, one in enumerate(chosen):
        _check_expressions(one)
        if one in chosen[number + 1 :]:
            raise ConfigError(f"duplicate definition of {field} {one}")
    for one in chosen:
        _check_operators(one)
    return chosen


def any_matches(chosen: Iterable[Selector], carried: Mapping[str, str]) -> bool:
    """Whether at least one selector matches."""
    return any(one.matches(carried) for one in chosen)


def names_matching(objects: Iterable[Obj], chosen: Sequence[Selector]) -> frozenset[str]:
    """The names of the objects that at least one selector matches."""
    return frozenset(
        one["metadata"]["name"] for one in objects if any_matches(chosen, labels_of(one))
    )


def labels_of(one: Obj) -> Mapping[str, str]:
    """An object's labels."""
    return one["metadata"].get("labels") or {}


def spec_of(one: Obj) -> Obj:
    """What an object asks for; most of MetalLB's kinds may go without."""
    return one.get("spec") or {}


def check_unique(values: Sequence[str], field: str) -> None:
    """Refuse a list with the same text twice.

    Raises:
        ConfigError: names the text.
    """
    for number, one in enumerate(values):
        if one in values[number + 1 :]:
            raise ConfigError(f"duplicate definition of {field} {quoted(one)}")


def _selector(given: Obj) -> Selector:
    return Selector(
        tuple(sorted((given.get("matchLabels") or {}).items())),
        tuple(
            (one["key"], one["operator"], tuple(sorted(one.get("values") or ())))
            for one in given.get("matchExpressions") or ()
        ),
    )


def _check_expressions(chosen: Selector) -> None:
    for number, one in enumerate(chosen.expressions):
        check_unique(one[2], "match expression value in label selector")
        if one in chosen.expressions[number + 1 :]:
            raise ConfigError(f"duplicate definition of match expressions {_expression(one)}")


def _check_operators(chosen: Selector) -> None:
    for _, operator, values in chosen.expressions:
        if operator in _NEEDS_VALUES:
            if not values:
                raise ConfigError(
                    "values: Invalid value: []: for 'in', 'notin' operators, values set can't "
                    "be empty"
                )
        elif operator not in ("Exists", "DoesNotExist"):
            raise ConfigError(f"{quoted(operator)} is not a valid label selector operator")
        elif values:
            told = " ".join(map(quoted, values)).replace(" ", ",")
            raise ConfigError(
                f"values: Invalid value: [{told}]: values set must be empty for exists and does "
                "not exist"
            )
