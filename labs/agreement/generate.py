"""Seeded decision cases that are hard on purpose: ties down to a chosen step, then a difference.

Random attributes are settled by the first step they reach, and a model that knows only LOCAL_PREF
and AS_PATH length would pass. So each case has a target step: its paths agree on (almost)
everything before it and differ at it and after it. Further targets break what a shallow model gets
wrong: MED cycles (RFC 3345), the same next hop twice, a loop or an unreachable next hop in the best
place, one path alone.
"""

import ipaddress
import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from labs.agreement.world import IGP_METRICS, ROUTER_ID, Case, Neighbor, World

LOCAL_AS = 64512
CONFEDERATION = {"identifier": 64500, "peers": [64513, 64514, 64515]}
LLGR_STALE = "65535:6"

PLAIN_KNOBS: dict[str, Any] = {
    "always_compare_med": False,
    "deterministic_med": False,
    "compare_routerid": False,
    "med_missing_as_worst": False,
    "med_confed": False,
    "as_path_ignore": False,
    "as_path_confed": False,
    "as_path_multipath_relax": False,
    "peer_type_multipath_relax": False,
    "maximum_paths": None,
    "maximum_paths_ibgp": None,
    "ibgp_equal_cluster_length": False,
    "default_local_preference": 100,
}
"""The knobs of the case format at FRR's defaults."""

FRR_SETTINGS: tuple[dict[str, Any], ...] = (
    {},
    {"deterministic_med": True},
    {"always_compare_med": True},
    {"compare_routerid": True},
    {"med_missing_as_worst": True},
    {"as_path_ignore": True},
    {"as_path_multipath_relax": True},
    {"peer_type_multipath_relax": True},
    {"maximum_paths": 1, "maximum_paths_ibgp": 1},
    {"maximum_paths": 2, "maximum_paths_ibgp": 3, "as_path_multipath_relax": True},
    {"maximum_paths_ibgp": 4, "ibgp_equal_cluster_length": True},
    {"default_local_preference": 150},
    {"deterministic_med": True, "compare_routerid": True},
    {"deterministic_med": True, "always_compare_med": True, "med_missing_as_worst": True},
    {"as_path_confed": True},
    {"med_confed": True},
)
BIRD_SETTINGS: tuple[dict[str, Any], ...] = (
    {},
    {"deterministic_med": True},
    {"always_compare_med": True},
    {"compare_routerid": True},
    {"med_missing_as_worst": True},
    {"as_path_ignore": True},
    {"default_local_preference": 150},
    {"deterministic_med": True, "compare_routerid": True},
)
GOBGP_SETTINGS: tuple[dict[str, Any], ...] = (
    {},
    {"always_compare_med": True},
    {"as_path_ignore": True},
    {"compare_routerid": True},
)


@dataclass(frozen=True)
class Dialect:
    """What a daemon can be asked: the steps to aim at, its options, what its cases may contain.

    Attributes:
        steps: attributes in the daemon's order of comparison; a case aims at one of them.
        settings: option sets to cycle through, each in a world of its own.
        on_off: boolean knobs to combine at random in further worlds.
        extras: knobs beyond the case format's plain ones, with the values to draw from.
        weights: whether the daemon knows weight.
        unreachable: whether the daemon looks at next hops at all.
        aigp: whether AIGP takes part (RFC 7311).
        cases_per_world: how many cases share one start of the daemon.
    """

    steps: tuple[str, ...]
    settings: tuple[dict[str, Any], ...]
    on_off: tuple[str, ...]
    extras: dict[str, tuple[Any, ...]]
    weights: bool
    unreachable: bool
    aigp: bool
    cases_per_world: int


FRR_STEPS = (
    *("stale", "weight", "local_pref", "local", "aigp", "as_path", "origin", "med", "peer_type"),
    *("igp_metric", "older", "router_id", "cluster_list", "address"),
)
OTHER_STEPS = tuple(step for step in FRR_STEPS if step != "weight")

FRR_8 = Dialect(
    steps=tuple(step for step in FRR_STEPS if step != "aigp"),
    settings=FRR_SETTINGS,
    on_off=tuple(name for name, value in PLAIN_KNOBS.items() if value is False),
    extras={"enforce_first_as": (False,)},
    weights=True,
    unreachable=True,
    aigp=False,
    cases_per_world=20,
)

DIALECTS: dict[str, Dialect] = {
    "frr-8.4": replace(FRR_8, extras={}),
    "frr-10": replace(
        FRR_8,
        steps=FRR_STEPS,
        settings=(*FRR_SETTINGS, {"aigp": True}, {"reject_as_sets": True}),
        extras={
            "aigp": (False, False, True),
            "reject_as_sets": (False, False, True),
            "enforce_first_as": (False, True),
        },
        aigp=True,
    ),
    "bird": Dialect(
        steps=OTHER_STEPS,
        settings=BIRD_SETTINGS,
        on_off=(
            *("deterministic_med", "always_compare_med", "compare_routerid"),
            *("med_missing_as_worst", "as_path_ignore"),
        ),
        extras={},
        weights=False,
        unreachable=True,
        aigp=True,
        cases_per_world=20,
    ),
    "gobgp": Dialect(
        steps=tuple(step for step in OTHER_STEPS if step not in ("aigp", "igp_metric")),
        settings=GOBGP_SETTINGS,
        on_off=("always_compare_med", "as_path_ignore", "compare_routerid"),
        extras={},
        weights=False,
        unreachable=False,
        aigp=False,
        cases_per_world=30,
    ),
}

SPECIAL_TARGETS = ("med_cycle", "random", "random", "same_next_hop", "excluded_best", "alone")


def generate(daemon: str, count: int, seed: int) -> list[World]:
    """Make `count` cases for a daemon, in worlds; the same seed makes the same cases."""
    dialect = DIALECTS[daemon]
    rng = random.Random(f"{daemon}/{seed}")  # noqa: S311 - reproducible cases, not secrets
    targets = itertools.cycle((*dialect.steps, *SPECIAL_TARGETS))
    worlds = []
    while count > 0:
        size = min(count, dialect.cases_per_world)
        count -= size
        worlds.append(_world(rng, daemon, len(worlds), [next(targets) for _ in range(size)]))
    return worlds


def _world(rng: random.Random, daemon: str, number: int, targets: Sequence[str]) -> World:
    dialect = DIALECTS[daemon]
    knobs = PLAIN_KNOBS | {name: values[0] for name, values in dialect.extras.items()}
    if number < len(dialect.settings):
        chosen = dialect.settings[number]
    else:
        chosen = {name: rng.random() < 0.25 for name in dialect.on_off}
        chosen |= {name: rng.choice(values) for name, values in dialect.extras.items()}
        if "ibgp_equal_cluster_length" in chosen:
            chosen["maximum_paths"] = rng.choice((None, None, 1, 2, 3))
            chosen["maximum_paths_ibgp"] = rng.choice((None, None, 1, 2, 3))
    knobs |= chosen
    if knobs["ibgp_equal_cluster_length"] and knobs["maximum_paths_ibgp"] is None:
        knobs["maximum_paths_ibgp"] = 4  # the option is part of `maximum-paths ibgp N`
    confederated = knobs["as_path_confed"] or knobs["med_confed"] or number % 4 == 3
    world = World(
        name=f"{daemon}-w{number:03d}",
        daemon=daemon,
        local_as=LOCAL_AS,
        confederation=CONFEDERATION if confederated else None,
        knobs=knobs,
        neighbors=_neighbors(rng, confederated),
    )
    cases = [_Maker(rng, world, target).case(i) for i, target in enumerate(targets)]
    return replace(world, cases=tuple(cases))


def _neighbors(rng: random.Random, confederated: bool) -> tuple[Neighbor, ...]:
    kinds = [("ebgp", 65001)] * 3 + [("ebgp", 65002)] * 2 + [("ebgp", 4200000003)]
    kinds += [("ibgp", LOCAL_AS)] * 5
    if confederated:
        kinds += [("confed-ebgp", asn) for asn in (64513, 64513, 64514, 64515)]
    hosts = rng.sample(range(1 << 8, (1 << 13) - 1), len(kinds))
    base = int(ipaddress.IPv4Address("10.0.0.0"))
    identifiers = [
        f"{rng.choice((1, 10, 100, 172, 192))}.{rng.randrange(256)}.{rng.randrange(256)}."
        f"{rng.randrange(1, 255)}"
        for _ in range(max(4, len(kinds) - 3))  # fewer than neighbours: some share one
    ]
    return tuple(
        Neighbor(
            id=f"n{index}",
            type=kind,
            address=str(ipaddress.IPv4Address(base + host)),
            router_id=identifiers[index] if index < len(identifiers) else rng.choice(identifiers),
            asn=asn,
        )
        for index, ((kind, asn), host) in enumerate(
            zip(rng.sample(kinds, len(kinds)), hosts, strict=True), start=0
        )
    )


class _Maker:
    """Makes one case: draws a base that all paths share, then varies it from the target on."""

    def __init__(self, rng: random.Random, world: World, target: str) -> None:
        self.rng = rng
        self.world = world
        self.dialect = DIALECTS[world.daemon]
        self.target = target
        steps = self.dialect.steps
        self.level = steps.index(target) if target in steps else len(steps)
        if target in ("random", "alone"):
            self.level = rng.choice((0, 0, rng.randrange(len(steps))))
        self.shared = {step: self.draw(step) for step in ("local_pref", "origin", "med", "weight")}
        self.shared |= {"stale": False, "igp_metric": self.draw("igp_metric"), "aigp": None}
        self.length = rng.choice((1, 2, 2, 3))
        self.first_as = rng.choice((65001, 65001, 65002))
        self.originator = self.draw("originator")

    def tied(self, step: str) -> bool:
        """Whether this path is to agree with the others on a step: before the target, mostly."""
        steps = self.dialect.steps
        if step not in steps or steps.index(step) > self.level:
            return self.rng.random() < 0.3
        if step == self.target:
            return self.rng.random() < 0.25
        return self.rng.random() < 0.98

    def draw(self, step: str) -> Any:  # noqa: ANN401 - each step has a type of its own
        """Draw a value for one step from a small set, so that ties stay likely."""
        choices: dict[str, tuple[Any, ...]] = {
            "weight": (0, 0, 10, 100, 200),
            "local_pref": (None, None, 50, 100, 100, 150, 200),
            "origin": ("igp", "egp", "incomplete"),
            "med": (None, None, 0, 10, 50, 100, 4294967295),
            "igp_metric": (0, 0, *IGP_METRICS),
            "aigp": (None, 0, 10, 20, 1 << 33),
            "originator": (None, None, "10.1.1.1", "172.30.0.9", "192.0.2.77"),
        }
        return self.rng.choice(choices[step])

    def value(self, step: str) -> Any:  # noqa: ANN401 - as draw
        """The shared value of a step, or one of its own."""
        return self.shared[step] if self.tied(step) else self.draw(step)

    def case(self, index: int) -> Case:
        """Make the case number `index` of the world."""
        count = 1 if self.target == "alone" else self.rng.choice((2, 2, 2, 3, 3, 3, 4, 4, 5, 6))
        neighbors = self.pick_neighbors(count)
        paths = [self.path(neighbor) for neighbor in neighbors]
        if self.target == "med_cycle":
            self.make_cycle(paths)
        if self.target == "same_next_hop":
            self.share_next_hop(paths)
        if self.target == "excluded_best":
            self.exclude(self.rng.choice(paths))
        wants_local = self.target == "local" or self.rng.random() < 0.04
        if wants_local and len(paths) > 1:
            paths[self.rng.randrange(len(paths))] = self.local_path()
        self.rng.shuffle(paths)
        for arrival, path in enumerate(paths, start=1):
            path |= {"id": f"p{arrival}", "arrival": arrival}
        return {
            "case": f"{self.world.name}-{index:02d}",
            "world": self.world.name,
            "target": self.target,
            "prefix": f"10.100.{index}.0/24",
            "local_as": self.world.local_as,
            "confederation": self.world.confederation,
            "knobs": self.world.knobs,
            "paths": [{"id": path.pop("id"), **path} for path in paths],
        }

    def pick_neighbors(self, count: int) -> list[Neighbor]:
        """Choose whom the paths come from: of one kind when the target lies below Peer Type."""
        pool = list(self.world.neighbors)
        below = {"igp_metric", "router_id", "cluster_list", "address", "older", "med_cycle"}
        if self.target in below or (self.target == "med" and self.rng.random() < 0.5):
            kinds = sorted({neighbor.type for neighbor in pool})
            kind = {"older": "ebgp", "cluster_list": "ibgp"}.get(
                self.target, self.rng.choice(kinds)
            )
            mixed = kind == "confed-ebgp" and self.rng.random() < 0.5  # Confed Peer Type
            pool = [n for n in pool if n.type == kind or (mixed and n.type == "ibgp")]
        if self.target == "address" and self.rng.random() < 0.8:
            twins = [
                n for n in pool if sum(m.router_id == n.router_id for m in self.world.neighbors) > 1
            ]
            pool = twins if len(twins) > 1 else pool
        return self.rng.sample(pool, min(count, len(pool)))

    def path(self, neighbor: Neighbor) -> dict[str, Any]:
        """Make one path from a neighbour."""
        internal = neighbor.type != "ebgp"
        metric = self.value("igp_metric")
        valid = not (self.dialect.unreachable and self.rng.random() < 0.05)
        host = self.rng.choice((int(neighbor.id[1:]) + 1, int(neighbor.id[1:]) + 1, 1))
        next_hop = f"10.50.{metric}.{host}" if metric else neighbor.address
        stale = self.value_of_rare("stale", 0.4)
        aigp = self.value_of_rare("aigp", 0.8) if self.dialect.aigp else None
        path: dict[str, Any] = {
            "peer": neighbor.as_case(),
            "weight": self.value("weight") if self.dialect.weights else 0,
            # RFC 4271 section 5.1.5: mandatory from an internal peer
            "local_pref": self.value("local_pref") or (100 if neighbor.type == "ibgp" else None),
            "as_path": self.as_path(neighbor),
            "origin": self.value("origin"),
            "med": self.value("med"),
            "igp_metric": metric if valid else None,
            "next_hop": next_hop if valid else f"10.99.0.{host}",
            "originator_id": None,
            "cluster_list": [],
            "valid": valid,
            "loop": False,
        }
        if neighbor.type == "ibgp":
            path |= self.reflected()
        if stale:
            path["communities"] = [LLGR_STALE]
        if aigp is not None:
            path["aigp"] = aigp
        if self.rng.random() < 0.03:
            self.make_loop(path, internal)
        return path

    def value_of_rare(self, step: str, chance: float) -> Any:  # noqa: ANN401 - as draw
        """An attribute that appears only where a case aims at it, or seldom."""
        if self.rng.random() > (chance if self.target == step else 0.02):
            return None
        return True if step == "stale" else self.draw(step)

    def reflected(self) -> dict[str, Any]:
        """ORIGINATOR_ID and CLUSTER_LIST of a path that came over a route reflector (RFC 4456)."""
        if self.target == "cluster_list":
            originator = self.originator if self.rng.random() < 0.9 else self.draw("originator")
            length = self.rng.randrange(4)
        else:
            originator = self.originator if self.tied("router_id") else self.draw("originator")
            length = self.rng.choice((0, 0, 0, 1, 2))
        clusters = [f"10.200.0.{self.rng.randrange(1, 9)}" for _ in range(length)]
        return {"originator_id": originator, "cluster_list": clusters}

    def as_path(self, neighbor: Neighbor) -> list[list[Any]]:
        """Draw an AS_PATH: the shared length when tied, its segments free."""
        rng = self.rng
        length = self.length if self.tied("as_path") else rng.choice((0, 1, 1, 2, 3, 4))
        prefix: list[list[Any]] = []
        if neighbor.type == "ebgp":
            own = self.world.knobs.get("enforce_first_as") or rng.random() < 0.9
            first = neighbor.asn if own else rng.choice((65001, 65002, 65003))
            length = max(length, 1)
        else:
            first = self.first_as if rng.random() < 0.7 else rng.choice((65001, 65002, 65003))
            prefix = self.confed_segments(neighbor)
        if length == 0:
            return prefix
        rest = [65100 + rng.randrange(9) for _ in range(length - 1)]
        sets_allowed = not self.world.knobs.get("reject_as_sets") or neighbor.type == "ebgp"
        if sets_allowed and rng.random() < 0.15:
            members = ["set", sorted(rng.sample(range(65200, 65220), rng.choice((1, 2, 3))))]
            if neighbor.type != "ebgp" and rng.random() < 0.3:
                return [*prefix, members, *([["seq", rest]] if rest else [])]
            if rest:
                rest.pop()
                return [*prefix, ["seq", [first, *rest]], members]
        return [*prefix, ["seq", [first, *rest]]]

    def confed_segments(self, neighbor: Neighbor) -> list[list[Any]]:
        """Confederation segments at the front of a path from inside (RFC 5065 section 5.3)."""
        if self.world.confederation is None:
            return []
        members = self.world.confederation["peers"]
        others = [self.rng.choice(members) for _ in range(self.rng.choice((0, 0, 1, 2)))]
        if neighbor.type == "confed-ebgp":
            segments: list[list[Any]] = [["confed_seq", [neighbor.asn, *others]]]
        elif others:
            segments = [["confed_seq", others]]
        else:
            return []
        if not self.world.knobs.get("reject_as_sets") and self.rng.random() < 0.1:
            segments.append(["confed_set", sorted(self.rng.sample(members, 2))])
        return segments

    def make_loop(self, path: dict[str, Any], internal: bool) -> None:
        """Put the router's own AS into the path, or its own identifier into ORIGINATOR_ID."""
        path["loop"] = True
        if path["peer"]["type"] == "ibgp" and self.rng.random() < 0.5:
            path["originator_id"] = ROUTER_ID
            return
        own = self.world.local_as
        if self.world.confederation and not internal:
            own = self.world.confederation["identifier"]
        for segment, members in reversed(path["as_path"]):
            if segment == "seq":
                members.append(own)
                return
        path["as_path"].append(["seq", [own]])

    def make_cycle(self, paths: list[dict[str, Any]]) -> None:
        """Let MED and the IGP metric pull in opposite directions across two neighbour ASes."""
        metrics = self.rng.sample(IGP_METRICS, len(IGP_METRICS))
        for index, path in enumerate(paths):
            if path["loop"] or not path["valid"]:
                continue
            confed = [segment for segment in path["as_path"] if segment[0].startswith("confed")]
            first = path["peer"]["as"] if path["peer"]["type"] == "ebgp" else (65001, 65002)[index % 2]
            path["as_path"] = [*confed, ["seq", [first, 65100 + index]]]
            path["med"] = self.rng.choice((10, 20, 30))
            metric = metrics[index % len(metrics)]
            if path["peer"]["type"] != "ebgp" or self.rng.random() < 0.5:
                path["igp_metric"] = metric
                path["next_hop"] = f"10.50.{metric}.{index + 1}"

    def share_next_hop(self, paths: list[dict[str, Any]]) -> None:
        """Give two or more paths one next hop: FRR 8.4 then leaves one out of its multipath set."""
        metric = self.rng.choice(IGP_METRICS)
        for path in paths[: max(2, len(paths) - 1)]:
            if path["valid"]:
                path |= {"igp_metric": metric, "next_hop": f"10.50.{metric}.77"}

    def exclude(self, path: dict[str, Any]) -> None:
        """Make a path best by every attribute, and not eligible."""
        path |= {"local_pref": 300, "weight": 300 if self.dialect.weights else 0}
        if self.dialect.unreachable and self.rng.random() < 0.6:
            path |= {"valid": False, "igp_metric": None, "next_hop": "10.99.0.200"}
        elif not path["loop"]:
            self.make_loop(path, path["peer"]["type"] != "ebgp")

    def local_path(self) -> dict[str, Any]:
        """A route of the router's own, as a `network` statement makes it."""
        return {
            "peer": {
                "id": "local",
                "type": "local",
                "address": None,
                "router_id": None,
                "as": None,
            },
            "weight": self.rng.choice((0, 0, 0, 100, 32768)) if self.dialect.weights else 0,
            "local_pref": self.value("local_pref"),
            "as_path": [],
            "origin": "igp",
            "med": 0,
            "igp_metric": 0,
            "next_hop": "0.0.0.0",  # noqa: S104 - a route of one's own has no next hop
            "originator_id": None,
            "cluster_list": [],
            "valid": True,
            "loop": False,
        }


