"""The picture of a lab: where things stand, what is lettered, and that no two words meet."""

import re
import sys
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from labs import topology_file
from labs.lab_values import Hop
from labs.situation import Situation
from labs.topology import Topology
from modules.pictures.network import network_picture, trace_picture
from modules.pictures.network_graph import layers, neighbors
from modules.pictures.network_marks import marks_of
from modules.pictures.network_sight import CROWD, Sight, told_service
from modules.pictures.network_text import ascii_only, network_lines

TOP = Path(__file__).parents[2]
sys.path.append(str(TOP / "benchmarks" / "support"))
from meshes import ibgp  # type: ignore[import-not-found] # noqa: E402 - beside the benchmarks

FIRST = topology_file.load("first-session")
RACK = topology_file.load("rack")
DONE = (
    ("cut node1 sw", "yes"), ("drop node2 sw", "bgp 30"), ("limit node2 sw", "512"),
    ("mtu node2 sw", "900"), ("daemon node3", "frozen"), ("policy web", "Local"),
    ("endpoints web", "pod2"), ("cut node2 pod2", "yes"),
)  # fmt: skip


def states(topology: Topology, down: str = "") -> dict[tuple[str, str], str]:
    """Every session Established, but those of one host."""
    pairs = [tuple(side.host for side in session.sides) for session in topology.sessions]
    ends = [pair for one, other in pairs for pair in ((one, other), (other, one))]
    return {pair: "Active" if down in pair else "Established" for pair in ends}


def sights() -> dict[str, Sight]:
    """Every shipped network whole and in trouble, and networks of ten and forty routers."""
    found = {}
    for name in topology_file.known():
        topology = topology_file.load(name)
        found[name] = Sight(topology, states(topology))
        ends = [link.names for link in topology.links]
        done = tuple(
            (f"{what} {' '.join(sorted(pair))}", how)
            for pair in ends
            for what, how in (("cut", "yes"), ("drop", "icmp 30"), ("mtu", "1400"))
        )
        worst = topology.speakers()[0].name
        marks = marks_of(Situation(done), topology)
        found[f"{name} broken"] = Sight(topology, states(topology, worst), marks)
    for routers, reflectors in ((10, 0), (10, 2), (40, 0), (40, 2)):
        mesh = ibgp(routers, reflectors)
        found[f"{routers} routers, {reflectors} reflectors"] = Sight(mesh, states(mesh, "r3"))
    return found


SIGHTS = sights()
Rect = tuple[float, float, float, float]


def words(svg: str) -> dict[str, Rect]:
    """Every text of a drawing with about the room it takes."""
    found = {}
    for number, text in enumerate(ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")):  # noqa: S314 - drawn by us
        said = "".join(text.itertext())
        x, y = float(text.get("x", 0)), float(text.get("y", 0))
        wide = len(said) * (8.0 if "strong" in text.get("class", "") else 6.7)
        left = {"start": x, "middle": x - wide / 2, "end": x - wide}[
            text.get("text-anchor", "start")
        ]
        found[f"{number} {said}"] = (left, y - 9, left + wide, y + 2)
    return found


def meet(one: Rect, other: Rect) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


@pytest.mark.parametrize("name", SIGHTS)
def test_no_two_words_of_a_picture_meet_and_all_are_on_the_paper(name: str) -> None:
    svg = network_picture(SIGHTS[name], "").svg
    _, _, width, height = map(float, ET.fromstring(svg).get("viewBox", "").split())  # noqa: S314 - drawn by us
    places = words(svg)
    assert [(a, b) for a, b in combinations(places, 2) if meet(places[a], places[b])] == []
    outside = [w for w, (x, y, right, foot) in places.items()
               if x < 0 or y < 0 or right > width or foot > height]  # fmt: skip
    assert outside == []


@pytest.mark.parametrize("name", SIGHTS)
def test_a_picture_names_every_host_and_every_switch_once(name: str) -> None:
    sight = SIGHTS[name]
    shown = [word.partition(" ")[2] for word in words(network_picture(sight, "").svg)]
    for place in (*sight.topology.hosts, *sight.topology.switches):
        assert shown.count(place) == 1


def test_a_picture_has_a_title_and_tells_a_screen_reader_of_every_session() -> None:
    root = ET.fromstring(network_picture(SIGHTS["rack broken"], "").svg)  # noqa: S314 - drawn by us
    title, told = root[0].text, root[1].text
    assert title is not None
    assert told is not None
    assert title.startswith("0 of 3 sessions Established. ")
    assert "tor to node3: Active, node3 to tor: Active, eBGP, watched by BFD" in told
    assert root.get("aria-label") == f"{title} {told}"


def test_a_switch_is_one_bus_and_its_hosts_hang_on_it() -> None:
    svg = network_picture(SIGHTS["reflectors"], "").svg
    buses = re.findall(r'stroke-width: 6[^>]*d="M([\d.]+) [\d.]+V', svg)
    assert len(buses) == 1
    assert len(re.findall(rf'class="wire" d="M[\d.]+ [\d.]+H{buses[0]}"', svg)) == 6


def test_a_cable_to_a_switch_that_is_cut_does_not_reach_it_whole() -> None:
    sight = Sight(RACK, states(RACK), marks_of(Situation(DONE), RACK))
    svg = network_picture(sight, "").svg
    assert svg.count('stroke-dasharray="5 6"') == 1
    assert svg.count("<circle") == 3  # the others' joints: tor, node2, node3


def test_what_was_done_stands_beside_it() -> None:
    picture = network_picture(Sight(RACK, states(RACK), marks_of(Situation(DONE), RACK)), "")
    shown = [word.partition(" ")[2] for word in words(picture.svg)]
    for mark in ("✂ cut", "loses 30 % of BGP", "512 kbit/s", "MTU 900", "daemon frozen"):
        assert mark in shown
    assert shown.count("✂ cut") == 2  # of node1's cable, and of pod2's
    assert "node3: daemon frozen." in picture.text
    service = " ".join(
        told_service(Sight(RACK, marks=marks_of(Situation(DONE), RACK)), RACK.services[0]).split()
    )
    assert (
        "externalTrafficPolicy Local (was Cluster), leads to pod2 on node2 (of 2 pods)" in service
    )


def test_a_session_that_is_up_on_one_end_only_is_lettered_on_both_and_not_established() -> None:
    down = {("tor1", "node1"): "Established", ("node1", "tor1"): "Passive"}
    picture = network_picture(Sight(FIRST, down), "")
    assert picture.text.startswith("0 of 1 sessions Established.")
    shown = [word.partition(" ")[2] for word in words(picture.svg)]
    assert "tor1: Passive" in shown
    assert {"E", "P", "Established", "Passive"} <= set(shown)


def test_in_a_crowd_only_sessions_in_trouble_have_lines_and_the_others_are_counted() -> None:
    mesh = ibgp(40)
    assert len(mesh.sessions) > CROWD
    known = states(mesh)
    known["r3", "r7"] = "Idle"
    svg = network_picture(Sight(mesh, known), "").svg
    assert svg.count('stroke-linecap: round"><title>') == 1
    assert "39 sessions: 38 E, 1 I" in svg
    assert svg.count("39 sessions: 39 E") == 39


def test_hosts_stand_by_their_distance_from_the_client_and_a_switch_is_no_distance() -> None:
    assert layers(FIRST) == {"client": 0, "border": 1, "tor1": 2, "tor2": 2, "node1": 3}
    assert neighbors(FIRST, "tor1") == {"border": (), "node1": ("sw1",)}
    of_reflectors = layers(topology_file.load("reflectors"))
    assert [name for name, at in of_reflectors.items() if at == 0] == ["rr1", "rr2"]
    assert layers(ibgp(10, 2))["rr2"] == 0
    assert set(layers(ibgp(10)).values()) == {0}


def test_a_way_that_ends_early_says_why_and_is_drawn_as_far_as_it_goes() -> None:
    hops = [Hop("client", "default", to="border"), Hop("border", problem="no route to 10.9.9.9")]
    picture = trace_picture(Sight(FIRST), "10.9.9.9", hops, "")
    assert picture.text.startswith("10.9.9.9: client → border. There: no route to 10.9.9.9")
    assert picture.svg.count('class="way"') == 1


def test_a_way_into_a_pod_goes_through_its_node() -> None:
    names = ("client", "tor", "node1", "node1", "node2", "pod2")
    picture = trace_picture(Sight(RACK), "172.30.200.1", [Hop(name) for name in names], "")
    assert picture.svg.count('class="way"') == 4


def test_the_drawing_in_text_is_a_tree_from_the_client_on_and_marks_what_is_wrong() -> None:
    sight = Sight(RACK, states(RACK, "node1"), marks_of(Situation(DONE), RACK))
    lines = network_lines(sight)
    names = [re.split(r"  +", line.text.strip("│├└─ "))[0] for line in lines]
    assert names == ["client", "tor", "sw", "node1", "node2", "pod2", "node3", "pod3"]
    assert [bool(line.trouble) for line in lines] == [False, True, False, *[True] * 4, False]
    assert re.search(r"^      ├─ node1 +node · FRR · AS 64512 +A tor +✂ cut ", lines[3].text)
    assert ascii_only(lines[3].text).startswith("      |- node1")


def test_the_drawing_in_text_tells_of_a_second_way_to_a_host() -> None:
    marks = marks_of(Situation((("cut node1 sw1", "yes"),)), FIRST)
    text = "\n".join(line.text for line in network_lines(Sight(FIRST, states(FIRST), marks)))
    assert "to sw1: ✂ cut, also to sw1" in text
    assert len(network_lines(SIGHTS["40 routers, 0 reflectors"])) == 41
