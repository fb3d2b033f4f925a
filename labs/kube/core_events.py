"""Events: what happened to an object, as core/v1 keeps it and as events.k8s.io/v1 names it.

Both are one resource in two versions: objects are kept as core/v1 Events.
"""

from labs.kube.core_meta import OBJECT_REFERENCE, resource
from labs.kube.core_rules import event_rules
from labs.kube.kinds import Column, Kind
from labs.kube.schema import Obj, integer, obj, string, time
from labs.kube.times import age

_ABOUT = OBJECT_REFERENCE.but(description="The object it happened to.")
_SOURCE = obj(
    "Who saw it.",
    {
        "component": string("The program.", number=1),
        "host": string("Its node.", number=2),
    },
    name="EventSource",
)
_SERIES = obj(
    "How often it was seen again.",
    {
        "count": integer("How often.", number=1),
        "lastObservedTime": time("When last.", number=2),
    },
    name="EventSeries",
)
_WHEN = time("When it was first seen, to the microsecond.")
_TYPE = string("Normal or Warning.")
_RENAMED = {
    "regarding": "involvedObject",
    "note": "message",
    "deprecatedSource": "source",
    "deprecatedFirstTimestamp": "firstTimestamp",
    "deprecatedLastTimestamp": "lastTimestamp",
    "deprecatedCount": "count",
    "reportingController": "reportingComponent",
}


def _last(event: Obj) -> str:
    """When it was last seen."""
    series = event.get("series") or {}
    seen = series.get("lastObservedTime") or event.get("lastTimestamp")
    return age(seen) if seen else _first(event)


def _first(event: Obj) -> str:
    return age(event.get("firstTimestamp") or event.get("eventTime"))


def _object(event: Obj) -> str:
    about = event.get("involvedObject", {})
    kind, name = str(about.get("kind", "")).lower(), about.get("name", "")
    return f"{kind}/{name}" if name else kind


def _source(event: Obj) -> str:
    source = event.get("source") or {}
    component = source.get("component") or event.get("reportingComponent", "")
    host = source.get("host") or event.get("reportingInstance", "")
    return ", ".join(part for part in (component, host) if part)


def _count(event: Obj) -> int:
    return int((event.get("series") or {}).get("count") or event.get("count") or 1)


_COLUMNS = (
    Column("Last Seen", _last, description="How long ago it was last seen."),
    Column("Type", ".type", description="Normal or Warning."),
    Column("Reason", ".reason", description="One word on what happened."),
    Column("Object", _object, description="What it happened to."),
    Column("Subobject", ".involvedObject.fieldPath", description="Which part.", wide=True),
    Column("Source", _source, description="Who saw it.", wide=True),
    Column("Message", lambda event: str(event.get("message", "")).strip()),
    Column("First Seen", _first, description="How long ago it was first seen.", wide=True),
    Column("Count", _count, "integer", "How often it was seen.", wide=True),
    Column("Name", ".metadata.name", description="The event's name.", wide=True),
)

EVENT = Kind(
    group="",
    version="v1",
    kind="Event",
    plural="events",
    schema=resource(
        "Something that happened to an object.",
        {
            "involvedObject": _ABOUT.but(number=2),
            "reason": string("One word on what happened.", number=3),
            "message": string("A sentence on it.", number=4),
            "source": _SOURCE.but(number=5, default={}),
            "firstTimestamp": time("When it was first seen.", number=6),
            "lastTimestamp": time("When it was last seen.", number=7),
            "count": integer("How often it was seen.", number=8),
            "type": _TYPE.but(number=9),
            "eventTime": _WHEN.but(number=10),
            "series": _SERIES.but(number=11),
            "action": string("What was done.", number=12),
            "related": OBJECT_REFERENCE.but(number=13, description="Another object it is about."),
            "reportingComponent": string("Who saw it.", number=14, default=""),
            "reportingInstance": string("Which of them.", number=15, default=""),
        },
        required=("metadata", "involvedObject"),
        name="Event",
    ),
    short_names=("ev",),
    columns=_COLUMNS,
    builtin=True,
    validate=event_rules,
)


def _from_core(event: Obj) -> Obj:
    old = {core: name for name, core in _RENAMED.items()}
    told = {old.get(key, key): value for key, value in event.items()}
    return {**told, "apiVersion": "events.k8s.io/v1"}


def _to_core(event: Obj) -> Obj:
    told = {_RENAMED.get(key, key): value for key, value in event.items()}
    return {**told, "apiVersion": "v1"}


NEW_EVENT = Kind(
    group="events.k8s.io",
    version="v1",
    kind="Event",
    plural="events",
    schema=resource(
        "Something that happened to an object.",
        {
            "eventTime": _WHEN.but(number=2),
            "series": _SERIES.but(number=3, required=("count", "lastObservedTime")),
            "reportingController": string("Who saw it.", number=4),
            "reportingInstance": string("Which of them.", number=5),
            "action": string("What was done.", number=6),
            "reason": string("One word on what happened.", number=7),
            "regarding": _ABOUT.but(number=8),
            "related": OBJECT_REFERENCE.but(number=9, description="Another object it is about."),
            "note": string("A sentence on it.", number=10),
            "type": _TYPE.but(number=11),
            "deprecatedSource": _SOURCE.but(number=12),
            "deprecatedFirstTimestamp": time("When it was first seen.", number=13),
            "deprecatedLastTimestamp": time("When it was last seen.", number=14),
            "deprecatedCount": integer("How often it was seen.", number=15),
        },
        required=("eventTime",),
        name="Event",
    ),
    short_names=("ev",),
    columns=_COLUMNS,
    builtin=True,
    storage=False,
    to_storage=_to_core,
    from_storage=_from_core,
    validate=event_rules,
)
