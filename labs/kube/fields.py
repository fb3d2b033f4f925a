"""Sets of fields, as server-side apply counts them: who owns what is said in these.

A path is a tuple of elements, written as fieldsV1 writes them: "f:spec" a field, 'k:{"name":"web"}'
the item of a list by its keys, 'v:"a"' an item of a set by its value. What is "atomic" (a scalar, a
list without keys, a selector) is one field, owned as a whole.

Source: the Kubernetes documentation of server-side apply and of FieldsV1; the merge rules are the
schema's list_type, list_keys and map_type.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from labs.kube.errors import bad_request
from labs.kube.schema import ABSENT, Obj, Schema
from labs.kube.schema_check import with_defaults

Path = tuple[str, ...]
Fields = frozenset[Path]

_ANY = Schema(preserve_unknown=True)
_NOTHING = object()


@dataclass
class Difference:
    """What changed between two values, each node by its path."""

    added: set[Path] = field(default_factory=set)
    removed: set[Path] = field(default_factory=set)
    modified: set[Path] = field(default_factory=set)


def below(schema: Schema, key: str) -> Schema:
    """The schema of an object's field; anything, when it is not described."""
    return schema.at(key) or _ANY


def _is_map(value: object, schema: Schema) -> bool:
    return isinstance(value, dict) and schema.map_type != "atomic"


def _is_keyed(value: object, schema: Schema) -> bool:
    return isinstance(value, list) and schema.list_type in {"map", "set"}


def element(value: Any, schema: Schema, path: Path = ()) -> str:  # noqa: ANN401 -- any JSON value
    """The path element of a list's item.

    Raises:
        ApiError: the item lacks one of the keys that tell items apart, and it has no default.
    """
    if schema.list_type == "set":
        return f"v:{_json(value)}"
    keys: Obj = {}
    items = schema.items or _ANY
    for key in schema.list_keys:
        default = below(items, key).default
        known = value.get(key, default) if isinstance(value, dict) else ABSENT
        if known is ABSENT:
            raise bad_request(
                f"{shown(path)}: associative list with keys has an element that omits key field "
                f'"{key}" (and doesn\'t have default value)'
            )
        keys[key] = known
    return f"k:{_json(keys)}"


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)


def children(value: Any, schema: Schema, path: Path) -> dict[str, tuple[Any, Schema]] | None:  # noqa: ANN401 -- any JSON value
    """What a node is made of, by path element; `None` when it is owned as a whole."""
    if _is_map(value, schema):
        return {f"f:{key}": (one, below(schema, key)) for key, one in value.items()}
    if _is_keyed(value, schema):
        items = schema.items or _ANY
        return {element(one, schema, path): (one, items) for one in value}
    return None


def fields_of(value: Any, schema: Schema) -> Fields:  # noqa: ANN401 -- any JSON value
    """The fields that an applied configuration names."""
    return frozenset(_fields_of(value, schema, ()))


def _fields_of(value: Any, schema: Schema, path: Path) -> Iterator[Path]:  # noqa: ANN401 -- any JSON value
    parts = children(value, schema, path)
    if parts is None or (not parts and path):
        yield path
        return
    for name, (one, inner) in parts.items():
        here = (*path, name)
        if not name.startswith("f:") or name[2:] not in schema.properties:
            yield here
        yield from _fields_of(one, inner, here)


def difference(old: Any, new: Any, schema: Schema) -> Difference:  # noqa: ANN401 -- any JSON value
    """What is there only after, only before, and otherwise than before."""
    found = Difference()
    _compare(old, new, schema, (), found)
    return found


def _compare(old: Any, new: Any, schema: Schema, path: Path, found: Difference) -> None:  # noqa: ANN401 -- any JSON value
    before, after = children(old, schema, path), children(new, schema, path)
    if before is None or after is None:
        if not _same(old, new):
            found.modified.add(path)
        return
    for name in {**before, **after}:
        here = (*path, name)
        one, inner = before.get(name, (_NOTHING, _ANY))
        other, now = after.get(name, (_NOTHING, inner))
        if one is _NOTHING:
            found.added.update(_nodes(other, now, here))
        elif other is _NOTHING:
            found.removed.update(_nodes(one, inner, here))
        else:
            _compare(one, other, now, here, found)


def _same(one: Any, other: Any) -> bool:  # noqa: ANN401 -- any JSON value
    return _json(one) == _json(other)


def _nodes(value: Any, schema: Schema, path: Path) -> Iterator[Path]:  # noqa: ANN401 -- any JSON value
    yield path
    for name, (one, inner) in (children(value, schema, path) or {}).items():
        yield from _nodes(one, inner, (*path, name))


def with_structs(paths: Fields, schema: Schema) -> Fields:
    """The paths, and above each the described fields it lies in."""
    found = set(paths)
    for path in paths:
        here: Schema | None = schema
        for depth, name in enumerate(path[:-1], 1):
            key = name[2:]
            if here is None:
                break
            if name.startswith("f:") and key in here.properties:
                found.add(path[:depth])
            here = here.at(key) if name.startswith("f:") else here.items
    return frozenset(found)


def without(value: Any, gone: Fields, schema: Schema, path: Path = ()) -> Any:  # noqa: ANN401 -- any JSON value
    """A copy without the nodes at these paths."""
    if _is_map(value, schema):
        return {
            key: without(one, gone, below(schema, key), (*path, f"f:{key}"))
            for key, one in value.items()
            if (*path, f"f:{key}") not in gone
        }
    if _is_keyed(value, schema):
        named = [(one, (*path, element(one, schema, path))) for one in value]
        items = schema.items or _ANY
        return [without(one, gone, items, here) for one, here in named if here not in gone]
    return value


def merged(old: Any, new: Any, schema: Schema, path: Path = ()) -> Any:  # noqa: ANN401 -- any JSON value
    """The old value with what the new one names laid over it."""
    if _is_map(old, schema) and _is_map(new, schema):
        done = dict(old)
        for key, one in new.items():
            here = (*path, f"f:{key}")
            done[key] = merged(old.get(key), one, below(schema, key), here)
        return done
    if _is_keyed(old, schema) and _is_keyed(new, schema):
        return _merged_list(old, new, schema, path)
    # What is owned as a whole is compared as a whole: with the defaults inside it.
    return with_defaults(new, schema)


def _merged_list(old: list[Any], new: list[Any], schema: Schema, path: Path) -> list[Any]:
    """The items of both, merged by their keys, in the order the API server gives them."""
    items = schema.items or _ANY
    known = {element(one, schema, path): one for one in old}
    named = {element(one, schema, path): one for one in new}
    if len(named) != len(new):
        raise bad_request(f"{shown(path)}: duplicate entries in a list whose items have keys")
    return [
        known[name]
        if name not in named
        else merged(known[name], named[name], items, (*path, name))
        if name in known
        else with_defaults(named[name], items)
        for name in _order(list(known), list(named))
    ]


def _order(old: list[str], new: list[str]) -> list[str]:
    """New items in their order; an old one stays behind the old ones it stood behind."""
    shared = [name for name in new if name in old]
    done: list[str] = []
    while old:
        first, *rest = old
        if first in new and shared[:1] == [first]:
            # Up to here, the new order leads.
            until = new.index(first) + 1
            done += [name for name in new[:until] if name not in done]
            shared = shared[1:]
        elif first not in new:
            done.append(first)
        old = rest
    return done + [name for name in new if name not in done]


def written(paths: Fields) -> Obj:
    """The set as fieldsV1."""
    tree: Obj = {}
    for path in sorted(paths):
        here = tree
        for name in path:
            here = here.setdefault(name, {})
        here["."] = {}
    return _without_dots(tree)


def _without_dots(tree: Obj) -> Obj:
    """A leaf is {}: only a node that has parts of its own says with "." that it counts itself."""
    if tree.keys() == {"."}:
        return {}
    return {name: _without_dots(inner) for name, inner in tree.items()}


def read(tree: object) -> Fields:
    """The set that a fieldsV1 says."""
    return frozenset(_read(tree, ()))


def _read(tree: object, path: Path) -> Iterator[Path]:
    if not isinstance(tree, dict) or not tree:
        if path:
            yield path
        return
    for name, inner in tree.items():
        if name == ".":
            yield path
        else:
            yield from _read(inner, (*path, name))


def shown(path: Path) -> str:
    """A path as conflicts name it: `.spec.template.spec.containers[name="web"].image`."""
    parts = []
    for name in path:
        if name.startswith("f:"):
            parts.append(f".{name[2:]}")
        elif name.startswith("k:"):
            keys = json.loads(name[2:])
            parts.append("[" + ",".join(f"{key}={_json(one)}" for key, one in keys.items()) + "]")
        else:
            parts.append(f"[={name[2:]}]")
    return "".join(parts)
