"""Service and EndpointSlice: one address for many pods (core/v1, discovery.k8s.io/v1)."""

from labs.kube.core_container import PROTOCOL
from labs.kube.core_meta import (
    OBJECT_REFERENCE,
    condition,
    conditions,
    resource,
    taken,
    texts,
)
from labs.kube.core_rules import endpoint_slice_rules
from labs.kube.core_service_columns import ENDPOINT_SLICE_COLUMNS, SERVICE_COLUMNS
from labs.kube.core_service_rules import service_defaults, service_rules
from labs.kube.kinds import Kind
from labs.kube.schema import (
    array,
    boolean,
    int_or_string,
    integer,
    mapping,
    obj,
    string,
)

CONDITION = condition(
    "Condition",
    {"observedGeneration": 3, "lastTransitionTime": 4, "reason": 5, "message": 6},
)
_PORT = obj(
    "A port of the Service.",
    {
        "name": string("Its name; needed when there are several ports.", number=1),
        "protocol": PROTOCOL.but(number=2),
        "appProtocol": string("What is spoken on it.", number=6),
        "port": integer("The port clients use.", number=3),
        "targetPort": int_or_string("The pods' port: a number or a name.", number=4),
        "nodePort": integer("The port on every node.", number=5),
    },
    required=("port",),
    name="ServicePort",
)
_SPEC = obj(
    "What the Service offers and which pods answer.",
    {
        "type": string(
            "How far it reaches: in the cluster, on nodes' ports, through a load balancer.",
            number=4,
            default="ClusterIP",
            enum=("ClusterIP", "ExternalName", "LoadBalancer", "NodePort"),
            name="v1.ServiceType",
        ),
        "selector": mapping("Labels of the pods that answer.", number=2, map_type="atomic"),
        "ports": array(
            "Its ports.",
            _PORT,
            number=1,
            list_keys=("port", "protocol"),
            merge_key="port",
        ),
        "clusterIP": string("Its address in the cluster; None makes it headless.", number=3),
        "clusterIPs": texts("All its addresses in the cluster.", 18),
        "externalIPs": texts("More addresses nodes answer on.", 5),
        "externalName": string("The name an ExternalName stands for.", number=10),
        "externalTrafficPolicy": string(
            "Cluster: any pod answers. Local: pods of the node only; clients keep their address.",
            number=11,
            enum=("Cluster", "Local"),
            name="v1.ServiceExternalTrafficPolicy",
        ),
        "internalTrafficPolicy": string(
            "The same for clients in the cluster.",
            number=22,
            enum=("Cluster", "Local"),
            name="v1.ServiceInternalTrafficPolicy",
        ),
        "sessionAffinity": string(
            "ClientIP keeps a client with its pod.",
            number=7,
            default="None",
            enum=("ClientIP", "None"),
            name="v1.ServiceAffinity",
        ),
        "sessionAffinityConfig": obj(
            "For how long.",
            {
                "clientIP": obj(
                    "By the client's address.",
                    {"timeoutSeconds": integer("Seconds.", number=1)},
                    number=1,
                    name="ClientIPConfig",
                )
            },
            number=14,
            name="SessionAffinityConfig",
        ),
        "loadBalancerIP": string("The address wished for; an annotation is better.", number=8),
        "loadBalancerClass": string("Which load balancer is meant.", number=21),
        "loadBalancerSourceRanges": texts("Clients that are let in.", 9),
        "allocateLoadBalancerNodePorts": boolean("It gets ports on nodes too.", number=20),
        "healthCheckNodePort": integer("Where nodes tell whether they have a pod.", number=12),
        "publishNotReadyAddresses": boolean("Pods that are not ready answer too.", number=13),
        "ipFamilies": array(
            "IPv4, IPv6 or both.",
            string(enum=("IPv4", "IPv6"), name="v1.IPFamily"),
            number=19,
        ),
        "ipFamilyPolicy": string(
            "SingleStack, PreferDualStack or RequireDualStack.",
            number=17,
            enum=("PreferDualStack", "RequireDualStack", "SingleStack"),
            name="v1.IPFamilyPolicy",
        ),
        "trafficDistribution": string("Which pods are preferred.", number=23),
    },
    number=2,
    name="ServiceSpec",
)
_INGRESS = obj(
    "One address of the load balancer.",
    {
        "ip": string("The address.", number=1),
        "hostname": string("Its name.", number=2),
        "ipMode": string("VIP or Proxy.", number=3, name="v1.LoadBalancerIPMode"),
        "ports": array(
            "How each port fares.",
            obj(
                "One port.",
                {
                    "port": integer("Its number.", number=1),
                    "protocol": PROTOCOL.but(number=2),
                    "error": string("What is wrong with it.", number=3),
                },
                required=("port", "protocol"),
                name="PortStatus",
            ),
            number=4,
        ),
    },
    name="LoadBalancerIngress",
)
_STATUS = obj(
    "What the load balancer gave.",
    {
        "loadBalancer": obj(
            "Its addresses.",
            {"ingress": array("One each.", _INGRESS, number=1)},
            number=1,
            default={},
            name="LoadBalancerStatus",
        ),
        "conditions": conditions(CONDITION, 2),
    },
    number=3,
    default={},
    name="ServiceStatus",
)

SERVICE = Kind(
    group="",
    version="v1",
    kind="Service",
    plural="services",
    schema=resource(
        "One address for many pods.", {"spec": _SPEC, "status": _STATUS}, name="Service"
    ),
    short_names=("svc",),
    categories=("all",),
    subresources=frozenset({"status"}),
    columns=SERVICE_COLUMNS,
    builtin=True,
    prepare=service_defaults,
    validate=service_rules,
)

_ENDPOINT = obj(
    "One pod that answers.",
    {
        "addresses": array("Its addresses.", string(), number=1, list_type="set"),
        "conditions": obj(
            "Whether it answers.",
            {
                "ready": boolean("It does, and is not about to end.", number=1),
                "serving": boolean("It does.", number=2),
                "terminating": boolean("It is about to end.", number=3),
            },
            number=2,
            default={},
            name="EndpointConditions",
        ),
        "hostname": string("Its host name.", number=3),
        "targetRef": OBJECT_REFERENCE.but(number=4, description="The pod."),
        "nodeName": string("Its node.", number=6),
        "zone": string("Its zone.", number=7),
        "deprecatedTopology": mapping("Of an older version.", number=5),
        "hints": obj(
            "Who should use it.",
            taken(list_="forNodes forZones"),
            number=8,
            name="EndpointHints",
        ),
    },
    required=("addresses",),
    name="Endpoint",
)
_ENDPOINT_PORT = obj(
    "One port of all endpoints of the slice.",
    {
        "name": string("The Service's name for it.", number=1, default=""),
        "protocol": PROTOCOL.but(number=2),
        "port": integer("Its number.", number=3),
        "appProtocol": string("What is spoken on it.", number=4),
    },
    map_type="atomic",
    name="EndpointPort",
)
ENDPOINT_SLICE = Kind(
    group="discovery.k8s.io",
    version="v1",
    kind="EndpointSlice",
    plural="endpointslices",
    schema=resource(
        "The pods that answer for a Service, or some of them.",
        {
            "addressType": string(
                "IPv4, IPv6 or FQDN.",
                number=4,
                enum=("FQDN", "IPv4", "IPv6"),
                name="v1.AddressType",
            ),
            "endpoints": array("The pods.", _ENDPOINT, number=2),
            "ports": array("Their ports.", _ENDPOINT_PORT, number=3),
        },
        required=("addressType",),
        name="EndpointSlice",
    ),
    columns=ENDPOINT_SLICE_COLUMNS,
    builtin=True,
    validate=endpoint_slice_rules,
)
