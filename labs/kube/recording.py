"""Events, as the recorder of a cluster's components writes them: the same again is counted.

Source: Event in the core/v1 API reference; the aggregation seen with kubectl (`x12 over 3m`).
"""

import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labs.kube.errors import ApiError
from labs.kube.schema import Obj
from labs.kube.times import now

if TYPE_CHECKING:
    from labs.kube.api import Api

_LONGEST = 1024
_REMEMBERED = 4096
"""How many events are counted when they come again; a recorder of Kubernetes forgets, too."""


@dataclass(frozen=True)
class Happened:
    """What an event tells; `kind` is "Normal" or "Warning"."""

    reason: str
    message: str
    kind: str
    component: str


class Recorder:
    """What an API remembers of the events it was told, to count those that come again."""

    def __init__(self) -> None:
        """Remember nothing yet."""
        self._names: OrderedDict[tuple[str, ...], str] = OrderedDict()
        self._newest = 0

    def name(self, told: tuple[str, ...], about: str) -> str:
        """Return the name of the event that told this before, or a new one.

        It ends in the nanosecond it was first told, as Kubernetes' recorders name events: a list,
        which is in the order of names, is then in the order of what happened.
        """
        if told not in self._names:
            self._newest = max(time.time_ns(), self._newest + 1)
            self._names[told] = f"{about[:200]}.{self._newest:x}"
            if len(self._names) > _REMEMBERED:
                self._names.popitem(last=False)
        return self._names[told]


def record(api: "Api", recorder: Recorder, about: Obj, what: Happened) -> None:
    """Write an event about an object, or count one that told the same."""
    metadata = about["metadata"]
    reason, message, kind, component = what.reason, what.message, what.kind, what.component
    namespace = metadata.get("namespace") or "default"
    told = (namespace, metadata.get("uid", ""), reason, message, kind, component)
    name = recorder.name(told, metadata["name"])
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
