"""Pod: containers that run together on one node (core/v1)."""

from labs.kube.core_meta import resource
from labs.kube.core_pod_columns import POD_COLUMNS
from labs.kube.core_pod_rules import pod_defaults, pod_rules
from labs.kube.core_pod_spec import POD_SPEC
from labs.kube.core_pod_status import POD_STATUS
from labs.kube.kinds import Kind

POD = Kind(
    group="",
    version="v1",
    kind="Pod",
    plural="pods",
    schema=resource(
        "Containers that run together on one node.",
        {"spec": POD_SPEC.but(number=2), "status": POD_STATUS.but(number=3, default={})},
        name="Pod",
    ),
    short_names=("po",),
    categories=("all",),
    subresources=frozenset(
        {"status", "log", "exec", "attach", "portforward", "eviction", "binding"}
    ),
    columns=POD_COLUMNS,
    builtin=True,
    prepare=pod_defaults,
    validate=pod_rules,
)
