"""What MetalLB's kinds have in common."""

from typing import Any, Final

from labs.kube.core_meta import resource
from labs.kube.kinds import Kind
from labs.kube.schema import Schema, array, obj, string

GROUP: Final = "metallb.io"
NAMESPACE: Final = "metallb-system"
"""Where MetalLB looks for its objects, and nowhere else."""

NOTHING: Final = obj("Nothing yet.", {})
_STATUS = frozenset({"status"})


def names(description: str) -> Schema:
    """A list of names."""
    return array(description, string())


def metallb_kind(name: str, plural: str, description: str, **more: Any) -> Kind:  # noqa: ANN401 -- a Kind's attributes
    """A kind of version v1beta1; beside a Kind's attributes: `properties` and `required`."""
    properties, required = more.pop("properties"), more.pop("required", ())
    return Kind(
        group=GROUP,
        version="v1beta1",
        kind=name,
        plural=plural,
        schema=resource(description, properties, required=required),
        subresources=_STATUS,
        **more,
    )
