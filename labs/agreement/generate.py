"""Seeded worlds of decision cases: the same daemon, count and seed always make the same cases."""

import ipaddress
import itertools
import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from labs.agreement.case_maker import CaseMaker
from labs.agreement.dialects import DIALECTS, SPECIAL_TARGETS, default_knobs
from labs.agreement.world import Neighbor, World

LOCAL_AS = 64512
CONFEDERATION: dict[str, Any] = {"identifier": 64500, "peers": [64513, 64514, 64515]}
OPTION_ON = 0.25
"""How often an option is on in a world that combines them at random."""
CONFEDERATED_EVERY = 4


def generate(daemon: str, count: int, seed: int) -> list[World]:
    """Make `count` cases for a daemon, in worlds; the same seed makes the same cases."""
    dialect = DIALECTS[daemon]
    rng = random.Random(f"{daemon}/{seed}")  # noqa: S311 - reproducible cases, not secrets
    targets = itertools.cycle((*dialect.steps, *SPECIAL_TARGETS))
    worlds: list[World] = []
    while count > 0:
        size = min(count, dialect.cases_per_world)
        count -= size
        worlds.append(_world(rng, daemon, len(worlds), [next(targets) for _ in range(size)]))
    return worlds


def _world(rng: random.Random, daemon: str, number: int, targets: Sequence[str]) -> World:
    dialect = DIALECTS[daemon]
    knobs = default_knobs(daemon)
    if number < len(dialect.settings):
        chosen = dialect.settings[number]
    else:
        chosen = {name: rng.random() < OPTION_ON for name in dialect.on_off}
        chosen |= {name: rng.choice(values) for name, values in dialect.extras.items()}
        if "default_local_preference" in dialect.varied:
            chosen["default_local_preference"] = rng.choice((100, 100, 50, 150, 200))
        if "maximum_paths" in dialect.varied:
            chosen["maximum_paths"] = rng.choice((None, None, 1, 2, 3))
            chosen["maximum_paths_ibgp"] = rng.choice((None, None, 1, 2, 3))
    knobs |= chosen
    if knobs["ibgp_equal_cluster_length"] and knobs["maximum_paths_ibgp"] is None:
        knobs["maximum_paths_ibgp"] = 4  # the option is part of `maximum-paths ibgp N`
    member = number % CONFEDERATED_EVERY == CONFEDERATED_EVERY - 1
    confederated = dialect.confederations and (
        knobs["as_path_confed"] or knobs["med_confed"] or member
    )
    world = World(
        name=f"{daemon}-w{number:03d}",
        daemon=daemon,
        local_as=LOCAL_AS,
        confederation=CONFEDERATION if confederated else None,
        knobs=knobs,
        neighbors=_neighbors(rng, confederated),
    )
    if knobs.get("aigp"):  # rarely on, so where it is, many cases aim at it
        targets = ["aigp" if index % 3 == 0 else target for index, target in enumerate(targets)]
    cases = [CaseMaker(rng, world, target).case(i) for i, target in enumerate(targets)]
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
