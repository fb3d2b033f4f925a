"""Our tables of Kubernetes' own kinds, held against the schemas Kubernetes publishes.

Both ways: no field of theirs may be missing in ours, none of ours may be made up. What the lab
takes and keeps without acting on it is marked in the tables (`taken`) and listed here by name.
"""

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

import pytest

from labs.kube.core_definition import DEFINITION
from labs.kube.core_kinds import BODIES, CORE_KINDS
from labs.kube.kinds import Kind
from labs.kube.schema import Schema

VERSIONS = ("1.36.0", "1.37.0")
KINDS = [kind for kind in (*CORE_KINDS, *BODIES) if kind is not DEFINITION]

SINCE_1_37 = [
    "ConfigMapVolumeSource.defaultUser",
    "DownwardAPIVolumeFile.user",
    "DownwardAPIVolumeSource.defaultUser",
    "EmptyDirVolumeSource.mode",
    "GRPCAction.mode",
    "HTTPGetAction.protocol",
    "KeyToPath.user",
    "NodeSpec.podPreemptionPolicy",
    "NodeSystemInfo.runningInUserNamespace",
    "PodSpec.evictionResponders",
    "PodStatus.volumeHealth",
    "ProjectedVolumeSource.defaultUser",
    "SecretVolumeSource.defaultUser",
    "VolumeMount.bindMountOptions",
]
"""Fields that 1.36 does not have."""

OTHER_IN_1_36 = {
    *(
        f"{name}: required ['status', 'type']"
        for name in ("DaemonSetCondition", "DeploymentCondition", "ReplicaSetCondition")
    ),
    *(f"{name}: required ['spec']" for name in ("DaemonSet", "Deployment", "ReplicaSet")),
    "ControllerRevision: required ['data', 'revision']",
    *(
        f"PodStatus.nodeAllocatableResourceClaimStatuses: {what}"
        for what in (
            "list keys ('resourceClaimName',)",
            "list type map, published as atomic",
            "merge key 'resourceClaimName'",
            "[] is the published way to patch",
        )
    ),
}
"""What 1.36 said otherwise."""

TAKEN = [
    "ConfigMapVolumeSource.defaultUser",
    "Container.resizePolicy",
    "Container.restartPolicyRules",
    "Container.volumeDevices",
    "ContainerStatus.allocatedResources",
    "ContainerStatus.allocatedResourcesStatus",
    "ContainerStatus.resources",
    "ContainerStatus.stopSignal",
    "ContainerStatus.user",
    "ContainerStatus.volumeMounts",
    "DownwardAPIVolumeFile.user",
    "DownwardAPIVolumeSource.defaultUser",
    "EmptyDirVolumeSource.mode",
    "EndpointHints.forNodes",
    "EndpointHints.forZones",
    "EnvVarSource.fileKeyRef",
    "GRPCAction.mode",
    "HTTPGetAction.protocol",
    "KeyToPath.user",
    "Lifecycle.stopSignal",
    "NodeSpec.configSource",
    "NodeSpec.externalID",
    "NodeSpec.podPreemptionPolicy",
    "NodeStatus.config",
    "NodeStatus.features",
    "NodeStatus.runtimeHandlers",
    "NodeStatus.volumesAttached",
    "NodeSystemInfo.runningInUserNamespace",
    "NodeSystemInfo.swap",
    "PodSecurityContext.appArmorProfile",
    "PodSecurityContext.fsGroupChangePolicy",
    "PodSecurityContext.seLinuxChangePolicy",
    "PodSecurityContext.seLinuxOptions",
    "PodSecurityContext.supplementalGroupsPolicy",
    "PodSecurityContext.windowsOptions",
    "PodSpec.ephemeralContainers",
    "PodSpec.evictionResponders",
    "PodSpec.hostUsers",
    "PodSpec.hostnameOverride",
    "PodSpec.os",
    "PodSpec.overhead",
    "PodSpec.resourceClaims",
    "PodSpec.resources",
    "PodSpec.runtimeClassName",
    "PodSpec.schedulingGates",
    "PodSpec.schedulingGroup",
    "PodSpec.setHostnameAsFQDN",
    "PodStatus.allocatedResources",
    "PodStatus.extendedResourceClaimStatus",
    "PodStatus.nodeAllocatableResourceClaimStatuses",
    "PodStatus.resize",
    "PodStatus.resourceClaimStatuses",
    "PodStatus.resources",
    "PodStatus.volumeHealth",
    "ProjectedVolumeSource.defaultUser",
    "ProjectedVolumeSource.sources",
    "SecretVolumeSource.defaultUser",
    "SecurityContext.appArmorProfile",
    "SecurityContext.procMount",
    "SecurityContext.seLinuxOptions",
    "SecurityContext.windowsOptions",
    "TopologySpreadConstraint.minDomains",
    "TopologySpreadConstraint.nodeAffinityPolicy",
    "TopologySpreadConstraint.nodeTaintsPolicy",
    "Volume.awsElasticBlockStore",
    "Volume.azureDisk",
    "Volume.azureFile",
    "Volume.cephfs",
    "Volume.cinder",
    "Volume.csi",
    "Volume.ephemeral",
    "Volume.fc",
    "Volume.flexVolume",
    "Volume.flocker",
    "Volume.gcePersistentDisk",
    "Volume.gitRepo",
    "Volume.glusterfs",
    "Volume.image",
    "Volume.iscsi",
    "Volume.nfs",
    "Volume.persistentVolumeClaim",
    "Volume.photonPersistentDisk",
    "Volume.portworxVolume",
    "Volume.quobyte",
    "Volume.rbd",
    "Volume.scaleIO",
    "Volume.storageos",
    "Volume.vsphereVolume",
    "VolumeMount.bindMountOptions",
    "VolumeMount.mountPropagation",
    "VolumeMount.recursiveReadOnly",
    "VolumeMount.subPathExpr",
]
"""What the lab's API takes and keeps, and nothing acts on."""


@cache
def published(version: str) -> dict[str, Any]:
    folder = files("kubernetes_validate") / "kubernetes-json-schema" / f"v{version}-local"
    defined: dict[str, Any] = json.loads((folder / "_definitions.json").read_text())["$defs"]
    return defined


def definition(kind: Kind, version: str) -> dict[str, Any]:
    home = "meta" if kind.kind == "DeleteOptions" else kind.group.partition(".")[0] or "core"
    name = f".{home}.{kind.version}.{kind.kind}"
    found: dict[str, Any] = next(
        one for key, one in published(version).items() if key.endswith(name)
    )
    return found


def resolved(theirs: dict[str, Any], version: str) -> tuple[str, dict[str, Any]]:
    """The short name of the type that is referred to, and what it is."""
    if "$ref" not in theirs:
        return "", theirs
    name = theirs["$ref"].rpartition("/")[2]
    return name.rpartition(".")[2], published(version)[name]


def their_type(theirs: dict[str, Any], version: str) -> str:
    name, whole = resolved(theirs, version)
    if name in {"IntOrString", "Quantity"}:
        return name
    if name in {"Time", "MicroTime"}:
        return "string date-time"
    kind = whole.get("type", "")
    kind = next((one for one in kind if one != "null"), "") if isinstance(kind, list) else kind
    return f"{kind} {whole.get('format', '')}".strip()


def our_type(ours: Schema) -> str:
    if ours.int_or_string:
        return "Quantity" if ours.format == "quantity" else "IntOrString"
    return f"{ours.type} {ours.format}".strip()


def differences(ours: Schema, theirs: dict[str, Any], version: str, name: str) -> Iterator[str]:
    """Every difference between a schema of ours and the one published, told by its type."""
    about = {key: one for key, one in theirs.items() if key.startswith("x-kubernetes-")}
    called, whole = resolved(theirs, version)
    if called == "RawExtension":
        return
    if (one := our_type(ours)) != (other := their_type(theirs, version)):
        yield f"{name}: {one}, published as {other}"
    yield from in_merging(ours, about, whole, name)
    if ours.properties and not ours.preserve_unknown:
        yield from inside(ours, whole, version, ours.name or name)
    if ours.items is not None and not ours.taken:
        yield from differences(ours.items, whole["items"], version, f"{name}[]")
    if ours.values is not None:
        yield from differences(ours.values, whole["additionalProperties"], version, f"{name}{{}}")


def in_merging(
    ours: Schema, about: dict[str, Any], whole: dict[str, Any], name: str
) -> Iterator[str]:
    merging = ours.merge_key if ours.merge_key != "." else ""
    if merging != about.get("x-kubernetes-patch-merge-key", ""):
        yield f"{name}: merge key {merging!r}"
    ways = set(about.get("x-kubernetes-patch-strategy", "").split(",")) - {""}
    if ("merge" in ways, "retainKeys" in ways) != (bool(ours.merge_key), ours.retain_keys):
        yield f"{name}: {sorted(ways)} is the published way to patch"
    if ours.type == "array":
        listed = about.get("x-kubernetes-list-type", "atomic")
        if ours.list_type != listed:
            yield f"{name}: list type {ours.list_type}, published as {listed}"
        if list(ours.list_keys) != about.get("x-kubernetes-list-map-keys", []):
            yield f"{name}: list keys {ours.list_keys}"
    if ours.type == "object":
        atomic = "atomic" in {
            about.get("x-kubernetes-map-type"),
            whole.get("x-kubernetes-map-type"),
        }
        if atomic != (ours.map_type == "atomic"):
            yield f"{name}: map type {ours.map_type}"


def inside(ours: Schema, whole: dict[str, Any], version: str, name: str) -> Iterator[str]:
    properties = whole.get("properties", {})
    for key in properties.keys() - ours.properties.keys():
        yield f"{name}.{key}: published, and not in our table"
    for key, one in ours.properties.items():
        if key in properties:
            yield from differences(one, properties[key], version, f"{name}.{key}")
        elif version != "1.36.0" or f"{name}.{key}" not in SINCE_1_37:
            yield f"{name}.{key}: made up"
    if odd := set(ours.required) ^ set(whole.get("required", [])):
        yield f"{name}: required {sorted(odd)}"


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind.group}-{kind.kind}")
def test_a_table_of_ours_says_what_kubernetes_publishes(kind: Kind, version: str) -> None:
    found = set(differences(kind.schema, definition(kind, version), version, kind.kind))
    assert sorted(found - (OTHER_IN_1_36 if version == "1.36.0" else set())) == []


def taken(schema: Schema, name: str) -> Iterator[str]:
    for key, one in schema.properties.items():
        if one.taken:
            yield f"{schema.name or name}.{key}"
        else:
            yield from taken(one, f"{name}.{key}")
    for one in (schema.items, schema.values):
        if one is not None:
            yield from taken(one, name)


def test_what_is_taken_and_not_acted_on_is_listed() -> None:
    seen = {name for kind in KINDS for name in taken(kind.schema, kind.kind)}
    assert sorted(seen ^ set(TAKEN)) == []
