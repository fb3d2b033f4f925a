"""What is sent to the API and never kept: Scale, Eviction, Binding, DeleteOptions."""

from labs.kube.core_meta import OBJECT_REFERENCE, resource, texts
from labs.kube.kinds import Kind
from labs.kube.schema import boolean, integer, obj, string

SCALE = Kind(
    group="autoscaling",
    version="v1",
    kind="Scale",
    plural="scales",
    schema=resource(
        "How many pods something has.",
        {
            "spec": obj(
                "How many are wanted.",
                {"replicas": integer("How many.", number=1, minimum=0)},
                number=2,
                name="ScaleSpec",
            ),
            "status": obj(
                "How many there are.",
                {
                    "replicas": integer("How many.", number=1),
                    "selector": string("Which pods they are.", number=2),
                },
                required=("replicas",),
                number=3,
                name="ScaleStatus",
            ),
        },
        name="Scale",
    ),
    builtin=True,
)

_DELETE = {
    "gracePeriodSeconds": integer("Seconds to end by itself.", number=1, format="int64"),
    "preconditions": obj(
        "Delete only if these hold.",
        {
            "uid": string("The object's uid.", number=1, name="types.UID"),
            "resourceVersion": string("The object's version.", number=2),
        },
        number=2,
        name="Preconditions",
    ),
    "orphanDependents": boolean("Nothing any more: see propagationPolicy.", number=3),
    "propagationPolicy": string(
        "What becomes of the objects it owns: Orphan, Background or Foreground.",
        number=4,
        enum=("Background", "Foreground", "Orphan"),
        name="v1.DeletionPropagation",
    ),
    "dryRun": texts("All: only say what would be.", 5),
    "ignoreStoreReadErrorWithClusterBreakingPotential": boolean("For broken stores.", number=6),
}

DELETE_OPTIONS = Kind(
    group="",
    version="v1",
    kind="DeleteOptions",
    plural="deleteoptions",
    schema=obj(
        "How to delete.",
        {
            "apiVersion": string("The API group and version."),
            "kind": string("The kind of object."),
            **_DELETE,
        },
        name="DeleteOptions",
    ),
    builtin=True,
)

EVICTION = Kind(
    group="policy",
    version="v1",
    kind="Eviction",
    plural="evictions",
    schema=resource(
        "Asks a pod to leave its node.",
        {"deleteOptions": DELETE_OPTIONS.schema.but(number=2)},
        name="Eviction",
    ),
    builtin=True,
)

BINDING = Kind(
    group="",
    version="v1",
    kind="Binding",
    plural="bindings",
    schema=resource(
        "Gives a pod its node.",
        {"target": OBJECT_REFERENCE.but(number=2)},
        required=("target",),
        name="Binding",
    ),
    builtin=True,
)
