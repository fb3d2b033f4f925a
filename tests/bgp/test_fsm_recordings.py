"""Logs of real sessions, recorded by `python -m labs.sessions record`, read as what was done."""

from ipaddress import IPv4Address
from itertools import pairwise
from pathlib import Path

import pytest

from bgp.collision import Direction, resolve
from bgp.errors import InvalidValueError
from bgp.fsm_log import LoggedTransition
from bgp.fsm_recording import RecordedLog, parse_recording
from bgp.fsm_words import Event, State
from bgp.notification import Notification

FOLDER = Path(__file__).parent / "recorded" / "fsm"
RECORDINGS = {
    path.stem: parse_recording(path.read_text(encoding="utf-8")) for path in FOLDER.glob("*.log")
}
ALL = pytest.mark.parametrize("recording", RECORDINGS.values(), ids=RECORDINGS)

# How each ends: last edge that leaves an open state, by the RFC's event and what was sent.
ENDS = {
    "silent-peer": (State.OPEN_SENT, Event.HOLD_TIMER_EXPIRES, Notification(4, 0)),
    "closed-in-opensent": (State.OPEN_SENT, Event.TCP_CONNECTION_FAILS, None),
    "wrong-as": (State.OPEN_SENT, Event.BGP_OPEN_MSG_ERR, Notification(2, 2)),
    "bad-open-version": (State.OPEN_SENT, Event.BGP_OPEN_MSG_ERR, Notification(2, 1)),
    "bad-open-hold-time": (State.OPEN_SENT, Event.BGP_OPEN_MSG_ERR, Notification(2, 6)),
    "bad-open-identifier": (State.OPEN_SENT, Event.BGP_OPEN_MSG_ERR, Notification(2, 3)),
    "notification-for-open": (State.OPEN_SENT, Event.NOTIF_MSG_VER_ERR, Notification(5, 1)),
    "hold-timer-expiry": (State.ESTABLISHED, Event.HOLD_TIMER_EXPIRES, Notification(4, 0)),
    "administrative-shutdown": (State.ESTABLISHED, Event.MANUAL_STOP, Notification(6, 2)),
    "peer-closes": (State.ESTABLISHED, Event.TCP_CONNECTION_FAILS, None),
    "peer-resets-and-returns": (State.ESTABLISHED, Event.NOTIF_MSG, None),
    "second-connection": (State.OPEN_SENT, Event.OPEN_COLLISION_DUMP, Notification(6, 7)),
    "incoming-deleted": (State.OPEN_CONFIRM, None, None),
}
UP = ("clean-start", "incoming-start", "peer-resets-and-returns")
NEVER_UP = ("refused",)
OPEN_STATES = (State.OPEN_SENT, State.OPEN_CONFIRM, State.ESTABLISHED)


def connections(recording: RecordedLog) -> dict[int, list[LoggedTransition]]:
    found: dict[int, list[LoggedTransition]] = {}
    for transition in recording.transitions:
        found.setdefault(transition.connection, []).append(transition)
    return found


def test_every_scenario_is_recorded_with_both_releases() -> None:
    names = {(recording.scenario, recording.profile) for recording in RECORDINGS.values()}
    scenarios = {name for name, _ in names}
    assert scenarios >= {*ENDS, *UP, *NEVER_UP}
    assert len([name for name in scenarios if name.startswith("collision-")]) == 4
    assert names == {(name, profile) for name in scenarios for profile in ("frr-8.4", "frr-10")}
    for stem, recording in RECORDINGS.items():
        assert stem == f"{recording.scenario}.{recording.profile}"
        assert recording.daemon.startswith("frr ")
        assert recording.done.endswith(".")


@ALL
def test_every_edge_is_one_of_frrs_table_and_has_its_time(recording: RecordedLog) -> None:
    assert recording.transitions
    assert [t for t in recording.transitions if not t.known or not t.time] == []
    assert {t.peer for t in recording.transitions} == {"10.0.1.1"}


@ALL
def test_each_connection_goes_on_from_where_it_was(recording: RecordedLog) -> None:
    for number, transitions in connections(recording).items():
        for one, next_one in pairwise(transitions):
            assert one.after is next_one.before, (number, one.line, next_one.line)


@pytest.mark.parametrize("profile", ["frr-8.4", "frr-10"])
@pytest.mark.parametrize("scenario", ENDS)
def test_a_session_ends_as_it_was_made_to(scenario: str, profile: str) -> None:
    left = [
        transition
        for transition in RECORDINGS[f"{scenario}.{profile}"].transitions
        if transition.before in OPEN_STATES and transition.after not in OPEN_STATES
    ]
    assert [(t.before, t.rfc_event, t.sent) for t in left] == [ENDS[scenario]]


@pytest.mark.parametrize("profile", ["frr-8.4", "frr-10"])
@pytest.mark.parametrize("scenario", UP)
def test_a_session_comes_up(scenario: str, profile: str) -> None:
    last = [t for t in RECORDINGS[f"{scenario}.{profile}"].transitions if t.event][-1]
    assert (last.after, last.rfc_event) == (State.ESTABLISHED, Event.KEEPALIVE_MSG)
    assert last.connection == (2 if scenario == "incoming-start" else 1)


@pytest.mark.parametrize("profile", ["frr-8.4", "frr-10"])
def test_what_the_peer_said_is_told_from_what_frr_said(profile: str) -> None:
    answered = RECORDINGS[f"notification-for-open.{profile}"].transitions[-1]
    assert (answered.received, answered.sent) == (Notification(2, 1), Notification(5, 1))
    assert answered.notification == Notification(2, 1)
    (reset,) = [
        t for t in RECORDINGS[f"peer-resets-and-returns.{profile}"].transitions if t.notification
    ]
    assert (reset.received, reset.sent) == (Notification(6, 4), None)


@pytest.mark.parametrize("profile", ["frr-8.4", "frr-10"])
@pytest.mark.parametrize("identifier", ["higher", "lower"])
@pytest.mark.parametrize("first", Direction)
def test_a_collision_is_settled_as_section_6_8_has_it(
    profile: str, identifier: str, first: Direction
) -> None:
    recording = RECORDINGS[f"collision-{identifier}-identifier-open-on-{first}.{profile}"]
    ours, theirs = connections(recording).values()  # FRR's own is the first
    expected = resolve(
        *((LOW, HIGH) if identifier == "higher" else (HIGH, LOW)),
        local_as=65000,
        remote_as=65001,
        other=State.OPEN_SENT,
        arrived_on=first,
        at_first_open=True,
    )
    kept, lost = (ours, theirs) if expected.keep is Direction.OUTGOING else (theirs, ours)
    assert [t.sent for t in lost if t.sent] == [Notification(6, 7)]
    assert [t.rfc_event for t in lost if t.sent] == [Event.OPEN_COLLISION_DUMP]
    assert [t.before for t in lost if t.sent] == [State.OPEN_SENT]  # one OPEN is enough for FRR
    assert State.ESTABLISHED not in {t.after for t in lost}
    assert State.ESTABLISHED in {t.after for t in kept}
    assert [t.sent for t in kept if t.sent] == []


LOW, HIGH = IPv4Address("10.0.0.1"), IPv4Address("10.0.0.2")


def test_a_recording_is_written_as_it_is_read() -> None:
    for path in FOLDER.glob("*.log"):
        text = path.read_text(encoding="utf-8")
        assert parse_recording(text).text() == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "first line: expected `# locrib-fsm-log 1`"),
        ("2026/11/23 09:00:00 BGP: hello", "first line"),
        ("# locrib-fsm-log 2\n", "at most 1; a newer program wrote it"),
        ("# locrib-fsm-log 99999999999999999999\n", "a newer program"),
        ("# locrib-fsm-log 1\n# scenario: x\n# daemon: y", "profile: expected a line `# profile: "),
        ("# locrib-fsm-log 1", "scenario: expected a line"),
    ],
)
def test_a_file_that_is_no_recording_is_refused(text: str, said: str) -> None:
    with pytest.raises(InvalidValueError, match=said):
        parse_recording(text)


def test_a_recording_without_a_line_of_log_is_one() -> None:
    head = "# locrib-fsm-log 1\n# scenario: a\n# profile: b\n# daemon: c\n# done: d."
    assert parse_recording(head).transitions == ()
    assert parse_recording(head + "\n").log == ""
