"""Objects of Kubernetes' own kinds to test with, and what the API makes of them before it "
"stores."""

from typing import Any

from labs.kube.core_rules import metadata_violations
from labs.kube.kinds import Kind
from labs.kube.schema_check import violations, with_defaults

Obj = dict[str, Any]
CONTAINER = {"name": "web", "image": "nginx"}


def filled(kind: Kind, obj: Obj, old: Obj | None = None) -> Obj:
    whole = {"apiVersion": kind.api_version, "kind": kind.kind, **obj}
    return kind.prepare(with_defaults(whole, kind.schema), old)


def refused(kind: Kind, obj: Obj, old: Obj | None = None) -> list[str]:
    before = filled(kind, old) if old else None
    done = filled(kind, obj, before)
    found = [
        *metadata_violations(done, kind),
        *violations(done, kind.schema, before, builtin=True),
        *kind.validate(done, before),
    ]
    return [one.detail for one in found]


def meta(name: str = "a", **more: Any) -> Obj:
    return {"name": name, **more}


def service(**spec: Any) -> Obj:
    return {"metadata": meta(), "spec": {"ports": [{"port": 80}], **spec}}


def pod(*containers: Obj, **spec: Any) -> Obj:
    some = [
        {"name": f"c{number}", "image": "nginx", **one} for number, one in enumerate(containers)
    ]
    return {"metadata": meta(), "spec": {"containers": some or [CONTAINER], **spec}}


def deployment(**spec: Any) -> Obj:
    template = {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [CONTAINER]}}
    whole = {"selector": {"matchLabels": {"app": "a"}}, "template": template, **spec}
    return {"metadata": meta(), "spec": whole}
