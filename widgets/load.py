"""A scene from text: what FRR prints, or a decision case, pasted or from a file.

What is read is what ``locrib bestpath`` reads, by the same code of ``bgp``; ``docs/formats.md``
documents the decision case.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from bgp.case import parse_case
from bgp.errors import InvalidValueError
from bgp.frr_json import parse_frr_table
from bgp.profiles import profile
from widgets.scene import MAX_ROWS, Scene

MAX_TEXT: Final = 2_000_000  # characters; 32 paths need a hundredth of it
MAX_CASES: Final = 500


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a text held.

    Attributes:
        scene: the scene it describes; None when it holds several cases and none was picked.
        cases: ids of the cases in the text, for picking; empty for FRR's output.
        remarks: what the text does not say and was taken for granted.
    """

    scene: Scene | None
    cases: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def load(text: object, scene: Scene, pick: int | None = None) -> Loaded:
    """Read FRR's ``show bgp ipv4|ipv6 unicast P json``, one decision case, or one case a line.

    Args:
        text: the text.
        scene: the scene it replaces; profile, and for FRR's output speaker and knobs, are kept.
        pick: which case of several, 0 for the first; None to be asked.

    Raises:
        InvalidValueError: what is wrong, and where.
    """
    if not isinstance(text, str) or not text.strip():
        raise InvalidValueError("text", text, "the JSON of FRR or of a decision case; it is empty")
    if len(text) > MAX_TEXT:
        raise InvalidValueError("text", f"{len(text)} characters", f"at most {MAX_TEXT}")
    objects = _objects(text)
    if len(objects) == 1 and _is_frr(objects[0]):
        _check_count(objects[0])
        table = parse_frr_table(objects[0], profile(scene.profile), scene.speaker.asn)
        said = tuple(remark for remark in table.assumptions if "--knob" not in remark)
        found = replace(scene, paths=table.paths, prefix=table.prefix, name=str(table.prefix))
        return Loaded(found, remarks=said)
    names = tuple(str(item.get("case", f"case {n + 1}")) for n, item in enumerate(objects))
    if pick is None and len(objects) > 1:
        return Loaded(None, names)
    place = pick or 0
    if isinstance(place, bool) or not isinstance(place, int) or not 0 <= place < len(objects):
        raise InvalidValueError("case", place, f"0 to {len(objects) - 1}")
    _check_count(objects[place])
    case = parse_case(objects[place])
    return Loaded(Scene.of_case(case, scene.profile, scene.second), names)


def _is_frr(data: Mapping[str, object]) -> bool:
    """Tell FRR's output from a case: a case says who decides, FRR's output never does."""
    return not {"local_as", "case", "version"} & set(data)


def _check_count(data: Mapping[str, object]) -> None:
    """Refuse too many paths before any of them is read, so that refusing is quick."""
    paths = data.get("paths")
    if isinstance(paths, list) and len(paths) > MAX_ROWS:
        raise InvalidValueError("paths", f"{len(paths)} paths", f"at most {MAX_ROWS} to draw")


def _objects(text: str) -> list[Mapping[str, object]]:
    try:
        found = [json.loads(text)]
    except (json.JSONDecodeError, RecursionError) as whole:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) > MAX_CASES:
            raise InvalidValueError("text", f"{len(lines)} lines", f"at most {MAX_CASES}") from None
        try:
            found = [json.loads(line) for line in lines] if len(lines) > 1 else []
        except (json.JSONDecodeError, RecursionError):
            found = []
        if not found:
            raise _not_json(text, whole) from None
    except ValueError as error:  # a number too long for int()
        raise InvalidValueError("text", text, f"JSON ({error})") from None
    for item in found:
        if not isinstance(item, Mapping):
            raise InvalidValueError("text", item, "a JSON object")
    return found


def _not_json(text: str, error: Exception) -> InvalidValueError:
    if isinstance(error, json.JSONDecodeError):
        near = text[max(0, error.pos - 12) : error.pos + 12]
        return InvalidValueError(
            f"text, line {error.lineno} column {error.colno}", near, f"JSON ({error.msg})"
        )
    return InvalidValueError("text", text, "JSON that is not nested so deep")
