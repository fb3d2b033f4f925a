"""The kinds in which MetalLB tells what it does: nobody writes them but MetalLB."""

from labs.integrations.metallb_kind import NOTHING, metallb_kind, names
from labs.kube.kinds import Column
from labs.kube.schema import Rule, Schema, array, integer, obj, string, time

_FIXED = Rule(message="Value is immutable", check=lambda pair: pair[0] == pair[1], transition=True)


def _announced(more: dict[str, Schema]) -> dict[str, Schema]:
    return {
        "spec": NOTHING,
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


BGP_STATUS = metallb_kind(
    "ServiceBGPStatus",
    "servicebgpstatuses",
    "Which peers a node announces a Service to; whether they listen is another question.",
    properties=_announced({"peers": names("The BGPPeers it is announced to, by name.")}),
    columns=_announced_columns("Node"),
)

L2_STATUS = metallb_kind(
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


CONFIGURATION_STATE = metallb_kind(
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
