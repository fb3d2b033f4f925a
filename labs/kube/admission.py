"""What the API does to an object between the request and the store.

The order is the API server's: decode (types, unknown fields), set the metadata only the server
writes, defaults, rules of the schema and of the kind, admission webhooks. Nothing here stores.

Source: the Kubernetes API concepts (field validation, metadata, generation) and API conventions.
"""

import random
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from labs.kube import schema_check, violation
from labs.kube.core_meta import resource
from labs.kube.core_rules import metadata_violations
from labs.kube.decoding import strict_error, strict_warnings
from labs.kube.errors import ApiError, bad_request, conflict, denied, invalid
from labs.kube.kinds import Kind
from labs.kube.schema import Obj
from labs.kube.times import now

_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
_OURS = ("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds")
_ANY_OBJECT = resource("Any object.", {}, preserve_unknown=True)
FIELD_VALIDATIONS = ("Ignore", "Warn", "Strict")


class DeniedError(Exception):
    """A webhook's check refuses the object; the text is its message."""


@dataclass(frozen=True)
class Review:
    """What a webhook is asked about; objects are in the storage version.

    Attributes:
        operation: "CREATE", "UPDATE" or "DELETE".
        old: the object as it is; `None` when it is new.
        new: the object as it would be; `None` when it is deleted.
        list: the other objects of a resource, as things stand.
    """

    operation: str
    old: Obj | None
    new: Obj | None
    list: Callable[[str], list[Obj]]


@dataclass(frozen=True)
class Webhook:
    """A check of an integration: `check` raises `DeniedError` with what is wrong."""

    name: str
    resources: tuple[str, ...]
    operations: tuple[str, ...]
    check: Callable[[Review], None]


@dataclass
class How:
    """How a write is to be done, and what is told beside its answer.

    Attributes:
        manager: who writes; it owns the fields.
        dry_run: everything but the storing.
        field_validation: what an unknown field is: "Strict" an error, "Warn" or "Ignore".
        warnings: what the server warns of is added here.
        force: a server-side apply takes fields from their owners.
    """

    manager: str = "locrib"
    dry_run: bool = False
    field_validation: str = "Strict"
    warnings: list[str] = field(default_factory=list)
    force: bool = False


def wrong_type(obj: Obj, kind: Kind) -> str | None:
    """The refusal of the first value of a wrong JSON type; `None` when there is none.

    A custom resource's own fields are told of by its schema, but its metadata is like any other's.
    """
    told_as_builtin = kind if kind.builtin else replace(kind, builtin=True, schema=_ANY_OBJECT)
    return schema_check.undecodable(obj, told_as_builtin)


def decoded(obj: Obj, kind: Kind, how: How) -> Obj:
    """The object with only the fields its schema knows.

    Raises:
        ApiError: a value has the wrong type (built-in kinds), or a field is unknown and how the
            write is to be done is strict about it.
    """
    if how.field_validation not in FIELD_VALIDATIONS:
        raise bad_request(
            f'fieldValidation: Unsupported value: "{how.field_validation}": '
            'supported values: "", "Ignore", "Strict", "Warn"'
        )
    if wrong := wrong_type(obj, kind):
        raise bad_request(wrong)
    strays = schema_check.unknown(obj, kind.schema)
    if strays and how.field_validation == "Strict":
        raise bad_request(strict_error(kind, strays))
    if how.field_validation == "Warn":
        how.warnings.extend(strict_warnings(strays))
    return schema_check.pruned(obj, kind.schema) if strays else obj


def new_metadata(obj: Obj, namespace: str) -> Obj:
    """A new object's metadata, with what only the server writes."""
    given = dict(obj.get("metadata") or {})
    if not given.get("name") and given.get("generateName"):
        ending = "".join(random.choices(_LETTERS, k=5))  # noqa: S311 -- a name, no secret
        given["name"] = f"{given['generateName'][:58]}{ending}"
    for name in ("resourceVersion", "generation", "selfLink", "namespace", *_OURS):
        given.pop(name, None)
    if namespace:
        given["namespace"] = namespace
    return _without_empty(given) | {"uid": str(uuid.uuid4()), "creationTimestamp": now()}


def kept_metadata(obj: Obj, old: Obj, kind: Kind) -> Obj:
    """A changed object's metadata: what only the server writes stays as it is.

    Raises:
        ApiError: it is another object's, or made from an older version of this one.
    """
    given, before = dict(obj.get("metadata") or {}), old["metadata"]
    name = before["name"]
    if given.get("uid", before["uid"]) != before["uid"]:
        told = (
            f"Precondition failed: UID in precondition: {given['uid']}, "
            f"UID in object meta: {before['uid']}"
        )
        raise conflict(kind.resource, name, told)
    if given.get("resourceVersion") not in (None, "", before["resourceVersion"]):
        raise conflict(kind.resource, name)
    for mine in ("generation", "namespace", "name", "generateName", "resourceVersion", *_OURS):
        given.pop(mine, None)
        if mine in before:
            given[mine] = before[mine]
    added = set(given.get("finalizers") or ()) - set(before.get("finalizers") or ())
    if added and "deletionTimestamp" in before:
        listed = ", ".join(f'"{name}"' for name in sorted(added))
        told = (
            "no new finalizers can be added if the object is being deleted, "
            f"found new finalizers []string{{{listed}}}"
        )
        raise invalid(kind, name, [violation.forbidden("metadata.finalizers", told)])
    return _without_empty(given)


def _without_empty(metadata: Obj) -> Obj:
    """Metadata as a cluster keeps it: empty lists and maps are left out, and so are no change."""
    return {name: value for name, value in metadata.items() if value not in ({}, [])}


def counts_generations(kind: Kind) -> bool:
    """Whether the kind's generation counts its changes: as a cluster does, not all built-ins'."""
    if not kind.builtin:
        return True
    status = kind.schema.properties.get("status")
    return status is not None and "observedGeneration" in status.properties


def wanted_part(obj: Obj) -> Obj:
    """What the object's owner asks for: everything but metadata and status."""
    return {name: obj[name] for name in obj if name not in ("metadata", "status")}


def same(one: Obj, other: Obj) -> bool:
    """Whether two states of an object differ in nothing but the record of who wrote what."""
    return _without_record(one) == _without_record(other)


def record_differs(old: Obj, new: Obj) -> bool:
    """Whether who owns which field changed, and not only when it was last written."""
    records = [
        [{**entry, "time": ""} for entry in obj["metadata"].get("managedFields") or ()]
        for obj in (old, new)
    ]
    return records[0] != records[1]


def with_status_of(obj: Obj, other: Obj) -> Obj:
    """The object with the other's status, or with none where the other has none."""
    rest = {name: value for name, value in obj.items() if name != "status"}
    return {**rest, "status": other["status"]} if "status" in other else rest


def only_status(new: Obj, old: Obj) -> Obj:
    """The old object with the new one's status: what a write of the status may change."""
    metadata = {**old["metadata"]}
    if "managedFields" in new["metadata"]:
        metadata["managedFields"] = new["metadata"]["managedFields"]
    return with_status_of({**old, "metadata": metadata}, new)


def _without_record(obj: Obj) -> Obj:
    record = ("managedFields", "resourceVersion", "generation")
    metadata = {
        name: value
        for name, value in obj["metadata"].items()
        if name not in record and value not in ({}, [], None)
    }
    return {**obj, "metadata": metadata}


def completed(new: Obj, old: Obj | None, kind: Kind) -> Obj:
    """The object with its defaults, and its generation counted."""
    done = kind.prepare(schema_check.with_defaults(new, kind.schema), old)
    if counts_generations(kind):
        before = old["metadata"].get("generation", 0) if old is not None else 0
        moved = old is None or wanted_part(done) != wanted_part(old)
        done["metadata"]["generation"] = before + 1 if moved else max(before, 1)
    return done


def check(new: Obj, old: Obj | None, kind: Kind, subresource: str = "") -> None:
    """Hold the object against its schema and the rules of its kind.

    Raises:
        ApiError: it breaks one (422, with all of them).
    """
    found = [
        *metadata_violations(new, kind),
        *schema_check.violations(new, kind.schema, old, builtin=kind.builtin),
    ]
    if kind.builtin:
        # Controllers write the status of Kubernetes' own kinds; a cluster believes them.
        found = [one for one in found if not one.path.startswith("status")]
    if not found and subresource != "status":
        found = list(kind.validate(new, old))
    if found:
        raise invalid(kind, new["metadata"].get("name", ""), found)


def ask(
    webhooks: Sequence[Webhook], resource: str, review: Review, details: Mapping[str, Any]
) -> None:
    """Ask every webhook that wants to know.

    Raises:
        ApiError: one of them refuses (403).
    """
    for webhook in webhooks:
        if resource in webhook.resources and review.operation in webhook.operations:
            try:
                webhook.check(review)
            except DeniedError as refusal:
                error = denied(webhook.name, str(refusal))
                raise ApiError(error.code, error.reason, error.message, details) from None
