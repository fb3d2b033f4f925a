"""What `kubectl get` shows of Deployments, ReplicaSets, DaemonSets and their revisions."""

from typing import Any

from labs.kube.core_meta import shown_labels
from labs.kube.kinds import Column
from labs.kube.schema import Obj


def _count(name: str, part: str = "status") -> Any:  # noqa: ANN401 -- a column's function
    return lambda one: one.get(part, {}).get(name, 0)


def _ready(deployment: Obj) -> str:
    wanted = deployment.get("spec", {}).get("replicas", 0)
    return f"{deployment.get('status', {}).get('readyReplicas', 0)}/{wanted}"


def _of_containers(field: str) -> Any:  # noqa: ANN401 -- a column's function
    def shown(one: Obj) -> str:
        pod = one.get("spec", {}).get("template", {}).get("spec", {})
        return ",".join(str(each.get(field, "")) for each in pod.get("containers", []))

    return shown


def shown_selector(selector: Obj | None) -> str:
    """A label selector as kubectl writes it: "app=web,tier in (a,b),!old"."""
    if selector is None:
        return "<none>"
    parts = [f"{key}={value}" for key, value in sorted(selector.get("matchLabels", {}).items())]
    for one in selector.get("matchExpressions", []):
        key, values = one.get("key"), ",".join(sorted(one.get("values", [])))
        forms = {
            "In": f"{key} in ({values})",
            "NotIn": f"{key} notin ({values})",
            "Exists": f"{key}",
            "DoesNotExist": f"!{key}",
        }
        parts.append(forms.get(str(one.get("operator")), f"{key}"))
    return ",".join(parts) or "<none>"


_WIDE = (
    Column("Containers", _of_containers("name"), description="Its containers.", wide=True),
    Column("Images", _of_containers("image"), description="Their images.", wide=True),
    Column(
        "Selector",
        lambda one: shown_selector(one.get("spec", {}).get("selector")),
        description="Which pods are its own.",
        wide=True,
    ),
)
DEPLOYMENT_COLUMNS = (
    Column("Ready", _ready, description="Pods that are ready, of those wanted."),
    Column("Up-to-date", _count("updatedReplicas"), "integer", "Pods of the newest version."),
    Column(
        "Available",
        _count("availableReplicas"),
        "integer",
        "Pods that have been ready for long enough.",
    ),
    *_WIDE,
)
REPLICA_SET_COLUMNS = (
    Column("Desired", _count("replicas", "spec"), "integer", "Pods wanted."),
    Column("Current", _count("replicas"), "integer", "Pods there are."),
    Column("Ready", _count("readyReplicas"), "integer", "Pods that are ready."),
    *_WIDE,
)


def _node_selector(one: Obj) -> str:
    pod = one.get("spec", {}).get("template", {}).get("spec", {})
    return shown_labels(pod.get("nodeSelector"))


DAEMON_SET_COLUMNS = (
    Column("Desired", _count("desiredNumberScheduled"), "integer", "Nodes that should have one."),
    Column("Current", _count("currentNumberScheduled"), "integer", "Nodes that have one."),
    Column("Ready", _count("numberReady"), "integer", "Nodes whose pod is ready."),
    Column(
        "Up-to-date", _count("updatedNumberScheduled"), "integer", "Those of the newest version."
    ),
    Column("Available", _count("numberAvailable"), "integer", "Those ready for long enough."),
    Column("Node Selector", _node_selector, description="Labels its nodes must have."),
    *_WIDE,
)


def _controller(one: Obj) -> str:
    for owner in one.get("metadata", {}).get("ownerReferences", []):
        if owner.get("controller"):
            group = str(owner.get("apiVersion", "")).rpartition("/")[0]
            kind = str(owner.get("kind", "")).lower()
            return f"{kind}.{group}/{owner.get('name')}" if group else f"{kind}/{owner.get('name')}"
    return "<none>"


CONTROLLER_REVISION_COLUMNS = (
    Column("Controller", _controller, description="Whose version it is."),
    Column("Revision", ".revision", "integer", "Its number."),
)
