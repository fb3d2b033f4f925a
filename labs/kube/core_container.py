"""A container of a pod, with its ports, environment, probes and resources (core/v1 Container)."""

from labs.kube.core_meta import taken, texts
from labs.kube.core_probe import HANDLER, PROBE
from labs.kube.schema import (
    Schema,
    array,
    boolean,
    integer,
    mapping,
    obj,
    quantity,
    string,
)

PROTOCOL = string(
    "TCP, UDP or SCTP.", default="TCP", enum=("SCTP", "TCP", "UDP"), name="v1.Protocol"
)


def _key_of(what: str, name: str) -> Schema:
    return obj(
        f"One key of a {what}.",
        {
            "name": string(f"The {what}'s name.", number=1, within=1),
            "key": string("The key.", number=2),
            "optional": boolean("The container starts without it too.", number=3),
        },
        required=("key",),
        map_type="atomic",
        name=name,
    )


def _all_of(what: str, name: str) -> Schema:
    return obj(
        f"Every key of a {what}.",
        {
            "name": string(f"The {what}'s name.", number=1, within=1),
            "optional": boolean("The container starts without it too.", number=2),
        },
        name=name,
    )


FIELD_REF = obj(
    "A field of the pod itself.",
    {
        "apiVersion": string("The version in which it is named.", number=1, default="v1"),
        "fieldPath": string("The field, such as metadata.name or status.podIP.", number=2),
    },
    required=("fieldPath",),
    map_type="atomic",
    name="ObjectFieldSelector",
)
RESOURCE_REF = obj(
    "A container's limit or request.",
    {
        "containerName": string("Which container; this one when empty.", number=1),
        "resource": string("Which, such as limits.cpu.", number=2),
        "divisor": quantity("The unit to tell it in.", number=3, default="0"),
    },
    required=("resource",),
    map_type="atomic",
    name="ResourceFieldSelector",
)
_ENV = obj(
    "One environment variable.",
    {
        "name": string("Its name.", number=1),
        "value": string("Its value; $(NAME) stands for an earlier one.", number=2),
        "valueFrom": obj(
            "Where its value comes from.",
            {
                "fieldRef": FIELD_REF.but(number=1),
                "resourceFieldRef": RESOURCE_REF.but(number=2),
                "configMapKeyRef": _key_of("ConfigMap", "ConfigMapKeySelector").but(number=3),
                "secretKeyRef": _key_of("Secret", "SecretKeySelector").but(number=4),
                "fileKeyRef": taken(thing="fileKeyRef")["fileKeyRef"].but(map_type="atomic"),
            },
            number=3,
            name="EnvVarSource",
        ),
    },
    required=("name",),
    name="EnvVar",
)
_ENV_FROM = obj(
    "Many environment variables at once.",
    {
        "prefix": string("Written before each name.", number=1),
        "configMapRef": _all_of("ConfigMap", "ConfigMapEnvSource").but(number=2),
        "secretRef": _all_of("Secret", "SecretEnvSource").but(number=3),
    },
    name="EnvFromSource",
)
_PORT = obj(
    "A port the container listens on. Services find it by its name.",
    {
        "name": string("Its name, at most 15 letters.", number=1),
        "hostPort": integer("The node's port that leads here.", number=2),
        "containerPort": integer("Its number.", number=3),
        "protocol": PROTOCOL.but(number=4),
        "hostIP": string("The node's address that leads here.", number=5),
    },
    required=("containerPort",),
    name="ContainerPort",
)
_AMOUNTS = mapping("Amounts by resource.", quantity(), name="v1.ResourceList")
RESOURCES = obj(
    "How much of the node the container wants.",
    {
        "limits": _AMOUNTS.but(number=1, description="The most it may use."),
        "requests": _AMOUNTS.but(number=2, description="What is set aside for it."),
        "claims": array(
            "Claimed devices.",
            obj(
                "One claim.",
                {"name": string("Its name.", number=1), "request": string(number=2)},
                required=("name",),
                name="ResourceClaim",
            ),
            number=3,
            list_keys=("name",),
        ),
    },
    name="ResourceRequirements",
)
_CAPABILITIES = obj(
    "Privileges of the kernel.",
    {
        "add": texts("Those to have, such as NET_ADMIN.", 1),
        "drop": texts("Those to do without.", 2),
    },
    name="Capabilities",
)
SECCOMP = obj(
    "Which system calls are allowed.",
    {
        "type": string("RuntimeDefault, Localhost or Unconfined.", number=1),
        "localhostProfile": string("The node's file, for Localhost.", number=2),
    },
    required=("type",),
    name="SeccompProfile",
)
_SECURITY = obj(
    "What the container's processes may do.",
    {
        "capabilities": _CAPABILITIES.but(number=1),
        "privileged": boolean("It may do what the node may.", number=2),
        "runAsUser": integer("The user to run as.", number=4, format="int64"),
        "runAsGroup": integer("The group to run as.", number=8, format="int64"),
        "runAsNonRoot": boolean("Refuse to run as root.", number=5),
        "readOnlyRootFilesystem": boolean("Nothing can be written.", number=6),
        "allowPrivilegeEscalation": boolean("A process may gain privileges.", number=7),
        "seccompProfile": SECCOMP.but(number=11),
        **taken(text="procMount", thing="appArmorProfile seLinuxOptions windowsOptions"),
    },
    name="SecurityContext",
)
_MOUNT = obj(
    "Where a volume is seen in the container.",
    {
        "name": string("The volume's name.", number=1),
        "readOnly": boolean("It cannot be written.", number=2),
        "mountPath": string("The folder.", number=3),
        "subPath": string("Only this part of the volume.", number=4),
        **taken(text="mountPropagation recursiveReadOnly subPathExpr"),
        "bindMountOptions": array("Options of the mount.", string(), list_type="set", taken=True),
    },
    required=("name", "mountPath"),
    name="VolumeMount",
)


def container(name: str = "Container") -> Schema:
    """A container; `name` is Kubernetes' name for its kind of container."""
    return obj(
        "A program and what it needs.",
        {
            "name": string("Its name in the pod.", number=1),
            "image": string("The image it runs.", number=2),
            "command": texts("What to run instead of the image's own entrypoint.", 3),
            "args": texts("Arguments instead of the image's own.", 4),
            "workingDir": string("Where it starts.", number=5),
            "ports": array(
                "Ports it listens on.",
                _PORT,
                number=6,
                list_keys=("containerPort", "protocol"),
                merge_key="containerPort",
            ),
            "env": array("Its environment.", _ENV, number=7, list_keys=("name",), merge_key="name"),
            "envFrom": array("Environment taken whole from elsewhere.", _ENV_FROM, number=19),
            "resources": RESOURCES.but(number=8, default={}),
            "volumeMounts": array(
                "Volumes it sees.",
                _MOUNT,
                number=9,
                list_keys=("mountPath",),
                merge_key="mountPath",
            ),
            "livenessProbe": PROBE.but(number=10, description="When it fails: restart."),
            "readinessProbe": PROBE.but(number=11, description="When it fails: no traffic."),
            "startupProbe": PROBE.but(number=22, description="Until it succeeds: no other probe."),
            "lifecycle": obj(
                "What to do after its start and before its end.",
                {
                    "postStart": HANDLER.but(number=1),
                    "preStop": HANDLER.but(number=2),
                    **taken(text="stopSignal"),
                },
                number=12,
                name="Lifecycle",
            ),
            "terminationMessagePath": string(
                "A file whose text becomes the reason of its end.",
                number=13,
                default="/dev/termination-log",
            ),
            "terminationMessagePolicy": string(
                "Where its last words are read.",
                number=20,
                default="File",
                enum=("FallbackToLogsOnError", "File"),
                name="v1.TerminationMessagePolicy",
            ),
            "imagePullPolicy": string(
                "When the image is fetched; Always for the tag latest.",
                number=14,
                enum=("Always", "IfNotPresent", "Never"),
                name="v1.PullPolicy",
            ),
            "restartPolicy": string(
                "Always makes an init container a sidecar.",
                number=24,
                name="v1.ContainerRestartPolicy",
            ),
            "securityContext": _SECURITY.but(number=15),
            "stdin": boolean("It has an input.", number=16),
            "stdinOnce": boolean("The input ends with the first who attached.", number=17),
            "tty": boolean("It has a terminal.", number=18),
            "volumeDevices": array(
                "Block devices.",
                obj(
                    "One device.",
                    {"name": string("The volume."), "devicePath": string("Its path.")},
                    required=("name", "devicePath"),
                    name="VolumeDevice",
                ),
                list_keys=("devicePath",),
                merge_key="devicePath",
                taken=True,
            ),
            **taken(list_="resizePolicy restartPolicyRules"),
            **(taken(text="targetContainerName") if name == "EphemeralContainer" else {}),
        },
        required=("name",),
        name=name,
    )
