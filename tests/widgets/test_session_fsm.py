import json
from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bgp import InvalidValueError
from bgp.fsm import SessionAttributes
from bgp.fsm_frr_table import FRR_TABLE
from bgp.fsm_log import parse_frr_log
from bgp.fsm_words import Event, State, Timer
from widgets import SessionFsm
from widgets.fsm_graph import HEIGHT, WIDTH, edges, name_box, nodes
from widgets.fsm_play import MACHINES, Identity

UP = (1, 16, 19, 26)
RECORDED = Path(__file__).parents[1] / "bgp" / "recorded" / "fsm"
HOSTILE = '<img src=x onerror="alert(1)">'


def answers(widget: SessionFsm, **command: Any) -> Mapping[str, Any]:
    """What a view hears after it sent a command."""
    sent: list[Mapping[str, Any]] = []
    widget.send = lambda content, _=None: sent.append(content)  # type: ignore[method-assign]
    widget._on_command(widget, {"client": "c", "seq": 1, **command}, [])
    assert len(sent) == 1
    return sent[0]


def log(*edges: str, peer: str = "10.0.0.2") -> str:
    return "\n".join(f"2026/11/23 09:00:0{n} BGP: {peer} [FSM] {e}" for n, e in enumerate(edges))


RISE = (
    "BGP_Start (Idle->Connect), fd -1",
    "TCP_connection_open (Connect->OpenSent), fd 23",
    "Receive_OPEN_message (OpenSent->OpenConfirm), fd 23",
    "Receive_KEEPALIVE_message (OpenConfirm->Established), fd 23",
    "Hold_Timer_expired (Established->Clearing), fd 23",
    "Clearing_Completed (Clearing->Idle), fd -1",
)


def test_a_session_is_played_in_python_without_a_browser() -> None:
    widget = SessionFsm()
    assert [widget.press(number) for number in UP][-1] is State.ESTABLISHED
    assert widget.wait(90) is State.IDLE
    assert "4/0 (Hold Timer Expired)" in widget.text()


def test_an_event_that_cannot_happen_is_explained_and_may_happen_all_the_same() -> None:
    widget = SessionFsm()
    with pytest.raises(InvalidValueError, match="no TCP connection"):
        widget.press(26)
    answer = answers(widget, do="press", number=26)
    assert "refused" not in answer
    said = widget.view["said"]
    assert (said["kind"], said["anyway"]) == ("impossible", 26)
    assert "Idle ignores KeepAliveMsg (26)" in said["sentence"]
    answers(widget, do="press", number=26, anyway=True)
    assert widget.session.steps == 1


def test_an_answering_peer_brings_the_session_up_and_holds_it() -> None:
    widget = SessionFsm((1,), peer_answers=True)
    assert widget.wait(1000) is State.ESTABLISHED
    assert {done.by for done in widget.session.history} == {"you", "peer", "clock"}


@pytest.mark.parametrize(
    ("ours", "theirs", "stays"), [("10.0.0.9", "10.0.0.2", "A"), ("10.0.0.1", "10.0.0.2", "B")]
)
def test_a_collision_leaves_the_connection_of_the_higher_identifier(
    ours: str, theirs: str, stays: str
) -> None:
    widget = SessionFsm()
    answers(widget, do="identity", name="local_id", text=ours)
    answers(widget, do="identity", name="remote_id", text=theirs)
    for number in (1, 16, 19, 17, 19):
        widget.press(number)
    assert [seat.name for seat in widget.session.seats] == [stays]
    gone = {"A": "B", "B": "A"}[stays]
    assert ours in widget.view["said"]["rule"]
    assert f"Connection {gone} is closed." in widget.view["said"]["rule"]
    shown = widget.view["gone"] or widget.view["travelled"]
    assert (shown["seat"], shown["after"]) == (gone, "Idle")
    assert ("stroke-dasharray" in widget.svg()) is (widget.view["gone"] is not None)
    assert any("6/7" in message for d in widget.session.history for message in d.sent)


def test_equal_identifiers_are_settled_by_the_higher_as() -> None:
    same = Identity().local_id
    widget = SessionFsm((1, 16, 19, 17, 19), identity=Identity(remote_id=same))
    assert "RFC 6286" in widget.view["said"]["rule"]


def test_equal_identifiers_in_one_as_make_no_good_open() -> None:
    same = Identity(remote_as=64512, remote_id=Identity().local_id)
    with pytest.raises(InvalidValueError, match="2/3"):
        SessionFsm((1, 16), identity=same).press(19)


def test_a_hold_time_of_two_is_no_good_open_and_zero_runs_no_timer() -> None:
    widget = SessionFsm((1, 16))
    answers(widget, do="identity", name="remote_hold_time", text="2")
    with pytest.raises(InvalidValueError, match="Unacceptable Hold Time"):
        widget.press(19)
    answers(widget, do="identity", name="remote_hold_time", text="0")
    widget.press(19)
    assert not widget.session.seat.connection.timers


def test_attributes_are_set_and_wrong_ones_refused() -> None:
    widget = SessionFsm()
    answers(widget, do="attribute", name="delay_open", value=True)
    widget.press(1)
    widget.press(16)
    assert Timer.DELAY_OPEN in widget.session.seat.connection.timers
    assert "refused" in answers(widget, do="attribute", name="hold_time", value="2")
    assert "refused" in answers(widget, do="attribute", name="connect_retry_time", value="soon")
    assert widget.session.attributes == SessionAttributes(delay_open=True)


def test_frr_goes_to_active_where_the_rfc_goes_to_idle_and_each_says_so() -> None:
    rfc, frr = SessionFsm((1,)), SessionFsm((1,), machine="frr")
    assert (rfc.press(18), frr.press(18)) == (State.IDLE, State.ACTIVE)
    assert rfc.view["said"]["elsewhere"] == "FRR 8.4 and FRR 10 would be in Active now."
    assert frr.view["said"]["elsewhere"] == "RFC 4271 would be in Idle now."


def test_the_releases_of_frr_part_where_a_peer_reads_nothing() -> None:
    old, new = SessionFsm(UP, machine="frr"), SessionFsm(UP, machine="frr-10")
    assert old.view["machines"] == [
        ["rfc4271", "RFC 4271"],
        ["frr-8.4", "FRR 8.4"],
        ["frr-10", "FRR 10"],
    ]
    assert (old.view["machine_title"], new.view["machine_title"]) == ("FRR 8.4", "FRR 10")
    assert MACHINES[old.session.machine] is FRR_TABLE
    assert old.press(29, anyway=True) is State.CLEARING
    assert new.press(29, anyway=True) is State.ESTABLISHED
    told = "RFC 4271 would be in Idle now. FRR 10 would be in Established now."
    assert old.view["said"]["elsewhere"] == told
    with pytest.raises(InvalidValueError, match=r"frr-8\.4"):
        SessionFsm(machine="frr-9")


@pytest.mark.parametrize("machine", MACHINES)
def test_frr_settles_a_collision_at_the_first_open_and_the_rfc_at_open_confirm(
    machine: str,
) -> None:
    widget = SessionFsm((1, 16, 17, 19), machine=machine)
    left = {seat.name: seat.connection.state for seat in widget.session.seats}
    both = {"A": State.OPEN_SENT, "B": State.OPEN_CONFIRM}
    assert left == (both if machine == "rfc4271" else {"B": State.OPEN_CONFIRM})
    rule = "only from OpenConfirm on" if machine == "rfc4271" else "Connection A is closed."
    assert rule in widget.view["said"]["rule"]


def test_a_timer_that_another_machine_does_not_know_does_not_stop_its_clock() -> None:
    widget = SessionFsm((1, 16, 22), attributes=SessionAttributes(damp_peer_oscillations=True))
    assert Timer.IDLE_HOLD in widget.session.seat.connection.timers
    answers(widget, do="machine", name="frr-10")
    assert not widget.session.seat.connection.timers
    assert widget.wait(100) is State.IDLE


def test_frr_clears_routes_before_it_is_idle() -> None:
    widget = SessionFsm((*UP, 10), machine="frr")
    assert widget.state is State.CLEARING
    assert widget.wait(1) is State.IDLE


def test_only_the_view_that_started_the_clock_makes_it_tick() -> None:
    widget = SessionFsm(UP)
    answers(widget, do="tick", seconds=1)
    assert widget.clock["now"] == 0
    answers(widget, do="speed", speed=10)
    answers(widget, do="run", on=True)
    answers(widget, do="tick", seconds=1.5)
    answers(widget, do="tick", seconds=1.5, client="another")
    assert widget.clock["now"] == 15
    answers(widget, do="tick", seconds=3600)  # a tab that slept
    assert widget.clock["now"] == 35
    assert widget.clock["timers"]["A"]["HoldTimer"] == 55


def test_steps_are_undone_and_redone() -> None:
    widget = SessionFsm()
    widget.press(1)
    answers(widget, do="undo")
    assert widget.state is State.IDLE
    answers(widget, do="redo")
    assert widget.state is State.CONNECT


def test_a_log_is_replayed_back_and_forth() -> None:
    widget = SessionFsm.replay(log(*RISE))
    assert (widget.view["position"], widget.view["end"]) == (0, 6)
    answers(widget, do="seek", position=5)
    assert widget.state is State.CLEARING
    answers(widget, do="seek", position=1)
    assert widget.state is State.CONNECT
    assert "refused" in answers(widget, do="seek", position=7)
    with pytest.raises(InvalidValueError, match="a log"):
        widget.press(1)


def test_an_edge_that_frr_s_table_lacks_is_reported() -> None:
    widget = SessionFsm.replay(log("BGP_Start (Idle->Established), fd -1"), position=1)
    assert widget.view["strange"] == 1
    assert "worth a report" in widget.view["said"]["sentence"]


def test_a_live_log_is_followed_unless_the_slider_was_moved_back() -> None:
    widget = SessionFsm()
    lines = parse_frr_log(log(*RISE).splitlines())
    widget.follow(lines[:3], pace=0, block=True)
    assert widget.state is State.OPEN_CONFIRM
    answers(widget, do="seek", position=1)
    widget.follow(lines[3:], pace=0, block=True)
    assert (widget.state, widget.view["end"]) == (State.CONNECT, 6)


def test_an_empty_log_and_an_unknown_peer_are_told() -> None:
    assert "No line about a session" in SessionFsm.replay("nothing here").text()
    with pytest.raises(InvalidValueError, match=r"10\.0\.0\.2"):
        SessionFsm.replay(log(*RISE), peer="192.0.2.1")


def test_a_hidden_next_state_is_nowhere_until_it_is_predicted() -> None:
    kept: list[dict[str, str]] = []
    widget = SessionFsm((1, 16), predict="next_state", ask=18, on_commit=kept.append)
    state = json.dumps(widget.get_state(), default=str)
    for trace in ("from OpenSent to Active", '"edges": [{', "goes to Active"):
        assert trace not in state
    assert widget.hidden
    with pytest.raises(InvalidValueError, match="committed prediction first"):
        widget.press(18)
    widget.commit("Idle")
    assert kept == [{"asked": "next_state", "answer": "Idle"}]
    assert (widget.predicted_right, widget.state) == (False, State.ACTIVE)
    with pytest.raises(InvalidValueError, match="there is none"):
        widget.commit("Active")


def test_every_event_that_leaves_the_same_traces_is_right() -> None:
    widget = SessionFsm(UP, predict="event", ask=18)
    assert "sent nothing" in widget.view["predict"]["text"]
    widget.commit("25")
    assert widget.predicted_right
    assert "same traces" in widget.text()


def test_a_log_asks_for_the_event_of_an_edge() -> None:
    widget = SessionFsm.replay(log(*RISE), position=4, predict="event")
    # Every event is on offer; which it was is not said.
    assert "Hold_Timer_expired takes" not in json.dumps(widget.get_state(), default=str)
    widget.commit("Hold_Timer_expired")
    assert (widget.predicted_right, widget.state) == (True, State.CLEARING)


def test_an_earlier_prediction_is_restored_and_one_that_does_not_fit_is_put_aside() -> None:
    said = {"asked": "next_state", "answer": "Active"}
    widget = SessionFsm((1, 16), predict="next_state", ask=18, prediction=said)
    assert widget.predicted_right
    other = SessionFsm((1, 16), predict="event", ask=18, prediction=said)
    assert other.hidden
    assert "does not fit" in other.view["remark"]


def test_a_prediction_that_cannot_be_kept_is_not_committed() -> None:
    def full(_: object) -> None:
        raise OSError("disk full")

    widget = SessionFsm((1, 16), predict="next_state", ask=18, on_commit=full)
    with pytest.raises(InvalidValueError, match="disk full"):
        widget.commit("Active")
    assert widget.hidden


def test_practice_asks_before_every_step_and_keeps_no_answer() -> None:
    kept: list[object] = []
    widget = SessionFsm(on_commit=kept.append)
    answers(widget, do="practice", on=True)
    answers(widget, do="press", number=1)
    assert widget.hidden
    answers(widget, do="commit", answer="Connect")
    assert widget.view["score"] == [1, 1]
    assert kept == []


@pytest.mark.parametrize(
    "command",
    [
        {"do": "press", "number": "1"},
        {"do": "press", "number": 99},
        {"do": "identity", "name": HOSTILE, "text": HOSTILE},
        {"do": "machine", "name": HOSTILE},
        {"do": "choose", "seat": "Z"},
        {"do": "wait", "seconds": -1},
        {"do": "second"},
        {"do": HOSTILE},
        {"do": ["press"]},
    ],
)
def test_a_wrong_command_is_refused_and_changes_nothing(command: dict[str, Any]) -> None:
    widget = SessionFsm()
    before = widget.session
    assert "refused" in answers(widget, **command)
    assert widget.session == before


def test_hostile_text_of_a_log_stays_text() -> None:
    read = parse_frr_log(log(*RISE).splitlines())
    lines = [replace(line, peer=HOSTILE, event=HOSTILE, time=HOSTILE) for line in read]
    widget = SessionFsm.replay(lines, position=3, title=HOSTILE)
    assert "<img" not in widget.svg()
    assert "&lt;img" in widget.svg()
    ET.fromstring(widget.svg())  # noqa: S314 - our own


def test_hostile_words_of_a_recording_and_of_an_error_stay_text() -> None:
    text = (RECORDED / "clean-start.frr-10.log").read_text(encoding="utf-8")
    widget = SessionFsm.replay(text.replace("frr 10.3", HOSTILE + "\u202e\x1b[2J"))

    def broken() -> str:
        raise OSError(HOSTILE + "\u202e\x1b[2J")

    widget.follow(broken, block=True)
    ET.fromstring(widget.svg())  # noqa: S314 - our own
    assert "<img" not in widget.svg()
    assert widget.text().count("<img") == 2
    assert "\x1b" not in widget.text() + widget.svg()
    assert "\u202e" not in widget.text()


def test_a_broken_recording_is_refused_and_says_where() -> None:
    with pytest.raises(InvalidValueError, match="scenario"):
        SessionFsm.replay("# locrib-fsm-log 1\nnothing")


def test_a_surprise_asks_for_an_event_that_changes_the_state() -> None:
    widget = SessionFsm(UP)
    answers(widget, do="practice", on=True)
    answers(widget, do="surprise")
    assert "Which event caused it?" in widget.view["predict"]["text"]
    edge = widget.view["travelled"]
    assert (edge["before"], edge["label"]) == ("Established", "?")
    came = widget.view["predict"]["choices"]
    assert len(came) > 5
    answers(widget, do="commit", answer=came[0][0])
    assert widget.state is not State.ESTABLISHED
    assert widget.view["score"][1] == 1


def test_a_cell_output_holds_the_widget_and_standing_twins_of_it() -> None:
    data, _ = SessionFsm(UP)._repr_mimebundle_()
    svg = ET.fromstring(data["image/svg+xml"])  # noqa: S314 - our own
    assert svg.get("role") == "img"
    assert "connection A in Established" in (svg[0].text or "")
    assert "Established" in data["text/plain"]


@given(
    st.lists(st.sampled_from(Event), max_size=25),
    st.sampled_from(tuple(MACHINES)),
    st.builds(
        SessionAttributes,
        delay_open=st.booleans(),
        passive_tcp_establishment=st.booleans(),
        collision_detect_established_state=st.booleans(),
        send_notification_without_open=st.booleans(),
    ),
)
def test_any_walk_makes_a_picture_that_agrees_with_the_session(
    events: list[Event], machine: str, attributes: SessionAttributes
) -> None:
    widget = SessionFsm(machine=machine, attributes=attributes)
    for event in events:
        answers(widget, do="press", number=int(event))
        widget.wait(0.5)
    view = json.loads(json.dumps(widget.view))
    shown = {name: node["id"] for node in view["nodes"] for name in node["tokens"]}
    assert shown == {s.name: s.connection.state.value for s in widget.session.seats}
    assert 1 <= len(widget.session.seats) <= 2
    ET.fromstring(widget.svg())  # noqa: S314 - our own


def drawn_rooms(machine: str) -> list[tuple[str, tuple[float, float, float, float]]]:
    """The names of states and arrows, with the room each takes."""
    arrows = edges(MACHINES[machine])
    states = [State.CLEARING] if machine != "rfc4271" else []
    return [
        (node["id"], (node["x"] - 56, node["y"] - 22, node["x"] + 56, node["y"] + 22))
        for node in nodes(states)
    ] + [(arrow["label"], name_box(arrow)) for arrow in arrows]


@pytest.mark.parametrize("machine", MACHINES)
def test_no_name_in_the_picture_lies_on_another_even_with_all_arrows(machine: str) -> None:
    rooms = drawn_rooms(machine)
    for _, (left, top, right, bottom) in rooms:
        assert 0 <= left < right <= WIDTH
        assert 0 <= top < bottom <= HEIGHT
    covered = [
        (one, two)
        for (one, a), (two, b) in combinations(rooms, 2)
        if a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
    ]
    assert covered == []


def test_the_name_of_the_way_taken_stands_alone() -> None:
    text = (RECORDED / "second-connection.frr-10.log").read_text(encoding="utf-8")
    widget = SessionFsm.replay(text, position=3)  # a long name between Active and Connect
    way, arrows = widget.view["travelled"]["edge"], widget.view["edges"]
    assert way["label"] == "ConnectRetry_timer_expired"
    assert next(each for each in arrows if each["id"] == "Connect-Idle")["label"]
    near = [each for each in arrows if each["id"] != way["id"] and each["label"]]
    assert not [
        each
        for each in near
        if name_box(each)[1] < way["y"] < name_box(each)[3]
        and name_box(each)[0] < name_box(way)[2]
        and name_box(way)[0] < name_box(each)[2]
    ]
