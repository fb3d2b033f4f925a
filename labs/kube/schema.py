"""What a Kubernetes object may hold, as values: one table from which everything else derives.

A schema says a field's type, default, enum and limits, how lists are merged by a strategic merge
patch and owned by server-side apply, and which number the field has in Kubernetes' protobuf form.
Validation, defaults, `kubectl explain`, patches and field ownership all read it, so a fact about a
field is written once.

Sources: the structural schemas of CustomResourceDefinitions (apiextensions.k8s.io/v1
JSONSchemaProps and its x-kubernetes-* extensions) and the published OpenAPI of Kubernetes 1.37.
The descriptions are our own.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypedDict, Unpack

Obj = dict[str, Any]
"""A Kubernetes object, or a part of one, as plain JSON."""


class _Absent:
    """No default: `None` would be JSON's null."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()
"""The default of a field that has none."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A rule that a type cannot say: what a CustomResourceDefinition says in CEL.

    Attributes:
        message: what the API server tells when the rule is broken.
        check: whether the value keeps the rule; it sees only values of the right type.
        told: another message, made from the value; `None` when `message` fits.
        path: the field below the schema's own that the message names, such as ".spec".
        reason: the API server's name for this mistake.
        transition: the rule compares with the value before: `check((old, new))`, on updates only.
    """

    message: str
    check: Callable[[Any], bool]
    told: Callable[[Any], str | None] = lambda _: None
    path: str = ""
    reason: str = "FieldValueInvalid"
    transition: bool = False


class Options(TypedDict, total=False):
    """What every constructor below takes beside its own arguments."""

    required: tuple[str, ...]
    default: Any
    enum: tuple[Any, ...]
    pattern: str
    format: str
    minimum: int
    maximum: int
    min_length: int
    max_length: int
    min_items: int
    max_items: int
    list_type: str
    list_keys: tuple[str, ...]
    map_type: str
    merge_key: str
    retain_keys: bool
    preserve_unknown: bool
    number: int
    within: int
    rules: tuple[Rule, ...]
    name: str
    taken: bool
    nullable: bool


@dataclass(frozen=True, kw_only=True, eq=False)
class Schema:
    """One field, or one whole kind.

    Attributes:
        type: "object", "array", "string", "integer", "number", "boolean", or "" for anything.
        description: one line for `kubectl explain`.
        properties: the known fields of an object.
        required: the fields an object must have.
        values: the schema of each value of a mapping with free keys.
        items: the schema of each item of an array.
        default: what the API server writes when the field is missing; `ABSENT`: nothing.
        enum: the only values allowed.
        pattern: a regular expression that a string must contain a match of.
        format: OpenAPI's, such as "int32" or "date-time".
        minimum: the smallest number allowed; `maximum`, `min_length` and so on are alike.
        list_type: who owns what in a list: "atomic" (the whole), "set" or "map" (by `list_keys`).
        list_keys: the fields that tell the items of a "map" list apart.
        map_type: "granular" (each key has its own owners) or "atomic".
        merge_key: the field by which a strategic merge patch finds an item; "" replaces the list,
            and "." merges a list of plain values as a set.
        retain_keys: a strategic merge patch may drop the fields it does not name ($retainKeys).
        preserve_unknown: fields that are not described are kept as they are.
        int_or_string: both an integer and a string will do.
        number: the field's number in protobuf, inside its parent; 0: it has none.
        within: protobuf wraps the field in a message of this number, which JSON does not show.
        rules: what no type can say.
        name: what Kubernetes calls this type, such as "DeploymentSpec" or "v1.Protocol".
        taken: the lab's API takes and keeps the field and nothing acts on it.
        nullable: null is a value of its own and no way to say "absent".
    """

    type: str = ""
    description: str = ""
    properties: Mapping[str, "Schema"] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    values: "Schema | None" = None
    items: "Schema | None" = None
    default: Any = ABSENT
    enum: tuple[Any, ...] = ()
    pattern: str = ""
    format: str = ""
    minimum: int | None = None
    maximum: int | None = None
    min_length: int | None = None
    max_length: int | None = None
    min_items: int | None = None
    max_items: int | None = None
    list_type: str = "atomic"
    list_keys: tuple[str, ...] = ()
    map_type: str = "granular"
    merge_key: str = ""
    retain_keys: bool = False
    preserve_unknown: bool = False
    int_or_string: bool = False
    number: int = 0
    within: int = 0
    rules: tuple[Rule, ...] = ()
    name: str = ""
    taken: bool = False
    nullable: bool = False

    def but(self, **changes: Any) -> "Schema":  # noqa: ANN401 -- every attribute has its own type
        """This schema with some attributes changed, such as its number or its default."""
        return replace(self, **changes)

    def at(self, key: str) -> "Schema | None":
        """The schema of an object's field; `None` when the object knows no such field."""
        return self.properties.get(key) or self.values


def string(description: str = "", **options: Unpack[Options]) -> Schema:
    """A text."""
    return Schema(type="string", description=description, **options)


def integer(description: str = "", **options: Unpack[Options]) -> Schema:
    """A whole number; 32 bits wide unless `format` says otherwise."""
    options.setdefault("format", "int32")
    return Schema(type="integer", description=description, **options)


def number(description: str = "", **options: Unpack[Options]) -> Schema:
    """A number with or without a fraction."""
    return Schema(type="number", description=description, **options)


def boolean(description: str = "", **options: Unpack[Options]) -> Schema:
    """True or false."""
    return Schema(type="boolean", description=description, **options)


def time(description: str = "", **options: Unpack[Options]) -> Schema:
    """A moment, as RFC 3339 writes it: "2026-11-23T14:54:41Z"."""
    options.setdefault("format", "date-time")
    return Schema(type="string", description=description, **options)


def octets(description: str = "", **options: Unpack[Options]) -> Schema:
    """Octets, in base64."""
    options.setdefault("format", "byte")
    return Schema(type="string", description=description, **options)


def array(description: str, items: Schema, **options: Unpack[Options]) -> Schema:
    """A list of `items`; with `list_keys` it is a "map" list."""
    if "list_keys" in options:
        options.setdefault("list_type", "map")
    return Schema(type="array", description=description, items=items, **options)


def obj(description: str, properties: Mapping[str, Schema], **options: Unpack[Options]) -> Schema:
    """An object with the fields named."""
    return Schema(type="object", description=description, properties=properties, **options)


def mapping(description: str, values: Schema | None = None, **options: Unpack[Options]) -> Schema:
    """An object with free keys and `values` (texts, unless said otherwise)."""
    return Schema(type="object", description=description, values=values or string(), **options)


def int_or_string(description: str = "", **options: Unpack[Options]) -> Schema:
    """A whole number, or a text such as a port's name or "25%"."""
    options.setdefault("format", "int-or-string")
    return Schema(int_or_string=True, description=description, **options)


def quantity(description: str = "", **options: Unpack[Options]) -> Schema:
    """An amount, such as "100m" or "64Mi"; a plain number will do."""
    options.setdefault("format", "quantity")
    return Schema(int_or_string=True, description=description, **options)


def anything(description: str = "", **options: Unpack[Options]) -> Schema:
    """Any JSON value, kept as it is."""
    options.setdefault("preserve_unknown", True)
    return Schema(description=description, **options)


def kept(description: str = "", **options: Unpack[Options]) -> Schema:
    """An object whose inside is kept and not described."""
    options.setdefault("preserve_unknown", True)
    return Schema(type="object", description=description, **options)
