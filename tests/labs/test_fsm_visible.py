"""What FRR and BIRD show an operator, moment by moment, is what they really show."""

from dataclasses import replace

import pytest

from bgp.fsm_visible import DAEMONS, MOMENTS, Shown
from labs.packages import Daemon
from labs.process_tree import ProcessTree
from labs.sessions.visible import STAGES, see_all

pytestmark = pytest.mark.lab


@pytest.mark.parametrize("router", DAEMONS, indirect=True)
def test_every_moment_is_shown_as_written(tree: ProcessTree, router: Daemon) -> None:
    seen = see_all(tree, router)
    assert seen == {moment.name: moment.shown[router.name] for moment in MOMENTS}


@pytest.mark.parametrize("router", ["frr-8.4", "bird"], indirect=True)
def test_a_wrong_word_is_found(tree: ProcessTree, router: Daemon) -> None:
    (moment,) = (moment for moment in MOMENTS if moment.name == "admin-down")
    wrong = replace(moment, shown={router.name: Shown("Idle", "Established")})
    seen = see_all(tree, router, [wrong], seconds=0.5)
    assert seen == {moment.name: moment.shown[router.name]}


def test_every_moment_has_its_stage() -> None:
    assert set(STAGES) == {moment.name for moment in MOMENTS}
