"""What the card of a SessionFsm says an operator sees: a moment that was measured, or nothing."""

import pytest

from bgp.fsm import SessionAttributes
from bgp.fsm_visible import COMMANDS, DAEMON_TITLES, MOMENTS
from widgets import SessionFsm
from widgets.fsm_play import FRR, MACHINES
from widgets.fsm_seen import moment

PASSIVE = SessionAttributes(passive_tcp_establishment=True)
UP = (1, 16, 19, 26)
BY_RFC_AND_FRR = {
    (1,): "unanswered",
    (1, 18): "refused",
    (1, 16): "open-sent",
    (1, 16, 18): "closed-in-open-sent",
    (1, 16, 22): "wrong-as",
    (1, 16, 19): "open-confirm",
    (1, 16, 17): "two-calls",
    (1, 16, 17, 19): "collision",
    UP: "up",
    (*UP, 2): "admin-down",
    (*UP, 8): "too-many-prefixes",
    (*UP, 10): "hold-expired",
    (*UP, 25): "peer-cease",
    (*UP, 10, 1): "unanswered",
}


def named(widget: SessionFsm) -> str | None:
    widget.wait(1)  # FRR clears its routes
    found = moment(widget.session)
    return found.name if found is not None else None


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(("events", "name"), BY_RFC_AND_FRR.items())
def test_the_way_and_the_state_tell_the_moment(
    machine: str, events: tuple[int, ...], name: str
) -> None:
    widget = SessionFsm(machine=machine)
    for event in events:
        widget.wait(1)
        widget.press(event)
    assert named(widget) == name


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(
    ("events", "name"),
    [((4,), "passive"), ((4, 17), "incoming-open-sent"), ((4, 17, 19), "incoming-open-confirm")],
)
def test_a_passive_session_is_seen_otherwise(
    machine: str, events: tuple[int, ...], name: str
) -> None:
    assert named(SessionFsm(events, machine=machine, attributes=PASSIVE)) == name


@pytest.mark.parametrize("events", [(), (1, 17), (*UP, 27, 18), (1, 16, 19, 17)])
def test_what_was_not_measured_is_not_guessed(events: tuple[int, ...]) -> None:
    widget = SessionFsm(events)
    assert named(widget) is None
    assert widget.view["seen"]["rows"] == []
    assert "nothing is guessed" in widget.text()
    assert "show bgp summary" not in widget.text()


def test_the_card_and_the_text_twin_have_the_words_of_every_daemon() -> None:
    widget = SessionFsm((1, 18), machine=FRR)
    seen, text = widget.view["seen"], widget.text()
    refused = next(each for each in MOMENTS if each.name == "refused")
    assert seen["what"] == refused.what
    for daemon, shown in refused.shown.items():
        (row,) = (row for row in seen["rows"] if DAEMON_TITLES[daemon] in row["daemons"])
        assert [word for _, word in row["shown"]] == [shown.summary, shown.detail]
        assert [command for command, _ in row["shown"]] == list(COMMANDS[daemon])
        assert shown.summary in text
    assert "start Active Socket: Connection refused" in text


def test_an_open_question_is_not_answered_by_what_an_operator_sees() -> None:
    widget = SessionFsm((1,), predict="next_state", ask=18)
    assert widget.view["seen"]["what"].startswith("The SYN gets no answer")
    widget.commit("Idle")
    assert widget.view["seen"]["what"].startswith("The peer refuses")
