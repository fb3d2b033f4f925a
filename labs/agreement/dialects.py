"""What each daemon can be asked: its steps, its options and what its cases may contain, as tables.

A step or an option that a daemon does not have is not in its dialect, so no case aims at it.
"""

from dataclasses import dataclass, replace
from typing import Any

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
        profile: the model's profile that is to agree with it.
        steps: attributes in the daemon's order of comparison; a case aims at one of them.
        settings: option sets to cycle through, each in a world of its own.
        on_off: boolean knobs to combine at random in further worlds.
        varied: other knobs to vary there.
        extras: knobs beyond the case format's plain ones, with the values to draw from, the
            default first.
        weights: whether the daemon knows weight.
        aigp: kinds of neighbours from whom AIGP (RFC 7311) is taken.
        identifier_loops: kinds of neighbours from whom the confederation identifier in AS_PATH is
            a loop.
        confederations: whether it can be a member of one (RFC 5065).
        cluster_loops: whether the router's own id in CLUSTER_LIST makes a loop although the
            neighbour is no reflector client.
        cases_per_world: how many cases share one start of the daemon.
    """

    profile: str
    steps: tuple[str, ...]
    settings: tuple[dict[str, Any], ...]
    on_off: tuple[str, ...]
    varied: tuple[str, ...]
    extras: dict[str, tuple[Any, ...]]
    weights: bool
    aigp: tuple[str, ...]
    identifier_loops: tuple[str, ...]
    confederations: bool
    cluster_loops: bool
    cases_per_world: int


FRR_STEPS = (
    *("stale", "weight", "local_pref", "local", "aigp", "as_path", "origin", "med", "peer_type"),
    *("igp_metric", "older", "router_id", "cluster_list", "address"),
)
OTHER_STEPS = tuple(step for step in FRR_STEPS if step != "weight")

FRR_8 = Dialect(
    profile="frr-8.4",
    steps=tuple(step for step in FRR_STEPS if step != "aigp"),
    settings=FRR_SETTINGS,
    on_off=tuple(name for name, value in PLAIN_KNOBS.items() if value is False),
    varied=("default_local_preference", "maximum_paths"),
    extras={},
    weights=True,
    aigp=(),
    identifier_loops=("ebgp", "ibgp", "confed-ebgp"),
    confederations=True,
    cluster_loops=True,
    cases_per_world=10,
)

BIRD_2 = Dialect(
    profile="bird",
    steps=OTHER_STEPS,
    settings=BIRD_SETTINGS,
    on_off=(
        *("deterministic_med", "always_compare_med", "compare_routerid"),
        *("med_missing_as_worst", "as_path_ignore"),
    ),
    varied=("default_local_preference",),
    extras={},
    weights=False,
    aigp=("ebgp", "ibgp", "confed-ebgp"),
    identifier_loops=("ebgp",),
    confederations=True,
    cluster_loops=False,
    cases_per_world=10,
)

DIALECTS: dict[str, Dialect] = {
    "frr-8.4": FRR_8,
    "frr-10": replace(
        FRR_8,
        profile="frr-10",
        steps=FRR_STEPS,
        settings=(
            *FRR_SETTINGS,
            {"aigp": True},
            {"reject_as_sets": True},
            {"enforce_first_as": False},
        ),
        extras={
            "aigp": (False, True),
            "reject_as_sets": (None, False, True),  # None: the daemon's own default
            "enforce_first_as": (None, False, True),
        },
        aigp=("ibgp", "confed-ebgp"),
    ),
    "bird": BIRD_2,
    # Calico's dialect: the same decision, without what came later. With `deterministic med` and
    # `prefer older` both on, 1.6.8 lets the newer path win; that pair is BIRD 2's alone here.
    "bird-1.6": replace(
        BIRD_2,
        steps=tuple(step for step in OTHER_STEPS if step != "aigp"),
        settings=tuple(s for s in BIRD_SETTINGS if s != {"deterministic_med": True}),
        on_off=tuple(name for name in BIRD_2.on_off if name != "deterministic_med"),
        aigp=(),
        confederations=False,
    ),
    "gobgp": Dialect(
        profile="gobgp",
        steps=tuple(step for step in OTHER_STEPS if step not in ("aigp", "igp_metric")),
        settings=GOBGP_SETTINGS,
        on_off=("always_compare_med", "as_path_ignore", "compare_routerid"),
        varied=(),
        extras={},
        weights=False,
        aigp=(),
        identifier_loops=(),
        confederations=True,
        cluster_loops=False,
        cases_per_world=30,
    ),
}

SPECIAL_TARGETS = (
    *("med_cycle", "random", "same_next_hop", "confed_peer_type", "excluded_best", "alone"),
    *("med_cycle", "random"),
)


def default_knobs(daemon: str) -> dict[str, Any]:
    """Return the knobs a daemon's cases carry, at their defaults."""
    return PLAIN_KNOBS | {name: values[0] for name, values in DIALECTS[daemon].extras.items()}
