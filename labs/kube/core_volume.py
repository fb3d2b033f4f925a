"""Volumes of a pod: those of a lab, and the others by name (core/v1 Volume)."""

from labs.kube.core_container import FIELD_REF, RESOURCE_REF
from labs.kube.core_meta import taken
from labs.kube.schema import (
    array,
    boolean,
    integer,
    obj,
    quantity,
    string,
)

_MODE = integer("Permissions of the files.", minimum=0, maximum=0o777)
_ITEMS = array(
    "Which keys become files; all when empty.",
    obj(
        "One key.",
        {
            "key": string("The key.", number=1),
            "path": string("The file's name.", number=2),
            "mode": _MODE.but(number=3),
            **taken(wide="user"),
        },
        required=("key", "path"),
        name="KeyToPath",
    ),
    number=2,
)
_OPTIONAL = boolean("The pod starts without it too.", number=4)
_DOWNWARD_ITEMS = array(
    "The files.",
    obj(
        "One file.",
        {
            "path": string("Its name.", number=1),
            "fieldRef": FIELD_REF.but(number=2),
            "resourceFieldRef": RESOURCE_REF.but(number=3),
            "mode": _MODE.but(number=4),
            **taken(wide="user"),
        },
        required=("path",),
        name="DownwardAPIVolumeFile",
    ),
    number=1,
)
VOLUME = obj(
    "Files that containers of the pod can see.",
    {
        "name": string("Its name in the pod.", number=1),
        "emptyDir": obj(
            "An empty folder that ends with the pod.",
            {
                "medium": string("Memory: not on the disk.", number=1, name="v1.StorageMedium"),
                "sizeLimit": quantity("The most it may hold.", number=2),
                **taken(whole="mode"),
            },
            number=2,
            within=2,
            name="EmptyDirVolumeSource",
        ),
        "secret": obj(
            "A Secret's keys as files.",
            {
                "secretName": string("The Secret's name.", number=1),
                "items": _ITEMS,
                "defaultMode": _MODE.but(number=3, default=0o644),
                "optional": _OPTIONAL,
                **taken(wide="defaultUser"),
            },
            number=6,
            within=2,
            name="SecretVolumeSource",
        ),
        "configMap": obj(
            "A ConfigMap's keys as files.",
            {
                "name": string("The ConfigMap's name.", number=1, within=1),
                "items": _ITEMS,
                "defaultMode": _MODE.but(number=3, default=0o644),
                "optional": _OPTIONAL,
                **taken(wide="defaultUser"),
            },
            number=19,
            within=2,
            name="ConfigMapVolumeSource",
        ),
        "downwardAPI": obj(
            "The pod's own fields as files.",
            {
                "items": _DOWNWARD_ITEMS,
                "defaultMode": _MODE.but(number=2, default=0o644),
                **taken(wide="defaultUser"),
            },
            number=16,
            within=2,
            name="DownwardAPIVolumeSource",
        ),
        "hostPath": obj(
            "A path of the node.",
            {
                "path": string("The path.", number=1),
                "type": string("What must be there.", number=2, default="", name="v1.HostPathType"),
            },
            required=("path",),
            number=1,
            within=2,
            name="HostPathVolumeSource",
        ),
        "projected": obj(
            "Several sources in one folder.",
            {
                "defaultMode": _MODE.but(number=2, default=0o644),
                **taken(list_="sources", wide="defaultUser"),
            },
            number=26,
            within=2,
            name="ProjectedVolumeSource",
        ),
        **taken(
            thing="awsElasticBlockStore azureDisk azureFile cephfs cinder csi ephemeral fc"
            " flexVolume flocker gcePersistentDisk gitRepo glusterfs image iscsi nfs"
            " persistentVolumeClaim photonPersistentDisk portworxVolume quobyte rbd scaleIO"
            " storageos vsphereVolume"
        ),
    },
    required=("name",),
    name="Volume",
)
