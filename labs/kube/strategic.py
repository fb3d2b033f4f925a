"""Strategic merge patch: Kubernetes' own way to change a part of one of its own kinds.

As a JSON merge patch, but lists whose items have a key are merged item by item, and directives say
the rest: $patch (replace, delete, merge), $deleteFromPrimitiveList, $setElementOrder, $retainKeys.
Source: the Kubernetes community's description of strategic merge patches.
"""

from typing import Any, Final

from labs.kube.errors import bad_request
from labs.kube.schema import Obj, Schema

_DELETE_FROM: Final = "$deleteFromPrimitiveList/"
_ORDER: Final = "$setElementOrder/"
_ANY: Final = Schema()


def strategic_merge(obj: Any, patch: Any, schema: Schema) -> Any:  # noqa: ANN401 -- any JSON value
    """The object after a strategic merge patch, merged by the merge keys of its schema.

    Raises:
        ApiError: a directive is malformed, or an item has no merge key (400).
    """
    if not isinstance(patch, dict):
        raise bad_request(f"error decoding patch: an object is expected, this is {patch!r}")
    return _merged(obj if isinstance(obj, dict) else {}, patch, schema)


def _merged(obj: Obj, patch: Obj, schema: Schema) -> Obj:
    directive = patch.get("$patch")
    if directive == "replace":
        return {key: _clean(value) for key, value in patch.items() if key != "$patch"}
    if directive == "delete":
        return {}
    if directive not in {None, "merge"}:
        raise bad_request(f"Unknown patch type {directive!r}: expected replace, delete or merge")
    done = _retained(obj, patch)
    for key, value in patch.items():
        field = schema.at(key) or _ANY
        if not key.startswith("$"):
            _set(done, key, value, field)
    for key, value in patch.items():
        if key.startswith(_DELETE_FROM):
            name = key.removeprefix(_DELETE_FROM)
            if not isinstance(value, list):
                raise bad_request(f"{key} is a list, this is {value!r}")
            done[name] = [one for one in done.get(name) or [] if one not in value]
        elif key.startswith(_ORDER):
            name = key.removeprefix(_ORDER)
            field = schema.at(name) or _ANY
            done[name] = _ordered(done.get(name) or [], value, field.merge_key)
    return done


def _retained(obj: Obj, patch: Obj) -> Obj:
    """The object without what $retainKeys does not name."""
    kept = patch.get("$retainKeys")
    if kept is None:
        return dict(obj)
    if not isinstance(kept, list):
        raise bad_request(f"$retainKeys is a list, this is {kept!r}")
    strange = [key for key in patch if key not in kept and not key.startswith("$")]
    if strange:
        raise bad_request(f"$retainKeys {kept!r} does not name {strange}, which the patch has")
    return {key: value for key, value in obj.items() if key in kept}


def _set(done: Obj, key: str, value: Any, field: Schema) -> None:  # noqa: ANN401 -- any JSON value
    if value is None:
        done.pop(key, None)
    elif isinstance(value, dict):
        old = done.get(key)
        if value.get("$patch") == "delete":
            done.pop(key, None)
        else:
            done[key] = _merged(old if isinstance(old, dict) else {}, value, field)
    elif isinstance(value, list) and field.merge_key:
        old = done.get(key)
        done[key] = _merged_list(old if isinstance(old, list) else [], value, field, key)
    else:
        done[key] = _clean(value)


def _replaces(one: object) -> bool:
    return isinstance(one, dict) and one.get("$patch") == "replace"


def _merged_list(old: list[Any], patch: list[Any], field: Schema, name: str) -> list[Any]:
    key, items = field.merge_key, field.items or _ANY
    if key == ".":
        if any(isinstance(one, dict | list) for one in patch):
            raise bad_request(f"the list {name} has plain values only, this is {patch!r}")
        return old + [one for one in dict.fromkeys(patch) if one not in old]
    if any(_replaces(one) for one in patch):
        return [_clean(one) for one in patch if not _replaces(one)]
    done = list(old)
    for one in patch:
        if not isinstance(one, dict) or not isinstance(one.get(key), str | int):
            raise bad_request(
                f"map: {one!r} does not contain declared merge key: {key} (in the list {name})"
            )
        places = [
            number
            for number, other in enumerate(done)
            if isinstance(other, dict) and other.get(key) == one[key]
        ]
        if one.get("$patch") == "delete":
            done = [other for number, other in enumerate(done) if number not in places]
        elif places:
            done[places[0]] = _merged(done[places[0]], one, items)
        else:
            done.append(_merged({}, one, items))
    return done


def _ordered(items: list[Any], order: object, key: str) -> list[Any]:
    """The items in the order given; the others stay behind those they stood behind."""
    if not isinstance(order, list):
        raise bad_request(f"$setElementOrder is a list, this is {order!r}")
    wanted = [one.get(key) if isinstance(one, dict) else one for one in order]
    rank = {str(one): number for number, one in enumerate(wanted)}
    groups: list[tuple[int, int, Any]] = []
    last = -1
    for number, one in enumerate(items):
        known = rank.get(str(one.get(key) if isinstance(one, dict) else one))
        last = last if known is None else known
        groups.append((last, number, one))
    return [one for _, _, one in sorted(groups, key=lambda each: each[:2])]


def _clean(value: Any) -> Any:  # noqa: ANN401 -- any JSON value
    """A copy without directives and nulls: what a patch adds where nothing was."""
    if isinstance(value, dict):
        return {
            key: _clean(one)
            for key, one in value.items()
            if one is not None and not key.startswith("$")
        }
    if isinstance(value, list):
        return [
            _clean(one)
            for one in value
            if not (isinstance(one, dict) and one.get("$patch") == "delete")
        ]
    return value
