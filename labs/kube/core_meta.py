"""What every object carries: apiVersion, kind and metadata (meta/v1 ObjectMeta)."""

from collections.abc import Mapping
from typing import Unpack

from labs.kube.schema import (
    Options,
    Schema,
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
