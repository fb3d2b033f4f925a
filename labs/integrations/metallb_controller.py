"""MetalLB's controller: gives Services their addresses and counts what is left in the pools.

Thin: what to do is decided by metallb_config.py and metallb_allocation.py. Source: MetalLB
controller/main.go and internal/k8s/controllers (PoolReconciler, PoolStatusReconciler).
"""

from typing import Final

from labs.integrations.metallb_allocation import (
    FROM_POOL,
    Event,
    Outcome,
    converge,
    deprecated,
    given,
)
from labs.integrations.metallb_allocator import Allocator
from labs.integrations.metallb_config import by_name, configuration
from labs.integrations.metallb_errors import ConfigError
from labs.integrations.metallb_kind import NAMESPACE
from labs.integrations.metallb_log import Log, asked_level
from labs.integrations.metallb_reports import STATES, report_state
from labs.integrations.metallb_speaker import key
from labs.integrations.metallb_values import Resources
from labs.kube.api import Api, ApiError
from labs.kube.integration import Nodes
from labs.kube.schema import Obj

_POOLS, _COMMUNITIES = "ipaddresspools.metallb.io", "communities.metallb.io"
_COMPONENT: Final = "metallb-controller"
_FAILED: Final = "AllocationFailed"
_GOOD_NEWS: Final = ("IPAllocated", "ClearAssignment")


class AddressController:
    """The Deployment "controller"."""

    name = _COMPONENT
    watches = ("services", "namespaces", _POOLS, _COMMUNITIES, STATES, "deployments.apps")

    def __init__(self, api: Api, nodes: Nodes, mode: str) -> None:
        """Work on an API; `mode` is what MetalLB's speakers are."""
        self._api, self._mode = api, mode
        self._log = Log(lambda line: nodes.log("controller", "", line))
        self._allocator = Allocator()
        self._configured = False
        self._trouble = ""
        self._troubles: dict[str, list[Event]] = {}

    def reconcile(self) -> None:
        """Read the pools, give every Service what it may have, and tell about it."""
        deployments = self._api.list(
            "deployments.apps", NAMESPACE, fields="metadata.name=controller"
        )
        self._log.level = asked_level(deployments[0] if deployments else None)
        trouble = self._read_pools()
        if trouble and trouble != self._trouble:
            said = {"error": trouble, "msg": "failed to parse the configuration"}
            self._log.say("error", {"controller": "PoolReconciler", **said})
        self._trouble = trouble
        if self._configured:
            self._serve()
            self._count()
        report_state(self._api, "controller", "", trouble)

    def _read_pools(self) -> str:
        """Take the pools as they are now, or keep those from before and return why."""
        resources = Resources(
            pools=self._api.list(_POOLS, NAMESPACE),
            communities=self._api.list(_COMMUNITIES, NAMESPACE),
            namespaces=self._api.list("namespaces"),
        )
        try:
            config = configuration(by_name(resources), self._mode)
        except ConfigError as why:
            return str(why)
        if not self._configured or config.pools != self._allocator.pools:
            self._allocator.set_pools(config.pools)
            self._troubles.clear()
            self._configured = True
            self._log.say("info", {"controller": "PoolReconciler", "event": "config reloaded"})
        return ""

    def _serve(self) -> None:
        """Look at every Service until nothing moves: what one gives up, another may be waiting for.

        Those that have an address come first, so that nobody takes it from them.
        """
        before = {
            key(one): one
            for one in self._api.list("services")
            if not one["spec"].get("loadBalancerClass")
        }
        for gone in set(self._allocator.services()) - set(before):
            self._allocator.unassign(gone)
        order = sorted(before, key=lambda name: _turn(before[name]))
        now, outcomes = dict(before), dict[str, Outcome]()
        told: dict[str, list[Event]] = {name: [] for name in order}
        for _ in range(len(order) + 1):
            book = [self._allocator.entry(name) for name in order]
            for name in order:
                done = outcomes[name] = converge(self._allocator, now[name])
                now[name] = _with(now[name], done)
                told[name] = [one for one in told[name] if one.reason != _FAILED]
                told[name] += [one for one in done.events if one not in told[name]]
                for level, said in done.logs:
                    self._log.say(level, {**said, "service": name})
            if book == [self._allocator.entry(name) for name in order]:
                break
        for name in order:
            self._write(before[name], outcomes[name], told[name])

    def _write(self, service: Obj, done: Outcome, events: list[Event]) -> None:
        name, metadata = key(service), service["metadata"]
        moved = given(service) != done.addresses
        noted = (metadata.get("annotations") or {}).get(FROM_POOL, "") != done.pool
        if moved or noted:
            events = [*deprecated(service), *events]
        trouble = [one for one in events if one.reason not in _GOOD_NEWS]
        if trouble and not moved and self._troubles.get(name) == trouble:
            events = []  # said already; nothing has changed since
        self._troubles[name] = trouble
        for one in events:
            kind = "Warning" if one.warning else "Normal"
            self._api.event(service, one.reason, one.message, kind, _COMPONENT)
        try:
            if noted:
                patch = {"metadata": {"annotations": {FROM_POOL: done.pool or None}}}
                where = (metadata["name"], metadata["namespace"])
                self._api.patch("services", *where, patch, manager=_COMPONENT)
            if moved:
                self._api.set_status(service, _with(service, done)["status"], manager=_COMPONENT)
                said = {"event": "serviceUpdated", "msg": "updated service object", "service": name}
                self._log.say("info", said)
        except ApiError as why:
            if why.code != 404:  # noqa: PLR2004 -- the Service is gone by now
                raise

    def _count(self) -> None:
        for pool in self._allocator.pools:
            for one in self._api.list(_POOLS, NAMESPACE, fields=f"metadata.name={pool.name}"):
                try:
                    self._api.set_status(one, self._allocator.counters(pool), manager=_COMPONENT)
                except ApiError as why:
                    if why.code != 404:  # noqa: PLR2004 -- the pool is gone by now
                        raise


def _turn(service: Obj) -> tuple[bool, str, str]:
    created = str(service["metadata"].get("creationTimestamp", ""))
    return (not given(service), created, key(service))


def _with(service: Obj, done: Outcome) -> Obj:
    """The Service with the addresses it has by now."""
    if given(service) == done.addresses:
        return service
    balancer: Obj = {"ingress": [{"ip": str(one)} for one in done.addresses]}
    status = {**(service.get("status") or {}), "loadBalancer": balancer if done.addresses else {}}
    return {**service, "status": status}
