"""What is wrong with an object, in the API server's words, and what it is with its defaults.

A custom resource is told as kube-openapi tells it ("spec.x in body must be of type ..."), a kind of
Kubernetes' own as its hand-written validation does. Sources of the words: kube-openapi
(pkg/validation), apiextensions-apiserver (registry/customresource), apimachinery.
"""

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

from labs.kube import quantity
from labs.kube.decoding import undecodable, unknown
from labs.kube.schema import ABSENT, Rule, Schema
from labs.kube.violation import (
    OMITTED,
    Violation,
    duplicate,
    forbidden,
    invalid,
    required,
    too_long,
    too_many,
    unsupported,
)

__all__ = ["Violation", "pruned", "undecodable", "unknown", "violations", "with_defaults"]

_UNCHECKED = (
    "some validation rules were not checked because the object was invalid; "
    "correct the existing errors to complete validation"
)
_BLOCKING = {
    "FieldValueNotSupported",
    "FieldValueRequired",
    "FieldValueTooLong",
    "FieldValueTooMany",
    "FieldValueTypeInvalid",
}


def with_defaults(value: Any, schema: Schema) -> Any:  # noqa: ANN401 -- any JSON value
    """A copy with every missing field that has a default filled in.

    A null where null means nothing counts as missing and is left out. A default inside an object
    that is itself missing is not filled in, unless that object has a default too.
    """
    if isinstance(value, dict):
        done = {
            key: with_defaults(one, schema.at(key) or _ANY)
            for key, one in value.items()
            if one is not None or _keeps_null(schema, key)
        }
        for key, field in schema.properties.items():
            if key not in done and field.default is not ABSENT:
                done[key] = with_defaults(field.default, field)
        return done
    if isinstance(value, list):
        return [with_defaults(one, schema.items or _ANY) for one in value]
    return _canonical(value) if schema.format == "quantity" else value


def _canonical(value: Any) -> Any:  # noqa: ANN401 -- any JSON value
    """A quantity as the API server writes it back; anything else is refused later."""
    try:
        return quantity.written(value)
    except ValueError:
        return value


_ANY = Schema(preserve_unknown=True)


def _keeps_null(schema: Schema, key: str) -> bool:
    field = schema.at(key)
    return schema.preserve_unknown if field is None else field.nullable


def pruned(value: Any, schema: Schema) -> Any:  # noqa: ANN401 -- any JSON value
    """A copy without the fields that the schema does not know."""
    if isinstance(value, dict):
        if schema.values is not None:
            return {key: pruned(one, schema.values) for key, one in value.items()}
        known = schema.properties
        return {
            key: pruned(one, known[key]) if key in known else one
            for key, one in value.items()
            if key in known or schema.preserve_unknown
        }
    if isinstance(value, list) and schema.items is not None:
        return [pruned(one, schema.items) for one in value]
    return value


def violations(
    value: Any,  # noqa: ANN401 -- any JSON value
    schema: Schema,
    old: Any = None,  # noqa: ANN401 -- any JSON value
    *,
    builtin: bool = False,
) -> tuple[Violation, ...]:
    """Everything in `value` that its schema forbids.

    Args:
        value: the object, with its defaults.
        schema: its schema.
        old: the object before, for rules about changes; `None` for a new one.
        builtin: the kind is Kubernetes' own, and is told in other words.
    """
    found = list(_broken(value, schema, "", builtin=builtin))
    if not builtin and any(one.reason in _BLOCKING for one in found):
        if _has_rules(schema):
            found.append(invalid("", None, _UNCHECKED))
    else:
        found += _broken_rules(value, schema, "", old)
    return tuple(found)


def _broken(value: Any, schema: Schema, path: str, *, builtin: bool) -> Iterator[Violation]:  # noqa: ANN401 -- any JSON value
    if not builtin and (wrong := _wrong_type(value, schema)) is not None:
        expected, seen = wrong
        why = f'{path} in body must be of type {expected}: "{seen}"'
        yield invalid(path, seen, why, "FieldValueTypeInvalid")
    elif isinstance(value, dict):
        yield from _broken_object(value, schema, path, builtin=builtin)
    elif isinstance(value, list):
        yield from _broken_list(value, schema, path, builtin=builtin)
    elif isinstance(value, str):
        yield from _broken_text(value, schema, path)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _broken_number(value, schema, path, builtin=builtin)
    if schema.enum and value not in schema.enum and not (builtin and value == ""):
        yield unsupported(path, value, sorted(schema.enum) if builtin else schema.enum)


def _wrong_type(value: Any, schema: Schema) -> tuple[str, str] | None:  # noqa: ANN401 -- any JSON value
    """The type expected and the type seen, as kube-openapi names them; `None` when they agree."""
    kinds = ("integer", "string") if schema.int_or_string else (schema.type,)
    if not any(kinds) or (value is None and schema.nullable):
        return None
    seen, seen_format = _type(value)
    whole = isinstance(value, float) and value.is_integer()
    if seen in kinds or ("integer" in kinds and whole) or ("number" in kinds and seen == "integer"):
        return None
    numeric = schema.format in {"int32", "int64", "float", "double"}
    if numeric and seen not in {"string", "array", "null"}:
        return schema.format, seen_format
    return ",".join(kinds), seen


def _type(value: Any) -> tuple[str, str]:  # noqa: ANN401 -- any JSON value
    for kind, name, form in (
        (bool, "boolean", ""),
        (str, "string", ""),
        (int, "integer", "int64"),
        (float, "number", "double"),
        (list, "array", ""),
        (dict, "object", ""),
    ):
        if isinstance(value, kind):
            return name, form
    return "null", ""


def _broken_object(
    value: dict[str, Any], schema: Schema, path: str, *, builtin: bool
) -> Iterator[Violation]:
    for key, one in value.items():
        field = schema.at(key)
        if field is not None:
            yield from _broken(one, field, child(path, key), builtin=builtin)
    for key in schema.required:
        if key not in value or (builtin and value[key] in ("", [], {})):
            yield required(child(path, key))


def _broken_list(
    value: list[Any], schema: Schema, path: str, *, builtin: bool
) -> Iterator[Violation]:
    for number, one in enumerate(value):
        yield from _broken(one, schema.items or _ANY, f"{path}[{number}]", builtin=builtin)
    if schema.min_items is not None and len(value) < schema.min_items:
        why = f"{path} in body should have at least {schema.min_items} items"
        yield invalid(path, len(value), why)
    if schema.max_items is not None and len(value) > schema.max_items:
        yield too_many(path, len(value), schema.max_items)
    if builtin or schema.list_type == "atomic":
        return
    seen: list[Any] = []
    for number, one in enumerate(value):
        if schema.list_keys:
            if not isinstance(one, dict):
                continue
            told: Any = {key: one[key] for key in schema.list_keys if key in one}
        else:
            told = one
        if told in seen:
            yield duplicate(f"{path}[{number}]", told)
        seen.append(told)


def _broken_text(value: str, schema: Schema, path: str) -> Iterator[Violation]:
    if schema.max_length is not None and len(value) > schema.max_length:
        yield too_long(path, schema.max_length)
    if schema.min_length is not None and len(value) < schema.min_length:
        why = f"{path} in body should be at least {schema.min_length} chars long"
        yield invalid(path, value, why)
    if schema.pattern and not _compiled(schema.pattern).search(value):
        yield invalid(path, value, f"{path} in body should match '{schema.pattern}'")


@lru_cache
def _compiled(pattern: str) -> re.Pattern[str]:
    # RE2's $ is the end of the text; Python's would also let a last newline pass.
    return re.compile(re.sub(r"(?<!\\)\$(?=$|\||\))", r"\\Z", pattern))


def _broken_number(
    value: float, schema: Schema, path: str, *, builtin: bool
) -> Iterator[Violation]:
    least, most = schema.minimum, schema.maximum
    low, high = least is not None and value < least, most is not None and value > most
    if not (low or high):
        return
    bound = f"greater than or equal to {least}" if low else f"less than or equal to {most}"
    if not builtin:
        yield invalid(path, value, f"{path} in body should be {bound}")
    elif least is not None and most is not None:
        yield invalid(path, value, f"must be between {least} and {most}, inclusive")
    else:
        yield invalid(path, value, f"must be {bound}")


@cache
def _has_rules(schema: Schema) -> bool:
    below = [*schema.properties.values(), schema.values, schema.items]
    return bool(schema.rules) or any(_has_rules(one) for one in below if one is not None)


def _broken_rules(value: Any, schema: Schema, path: str, old: Any) -> Iterator[Violation]:  # noqa: ANN401 -- any JSON value
    if not _has_rules(schema):
        return
    for rule in schema.rules:
        seen = (old, value) if rule.transition else value
        if (rule.transition and old is None) or rule.check(seen):
            continue
        yield _of_rule(rule, seen, value, path)
    if isinstance(value, dict):
        before = old if isinstance(old, dict) else {}
        for key, one in value.items():
            if (field := schema.at(key)) is not None:
                yield from _broken_rules(one, field, child(path, key), before.get(key))
    elif isinstance(value, list) and schema.items is not None:
        for number, one in enumerate(value):
            yield from _broken_rules(one, schema.items, f"{path}[{number}]", None)


def _of_rule(rule: Rule, seen: Any, value: Any, path: str) -> Violation:  # noqa: ANN401 -- any JSON value
    why = rule.told(seen) or rule.message
    where = f"{path}{rule.path}".removeprefix(".")
    if rule.reason == "FieldValueForbidden":
        return forbidden(where, why)
    if rule.reason == "FieldValueRequired":
        return required(where, why)
    if rule.reason == "FieldValueDuplicate":
        return duplicate(where, value)
    return invalid(where, OMITTED if isinstance(value, dict | list) else value, why)


def child(path: str, key: str) -> str:
    """The path of a field inside the object at `path`."""
    return f"{path}.{key}" if path else key
