"""The closed vocabularies of a decision: steps, ineligibility, multipath. Data, not prose.

The words a person reads are in ``bgp/messages.py``; FRR's own strings stand beside the steps in
``bgp/steps.py``.
"""

from __future__ import annotations

from enum import StrEnum


class StepId(StrEnum):
    """Every step any profile takes. ``decided_by`` is one of these or of ``Undecided``."""

    LLGR_STALE = "llgr-stale"
    SUPPRESSED = "deterministic-med-group"
    NEXT_HOP = "next-hop-resolvable"
    WEIGHT = "weight"
    LOCAL_PREF = "local-pref"
    LOCAL_ROUTE = "local-route"
    AIGP = "aigp"
    AS_PATH = "as-path-length"
    CONFED_AS_PATH = "as-path-length-with-confederation"
    ORIGIN = "origin"
    MED = "med"
    PEER_TYPE = "peer-type"
    CONFED_PEER_TYPE = "confed-peer-type"
    IGP_METRIC = "igp-metric"
    CLUSTER_METRIC = "cluster-list-length-as-metric"
    OLDER = "older-path"
    ROUTER_ID = "router-id"
    CLUSTER_LENGTH = "cluster-list-length"
    LOCAL_CONFIGURED = "locally-configured"
    NEIGHBOR_ADDRESS = "neighbor-address"
    NOTHING_LEFT = "nothing-left"


class Undecided(StrEnum):
    """``decided_by`` where no step had to decide."""

    ONLY_PATH = "only-path"
    NO_PATH = "no-eligible-path"


class Ineligible(StrEnum):
    """Why a path takes no part in the decision."""

    AS_LOOP = "as-path-loop"
    CONFED_LOOP = "confederation-identifier-loop"
    ORIGINATOR_LOOP = "originator-id-loop"
    CLUSTER_LOOP = "cluster-list-loop"
    AS_SET = "as-set-rejected"
    FIRST_AS = "first-as-is-not-the-peers"
    NEXT_HOP = "next-hop-unresolvable"


class MultipathVerdict(StrEnum):
    """Why a path is in the multipath set, or is not."""

    BEST = "best-path"
    EQUAL = "equal"
    INELIGIBLE = "ineligible"
    UNEQUAL = "lost-before-the-tie-breakers"
    DIFFERENT_AS_PATH = "as-path-differs"
    DIFFERENT_AS = "neighbor-as-differs"
    SAME_NEXT_HOP = "same-next-hop"
    LIMIT = "maximum-paths-reached"
    OFF = "multipath-off"


class Phase(StrEnum):
    """Which pass of the process made a comparison."""

    GROUP = "group"
    SELECTION = "selection"
    MULTIPATH = "multipath"


class Arrival(StrEnum):
    """What the order of arrival can change in a profile."""

    NEVER = "never"
    AS_CONFIGURED = "as-configured"
