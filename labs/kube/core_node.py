"""Node: a machine pods run on (core/v1)."""

from labs.kube.core_meta import condition, conditions, resource, taken, texts
from labs.kube.core_rules import node_rules
from labs.kube.kinds import Column, Kind
from labs.kube.schema import Obj, array, boolean, integer, mapping, obj, quantity, string, time

_ROLE = "node-role.kubernetes.io/"
_AMOUNTS = mapping("Amounts by resource.", quantity(), name="v1.ResourceList")

_TAINT = obj(
    "Keeps pods away that do not put up with it.",
    {
        "key": string("Its name.", number=1),
        "value": string("Its value.", number=2),
        "effect": string(
            "NoSchedule, PreferNoSchedule or NoExecute.", number=3, name="v1.TaintEffect"
        ),
        "timeAdded": time("When it was added.", number=4),
    },
    required=("key", "effect"),
    name="Taint",
)
_SPEC = obj(
    "What is set for the node.",
    {
        "podCIDR": string("The network of its pods.", number=1),
        "podCIDRs": array(
            "The networks of its pods.", string(), number=7, list_type="set", merge_key="."
        ),
        "providerID": string("What its provider calls it.", number=3),
        "unschedulable": boolean("It gets no new pods: cordoned.", number=4),
        "taints": array("What keeps pods away.", _TAINT, number=5),
        **taken(text="externalID", thing="configSource podPreemptionPolicy"),
    },
    number=2,
    default={},
    name="NodeSpec",
)
_INFO = {
    "machineID": (1, "The machine's number."),
    "systemUUID": (2, "The board's number."),
    "bootID": (3, "The boot's number."),
    "kernelVersion": (4, "The kernel."),
    "osImage": (5, "The operating system."),
    "containerRuntimeVersion": (6, "What runs containers."),
    "kubeletVersion": (7, "The kubelet."),
    "kubeProxyVersion": (8, "Nothing any more."),
    "operatingSystem": (9, "linux."),
    "architecture": (10, "amd64 or arm64."),
}
_STATUS = obj(
    "How the node is. The kubelet writes it.",
    {
        "capacity": _AMOUNTS.but(number=1, description="What it has."),
        "allocatable": _AMOUNTS.but(number=2, description="What pods may have of it."),
        "phase": string("Nothing any more.", number=3, name="v1.NodePhase"),
        "conditions": conditions(
            condition(
                "NodeCondition",
                {"lastHeartbeatTime": 3, "lastTransitionTime": 4, "reason": 5, "message": 6},
            ),
            4,
        ),
        "addresses": array(
            "Its addresses and names.",
            obj(
                "One of them.",
                {
                    "type": string(
                        "InternalIP, ExternalIP or Hostname.", number=1, name="v1.NodeAddressType"
                    ),
                    "address": string("The address or name.", number=2),
                },
                required=("type", "address"),
                name="NodeAddress",
            ),
            number=5,
            list_keys=("type",),
            merge_key="type",
        ),
        "daemonEndpoints": obj(
            "Where its daemons listen.",
            {
                "kubeletEndpoint": obj(
                    "The kubelet.",
                    {"Port": integer("Its port.", number=1)},
                    required=("Port",),
                    number=1,
                    default={"Port": 0},
                    name="DaemonEndpoint",
                )
            },
            number=6,
            default={},
            name="NodeDaemonEndpoints",
        ),
        "nodeInfo": obj(
            "What it is made of.",
            {
                **{name: string(told, number=at) for name, (at, told) in _INFO.items()},
                **taken(thing="swap", flag="runningInUserNamespace"),
            },
            required=tuple(_INFO),
            number=7,
            default=dict.fromkeys(_INFO, ""),
            name="NodeSystemInfo",
        ),
        "images": array(
            "Images it holds.",
            obj(
                "One image.",
                {
                    "names": texts("Its names.", 1),
                    "sizeBytes": integer("Its size.", number=2, format="int64"),
                },
                name="ContainerImage",
            ),
            number=8,
        ),
        "volumesInUse": texts("Volumes in use.", 9),
        "declaredFeatures": texts("What its kubelet can do.", 14),
        **taken(list_="runtimeHandlers volumesAttached", thing="config features"),
    },
    number=3,
    default={},
    name="NodeStatus",
)


def _state(node: Obj) -> str:
    states = [
        "Ready" if one.get("status") == "True" else "NotReady"
        for one in node.get("status", {}).get("conditions", [])
        if one.get("type") == "Ready"
    ] or ["Unknown"]
    cordoned = node.get("spec", {}).get("unschedulable")
    return ",".join([*states, "SchedulingDisabled"] if cordoned else states)


def _roles(node: Obj) -> str:
    labels = node.get("metadata", {}).get("labels", {})
    roles = {key.removeprefix(_ROLE) for key in labels if key.startswith(_ROLE)}
    return ",".join(sorted(roles - {""})) or "<none>"


def _address(kind: str) -> Column:
    def shown(node: Obj) -> str:
        known = node.get("status", {}).get("addresses", [])
        return next((one["address"] for one in known if one.get("type") == kind), "<none>")

    name = kind.replace("IP", "-IP")
    return Column(name, shown, description="An address of the node.", wide=True)


def _info(name: str, field: str) -> Column:
    def shown(node: Obj) -> str:
        return node.get("status", {}).get("nodeInfo", {}).get(field) or "<unknown>"

    return Column(name, shown, description=_INFO[field][1], wide=True)


NODE = Kind(
    group="",
    version="v1",
    kind="Node",
    plural="nodes",
    schema=resource("A machine pods run on.", {"spec": _SPEC, "status": _STATUS}, name="Node"),
    namespaced=False,
    short_names=("no",),
    subresources=frozenset({"status"}),
    columns=(
        Column("Status", _state, description="Whether it is ready."),
        Column("Roles", _roles, description="Its node-role.kubernetes.io labels."),
        Column("Age", ".metadata.creationTimestamp", "date", "Since when it is known."),
        Column("Version", ".status.nodeInfo.kubeletVersion", description="Its kubelet."),
        _address("InternalIP"),
        _address("ExternalIP"),
        _info("OS-Image", "osImage"),
        _info("Kernel-Version", "kernelVersion"),
        _info("Container-Runtime", "containerRuntimeVersion"),
    ),
    builtin=True,
    validate=node_rules,
)
