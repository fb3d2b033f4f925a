"""MetalLB's speakers: one for each node, which brings the node's FRR to what it should announce.

Thin: what to announce is decided by metallb_speaker.py, its text written by metallb_frr.py. A
configuration that is refused leaves the one before it in force. MetalLB waits three seconds for
more changes before it reloads FRR; these speakers do not wait. What somebody edits in FRR by hand
lasts until the next reload there; here it is undone as soon as it is seen.

Source: MetalLB speaker/main.go, speaker/bgp_controller.go, internal/k8s/controllers.
"""

import threading
from collections.abc import Mapping, Sequence
from typing import Final

from labs.errors import LabError
from labs.integrations.metallb_config import by_name, configuration, for_node
from labs.integrations.metallb_errors import ConfigError
from labs.integrations.metallb_frr import Session, render
from labs.integrations.metallb_go import quoted
from labs.integrations.metallb_kind import NAMESPACE
from labs.integrations.metallb_log import Log, asked_level
from labs.integrations.metallb_reports import BGP_STATUSES, STATES, report_peers, report_state
from labs.integrations.metallb_speaker import (
    Decision,
    decide,
    key,
    peers_by_service,
    pool_of,
    running,
    sessions,
    too_many_communities,
)
from labs.integrations.metallb_values import BfdProfile, Config, Peer, Resources
from labs.kube.api import Api
from labs.kube.integration import Nodes
from labs.kube.schema import Obj

_OURS: Final = (
    "ipaddresspools",
    "bgppeers",
    "bfdprofiles",
    "bgpadvertisements",
    "l2advertisements",
    "communities",
)
_SERVICE_OF_SLICE: Final = "kubernetes.io/service-name"
_BAD_ADDRESS: Final = {
    "invalidIP": ("invalid LoadBalancer IP", "invalid IP allocated by controller"),
    "ipNotAllowed": (
        "assigned IP not allowed by config",
        "IP allocated by controller not allowed by config",
    ),
}
"""What is logged, by reason, of an address no speaker can do anything with."""
_REJECTED: Final = "general handler sync state error"
"""What MetalLB says of a configuration that has no place for an address it announces."""
_RETRY: Final = 30.0
"""Seconds after which MetalLB tries again what FRR refused."""


class Speaker:
    """The speaker of one node."""

    watches = (
        *(f"{plural}.metallb.io" for plural in _OURS),
        *("services", "endpointslices.discovery.k8s.io", "nodes", "namespaces"),
        *("secrets", "configmaps", "daemonsets.apps", BGP_STATUSES, STATES),
    )

    def __init__(self, api: Api, nodes: Nodes, node: str, mode: str) -> None:
        """Speak for a node; `mode` is "frr" or "native"."""
        self.name = f"metallb-speaker-{node}"
        self._api, self._nodes, self._node, self._mode = api, nodes, node, mode
        self._log = Log(lambda line: nodes.log("speaker", node, line))
        self._config: Config | None = None
        self._peers: tuple[Peer, ...] = ()
        self._profiles: tuple[BfdProfile, ...] = ()
        self._sessions: Mapping[str, Session] = {}
        self._announced: dict[str, Decision] = {}
        self._skipped: dict[str, Decision] = {}
        self._trouble = ""
        self._text = ""
        self._configuring = threading.Lock()
        nodes.on_edit(node, self._undo_edit)

    def reconcile(self) -> float | None:
        """Announce what is to be announced from this node, and tell about it."""
        found = self._api.list("nodes", fields=f"metadata.name={self._node}")
        if not found:
            return None
        node = found[0]
        daemon_sets = self._api.list("daemonsets.apps", NAMESPACE, fields="metadata.name=speaker")
        level = asked_level(daemon_sets[0] if daemon_sets else None)
        if level != self._log.level:
            self._log.level = level
            self._skipped.clear()  # a new flag is a new pod, which tells everything anew
        services = [
            one for one in self._api.list("services") if not one["spec"].get("loadBalancerClass")
        ]
        trouble = self._read(node, services)
        if trouble not in {"", _REJECTED, self._trouble}:
            said = {"error": trouble, "msg": "failed to parse the configuration"}
            self._log.say("error", {"controller": "ConfigReconciler", **said})
        self._trouble = trouble
        again = None
        if self._config is not None:
            again = self._speak(self._config, node, services)
        report_state(self._api, "speaker", self._node, trouble)
        return again

    def _read(self, node: Obj, services: Sequence[Obj]) -> str:
        """Take the configuration as it is now, or keep the one from before and return why."""
        try:
            config = configuration(by_name(for_node(self._resources(), node)), self._mode)
        except ConfigError as why:
            return str(why)
        if config == self._config:
            return ""
        still = {key(one): decide(config, node, one, ()).addresses for one in services}
        for name, before in self._announced.items():
            kept = still.get(name) == before.addresses
            if kept and pool_of(config.pools, before.addresses) is None:
                rejected = {
                    "op": "setConfig",
                    "service": name,
                    "ip": [str(one) for one in before.addresses],
                    "error": "service has no configuration under new config",
                    "msg": "new configuration rejected",
                }
                if self._trouble != _REJECTED:
                    self._log.say("error", rejected)
                return _REJECTED
        self._config = config
        self._log.say("info", {"controller": "ConfigReconciler", "event": "config reloaded"})
        return ""

    def _resources(self) -> Resources:
        pools, peers, profiles, advertisements, l2, communities = (
            self._api.list(f"{plural}.metallb.io", NAMESPACE) for plural in _OURS
        )
        extras = self._api.list("configmaps", NAMESPACE, fields="metadata.name=bgpextras")
        return Resources(
            pools,
            peers,
            profiles,
            advertisements,
            l2,
            communities,
            {one["metadata"]["name"]: one for one in self._api.list("secrets", NAMESPACE)},
            self._api.list("nodes"),
            self._api.list("namespaces"),
            extras[0] if extras else None,
        )

    def _speak(self, config: Config, node: Obj, services: Sequence[Obj]) -> float | None:
        slices: dict[str, list[Obj]] = {}
        for one in self._api.list("endpointslices.discovery.k8s.io"):
            metadata = one["metadata"]
            service = (metadata.get("labels") or {}).get(_SERVICE_OF_SLICE, "")
            slices.setdefault(f"{metadata.get('namespace', '')}/{service}", []).append(one)
        decisions = {
            key(one): decide(config, node, one, slices.get(key(one), ())) for one in services
        }
        wanted = self._run_peers(running(config, node))
        opened = [self._heard(one) for one in sessions(wanted, decisions.values())]
        self._sessions = {one.peer.name: one for one in opened}
        # MetalLB does not tell FRR that the last profile is gone.
        self._profiles = config.bfd_profiles or self._profiles
        level = self._log.level
        again = self._configure(render(self._node, opened, self._profiles, config.extras, level))
        by_key = {key(one): one for one in services}
        self._tell(decisions, by_key)
        report_peers(self._api, self._node, peers_by_service(opened, decisions.values()))
        return again

    def _heard(self, session: Session) -> Session:
        """What a peer is to hear; what it heard before, when MetalLB does not take the new."""
        why = too_many_communities(session)
        if not why:
            return session
        said = {"op": "setBalancer", "error": why, "msg": "failed to announce service"}
        self._log.say("error", said)
        before = self._sessions.get(session.peer.name)
        return Session(session.peer, before.announced if before else ())

    def _run_peers(self, wanted: tuple[Peer, ...]) -> tuple[Peer, ...]:
        for one in self._peers:
            if one not in wanted:
                # A peer of other nodes is not in this node's configuration either.
                reason, said = "removedFromConfig", "peer deconfigured, closing BGP session"
                self._say("peerRemoved", peer=one.shown, reason=reason, msg=said)
        for one in wanted:
            if one not in self._peers:
                self._say("peerAdded", peer=one.shown, msg="peer configured, starting BGP session")
        self._peers = wanted
        return wanted

    def _configure(self, text: str) -> float | None:
        """Bring the node's FRR to this text; return when to try again if it was refused."""
        with self._configuring:
            if text == self._text:
                return None
            try:
                self._nodes.configure(self._node, text)
            except LabError as why:
                said = {"op": "reload-validate", "cause": "frr reload failed", "status": "failure"}
                self._log.say("error", {**said, "error": str(why)})
                return _RETRY
            self._text = text
            return None

    def _undo_edit(self) -> None:
        """Configure once more what was configured: somebody changed it by hand."""
        with self._configuring:
            if not self._text:
                return
            try:
                self._nodes.configure(self._node, self._text)
            except LabError as why:
                self._log.say("error", {"op": "reload", "error": str(why), "cause": "hand edit"})

    def _tell(self, decisions: Mapping[str, Decision], services: Mapping[str, Obj]) -> None:
        """Log and record what is announced from now on, and what no longer is."""
        for name, before in list(self._announced.items()):
            now = decisions.get(name, Decision(name, "serviceDeleted"))
            moved = not now.reason and now.addresses != before.addresses
            if now.reason or moved:
                self._say(
                    "serviceWithdrawn",
                    service=name,
                    ip=[str(one) for one in before.addresses],
                    reason=now.reason or "loadBalancerIPChanged",
                    msg="withdrawing service announcement",
                )
                del self._announced[name]
        for name, now in decisions.items():
            if now.reason:
                self._skip(now)
            elif self._announced.get(name) != now:
                ips = [str(one) for one in now.addresses]
                more = {"ips": ips, "pool": now.pool, "protocol": "bgp", "service": name}
                said = "making advertisements using BGP"
                self._say("updatedAdvertisements", numAds=len(now.announced), msg=said, **more)
                self._say("serviceAnnounced", msg="service has IP, announcing", **more)
                told = f'announcing from node {quoted(self._node)} with protocol "bgp"'
                self._api.event(services[name], "nodeAssigned", told, component="metallb-speaker")
                self._announced[name] = now
                self._skipped.pop(name, None)

    def _skip(self, now: Decision) -> None:
        """Log why a Service is not announced, at the level MetalLB does; once a reason."""
        if self._skipped.get(now.service) == now:
            return
        self._skipped[now.service] = now
        if now.reason in _BAD_ADDRESS:
            error, msg = _BAD_ADDRESS[now.reason]
            said = {"op": "setBalancer", "service": now.service, "error": error, "msg": msg}
            self._log.say("error", said)
        elif now.reason == "conflictingAdvertisements":
            said = {"event": now.reason, "service": now.service, "error": now.why}
            self._log.say("error", said)
        elif now.why:
            level = "warn" if now.reason.startswith("node") else "debug"
            event = "skipping should announce bgp"
            self._log.say(level, {"event": event, "service": now.service, "reason": now.why})

    def _say(self, event: str, **said: object) -> None:
        self._log.say("info", {"event": event, **said})
