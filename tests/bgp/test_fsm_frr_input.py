import pytest

from bgp import InvalidValueError
from bgp.fsm_frr import FRR_EDGES
from bgp.fsm_frr_differences import RELEASES
from bgp.fsm_frr_input import Input, predict
from bgp.fsm_words import State
from bgp.notification import SUBCODE_TITLES, Notification

OPEN_STATES = (State.OPEN_SENT, State.OPEN_CONFIRM, State.ESTABLISHED)
EVERYTHING = [
    predict(state, happens, release, incoming=incoming)
    for state in OPEN_STATES
    for happens in Input
    for release in RELEASES
    for incoming in (False, True)
]


def test_forty_inputs_and_more_are_predicted_in_each_state() -> None:
    assert len(Input) == 41
    assert len(EVERYTHING) == 3 * 41 * 2 * 2


def test_every_prediction_takes_an_edge_of_frr_s_machine_or_none() -> None:
    for one in EVERYTHING:
        if one.event is None:
            assert one.after in (one.before, State.DELETED)
        else:
            assert (one.before, one.event, one.after) in FRR_EDGES


def test_a_notification_is_predicted_with_the_subcode_that_is_on_the_wire() -> None:
    for one in EVERYTHING:
        if one.notification is not None:
            code, subcode = one.notification.code, one.notification.subcode
            assert subcode == 0 or (code, subcode) in SUBCODE_TITLES


def test_a_connection_that_is_told_something_wrong_does_not_live_on() -> None:
    assert [one for one in EVERYTHING if one.notification is not None and one.stays] == []


@pytest.mark.parametrize(
    ("state", "happens", "code", "subcode"),
    [
        (State.OPEN_SENT, Input.UPDATE, 5, 1),
        (State.OPEN_CONFIRM, Input.ROUTE_REFRESH, 5, 2),
        (State.OPEN_SENT, Input.NOTIFICATION_VERSION, 5, 1),
        (State.ESTABLISHED, Input.MARKER, 1, 1),
        (State.ESTABLISHED, Input.CLEAR, 6, 4),
        (State.ESTABLISHED, Input.UPDATE_PREFIX, 3, 10),
    ],
)
def test_an_input_is_answered_with_its_own_code(
    state: State, happens: Input, code: int, subcode: int
) -> None:
    assert predict(state, happens).notification == Notification(code, subcode)


def test_a_malformed_origin_ends_a_session_with_8_4_only() -> None:
    assert not predict(State.ESTABLISHED, Input.UPDATE_ORIGIN, "frr-8.4").stays
    assert predict(State.ESTABLISHED, Input.UPDATE_ORIGIN, "frr-10").stays


def test_a_command_does_not_speak_to_a_connection_that_is_not_yet_the_peer_s() -> None:
    gone = predict(State.OPEN_CONFIRM, Input.SHUTDOWN, incoming=True)
    assert (gone.after, gone.notification) == (State.DELETED, None)
    removed = predict(State.OPEN_CONFIRM, Input.REMOVE, incoming=True)
    assert (removed.after, removed.notification) == (State.DELETED, Notification(6, 3))


def test_other_states_and_releases_are_refused() -> None:
    with pytest.raises(InvalidValueError, match="OpenSent, OpenConfirm or Established"):
        predict(State.ACTIVE, Input.OPEN)
    with pytest.raises(InvalidValueError, match=r"frr-8\.4 or frr-10"):
        predict(State.OPEN_SENT, Input.OPEN, "frr-9")
