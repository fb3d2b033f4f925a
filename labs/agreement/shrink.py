"""Reduces a disagreement to its smallest form, asking the real daemon about every reduction.

All reductions of one round share a world, one prefix each, so a round costs one start of the
daemon however many there are. The first that still disagrees is taken, and the round repeated.
"""

import copy
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from labs.agreement.dialects import default_knobs
from labs.agreement.proof import Result, answer_world, answered
from labs.agreement.world import Case, World
from labs.errors import LabError
from labs.packages import Daemon

ROUND_LIMIT = 60
CASES_A_ROUND = 200
SECONDS = 90.0

SIMPLEST: dict[str, tuple[Any, ...]] = {
    "weight": (0,),
    "origin": ("igp",),
    "med": (None, 0),
    "originator_id": (None,),
    "cluster_list": ([],),
    "local_pref": (None, 100),
}
"""The plainest values of each attribute, plainest first."""


def shrink(result: Result, daemon: Daemon, seconds: float = SECONDS) -> Result:
    """Return the smallest case found, within a bound of time, that still disagrees."""
    deadline = time.monotonic() + seconds
    for _ in range(ROUND_LIMIT):
        smaller = _first_disagreeing(result, daemon, deadline)
        if smaller is None:
            break
        result = smaller
    return result


def _first_disagreeing(result: Result, daemon: Daemon, deadline: float) -> Result | None:
    """Try every single reduction; return the first that still disagrees."""
    for world in _reduced_worlds(result):
        if time.monotonic() > deadline:
            return None
        try:
            results = answer_world(daemon, world)
        except LabError:
            continue  # the daemon refuses the reduced world; try the next
        for found in results:
            if found.differs:
                return replace(found, world=replace(world, cases=(found.case,)))
    return None


def _reduced_worlds(result: Result) -> Iterator[World]:
    """Yield worlds of reduced cases: all reductions of the paths, then each knob by itself."""
    cases = tuple(_renumbered(list(reductions(result.case))[:CASES_A_ROUND]))
    if cases:
        yield replace(result.world, cases=cases)
    defaults = default_knobs(result.world.daemon)
    for knob, plain in defaults.items():
        if result.world.knobs[knob] != plain:
            knobs = {**result.world.knobs, knob: plain}
            case = {**result.case, "knobs": knobs}
            yield replace(result.world, knobs=knobs, cases=(case,))


def reductions(case: Case) -> Iterator[Case]:
    """Yield every case one step smaller: a path less, or one attribute at its plainest."""
    paths: list[dict[str, Any]] = case["paths"]
    for index in range(len(paths)):
        if len(paths) > 1:
            yield _with_paths(case, paths[:index] + paths[index + 1 :])
    for index, path in enumerate(paths):
        for smaller in _simpler_paths(path):
            yield _with_paths(case, [*paths[:index], smaller, *paths[index + 1 :]])


def _simpler_paths(path: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name in ("communities", "aigp"):
        if name in path:
            yield {key: value for key, value in path.items() if key != name}
    for name, values in SIMPLEST.items():
        needed = name == "local_pref" and path["peer"]["type"] == "ibgp"
        usable = [value for value in values if not (needed and value is None)]
        if path[name] not in usable[:1]:
            for value in usable:
                if value == path[name]:
                    break
                yield {**path, name: value}
    yield from _simpler_routing(path)


def _simpler_routing(path: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Take the plainest next hop, and an AS less in each segment."""
    if path["peer"]["type"] == "local":
        return
    if path["valid"] and path["igp_metric"]:
        yield {**path, "igp_metric": 0, "next_hop": path["peer"]["address"]}
    segments = path["as_path"]
    for index, (segment, members) in enumerate(segments):
        if len(members) > 1 and not path["loop"]:
            shorter = [segment, members[:-1]]
            yield {**path, "as_path": [*segments[:index], shorter, *segments[index + 1 :]]}


def _with_paths(case: Case, paths: list[dict[str, Any]]) -> Case:
    renumbered = [
        {**copy.deepcopy(path), "arrival": number} for number, path in enumerate(paths, start=1)
    ]
    return {**case, "paths": renumbered}


def _renumbered(cases: list[Case]) -> Iterator[Case]:
    for index, case in enumerate(cases):
        yield {**case, "prefix": f"10.100.{index}.0/24"}


def describe(result: Result) -> str:
    """Say what disagrees, with the whole case, in a form to paste into `locrib bestpath`."""
    defaults = default_knobs(result.world.daemon)
    knobs = {k: value for k, value in result.case["knobs"].items() if value != defaults[k]}
    lines = [
        f"{result.case['case']} ({result.world.daemon}): {', '.join(result.differs)}",
        f"  router: {json.dumps({k: result.answer[k] for k in ('best', 'reason', 'multipath')})}",
        f"  model:  {json.dumps(dict(result.decision))} decided by {result.decided_by}",
        f"  knobs not at their default: {json.dumps(knobs)}",
    ]
    for path in result.case["paths"]:
        peer = path["peer"]
        shown = {
            name: value
            for name, value in path.items()
            if name not in ("id", "peer", "arrival") and value not in (None, [], False)
        }
        source = f"{peer['type']} {peer['address']} id {peer['router_id']} AS {peer['as']}"
        lines.append(f"  {path['id']} from {source}: {json.dumps(shown)}")
    lines.append(f"  case: {json.dumps(answered(result))}")
    return "\n".join(lines)
