"""A real FRR, led into each state and told everything, does what its table predicts."""

from dataclasses import replace

import pytest

from bgp.fsm_frr_input import CASES, Input
from bgp.fsm_words import State
from bgp.notification import Notification
from labs.packages import Daemon
from labs.process_tree import ProcessTree
from labs.sessions.trial import TRIALS, Trial, try_all

pytestmark = pytest.mark.lab

FRR = pytest.mark.parametrize("router", ["frr-8.4", "frr-10"], indirect=True)


@FRR
@pytest.mark.parametrize("incoming", [False, True], ids=["frr-dials", "frr-is-dialled"])
def test_frr_does_what_is_predicted_of_every_input_in_every_state(
    tree: ProcessTree, router: Daemon, incoming: bool
) -> None:
    assert len(TRIALS) == 3 * 41  # OpenSent, OpenConfirm and Established, each told everything
    assert set(CASES) == set(Input)
    seen = try_all(tree, router, TRIALS, incoming=incoming)
    assert len(seen) == len(TRIALS)
    assert [one.difference() for one in seen if one.difference()] == []


@FRR
def test_a_wrong_prediction_is_found(tree: ProcessTree, router: Daemon) -> None:
    trials = [
        Trial(State.OPEN_SENT, Input.KEEPALIVE),
        Trial(State.OPEN_CONFIRM, Input.OPEN),
        Trial(State.ESTABLISHED, Input.KEEPALIVE),
    ]
    seen = try_all(tree, router, trials)
    assert [one.difference() for one in seen] == ["", "", ""]
    for one in seen:
        right = one.expected
        for wrong in (
            replace(right, notification=Notification(2, 2)),
            replace(right, after=State.OPEN_SENT if right.stays else State.CONNECT),
            replace(right, before=State.CONNECT, after=State.IDLE),
        ):
            assert replace(one, expected=wrong).difference()
    nothing = replace(seen[0], edge=None)
    assert "seen None" in nothing.difference()
