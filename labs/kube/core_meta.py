"""What every object carries: apiVersion, kind and metadata (meta/v1 ObjectMeta)."""

from collections.abc import Mapping
from typing import Unpack

from labs.kube.schema import (
    Options,
    Schema,
    anything,
    array,
    boolean,
    integer,
    kept,
    mapping,
    obj,
    string,
    time,
)

_OWNER = obj(
    "An object that this one goes away with.",
    {
        "apiVersion": string("The owner's API group and version.", number=5),
        "kind": string("The owner's kind.", number=1),
        "name": string("The owner's name.", number=3),
        "uid": string("The owner's uid.", number=4, name="types.UID"),
        "controller": boolean("The owner is the controller that made this object.", number=6),
        "blockOwnerDeletion": boolean(
            "A foreground deletion of the owner waits for this object.", number=7
        ),
    },
    required=("apiVersion", "kind", "name", "uid"),
    map_type="atomic",
    name="OwnerReference",
)

_MANAGED = obj(
    "Which fields one writer owns.",
    {
        "manager": string("The writer, such as kubectl-client-side-apply.", number=1),
        "operation": string(
            "How it wrote: Apply or Update.", number=2, name="v1.ManagedFieldsOperationType"
        ),
        "apiVersion": string("The version in which the fields are named.", number=3),
        "time": time("When it last wrote.", number=4),
        "fieldsType": string("The form of fieldsV1: always FieldsV1.", number=6),
        "fieldsV1": kept("The fields.", number=7),
        "subresource": string("The subresource it wrote through, such as status.", number=8),
    },
    name="ManagedFieldsEntry",
)

OBJECT_META = obj(
    "Name, labels and the API's own record of the object.",
    {
        "name": string("The object's name, unique for its kind in its namespace.", number=1),
        "generateName": string("A prefix; the API server adds five letters.", number=2),
        "namespace": string("The namespace the object lives in.", number=3),
        "selfLink": string("Empty since Kubernetes 1.20.", number=4),
        "uid": string("Tells this object from all others, ever.", number=5, name="types.UID"),
        "resourceVersion": string("Changes with every write.", number=6),
        "generation": integer("Counts changes of the spec.", number=7, format="int64"),
        "creationTimestamp": time("When the object was made.", number=8),
        "deletionTimestamp": time("When it is to be gone; set by a delete.", number=9),
        "deletionGracePeriodSeconds": integer(
            "Seconds it has to end by itself.", number=10, format="int64"
        ),
        "labels": mapping("Names by which selectors find the object.", number=11),
        "annotations": mapping("Notes for tools and people; no selector sees them.", number=12),
        "ownerReferences": array(
            "The objects this one goes away with.",
            _OWNER,
            number=13,
            list_keys=("uid",),
            merge_key="uid",
        ),
        "finalizers": array(
            "Who must agree before the object is gone.",
            string(),
            number=14,
            list_type="set",
            merge_key=".",
        ),
        "managedFields": array("Who owns which field.", _MANAGED, number=17),
    },
    name="ObjectMeta",
)


LABEL_SELECTOR = obj(
    "Chooses objects by their labels; an empty selector chooses all.",
    {
        "matchLabels": mapping("Labels that must have exactly these values.", number=1),
        "matchExpressions": array(
            "Conditions on labels; all of them must hold.",
            obj(
                "One condition on one label.",
                {
                    "key": string("The label's name.", number=1),
                    "operator": string(
                        "In, NotIn, Exists or DoesNotExist.",
                        number=2,
                        enum=("DoesNotExist", "Exists", "In", "NotIn"),
                        name="v1.LabelSelectorOperator",
                    ),
                    "values": array("The values for In and NotIn.", string(), number=3),
                },
                required=("key", "operator"),
                name="LabelSelectorRequirement",
            ),
            number=2,
        ),
    },
    map_type="atomic",
    name="LabelSelector",
)

OBJECT_REFERENCE = obj(
    "Names another object.",
    {
        "kind": string("Its kind.", number=1),
        "namespace": string("Its namespace.", number=2),
        "name": string("Its name.", number=3),
        "uid": string("Its uid.", number=4, name="types.UID"),
        "apiVersion": string("Its API group and version.", number=5),
        "resourceVersion": string("The version that is meant.", number=6),
        "fieldPath": string("The part that is meant, such as spec.containers{web}.", number=7),
    },
    map_type="atomic",
    name="ObjectReference",
)


def condition(name: str, numbers: Mapping[str, int]) -> Schema:
    """One fact about an object's state, as every status lists them.

    Args:
        name: Kubernetes' name of the type, such as "DeploymentCondition".
        numbers: the fields it has, beside type (1) and status (2), with their protobuf numbers.
    """
    known = {
        "lastHeartbeatTime": time("When it was last looked at."),
        "lastProbeTime": time("When it was last looked at."),
        "lastUpdateTime": time("When it was last written."),
        "lastTransitionTime": time("When the status last changed."),
        "observedGeneration": integer("The generation it was said about.", format="int64"),
        "reason": string("One word on why."),
        "message": string("A sentence on why."),
    }
    fields = {
        "type": string("What it is about.", number=1, name=f"v1.{name}Type"),
        "status": string("True, False or Unknown.", number=2, name="v1.ConditionStatus"),
    }
    fields |= {key: known[key].but(number=number) for key, number in numbers.items()}
    needed = tuple(fields) if name == "Condition" else ("type", "status")
    required = tuple(key for key in needed if key != "observedGeneration")
    return obj("One fact about the state.", fields, required=required, name=name)


def conditions(what: Schema, number: int) -> Schema:
    """The list of an object's conditions: one of each type."""
    return array(
        "Facts about the state, one of each type.",
        what,
        number=number,
        list_keys=("type",),
        merge_key="type",
    )


def taken(
    *,
    text: str = "",
    flag: str = "",
    whole: str = "",
    wide: str = "",
    thing: str = "",
    list_: str = "",
) -> dict[str, Schema]:
    """Fields of Kubernetes that the lab's API takes and keeps, and that nothing acts on.

    Each argument lists names: of texts, booleans, whole numbers of 32 and of 64 bits, objects and
    lists.
    """
    why = "Kept as it is; nothing in the lab acts on it."
    kinds = (
        (text, string(why, taken=True)),
        (flag, boolean(why, taken=True)),
        (whole, integer(why, taken=True)),
        (wide, integer(why, taken=True, format="int64")),
        (thing, kept(why, taken=True)),
        (list_, array(why, anything(), taken=True)),
    )
    return {name: schema for names, schema in kinds for name in names.split()}


def texts(description: str, number: int) -> Schema:
    """A list of texts that is owned and replaced as a whole."""
    return array(description, string(), number=number)


def named(description: str, what: Schema, number: int = 0, key: str = "name") -> Schema:
    """A list whose items are told apart by their names."""
    return array(description, what, number=number, list_keys=(key,), merge_key=key)


def kept_by_name(name: str) -> Schema:
    """A list nothing acts on, whose items are told apart by their names."""
    item = obj("Kept as it is.", {"name": string()}, preserve_unknown=True, name=name)
    return named("Kept as it is; nothing in the lab acts on it.", item).but(taken=True)


def resource(
    description: str, properties: Mapping[str, Schema], **options: Unpack[Options]
) -> Schema:
    """The schema of a whole kind: `properties` beside apiVersion, kind and metadata.

    Args:
        description: what the kind is for, in a line.
        properties: usually "spec" and "status".
        options: as for `labs.kube.schema.obj`: required=("spec",), rules=(...), name="Service".
    """
    whole = {
        "apiVersion": string("The API group and version, such as apps/v1."),
        "kind": string("The kind of object."),
        "metadata": OBJECT_META.but(number=1),
        **properties,
    }
    return obj(description, whole, **options)


def shown_labels(labels: Mapping[str, str] | None) -> str:
    """Labels as kubectl writes them in one cell: "app=web,tier=front"."""
    return ",".join(f"{key}={value}" for key, value in sorted((labels or {}).items())) or "<none>"
