"""Label and field selectors: which objects a list, a watch or a delete means.

Sources: labels and selectors, and field selectors, in the Kubernetes documentation; which fields
each built-in kind can be selected by, in its API reference.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from labs.kube.errors import bad_request
from labs.kube.jsonpath import first
from labs.kube.kinds import Kind
from labs.kube.schema import Obj

Matcher = Callable[[Obj], bool]

_KEY = r"(?:[\w.-]+/)?\w(?:[\w.-]*\w)?"
_VALUE = r"(?:\w(?:[\w.-]*\w)?)?"
_EQUALS = re.compile(rf"({_KEY})\s*(==|=|!=)\s*({_VALUE})")
_IN = re.compile(rf"({_KEY})\s+(in|notin)\s*\(([^()]*)\)")
_EXISTS = re.compile(rf"(!?)\s*({_KEY})")
_NUMBERS = re.compile(rf"({_KEY})\s*([<>])\s*(-?\d+)")

_OBJECT = ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")
_EVENT_FIELDS = (
    *(f"involvedObject.{name}" for name in _OBJECT),
    *("reason", "reportingComponent", "source", "type"),
)

_FIELDS: Mapping[str, tuple[str, ...]] = {
    "pods": (
        "spec.nodeName",
        "spec.restartPolicy",
        "spec.schedulerName",
        "spec.serviceAccountName",
        "spec.hostNetwork",
        "status.phase",
        "status.podIP",
        "status.nominatedNodeName",
    ),
    "events": _EVENT_FIELDS,
    "events.events.k8s.io": _EVENT_FIELDS,
    "namespaces": ("status.phase",),
    "nodes": ("spec.unschedulable",),
    "secrets": ("type",),
    "services": ("spec.clusterIP", "spec.type"),
    "replicasets.apps": ("status.replicas",),
}


def labels(text: str) -> Matcher:
    """What a label selector such as "app=web,tier in (a, b),!old" matches.

    Raises:
        ApiError: it is none.
    """
    wanted = [_requirement(part) for part in _parts(text)]

    def found(obj: Obj) -> bool:
        carried = obj.get("metadata", {}).get("labels") or {}
        return all(check(carried) for check in wanted)

    return found


def label_selector(
    selector: Mapping[str, Any] | None,
) -> Callable[[Mapping[str, str]], bool]:
    """What an object's LabelSelector (matchLabels, matchExpressions) matches; `None`: nothing.

    Raises:
        ApiError: an operator is none.
    """
    if selector is None:
        return lambda _: False
    wanted = [_one_of(key, {value}) for key, value in (selector.get("matchLabels") or {}).items()]
    for expression in selector.get("matchExpressions") or ():
        key, values = expression["key"], set(expression.get("values") or ())
        check = {
            "In": _one_of(key, values),
            "NotIn": _none_of(key, values),
            "Exists": _carried(key, there=True),
            "DoesNotExist": _carried(key, there=False),
        }.get(expression["operator"])
        if check is None:
            raise bad_request(f'"{expression["operator"]}" is not a valid label selector operator')
        wanted.append(check)
    return lambda carried: all(check(carried) for check in wanted)


def matches(selector: Mapping[str, Any] | None, carried: Mapping[str, str]) -> bool:
    """Whether labels match an object's LabelSelector; an empty one matches all, `None` nothing."""
    return label_selector(selector)(carried)


def _parts(text: str) -> list[str]:
    parts = [part.strip() for part in re.split(r",(?![^(]*\))", text)]
    return [part for part in parts if part]


def _requirement(part: str) -> Callable[[Mapping[str, str]], bool]:
    if found := _EQUALS.fullmatch(part):
        key, operator, value = found.groups()
        return _none_of(key, {value}) if operator == "!=" else _one_of(key, {value})
    if found := _IN.fullmatch(part):
        key, operator, listed = found.groups()
        values = {value.strip() for value in listed.split(",")}
        return _one_of(key, values) if operator == "in" else _none_of(key, values)
    if found := _NUMBERS.fullmatch(part):
        return _compared(*found.groups())
    if found := _EXISTS.fullmatch(part):
        return _carried(found[2], there=not found[1])
    raise bad_request(f"unable to parse requirement: {part!r} is no label selector")


def _one_of(key: str, values: set[str]) -> Callable[[Mapping[str, str]], bool]:
    return lambda carried: key in carried and carried[key] in values


def _none_of(key: str, values: set[str]) -> Callable[[Mapping[str, str]], bool]:
    return lambda carried: carried.get(key) not in values


def _carried(key: str, *, there: bool) -> Callable[[Mapping[str, str]], bool]:
    return lambda carried: (key in carried) is there


def _compared(key: str, sign: str, number: str) -> Callable[[Mapping[str, str]], bool]:
    def check(carried: Mapping[str, str]) -> bool:
        try:
            value = int(carried[key])
        except (KeyError, ValueError):
            return False
        return value > int(number) if sign == ">" else value < int(number)

    return check


def fields(text: str, kind: Kind) -> Matcher:
    """What a field selector such as "spec.nodeName=node1,status.phase!=Failed" matches.

    Raises:
        ApiError: it is none, or the kind cannot be selected by such a field.
    """
    wanted = []
    for part in _parts(text):
        found = re.fullmatch(r"([\w.\[\]-]+?)(==|!=|=)(.*)", part)
        if found is None:
            raise bad_request(f"invalid selector: '{part}'; can't understand '{part}'")
        path, operator, value = found.groups()
        if path not in ("metadata.name", "metadata.namespace", *_FIELDS.get(kind.resource, ())):
            raise bad_request(f"field label not supported: {path}")
        wanted.append((path, operator != "!=", value))

    return lambda obj: all((_field(obj, path) == value) is equal for path, equal, value in wanted)


def _field(obj: Obj, path: str) -> str:
    if path == "source":
        path = "source.component"
    value = first(obj, f".{path}")
    if value is None and path in ("spec.unschedulable", "spec.hostNetwork"):
        return "false"
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
