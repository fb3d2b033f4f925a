"""The JSONPath of printer columns: ".spec.peerASN", ".conditions[?(@.type=='Ready')].status".

Source: the subset that a CustomResourceDefinition's additionalPrinterColumns may use: fields
(a backslash before a dot inside a name), indices, "[*]" and a comparison of one field with a text.
"""

import json
import re
from functools import lru_cache
from typing import Any

_STEP = re.compile(
    r"\.(?P<field>(?:[^.\[\\]|\\.)+)"
    r"|\['(?P<quoted>[^']+)'\]"
    r"|\[(?P<index>-?\d+)\]"
    r"|\[(?P<all>\*)\]"
    r"|\[\?\(@\.(?P<key>[\w.]+)\s*==\s*[\"'](?P<text>[^\"']*)[\"']\)\]"
)


@lru_cache(maxsize=512)
def _steps(path: str) -> tuple[re.Match[str], ...]:
    steps, at = [], 0
    while at < len(path):
        step = _STEP.match(path, at)
        if step is None:
            raise ValueError(f"no JSONPath we know: {path!r} at {path[at:]!r}")
        steps.append(step)
        at = step.end()
    return tuple(steps)


def _next(value: Any, step: re.Match[str]) -> list[Any]:  # noqa: ANN401 -- any JSON value
    if name := step["field"] or step["quoted"]:
        name = re.sub(r"\\(.)", r"\1", name)
        if step["field"] and name == "*":
            return list(value.values()) if isinstance(value, dict) else []
        return [value[name]] if isinstance(value, dict) and name in value else []
    if not isinstance(value, list):
        return []
    if step["index"]:
        return value[int(step["index"]) :][:1]
    if step["all"]:
        return value
    return [item for item in value if str(first(item, "." + step["key"])) == step["text"]]


def found(value: Any, path: str) -> list[Any]:  # noqa: ANN401 -- any JSON value
    """Every value the path leads to, none when it leads nowhere.

    Raises:
        ValueError: the path is none that a printer column may have.
    """
    values = [value]
    for step in _steps(path if path.startswith((".", "[")) else f".{path}"):
        values = [inner for outer in values for inner in _next(outer, step)]
    return values


def first(value: Any, path: str) -> Any:  # noqa: ANN401 -- any JSON value
    """The first value the path leads to; `None` when it leads nowhere."""
    return next(iter(found(value, path)), None)


def text(values: list[Any]) -> str:
    """Values as a column shows them: texts as they are, lists and objects as JSON."""
    return " ".join(
        value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
        for value in values
    )
