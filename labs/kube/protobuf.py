"""Bodies in Kubernetes' protobuf form, which kubectl's typed commands send.

Such a body is "k8s", a zero octet and a message runtime.Unknown: apiVersion and kind (1), and the
object (2). The numbers of the fields are in the schemas. A field that no schema numbers is refused
unless it is empty: nothing that was asked for is lost in silence.

Sources: the protobuf encoding (protobuf.dev); the generated.proto files of k8s.io/api and
k8s.io/apimachinery, for the numbers.
"""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final

from labs.kube.core_kinds import BODIES
from labs.kube.errors import ApiError, bad_request
from labs.kube.kinds import Kind, Kinds
from labs.kube.schema import Obj, Schema

MAGIC: Final = b"k8s\0"
_DEEP: Final = 64
_VARINT, _EIGHT, _TEXT, _FOUR = 0, 1, 2, 5
_BITS: Final = 64
_MORE: Final = 0x80  # this octet is not the last of its number
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

# Go writes a plain zero or false whether it was said or not; these it writes only when it was.
_SAID: Final = frozenset(
    {
        "activeDeadlineSeconds",
        "allocateLoadBalancerNodePorts",
        "allowPrivilegeEscalation",
        "automountServiceAccountToken",
        "blockOwnerDeletion",
        "controller",
        "defaultMode",
        "enableServiceLinks",
        "fsGroup",
        "gracePeriodSeconds",
        "immutable",
        "mode",
        "optional",
        "orphanDependents",
        "priority",
        "privileged",
        "progressDeadlineSeconds",
        "readOnlyRootFilesystem",
        "ready",
        "replicas",
        "revisionHistoryLimit",
        "runAsGroup",
        "runAsNonRoot",
        "runAsUser",
        "serving",
        "shareProcessNamespace",
        "started",
        "terminating",
        "terminationGracePeriodSeconds",
        "tolerationSeconds",
    }
)

_Field = tuple[int, int | bytes]


def decode(body: bytes, kinds: Kinds) -> Obj:
    """The object in a protobuf body, as JSON.

    Raises:
        ApiError: the body is malformed, of an unknown kind, or says what we do not know (400).
    """
    if not body.startswith(MAGIC):
        raise bad_request("provided data does not appear to be a protobuf message, expected prefix")
    try:
        outer = _last(body[len(MAGIC) :])
        meta = _last(_octets(outer.get(1, b"")))
        version, name = _text(meta.get(1, b"")), _text(meta.get(2, b""))
        kind = _kind(version, name, kinds)
        message = _message(_octets(outer.get(2, b"")), kind.schema, name, 0)
    except (ValueError, OverflowError) as wrong:
        raise bad_request(f"error decoding the protobuf body: {wrong}") from wrong
    return {"apiVersion": version, "kind": name, **message}


def _kind(version: str, name: str, kinds: Kinds) -> Kind:
    group, _, number = version.rpartition("/")
    if name == "DeleteOptions":
        # Every group has DeleteOptions of its own; they are all the same.
        group, number = "", "v1"
    found = kinds.by_kind(group, number, name) or Kinds.of(*BODIES).by_kind(group, number, name)
    if found is None:
        raise _unknown_kind(version, name)
    return found


def _unknown_kind(version: str, name: str) -> ApiError:
    return bad_request(f'no kind "{name}" is registered for version "{version}"')


def _fields(data: bytes) -> Iterator[_Field]:
    """The fields of a message, in order: number and value."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        number, wire = tag >> 3, tag & 7
        if number == 0:
            raise ValueError("a field has the number 0")
        if wire == _VARINT:
            value, at = _varint(data, at)
            yield number, value
            continue
        if wire == _TEXT:
            size, at = _varint(data, at)
        elif wire in {_EIGHT, _FOUR}:
            size = 8 if wire == _EIGHT else 4
        else:
            raise ValueError(f"field {number} has the unknown wire type {wire}")
        if at + size > len(data):
            raise ValueError(f"field {number} is cut off: {size} octets, {len(data) - at} left")
        yield number, data[at : at + size]
        at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, _BITS + 6, 7):
        if at >= len(data):
            raise ValueError("a number is cut off")
        octet = data[at]
        at += 1
        value |= (octet & ~_MORE) << shift
        if not octet & _MORE:
            return value, at
    raise ValueError("a number has more than ten octets")


def _last(data: bytes) -> dict[int, int | bytes]:
    return dict(_fields(data))


def _octets(value: int | bytes) -> bytes:
    if isinstance(value, bytes):
        return value
    raise ValueError(f"the number {value} where octets belong")


def _text(value: int | bytes) -> str:
    return _octets(value).decode()


@cache
def _numbered(schema: Schema, within: int = 0) -> dict[int, tuple[str, Schema]]:
    """The fields of a message by their numbers; `within`: those of a message inside it."""
    return {
        field.number: (name, field)
        for name, field in schema.properties.items()
        if field.number and field.within == within
    }


@cache
def _wrapped(schema: Schema) -> frozenset[int]:
    return frozenset(field.within for field in schema.properties.values()) - {0}


def _message(data: bytes, schema: Schema, path: str, depth: int, within: int = 0) -> Obj:
    if depth > _DEEP:
        raise ValueError(f"{path} is nested more than {_DEEP} deep")
    known = _numbered(schema, within)
    done: Obj = {}
    for number, value in _fields(data):
        if not within and number in _wrapped(schema):
            done |= _message(_octets(value), schema, path, depth + 1, number)
        elif number in known:
            name, field = known[number]
            _take(done, name, _value(value, field, f"{path}.{name}", depth + 1), field)
        elif not _empty(value):
            raise ValueError(f"{path}: the lab's API does not know field {number}")
    return {name: value for name, value in done.items() if value or name in _SAID}


def _empty(value: int | bytes) -> bool:
    """Whether a field says nothing: zero, or messages of nothing but that."""
    if isinstance(value, int):
        return value == 0
    try:
        return all(_empty(inner) for _, inner in _fields(value))
    except ValueError:
        return False


def _take(done: Obj, name: str, value: Any, field: Schema) -> None:  # noqa: ANN401 -- any JSON value
    if field.type == "array":
        done.setdefault(name, []).append(value)
    elif field.values is not None:
        done.setdefault(name, {}).update(value)
    else:
        done[name] = value


def _value(value: int | bytes, field: Schema, path: str, depth: int) -> Any:  # noqa: ANN401 -- any JSON value
    """One value; of an array one item, of a mapping one entry."""
    if field.type == "array":
        return _value(value, field.items or Schema(), path, depth)
    if field.values is not None:
        entry = _last(_octets(value))
        inner = entry.get(2, 0 if field.values.type in {"integer", "boolean"} else b"")
        return {_text(entry.get(1, b"")): _value(inner, field.values, path, depth)}
    if field.int_or_string:
        return _mixed(_last(_octets(value)), field)
    if field.format == "date-time":
        return _time(_last(_octets(value)))
    if field.properties:
        return _message(_octets(value), field, path, depth)
    return _scalar(value, field, path)


def _scalar(value: int | bytes, field: Schema, path: str) -> Any:  # noqa: ANN401 -- any JSON value
    if field.type == "boolean":
        return bool(value)
    if field.type == "integer" and isinstance(value, int):
        return value - (1 << _BITS) if value >> (_BITS - 1) else value
    if field.format == "byte":
        return base64.b64encode(_octets(value)).decode()
    if field.type == "string":
        return _text(value)
    if field.preserve_unknown and path.endswith(".fieldsV1"):
        return json.loads(_octets(_last(_octets(value)).get(1, b"{}")))
    if _empty(value):
        return None
    raise ValueError(f"{path}: the lab's API cannot read this field from protobuf")


def _mixed(parts: dict[int, int | bytes], field: Schema) -> int | str:
    if field.format == "quantity":
        return _text(parts.get(1, b"0"))
    if parts.get(1, 0):
        return _text(parts.get(3, b""))
    number = parts.get(2, 0)
    return number if isinstance(number, int) else 0


def _time(parts: dict[int, int | bytes]) -> str | None:
    seconds, nanos = parts.get(1, 0), parts.get(2, 0)
    if not isinstance(seconds, int) or not isinstance(nanos, int) or not parts:
        return None
    if seconds >> (_BITS - 1):
        return None  # Go's zero time, long before 1970: no time at all
    moment = _EPOCH + timedelta(seconds=seconds, microseconds=nanos // 1000)
    fraction = f".{moment.microsecond:06}" if moment.microsecond else ""
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + fraction + "Z"
