"""What MetalLB writes back: whether it could take the configuration, and who announces what.

Source: MetalLB internal/k8s/controllers (ConfigurationStateReconciler, ServiceBGPStatusReconciler).
"""

from collections.abc import Mapping, Sequence
from typing import Final

from labs.integrations.metallb_kind import GROUP, NAMESPACE
from labs.kube.api import Api, ApiError
from labs.kube.schema import Obj
from labs.kube.times import now

STATES: Final = "configurationstates.metallb.io"
BGP_STATUSES: Final = "servicebgpstatuses.metallb.io"
_NODE, _NAME, _SPACE = (f"{GROUP}/{what}" for what in ("node", "service-name", "service-namespace"))


def report_state(api: Api, component: str, node: str, trouble: str) -> None:
    """Tell in a ConfigurationState whether a component has the configuration that is asked for.

    MetalLB writes the time of every look it takes; here it is written when the verdict changes, so
    that a quiet cluster is quiet.

    Args:
        api: where.
        component: "controller" or "speaker".
        node: the speaker's node; "" for the controller.
        trouble: why it could not take it; "" when it could.
    """
    name = f"{component}-{node}" if node else component
    labels = {f"{GROUP}/component-type": component}
    if node:
        labels[f"{GROUP}/node-name"] = node
    part = "configReconcilerValid" if node else "poolReconcilerValid"
    message = f"configuration error: {trouble}" if trouble else ""
    condition = {
        "type": part,
        "status": "False" if trouble else "True",
        "reason": "ConfigurationError" if trouble else "Reconciled",
        "message": message,
    }
    state = _found(api, STATES, name) or api.create(
        _object("ConfigurationState", {"name": name, "labels": labels}, api, component, node),
        manager=_manager(component),
    )
    known = ((state.get("status") or {}).get("conditions") or [{}])[0]
    if {**known, "lastTransitionTime": ""} == {**condition, "lastTransitionTime": ""}:
        return
    status = {
        "conditions": [{**condition, "lastTransitionTime": now()}],
        "result": "Invalid" if trouble else "Valid",
        **({"errorSummary": message} if message else {}),
    }
    api.set_status(state, status, manager=_manager(component))


def report_peers(api: Api, node: str, heard: Mapping[str, Sequence[str]]) -> None:
    """Tell in ServiceBGPStatus objects which peers the node announces each Service to."""
    known: dict[str, Obj] = {}
    for one in api.list(BGP_STATUSES, NAMESPACE, labels=f"{_NODE}={node}"):
        labels = one["metadata"]["labels"]
        service = f"{labels.get(_SPACE, '')}/{labels.get(_NAME, '')}"
        if service in known or service not in heard:
            _deleted(api, one)
        else:
            known[service] = one
    for service, peers in heard.items():
        namespace, _, name = service.partition("/")
        labels = {_NODE: node, _NAME: name, _SPACE: namespace}
        status = {
            "node": node,
            "serviceName": name,
            "serviceNamespace": namespace,
            "peers": list(peers),
        }
        metadata = {"generateName": "bgp-", "labels": labels}
        one = known.get(service) or api.create(
            _object("ServiceBGPStatus", metadata, api, "speaker", node), manager=_manager("speaker")
        )
        if one.get("status") != status:
            api.set_status(one, status, manager=_manager("speaker"))


def _manager(component: str) -> str:
    return f"metallb-{component}"


def _found(api: Api, resource: str, name: str) -> Obj | None:
    try:
        return api.get(resource, name, NAMESPACE)
    except ApiError:
        return None


def _deleted(api: Api, one: Obj) -> None:
    try:
        api.delete(BGP_STATUSES, one["metadata"]["name"], NAMESPACE)
    except ApiError as why:
        if why.code != 404:  # noqa: PLR2004 -- gone already
            raise


def _object(kind: str, metadata: Obj, api: Api, component: str, node: str) -> Obj:
    """A new object that goes away with the pod that writes it, where there is such a pod."""
    pods = api.list("pods", NAMESPACE, labels=f"app=metallb,component={component}")
    owners = [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "name": pod["metadata"]["name"],
            "uid": pod["metadata"]["uid"],
        }
        for pod in pods
        if not node or pod["spec"].get("nodeName") == node
    ]
    owned = {"ownerReferences": owners[:1]} if owners else {}
    return {
        "apiVersion": f"{GROUP}/v1beta1",
        "kind": kind,
        "metadata": {"namespace": NAMESPACE, **metadata, **owned},
    }
