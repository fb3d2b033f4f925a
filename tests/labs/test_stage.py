"""The stage, live: real FRR, real packets. What a lesson shows is what happens here."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from labs import stage as stage_module
from labs.errors import LabError
from labs.packages import ensure
from labs.polling import poll
from labs.stage import Stage
from labs.stage_plan import BORDER, RACK
from labs.stage_replay import Recorder, Replay

pytestmark = pytest.mark.lab
ALL = ("node1", "node2", "node3")


def opened(fabric: object) -> Stage:
    ensure(stage_module.ROUTERS)
    try:
        return Stage(fabric)  # type: ignore[arg-type]
    except LabError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def running() -> Iterator[Stage]:
    with opened(RACK) as stage:
        yield stage


@pytest.fixture
def rack(running: Stage) -> Stage:
    running.mend()
    return running


@pytest.fixture(scope="module")
def border() -> Iterator[Stage]:
    with opened(BORDER) as stage:
        yield stage


def best(stage: Stage) -> tuple[str | None, str | None]:
    """The neighbour FRR calls best, and the reason it prints."""
    for path in json.loads(stage.bgp_json()).get("paths", []):
        if path.get("bestpath", {}).get("overall"):
            name = stage.fabric.names()[path["peer"]["peerId"]]
            return name, path["bestpath"]["selectionReason"]
    return None, None


def test_the_address_is_answered_by_every_node_through_the_router(rack: Stage) -> None:
    assert rack.forwarding() == ALL
    traffic = rack.get(60)
    assert (traffic.lost, set(traffic.shares())) == (0, set(ALL))


def test_a_cut_link_takes_its_node_out_and_the_client_goes_on(rack: Stage) -> None:
    traffic = rack.cut("node2")
    assert traffic.event_at is not None
    assert traffic.lost <= 1
    assert rack.forwarding() == ("node1", "node3")
    assert "node2" not in rack.get(40).shares()


def test_a_mended_link_brings_its_node_back(rack: Stage) -> None:
    rack.cut("node2")
    assert rack.heal("node2").lost == 0
    assert rack.forwarding() == ALL


def test_a_longer_path_is_left_out(rack: Stage) -> None:
    rack.say("node3", as_path=[64512, 64512, 64512])
    assert rack.forwarding() == ("node1", "node2")


def test_a_path_with_the_routers_own_as_is_not_even_listed(rack: Stage) -> None:
    rack.say("node1", as_path=[64512, 64601])
    assert "10.1.1.2" not in rack.bgp_json()
    assert rack.forwarding() == ("node2", "node3")


def test_a_dead_next_hop_is_listed_and_takes_no_part(rack: Stage) -> None:
    rack.say("node2", next_hop="10.99.0.9")
    assert "inaccessible" in rack.show(f"show bgp ipv4 unicast {RACK.prefix}")
    assert rack.forwarding() == ("node1", "node3")


def test_local_pref_from_outside_changes_nothing_and_policy_does(rack: Stage) -> None:
    rack.say("node1", local_pref=500)
    assert rack.forwarding() == ALL
    rack.configure("route-map FROM-node1 permit 10", "set local-preference 200")
    assert rack.forwarding() == ("node1",)


def test_mend_undoes_links_announcements_and_configuration(rack: Stage) -> None:
    rack.configure("route-map FROM-node1 permit 10", "set local-preference 200")
    rack.say("node2", med=7)
    rack.cut("node3")
    rack.mend()
    assert rack.forwarding() == ALL
    assert rack.situation.lines == ()


def test_paths_lost_with_their_sessions_are_announced_anew(rack: Stage) -> None:
    rack.show("clear bgp *")
    poll("every node answers again", lambda: set(rack.get(24).shares()) == set(ALL))


def test_withdrawing_everything_leaves_nobody_to_answer(rack: Stage) -> None:
    rack.withdraw(*ALL)
    assert "Network not in table" in rack.show(f"show bgp ipv4 unicast {RACK.prefix}")
    assert rack.forwarding() == ()


def test_what_cannot_be_done_is_refused_with_the_next_step(rack: Stage, border: Stage) -> None:
    with pytest.raises(LabError, match=r"`cut\('node1'\)` cuts it"):
        rack.heal("node1")
    with pytest.raises(LabError, match="the rack has one router only"):
        rack.second_opinion()
    with pytest.raises(LabError, match=r"`withdraw\('blue'\)`"):
        border.cut("blue")
    rack.cut("node1")
    with pytest.raises(LabError, match=r"`heal\('node1'\)` mends it"):
        rack.say("node1")


def test_the_order_of_arrival_picks_the_winner_of_the_circle(border: Stage) -> None:
    place = 0 if border.profile == "frr-8.4" else -1
    for order in (("amber1", "blue", "amber2"), ("blue", "amber2", "amber1")):
        border.withdraw("amber1", "amber2", "blue")
        for name in order:
            border.say(name)
        assert best(border)[0] == order[place]


def test_frr_and_gobgp_disagree_on_the_same_announcements(border: Stage) -> None:
    if border.second_title is None:
        pytest.skip("GoBGP is not unpacked here: run `locrib learn --fetch` once, with network")
    border.withdraw("amber1", "amber2", "blue")
    border.say("amber1")
    border.say("blue")
    assert best(border) == ("blue", "IGP Metric")
    chosen = [line for line in border.second_opinion().splitlines() if line.startswith("*>")]
    assert "10.255.0.1" in chosen[0]


def test_a_recording_gives_back_what_the_stage_showed(tmp_path: Path) -> None:
    file = tmp_path / "rack.json"
    recorder = Recorder(opened(RACK), file)
    seen = recorder.cut("node2").shares()
    recorder.heal("node2")
    recorder.say("node3", as_path=[64512, 64512])
    shown, shares = recorder.show("show bgp summary"), recorder.get().shares()
    recorder.close()
    with Replay(file) as replay:
        assert replay.cut("node2").shares() == seen
        replay.heal("node2")
        replay.say("node3", as_path=[64512, 64512])
        assert replay.forwarding() == ("node1", "node2")
        assert (replay.show("show bgp summary"), replay.get().shares()) == (shown, shares)
