"""Runs the proof: worlds to daemons, answers beside the model's, every difference kept.

A case is decided twice by the model: as the case says, and with `loop` left out, so that the model
has to find a loop by itself from AS_PATH and the reflector attributes. Where a daemon's own output
for the prefix holds the order of arrival, that output is read and decided as well.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from bgp.case import decide_case, parse_case
from bgp.decision import decide
from bgp.errors import InvalidValueError
from bgp.frr_json import parse_frr_table
from bgp.profiles import profile as find_profile
from labs.agreement.bird_router import BirdRouter
from labs.agreement.dialects import DIALECTS
from labs.agreement.frr_router import FrrRouter
from labs.agreement.gobgp_router import GobgpRouter
from labs.agreement.player import Answer, RouterMaker, play
from labs.agreement.world import Case, World
from labs.packages import Daemon

ROUTERS: Mapping[str, RouterMaker] = {
    "gobgp": GobgpRouter,  # first: its worlds wait more than they work
    "frr-8.4": FrrRouter,
    "frr-10": FrrRouter,
    "bird": BirdRouter,
    "bird-1.6": BirdRouter,
}
COMPARED: Mapping[str, tuple[str, ...]] = {
    "frr-8.4": ("best", "reason", "multipath"),
    "frr-10": ("best", "reason", "multipath"),
    "bird": ("best",),
    "bird-1.6": ("best",),
    "gobgp": ("best",),
}
"""What each daemon tells of its decision, and so what is compared."""

READ_BACK = ("frr-8.4",)
"""Daemons whose JSON is read back: it lists paths newest first. FRR 10 lists by preference."""

DEFAULT_CASES: Mapping[str, int] = {
    "frr-8.4": 600,
    "frr-10": 300,
    "bird": 300,
    "bird-1.6": 100,
    "gobgp": 300,
}


@dataclass(frozen=True)
class Result:
    """One case with both answers; `differs` names what is not equal."""

    world: World
    case: Case
    answer: Answer
    decision: Mapping[str, Any]
    decided_by: str
    differs: tuple[str, ...]


def answered(result: Result) -> Case:
    """Return the case with the daemon's answer in it, in the decision-case format."""
    told = {name: value for name, value in result.answer.items() if name != "show"}
    return {**result.case, "daemon": result.world.daemon, **told}


def compare(world: World, case: Case, answer: Answer) -> Result:
    """Set the model's decision beside the daemon's answer."""
    try:
        return _compare(world, case, answer)
    except InvalidValueError as error:
        said: dict[str, Any] = {
            "best": None,
            "reason": None,
            "multipath": [],
            "refused": str(error),
        }
        return Result(world, case, answer, said, "refused", ("the model refuses the input",))


def _compare(world: World, case: Case, answer: Answer) -> Result:
    profile = DIALECTS[world.daemon].profile
    told = decide_case(parse_case(case), profile)
    decision: dict[str, Any] = {
        "best": told.best,
        "reason": told.reason,
        "multipath": list(told.multipath),
    }
    differs = [name for name in COMPARED[world.daemon] if decision[name] != answer[name]]
    if not differs:
        blind = [{k: v for k, v in path.items() if k != "loop"} for path in case["paths"]]
        found = decide_case(parse_case({**case, "paths": blind}), profile)
        if found.best != answer["best"]:
            differs.append("best when the model must find loops itself")
            decision["best"] = found.best
    if not differs and world.daemon in READ_BACK and _told_by_frr(case, answer):
        table = parse_frr_table(answer["show"], find_profile(profile), world.local_as)
        asked = parse_case({**case, "paths": []})
        read = decide(table.paths, profile, asked.speaker, asked.knobs)
        if (read.best, read.reason) != (table.best, table.reason):
            differs.append("best or reason read from the daemon's own JSON")
            decision |= {"best": read.best, "reason": read.reason}
    return Result(world, case, answer, decision, str(told.decided_by), tuple(differs))


def _told_by_frr(case: Case, answer: Answer) -> bool:
    """Whether FRR's JSON tells all: a peer's AS is known only by an AS_PATH that begins with it."""
    unnamed = [p for p in case["paths"] if p["peer"]["type"] == "ebgp" and not p["as_path"]]
    return bool(answer["show"].get("paths")) and not unnamed


def answer_world(daemon: Daemon, world: World) -> list[Result]:
    """Play one world and compare every case of it."""
    answers = play(ROUTERS[world.daemon], daemon, world)
    return [compare(world, case, answer) for case, answer in zip(world.cases, answers, strict=True)]


def prove(
    daemons: Mapping[str, Daemon],
    worlds: Iterable[World],
    jobs: int,
    progress: Callable[[str], None],
) -> Iterator[Result]:
    """Play worlds, `jobs` at a time, and yield their results in the order of the worlds.

    Raises:
        LabError: a daemon failed; a proof with holes would be none.
    """
    order = list(ROUTERS)
    todo = sorted(worlds, key=lambda world: order.index(world.daemon))
    started = time.monotonic()
    with ThreadPoolExecutor(jobs) as pool:
        try:
            done = pool.map(lambda world: answer_world(daemons[world.daemon], world), todo)
            for number, results in enumerate(done, start=1):
                bad = sum(bool(result.differs) for result in results)
                progress(
                    f"{results[0].world.name}: {len(results)} cases, {bad} disagree "
                    f"({number}/{len(todo)} worlds, {time.monotonic() - started:.0f} s)"
                )
                yield from results
        finally:
            pool.shutdown(cancel_futures=True)
