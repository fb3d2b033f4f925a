"""What `kubectl get` prints: the server makes the table, kubectl only draws it.

Source: Table and PartialObjectMetadata (meta.k8s.io/v1) in the API reference; the printer columns
of CustomResourceDefinitions.
"""

from collections.abc import Iterable
from typing import Any

from labs.kube import jsonpath
from labs.kube.kinds import Column, Kind
from labs.kube.schema import Obj
from labs.kube.times import age

NAME = Column("Name", ".metadata.name", description="The object's name, unique in its namespace.")
AGE = Column("Age", ".metadata.creationTimestamp", "date", "How long ago the object was made.")
META = "meta.k8s.io/v1"


def columns(kind: Kind) -> tuple[Column, ...]:
    """A kind's columns, with the name first and the age behind the narrow ones.

    A custom resource that names columns of its own shows its age only if it names that too.
    """
    own = kind.columns
    names = {column.name.lower() for column in own}
    if "name" not in names:
        own = (NAME, *own)
    if "age" not in names and (kind.builtin or not kind.columns):
        narrow = next((at for at, column in enumerate(own) if column.wide), len(own))
        own = (*own[:narrow], AGE, *own[narrow:])
    return own


def table(
    kind: Kind,
    objects: Iterable[Obj],
    metadata: Obj,
    include: str = "Metadata",
    *,
    head: bool = True,
) -> Obj:
    """The table of some objects.

    Args:
        kind: their kind, in the version they have.
        objects: the rows.
        metadata: the list's: resourceVersion, continue.
        include: what goes with a row: "Metadata", "Object" or "None".
        head: tell the columns; a watch tells them once.
    """
    shown = columns(kind)
    return {
        "kind": "Table",
        "apiVersion": META,
        "metadata": metadata,
        "columnDefinitions": [_definition(column) for column in shown] if head else None,
        "rows": [_row(obj, shown, include) for obj in objects],
    }


def _definition(column: Column) -> Obj:
    return {
        "name": column.name,
        "type": "string" if column.type == "date" else column.type,
        "format": "name" if column.name == "Name" and not column.wide else "",
        "description": column.description,
        "priority": 1 if column.wide else 0,
    }


def _row(obj: Obj, shown: tuple[Column, ...], include: str) -> Obj:
    row: Obj = {"cells": [_cell(obj, column) for column in shown]}
    if include == "Object":
        row["object"] = obj
    elif include != "None":
        row["object"] = partial(obj)
    return row


def _cell(obj: Obj, column: Column) -> Any:  # noqa: ANN401 -- a text, a number, a truth or nothing
    if callable(column.value):
        value = column.value(obj)
        return age(value) if column.type == "date" and isinstance(value, str) else value
    found = jsonpath.found(obj, column.value)
    if column.type == "date":
        return age(found[0] if found else None)
    if not found:
        return None
    if column.type in ("integer", "number", "boolean"):
        return found[0]
    return jsonpath.text(found)


def partial(obj: Obj) -> Obj:
    """Only an object's metadata."""
    return {
        "kind": "PartialObjectMetadata",
        "apiVersion": META,
        "metadata": obj["metadata"],
    }
