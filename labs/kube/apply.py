"""Server-side apply: many writers, one object, and each field with its owners.

Every write leaves in metadata.managedFields which fields its writer now owns. An apply names all
fields its writer wants: those it named before and no longer names go away, unless somebody else
owns them too; a field that somebody else owns with another value is a conflict, unless it is taken
by force. Any other write takes what it changes.

Source: the Kubernetes documentation of server-side apply; the words of a conflict are the API
server's. Sets of fields are in labs.kube.fields.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from labs.kube import fields
from labs.kube.errors import ApiError, bad_request
from labs.kube.fields import Fields, Path, shown
from labs.kube.kinds import Kind
from labs.kube.schema import ABSENT, Obj, Schema

_LAST: Final = "kubectl.kubernetes.io/last-applied-configuration"
_NO_OWNER: Final = frozenset(
    {
        ("f:apiVersion",),
        ("f:kind",),
        ("f:metadata",),
        *(
            ("f:metadata", f"f:{name}")
            for name in (
                "name",
                "namespace",
                "creationTimestamp",
                "selfLink",
                "uid",
                "generation",
                "managedFields",
                "resourceVersion",
            )
        ),
    }
)


@dataclass(frozen=True)
class _Writer:
    """Who wrote, and how."""

    manager: str
    operation: str
    version: str
    subresource: str = ""

    def shown(self) -> str:
        told = json.dumps(self.manager, ensure_ascii=False)
        if self.subresource:
            told += f' with subresource "{self.subresource}"'
        return f"{told} using {self.version}" if self.operation == "Update" else told


@dataclass(frozen=True)
class _Owned:
    fields: Fields
    time: str
    version: str


_Owners = dict[_Writer, _Owned]


def applied(
    live: Obj | None,
    config: Obj,
    *,
    manager: str,
    force: bool,
    kind: Kind,
    now: str,
    subresource: str = "",
) -> Obj:
    """The object after an apply, with its managedFields.

    Args:
        live: the object as it is; `None` when there is none yet.
        config: what is applied.
        manager: who applies.
        force: take fields that others own.
        kind: the object's kind; `live` and `config` are in its version.
        now: the time to write down, such as "2026-11-23T15:00:00Z".
        subresource: the subresource it is sent to, such as "status".

    Raises:
        ApiError: others own some of the fields (409 Conflict, with a cause for each), or the
            configuration cannot be merged (400).
    """
    if (config.get("metadata") or {}).get("managedFields"):
        raise bad_request("metadata.managedFields must be nil")
    writer = _Writer(manager, "Apply", "", subresource)
    before = live or {}
    owners = _owners(before)
    if live is not None and not owners:
        first = _Writer("before-first-apply", "Update", kind.api_version)
        had = _counted(fields.fields_of(before, kind.schema), kind, "")
        owners[first] = _Owned(had, now, kind.api_version)
    last = owners.get(writer)
    mine = _counted(fields.fields_of(config, kind.schema), kind, subresource)
    owners[writer] = _Owned(mine, now, kind.api_version)
    after = fields.merged(_bare(before), _bare(config), kind.schema)
    if last is not None:
        after = _dropped(after, last.fields, owners, kind.schema)
    change = fields.difference(_bare(before), after, kind.schema)
    conflicts = _conflicts(owners, writer, change)
    if conflicts and not force and not _own_annotation(before, manager, conflicts, kind):
        raise _conflict(conflicts)
    return _with_owners(after, _taken(owners, writer, change, mine), _owners(before))


def tracked(
    old: Obj | None,
    new: Obj,
    *,
    manager: str,
    kind: Kind,
    now: str,
    operation: str = "Update",
    subresource: str = "",
) -> Obj:
    """The object with the managedFields that a create, update or patch leaves.

    Args:
        old: the object before; `None` for a new one.
        new: the object as it will be.
        manager: who writes.
        kind: the object's kind; both are in its version.
        now: the time to write down.
        operation: "Update".
        subresource: the subresource it is sent to, such as "status".
    """
    writer = _Writer(manager, operation, kind.api_version, subresource)
    told = (new.get("metadata") or {}).get("managedFields")
    owners = _owners(new if told else old or {})
    start = _started(kind, new) if old is None else _bare(old)
    change = fields.difference(start, _bare(new), kind.schema)
    gained = _counted(frozenset(change.added | change.modified), kind, subresource)
    had = owners[writer].fields if writer in owners else frozenset()
    mine = (had - change.removed) | gained
    owners[writer] = _Owned(mine, now, kind.api_version)
    return _with_owners(_bare(new), _taken(owners, writer, change, mine), _owners(old or {}))


def _bare(obj: Obj) -> Obj:
    """The object without its managedFields."""
    meta = obj.get("metadata")
    if not isinstance(meta, dict) or "managedFields" not in meta:
        return obj
    rest = {key: value for key, value in meta.items() if key != "managedFields"}
    return {**obj, "metadata": rest}


def _started(kind: Kind, new: Obj) -> Obj:
    """What a new object is compared with: the parts that are there before anything is said."""
    return _skeleton(new, kind.schema) if kind.builtin else {"metadata": {}}


def _skeleton(value: Any, schema: Schema) -> Any:  # noqa: ANN401 -- any JSON value
    """The parts of a built-in object that Kubernetes holds as values and not as pointers."""
    held = {"metadata", "spec", "status", "template"}
    return {
        key: _skeleton(one, schema.properties[key])
        for key, one in value.items()
        if isinstance(one, dict)
        and one
        and key in schema.properties
        and schema.properties[key].properties
        and (key in held or schema.properties[key].default is not ABSENT)
        and key != "securityContext"
    }


def _counted(paths: Fields, kind: Kind, subresource: str) -> Fields:
    """The paths that can have an owner when written through this subresource."""
    if subresource == "status":
        return frozenset(path for path in paths if path[:1] == ("f:status",))
    if "status" in kind.subresources:
        paths = frozenset(path for path in paths if path[:1] != ("f:status",))
    return paths - _NO_OWNER


def _owners(obj: Obj) -> _Owners:
    found: _Owners = {}
    for entry in (obj.get("metadata") or {}).get("managedFields") or []:
        version, operation = entry.get("apiVersion", ""), entry.get("operation", "")
        if not operation:
            continue
        writer = _Writer(
            entry.get("manager", ""),
            operation,
            "" if operation == "Apply" else version,
            entry.get("subresource", ""),
        )
        had = fields.read(entry.get("fieldsV1"))
        if writer in found:
            had |= found[writer].fields
        found[writer] = _Owned(had, entry.get("time", ""), version)
    return found


def _with_owners(obj: Obj, owners: _Owners, before: _Owners) -> Obj:
    entries = []
    for writer, owned in owners.items():
        if not owned.fields:
            continue
        was = before.get(writer)
        same = was is not None and was.fields == owned.fields and was.time
        entry: Obj = {
            "manager": writer.manager,
            "operation": writer.operation,
            "apiVersion": owned.version,
            "time": was.time if was is not None and same else owned.time,
            "fieldsType": "FieldsV1",
            "fieldsV1": fields.written(owned.fields),
        }
        if writer.subresource:
            entry["subresource"] = writer.subresource
        entries.append(entry)
    # Those who apply come first, then by time: the order in which the API server lists them.
    entries.sort(key=lambda one: (one["operation"] != "Apply", one["time"], one["manager"]))
    meta = {**(obj.get("metadata") or {})}
    return {**obj, "metadata": {**meta, "managedFields": entries} if entries else meta}


def _taken(owners: _Owners, writer: _Writer, change: fields.Difference, mine: Fields) -> _Owners:
    """Who owns what after a change: the writer what it wrote, nobody what is gone."""
    lost = frozenset(change.modified | change.added | change.removed)
    after = {
        other: _Owned(owned.fields - lost, owned.time, owned.version)
        for other, owned in owners.items()
        if other != writer
    }
    return {**after, writer: _Owned(mine, owners[writer].time, owners[writer].version)}


def _dropped(after: Obj, last: Fields, owners: _Owners, schema: Schema) -> Obj:
    """The object without what its applier named last time, and nobody names now."""
    held: Fields = frozenset().union(*(owned.fields for owned in owners.values()))
    had = fields.with_structs(last, schema)
    return dict(fields.without(after, had - fields.with_structs(held, schema), schema))


def _conflicts(
    owners: _Owners, writer: _Writer, change: fields.Difference
) -> Mapping[_Writer, list[Path]]:
    changed = change.modified | change.added
    found = {
        other: sorted(owned.fields & changed) for other, owned in owners.items() if other != writer
    }
    return {other: paths for other, paths in found.items() if paths}


def _own_annotation(
    before: Obj, manager: str, conflicts: Mapping[_Writer, list[Path]], kind: Kind
) -> bool:
    """Whether kubectl only conflicts with what it applied itself, from the client."""
    notes = (before.get("metadata") or {}).get("annotations") or {}
    if manager != "kubectl" or _LAST not in notes:
        return False
    try:
        last = json.loads(notes[_LAST])
        allowed = fields.fields_of(last, kind.schema)
    except (ValueError, ApiError):
        return False
    return all(path in allowed for paths in conflicts.values() for path in paths)


def _conflict(conflicts: Mapping[_Writer, list[Path]]) -> ApiError:
    every = [(other, path) for other, paths in conflicts.items() for path in paths]
    causes = [
        {
            "reason": "FieldManagerConflict",
            "message": f"conflict with {other.shown()}",
            "field": shown(path),
        }
        for other, path in every
    ]
    if len(every) == 1:
        other, path = every[0]
        told = f"Apply failed with 1 conflict: conflict with {other.shown()}: {shown(path)}"
    else:
        lines = []
        for other in sorted(conflicts, key=_Writer.shown):
            lines.append(f"conflicts with {other.shown()}:")
            lines += [f"- {shown(path)}" for path in conflicts[other]]
        told = f"Apply failed with {len(every)} conflicts: " + "\n".join(lines)
    return ApiError(409, "Conflict", told, {"causes": causes})
