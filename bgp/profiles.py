"""Profiles: what each implementation's decision process is, as a tuple of steps and its options.

A profile differs from another by data: its steps, what it refuses beforehand, how it walks the
candidates, its defaults. There is no `if profile == ...` anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from bgp import steps as s
from bgp.errors import InvalidValueError
from bgp.knobs import Knobs
from bgp.reasons import Ineligible, StepId
from bgp.route import PeerType
from bgp.step import Step


class Method(StrEnum):
    """How the candidates are walked; each value is an engine."""

    ELIMINATION = "elimination"
    NEWEST_FIRST = "newest-first"
    SORTED_INSERTION = "sorted-insertion"
    INCUMBENT = "incumbent"
    STABLE_SORT = "stable-sort"


class MultipathRule(StrEnum):
    """How a profile makes its multipath set."""

    NONE = "none"
    FRR_NEXT_HOP_ORDER = "frr-next-hop-order"
    FRR_LIST_ORDER = "frr-list-order"
    CISCO = "cisco"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A decision process.

    Attributes:
        name: how it is asked for.
        title: how it is printed.
        versions: what it describes, and what it is proven against.
        steps: the steps in order; a configuration may switch some off.
        method: how candidates are walked.
        refuses: what keeps a path out of the table altogether.
        confed_loop_from: kinds of peer from whom the confederation identifier in AS_PATH is a
            loop.
        needs_next_hop: whether a path with an unresolvable NEXT_HOP takes no part.
        multipath: how the multipath set is made.
        default_maximum_paths: the limit where ``maximum-paths`` is not configured.
        knobs: names of the knobs it reads.
        gives_reason: whether the implementation prints a reason (FRR's ``selectionReason``).
        enforces_first_as: its default for ``enforce_first_as``.
    """

    name: str
    title: str
    versions: str
    steps: tuple[Step, ...]
    method: Method
    refuses: tuple[Ineligible, ...] = (
        Ineligible.AS_LOOP,
        Ineligible.CONFED_LOOP,
        Ineligible.ORIGINATOR_LOOP,
        Ineligible.CLUSTER_LOOP,
    )
    confed_loop_from: frozenset[PeerType] = frozenset(PeerType)
    needs_next_hop: bool = True
    multipath: MultipathRule = MultipathRule.NONE
    default_maximum_paths: int = 1
    knobs: frozenset[str] = frozenset()
    gives_reason: bool = False
    enforces_first_as: bool = False

    def ignored(self, knobs: Knobs) -> tuple[str, ...]:
        """Return the knobs that are set and that this implementation does not have."""
        return tuple(name for name in knobs.changed() if name not in self.knobs)

    def step(self, step_id: StepId) -> Step:
        """Return the step of that name.

        Raises:
            KeyError: the profile has no such step.
        """
        for step in self.steps:
            if step.id is step_id:
                return step
        raise KeyError(step_id)


_FRR_KNOBS: Final = frozenset(
    {
        "always_compare_med",
        "deterministic_med",
        "compare_routerid",
        "med_missing_as_worst",
        "med_confed",
        "as_path_ignore",
        "as_path_confed",
        "as_path_multipath_relax",
        "peer_type_multipath_relax",
        "maximum_paths",
        "maximum_paths_ibgp",
        "ibgp_equal_cluster_length",
        "default_local_preference",
    }
)

RFC_4271: Final = Profile(
    name="rfc4271",
    title="RFC 4271",
    versions="RFC 4271 section 9.1 with RFC 4456 section 9 and RFC 5065 section 5.3",
    steps=(
        s.LOCAL_PREF,
        s.AS_PATH,
        s.ORIGIN,
        s.RFC_MED,
        s.RFC_PEER_TYPE,
        s.IGP_METRIC,
        s.ROUTER_ID,
        s.CLUSTER_LENGTH,
        s.NEIGHBOR_ADDRESS,
    ),
    method=Method.ELIMINATION,
    knobs=frozenset({"default_local_preference"}),
)

FRR_8_4: Final = Profile(
    name="frr-8.4",
    title="FRR 8.4",
    versions="FRR 8.4 to 10.0; proven against 8.4.4",
    steps=(
        s.FRR_LLGR_STALE,
        s.WEIGHT,
        s.LOCAL_PREF,
        s.LOCAL_ROUTE,
        s.FRR_AS_PATH,
        s.FRR_CONFED_AS_PATH,
        s.ORIGIN,
        s.FRR_MED,
        s.FRR_PEER_TYPE,
        s.FRR_CONFED_PEER_TYPE,
        s.IGP_METRIC,
        s.FRR_CLUSTER_METRIC,
        s.FRR_OLDER,
        s.ROUTER_ID,
        s.CLUSTER_LENGTH,
        s.FRR_LOCAL_CONFIGURED,
        s.NEIGHBOR_ADDRESS,
    ),
    method=Method.NEWEST_FIRST,
    multipath=MultipathRule.FRR_NEXT_HOP_ORDER,
    default_maximum_paths=256,
    knobs=_FRR_KNOBS,
    gives_reason=True,
)


def _with_aigp(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    place = [step.id for step in steps].index(StepId.LOCAL_ROUTE) + 1
    changed = (*steps[:place], s.AIGP, *steps[place:])
    return tuple(
        s.FRR_10_NEIGHBOR_ADDRESS if step is s.NEIGHBOR_ADDRESS else step for step in changed
    )


FRR_10: Final = replace(
    FRR_8_4,
    name="frr-10",
    title="FRR 10",
    versions="FRR 10.1 and later; proven against 10.3",
    steps=_with_aigp(FRR_8_4.steps),
    method=Method.SORTED_INSERTION,
    refuses=(*FRR_8_4.refuses, Ineligible.AS_SET, Ineligible.FIRST_AS),
    multipath=MultipathRule.FRR_LIST_ORDER,
    knobs=_FRR_KNOBS | {"aigp", "reject_as_sets", "enforce_first_as"},
    enforces_first_as=True,
)

BIRD: Final = Profile(
    name="bird",
    title="BIRD 2",
    versions="BIRD 2; proven against 2.0.12. BIRD 1.6, which Calico builds on, has no AIGP step",
    steps=(
        s.LOCAL_ROUTE,
        s.SUPPRESSED,
        s.BIRD_NEXT_HOP,
        s.LLGR_STALE,
        s.LOCAL_PREF,
        s.BIRD_AIGP,
        s.AS_PATH_UNLESS_IGNORED,
        s.ORIGIN,
        s.BIRD_MED,
        s.PEER_TYPE,
        s.BIRD_IGP_METRIC,
        s.BIRD_OLDER,
        s.ROUTER_ID,
        s.CLUSTER_LENGTH,
        s.NEIGHBOR_ADDRESS,
    ),
    method=Method.INCUMBENT,
    # CLUSTER_LIST is looked at only from neighbors configured as `rr client`.
    refuses=(Ineligible.AS_LOOP, Ineligible.CONFED_LOOP, Ineligible.ORIGINATOR_LOOP),
    confed_loop_from=frozenset({PeerType.EBGP}),
    needs_next_hop=False,
    knobs=frozenset(
        {
            "deterministic_med",
            "compare_routerid",
            "always_compare_med",
            "as_path_ignore",
            "med_missing_as_worst",
            "default_local_preference",
        }
    ),
)

GOBGP: Final = Profile(
    name="gobgp",
    title="GoBGP 3",
    versions="GoBGP 3; proven against 3.10.0",
    steps=(
        s.LLGR_STALE,
        s.GOBGP_LOCAL_PREF,
        s.LOCAL_ROUTE,
        s.AS_PATH_UNLESS_IGNORED,
        s.ORIGIN,
        s.GOBGP_MED,
        s.PEER_TYPE,
        s.GOBGP_OLDER,
        s.GOBGP_ROUTER_ID,
        s.NEIGHBOR_ADDRESS,
    ),
    method=Method.STABLE_SORT,
    refuses=(Ineligible.AS_LOOP, Ineligible.ORIGINATOR_LOOP),
    needs_next_hop=False,
    knobs=frozenset({"always_compare_med", "as_path_ignore", "compare_routerid"}),
)

CISCO: Final = Profile(
    name="cisco",
    title="Cisco",
    versions="Cisco IOS as documented; not proven against a router",
    steps=(
        s.WEIGHT,
        s.LOCAL_PREF,
        s.LOCAL_ROUTE,
        s.AS_PATH_UNLESS_IGNORED,
        s.ORIGIN,
        s.FRR_MED,
        s.PEER_TYPE,
        s.IGP_METRIC,
        s.ARRIVAL_OLDER,
        s.ROUTER_ID,
        s.CLUSTER_LENGTH,
        s.NEIGHBOR_ADDRESS,
    ),
    method=Method.NEWEST_FIRST,
    multipath=MultipathRule.CISCO,
    knobs=_FRR_KNOBS - {"as_path_confed", "peer_type_multipath_relax", "ibgp_equal_cluster_length"},
)

PROFILES: Final = {
    profile.name: profile for profile in (RFC_4271, FRR_8_4, FRR_10, BIRD, GOBGP, CISCO)
}


def profile(name: str) -> Profile:
    """Return the profile of that name; ``frr`` alone means FRR 8.4.

    Raises:
        InvalidValueError: there is no such profile.
    """
    wanted = "frr-8.4" if name == "frr" else name
    if wanted not in PROFILES:
        raise InvalidValueError("profile", name, f"one of frr, {', '.join(PROFILES)}")
    return PROFILES[wanted]


def frr_profile_for(version: str) -> Profile:
    """Return the FRR profile for a daemon's version such as ``10.3`` or ``8.4.4``.

    Raises:
        InvalidValueError: the text does not start with a version number.
    """
    parts = version.strip().removeprefix("v").split(".")
    if not parts[0].isdigit() or (len(parts) > 1 and not parts[1][:1].isdigit()):
        raise InvalidValueError("FRR version", version, "a version such as 8.4.4 or 10.3")
    major = int(parts[0])
    minor_text = parts[1] if len(parts) > 1 else "0"
    minor = int("".join(char for char in minor_text if char.isdigit()))
    return FRR_10 if (major, minor) >= (10, 1) else FRR_8_4
