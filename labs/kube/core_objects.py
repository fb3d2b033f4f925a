"""Small kinds: Namespace, ConfigMap, Secret, ServiceAccount, Lease (core/v1, coordination/v1)."""

from labs.kube.core_meta import OBJECT_REFERENCE, condition, conditions, resource, texts
from labs.kube.core_pod_spec import NAME_REFERENCE
from labs.kube.core_rules import config_map_rules, namespace_defaults, secret_defaults, secret_rules
from labs.kube.kinds import Column, Kind
from labs.kube.schema import Obj, array, boolean, integer, mapping, obj, octets, string, time

NAMESPACE = Kind(
    group="",
    version="v1",
    kind="Namespace",
    plural="namespaces",
    schema=resource(
        "A room of its own for names.",
        {
            "spec": obj(
                "What holds it.",
                {"finalizers": texts("Who must agree before it is gone.", 1)},
                number=2,
                default={},
                name="NamespaceSpec",
            ),
            "status": obj(
                "How it is.",
                {
                    "phase": string(
                        "Active or Terminating.",
                        number=1,
                        default="Active",
                        name="v1.NamespacePhase",
                    ),
                    "conditions": conditions(
                        condition(
                            "NamespaceCondition",
                            {"lastTransitionTime": 4, "reason": 5, "message": 6},
                        ),
                        2,
                    ),
                },
                number=3,
                default={},
                name="NamespaceStatus",
            ),
        },
        name="Namespace",
    ),
    namespaced=False,
    short_names=("ns",),
    subresources=frozenset({"status", "finalize"}),
    columns=(Column("Status", ".status.phase", description="Active or Terminating."),),
    builtin=True,
    prepare=namespace_defaults,
)


def _keys(one: Obj) -> int:
    return len(one.get("data") or {}) + len(one.get("binaryData") or {})


_DATA = Column("Data", _keys, "integer", "How many keys it has.")
_IMMUTABLE = boolean("It cannot be changed any more.")

CONFIG_MAP = Kind(
    group="",
    version="v1",
    kind="ConfigMap",
    plural="configmaps",
    schema=resource(
        "Settings, by key.",
        {
            "data": mapping("Texts.", number=2),
            "binaryData": mapping("Octets, in base64.", octets(), number=3),
            "immutable": _IMMUTABLE.but(number=4),
        },
        name="ConfigMap",
    ),
    short_names=("cm",),
    columns=(_DATA,),
    builtin=True,
    validate=config_map_rules,
)

SECRET = Kind(
    group="",
    version="v1",
    kind="Secret",
    plural="secrets",
    schema=resource(
        "Settings that are not for everybody, by key.",
        {
            "data": mapping("The values, in base64.", octets(), number=2),
            "type": string(
                "What it holds, such as kubernetes.io/basic-auth.",
                number=3,
                default="Opaque",
                name="v1.SecretType",
            ),
            "stringData": mapping("Values as plain text; written only.", number=4),
            "immutable": _IMMUTABLE.but(number=5),
        },
        name="Secret",
    ),
    columns=(Column("Type", ".type", description="What it holds."), _DATA),
    builtin=True,
    prepare=secret_defaults,
    validate=secret_rules,
)

SERVICE_ACCOUNT = Kind(
    group="",
    version="v1",
    kind="ServiceAccount",
    plural="serviceaccounts",
    schema=resource(
        "Who a pod is to the API.",
        {
            "secrets": array(
                "Secrets its pods may use.",
                OBJECT_REFERENCE,
                number=2,
                list_keys=("name",),
                merge_key="name",
            ),
            "imagePullSecrets": array("Secrets for fetching images.", NAME_REFERENCE, number=3),
            "automountServiceAccountToken": boolean("Its pods get a token.", number=4),
        },
        name="ServiceAccount",
    ),
    short_names=("sa",),
    columns=(Column("Secrets", lambda one: len(one.get("secrets", [])), "integer", "How many."),),
    builtin=True,
)

LEASE = Kind(
    group="coordination.k8s.io",
    version="v1",
    kind="Lease",
    plural="leases",
    schema=resource(
        "Who leads, and for how long.",
        {
            "spec": obj(
                "Who leads.",
                {
                    "holderIdentity": string("Who holds it.", number=1),
                    "leaseDurationSeconds": integer("For how long.", number=2, minimum=1),
                    "acquireTime": time("Since when.", number=3),
                    "renewTime": time("When last said.", number=4),
                    "leaseTransitions": integer("How often it changed hands.", number=5, minimum=0),
                    "strategy": string(
                        "How the next is chosen.", number=6, name="v1.CoordinatedLeaseStrategy"
                    ),
                    "preferredHolder": string("Who should hold it.", number=7),
                },
                number=2,
                name="LeaseSpec",
            )
        },
        name="Lease",
    ),
    columns=(Column("Holder", ".spec.holderIdentity", description="Who holds it."),),
    builtin=True,
)
