"""All of Kubernetes' own kinds that the lab's API serves, and the bodies it takes beside them."""

from typing import Final

from labs.kube.core_definition import DEFINITION
from labs.kube.core_events import EVENT, NEW_EVENT
from labs.kube.core_node import NODE
from labs.kube.core_objects import CONFIG_MAP, LEASE, NAMESPACE, SECRET, SERVICE_ACCOUNT
from labs.kube.core_options import BINDING, DELETE_OPTIONS, EVICTION, SCALE
from labs.kube.core_pod import POD
from labs.kube.core_service import ENDPOINT_SLICE, SERVICE
from labs.kube.core_workloads import CONTROLLER_REVISION, DAEMON_SET, DEPLOYMENT, REPLICA_SET
from labs.kube.kinds import Kind

CORE_KINDS: Final = (
    NAMESPACE,
    NODE,
    POD,
    SERVICE,
    CONFIG_MAP,
    SECRET,
    SERVICE_ACCOUNT,
    EVENT,
    DEPLOYMENT,
    REPLICA_SET,
    DAEMON_SET,
    CONTROLLER_REVISION,
    ENDPOINT_SLICE,
    LEASE,
    NEW_EVENT,
    DEFINITION,
)
"""What is kept and served."""

BODIES: Final[tuple[Kind, ...]] = (SCALE, EVICTION, BINDING, DELETE_OPTIONS)
"""What is only sent: to subresources, and with a DELETE."""
