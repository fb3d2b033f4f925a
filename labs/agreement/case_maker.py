"""Makes one decision case that is hard on purpose: ties down to a chosen step, then a difference.

Random attributes are settled by the first step they reach, and a model that knows only LOCAL_PREF
and AS_PATH length would pass. So each case has a target: its paths agree on (almost) everything
before that step, and differ at it and after it. Further targets break what a shallow model gets
wrong: MED cycles (RFC 3345), one next hop twice, a loop or an unreachable next hop in the best
place, one path alone.
"""

import random
from typing import Any

from labs.agreement.dialects import DIALECTS
from labs.agreement.world import IGP_METRICS, ROUTER_ID, Case, Neighbor, World

LLGR_STALE = "65535:6"


class CaseMaker:
    """Makes one case: draws a base that all paths share, then varies it from the target on."""

    def __init__(self, rng: random.Random, world: World, target: str) -> None:
        """Draw what the paths of a case for `target` will share."""
        self.rng = rng
        self.world = world
        self.dialect = DIALECTS[world.daemon]
        self.target = target
        steps = self.dialect.steps
        self.level = steps.index(target) if target in steps else len(steps)
        if target in ("random", "alone", "stale"):
            self.level = rng.randrange(len(steps))
        if target == "confed_peer_type":
            self.level = steps.index("router_id")
        self.shared = {step: self.draw(step) for step in ("local_pref", "origin", "med", "weight")}
        if not self.dialect.weights:
            self.shared["weight"] = 0
        self.shared |= {"stale": False, "igp_metric": self.draw("igp_metric"), "aigp": None}
        self.length = rng.choice((1, 2, 2, 3))
        self.first_as = rng.choice((65001, 65001, 65002))
        self.originator = self.draw("originator")
        self.clusters = rng.randrange(3)
        if target in ("cluster_list", "address"):
            self.originator = "10.1.1.1"  # a tie of Router ID, whoever reflected

    def chance(self, share: float) -> bool:
        """Say yes in that share of the times it is asked."""
        return self.rng.random() < share

    def tied(self, step: str) -> bool:
        """Whether this path is to agree with the others on a step: before the target, mostly."""
        steps = self.dialect.steps
        if step not in steps or steps.index(step) > self.level:
            return self.chance(0.3)
        if step == self.target:
            return self.chance(0.25)
        return self.chance(0.98)

    def draw(self, step: str) -> Any:  # noqa: ANN401 - each step has a type of its own
        """Draw a value for one step from a small set, so that ties stay likely."""
        choices: dict[str, tuple[Any, ...]] = {
            "weight": (0, 0, 10, 100, 32768),
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
        counts = {"alone": (1,), "med_cycle": (3, 3, 3, 4, 5), "random": (2, 3, 4, 6, 8)}
        count = self.rng.choice(counts.get(self.target, (2, 2, 2, 3, 3, 3, 4, 4, 5, 6)))
        neighbors = self.pick_neighbors(count)
        paths = [self.path(neighbor) for neighbor in neighbors]
        if self.target == "med_cycle":
            self.make_cycle(paths)
        if self.target == "same_next_hop":
            self.share_next_hop(paths)
        if self.target == "excluded_best":
            self.exclude(self.rng.choice(paths))
        wants_local = self.target == "local" or self.chance(0.04)
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
            "router_id": ROUTER_ID,
            "confederation": self.world.confederation,
            "knobs": self.world.knobs,
            "paths": [{"id": path.pop("id"), **path} for path in paths],
        }

    def pick_neighbors(self, count: int) -> list[Neighbor]:
        """Choose whom the paths come from: of one kind when the target lies below Peer Type."""
        rng = self.rng
        pool = list(self.world.neighbors)
        inside = [n for n in pool if n.type != "ebgp"]
        below = ("igp_metric", "router_id", "cluster_list", "address", "older", "med_cycle")
        if self.target == "confed_peer_type":
            pool = inside
        elif self.target in below:
            kind = rng.choice(sorted({n.type for n in pool}))
            kind = {"older": "ebgp", "cluster_list": "ibgp"}.get(self.target, kind)
            pool = [n for n in pool if n.type == kind]
            if self.target == "med_cycle" and kind == "ebgp":
                pool = [n for n in pool if n.asn in (65001, 65002)]
        elif self.target == "aigp" and self.chance(0.7):
            pool = [n for n in pool if n.type in self.dialect.aigp]
        elif self.target == "med" and self.chance(0.7):
            same_as = [n for n in pool if n.asn == 65001]  # noqa: PLR2004 - its largest group
            pool = rng.choice((inside, same_as))
        if self.target == "address" and self.chance(0.8):
            twins = [
                n for n in pool if sum(m.router_id == n.router_id for m in self.world.neighbors) > 1
            ]
            pool = twins if len(twins) > 1 else pool
        return self.rng.sample(pool, min(count, len(pool)))

    def path(self, neighbor: Neighbor) -> dict[str, Any]:
        """Make one path from a neighbour."""
        metric = self.value("igp_metric")
        valid = not self.chance(0.05)
        host = self.rng.choice((int(neighbor.id[1:]) + 1, int(neighbor.id[1:]) + 1, 1))
        next_hop = f"10.50.{metric}.{host}" if metric else neighbor.address
        stale = self.value_of_rare("stale", 0.4)
        aigp = self.value_of_rare("aigp", 0.8) if neighbor.type in self.dialect.aigp else None
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
        if self.chance(0.03):
            self.make_loop(path)
        return path

    def value_of_rare(self, step: str, share: float) -> Any:  # noqa: ANN401 - as draw
        """An attribute that appears only where a case aims at it, or seldom."""
        usual = 0.35 if self.world.knobs.get(step) else 0.02
        if not self.chance(share if self.target == step else usual):
            return None
        return True if step == "stale" else self.draw(step)

    def reflected(self) -> dict[str, Any]:
        """ORIGINATOR_ID and CLUSTER_LIST of a path that came over a route reflector (RFC 4456)."""
        originator = self.originator if self.tied("router_id") else self.draw("originator")
        length = self.clusters if self.tied("cluster_list") else self.rng.randrange(4)
        clusters = [f"10.200.0.{self.rng.randrange(1, 9)}" for _ in range(length)]
        return {"originator_id": originator, "cluster_list": clusters}

    def as_path(self, neighbor: Neighbor) -> list[list[Any]]:
        """Draw an AS_PATH: the shared length when tied, its segments free."""
        rng = self.rng
        length = self.length if self.tied("as_path") else rng.choice((0, 1, 1, 2, 3, 4))
        prefix: list[list[Any]] = []
        if neighbor.type == "ebgp":
            # now and then a route server's path, whose first AS is not the neighbour's, or none
            first = neighbor.asn if self.chance(0.9) else rng.choice((65001, 65002, 65003))
            length = length if self.chance(0.2) else max(length, 1)
        else:
            first = self.first_as if self.chance(0.7) else rng.choice((65001, 65002, 65003))
            prefix = self.confed_segments(neighbor)
        if length == 0:
            return prefix
        rest = [65100 + rng.randrange(9) for _ in range(length - 1)]
        sets_allowed = not self.world.knobs.get("reject_as_sets") or neighbor.type == "ebgp"
        if sets_allowed and self.chance(0.15):
            members = ["set", sorted(rng.sample(range(65200, 65220), rng.choice((1, 2, 3))))]
            if self.chance(0.3):
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
        if not self.world.knobs.get("reject_as_sets") and self.chance(0.1):
            segments.append(["confed_set", sorted(self.rng.sample(members, 2))])
        return segments

    def make_loop(self, path: dict[str, Any]) -> None:
        """Put the router's own AS, its identifier or its cluster into a path.

        `loop` then says whether this daemon refuses the path for it.
        """
        reflected = ("originator", "cluster") if path["peer"]["type"] == "ibgp" else ()
        kind = self.rng.choice(("member", "member", "identifier", *reflected))
        if kind == "originator":
            path |= {"originator_id": ROUTER_ID, "loop": True}
            return
        if kind == "cluster":
            path["cluster_list"].append(ROUTER_ID)
            path["loop"] = self.dialect.cluster_loops
            return
        own = self.world.local_as
        path["loop"] = True
        if kind == "identifier" and self.world.confederation:
            own = self.world.confederation["identifier"]
            path["loop"] = path["peer"]["type"] in self.dialect.identifier_loops
        for segment, members in reversed(path["as_path"]):
            if segment == "seq":
                members.append(own)
                return
        path["as_path"].append(["seq", [own]])

    def make_cycle(self, paths: list[dict[str, Any]]) -> None:
        """Make preference a circle: A before B by metric, B before C by metric, C before A by MED.

        A and C come from one neighbour AS, B from another; everything earlier is a tie.
        """
        met: dict[int, int] = {}
        for index, path in enumerate(paths):
            if path["loop"] or not path["valid"]:
                continue
            external = path["peer"]["type"] == "ebgp"
            asn = path["peer"]["as"] if external else (65001, 65002, 65001)[index % 3]
            first = not met or asn == next(iter(met))
            rank = met[asn] = met.get(asn, -1) + 1
            metric = (5, 30, 20)[rank % 3] if first else (10, 20)[rank % 2]
            confed = [segment for segment in path["as_path"] if segment[0].startswith("confed")]
            path |= {step: self.shared[step] for step in ("weight", "origin")}
            path |= {
                "local_pref": self.shared["local_pref"] or 100,
                "as_path": [*confed, ["seq", [asn, 65100 + index]]],
                "med": (30, 20, 10)[rank % 3] if self.chance(0.8) else self.draw("med"),
                "igp_metric": metric,
                "next_hop": f"10.50.{metric}.{index + 1}",
            }
            path.pop("communities", None)
            path.pop("aigp", None)

    def share_next_hop(self, paths: list[dict[str, Any]]) -> None:
        """Give two or more paths one next hop: FRR 8.4 then leaves one out of its multipath set."""
        metric = self.rng.choice(IGP_METRICS)
        for path in paths[: max(2, len(paths) - 1)]:
            if path["valid"]:
                path |= {"igp_metric": metric, "next_hop": f"10.50.{metric}.77"}

    def exclude(self, path: dict[str, Any]) -> None:
        """Make a path best by every attribute, and not eligible."""
        path |= {"local_pref": 300, "weight": 300 if self.dialect.weights else 0}
        if self.chance(0.6):
            path |= {"valid": False, "igp_metric": None, "next_hop": "10.99.0.200"}
        elif not path["loop"]:
            self.make_loop(path)

    def local_path(self) -> dict[str, Any]:
        """A route of the router's own, as a `network` statement makes it."""
        own = (0, 32768) if self.dialect.weights else (0,)
        weight = self.rng.choice((*[self.shared["weight"]] * 4, *own))
        return {
            "peer": {
                "id": "local",
                "type": "local",
                "address": None,
                "router_id": None,
                "as": None,
            },
            "weight": weight,
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
