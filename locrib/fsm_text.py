"""How the state machine looks at a terminal: short tables by state, or one event told in full."""

from collections.abc import Iterable, Sequence

from rich import box
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bgp.fsm_frr_differences import BESIDE_THE_TABLE, DIFFERENCES, RELEASES, Difference
from bgp.fsm_frr_table import FRR_TABLES, RFC_ROWS
from bgp.fsm_messages import EVENT_LINES, STATE_LINES
from bgp.fsm_row import Row
from bgp.fsm_visible import DAEMON_TITLES, DAEMONS, MOMENTS, Moment
from bgp.fsm_words import RFC_STATES, Condition, Counter, Event, Origin, State
from bgp.notification import Notification
from locrib import terminal

NARROWER = (
    ("locrib fsm --state OpenSent", "one state"),
    ("locrib fsm --event 18", "one event in every state, step by step, and what FRR does"),
    ("locrib fsm --frr", "where FRR parts from the RFC"),
    ("locrib fsm --visible", "what FRR and BIRD show you of a session"),
)
_COUNTERS = {None: "", Counter.ZERO: "0", Counter.INCREMENT: "+1"}
_LEFT = 32  # columns before the events
_SHORTEST = 30


def show_states(rows: Sequence[Row], *, ignored: bool) -> None:
    """Print a table a state; events with the same outcome share a line, as in the RFC."""
    for state in RFC_STATES:
        of_state = [row for row in rows if row.state is state]
        if of_state:
            _show_state(state, of_state, ignored=ignored)
    _show_legend([row for row in rows if ignored or not row.ignored])


def _show_state(state: State, rows: Sequence[Row], *, ignored: bool) -> None:
    shown = [row for row in rows if not row.ignored]
    width = max(_SHORTEST, terminal.out.width - _LEFT)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for heading, least in (("then", 13), ("sends", 5), ("counter", 7)):
        table.add_column(heading, no_wrap=True, min_width=least)
    table.add_column("event", overflow="fold")
    for group in _alike(shown):
        row = group[0]
        cells = (
            _where(row),
            _codes(row),
            _COUNTERS[row.counter],
            _wrapped(_named(group, rows), width),
        )
        table.add_row(*(Text(cell) for cell in cells))
    terminal.say(state.value, style="bold")
    terminal.out.print(Text(STATE_LINES[state]))
    terminal.say("")
    terminal.out.print(table)
    passed = [
        f"{_event(row.event) if ignored else int(row.event)}{_ifs([row]) if row.conditions else ''}"
        for row in rows
        if row.ignored
    ]
    if passed:
        terminal.out.print(Text(f"Ignored: {', '.join(passed)}.", style="dim"))
    for note, events in _notes(rows if ignored else shown):
        terminal.out.print(Text(f"† {events}: {note}", style="dim"))
    terminal.say("")


def _alike(rows: Sequence[Row]) -> list[list[Row]]:
    """Rows with one outcome together: what leads on first, then what stays, then what ends it."""
    groups: dict[object, list[Row]] = {}
    for row in rows:
        groups.setdefault((row.next_state, row.notification, row.counter), []).append(row)

    def rank(group: list[Row]) -> tuple[int, int]:
        row = group[0]
        ends = row.next_state is State.IDLE and row.state is not State.IDLE
        return (2 if ends else 1 if row.next_state is row.state else 0), int(row.event)

    return sorted(groups.values(), key=rank)


def _named(group: Sequence[Row], rows: Sequence[Row]) -> list[str]:
    """The events of a group, each with its conditions where they matter to the outcome."""
    named: dict[Event, list[Row]] = {}
    for row in group:
        named.setdefault(row.event, []).append(row)
    return [
        _event(event)
        + ("" if len(mine) == sum(row.event is event for row in rows) else _ifs(mine))
        + (" †" if any(row.note for row in mine) else "")
        for event, mine in named.items()
    ]


def _ifs(rows: Sequence[Row]) -> str:
    return f" (if {'; or '.join(_if(row) for row in rows)})"


def _wrapped(items: Sequence[str], width: int) -> str:
    """Items in lines of a width, none broken that fits one."""
    lines: list[str] = []
    for item in items:
        if lines and len(lines[-1]) + len(item) + 2 <= width:
            lines[-1] += f", {item}"
        else:
            if lines:
                lines[-1] += ","
            lines.append(item)
    return "\n".join(lines)


def _event(event: Event) -> str:
    return f"{int(event)} {event.title}"


def _if(row: Row) -> str:
    return ", ".join(condition.value for condition in row.conditions)


def _where(row: Row) -> str:
    if row.next_state is None:
        return "out of scope"
    if row.next_state is row.state:
        return "ignored" if row.ignored else "stays"
    return f"→ {row.next_state.value}"


def _codes(row: Row) -> str:
    return "" if row.notification is None else _short(row.notification)


def _short(notification: Notification) -> str:
    return str(notification).partition(" ")[0]


def _notes(rows: Iterable[Row]) -> list[tuple[str, str]]:
    by_note: dict[str, list[str]] = {}
    for row in rows:
        if row.note:
            by_note.setdefault(row.note, []).append(str(int(row.event)))
    return [(note, ", ".join(dict.fromkeys(events))) for note, events in by_note.items()]


def _show_legend(rows: Sequence[Row]) -> None:
    told = sorted({str(row.notification) for row in rows if row.notification})
    if told:
        terminal.out.print(Text(f"NOTIFICATIONs sent: {', '.join(told)}.", style="dim"))
    if any(row.counter for row in rows):
        terminal.say(
            "counter: ConnectRetryCounter, the failures since the last start.", style="dim"
        )
    if any(row.note for row in rows):
        terminal.say("†: the text is silent here, or contradicts itself.", style="dim")


def show_narrower() -> None:
    """Say how to see less."""
    terminal.say("")
    terminal.say("To see less, or more of it:")
    for command, what in NARROWER:
        _tell(f"{command:28} {what}", 2)


def _tell(line: str, indent: int, style: str = "") -> None:
    terminal.out.print(Padding(Text(line, style=style), (0, 0, 0, indent), expand=False))


def show_rows(rows: Sequence[Row]) -> None:
    """Tell rows in full: what is done, step by step, and what FRR does otherwise."""
    for event in dict.fromkeys(row.event for row in rows):
        terminal.say(f"{_event(event)}", style="bold")
        terminal.say(f"{EVENT_LINES[event]}")
        terminal.say("")
        for row in rows:
            if row.event is event:
                _show_row(row)


def _show_row(row: Row) -> None:
    head = f"{row.state.value}{f', if {_if(row)}' if row.conditions else ''}: {_where(row)}"
    _tell(head, 0, "dim" if row.ignored else "bold")
    for action in row.actions:
        detail = f": {row.notification}" if action.name == "SEND_NOTIFICATION" else ""
        _tell(f"- {action.value}{detail}", 2)
    if row.note:
        _tell(f"† {row.note}", 2, "dim")
    if row.origin is not Origin.RFC_4271:
        _tell(f"{row.origin.value} section {row.section}", 2, "dim")
    for line in _frr_lines(row):
        _tell(f"FRR: {line}", 2, "yellow")
    terminal.say("")


def _frr_lines(row: Row) -> list[str]:
    """What FRR does otherwise on a row, once where its releases agree."""
    found = [
        f"{_difference_text(rfc, frr)}{frr.note}"
        for release in RELEASES
        for rfc, frr in zip(RFC_ROWS, FRR_TABLES[release], strict=False)
        if _key(rfc) == _key(row) and frr != rfc
    ]
    return list(dict.fromkeys(found))


def _titles(releases: Iterable[str]) -> str:
    return ", ".join(DAEMON_TITLES[release] for release in releases)


def _difference_text(rfc: Row, frr: Row) -> str:
    """Say how a row of FRR's parts from the RFC's, in what shows; empty for a timer only."""
    said = []
    if frr.next_state is not rfc.next_state:
        said.append(f"{_where(frr)} instead of {_where(rfc).removeprefix('→ ')}")
    if frr.notification != rfc.notification:
        ours = "no NOTIFICATION" if frr.notification is None else f"NOTIFICATION {_codes(frr)}"
        theirs = "none" if rfc.notification is None else _codes(rfc)
        said.append(f"{ours} instead of {theirs}")
    return f"{', '.join(said)}. " if said else ""


def show_frr(rows: Sequence[Row]) -> None:
    """Print where FRR parts from the RFC, in the rows asked for."""
    wanted = {_key(row) for row in rows}
    terminal.say("Where FRR parts from RFC 4271. In all else it does what the RFC says.\n")
    for difference in DIFFERENCES:
        about = [row for row in RFC_ROWS if difference.is_about(row) and _key(row) in wanted]
        if about:
            _show_difference(difference, about)
    terminal.say("And what no row of a table shows:")
    for line in BESIDE_THE_TABLE:
        _tell(f"- {line}", 0)


def _key(row: Row) -> tuple[State, Event, tuple[Condition, ...]]:
    return row.state, row.event, row.conditions


def _show_difference(difference: Difference, about: Sequence[Row]) -> None:
    only = "" if difference.releases == RELEASES else f" ({_titles(difference.releases)} only)"
    states = " and ".join(dict.fromkeys(row.state.value for row in about))
    when = "" if difference.when is None else f", if {difference.when.value}"
    _tell(f"{states}{when}{only}", 0, "bold")
    events = list(dict.fromkeys(_event(row.event) for row in about))
    _tell(_wrapped(events, max(_SHORTEST, terminal.out.width - 2)), 2)
    if difference.next_state is not None:
        others = dict.fromkeys(row.next_state for row in about if row.next_state)
        theirs = " or ".join(state.value for state in others)
        _tell(f"FRR: → {difference.next_state.value}. RFC: {theirs}.", 2)
    if difference.silent or difference.notification is not None:
        ours = "none" if difference.notification is None else _short(difference.notification)
        told = dict.fromkeys(_short(row.notification) for row in about if row.notification)
        _tell(f"NOTIFICATION: FRR {ours}, RFC {' or '.join(told) or 'none'}.", 2)
    _tell(difference.why, 2)
    terminal.say("")


def show_visible(moments: Sequence[Moment] = MOMENTS) -> None:
    """Print what an operator sees, moment by moment."""
    terminal.out.print(
        Text(
            "One moment of a session, the RFC's state, and the words for it: State/PfxRcd of "
            "FRR's `show bgp summary`, State and Info of BIRD's `show protocols`. Two states are "
            "two connections.\n"
        )
    )
    for moment in moments:
        terminal.out.print(Text(moment.what, style="bold"))
        states = ", ".join(state.value for state in moment.states)
        words = (_shown(moment, names) for names in (DAEMONS[:2], DAEMONS[2:]))
        for who, word in zip(("RFC", "FRR", "BIRD"), (states, *words), strict=True):
            _tell(f"{who:5} {word}", 2)
        if moment.note:
            _tell(moment.note, 2, "dim")
        terminal.say("")
    terminal.say(f"Seen on {_titles(DAEMONS)}.", style="dim")


def _shown(moment: Moment, names: Sequence[str]) -> str:
    """The word of daemons that agree; each its own where they do not."""
    words = {name: moment.shown[name].summary for name in names}
    if len(set(words.values())) == 1:
        return words[names[0]]
    return "; ".join(f"{DAEMON_TITLES[name]}: {word}" for name, word in words.items())
