"""What a pod and its containers do (core/v1 PodStatus, ContainerStatus)."""

from labs.kube.core_container import RESOURCES
from labs.kube.core_meta import condition, conditions, kept_by_name, named, taken
from labs.kube.schema import (
    array,
    boolean,
    integer,
    mapping,
    obj,
    quantity,
    string,
    time,
)

_STATE = obj(
    "What a container does: it waits, runs or has ended.",
    {
        "waiting": obj(
            "It does not run yet.",
            {"reason": string("One word on why.", number=1), "message": string("Why.", number=2)},
            number=1,
            name="ContainerStateWaiting",
        ),
        "running": obj(
            "It runs.",
            {"startedAt": time("Since when.", number=1)},
            number=2,
            name="ContainerStateRunning",
        ),
        "terminated": obj(
            "It has ended.",
            {
                "exitCode": integer("What it ended with.", number=1),
                "signal": integer("What ended it.", number=2),
                "reason": string("Completed, Error or another word.", number=3),
                "message": string("Its last words.", number=4),
                "startedAt": time("When it began.", number=5),
                "finishedAt": time("When it ended.", number=6),
                "containerID": string("Which it was.", number=7),
            },
            required=("exitCode",),
            number=3,
            name="ContainerStateTerminated",
        ),
    },
    name="ContainerState",
)
_CONTAINER_STATUS = obj(
    "What one container does.",
    {
        "name": string("Its name.", number=1),
        "state": _STATE.but(number=2, default={}),
        "lastState": _STATE.but(
            number=3, default={}, description="What it did before its last restart."
        ),
        "ready": boolean("It passes its readiness probe.", number=4),
        "restartCount": integer("How often it was restarted.", number=5),
        "image": string("The image it runs.", number=6),
        "imageID": string("Exactly which image.", number=7),
        "containerID": string("Exactly which container.", number=8),
        "started": boolean("It passed its startup probe.", number=9),
        "resources": RESOURCES.but(taken=True),
        "allocatedResources": mapping("What it was given.", quantity(), taken=True),
        "allocatedResourcesStatus": kept_by_name("ResourceStatus"),
        "volumeMounts": array(
            "Volumes it sees.",
            obj(
                "Kept as it is.",
                {"mountPath": string()},
                preserve_unknown=True,
                name="VolumeMountStatus",
            ),
            list_keys=("mountPath",),
            merge_key="mountPath",
            taken=True,
        ),
        **taken(text="stopSignal", thing="user"),
    },
    required=("name", "ready", "restartCount", "image", "imageID"),
    name="ContainerStatus",
)
_ADDRESS = obj("One address.", {"ip": string("The address.", number=1)}, required=("ip",))
POD_STATUS = obj(
    "What the pod does. The kubelet writes it.",
    {
        "phase": string("Pending, Running, Succeeded or Failed.", number=1, name="v1.PodPhase"),
        "conditions": conditions(
            condition(
                "PodCondition",
                {
                    "observedGeneration": 7,
                    "lastProbeTime": 3,
                    "lastTransitionTime": 4,
                    "reason": 5,
                    "message": 6,
                },
            ),
            2,
        ),
        "reason": string("One word on why, such as Evicted.", number=4),
        "message": string("A sentence on why.", number=3),
        "hostIP": string("Its node's address.", number=5),
        "hostIPs": array(
            "Its node's addresses.", _ADDRESS.but(name="HostIP"), number=16, merge_key="ip"
        ),
        "podIP": string("Its address.", number=6),
        "podIPs": named("Its addresses.", _ADDRESS.but(name="PodIP"), 12, "ip"),
        "startTime": time("When the kubelet took it.", number=7),
        "containerStatuses": array("What its containers do.", _CONTAINER_STATUS, number=8),
        "initContainerStatuses": array(
            "What its init containers do.", _CONTAINER_STATUS, number=10
        ),
        "ephemeralContainerStatuses": array(
            "What added containers do.", _CONTAINER_STATUS, number=13
        ),
        "qosClass": string("Guaranteed, Burstable or BestEffort.", number=9, name="v1.PodQOSClass"),
        "observedGeneration": integer("The generation seen.", number=17, format="int64"),
        "nominatedNodeName": string("Where it waits for room.", number=11),
        "resources": RESOURCES.but(taken=True),
        "allocatedResources": mapping("What it was given.", quantity(), taken=True),
        "resourceClaimStatuses": kept_by_name("PodResourceClaimStatus").but(retain_keys=True),
        "nodeAllocatableResourceClaimStatuses": array(
            "Kept as it is; nothing in the lab acts on it.",
            obj("Kept as it is.", {"resourceClaimName": string()}, preserve_unknown=True),
            list_keys=("resourceClaimName",),
            merge_key="resourceClaimName",
            taken=True,
        ),
        "volumeHealth": kept_by_name("PodVolumeHealth").but(merge_key=""),
        **taken(text="resize", thing="extendedResourceClaimStatus"),
    },
    name="PodStatus",
)
