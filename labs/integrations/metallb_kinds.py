"""MetalLB's kinds: what each object may hold and what `kubectl get` shows of it.

Group metallb.io, as of MetalLB 0.16.1; the descriptions are our own. BGPPeer, which has two
versions, is in metallb_peer.py; what only MetalLB itself writes, in metallb_status_kinds.py.
"""

from typing import Final

from labs.integrations.metallb_kind import NOTHING, metallb_kind, names
from labs.integrations.metallb_peer import PEER_KINDS
from labs.integrations.metallb_selectors import selector_list, selector_schema
from labs.integrations.metallb_status_kinds import BGP_STATUS, CONFIGURATION_STATE, L2_STATUS
from labs.kube.kinds import Column
from labs.kube.schema import Obj, Rule, Schema, array, boolean, integer, obj, string


def _is_default_aggregation(spec: Obj) -> bool:
    if not spec.get("serviceSelectors"):
        return True
    return (spec.get("aggregationLength", 32), spec.get("aggregationLengthV6", 128)) == (32, 128)


_AGGREGATION = Rule(
    message="serviceSelectors and aggregationLength are mutually exclusive, can only be used "
    "together with default aggregationLength (32) and aggregationLengthV6 (128)",
    check=_is_default_aggregation,
)
_ADVERTISED = {
    "ipAddressPools": names("Pools by name; one that does not exist yet is no mistake."),
    "ipAddressPoolSelectors": selector_list("Pools by label; neither list: every pool."),
    "nodeSelectors": selector_list("The nodes that announce; empty: all of them."),
    "serviceSelectors": selector_list("The Services that are announced; empty: all of them."),
}
_ADVERTISED_COLUMNS = (
    Column("IPAddressPools", ".spec.ipAddressPools"),
    Column("IPAddressPool Selectors", ".spec.ipAddressPoolSelectors"),
)
_NODE_COLUMN = Column("Node Selectors", ".spec.nodeSelectors", wide=True)

POOL = metallb_kind(
    "IPAddressPool",
    "ipaddresspools",
    "Addresses that Services of type LoadBalancer may get.",
    properties={
        "spec": obj(
            "Which addresses, and for whom.",
            {
                "addresses": names("Prefixes (172.18.200.0/24) and ranges (from-to)."),
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
                        "namespaces": names("Namespaces the pool is for."),
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

BGP_ADVERTISEMENT = metallb_kind(
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
                "communities": names(
                    "Communities 64512:100, large ones large:64512:1:2, or aliases of a Community."
                ),
                "peers": names("BGPPeers by name that hear of it; empty: all of them."),
            },
            rules=(_AGGREGATION,),
        ),
        "status": NOTHING,
    },
    columns=(*_ADVERTISED_COLUMNS, Column("Peers", ".spec.peers"), _NODE_COLUMN),
)

L2_ADVERTISEMENT = metallb_kind(
    "L2Advertisement",
    "l2advertisements",
    "Announces the addresses of pools on the nodes' own segment, by ARP and NDP.",
    properties={
        "spec": obj(
            "What is announced, and where.",
            {
                **_ADVERTISED,
                "interfaces": names("The interfaces that answer; empty: all of them."),
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
            taken=True,  # it is checked and kept; nobody in the lab answers ARP
        ),
        "status": NOTHING,
    },
    columns=(*_ADVERTISED_COLUMNS, Column("Interfaces", ".spec.interfaces"), _NODE_COLUMN),
)


def _interval(description: str) -> Schema:
    return integer(description, minimum=10, maximum=60000)


BFD_PROFILE = metallb_kind(
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
        "status": NOTHING,
    },
    columns=(
        Column("Passive Mode", ".spec.passiveMode", "boolean"),
        Column("Transmit Interval", ".spec.transmitInterval", "integer"),
        Column("Receive Interval", ".spec.receiveInterval", "integer"),
        Column("Multiplier", ".spec.detectMultiplier", "integer"),
    ),
)

COMMUNITY = metallb_kind(
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
        "status": NOTHING,
    },
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
