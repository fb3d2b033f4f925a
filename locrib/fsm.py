"""`locrib fsm`: the table of the state machine, for people and for programs."""

import json
from collections.abc import Sequence
from typing import Annotated

import typer

from bgp.fsm_frr_differences import RELEASES
from bgp.fsm_frr_table import FRR_TABLES, RFC_ROWS
from bgp.fsm_row import Row
from bgp.fsm_table import RFC_TABLE
from bgp.fsm_visible import MOMENTS, Moment
from bgp.fsm_words import RFC_STATES, Event, State
from locrib import fsm_text, terminal
from locrib.trouble import Exit, Trouble

STATE_NAMES = ", ".join(state.value for state in RFC_STATES)


def fsm(  # noqa: PLR0917 -- options of a command line, all given by name
    state: Annotated[
        str | None,
        typer.Option(
            "--state", metavar="STATE", help=f"Only this state: {STATE_NAMES}.", show_default=False
        ),
    ] = None,
    event: Annotated[
        str | None,
        typer.Option(
            "--event",
            metavar="EVENT",
            help="Only this event, told in full: its number (18) or its name (KeepAliveMsg).",
            show_default=False,
        ),
    ] = None,
    actions: Annotated[
        bool, typer.Option("--actions", help="Tell every row in full: all that is done, in order.")
    ] = False,
    ignored: Annotated[
        bool, typer.Option("--ignored", help="Name the events that change nothing, too.")
    ] = False,
    frr: Annotated[bool, typer.Option("--frr", help="Only where FRR parts from the RFC.")] = False,
    visible: Annotated[
        bool,
        typer.Option("--visible", help="What FRR and BIRD show an operator, moment by moment."),
    ] = False,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="The same selection as one JSON list, ignored events too."),
    ] = False,
) -> None:
    """Print the BGP state machine: RFC 4271 section 8, all of it or a part.

    Six states, 28 events, and event 29 of RFC 9687. Events with the same outcome share a line, as
    in the RFC; --event and --actions tell each row by itself.
    """
    where, what = _state(state), _event(event)
    rows = _of(RFC_TABLE, where, what)
    if visible:
        if frr or actions or ignored or what is not None:
            raise Trouble(
                "--visible with nothing but --state and --json",
                "an option about rows of the table",
                "leave it out, or leave out --visible",
                code=Exit.USAGE,
            )
        moments = [m for m in MOMENTS if where is None or where in m.states]
        if as_json:
            print(json.dumps([moment_object(moment) for moment in moments], indent=1))
        else:
            fsm_text.show_visible(moments)
    elif as_json:
        objects = frr_objects(where, what) if frr else [row_object(row) for row in rows]
        print(json.dumps(objects, indent=1))
    elif frr:
        fsm_text.show_frr(rows)
    elif actions or what is not None:
        fsm_text.show_rows([row for row in rows if what is not None or ignored or not row.ignored])
    else:
        fsm_text.show_states(rows, ignored=ignored)
        if where is None:
            fsm_text.show_narrower()


def _of(rows: Sequence[Row], state: State | None, event: Event | None) -> list[Row]:
    return [
        row
        for row in rows
        if (state is None or row.state is state) and (event is None or row.event is event)
    ]


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
        "source": f"{row.origin.value} section {row.section}" if row.section else row.origin.value,
        "note": row.note or None,
    }


def frr_objects(state: State | None, event: Event | None) -> list[dict[str, object]]:
    """Return the rows that FRR has otherwise, each with its `release`."""
    return [
        {"release": release, **row_object(row)}
        for release in RELEASES
        for row in _of(FRR_TABLES[release], state, event)
        if row not in RFC_ROWS and row.state in RFC_STATES
    ]


def moment_object(moment: Moment) -> dict[str, object]:
    """Return a moment as the JSON object of docs/formats.md ("visible state")."""
    return {
        "moment": moment.name,
        "what": moment.what,
        "states": [state.value for state in moment.states],
        "shown": {
            daemon: {"summary": shown.summary, "detail": shown.detail}
            for daemon, shown in moment.shown.items()
        },
        "note": moment.note or None,
    }


def _state(text: str | None) -> State | None:
    if text is None:
        return None
    found = [state for state in RFC_STATES if state.value.lower() == text.lower()]
    if not found:
        raise Trouble(
            f"a state: {STATE_NAMES}", terminal.plain(text), "name one of them", code=Exit.USAGE
        )
    return found[0]


def _event(text: str | None) -> Event | None:
    if text is None:
        return None
    found = [event for event in Event if text.lower() in (str(int(event)), event.title.lower())]
    if not found:
        raise Trouble(
            "an event: a number from 1 to 29, or its name in the RFC",
            terminal.plain(text),
            "see `locrib fsm --ignored` for all of them",
            code=Exit.USAGE,
        )
    return found[0]
