"""How a decision looks at a terminal: one table, one sentence, and what is worth knowing beside."""

from rich.table import Table
from rich.text import Text

from bgp.arrival_order import other_orders
from bgp.decision import Decision
from bgp.frr_json import FrrTable
from bgp.messages import (
    STEP_TITLES,
    ignored_text,
    ineligible_text,
    multipath_text,
    order_text,
    reason_text,
    sentence,
    what_if_text,
)
from bgp.reasons import MultipathVerdict
from bgp.route import Path
from bgp.what_if import what_if
from locrib import terminal

SHOWN_PATHS = 40  # a table longer than a screen or two is not read


def show(decision: Decision, *, title: str, prefix: object) -> None:
    """Print a decision for a person."""
    heading = title if prefix is None else f"{title}  {prefix}"
    terminal.out.print(_table(decision, heading))
    terminal.say(terminal.plain(sentence(decision)), style="bold")
    notes = [
        reason_text(decision),
        order_text(other_orders(decision)),
        ignored_text(decision.profile, decision.profile.ignored(decision.knobs)),
    ]
    shown = decision.paths[:SHOWN_PATHS]
    notes += [_what_if(decision, path) for path in shown]
    if len(decision.multipath) > 1:
        notes.append(f"Multipath: {', '.join(decision.multipath)}.")
        notes += [
            multipath_text(path_id, verdict)
            for path_id, verdict in decision.multipath_verdicts[:SHOWN_PATHS]
            if verdict in (MultipathVerdict.SAME_NEXT_HOP, MultipathVerdict.LIMIT)
        ]
    for note in notes:
        if note:
            terminal.say(f"  {terminal.plain(note)}")
    terminal.say("")


def show_router(decision: Decision, table: FrrTable) -> None:
    """Print what the router itself chose, and whether that is what was predicted."""
    if table.best is None:
        terminal.say("The router marked no path best.")
        return
    agrees = table.best == decision.best
    same = "as predicted" if agrees else f"where {decision.best or 'none'} was predicted"
    said = f"The router took {table.best} ({table.reason}), {same}."
    terminal.say(terminal.plain(said), style="green" if agrees else "yellow")


def _what_if(decision: Decision, path: Path) -> str | None:
    answer = what_if(decision, path.id)
    return None if answer is None else what_if_text(answer)


def _table(decision: Decision, heading: str) -> Table:
    table = Table(
        title=Text(terminal.plain(f"{heading}  ({decision.profile.title})")), title_justify="left"
    )
    for column in ("", "path", "from", "AS_PATH", "LOCAL_PREF", "MED", "verdict"):
        table.add_column(column, overflow="fold")
    for path in decision.paths[:SHOWN_PATHS]:
        cells = (
            ("*" if path.id == decision.best else "=" if path.id in decision.multipath else " "),
            path.id,
            path.peer.type.label,
            str(path.as_path) or "-",
            "-" if path.local_pref is None else str(path.local_pref),
            "-" if path.med is None else str(path.med),
            _verdict(decision, path.id),
        )
        style = "bold" if path.id == decision.best else ""
        table.add_row(*(Text(terminal.plain(cell)) for cell in cells), style=style)
    if len(decision.paths) > SHOWN_PATHS:
        table.caption = f"and {len(decision.paths) - SHOWN_PATHS} more paths"
    return table


def _verdict(decision: Decision, path_id: str) -> str:
    if path_id == decision.best:
        return "best"
    cause = decision.why_ineligible(path_id)
    if cause is not None:
        return ineligible_text(path_id, cause).partition(": ")[2].rstrip(".")
    lost = decision.lost(path_id)
    if lost is None:
        return ""
    values = f" ({lost.value} against {lost.better})" if lost.value else ""
    return f"{STEP_TITLES[lost.step]}: lost to {lost.by}{values}"
