"""What is in the cluster from the start: MetalLB's namespace and workloads.

Names, labels, images and flags are those of MetalLB's own manifest for its FRR mode, so that
`kubectl -n metallb-system get pods`, `logs` and `rollout status` work as they do elsewhere. A
cluster has more: service accounts and roles, the webhooks' Service, certificate and configuration,
memberlist's Secret, and beside the speaker four more containers that carry FRR. In the lab FRR
runs on the node itself, webhooks are asked without a network, and everybody may do everything.

Source: MetalLB config/manifests/metallb-frr.yaml.
"""

from typing import Final

from labs.integrations.metallb_kind import NAMESPACE
from labs.kube.schema import Obj

VERSION: Final = "v0.16.1"


def _workload(kind: str, name: str, more: Obj, pod: Obj) -> Obj:
    labels = {"app": "metallb", "component": name}
    container = {
        "name": name,
        "image": f"quay.io/metallb/{name}:{VERSION}",
        "args": ["--port=9120", "--log-level=info"],
        "env": [{"name": "METALLB_BGP_TYPE", "value": "frr"}],
        "ports": [{"name": "metricshttps", "containerPort": 9120}],
    }
    selectors = {"nodeSelector": {"kubernetes.io/os": "linux"}}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": labels},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [container], **selectors, **pod},
            },
            **more,
        },
    }


_ROLES = ("master", "control-plane")
_TOLERATIONS = [
    {"key": f"node-role.kubernetes.io/{role}", "operator": "Exists", "effect": "NoSchedule"}
    for role in _ROLES
]

MANIFESTS: Final[tuple[Obj, ...]] = (
    {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": NAMESPACE,
            "labels": {
                f"pod-security.kubernetes.io/{what}": "privileged"
                for what in ("audit", "enforce", "warn")
            },
        },
    },
    _workload(
        "Deployment",
        "controller",
        {"revisionHistoryLimit": 3},
        {"terminationGracePeriodSeconds": 0},
    ),
    _workload(
        "DaemonSet",
        "speaker",
        {},
        {
            "hostNetwork": True,
            "terminationGracePeriodSeconds": 2,
            "tolerations": _TOLERATIONS,
        },
    ),
)
"""In the order in which they have to be made."""
