"""The picture of a scene: scene and decision in, plain JSON out. The browser draws just that.

Everything a view shows is decided and worded here, so that the browser, the SVG and the text twin
say the same; and what is hidden before a prediction is committed is not in here at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import fields as knob_fields
from typing import Final, TypedDict

from bgp.arrival_order import DEFAULT_TRIES, other_orders
from bgp.decision import Decision
from bgp.knobs import Knobs
from bgp.messages import (
    INELIGIBLE,
    MULTIPATH,
    PREFERENCES,
    STEP_TITLES,
    difference,
    ignored_text,
    order_text,
    reason_text,
    sentence,
    step_title,
    what_if_text,
)
from bgp.profiles import PROFILES, Profile
from bgp.profiles import profile as find_profile
from bgp.reasons import MultipathVerdict, StepId
from bgp.trace import StepTrace
from bgp.what_if import what_if
from widgets.fields import FIELDS
from widgets.scene import Scene

FEWER_TRIES: Final = 40  # orders of arrival to try among more than eight paths
_SHORT: Final = {
    StepId.CONFED_AS_PATH: "AS_PATH with confed.",
    StepId.PEER_TYPE: "eBGP over iBGP",
    StepId.CONFED_PEER_TYPE: "Confed. eBGP over iBGP",
    StepId.IGP_METRIC: "IGP metric",
    StepId.CLUSTER_METRIC: "CLUSTER_LIST as metric",
    StepId.NEXT_HOP: "NEXT_HOP resolves",
    StepId.NOTHING_LEFT: "Nothing left",
}


class Cell(TypedDict):
    """A path at a step: the compared value, and what became of it there."""

    text: str
    state: str  # stays | falls | gone | wins
    note: str  # "lost to p3", for a cell in which the path falls


class Column(TypedDict):
    """A step of the profile."""

    id: str
    title: str
    hint: str
    folds: bool  # nobody falls here
    decisive: bool
    left: int  # paths still standing after it
    cells: list[Cell]  # one a path, in the order of the rows


class Row(TypedDict):
    """What became of a path."""

    id: str
    state: str  # best | multipath | lost | ineligible
    result: str
    short: str  # the same where the step is seen anyway
    detail: str
    what_if: str


class Verdict(TypedDict):
    """A decision as a picture."""

    profile: str
    title: str
    versions: str
    best: str | None
    sentence: str
    settled: str
    multipath: str
    start: int  # paths that take part
    columns: list[Column]
    rows: list[Row]
    notes: list[str]


@dataclass(frozen=True, slots=True)
class Judged:
    """A scene with the decisions its picture needs."""

    scene: Scene
    decision: Decision
    second: Decision | None
    elsewhere: tuple[Decision, ...]


def judge(scene: Scene) -> Judged:
    """Decide a scene by every profile.

    Raises:
        InvalidValueError: the scene cannot be decided.
    """
    by_name = {name: scene.decide(name) for name in PROFILES}
    second = None if scene.second is None else by_name[find_profile(scene.second).name]
    decision = by_name[find_profile(scene.profile).name]
    return Judged(scene, decision, second, tuple(by_name.values()))


def scene_picture(scene: Scene) -> dict[str, object]:
    """Return the part of the picture that is the question: paths, router, options. No verdict."""
    chosen = find_profile(scene.profile)
    return {
        "title": "Best path" if scene.prefix is None else f"Best path to {scene.prefix}",
        "profile": chosen.name,
        "profile_title": chosen.title,
        "versions": chosen.versions,
        "second": scene.second or "",
        "profiles": [[profile.name, profile.title] for profile in PROFILES.values()],
        "fields": [
            {
                "name": field.name,
                "title": field.title,
                "hint": field.hint,
                "kind": field.kind,
                "options": [list(option) for option in field.options],
                "more": field.more,
                "unread": field.name in _unread(chosen),
            }
            for field in FIELDS
        ],
        "rows": [
            [
                {"text": field.read(path), "fixed": field.of_peer and path.is_local}
                for field in FIELDS
            ]
            for path in scene.paths
        ],
        "knobs": _knobs(scene.knobs, chosen),
        "ignored": ignored_text(chosen, chosen.ignored(scene.knobs)) or "",
        "speaker": _speaker(scene),
    }


def _unread(profile: Profile) -> set[str]:
    """Attributes that no step of the profile looks at, to be told apart in the table."""
    steps = {step.id for step in profile.steps}
    unread = set()
    for name, readers in (
        ("weight", {StepId.WEIGHT}),
        ("igp_metric", {StepId.IGP_METRIC}),
        ("aigp", {StepId.AIGP}),
    ):
        if not readers & steps:
            unread.add(name)
    return unread


def _knobs(knobs: Knobs, profile: Profile) -> list[dict[str, object]]:
    changed = knobs.changed()
    shown = []
    for field in knob_fields(Knobs):
        reads = field.name in profile.knobs
        if not reads and field.name not in changed:
            continue
        value = getattr(knobs, field.name)
        number = "int" in str(field.type)
        kind = "number" if number else ("choice" if field.default is None else "flag")
        shown.append(
            {
                "name": field.name,
                "title": field.name.replace("_", "-"),
                "kind": kind,
                "value": ("" if value is None else str(value)) if number else value,
                "default": "" if field.default is None else str(field.default),
                "read": reads,
                "set": field.name in changed,
            }
        )
    return sorted(shown, key=lambda knob: knob["kind"] != "flag")


def _speaker(scene: Scene) -> list[dict[str, str]]:
    speaker = scene.speaker
    own = speaker.confederation
    members = "" if own is None else " ".join(map(str, own.members))
    return [
        {"name": name, "title": title, "text": "" if value is None else str(value)}
        for name, title, value in (
            ("asn", "Local AS", speaker.asn),
            ("router_id", "Router ID", speaker.router_id),
            ("cluster_id", "Cluster ID", speaker.cluster_id),
            ("confederation", "Confederation identifier", own and own.identifier),
            ("members", "Other member ASes", members),
        )
    ]


def verdict(decision: Decision) -> Verdict:
    """Return the part of the picture that is the answer, for one profile."""
    columns = [_column(decision, step) for step in decision.trace]
    deciding = [n for n, column in enumerate(columns) if not column["folds"]]
    if deciding:
        columns[deciding[-1]]["decisive"] = True
    tries = DEFAULT_TRIES if len(decision.paths) <= 8 else FEWER_TRIES  # noqa: PLR2004 - see FEWER_TRIES
    notes = [reason_text(decision), order_text(other_orders(decision, tries))]
    return {
        "profile": decision.profile.name,
        "title": decision.profile.title,
        "versions": decision.profile.versions,
        "best": decision.best,
        "sentence": sentence(decision),
        "settled": step_title(decision.decided_by),
        "multipath": _multipath(decision),
        "start": len(decision.paths) - len(decision.ineligible),
        "columns": columns,
        "rows": [_row(decision, path.id) for path in decision.paths],
        "notes": [note for note in notes if note],
    }


def _column(decision: Decision, step: StepTrace) -> Column:
    values, fallen = dict(step.values), {lost.path: lost for lost in step.eliminated}
    cells: list[Cell] = []
    for path in decision.paths:
        lost = fallen.get(path.id)
        if lost is not None:
            cells.append({"text": lost.value, "state": "falls", "note": f"lost to {lost.by}"})
        elif path.id in values:
            wins = bool(fallen) and len(step.survivors) == 1
            state = "wins" if wins else "stays"
            cells.append({"text": values[path.id], "state": state, "note": ""})
        else:
            cells.append({"text": "", "state": "gone", "note": ""})
    return {
        "id": step.step.value,
        "title": _SHORT.get(step.step, STEP_TITLES[step.step]),
        "hint": f"{decision.profile.title} prefers {PREFERENCES[step.step]}",
        "folds": not fallen,
        "decisive": False,
        "left": len(step.survivors),
        "cells": cells,
    }


def _row(decision: Decision, path_id: str) -> Row:
    cause, lost = decision.why_ineligible(path_id), decision.lost(path_id)
    member = path_id in decision.multipath and len(decision.multipath) > 1
    state, result, detail = "lost", "", ""
    if path_id == decision.best:
        state, result = "best", "Best path"
    elif cause is not None:
        state, result, detail = "ineligible", "Takes no part", f"{INELIGIBLE[cause]}."
    elif lost is not None:
        state, result = "lost", f"Lost to {lost.by} at {STEP_TITLES[lost.step]}"
    if member:
        state = state if state == "best" else "multipath"
        detail = "Shares the traffic: in the multipath set."
    answer = what_if(decision, path_id)
    return {
        "id": path_id,
        "state": state,
        "result": result,
        "short": result if lost is None else f"Lost to {lost.by}",
        "detail": detail[:1].upper() + detail[1:],
        "what_if": "" if answer is None else what_if_text(answer),
    }


def _multipath(decision: Decision) -> str:
    """Say who shares the traffic, and why each of the others does not."""
    if decision.best is None:
        return ""
    members = decision.multipath
    said = [f"Multipath set: {', '.join(members) if len(members) > 1 else f'{members[0]} alone'}."]
    outside: dict[MultipathVerdict, list[str]] = {}
    for path_id, shared in decision.multipath_verdicts:
        if path_id not in members and shared is not MultipathVerdict.INELIGIBLE:
            outside.setdefault(shared, []).append(path_id)
    said += [f"Not in it: {', '.join(ids)} ({MULTIPATH[why]})." for why, ids in outside.items()]
    return " ".join(said)


def answer_picture(judged: Judged) -> dict[str, object]:
    """Return the answer by every profile asked for, and who wins under the others."""
    second = judged.second
    return {
        "verdict": verdict(judged.decision),
        "second_verdict": None if second is None else verdict(second),
        "difference": "" if second is None else difference(judged.decision, second),
        "elsewhere": [
            {
                "name": decision.profile.name,
                "title": decision.profile.title,
                "best": decision.best,
                "settled": step_title(decision.decided_by),
            }
            for decision in judged.elsewhere
        ],
    }
