"""What a delete does to an object: it goes at once, or is marked and waits for those concerned.

Sources: finalizers, garbage collection, pod termination and namespace deletion in the Kubernetes
documentation.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from labs.kube.errors import conflict, forbidden, invalid
from labs.kube.kinds import Kind
from labs.kube.schema import Obj
from labs.kube.times import written
from labs.kube.violation import unsupported

FOREGROUND = "foregroundDeletion"
ORPHAN = "orphan"
PROTECTED = ("default", "kube-system", "kube-public")
_FINALIZERS = {"Foreground": FOREGROUND, "Orphan": ORPHAN, "Background": ""}
_DEFAULT_GRACE = 30


@dataclass(frozen=True)
class Wanted:
    """What a DeleteOptions asks for; `grace` is in seconds, `None` for the object's own."""

    propagation: str = "Background"
    grace: int | None = None
    uid: str = ""
    resource_version: str = ""


def asked(options: Obj) -> dict[str, Any]:
    """What a DeleteOptions asks for, as `Api.delete` takes it."""
    known = options.get("preconditions") or {}
    return {
        "grace": options.get("gracePeriodSeconds"),
        "uid": known.get("uid") or "",
        "resource_version": known.get("resourceVersion") or "",
        "dry_run": options.get("dryRun") == ["All"],
    }


def marked(obj: Obj, kind: Kind, wanted: Wanted) -> Obj | None:
    """The object as it waits to be gone; `None` when it goes at once.

    Raises:
        ApiError: it is not the object that was meant, or may not be deleted.
    """
    _check(obj, kind, wanted)
    metadata = dict(obj["metadata"])
    finalizers = list(metadata.get("finalizers") or ())
    if wanted.propagation in _FINALIZERS and "deletionTimestamp" not in metadata:
        finalizers = [name for name in finalizers if name not in (FOREGROUND, ORPHAN)]
        if added := _FINALIZERS[wanted.propagation]:
            finalizers.append(added)
    if finalizers:
        metadata["finalizers"] = finalizers
    else:
        metadata.pop("finalizers", None)
    seconds = _grace(obj, kind, wanted.grace)
    is_namespace = kind.resource == "namespaces"
    waits = bool(finalizers or seconds or (is_namespace and obj["spec"].get("finalizers")))
    if not waits:
        return None
    new = {**obj, "metadata": metadata}
    if "deletionTimestamp" not in metadata:
        if "generation" in metadata:
            metadata["generation"] += 1
        deadline = datetime.now(UTC) + timedelta(seconds=seconds)
        metadata["deletionTimestamp"] = written(deadline)
        if kind.resource == "pods" or not is_namespace:
            metadata["deletionGracePeriodSeconds"] = seconds
    elif seconds < metadata.get("deletionGracePeriodSeconds", 0):
        deadline = datetime.now(UTC) + timedelta(seconds=seconds)
        metadata["deletionTimestamp"] = written(deadline)
        metadata["deletionGracePeriodSeconds"] = seconds
    if is_namespace:
        new["status"] = {**new.get("status", {}), "phase": "Terminating"}
    return new


def _check(obj: Obj, kind: Kind, wanted: Wanted) -> None:
    name, metadata = obj["metadata"]["name"], obj["metadata"]
    if wanted.propagation not in _FINALIZERS:
        known = (*_FINALIZERS, "nil")
        raise invalid(kind, name, [unsupported("propagationPolicy", wanted.propagation, known)])
    if wanted.uid and wanted.uid != metadata["uid"]:
        told = (
            f"Precondition failed: UID in precondition: {wanted.uid}, "
            f"UID in object meta: {metadata['uid']}"
        )
        raise conflict(kind.resource, name, told)
    if wanted.resource_version and wanted.resource_version != metadata["resourceVersion"]:
        told = (
            f"Precondition failed: ResourceVersion in precondition: {wanted.resource_version}, "
            f"ResourceVersion in object meta: {metadata['resourceVersion']}"
        )
        raise conflict(kind.resource, name, told)
    if kind.resource == "namespaces" and name in PROTECTED:
        raise forbidden("namespaces", name, "this namespace may not be deleted")


def _grace(obj: Obj, kind: Kind, grace: int | None) -> int:
    """Seconds until the object is to be gone: only pods on a node have something to end."""
    if kind.resource != "pods":
        return 0
    if not obj["spec"].get("nodeName"):
        return 0
    if obj.get("status", {}).get("phase") in ("Succeeded", "Failed"):
        return 0
    own: int = obj["spec"].get("terminationGracePeriodSeconds", _DEFAULT_GRACE)
    return own if grace is None else max(grace, 0)


def may_go(obj: Obj) -> bool:
    """Whether a marked object waits for nobody any more."""
    metadata = obj["metadata"]
    if "deletionTimestamp" not in metadata or metadata.get("finalizers"):
        return False
    if obj["kind"] == "Namespace":
        return not obj["spec"].get("finalizers")
    return not metadata.get("deletionGracePeriodSeconds")


def with_namespace_finalizer(obj: Obj, kind: Kind) -> Obj:
    """A new namespace is active, and does not go before its content has."""
    if kind.resource != "namespaces":
        return obj
    spec = {**(obj.get("spec") or {}), "finalizers": ["kubernetes"]}
    labels = {**(obj["metadata"].get("labels") or {})}
    labels["kubernetes.io/metadata.name"] = obj["metadata"]["name"]
    metadata = {**obj["metadata"], "labels": labels}
    return {**obj, "metadata": metadata, "spec": spec, "status": {"phase": "Active"}}
