"""Events, as the recorder of a cluster's components writes them: the same again is counted.

Source: Event in the core/v1 API reference; the aggregation seen with kubectl (`x12 over 3m`).
"""

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labs.kube.errors import ApiError
from labs.kube.schema import Obj
from labs.kube.times import now

if TYPE_CHECKING:
    from labs.kube.api import Api

_LONGEST = 1024


@dataclass(frozen=True)
class Happened:
    """What an event tells; `kind` is "Normal" or "Warning"."""

    reason: str
    message: str
    kind: str
    component: str


def record(api: "Api", about: Obj, what: Happened) -> None:
    """Write an event about an object, or count one that told the same."""
    metadata = about["metadata"]
    reason, message, kind, component = what.reason, what.message, what.kind, what.component
    namespace = metadata.get("namespace") or "default"
    told = f"{metadata.get('uid', '')}/{reason}/{message}/{kind}/{component}"
    number = hashlib.sha256(told.encode()).hexdigest()[:16]
    name = f"{metadata['name'][:200]}.{number}"
    moment = now()
    try:
        before = api.get("events", name, namespace)
    except ApiError:
        before = None
    if before is not None:
        count = before.get("count", 1) + 1
        api.update(
            {**before, "count": count, "lastTimestamp": moment},
            manager=component,
            field_validation="Ignore",
        )
        return
    involved = {
        "kind": about["kind"],
        "apiVersion": about["apiVersion"],
        "name": metadata["name"],
        "uid": metadata.get("uid", ""),
        "resourceVersion": metadata.get("resourceVersion", ""),
    }
    if "namespace" in metadata:
        involved["namespace"] = metadata["namespace"]
    event: Obj = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": name, "namespace": namespace},
        "involvedObject": involved,
        "reason": reason,
        "message": message[:_LONGEST],
        "source": {"component": component},
        "reportingComponent": component,
        "firstTimestamp": moment,
        "lastTimestamp": moment,
        "count": 1,
        "type": kind,
    }
    try:
        api.create(event, manager=component, field_validation="Ignore")
    except ApiError as error:
        # In a namespace that goes nothing new may be written, and nobody is left to read it.
        if error.reason not in ("Forbidden", "NotFound"):
            raise
