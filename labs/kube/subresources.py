"""Subresources that are no part of the object as it is: its scale, its eviction, its binding.

Sources: Scale (autoscaling/v1), Eviction (policy/v1) and Binding (core/v1) in the API reference.
"""

from labs.kube import deleting
from labs.kube.api import Api
from labs.kube.errors import bad_request
from labs.kube.schema import Obj


def scale_of(obj: Obj) -> Obj:
    """How many replicas an object asks for and has."""
    metadata = obj["metadata"]
    told = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    selector = (obj.get("spec") or {}).get("selector") or {}
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {name: metadata[name] for name in told if name in metadata},
        "spec": {"replicas": (obj.get("spec") or {}).get("replicas", 1)},
        "status": {
            "replicas": (obj.get("status") or {}).get("replicas", 0),
            "selector": _selector_text(selector),
        },
    }


def _selector_text(selector: Obj) -> str:
    parts = [f"{key}={value}" for key, value in sorted((selector.get("matchLabels") or {}).items())]
    for one in selector.get("matchExpressions") or ():
        key, values = one["key"], ",".join(sorted(one.get("values") or ()))
        parts.append(
            {
                "In": f"{key} in ({values})",
                "NotIn": f"{key} notin ({values})",
                "Exists": key,
                "DoesNotExist": f"!{key}",
            }[one["operator"]]
        )
    return ",".join(parts)


def with_scale(obj: Obj, scale: Obj) -> Obj:
    """The object with the replicas that a Scale asks for."""
    replicas = (scale.get("spec") or {}).get("replicas") or 0
    metadata = {**obj["metadata"]}
    if version := (scale.get("metadata") or {}).get("resourceVersion"):
        metadata["resourceVersion"] = version
    return {**obj, "metadata": metadata, "spec": {**obj["spec"], "replicas": replicas}}


def evict(api: Api, name: str, namespace: str, eviction: Obj, *, dry_run: bool) -> None:
    """Delete a pod because its node is to be emptied; a lab has no disruption budgets.

    Raises:
        ApiError: there is no such pod.
    """
    how = deleting.asked(eviction.get("deleteOptions") or {})
    how["dry_run"] = how["dry_run"] or dry_run
    api.delete("pods", name, namespace, **how)


def bind(api: Api, name: str, namespace: str, binding: Obj) -> None:
    """Give a pod its node.

    Raises:
        ApiError: there is no such pod, or it has a node already.
    """
    node = (binding.get("target") or {}).get("name", "")
    pod = api.get("pods", name, namespace)
    if not node:
        raise bad_request("Binding: target.name: Required value: the node to bind the pod to")
    if seen := pod["spec"].get("nodeName"):
        raise bad_request(f'pod "{name}" is already assigned to node "{seen}"')
    api.update({**pod, "spec": {**pod["spec"], "nodeName": node}}, manager="binding")
