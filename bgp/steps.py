"""The catalogue of steps: each rule of each implementation once, as data.

Sources: RFC 4271 section 9.1.2, RFC 4456 section 9, RFC 5065 section 5.3; FRR's
``bgpd/bgp_route.c`` (``bgp_path_info_cmp``), BIRD's ``proto/bgp/attrs.c`` (``bgp_rte_better``),
GoBGP's ``internal/pkg/table/destination.go``, Cisco's published order.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from bgp import med
from bgp.reasons import StepId
from bgp.route import Path, PeerType
from bgp.step import Context, Step
from bgp.values import MAX_U32, MAX_U64

_RFC_9122: Final = "RFC 4271 section 9.1.2.2"
_FRR: Final = "FRR bgpd/bgp_route.c bgp_path_info_cmp"
_BIRD: Final = "BIRD proto/bgp/attrs.c bgp_rte_better"
_GOBGP: Final = "GoBGP internal/pkg/table/destination.go"
_CISCO: Final = "Cisco, BGP Best Path Selection Algorithm"


def _both_external(new: Path, existing: Path, _: Context) -> bool:
    return new.peer.type is PeerType.EBGP and existing.peer.type is PeerType.EBGP


def _local_pref(path: Path, context: Context) -> int:
    if path.local_pref is not None:
        return path.local_pref
    return context.knobs.default_local_preference


def _local_pref_text(path: Path, context: Context) -> str:
    if path.local_pref is not None:
        return str(path.local_pref)
    return f"default ({context.knobs.default_local_preference})"


def _identifier_text(path: Path, _: Context) -> str:
    if path.originator_id is not None:
        return f"{path.originator_id} (originator)"
    return str(path.peer.router_id or "own")


def _metric(path: Path, _: Context) -> int:
    return path.igp_metric or 0


def _metric_text(path: Path, _: Context) -> str:
    return "unknown" if path.igp_metric is None else str(path.igp_metric)


def _bird_aigp(path: Path, _: Context) -> int:
    """BIRD's total: what the path carries and at least 1 for the way to NEXT_HOP."""
    if path.aigp is None or not path.next_hop_resolvable or path.igp_metric is None:
        return MAX_U64
    return min(path.aigp + max(path.igp_metric, 1), MAX_U64)


def _peer_type_text(path: Path, _: Context) -> str:
    return path.peer.type.label


LLGR_STALE: Final = Step(
    id=StepId.LLGR_STALE,
    key=lambda path, _: int(path.is_llgr_stale),
    show=lambda path, _: "stale" if path.is_llgr_stale else "fresh",
    source="RFC 9494 section 4.3",
    attribute="communities",
)
FRR_LLGR_STALE: Final = replace(
    LLGR_STALE, existing_wins=lambda new, _existing, _: new.is_llgr_stale
)
SUPPRESSED: Final = Step(
    id=StepId.SUPPRESSED,
    key=lambda path, context: int(path.id in context.suppressed),
    show=lambda path, context: "in the group" if path.id in context.suppressed else "group's best",
    source="BIRD proto/bgp/attrs.c bgp_rte_recalculate",
    enabled=lambda context: context.knobs.deterministic_med,
    dynamic=True,
)
BIRD_NEXT_HOP: Final = Step(
    id=StepId.NEXT_HOP,
    key=lambda path, _: int(not path.next_hop_resolvable),
    show=lambda path, _: "resolvable" if path.next_hop_resolvable else "unresolvable",
    source=_BIRD,
    attribute="next_hop_resolvable",
)
WEIGHT: Final = Step(
    id=StepId.WEIGHT,
    key=lambda path, _: -path.weight,
    show=lambda path, _: str(path.weight),
    source=_FRR,
    reason="Weight",
    attribute="weight",
)
LOCAL_PREF: Final = Step(
    id=StepId.LOCAL_PREF,
    key=lambda path, context: -_local_pref(path, context),
    show=_local_pref_text,
    source="RFC 4271 section 9.1.1",
    reason="Local Pref",
    attribute="local_pref",
)
GOBGP_LOCAL_PREF: Final = replace(
    LOCAL_PREF,
    key=lambda path, _: -(100 if path.local_pref is None else path.local_pref),
    show=lambda path, _: "default (100)" if path.local_pref is None else str(path.local_pref),
    source=_GOBGP,
)
LOCAL_ROUTE: Final = Step(
    id=StepId.LOCAL_ROUTE,
    key=lambda path, _: int(not path.is_local),
    show=lambda path, _: "local" if path.is_local else "learned",
    source=_FRR,
    reason="Local Route",
)
AIGP: Final = Step(
    id=StepId.AIGP,
    key=lambda path, _: (path.aigp or 0) + _metric(path, _),
    show=lambda path, _: "none" if path.aigp is None else str(path.aigp),
    source="RFC 7311 section 4.1",
    enabled=lambda context: context.knobs.aigp,
    comparable=lambda new, existing, _: new.aigp is not None and existing.aigp is not None,
    reason="AIGP",
    attribute="aigp",
)
BIRD_AIGP: Final = replace(
    AIGP,
    key=_bird_aigp,
    enabled=None,
    comparable=None,
    source=_BIRD,
)
AS_PATH: Final = Step(
    id=StepId.AS_PATH,
    key=lambda path, _: path.as_path.length,
    show=lambda path, _: str(path.as_path.length),
    source=f"{_RFC_9122} a",
    reason="AS Path",
    attribute="as_path",
)
FRR_AS_PATH: Final = replace(
    AS_PATH,
    source=_FRR,
    enabled=lambda context: not (context.knobs.as_path_ignore or context.knobs.as_path_confed),
)
FRR_CONFED_AS_PATH: Final = replace(
    AS_PATH,
    id=StepId.CONFED_AS_PATH,
    key=lambda path, _: path.as_path.length + path.as_path.confederation_length,
    show=lambda path, _: f"{path.as_path.length} + {path.as_path.confederation_length}",
    source=_FRR,
    enabled=lambda context: context.knobs.as_path_confed and not context.knobs.as_path_ignore,
    reason="Confederation based AS Path",
)
AS_PATH_UNLESS_IGNORED: Final = replace(
    AS_PATH, enabled=lambda context: not context.knobs.as_path_ignore
)
ORIGIN: Final = Step(
    id=StepId.ORIGIN,
    key=lambda path, _: int(path.origin),
    show=lambda path, _: str(path.origin),
    source=f"{_RFC_9122} b",
    reason="Origin",
    attribute="origin",
)
RFC_MED: Final = Step(
    id=StepId.MED,
    key=lambda path, _: path.med or 0,
    show=lambda path, _: "none (0)" if path.med is None else str(path.med),
    source=f"{_RFC_9122} c",
    comparable=med.rfc_med_comparable,
    attribute="med",
)
FRR_MED: Final = replace(
    RFC_MED,
    key=med.value,
    show=med.text,
    source=_FRR,
    comparable=med.frr_med_comparable,
    reason="MED",
)
BIRD_MED: Final = replace(FRR_MED, source=_BIRD, comparable=med.bird_med_comparable, reason="")
GOBGP_MED: Final = replace(RFC_MED, source=_GOBGP, comparable=med.gobgp_med_comparable)

RFC_PEER_TYPE: Final = Step(
    id=StepId.PEER_TYPE,
    key=lambda path, _: int(path.peer.type.internal),
    show=_peer_type_text,
    source=f"{_RFC_9122} d",
)
FRR_PEER_TYPE: Final = replace(
    RFC_PEER_TYPE,
    source=_FRR,
    # A local path is neither: FRR compares only eBGP with iBGP or confederation.
    comparable=lambda new, existing, _: not (new.is_local or existing.is_local),
    reason="Peer Type",
)
PEER_TYPE: Final = replace(RFC_PEER_TYPE, source=_BIRD)
FRR_CONFED_PEER_TYPE: Final = Step(
    id=StepId.CONFED_PEER_TYPE,
    key=lambda path, _: int(path.peer.type is PeerType.IBGP),
    show=_peer_type_text,
    source=_FRR,
    enabled=lambda context: context.speaker.confederation is not None,
    comparable=lambda new, existing, _: new.peer.type.internal and existing.peer.type.internal,
    reason="Confed Peer Type",
)
IGP_METRIC: Final = Step(
    id=StepId.IGP_METRIC,
    key=_metric,
    show=_metric_text,
    source=f"{_RFC_9122} e",
    reason="IGP Metric",
    attribute="igp_metric",
)
BIRD_IGP_METRIC: Final = replace(
    IGP_METRIC,
    key=lambda path, _: MAX_U32 if path.igp_metric is None else path.igp_metric,
    source=_BIRD,
)
FRR_CLUSTER_METRIC: Final = Step(
    id=StepId.CLUSTER_METRIC,
    key=lambda path, _: len(path.cluster_list),
    show=lambda path, _: str(len(path.cluster_list)),
    source=_FRR,
    enabled=lambda context: context.knobs.ibgp_equal_cluster_length,
    comparable=lambda new, existing, _: (
        new.peer.type is PeerType.IBGP and existing.peer.type is PeerType.IBGP
    ),
    reason="IGP Metric",
    attribute="cluster_list",
)
FRR_OLDER: Final = Step(
    id=StepId.OLDER,
    key=lambda path, context: int(path.id != context.incumbent),
    show=lambda path, context: "incumbent" if path.id == context.incumbent else "newcomer",
    source=_FRR,
    enabled=lambda context: not context.knobs.compare_routerid,
    comparable=_both_external,
    dynamic=True,
    tie_breaker=True,
    reason="Older Path",
)
BIRD_OLDER: Final = Step(
    id=StepId.OLDER,
    key=lambda _path, _: 0,
    show=lambda path, context: f"arrived {context.arrival[path.id] + 1}",
    source="BIRD proto/bgp/attrs.c bgp_rte_better, RFC 5004",
    enabled=lambda context: not context.knobs.compare_routerid,
    existing_wins=lambda new, existing, _: (
        new.peer.type is not PeerType.IBGP and new.identifier != existing.identifier
    ),
    tie_breaker=True,
)
ARRIVAL_OLDER: Final = Step(
    id=StepId.OLDER,
    key=lambda path, context: context.arrival[path.id],
    show=lambda path, context: f"arrived {context.arrival[path.id] + 1}",
    source=_CISCO,
    enabled=lambda context: not context.knobs.compare_routerid,
    comparable=lambda new, existing, context: (
        _both_external(new, existing, context) and new.identifier != existing.identifier
    ),
    tie_breaker=True,
)
GOBGP_OLDER: Final = replace(
    ARRIVAL_OLDER,
    source=_GOBGP,
    comparable=lambda new, existing, _: (
        new.peer.type is not PeerType.IBGP and existing.peer.type is not PeerType.IBGP
    ),
)
ROUTER_ID: Final = Step(
    id=StepId.ROUTER_ID,
    key=lambda path, _: int(path.identifier or 0),
    show=_identifier_text,
    source=f"{_RFC_9122} f, RFC 4456 section 9",
    tie_breaker=True,
    reason="Router ID",
    attribute="router_id",
)
GOBGP_ROUTER_ID: Final = replace(
    ROUTER_ID,
    key=lambda path, _: int(path.peer.router_id or 0),
    show=lambda path, _: str(path.peer.router_id or "own"),
    source=_GOBGP,
    comparable=lambda new, existing, context: (
        context.knobs.compare_routerid
        or (new.peer.type is PeerType.IBGP and existing.peer.type is PeerType.IBGP)
    ),
)
CLUSTER_LENGTH: Final = Step(
    id=StepId.CLUSTER_LENGTH,
    key=lambda path, _: len(path.cluster_list),
    show=lambda path, _: str(len(path.cluster_list)),
    source="RFC 4456 section 9",
    tie_breaker=True,
    reason="Cluster length",
    attribute="cluster_list",
)
FRR_LOCAL_CONFIGURED: Final = Step(
    id=StepId.LOCAL_CONFIGURED,
    key=lambda path, _: int(path.is_local),
    show=lambda path, _: "configured here" if path.is_local else "from a peer",
    source=_FRR,
    existing_wins=lambda new, existing, _: new.is_local and existing.is_local,
    tie_breaker=True,
    reason="Locally configured route",
)
NEIGHBOR_ADDRESS: Final = Step(
    id=StepId.NEIGHBOR_ADDRESS,
    key=lambda path, _: int(path.peer.address or 0),
    show=lambda path, _: str(path.peer.address or "none"),
    source=f"{_RFC_9122} g",
    tie_breaker=True,
    reason="Neighbor IP",
    attribute="peer_address",
)


def _first_difference(left: Path, right: Path) -> int:
    a = left.peer.address.packed if left.peer.address else b""
    b = right.peer.address.packed if right.peer.address else b""
    return next((abs(x - y) for x, y in zip(a, b, strict=False) if x != y), 0)


# FRR 10 hands memcmp's result on for IPv6 and then asks whether it is exactly 1 or -1. On x86-64
# that is the difference of the first differing octets, so most pairs fall through this step.
FRR_10_NEIGHBOR_ADDRESS: Final = replace(
    NEIGHBOR_ADDRESS,
    source="FRR 10 lib/sockunion.c sockunion_cmp",
    comparable=lambda new, existing, _: (
        new.peer.address is None
        or new.peer.address.version == 4  # noqa: PLR2004 - the address family
        or _first_difference(new, existing) == 1
    ),
)
