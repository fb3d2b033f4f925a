"""What a pod runs and where, and the template others make pods from (core/v1 PodSpec)."""

from labs.kube.core_container import RESOURCES, SECCOMP, container
from labs.kube.core_meta import LABEL_SELECTOR, OBJECT_META, kept_by_name, named, taken, texts
from labs.kube.core_volume import VOLUME
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

NAME_REFERENCE = obj(
    "Names an object of the same namespace.",
    {"name": string("Its name.", number=1, default="")},
    map_type="atomic",
    name="LocalObjectReference",
)
_TOLERATION = obj(
    "A taint the pod puts up with.",
    {
        "key": string("The taint's key; all when empty.", number=1),
        "operator": string("Exists or Equal.", number=2, name="v1.TolerationOperator"),
        "value": string("The taint's value, for Equal.", number=3),
        "effect": string("The taint's effect; all when empty.", number=4, name="v1.TaintEffect"),
        "tolerationSeconds": integer("For how long.", number=5, format="int64"),
    },
    name="Toleration",
)
_SECURITY = obj(
    "What the processes of all containers may do.",
    {
        "runAsUser": integer("The user to run as.", number=2, format="int64"),
        "runAsGroup": integer("The group to run as.", number=6, format="int64"),
        "runAsNonRoot": boolean("Refuse to run as root.", number=3),
        "supplementalGroups": array("More groups.", integer(format="int64"), number=4),
        "fsGroup": integer("The group of the volumes' files.", number=5, format="int64"),
        "seccompProfile": SECCOMP.but(number=10),
        "sysctls": array(
            "Settings of the kernel for the pod.",
            obj(
                "One setting.",
                {"name": string("Its name.", number=1), "value": string("Its value.", number=2)},
                required=("name", "value"),
                name="Sysctl",
            ),
            number=7,
        ),
        **taken(
            text="fsGroupChangePolicy seLinuxChangePolicy supplementalGroupsPolicy",
            thing="appArmorProfile seLinuxOptions windowsOptions",
        ),
    },
    name="PodSecurityContext",
)
_DNS = obj(
    "Names are looked up this way.",
    {
        "nameservers": texts("Whom to ask.", 1),
        "searches": texts("Domains to try.", 2),
        "options": array(
            "Options of the resolver.",
            obj(
                "One option.",
                {"name": string("Its name.", number=1), "value": string("Its value.", number=2)},
                name="PodDNSConfigOption",
            ),
            number=3,
        ),
    },
    name="PodDNSConfig",
)
_SPREAD = obj(
    "How evenly pods are spread.",
    {
        "topologyKey": string("The node's label that tells places apart.", number=2),
        "maxSkew": integer("The largest difference between two places.", number=1),
        "whenUnsatisfiable": string("DoNotSchedule or ScheduleAnyway.", number=3),
        "labelSelector": LABEL_SELECTOR.but(number=4),
        "matchLabelKeys": texts("Labels whose values count too.", 8),
        **taken(text="nodeAffinityPolicy nodeTaintsPolicy", whole="minDomains"),
    },
    required=("maxSkew", "topologyKey", "whenUnsatisfiable"),
    name="TopologySpreadConstraint",
)


POD_SPEC = obj(
    "What the pod runs and where.",
    {
        "containers": named("What it runs.", container(), 2),
        "initContainers": named("What runs before, one after the other.", container(), 20),
        "restartPolicy": string(
            "When ended containers start again.",
            number=3,
            default="Always",
            enum=("Always", "Never", "OnFailure"),
            name="v1.RestartPolicy",
        ),
        "terminationGracePeriodSeconds": integer(
            "Seconds a container has to end by itself.", number=4, format="int64", default=30
        ),
        "activeDeadlineSeconds": integer("Seconds until it fails.", number=5, format="int64"),
        "nodeName": string("The node it runs on; the scheduler writes it.", number=10),
        "nodeSelector": mapping("Labels its node must have.", number=7, map_type="atomic"),
        "affinity": Schema(
            type="object",
            description="Wishes on nodes and neighbours.",
            preserve_unknown=True,
            name="Affinity",
        ),
        "tolerations": array("Taints it puts up with.", _TOLERATION, number=22),
        "topologySpreadConstraints": array(
            "How evenly pods like it are spread.",
            _SPREAD,
            number=33,
            list_keys=("topologyKey", "whenUnsatisfiable"),
            merge_key="topologyKey",
        ),
        "schedulerName": string("Who chooses its node.", number=19, default="default-scheduler"),
        "volumes": named("Files its containers can see.", VOLUME, 1).but(retain_keys=True),
        "hostNetwork": boolean("It lives in the node's own network.", number=11),
        "hostPID": boolean("It sees the node's processes.", number=12),
        "hostIPC": boolean("It shares the node's IPC.", number=13),
        "hostname": string("Its host name; the pod's name when empty.", number=16),
        "subdomain": string("Its domain below the namespace.", number=17),
        "hostAliases": named(
            "Lines of its hosts file.",
            obj(
                "One line.",
                {"ip": string("The address.", number=1), "hostnames": texts("Its names.", 2)},
                required=("ip",),
                name="HostAlias",
            ),
            23,
            "ip",
        ),
        "dnsPolicy": string(
            "How names are looked up.",
            number=6,
            default="ClusterFirst",
            enum=("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"),
            name="v1.DNSPolicy",
        ),
        "dnsConfig": _DNS.but(number=26),
        "serviceAccountName": string("Who it is to the API.", number=8),
        "serviceAccount": string("The old name of serviceAccountName.", number=9),
        "automountServiceAccountToken": boolean("It gets a token.", number=21),
        "securityContext": _SECURITY.but(number=14, default={}),
        "imagePullSecrets": named("Secrets for fetching images.", NAME_REFERENCE, 15),
        "shareProcessNamespace": boolean("Its containers see each other.", number=27),
        "enableServiceLinks": boolean("Services become environment variables.", number=30),
        "priority": integer("Its rank among pods.", number=25),
        "priorityClassName": string("The name of its rank.", number=24),
        "preemptionPolicy": string(
            "Whether it may push others away.", number=31, name="v1.PreemptionPolicy"
        ),
        "readinessGates": array(
            "Conditions that must hold before it is ready.",
            obj(
                "One condition.",
                {"conditionType": string("Its type.", number=1)},
                required=("conditionType",),
                name="PodReadinessGate",
            ),
            number=28,
        ),
        "ephemeralContainers": named(
            "Containers added for a look inside.", container("EphemeralContainer"), 34
        ).but(taken=True),
        "evictionResponders": kept_by_name("EvictionResponder"),
        "resourceClaims": kept_by_name("PodResourceClaim").but(retain_keys=True),
        "schedulingGates": kept_by_name("PodSchedulingGate"),
        "overhead": mapping("What it costs beside its containers.", quantity(), taken=True),
        "resources": RESOURCES.but(number=40, taken=True),
        **taken(
            text="hostnameOverride runtimeClassName",
            flag="hostUsers setHostnameAsFQDN",
            thing="os schedulingGroup",
        ),
    },
    required=("containers",),
    name="PodSpec",
)

POD_TEMPLATE = obj(
    "What every pod made here looks like.",
    {"metadata": OBJECT_META.but(number=1), "spec": POD_SPEC.but(number=2)},
    name="PodTemplateSpec",
)
