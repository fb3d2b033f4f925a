"""What a path of the Kubernetes API means: which resource, which object, which part of it.

Source: "Resource URIs" in the Kubernetes API concepts.
"""

from dataclasses import dataclass
from urllib.parse import unquote

from labs.kube.errors import no_such_path
from labs.kube.kinds import Kind, Kinds

_CORE = 2
_GROUPED = 3
_NAMESPACED = 3


@dataclass(frozen=True)
class Target:
    """What a request is about; `name` is "" for all objects, `namespace` `None` for all."""

    kind: Kind
    namespace: str | None
    name: str
    subresource: str


def target(path: str, kinds: Kinds) -> Target:
    """What a path below /api/v1 or /apis/GROUP/VERSION means.

    Raises:
        ApiError: nothing (404).
    """
    parts = [unquote(part) for part in path.strip("/").split("/")]
    if parts[0] == "api" and len(parts) > _CORE:
        group, version, rest = "", parts[1], parts[_CORE:]
    elif parts[0] == "apis" and len(parts) > _GROUPED:
        group, version, rest = parts[1], parts[2], parts[_GROUPED:]
    else:
        raise no_such_path()
    namespace = None
    in_namespace = rest[0] == "namespaces" and len(rest) >= _NAMESPACED
    if in_namespace and rest[2] not in ("status", "finalize"):
        namespace, rest = rest[1], rest[2:]
    kind = kinds.find(group, version, rest[0])
    if kind is None or len(rest) > _NAMESPACED:
        raise no_such_path()
    name, subresource = [*rest[1:], "", ""][:2]
    if kind.namespaced != (namespace is not None) and (name or not kind.namespaced):
        raise no_such_path()
    known = {*kind.subresources, *(("finalize",) if kind.resource == "namespaces" else ())}
    if subresource and subresource not in known:
        raise no_such_path()
    return Target(kind, namespace, name, subresource)
