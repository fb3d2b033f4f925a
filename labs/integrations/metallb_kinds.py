"""MetalLB's kinds: what each object may hold and what `kubectl get` shows of it.

Group metallb.io, as of MetalLB 0.16.1; the descriptions are our own. BGPPeer, which has two
versions, is in metallb_peer.py.
"""

from typing import Any, Final

from labs.integrations.metallb_peer import PEER_KINDS
from labs.integrations.metallb_selectors import selector_list, selector_schema
from labs.kube.core_meta import resource
from labs.kube.kinds import Column, Kind
from labs.kube.schema import Rule, Schema, array, boolean, integer, obj, string, time

GROUP: Final = "metallb.io"
NAMESPACE: Final = "metallb-system"
"""Where MetalLB looks for its objects, and nowhere else."""

_STATUS = frozenset({"status"})
_NOTHING = obj("Nothing yet.", {})


def _names(description: str) -> Schema:
    return array(description, string())


def _is_default_aggregation(spec: Any) -> bool:  # noqa: ANN401 -- an object's spec
    if not spec.get("serviceSelectors"):
        return True
    return spec.get("aggregationLength", 32) == 32 and spec.get("aggregationLengthV6", 128) == 128  # noqa: PLR2004 -- whole addresses


_AGGREGATION = Rule(
    message="serviceSelectors and aggregationLength are mutually exclusive, can only be used "
    "together with default aggregationLength (32) and aggregationLengthV6 (128)",
    check=_is_default_aggregation,
)
_FIXED = Rule(message="Value is immutable", check=lambda pair: pair[0] == pair[1], transition=True)


def _kind(name: str, plural: str, description: str, **more: Any) -> Kind:  # noqa: ANN401 -- a Kind's attributes
    properties, required = more.pop("properties"), more.pop("required", ())
    return Kind(
        group=GROUP,
        version="v1beta1",
        kind=name,
        plural=plural,
        schema=resource(description, properties, required=required),
        subresources=_STATUS,
        **more,
    )


_ADVERTISED = {
    "ipAddressPools": _names("Pools by name; one that does not exist yet is no mistake."),
    "ipAddressPoolSelectors": selector_list("Pools by label; neither list: every pool."),
    "nodeSelectors": selector_list("The nodes that announce; empty: all of them."),
    "serviceSelectors": selector_list("The Services that are announced; empty: all of them."),
}
_ADVERTISED_COLUMNS = (
    Column("IPAddressPools", ".spec.ipAddressPools"),
    Column("IPAddressPool Selectors", ".spec.ipAddressPoolSelectors"),
)
_NODE_COLUMN = Column("Node Selectors", ".spec.nodeSelectors", wide=True)

POOL = _kind(
    "IPAddressPool",
    "ipaddresspools",
    "Addresses that Services of type LoadBalancer may get.",
    properties={
        "spec": obj(
            "Which addresses, and for whom.",
            {
                "addresses": _names("Prefixes (172.18.200.0/24) and ranges (from-to)."),
                "autoAssign": boolean(
                    "Services that ask for nothing special get one of these.", default=True
                ),
                "avoidBuggyIPs": boolean(
                    "Leave out addresses that end in .0 or .255.", default=False
                ),
                "serviceAllocation": obj(
                    "Reserves the pool for some Services.",
                    {
                        "priority": integer(
                            "Among reserved pools the lowest number is tried first; 0 comes last.",
                            format="",
                        ),
                        "namespaces": _names("Namespaces the pool is for."),
                        "namespaceSelectors": selector_list("Such namespaces by label."),
                        "serviceSelectors": selector_list("Services the pool is for, by label."),
                    },
                ),
            },
            required=("addresses",),
        ),
        "status": obj(
            "How full the pool is.",
            {
                name: integer(f"{word} {family} addresses.", format="int64")
                for word, family, name in (
                    ("Assigned", "IPv4", "assignedIPv4"),
                    ("Assigned", "IPv6", "assignedIPv6"),
                    ("Free", "IPv4", "availableIPv4"),
                    ("Free", "IPv6", "availableIPv6"),
                )
            },
            required=("assignedIPv4", "assignedIPv6", "availableIPv4", "availableIPv6"),
        ),
    },
    required=("spec",),
    columns=(
        Column("Auto Assign", ".spec.autoAssign", "boolean"),
        Column("Avoid Buggy IPs", ".spec.avoidBuggyIPs", "boolean"),
        Column("Addresses", ".spec.addresses"),
    ),
)

BGP_ADVERTISEMENT = _kind(
    "BGPAdvertisement",
    "bgpadvertisements",
    "Announces the addresses of pools by BGP, and says how.",
    properties={
        "spec": obj(
            "What is announced, from where, to whom, and with which attributes.",
            {
                **_ADVERTISED,
                "aggregationLength": integer(
                    "Announce a prefix of this length instead of the IPv4 address.",
                    default=32,
                    minimum=1,
                ),
                "aggregationLengthV6": integer(
                    "Announce a prefix of this length instead of the IPv6 address.", default=128
                ),
                "localPref": integer("LOCAL_PREF; only iBGP peers ever see it."),
                "communities": _names(
                    "Communities 64512:100, large ones large:64512:1:2, or aliases of a Community."
                ),
                "peers": _names("BGPPeers by name that hear of it; empty: all of them."),
            },
            rules=(_AGGREGATION,),
        ),
        "status": _NOTHING,
    },
    columns=(*_ADVERTISED_COLUMNS, Column("Peers", ".spec.peers"), _NODE_COLUMN),
)

L2_ADVERTISEMENT = _kind(
    "L2Advertisement",
    "l2advertisements",
    "Announces the addresses of pools on the nodes' own segment, by ARP and NDP.",
    properties={
        "spec": obj(
            "What is announced, and where.",
            {
                **_ADVERTISED,
                "interfaces": _names("The interfaces that answer; empty: all of them."),
                "preferredNodeSelectors": array(
                    "The nodes that should answer when they can.",
                    obj(
                        "A preference with its weight.",
                        {
                            "preference": selector_schema("The nodes that are preferred."),
                            "weight": integer("How much; weights add up.", minimum=1, maximum=100),
                        },
                        required=("preference", "weight"),
                    ),
                ),
            },
        ),
        "status": _NOTHING,
    },
    columns=(*_ADVERTISED_COLUMNS, Column("Interfaces", ".spec.interfaces"), _NODE_COLUMN),
)


def _interval(description: str) -> Schema:
    return integer(description, minimum=10, maximum=60000)


BFD_PROFILE = _kind(
    "BFDProfile",
    "bfdprofiles",
    "How BFD watches the link to a peer.",
    properties={
        "spec": obj(
            "Intervals are in milliseconds.",
            {
                "receiveInterval": _interval("The fastest we can take packets; 300 if not given."),
                "transmitInterval": _interval("The fastest we want to send; 300 if not given."),
                "detectMultiplier": integer(
                    "So many packets missing in a row: the link is down.", minimum=2, maximum=255
                ),
                "echoInterval": _interval("The fastest we can take echoes; 50 if not given."),
                "echoMode": boolean("Send echoes; not over several hops."),
                "passiveMode": boolean("Wait for the peer to begin."),
                "minimumTtl": integer(
                    "Over several hops: refuse packets below this TTL.", minimum=1, maximum=254
                ),
            },
        ),
        "status": _NOTHING,
    },
    columns=(
        Column("Passive Mode", ".spec.passiveMode", "boolean"),
        Column("Transmit Interval", ".spec.transmitInterval", "integer"),
        Column("Receive Interval", ".spec.receiveInterval", "integer"),
        Column("Multiplier", ".spec.detectMultiplier", "integer"),
    ),
)

COMMUNITY = _kind(
    "Community",
    "communities",
    "Names for BGP communities, to be used in BGPAdvertisements.",
    properties={
        "spec": obj(
            "The names.",
            {
                "communities": array(
                    "Each name with what it stands for.",
                    obj(
                        "A name.",
                        {
                            "name": string("The alias."),
                            "value": string("64512:100, or large:64512:1:2."),
                        },
                    ),
                )
            },
        ),
        "status": _NOTHING,
    },
)


def _announced(more: dict[str, Schema]) -> dict[str, Schema]:
    return {
        "spec": _NOTHING,
        "status": obj(
            "Who announces which Service.",
            {
                "node": string("The node that announces.", rules=(_FIXED,)),
                "serviceName": string("The Service.", rules=(_FIXED,)),
                "serviceNamespace": string("The Service's namespace.", rules=(_FIXED,)),
                **more,
            },
        ),
    }


def _announced_columns(node: str) -> tuple[Column, ...]:
    return (
        Column(node, ".status.node"),
        Column("Service Name", ".status.serviceName"),
        Column("Service Namespace", ".status.serviceNamespace"),
    )


BGP_STATUS = _kind(
    "ServiceBGPStatus",
    "servicebgpstatuses",
    "Which peers a node announces a Service to; whether they listen is another question.",
    properties=_announced({"peers": _names("The BGPPeers it is announced to, by name.")}),
    columns=_announced_columns("Node"),
)

L2_STATUS = _kind(
    "ServiceL2Status",
    "servicel2statuses",
    "Which node answers for a Service on its own segment.",
    properties=_announced(
        {
            "interfaces": array(
                "The interfaces that answer.",
                obj("An interface.", {"name": string("Its name.")}),
            )
        }
    ),
    columns=_announced_columns("Allocated Node"),
)


CONFIGURATION_STATE = _kind(
    "ConfigurationState",
    "configurationstates",
    "Whether a speaker, or the controller, could take the configuration as it is now.",
    properties={
        "status": obj(
            "What it found.",
            {
                "result": string("The verdict.", enum=("Valid", "Invalid", "Unknown")),
                "errorSummary": string("What is wrong, in its words."),
                "conditions": array(
                    "The verdicts of its parts, one of each type.",
                    obj(
                        "A verdict.",
                        {
                            "type": string(
                                "The part.",
                                max_length=316,
                                pattern=r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*"
                                r"[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$",
                            ),
                            "status": string("Its verdict.", enum=("True", "False", "Unknown")),
                            "reason": string(
                                "One word on why.",
                                min_length=1,
                                max_length=1024,
                                pattern="^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$",
                            ),
                            "message": string("A sentence on why.", max_length=32768),
                            "observedGeneration": integer(
                                "The generation it is about.", format="int64", minimum=0
                            ),
                            "lastTransitionTime": time("When it last looked."),
                        },
                        required=("lastTransitionTime", "message", "reason", "status", "type"),
                    ),
                    list_keys=("type",),
                ),
            },
        )
    },
    columns=(
        Column("Result", ".status.result"),
        Column("ErrorSummary", ".status.errorSummary"),
        Column("Age", ".metadata.creationTimestamp", "date"),
    ),
)

KINDS: Final = (
    *PEER_KINDS,
    POOL,
    BGP_ADVERTISEMENT,
    L2_ADVERTISEMENT,
    BFD_PROFILE,
    COMMUNITY,
    BGP_STATUS,
    L2_STATUS,
    CONFIGURATION_STATE,
)
"""All kinds of the group, in all versions."""
