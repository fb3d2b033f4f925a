"""What keeps pods running: Deployment, ReplicaSet, DaemonSet, ControllerRevision (apps/v1)."""

from collections.abc import Mapping

from labs.kube.core_meta import LABEL_SELECTOR, condition, conditions, resource
from labs.kube.core_pod_spec import POD_TEMPLATE
from labs.kube.core_workload_columns import (
    CONTROLLER_REVISION_COLUMNS,
    DAEMON_SET_COLUMNS,
    DEPLOYMENT_COLUMNS,
    REPLICA_SET_COLUMNS,
)
from labs.kube.core_workload_rules import workload_defaults, workload_rules
from labs.kube.kinds import Column, Kind
from labs.kube.schema import Schema, anything, boolean, int_or_string, integer, obj, string

_REPLICAS = integer("How many pods.", default=1, minimum=0)
_READY_AFTER = integer("Seconds a pod must be ready to count.", minimum=0)
_HISTORY = integer("How many older versions are kept.", default=10, minimum=0)


def _counts(numbers: Mapping[str, tuple[int, str]]) -> dict[str, Schema]:
    """Counters of a status: name, protobuf number, what is counted."""
    wide = {"observedGeneration"}
    return {
        name: integer(told, number=number, format="int64" if name in wide else "int32")
        for name, (number, told) in numbers.items()
    }


def _rolling(name: str, unavailable: int | str, surge: int | str) -> Schema:
    return obj(
        "How fast pods are replaced.",
        {
            "maxUnavailable": int_or_string(
                "How many may be missing meanwhile: a number or a share.",
                number=1,
                default=unavailable,
            ),
            "maxSurge": int_or_string(
                "How many more there may be meanwhile.", number=2, default=surge
            ),
        },
        number=2,
        name=name,
    )


def _kind(
    kind: str, plural: str, short: str, schema: Schema, columns: tuple[Column, ...], *more: str
) -> Kind:
    return Kind(
        group="apps",
        version="v1",
        kind=kind,
        plural=plural,
        schema=schema,
        short_names=(short,),
        categories=("all",),
        subresources=frozenset({"status", *more}),
        columns=columns,
        builtin=True,
        prepare=workload_defaults,
        validate=workload_rules,
    )


_DEPLOYMENT = obj(
    "How many pods, which, and how they are replaced.",
    {
        "replicas": _REPLICAS.but(number=1),
        "selector": LABEL_SELECTOR.but(number=2, description="Which pods are its own."),
        "template": POD_TEMPLATE.but(number=3),
        "strategy": obj(
            "How pods of an older version are replaced.",
            {
                "type": string(
                    "RollingUpdate: a few at a time. Recreate: all at once.",
                    number=1,
                    default="RollingUpdate",
                    enum=("Recreate", "RollingUpdate"),
                    name="v1.DeploymentStrategyType",
                ),
                "rollingUpdate": _rolling("RollingUpdateDeployment", "25%", "25%"),
            },
            number=4,
            default={},
            retain_keys=True,
            name="DeploymentStrategy",
        ),
        "minReadySeconds": _READY_AFTER.but(number=5),
        "revisionHistoryLimit": _HISTORY.but(number=6),
        "paused": boolean("Changes wait.", number=7),
        "progressDeadlineSeconds": integer(
            "Seconds until a change that gets no further counts as failed.",
            number=9,
            default=600,
            minimum=0,
        ),
    },
    required=("selector", "template"),
    number=2,
    name="DeploymentSpec",
)
_DEPLOYMENT_STATUS = obj(
    "How far it is.",
    {
        **_counts(
            {
                "observedGeneration": (1, "The generation acted on."),
                "replicas": (2, "Pods there are."),
                "updatedReplicas": (3, "Pods of the newest version."),
                "readyReplicas": (7, "Pods that are ready."),
                "availableReplicas": (4, "Pods that have been ready for long enough."),
                "unavailableReplicas": (5, "Pods that are missing."),
                "terminatingReplicas": (9, "Pods that are about to end."),
                "collisionCount": (8, "Names that were taken."),
            }
        ),
        "conditions": conditions(
            condition(
                "DeploymentCondition",
                {"lastUpdateTime": 6, "lastTransitionTime": 7, "reason": 4, "message": 5},
            ).but(required=()),
            6,
        ),
    },
    number=3,
    default={},
    name="DeploymentStatus",
)
DEPLOYMENT = _kind(
    "Deployment",
    "deployments",
    "deploy",
    resource(
        "Keeps a number of equal pods running, and replaces them when they change.",
        {"spec": _DEPLOYMENT, "status": _DEPLOYMENT_STATUS},
        required=("spec",),
        name="Deployment",
    ),
    DEPLOYMENT_COLUMNS,
    "scale",
)

_SHORT_CONDITION = {"lastTransitionTime": 3, "reason": 4, "message": 5}
_REPLICA_SET = obj(
    "How many pods, and which.",
    {
        "replicas": _REPLICAS.but(number=1),
        "minReadySeconds": _READY_AFTER.but(number=4),
        "selector": LABEL_SELECTOR.but(number=2, description="Which pods are its own."),
        "template": POD_TEMPLATE.but(number=3),
    },
    required=("selector",),
    number=2,
    name="ReplicaSetSpec",
)
_REPLICA_SET_STATUS = obj(
    "How many there are.",
    {
        **_counts(
            {
                "replicas": (1, "Pods there are."),
                "fullyLabeledReplicas": (2, "Pods with all labels of the template."),
                "readyReplicas": (4, "Pods that are ready."),
                "availableReplicas": (5, "Pods that have been ready for long enough."),
                "terminatingReplicas": (7, "Pods that are about to end."),
                "observedGeneration": (3, "The generation acted on."),
            }
        ),
        "conditions": conditions(
            condition("ReplicaSetCondition", _SHORT_CONDITION).but(required=()), 6
        ),
    },
    required=("replicas",),
    number=3,
    default={"replicas": 0},
    name="ReplicaSetStatus",
)
REPLICA_SET = _kind(
    "ReplicaSet",
    "replicasets",
    "rs",
    resource(
        "Keeps a number of equal pods running. Deployments make them.",
        {"spec": _REPLICA_SET, "status": _REPLICA_SET_STATUS},
        required=("spec",),
        name="ReplicaSet",
    ),
    REPLICA_SET_COLUMNS,
    "scale",
)

_DAEMON_SET = obj(
    "Which pod, on which nodes.",
    {
        "selector": LABEL_SELECTOR.but(number=1, description="Which pods are its own."),
        "template": POD_TEMPLATE.but(number=2),
        "updateStrategy": obj(
            "How pods of an older version are replaced.",
            {
                "type": string(
                    "RollingUpdate, or OnDelete: when somebody deletes them.",
                    number=1,
                    default="RollingUpdate",
                    enum=("OnDelete", "RollingUpdate"),
                    name="v1.DaemonSetUpdateStrategyType",
                ),
                "rollingUpdate": _rolling("RollingUpdateDaemonSet", 1, 0),
            },
            number=3,
            default={},
            name="DaemonSetUpdateStrategy",
        ),
        "minReadySeconds": _READY_AFTER.but(number=4),
        "revisionHistoryLimit": _HISTORY.but(number=6),
    },
    required=("selector", "template"),
    number=2,
    name="DaemonSetSpec",
)
_DAEMON_SET_COUNTS: dict[str, tuple[int, str]] = {
    "currentNumberScheduled": (1, "Nodes that have a pod and should."),
    "numberMisscheduled": (2, "Nodes that have a pod and should not."),
    "desiredNumberScheduled": (3, "Nodes that should have a pod."),
    "numberReady": (4, "Nodes whose pod is ready."),
    "observedGeneration": (5, "The generation acted on."),
    "updatedNumberScheduled": (6, "Nodes with a pod of the newest version."),
    "numberAvailable": (7, "Nodes whose pod has been ready for long enough."),
    "numberUnavailable": (8, "Nodes without one."),
    "collisionCount": (9, "Names that were taken."),
}
_NEEDED = tuple(_DAEMON_SET_COUNTS)[:4]
_DAEMON_SET_STATUS = obj(
    "How many nodes have it.",
    {
        **_counts(_DAEMON_SET_COUNTS),
        "conditions": conditions(
            condition("DaemonSetCondition", _SHORT_CONDITION).but(required=()), 10
        ),
    },
    required=_NEEDED,
    number=3,
    default=dict.fromkeys(_NEEDED, 0),
    name="DaemonSetStatus",
)
DAEMON_SET = _kind(
    "DaemonSet",
    "daemonsets",
    "ds",
    resource(
        "Keeps one pod on every node, or on some.",
        {"spec": _DAEMON_SET, "status": _DAEMON_SET_STATUS},
        required=("spec",),
        name="DaemonSet",
    ),
    DAEMON_SET_COLUMNS,
)

CONTROLLER_REVISION = Kind(
    group="apps",
    version="v1",
    kind="ControllerRevision",
    plural="controllerrevisions",
    schema=resource(
        "A version of a DaemonSet's template, for undoing a change.",
        {
            "data": anything("The template."),
            "revision": integer("Its number.", number=3, format="int64"),
        },
        required=("data",),
        name="ControllerRevision",
    ),
    columns=CONTROLLER_REVISION_COLUMNS,
    builtin=True,
)
