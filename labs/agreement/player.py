"""Plays a world: a router and its neighbours in a lab, the cases' paths in waves, the answers.

Every prefix of a world gets its first path in wave 1, its second in wave 2, and so on. Between two
waves stands a barrier: each neighbour announces a sentinel prefix after its paths, and only when
the daemon has chosen a best path for every sentinel, which it does in the order of arrival, does
the next wave begin. So arrival order is exact, and nothing sleeps.
"""

import contextlib
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

from labs.agreement.world import (
    IGP_METRICS,
    PEER_NETWORK_BITS,
    ROUTER_ADDRESS,
    STEP_MARKS,
    Case,
    Neighbor,
    World,
)
from labs.errors import LabError
from labs.packages import Daemon
from labs.polling import poll
from labs.process_tree import ProcessTree
from labs.speaker import Session, Speaker
from labs.wire import Announcement

ROUTER, PEERS = "router", "peers"
SETTLING_SECONDS = 60.0  # generous: a loaded machine is slow, not wrong

Answer = dict[str, Any]
"""What a daemon decided: `best`, and where it says so `reason` and `multipath`."""


class Router(Protocol):
    """A daemon under test, as the player sees it."""

    gap: float
    """Least seconds between two waves, where the daemon's clock is coarse."""

    def originate(self, cases: Iterable[tuple[Case, Mapping[str, Any]]]) -> None:
        """Let the router originate local paths."""

    def announcement(self, path: Mapping[str, Any], prefix: str) -> Announcement:
        """Encode a path so that, after import policy, it looks as the case says."""

    def has_chosen(self, prefixes: set[str]) -> bool:
        """Tell whether a best path is chosen for all of these prefixes."""

    def answer(self, case: Case) -> Answer:
        """Read the decision for a case's prefix."""

    def close(self) -> None:
        """Stop the daemon."""


class RouterMaker(Protocol):
    """Starts a daemon configured for a world."""

    def __call__(self, tree: ProcessTree, host: str, daemon: Daemon, world: World) -> Router:
        """Start it in `host` and return it answering."""


def play(make_router: RouterMaker, daemon: Daemon, world: World) -> list[Answer]:
    """Put every case of a world to a real daemon; return its answers in the order of the cases.

    Raises:
        LabError: the daemon did not start, ended, or did not settle.
    """
    with contextlib.ExitStack() as stack:
        tree = stack.enter_context(ProcessTree())
        _build(tree, world)
        router = make_router(tree, ROUTER, daemon, world)
        stack.callback(router.close)
        speaker = stack.enter_context(Speaker(tree, PEERS))
        sessions = {
            neighbor.id: speaker.open(
                neighbor.address, neighbor.asn, neighbor.router_id, ROUTER_ADDRESS
            )
            for neighbor in world.neighbors
        }
        speaker.wait_established(list(sessions.values()), SETTLING_SECONDS)
        try:
            _prime(router, world, sessions)
            for number in range(world.waves()):
                _wave(router, world, sessions, number)
        except LabError as error:
            down = [f"{s.address}: {s.last_word}" for s in sessions.values() if not s.established]
            raise LabError(f"{world.name}: {error}; sessions down: {down or 'none'}") from error
        return [router.answer(case) for case in world.cases]


def _build(tree: ProcessTree, world: World) -> None:
    """Lay out two hosts on one link: the router, and all its neighbours at their addresses."""
    for host in (ROUTER, PEERS):
        tree.add_host(host)
    tree.script(f"ip link add eth0 netns {ROUTER} type veth peer name eth0 netns {PEERS}")
    router = [f"addr add {ROUTER_ADDRESS}/{PEER_NETWORK_BITS} dev eth0", "link set eth0 up"]
    first, *others = world.neighbors
    router += [
        f"route add 10.50.{metric}.0/24 via {first.address} metric {metric}"
        for metric in IGP_METRICS
    ]
    peers = [f"addr add {n.address}/{PEER_NETWORK_BITS} dev eth0" for n in (first, *others)]
    peers.append("link set eth0 up")
    for host, lines in ((ROUTER, router), (PEERS, peers)):
        tree.write(f"/run/lab/{host}.ip", "\n".join(lines) + "\n")
        tree.script(f"ip -n {host} -batch /run/lab/{host}.ip")


def _prime(router: Router, world: World, sessions: Mapping[str, Session]) -> None:
    """Show the router every next hop once, so that it knows their metrics before they matter."""
    paths = [path for case in world.cases for path in case["paths"]]
    neighbors = {neighbor.id: neighbor for neighbor in world.neighbors}
    hops = sorted({(p["peer"]["id"], p["next_hop"]) for p in paths if p["peer"]["type"] != "local"})
    for index, (peer, next_hop) in enumerate(hops):
        path = sentinel_path(neighbors[peer]) | {"next_hop": next_hop}
        prefix = f"10.253.{index // 256}.{index % 256}/32"
        Speaker.announce(sessions[peer], [router.announcement(path, prefix)])
    reachable = {
        f"10.253.{index // 256}.{index % 256}/32"
        for index, (_, next_hop) in enumerate(hops)
        if not next_hop.startswith("10.99.")
    }
    poll("every next hop known", lambda: router.has_chosen(reachable), SETTLING_SECONDS)


def _wave(router: Router, world: World, sessions: Mapping[str, Session], number: int) -> None:
    arriving = [
        (case, case["paths"][number]) for case in world.cases if number < len(case["paths"])
    ]
    router.originate((c, path) for c, path in arriving if path["peer"]["type"] == "local")
    sentinels = set()
    for index, neighbor in enumerate(world.neighbors):
        paths = [
            router.announcement(path, case["prefix"])
            for case, path in arriving
            if path["peer"]["id"] == neighbor.id
        ]
        sentinel = f"10.254.{number}.{index}/32"
        sentinels.add(sentinel)
        paths.append(router.announcement(sentinel_path(neighbor), sentinel))
        Speaker.announce(sessions[neighbor.id], paths)
    poll(f"wave {number + 1} decided", lambda: router.has_chosen(sentinels), SETTLING_SECONDS)
    settled = time.monotonic()
    if router.gap and number + 1 < world.waves():
        later = f"{router.gap:g} seconds between waves"
        poll(later, lambda: time.monotonic() >= settled + router.gap)


def sentinel_path(neighbor: Neighbor) -> dict[str, Any]:
    """Return the plainest path a neighbour can announce."""
    as_path = {
        "ebgp": [["seq", [neighbor.asn]]],
        "ibgp": [],
        "confed-ebgp": [["confed_seq", [neighbor.asn]]],
    }[neighbor.type]
    return {
        "peer": neighbor.as_case(),
        "weight": 0,
        "local_pref": 100,
        "as_path": as_path,
        "origin": "igp",
        "med": None,
        "next_hop": neighbor.address,
        "originator_id": None,
        "cluster_list": [],
    }


def announcement_of(path: Mapping[str, Any], prefix: str, marks: bool) -> Announcement:
    """Encode a path; `marks` says whether import policy reads weight and LOCAL_PREF from marks.

    An eBGP neighbour's LOCAL_PREF is not for it to send: a community stands for it, which the
    router's import policy turns into the attribute, as it does for weight.
    """
    communities = [
        (int(high), int(low))
        for high, low in (text.split(":") for text in path.get("communities", ()))
    ]
    external = path["peer"]["type"] == "ebgp"
    if marks and path["weight"]:
        communities.append((STEP_MARKS["weight"], path["weight"]))
    if marks and external and path["local_pref"] is not None:
        communities.append((STEP_MARKS["local_pref"], path["local_pref"]))
    return Announcement(
        prefix=prefix,
        next_hop=path["next_hop"],
        as_path=[(segment, members) for segment, members in path["as_path"]],
        origin=path["origin"],
        med=path["med"],
        local_pref=None if marks and external else path["local_pref"],
        originator_id=path["originator_id"],
        cluster_list=path["cluster_list"],
        communities=communities,
        aigp=path.get("aigp"),
    )


def marks_used(world: World) -> Iterator[tuple[str, int, str]]:
    """Yield (attribute, value, community) for every mark the world's cases carry."""
    for name, mark in STEP_MARKS.items():
        values = {
            path[name]
            for case in world.cases
            for path in case["paths"]
            if path["peer"]["type"] != "local"
        }
        for value in sorted({*values, 100} - {None} if name == "local_pref" else values - {0}):
            yield name, value, f"{mark}:{value}"
