"""Defaults and rules that Deployment, ReplicaSet and DaemonSet share, in Kubernetes' words.

Source: the API reference of apps/v1, Kubernetes 1.37; the words are those a cluster answers.
"""

import re
from collections.abc import Iterator
from typing import Any

from labs.kube.core_pod_rules import image_policies, pod_spec_violations
from labs.kube.core_rules import IMMUTABLE
from labs.kube.names import labels_violations
from labs.kube.schema import Obj
from labs.kube.selectors import label_selector
from labs.kube.violation import Violation, forbidden, invalid, required, unsupported

_STRATEGY = {"Deployment": "strategy", "DaemonSet": "updateStrategy"}
_PERCENT = (
    "a valid percent string must be a numeric string followed by an ending '%' "
    "(e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')"
)
_ROLLING: dict[str, Obj] = {
    "Deployment": {"maxUnavailable": "25%", "maxSurge": "25%"},
    "DaemonSet": {"maxUnavailable": 1, "maxSurge": 0},
}


def workload_defaults(new: Obj, old: Obj | None) -> Obj:
    """Images get their pull policy; a rolling update gets its pace."""
    del old
    spec: Obj = dict(new.get("spec") or {})
    template: Obj = spec.get("template") or {}
    if template.get("spec"):
        spec["template"] = {**template, "spec": image_policies(template["spec"])}
    name, kind = _STRATEGY.get(new["kind"], ""), new["kind"]
    strategy = spec.get(name) or {}
    if name and strategy.get("type", "RollingUpdate") == "RollingUpdate":
        pace = {**_ROLLING[kind], **(strategy.get("rollingUpdate") or {})}
        spec[name] = {**strategy, "rollingUpdate": pace}
    return {**new, "spec": spec}


def workload_rules(new: Obj, old: Obj | None) -> list[Violation]:
    """The selector chooses the template's own pods and stays; the template is a good pod."""
    kind, spec = new["kind"], new.get("spec") or {}
    template: Obj = spec.get("template") or {}
    found = [*_selector(kind, spec, template)]
    if old is not None and spec.get("selector") != (old.get("spec") or {}).get("selector"):
        found.append(invalid("spec.selector", spec.get("selector"), IMMUTABLE))
    labels = (template.get("metadata") or {}).get("labels")
    found += labels_violations(labels, "spec.template.metadata.labels")
    if template:
        found += pod_spec_violations(template.get("spec") or {}, "spec.template.spec")
        policy = (template.get("spec") or {}).get("restartPolicy", "Always")
        if policy != "Always":
            found.append(unsupported("spec.template.spec.restartPolicy", policy, ["Always"]))
    if (name := _STRATEGY.get(kind)) is not None:
        found += _pace(spec.get(name) or {}, f"spec.{name}", kind)
    late, ready = spec.get("progressDeadlineSeconds"), spec.get("minReadySeconds", 0)
    if late is not None and late <= ready:
        why = "must be greater than minReadySeconds"
        found.append(invalid("spec.progressDeadlineSeconds", late, why))
    return found


def _selector(kind: str, spec: Obj, template: Obj) -> Iterator[Violation]:
    selector = spec.get("selector")
    if selector is None:
        return
    labels = (template.get("metadata") or {}).get("labels") or {}
    if not selector.get("matchLabels") and not selector.get("matchExpressions"):
        yield invalid("spec.selector", selector, f"empty selector is invalid for {kind.lower()}")
    for number, one in enumerate(selector.get("matchExpressions") or []):
        path = f"spec.selector.matchExpressions[{number}].values"
        if one.get("operator") in {"In", "NotIn"} and not one.get("values"):
            yield required(path, "must be specified when `operator` is 'In' or 'NotIn'")
        if one.get("operator") in {"Exists", "DoesNotExist"} and one.get("values"):
            why = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
            yield forbidden(path, why)
    yield from labels_violations(selector.get("matchLabels"), "spec.selector.matchLabels")
    whole = all({"key", "operator"} <= one.keys() for one in selector.get("matchExpressions") or [])
    if template and whole and not label_selector(selector)(labels):
        why = "`selector` does not match template `labels`"
        yield invalid("spec.template.metadata.labels", labels, why)


def _pace(strategy: Obj, path: str, kind: str) -> Iterator[Violation]:
    rolling = strategy.get("rollingUpdate")
    if rolling is None:
        return
    if strategy.get("type") == "Recreate":
        why = "may not be specified when strategy `type` is 'Recreate'"
        yield forbidden(f"{path}.rollingUpdate", why)
        return
    for name in ("maxUnavailable", "maxSurge"):
        yield from _amount(rolling.get(name), f"{path}.rollingUpdate.{name}")
    if kind == "Deployment" and all(
        rolling.get(name) in (0, "0%") for name in ("maxUnavailable", "maxSurge")
    ):
        why = "may not be 0 when `maxSurge` is 0"
        yield invalid(f"{path}.rollingUpdate.maxUnavailable", rolling.get("maxUnavailable"), why)


def _amount(value: Any, path: str) -> Iterator[Violation]:  # noqa: ANN401 -- a number or a text
    if isinstance(value, str) and not re.fullmatch("[0-9]+%", value):
        yield invalid(path, value, _PERCENT)
    elif isinstance(value, int) and value < 0:
        yield invalid(path, value, "must be greater than or equal to 0")
