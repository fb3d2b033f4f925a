"""A stage as a lesson sees it: paths by name, verdicts, and what a learner may try."""

import pytest

from labs.errors import LabError
from labs.stage_replay import Replay
from locrib.stage_lab import StageLab, break_rack
from modules import catalog


def recorded(name: str) -> StageLab:
    return StageLab(Replay(catalog.module().recording(name)), "for a test")


def test_paths_carry_the_neighbours_names_and_come_in_order_of_arrival() -> None:
    lab = recorded("border")
    lab.arrive("blue", "amber2", "amber1")
    assert [path.id for path in lab.paths()] == ["blue", "amber2", "amber1"]
    assert [path.igp_metric for path in lab.paths()] == [20, 10, 30]
    assert lab.table().best == "blue"


@pytest.mark.parametrize(
    "order", ["amber1 blue amber2", "blue amber2 amber1", "amber2 amber1 blue"]
)
def test_the_model_predicts_the_recorded_router(order: str) -> None:
    lab = recorded("border")
    lab.arrive(*order.split())
    router, model = lab.table(), lab.predict()
    assert (model.best, model.reason, model.multipath) == (
        router.best,
        router.reason,
        router.multipath,
    )


def test_options_of_the_router_become_knobs_of_the_model() -> None:
    lab = recorded("border")
    lab.arrive("amber2", "amber1", "blue")
    lab.configure("router bgp 64601", "bgp deterministic-med")
    assert lab.knobs.deterministic_med
    assert lab.predict().best == lab.table().best


def test_a_verdict_says_where_router_and_model_agree() -> None:
    lab = recorded("rack")
    text = lab.verdict().text
    assert text.count("✓ agree") == 3
    assert "forwards to node1, node2, node3" in text


def test_a_router_without_paths_is_told_with_the_next_step() -> None:
    lab = recorded("rack")
    lab.withdraw("node1", "node2", "node3")
    with pytest.raises(LabError, match=r"`lab\.mend\(\)` brings them back"):
        lab.paths()


def test_the_situations_a_learner_may_try_are_in_the_recording() -> None:
    break_rack(recorded("rack"))
