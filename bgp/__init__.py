"""BGP as values and tables: the domain of Loc-RIB.

Everything in this package is pure: the standard library only, frozen values, no I/O, no clock.
Widgets draw these values, labs fill them from real routers, the judge decides by them.
"""

from bgp.as_path import AsPath, Segment, SegmentType
from bgp.case import Case, decide_case, parse_case
from bgp.community import Community, LargeCommunity
from bgp.decision import Decision, decide
from bgp.errors import InvalidValueError
from bgp.knobs import Knobs
from bgp.profiles import PROFILES, Profile, profile
from bgp.route import Confederation, Origin, Path, Peer, PeerType, Speaker

__all__ = [
    "PROFILES",
    "AsPath",
    "Case",
    "Community",
    "Confederation",
    "Decision",
    "InvalidValueError",
    "Knobs",
    "LargeCommunity",
    "Origin",
    "Path",
    "Peer",
    "PeerType",
    "Profile",
    "Segment",
    "SegmentType",
    "Speaker",
    "decide",
    "decide_case",
    "parse_case",
    "profile",
]
