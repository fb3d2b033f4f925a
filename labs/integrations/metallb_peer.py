"""BGPPeer in both versions, and the way from one to the other.

v1beta2 is stored. v1beta1 is deprecated and still served; what it cannot say is lost on the way
back. Source: MetalLB's api/v1beta1 and api/v1beta2 with their conversion.
"""

from dataclasses import replace
from typing import Final

from labs.integrations.metallb_errors import ConfigError
from labs.integrations.metallb_go import SECOND, duration
from labs.integrations.metallb_selectors import selector_list
from labs.kube.core_meta import resource
from labs.kube.kinds import Column, Kind
from labs.kube.schema import Obj, Rule, Schema, boolean, integer, obj, string

_LARGEST_ASN: Final = 4294967295
_LONGEST_CONNECT: Final = 65535
_MILLISECONDS: Final = 1_000_000


def _asn(description: str, minimum: int = 0) -> Schema:
    return integer(description, format="int64", minimum=minimum, maximum=_LARGEST_ASN)


def _port(minimum: int) -> Schema:
    return integer("The port to dial.", format="", minimum=minimum, maximum=16384)


def _between_one_second_and_the_longest(text: str) -> bool:
    try:
        return 1 <= duration(text) // SECOND <= _LONGEST_CONNECT
    except ConfigError:
        return False


def _whole_seconds(text: str) -> bool:
    try:
        return duration(text) // _MILLISECONDS % 1000 == 0
    except ConfigError:
        return False


_SHARED: Final = {
    "myASN": _asn("Our own AS number on this session."),
    "peerASN": _asn("The AS number the peer must have."),
    "peerAddress": string("The address to dial."),
    "sourceAddress": string("The address to dial from."),
    "holdTime": string("Hold time, such as 90s; without it, the router's own."),
    "keepaliveTime": string("Keepalive time; a third of holdTime when only that is given."),
    "routerID": string("BGP router ID, written as an IPv4 address."),
    "password": string("TCP MD5 password, readable by whoever may read this object."),
    "bfdProfile": string("The BFDProfile that watches the session."),
    "ebgpMultiHop": boolean("The peer is several hops away."),
}

_V1BETA2 = obj(
    "The session, and which nodes run it.",
    {
        **_SHARED,
        "dynamicASN": string(
            "In place of peerASN: take any AS number, our own or any other.",
            enum=("internal", "external"),
        ),
        "interface": string("In place of peerAddress: BGP unnumbered on this interface."),
        "peerPort": _port(1).but(default=179),
        "connectTime": string(
            "How long to wait between attempts to connect.",
            rules=(
                Rule(
                    message="connect time should be between 1 seconds to 65535",
                    check=_between_one_second_and_the_longest,
                ),
                Rule(
                    message="connect time should contain a whole number of seconds",
                    check=_whole_seconds,
                ),
            ),
        ),
        "nodeSelectors": selector_list("The nodes that run the session; empty: all of them."),
        "passwordSecret": obj(
            "In place of password: a Secret of type kubernetes.io/basic-auth.",
            {
                "name": string("The Secret."),
                "namespace": string("Its namespace; MetalLB looks only in its own."),
            },
            map_type="atomic",
        ),
        "enableGracefulRestart": boolean(
            "Keep forwarding while the speaker restarts (RFC 4724).",
            rules=(
                Rule(
                    message="EnableGracefulRestart cannot be changed after creation",
                    check=lambda pair: pair[0] == pair[1],
                    transition=True,
                ),
            ),
        ),
        "vrf": string("The VRF the session runs in."),
        "localASN": _asn("Tell the peer this AS number instead of myASN.", minimum=1),
        "dualStackAddressFamily": boolean("Announce both families on one session.", default=False),
        "disableMP": boolean("Does nothing any more.", default=False),
    },
    required=("myASN",),
)
_V1BETA1 = obj(
    "The session, and which nodes run it.",
    {
        **_SHARED,
        "peerPort": _port(0),
        "nodeSelectors": selector_list(
            "The nodes that run the session; empty: all of them.", legacy=True
        ),
    },
    required=("myASN", "peerASN", "peerAddress"),
)
_COLUMNS = (
    Column("Address", ".spec.peerAddress"),
    Column("ASN", ".spec.peerASN"),
    Column("BFD Profile", ".spec.bfdProfile"),
    Column("Multi Hops", ".spec.ebgpMultiHop"),
)


def to_storage(old: Obj) -> Obj:
    """A v1beta1 peer as v1beta2.

    v1beta1 cannot leave a timer out: one that is not given becomes 0s, which turns keepalives off.
    """
    given = old.get("spec") or {}
    spec = {key: value for key, value in given.items() if value not in ("", 0, False, [], None)}
    spec["myASN"] = given.get("myASN", 0)
    spec |= {key: given.get(key) or "0s" for key in ("holdTime", "keepaliveTime")}
    spec.setdefault("peerPort", 179)
    return {**old, "spec": spec | {"dualStackAddressFamily": False, "disableMP": False}}


def from_storage(new: Obj) -> Obj:
    """A v1beta2 peer as v1beta1; what that version does not know is left out."""
    given = new.get("spec") or {}
    spec = {key: value for key, value in given.items() if key in _V1BETA1.properties}
    for key, empty in (("peerASN", 0), ("peerAddress", ""), ("holdTime", "0s")):
        spec.setdefault(key, empty)
    spec.setdefault("keepaliveTime", "0s")
    return {**new, "spec": spec}


def _peer(version: str, spec: Schema) -> Kind:
    latest = version == "v1beta2"
    shown = Kind(
        group="metallb.io",
        version=version,
        kind="BGPPeer",
        plural="bgppeers",
        schema=resource(
            "A router to speak BGP with.",
            {"spec": spec, "status": obj("Nothing yet.", {})},
        ),
        subresources=frozenset({"status"}),
        columns=_COLUMNS,
    )
    if latest:
        return shown
    return replace(
        shown,
        storage=False,
        to_storage=to_storage,
        from_storage=from_storage,
        warning="v1beta1 is deprecated, please use v1beta2",
    )


PEER_KINDS: Final = (_peer("v1beta2", _V1BETA2), _peer("v1beta1", _V1BETA1))
"""Both versions; v1beta2 is the one that is stored."""
