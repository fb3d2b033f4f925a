"""What is wrong with a body before it is an object: a wrong JSON type, an unknown field.

Kubernetes reads its own kinds into Go values, so a wrong type is told in the words of Go's JSON
decoder (sigs.k8s.io/json): which Go struct, the path without indexes, the Go type wanted. Custom
resources are read as they are; their types are checked by the schema afterwards.
"""

import re
from collections.abc import Iterator

from labs.kube.kinds import Kind
from labs.kube.schema import Schema

_SCALARS = {"boolean": "bool", "": "interface {}"}
_QUANTITY = r"^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$"
_SUFFIX = re.compile(r"([numkMGTPE]|[KMGTPE]i|[eE][-+]?[0-9]+)?")
_INT32 = range(-(2**31), 2**31)
_INT64 = range(-(2**63), 2**63)


def undecodable(value: object, kind: Kind) -> str | None:
    """The message about the first value of a wrong JSON type; `None` when all can be read.

    Only Kubernetes' own kinds are told this way; a custom resource is checked by its schema.
    """
    if not kind.builtin:
        return None
    for why in _misfits(value, kind.schema, kind.schema.name or kind.kind, ()):
        return cannot_be_handled(kind, why)
    return None


def cannot_be_handled(kind: Kind, why: str) -> str:
    """The message of a body that cannot be read as its kind, told in `why`."""
    name = kind.kind
    return f'{name} in version "{kind.version}" cannot be handled as a {name}: {why}'


def strict_error(kind: Kind, unknown: tuple[str, ...], duplicates: tuple[str, ...] = ()) -> str:
    """The message of fieldValidation=Strict about fields that are unknown or there twice."""
    what = ", ".join(strict_warnings(unknown, duplicates))
    return cannot_be_handled(kind, f"strict decoding error: {what}")


def strict_warnings(unknown: tuple[str, ...], duplicates: tuple[str, ...] = ()) -> tuple[str, ...]:
    """What fieldValidation=Warn sends as warnings for the same."""
    return (
        *(f'duplicate field "{path}"' for path in duplicates),
        *(f'unknown field "{path}"' for path in unknown),
    )


def unknown(value: object, schema: Schema, path: str = "") -> tuple[str, ...]:
    """The fields that the schema does not know, such as "spec.ports[0].prot"."""
    return tuple(_unknown(value, schema, path))


def _unknown(value: object, schema: Schema, path: str) -> Iterator[str]:
    if isinstance(value, list) and schema.items is not None:
        for number, one in enumerate(value):
            yield from _unknown(one, schema.items, f"{path}[{number}]")
    elif isinstance(value, dict):
        for key, one in value.items():
            here = f"{path}.{key}" if path else key
            field = schema.at(key)
            if field is not None:
                yield from _unknown(one, field, here)
            elif schema.type == "object" and not schema.preserve_unknown:
                yield here


def _misfits(value: object, schema: Schema, struct: str, path: tuple[str, ...]) -> Iterator[str]:
    if value is None:
        return
    if schema.int_or_string:
        yield from _misfit_mixed(value, schema, struct, path)
    elif schema.type == "object" and isinstance(value, dict):
        for key, one in value.items():
            if (field := schema.properties.get(key)) is not None:
                yield from _misfits(one, field, schema.name or struct, (*path, key))
            elif schema.values is not None:
                yield from _misfits(one, schema.values, struct, path)
    elif schema.type == "array" and isinstance(value, list):
        for one in value:
            yield from _misfits(one, schema.items or Schema(), struct, path)
    elif not _fits(value, schema):
        yield _cannot(_seen(value, schema), go_type(schema), struct, path)


def _misfit_mixed(
    value: object, schema: Schema, struct: str, path: tuple[str, ...]
) -> Iterator[str]:
    if schema.format == "quantity":
        text = str(value)
        found = re.match(_QUANTITY, text)
        if isinstance(value, bool | dict | list) or found is None:
            yield f"quantities must match the regular expression '{_QUANTITY}'"
        elif not _SUFFIX.fullmatch(found[2]):
            yield "unable to parse quantity's suffix"
    elif isinstance(value, bool) or not isinstance(value, int | str):
        yield _cannot(_seen(value, schema), "int32", struct, path)


def _fits(value: object, schema: Schema) -> bool:
    if schema.type == "integer":
        numbers = _INT64 if schema.format == "int64" else _INT32
        return isinstance(value, int) and not isinstance(value, bool) and value in numbers
    if schema.type in {"object", "array"}:
        return False
    wanted = {"string": str, "boolean": bool, "number": int | float}.get(schema.type)
    return wanted is None or isinstance(value, wanted)


def _seen(value: object, schema: Schema) -> str:
    for kind, name in ((bool, "bool"), (str, "string"), (list, "array"), (dict, "object")):
        if isinstance(value, kind):
            return name
    # A number that is no whole number, or too large, is told with its digits.
    return f"number {value}" if schema.type == "integer" else "number"


def _cannot(seen: str, wanted: str, struct: str, path: tuple[str, ...]) -> str:
    if not path:
        return f"json: cannot unmarshal {seen} into Go value of type {wanted}"
    where = ".".join((struct, *path))
    return f"json: cannot unmarshal {seen} into Go struct field {where} of type {wanted}"


def go_type(schema: Schema) -> str:
    """What Go calls the type of a field: "int32", "[]v1.Container", "map[string]string"."""
    if schema.int_or_string:
        return "resource.Quantity" if schema.format == "quantity" else "intstr.IntOrString"
    if schema.type == "array":
        return f"[]{go_type(schema.items or Schema())}"
    if schema.name:
        return schema.name if "." in schema.name else f"v1.{schema.name}"
    if schema.values is not None:
        return f"map[string]{go_type(schema.values)}"
    if schema.type == "string":
        return "[]uint8" if schema.format == "byte" else "string"
    return _SCALARS.get(schema.type, schema.format)
