"""CustomResourceDefinition, as far as it is read: a lab's integrations bring theirs along.

apiextensions.k8s.io/v1. The kind is served for reading (`kubectl get crd`, `kubectl wait crd`);
`definition` writes one from the kinds an integration has.
"""

from collections.abc import Sequence

from labs.kube.core_meta import resource
from labs.kube.kinds import Column, Kind
from labs.kube.openapi import json_schema
from labs.kube.schema import Obj, kept


def _created(one: Obj) -> str:
    return str(one.get("metadata", {}).get("creationTimestamp", ""))


DEFINITION = Kind(
    group="apiextensions.k8s.io",
    version="v1",
    kind="CustomResourceDefinition",
    plural="customresourcedefinitions",
    schema=resource(
        "A kind of object that an integration brings along.",
        {
            "spec": kept("Its names, versions and schemas.", number=2),
            "status": kept("Whether it is served.", number=3),
        },
        required=("spec",),
        name="CustomResourceDefinition",
    ),
    namespaced=False,
    short_names=("crd", "crds"),
    categories=("api-extensions",),
    columns=(
        Column("Created At", _created, description="When it was made."),
        Column("Age", _created, "date", "Since when it is known.", wide=True),
    ),
    builtin=True,
    verbs=("get", "list", "watch"),
)


def definition(kinds: Sequence[Kind], created: str) -> Obj:
    """The CustomResourceDefinition of one kind in all its versions.

    Args:
        kinds: the versions, all of the same group and plural.
        created: the moment to give as its creation, such as "2026-11-23T15:00:00Z".
    """
    first = next((one for one in kinds if one.storage), kinds[0])
    names: Obj = {
        "kind": first.kind,
        "listKind": f"{first.kind}List",
        "plural": first.plural,
        "singular": first.singular_name,
    }
    if first.short_names:
        names["shortNames"] = list(first.short_names)
    if first.categories:
        names["categories"] = list(first.categories)
    held = [("NamesAccepted", "NoConflicts", "no conflicts found")]
    held += [("Established", "InitialNamesAccepted", "the initial names have been accepted")]
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{first.plural}.{first.group}", "creationTimestamp": created},
        "spec": {
            "group": first.group,
            "names": names,
            "scope": "Namespaced" if first.namespaced else "Cluster",
            "versions": [_version(one) for one in kinds],
            "conversion": {"strategy": "None" if len(kinds) == 1 else "Webhook"},
        },
        "status": {
            "acceptedNames": names,
            "storedVersions": [first.version],
            "conditions": [
                {
                    "type": kind,
                    "status": "True",
                    "reason": reason,
                    "message": message,
                    "lastTransitionTime": created,
                }
                for kind, reason, message in held
            ],
        },
    }


def _version(kind: Kind) -> Obj:
    told: Obj = {
        "name": kind.version,
        "served": True,
        "storage": kind.storage,
        "schema": {"openAPIV3Schema": json_schema(kind)},
    }
    if "status" in kind.subresources:
        told["subresources"] = {"status": {}}
    if kind.warning:
        told |= {"deprecated": True, "deprecationWarning": kind.warning}
    columns = [
        {"name": one.name, "type": one.type, "jsonPath": one.value}
        | ({"description": one.description} if one.description else {})
        | ({"priority": 1} if one.wide else {})
        for one in kind.columns
        if isinstance(one.value, str)
    ]
    return told | ({"additionalPrinterColumns": columns} if columns else {})
