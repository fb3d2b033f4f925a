"""`locrib fsm`: the table of the state machine, for people and for programs."""

import json
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from bgp.fsm_frr import DIFFERENCES, HABITS
from bgp.fsm_table import RFC_TABLE, Row
from bgp.fsm_words import RFC_STATES, Event
from locrib import terminal
from locrib.trouble import Exit, Trouble


def fsm(  # noqa: PLR0917 -- options of a command line, all given by name
    state: Annotated[
        str | None,
        typer.Option(
            "--state",
            metavar="NAME",
            help="Only this state: Idle, Connect, Active, OpenSent, OpenConfirm, Established.",
            show_default=False,
        ),
    ] = None,
    event: Annotated[
        int | None,
        typer.Option(
            "--event", metavar="N", help="Only this event, by its number.", show_default=False
        ),
    ] = None,
    ignored: Annotated[
        bool, typer.Option("--ignored", help="Show events that change nothing, too.")
    ] = False,
    actions: Annotated[
        bool, typer.Option("--actions", help="Say what the local system does, too.")
    ] = False,
    frr: Annotated[
        bool, typer.Option("--frr", help="Show what FRR does differently instead.")
    ] = False,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="The whole selection as one JSON list, ignored events too."),
    ] = False,
) -> None:
    """Print the BGP state machine: RFC 4271 section 8, row by row.

    Six states, 28 events, and event 29 of RFC 9687. A dagger marks a row whose text is silent or
    contradicts itself; its note says how.
    """
    rows = [
        row
        for row in RFC_TABLE
        if (state is None or row.state.value.lower() == state.lower())
        and (event is None or row.event == event)
    ]
    _check(state, event)
    if as_json:
        print(json.dumps([row_object(row) for row in rows], indent=1))
    elif frr:
        _show_differences()
    else:
        # A single event was asked for by name: then nothing of it is left out.
        shown = [row for row in rows if ignored or event is not None or not row.ignored]
        _show_rows(shown, actions=actions or event is not None, hidden=len(rows) - len(shown))


def row_object(row: Row) -> dict[str, object]:
    """Return a row as the JSON object of docs/formats.md ("state machine row")."""
    notification = row.notification
    return {
        "state": row.state.value,
        "event_number": int(row.event),
        "event_name": row.event.title,
        "mandatory": row.event.mandatory,
        "conditions": [condition.value for condition in row.conditions],
        "actions": [action.value for action in row.actions],
        "next_state": None if row.next_state is None else row.next_state.value,
        "notification": notification
        and {"code": int(notification.code), "subcode": notification.subcode},
        "connect_retry_counter": row.counter and row.counter.value,
        "source": f"{row.origin.value} section {row.section}",
        "note": row.note or None,
    }


def _check(state: str | None, event: int | None) -> None:
    names = [each.value for each in RFC_STATES]
    if state is not None and state.lower() not in {name.lower() for name in names}:
        raise Trouble(
            f"a state: {', '.join(names)}",
            terminal.plain(state),
            "name one of them",
            code=Exit.USAGE,
        )
    if event is not None and event not in set(Event):
        raise Trouble(
            "an event number from 1 to 29",
            str(event),
            "see `locrib fsm --ignored`",
            code=Exit.USAGE,
        )


def _show_rows(rows: list[Row], *, actions: bool, hidden: int) -> None:
    for state in RFC_STATES:
        of_state = [row for row in rows if row.state is state]
        if not of_state:
            continue
        table = Table(title=state.value, title_justify="left", title_style="bold")
        for column in ("", "event", "if", "next", "sends", "counter"):
            table.add_column(column, overflow="fold", no_wrap=column == "next")
        for row in of_state:
            table.add_row(*(Text(cell) for cell in _cells(row)))
        terminal.out.print(table)
        for row in of_state:
            if actions and row.actions:
                doing = "; ".join(action.value for action in row.actions)
                terminal.say(f"{int(row.event)} {row.event.title}{_if(row)}: {doing}.")
            if row.note:
                terminal.say(f"† {int(row.event)}: {row.note}", style="dim")
        for sent in sorted({str(row.notification) for row in of_state if row.notification}):
            terminal.say(sent, style="dim")
        terminal.say("")
    if hidden:
        terminal.say(f"{hidden} ignored events are not shown; --ignored shows them.", style="dim")


def _cells(row: Row) -> tuple[str, ...]:
    stays = "ignored" if row.ignored else "stays"
    goes = "out of scope" if row.next_state is None else f"→ {row.next_state.value}"
    return (
        str(int(row.event)),
        row.event.title,
        ", ".join(condition.value for condition in row.conditions),
        (stays if row.next_state is row.state else goes) + (" †" if row.note else ""),
        "" if row.notification is None else str(row.notification).partition(" ")[0],
        {None: "", "zero": "0", "increment": "+1"}[row.counter],
    )


def _if(row: Row) -> str:
    if not row.conditions:
        return ""
    return f" (if {', '.join(condition.value for condition in row.conditions)})"


def _show_differences() -> None:
    table = Table(title="FRR, where it parts from RFC 4271", title_justify="left")
    for column in ("state", "FRR's event", "next", "why"):
        table.add_column(column, overflow="fold")
    for (state, event), difference in DIFFERENCES.items():
        table.add_row(state.value, event.value, difference.next_state.value, difference.why)
    terminal.out.print(table)
    for habit in HABITS:
        terminal.say(f"- {habit}")
