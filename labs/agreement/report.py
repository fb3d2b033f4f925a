"""Writes the report of a proof: what was asked of which daemon, and how far the model agrees.

Everything in it follows from the seed and the daemons' versions, so that a second run writes the
same text: no date, no duration.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from labs.agreement.dialects import DIALECTS, default_knobs
from labs.agreement.proof import COMPARED, Result
from labs.agreement.world import Case
from labs.packages import Daemon

NOT_REACHED: Mapping[str, Sequence[tuple[str, str]]] = {
    "frr": (
        ("Nothing left to compare", "two paths would have to come from one address"),
        ("Path Staleness", "needs a neighbour in graceful restart while it announces anew"),
        ("Locally configured route", "two local routes to one prefix; the first has won by then"),
        ("Accept Own", "VPN address families only"),
        ("EVPN reasons", "EVPN only"),
        ("link bandwidth", "weighs the members of a multipath set, chooses none"),
        ("damping, max-prefix, removed paths", "take a path out of the table before any decision"),
    ),
    "bird": (
        ("preference other than 100 and 200", "the case format has no such attribute"),
        ("suppressed by `deterministic med`", "seen through its effect on the best path only"),
        ("IGP metric unknown", "the lab's underlay always has a metric"),
    ),
    "bird-1.6": (
        ("`deterministic med` with `prefer older`", "1.6.8 lets the newer path win, unlike BIRD 2"),
        ("AIGP, confederations", "1.6 has neither"),
    ),
    "gobgp": (
        ("reachable next hop", "only when GoBGP is joined to a zebra; by itself it does not look"),
        ("two arrivals in one second", "the case format has an order of arrival and no clock"),
    ),
}
"""Steps no case reaches, and why, by the family of daemon."""


def report(results: Sequence[Result], daemons: Mapping[str, Daemon], seed: int) -> str:
    """Return the report as Markdown."""
    lines = [
        "# Agreement of the model with real routers",
        "",
        "Written by `make agreement`; do not edit. Decision cases made from a seed were put to",
        "real routing daemons in namespaces of their own, each path announced only after the",
        "daemon had decided on those before it, and every answer was set beside that of",
        "`bgp.decide`. Each case was decided twice by the model: once told which paths are loops,",
        "once not; a case of FRR 8.4 a third time, from what FRR printed for the prefix.",
        "",
        f"Seed: {seed}.",
        "",
        "| | daemon | profile | compared | cases | agree |",
        "|---|---|---|---|---:|---:|",
    ]
    for name, mine in _by_daemon(results).items():
        agree = sum(not result.differs for result in mine)
        compared = ", ".join(COMPARED[name])
        share = f"{agree} ({100 * agree / len(mine):.1f} %)"
        profile = DIALECTS[name].profile
        cells = (f"`{name}`", daemons[name].title, f"`{profile}`", compared, len(mine), share)
        lines.append(f"| {' | '.join(map(str, cells))} |")
    lines += ["", "Every case that was generated counts; none is left out as not modelled.", ""]
    lines += _table(
        "What decided",
        "Cases by the step that decided them (`decided_by`), as the model has it where it agrees.",
        results,
        lambda result: [result.decided_by],
    )
    lines += _table(
        "FRR's reasons",
        "Cases by FRR's `selectionReason`: the last comparison made, not always the decisive one.",
        [result for result in results if "reason" in COMPARED[result.world.daemon]],
        lambda result: [result.answer["reason"] or "(no best path)"],
    )
    lines += _table(
        "Options",
        "Cases by the options that were not at their default.",
        results,
        lambda result: (
            [
                f"{name}={value}"
                for name, value in result.case["knobs"].items()
                if value != default_knobs(result.world.daemon)[name]
            ]
            or ["(all at their defaults)"]
        ),
    )
    lines += _table(
        "Contents",
        "Cases by what is in them.",
        results,
        lambda result: contents(result.case),
    )
    lines += ["## Steps no case reaches", ""]
    for family, steps in NOT_REACHED.items():
        names = [f"`{name}`" for name in daemons if _family(name) == family]
        if names:
            lines += [f"{', '.join(names)}:", ""]
            lines += [f"- {step}: {why}." for step, why in steps]
            lines.append("")
    bad = [result for result in results if result.differs]
    if bad:
        lines += ["## Disagreements", ""]
        lines += [f"- {result.case['case']}: {', '.join(result.differs)}" for result in bad]
        lines.append("")
    return "\n".join(lines)


def _family(daemon: str) -> str:
    return max((name for name in NOT_REACHED if daemon.startswith(name)), key=len)


def contents(case: Case) -> list[str]:
    """Name what makes a case special."""
    paths: list[dict[str, Any]] = case["paths"]
    kinds = {segment for path in paths for segment, _ in path["as_path"]}
    named = {
        "AS_SET": "set" in kinds,
        "AS_CONFED_SEQUENCE": "confed_seq" in kinds,
        "AS_CONFED_SET": "confed_set" in kinds,
        "confederation": case["confederation"] is not None,
        "ORIGINATOR_ID": any(path["originator_id"] for path in paths),
        "CLUSTER_LIST": any(path["cluster_list"] for path in paths),
        "unreachable next hop": not all(path["valid"] for path in paths),
        "loop": any(path["loop"] for path in paths),
        "local route": any(path["peer"]["type"] == "local" for path in paths),
        "missing MED": any(path["med"] is None for path in paths),
        "LLGR_STALE": any("communities" in path for path in paths),
        "AIGP": any("aigp" in path for path in paths),
        "three paths or more": len(paths) > 2,  # noqa: PLR2004 - what it says
    }
    return [name for name, present in named.items() if present]


def _by_daemon(results: Iterable[Result]) -> dict[str, list[Result]]:
    grouped: dict[str, list[Result]] = {}
    for result in results:
        grouped.setdefault(result.world.daemon, []).append(result)
    return {name: grouped[name] for name in DIALECTS if name in grouped}


def _table(
    title: str,
    sentence: str,
    results: Sequence[Result],
    keys: Callable[[Result], list[str]],
) -> list[str]:
    """Count results by key, a column for each daemon."""
    if not results:
        return []
    grouped = _by_daemon(results)
    counts = {
        name: Counter(key for result in mine for key in keys(result))
        for name, mine in grouped.items()
    }
    rows = sorted({key for counter in counts.values() for key in counter})
    lines = [f"## {title}", "", sentence, ""]
    lines.append("| | " + " | ".join(f"`{name}`" for name in counts) + " |")
    lines.append("|---|" + "---:|" * len(counts))
    for row in rows:
        cells = " | ".join(str(counts[name][row]) for name in counts)
        lines.append(f"| {row} | {cells} |")
    return [*lines, ""]
