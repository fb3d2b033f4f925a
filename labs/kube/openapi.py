"""The API described to kubectl: OpenAPI v3, made from the kinds.

kubectl reads it for `explain` and to see that the server checks fields (`fieldValidation`). There
is one document for each group and version, named with a hash of its text, so that kubectl fetches
it again only when it has changed.

Sources: OpenAPI 3.0; the x-kubernetes-* extensions of the Kubernetes API documentation.
"""

import hashlib
import json
from functools import cache
from typing import Any, Final

from labs.kube.kinds import Kind, Kinds
from labs.kube.schema import ABSENT, Obj, Schema

_PLAIN: Final = {
    "pattern": "pattern",
    "minimum": "minimum",
    "maximum": "maximum",
    "min_length": "minLength",
    "max_length": "maxLength",
    "min_items": "minItems",
    "max_items": "maxItems",
}
# kubectl knows by itself how to merge Kubernetes' own kinds. Told here that they can be merged, it
# would compute patches from these schemas, and warn where one keeps a part undescribed.
_PATCHES: Final = ("json-patch+json", "merge-patch+json", "apply-patch+yaml")
_MIXED: Final = [{"type": "integer"}, {"type": "string"}]
_META: Final = "io.k8s.apimachinery.pkg.apis.meta.v1"


@cache
def index(kinds: Kinds) -> Obj:
    """The answer to /openapi/v3: where the document of each group and version is.

    kubectl asks for it with every command that writes, hence it is made once for each registry.
    """
    places = dict.fromkeys((kind.group, kind.version) for kind in kinds)
    paths = {}
    for group, version in places:
        path = _base(group, version).lstrip("/")
        text = json.dumps(document(kinds, group, version), sort_keys=True)
        mark = hashlib.sha256(text.encode()).hexdigest().upper()
        paths[path] = {"serverRelativeURL": f"/openapi/v3/{path}?hash={mark}"}
    return {"paths": paths}


def document(kinds: Kinds, group: str, version: str) -> Obj:
    """The OpenAPI document of one group and version."""
    components: Obj = {}
    paths: Obj = {}
    for kind in kinds:
        if (kind.group, kind.version) == (group, version):
            name = component_name(kind)
            components[name] = _written(kind.schema, components, inline=not kind.builtin)
            components[name]["x-kubernetes-group-version-kind"] = [_gvk(kind)]
            paths |= _paths(kind, name)
    return {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": "v1.37.0"},
        "paths": paths,
        "components": {"schemas": dict(sorted(components.items()))},
    }


def component_name(kind: Kind) -> str:
    """The name of a kind's schema: "io.k8s.api.apps.v1.Deployment", "io.metallb.v1beta1.Pool"."""
    if not kind.builtin:
        home = ".".join(reversed(kind.group.split(".")))
        return f"{home}.{kind.version}.{kind.kind}"
    return f"io.k8s.api.{kind.group.partition('.')[0] or 'core'}.{kind.version}.{kind.kind}"


def json_schema(kind: Kind) -> Obj:
    """A kind's schema as a CustomResourceDefinition holds it: whole, without its metadata's."""
    told = _written(kind.schema.but(name=""), {}, inline=True)
    told["properties"] = {**told["properties"], "metadata": {"type": "object"}}
    return told


def _base(group: str, version: str) -> str:
    return f"/apis/{group}/{version}" if group else f"/api/{version}"


def _gvk(kind: Kind) -> Obj:
    return {"group": kind.group, "version": kind.version, "kind": kind.kind}


def _paths(kind: Kind, name: str) -> Obj:
    """The operations kubectl looks for, with what it looks for in them."""
    told = {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}
    checked = {
        "name": "fieldValidation",
        "in": "query",
        "description": "Strict, Warn or Ignore: what is done about unknown fields.",
        "schema": {"type": "string", "uniqueItems": True},
    }
    dry = {**checked, "name": "dryRun", "description": "All: only say what would be."}

    def operation(action: str, *, writes: bool = True) -> Obj:
        return {
            "x-kubernetes-action": action,
            "x-kubernetes-group-version-kind": _gvk(kind),
            "responses": {"200": {"description": "OK", "content": told}},
            **({"parameters": [dry, checked]} if writes else {}),
        }

    types: Obj = {f"application/{one}": {"schema": {}} for one in _PATCHES}
    home = f"{_base(kind.group, kind.version)}{'/namespaces/{namespace}' * kind.namespaced}"
    one: Obj = {"get": operation("get", writes=False)}
    many: Obj = {"get": operation("list", writes=False)}
    if not kind.verbs:
        many["post"] = operation("post") | {"requestBody": {"content": told}}
        one["put"] = operation("put") | {"requestBody": {"content": told}}
        one["patch"] = operation("patch") | {"requestBody": {"content": types}}
        one["delete"] = operation("delete")
    return {f"{home}/{kind.plural}": many, f"{home}/{kind.plural}/{{name}}": one}


def _component(schema: Schema, components: Obj) -> str | None:
    """The place of a named object's schema, which is written there; `None`: it has none."""
    if schema.int_or_string:
        mixed = "Quantity" if schema.format == "quantity" else "IntOrString"
        name = f"io.k8s.apimachinery.{mixed}"
        components[name] = {"format": schema.format, "oneOf": _MIXED}
        return name
    if not schema.name or "." in schema.name or not schema.properties:
        return None
    shared = schema.name in {"ObjectMeta", "OwnerReference", "ManagedFieldsEntry", "LabelSelector"}
    name = f"{_META if shared else 'io.k8s.api.v1'}.{schema.name}"
    if name not in components:
        components[name] = {}  # there already, should the schema hold itself
        plain = schema.but(description="", default=ABSENT)
        components[name] = _body(plain, components, inline=False)
    return name


def _written(schema: Schema, components: Obj, *, inline: bool) -> Obj:
    """A whole schema, or a reference with what is said of this field only."""
    told: Obj = {"description": schema.description} if schema.description else {}
    return told | _body(schema, components, inline=inline)


def _field(schema: Schema, components: Obj, *, inline: bool) -> Obj:
    meta = schema.name == "ObjectMeta"
    name = _component(schema, components) if meta or not inline else None
    if name is None:
        return _written(schema, components, inline=inline)
    told: Obj = {"allOf": [{"$ref": f"#/components/schemas/{name}"}]}
    if schema.description:
        told["description"] = schema.description
    if schema.default is not ABSENT:
        told["default"] = schema.default
    return told | _merging(schema)


def _body(schema: Schema, components: Obj, *, inline: bool) -> Obj:
    told = _type(schema)
    if schema.properties:
        told["properties"] = {
            key: _field(one, components, inline=inline) for key, one in schema.properties.items()
        }
    if schema.required:
        told["required"] = list(schema.required)
    if schema.values is not None:
        told["additionalProperties"] = _field(schema.values, components, inline=inline)
    if schema.items is not None:
        told["items"] = _field(schema.items, components, inline=inline)
    if schema.default is not ABSENT:
        told["default"] = schema.default
    if schema.enum:
        told["enum"] = list(schema.enum)
    for ours, theirs in _PLAIN.items():
        value: Any = getattr(schema, ours)
        if value not in (None, ""):
            told[theirs] = value
    return told | _merging(schema)


def _type(schema: Schema) -> Obj:
    if schema.int_or_string:
        return {"x-kubernetes-int-or-string": True, "anyOf": _MIXED}
    told: Obj = {"type": schema.type} if schema.type else {}
    if schema.format:
        told["format"] = schema.format
    if schema.nullable:
        told["nullable"] = True
    if schema.preserve_unknown:
        told["x-kubernetes-preserve-unknown-fields"] = True
    return told


def _merging(schema: Schema) -> Obj:
    """How lists and objects are owned and merged."""
    told: Obj = {}
    if schema.type == "array":
        told["x-kubernetes-list-type"] = schema.list_type
        if schema.list_keys:
            told["x-kubernetes-list-map-keys"] = list(schema.list_keys)
    if schema.map_type == "atomic":
        told["x-kubernetes-map-type"] = "atomic"
    ways = ["merge"] * bool(schema.merge_key) + ["retainKeys"] * schema.retain_keys
    if ways:
        told["x-kubernetes-patch-strategy"] = ",".join(ways)
    if schema.merge_key not in {"", "."}:
        told["x-kubernetes-patch-merge-key"] = schema.merge_key
    return told
