"""The three ways to change a part of an object.

JSON patch (RFC 6902) names places and operations. JSON merge patch (RFC 7386) looks like the
object, and null takes away. The third, Kubernetes' own, has a module of its own.
"""

import copy
from collections.abc import Callable
from typing import Any, Final

from labs.kube.errors import ApiError, bad_request
from labs.kube.schema import Obj
from labs.kube.strategic import strategic_merge

__all__ = ["json_patch", "merge_patch", "strategic_merge"]

_MOST: Final = 10_000


def json_patch(obj: Obj, operations: object) -> Obj:
    """The object after the operations of RFC 6902, all or none.

    Raises:
        ApiError: the patch is malformed (400), or an operation cannot be done (422).
    """
    if not isinstance(operations, list):
        raise bad_request(
            "error decoding patch: a JSON patch is a list of operations such as "
            '[{"op": "replace", "path": "/spec/replicas", "value": 2}]'
        )
    if len(operations) > _MOST:
        message = (
            f"The allowed maximum operations in a JSON patch is {_MOST}, got {len(operations)}"
        )
        raise ApiError(413, "RequestEntityTooLarge", message)
    done: Any = copy.deepcopy(obj)
    for one in operations:
        done = _operate(done, one)
    if not isinstance(done, dict):
        raise _undoable("the patch leaves no object")
    return done


def _undoable(why: str) -> ApiError:
    message = f"the server rejected our request due to an error in our request: {why}"
    return ApiError(422, "Invalid", message)


def _operate(root: Any, one: object) -> Any:  # noqa: ANN401 -- any JSON value
    if not isinstance(one, dict) or not isinstance(one.get("path"), str):
        raise bad_request(f"error decoding patch: an operation has op and path, this is {one!r}")
    name, path = one.get("op"), one["path"]
    if name not in _OPERATIONS:
        raise bad_request(f"error decoding patch: no operation is called {name!r}")
    if name in {"add", "replace", "test"} and "value" not in one:
        raise bad_request(f"error decoding patch: {name} {path} has no value")
    if name in {"move", "copy"} and not isinstance(one.get("from"), str):
        raise bad_request(f"error decoding patch: {name} {path} has no from")
    return _OPERATIONS[name](root, one, path)


def _add(root: Any, one: Obj, path: str) -> Any:  # noqa: ANN401 -- any JSON value
    return _put(root, path, copy.deepcopy(one["value"]))


def _remove(root: Any, one: Obj, path: str) -> Any:  # noqa: ANN401 -- any JSON value
    del one
    holder, last = _holder(root, path)
    _look(holder, last, path)
    del holder[last]
    return root


def _replace(root: Any, one: Obj, path: str) -> Any:  # noqa: ANN401 -- any JSON value
    if not path:
        return copy.deepcopy(one["value"])
    holder, last = _holder(root, path)
    _look(holder, last, path)
    holder[last] = copy.deepcopy(one["value"])
    return root


def _move(root: Any, one: Obj, path: str) -> Any:  # noqa: ANN401 -- any JSON value
    start = one["from"]
    if path == start:
        return root
    if path.startswith(f"{start}/"):
        raise _undoable(f"{start} cannot be moved into itself")
    value = _at(root, start)
    return _put(_remove(root, one, start), path, value)


def _copy(root: Any, one: Obj, path: str) -> Any:  # noqa: ANN401 -- any JSON value
    return _put(root, path, copy.deepcopy(_at(root, one["from"])))


def _test(root: Any, one: Obj, path: str) -> Any:  # noqa: ANN401 -- any JSON value
    if not _same(_at(root, path), one["value"]):
        raise _undoable(f"testing value {path} failed")
    return root


_OPERATIONS: Final[dict[Any, Callable[[Any, Obj, str], Any]]] = {
    "add": _add,
    "remove": _remove,
    "replace": _replace,
    "move": _move,
    "copy": _copy,
    "test": _test,
}


def _same(one: Any, other: Any) -> bool:  # noqa: ANN401 -- any JSON value
    """Equal as JSON: true is not 1, at any depth."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)


def _steps(path: str) -> list[str]:
    """The reference tokens of a JSON pointer (RFC 6901)."""
    if path and not path.startswith("/"):
        raise bad_request(f"error decoding patch: the path {path!r} must start with a slash")
    return [step.replace("~1", "/").replace("~0", "~") for step in path.split("/")[1:]]


def _holder(root: Any, path: str, *, adding: bool = False) -> tuple[Any, Any]:  # noqa: ANN401 -- any JSON value
    """What holds the place a path names, and the key or index in it."""
    steps = _steps(path)
    if not steps:
        raise _undoable("the whole object cannot be taken away")
    holder = root
    for step in steps[:-1]:
        holder = _look(holder, _key(holder, step, path), path)
    return holder, _key(holder, steps[-1], path, adding=adding)


def _key(holder: Any, step: str, path: str, *, adding: bool = False) -> Any:  # noqa: ANN401 -- a name or an index
    if not isinstance(holder, list):
        return step
    if step == "-" and adding:
        return len(holder)
    if not step.isdecimal() or (step != "0" and step.startswith("0")) or not step.isascii():
        raise _undoable(f"{path}: {step!r} is no index of a list")
    number = int(step)
    if number > len(holder) - (not adding):
        raise _undoable(f"{path}: the list has {len(holder)} items, there is no {number}")
    return number


def _look(holder: Any, key: Any, path: str) -> Any:  # noqa: ANN401 -- any JSON value
    if isinstance(holder, list):
        return holder[key]
    if not isinstance(holder, dict) or key not in holder:
        raise _undoable(f"{path}: there is no {key!r}")
    return holder[key]


def _at(root: Any, path: str) -> Any:  # noqa: ANN401 -- any JSON value
    if not path:
        return root
    holder, last = _holder(root, path)
    return _look(holder, last, path)


def _put(root: Any, path: str, value: Any) -> Any:  # noqa: ANN401 -- any JSON value
    if not path:
        return value
    holder, last = _holder(root, path, adding=True)
    if isinstance(holder, list):
        holder.insert(last, value)
    elif isinstance(holder, dict):
        holder[last] = value
    else:
        raise _undoable(f"{path}: nothing can be added to {holder!r}")
    return root


def merge_patch(obj: Any, patch: Any) -> Any:  # noqa: ANN401 -- any JSON value
    """The object after a JSON merge patch (RFC 7386): null takes away, lists are replaced."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    done = dict(obj) if isinstance(obj, dict) else {}
    for key, value in patch.items():
        if value is None:
            done.pop(key, None)
        else:
            done[key] = merge_patch(done.get(key), value)
    return done
