"""Writes docs/fsm.md from the table of the state machine: the page cannot say what it does not.

Run: python tools/fsm_page.py (tests/test_docs.py holds the page to its source)
"""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "fsm.md"
sys.path.insert(0, str(ROOT))  # the tools run from a checkout, installed or not

from bgp.fsm_frr_differences import (  # noqa: E402 - after the path is set
    BESIDE_THE_TABLE,
    DIFFERENCES,
    RELEASES,
    Difference,
)
from bgp.fsm_messages import EVENT_LINES, STATE_LINES, TIMER_LINES  # noqa: E402 - as above
from bgp.fsm_row import Row  # noqa: E402 - as above
from bgp.fsm_sources import sources  # noqa: E402 - as above
from bgp.fsm_table import RFC_TABLE  # noqa: E402 - as above
from bgp.fsm_visible import DAEMON_TITLES, DAEMONS, MOMENTS, Moment  # noqa: E402 - as above
from bgp.fsm_words import (  # noqa: E402 - as above
    RFC_STATES,
    Counter,
    Event,
    EventGroup,
    State,
    Timer,
)

COUNTERS = {None: "", Counter.ZERO: "0", Counter.INCREMENT: "+1"}
SECTIONS = {
    EventGroup.ADMINISTRATIVE: "8.1.2",
    EventGroup.TIMER: "8.1.3",
    EventGroup.TCP: "8.1.4",
    EventGroup.MESSAGE: "8.1.5",
}

HEAD = """\
# The state machine

<!-- Written by tools/fsm_page.py from bgp/fsm_table.py, bgp/fsm_frr_differences.py and
bgp/fsm_visible.py. Change the code, then run it. -->

RFC 4271 section 8, row by row: six states, 28 events, and event 29 of RFC 9687. A row says what
one connection does in a state, when an event comes and all its conditions hold. `locrib fsm`
prints the same in a terminal, and `locrib fsm --json` gives it to programs
([formats.md](formats.md)). `SessionFsm` lets you press the events.

- *next*: the state it goes to; "stays" where it is the same.
- *sends*: code and subcode of the NOTIFICATION; the code alone where the subcode depends on what
  was wrong.
- *count*: what happens to ConnectRetryCounter.
- *source*: where it is written. Section 8.2.2 has the row; section 6 and the later RFCs have the
  error codes, collisions and the SendHoldTimer.
- †: the text is silent, contradicts itself, or needs a word; the notes are below each table.
"""

FRR = """\
## FRR

What FRR does otherwise; all else is as above, without damping (events 6, 7, 13) and without a look
at the SYN (events 14, 15). Where a release is named, only that one does so. Proven on FRR 8.4.4
and 10.3; only what it does at timers that do not run is read from its source.
"""

VISIBLE = """\
## What an operator sees

One moment, and the words for it. FRR's are `State/PfxRcd` of `show bgp summary` and, where it says
more, `BGP state` of `show bgp neighbors` behind a semicolon. BIRD's are `State` and `Info` of
`show protocols`. Two states are two connections. Each line was seen on FRR 8.4.4 and 10.3 and on
BIRD 1.6.8 and 2.0.12.
"""


def page() -> str:
    """Return the whole page."""
    parts = [HEAD, _states(), _events(), *(_state(state) for state in RFC_STATES)]
    return "\n".join([*parts, _frr(), _visible()])


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(line)} |" for line in lines]


def _states() -> str:
    rows = [(f"[{state}](#{state.lower()})", STATE_LINES[state]) for state in RFC_STATES]
    timers = [(timer.value, TIMER_LINES[timer]) for timer in Timer]
    return "\n".join(
        [
            "## States and timers",
            "",
            *_table(("state", "what is the case"), rows),
            "",
            *_table(("timer", "what it counts"), timers),
            "",
        ]
    )


def _events() -> str:
    rows = [
        (
            str(int(event)),
            event.title,
            "mandatory" if event.mandatory else "optional",
            EVENT_LINES[event],
            "RFC 9687 4.2"
            if event is Event.SEND_HOLD_TIMER_EXPIRES
            else f"RFC 4271 {SECTIONS[event.group]}",
        )
        for event in Event
    ]
    head = ("", "event", "", "what has happened", "source")
    return "\n".join(["## Events", "", *_table(head, rows), ""])


def _state(state: State) -> str:
    rows = [row for row in RFC_TABLE if row.state is state]
    notes = dict.fromkeys(row.note for row in rows if row.note)
    numbers = {note: _numbers(row for row in rows if row.note == note) for note in notes}
    head = ("", "event", "if", "what is done", "next", "sends", "count", "source")
    return "\n".join(
        [
            f"## {state}",
            "",
            *_table(head, map(_cells, rows)),
            "",
            *(f"- † {numbers[note]}: {note}" for note in notes),
            "",
        ]
    )


def _numbers(rows: Iterable[Row]) -> str:
    return ", ".join(dict.fromkeys(str(int(row.event)) for row in rows))


def _cells(row: Row) -> tuple[str, ...]:
    return (
        str(int(row.event)),
        row.event.title,
        _if(row),
        "; ".join(action.value for action in row.actions),
        _next(row) + (" †" if row.note else ""),
        _codes(row),
        COUNTERS[row.counter],
        ", ".join(sources(row)),
    )


def _if(row: Row) -> str:
    return ", ".join(condition.value for condition in row.conditions)


def _next(row: Row) -> str:
    if row.next_state is None:
        return "out of scope"
    if row.next_state is row.state:
        return "ignored" if row.ignored else "stays"
    return row.next_state.value


def _codes(row: Row) -> str:
    return "" if row.notification is None else str(row.notification).partition(" ")[0]


def _frr() -> str:
    head = ("state", "events", "if", "next", "sends", "what differs", "release")
    return "\n".join(
        [
            FRR,
            *_table(head, map(_difference, DIFFERENCES)),
            "",
            "What no row can show:",
            "",
            *(f"- {line}" for line in BESIDE_THE_TABLE),
            "",
        ]
    )


def _difference(difference: Difference) -> tuple[str, ...]:
    told = "" if difference.notification is None else str(difference.notification)
    releases = () if difference.releases == RELEASES else difference.releases
    return (
        ", ".join(state.value for state in difference.states),
        ", ".join(f"{int(event)} {event.title}" for event in difference.events),
        "" if difference.when is None else difference.when.value,
        "" if difference.next_state is None else difference.next_state.value,
        "nothing" if difference.silent else told.partition(" ")[0],
        difference.why,
        ", ".join(DAEMON_TITLES[release] for release in releases),
    )


def _visible() -> str:
    rows = [
        (
            f"{moment.what} {moment.note}".strip(),
            ", ".join(state.value for state in moment.states),
            *(_shown(moment, names) for names in (DAEMONS[:2], DAEMONS[2:])),
        )
        for moment in MOMENTS
    ]
    return "\n".join([VISIBLE, *_table(("moment", "RFC", "FRR", "BIRD"), rows), ""])


def _shown(moment: Moment, names: Sequence[str]) -> str:
    """The words of daemons that agree; each its own where they do not."""
    words = {}
    for name in names:
        shown = moment.shown[name]
        more = shown.detail.lower() not in shown.summary.lower()
        words[name] = f"{shown.summary}; {shown.detail}" if more else shown.summary
    if len(set(words.values())) == 1:
        return words[names[0]]
    return ". ".join(f"{DAEMON_TITLES[name]}: {word}" for name, word in words.items())


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)} written")
