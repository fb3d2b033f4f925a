"""Objects that belong to another: who owns what, and pods made from a template.

Source: owner references and pod templates in the Kubernetes documentation.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Iterable
from typing import Final

from labs.kube.api import Api, ApiError
from labs.kube.schema import Obj
from labs.kube.times import now, parse

_LETTERS: Final = "bcdfghjklmnpqrstvwxz2456789"
"""What generated names end in: no vowels, so no words."""


def owner_of(obj: Obj) -> Obj:
    """Return the reference by which others belong to an object."""
    return {
        "apiVersion": obj["apiVersion"],
        "kind": obj["kind"],
        "name": obj["metadata"]["name"],
        "uid": obj["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def is_owned(obj: Obj, owner: Obj) -> bool:
    """Tell whether an object belongs to another."""
    return any(
        one.get("controller") and one["uid"] == owner["metadata"]["uid"]
        for one in obj["metadata"].get("ownerReferences") or ()
    )


def is_free(obj: Obj) -> bool:
    """Tell whether an object belongs to nobody."""
    return not any(one.get("controller") for one in obj["metadata"].get("ownerReferences") or ())


def suffix(length: int = 5) -> str:
    """Return the end of a generated name."""
    return "".join(random.choice(_LETTERS) for _ in range(length))  # noqa: S311 - a name, no secret


def spelled(number: int) -> str:
    """Write a hash in those letters."""
    text = ""
    while number:
        number, digit = divmod(number, len(_LETTERS))
        text += _LETTERS[digit]
    return text[:10]


def pod_from(template: Obj, owner: Obj) -> Obj:
    """Return a new pod of a template, that belongs to `owner`."""
    metadata = template.get("metadata") or {}
    base = owner["metadata"]["name"]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": f"{base[:240]}-{suffix()}",
            "generateName": f"{base}-",
            "namespace": owner["metadata"]["namespace"],
            "labels": dict(metadata.get("labels") or {}),
            "annotations": dict(metadata.get("annotations") or {}),
            "ownerReferences": [owner_of(owner)],
        },
        "spec": copy.deepcopy(template["spec"]),
    }


def create_pod(api: Api, pod: Obj, owner: Obj, component: str) -> bool:
    """Create a pod and tell of it; or tell why not."""
    try:
        made = api.create(pod, manager="kube-controller-manager", field_validation="Ignore")
    except ApiError as error:
        api.event(owner, "FailedCreate", f"Error creating: {error}", "Warning", component)
        return False
    name = made["metadata"]["name"]
    api.event(owner, "SuccessfulCreate", f"Created pod: {name}", component=component)
    return True


def delete_pod(api: Api, pod: Obj, owner: Obj, component: str) -> None:
    """Delete a pod and tell of it."""
    metadata = pod["metadata"]
    try:
        api.delete("pods", metadata["name"], metadata["namespace"], uid=metadata["uid"])
    except ApiError as error:
        if error.reason not in ("NotFound", "Conflict"):
            raise
        return
    api.event(owner, "SuccessfulDelete", f"Deleted pod: {metadata['name']}", component=component)


def condition(obj: Obj, kind: str) -> str:
    """Return the status of a condition, "" where there is none."""
    for one in (obj.get("status") or {}).get("conditions") or ():
        if one["type"] == kind:
            return str(one["status"])
    return ""


def is_ready(pod: Obj) -> bool:
    """Tell whether a pod is ready."""
    return condition(pod, "Ready") == "True"


def is_active(pod: Obj) -> bool:
    """Tell whether a pod counts: it is not over, and nobody is deleting it."""
    over = (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")
    return not over and "deletionTimestamp" not in pod["metadata"]


def is_available(pod: Obj, seconds: int) -> bool:
    """Tell whether a pod has been ready for so long."""
    if not is_ready(pod):
        return False
    since = next(
        one["lastTransitionTime"] for one in pod["status"]["conditions"] if one["type"] == "Ready"
    )
    return not seconds or (parse(now()) - parse(since)).total_seconds() >= seconds


def with_conditions(before: Obj, *wanted: tuple[str, bool, str, str]) -> list[Obj]:
    """Return conditions (type, holds, reason, message), their times kept where nothing changed."""
    known = {one["type"]: one for one in before.get("conditions") or ()}
    found = []
    for kind, holds, reason, message in wanted:
        old, state = known.get(kind, {}), "True" if holds else "False"
        same = old.get("status") == state
        told = same and old.get("reason") == reason and old.get("message") == message
        found.append(
            {
                "type": kind,
                "status": state,
                "reason": reason,
                "message": message,
                "lastTransitionTime": old["lastTransitionTime"] if same else now(),
                "lastUpdateTime": old["lastUpdateTime"] if told else now(),
            }
        )
    return found


def kept(pods: Iterable[Obj]) -> list[Obj]:
    """Return pods in the order in which they are worth keeping: the first to go is the last."""

    def worth(pod: Obj) -> tuple[bool, bool]:
        return bool(pod["spec"].get("nodeName")), is_ready(pod)

    # Of equals the older stays: the newest of the worst goes first.
    ordered = sorted(pods, key=lambda pod: pod["metadata"]["creationTimestamp"])
    return sorted(ordered, key=worth, reverse=True)
