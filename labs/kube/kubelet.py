"""The kubelets of a lab's nodes: pods that are bound to one really start, and are reached.

One controller for all nodes, a worker for each pod. For the API server it is the way into
containers: logs, exec, attach, port-forward (`labs.kube.streams.Containers`).
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence

from labs.errors import LabError
from labs.kube.api import Api
from labs.kube.container_log import ContainerLog
from labs.kube.container_state import ContainerState
from labs.kube.containers import Program, Running, Runtime, StartError, set_size
from labs.kube.errors import bad_request
from labs.kube.pod_network import PodNetworks
from labs.kube.pod_worker import PodWorker
from labs.kube.schema import Obj


class Kubelets:
    """Every node's kubelet."""

    name = "kubelet"
    watches = ("pods", "configmaps", "secrets")

    def __init__(
        self, api: Api, runtime: Runtime, nodes: Mapping[str, PodNetworks], system: Sequence[str]
    ) -> None:
        """Stand ready.

        Args:
            api: where pods are, and their statuses written.
            runtime: what starts containers.
            nodes: the networks of each node's pods.
            system: images of the integration's own pods.
        """
        self._api, self._runtime, self._nodes, self._system = api, runtime, nodes, tuple(system)
        self._workers: dict[str, PodWorker] = {}

    def reconcile(self) -> None:
        """Give every bound pod a worker, and let each look at its pod."""
        there = {
            pod["metadata"]["uid"]: pod
            for pod in self._api.list("pods")
            if pod["spec"].get("nodeName") in self._nodes
        }
        for uid, worker in tuple(self._workers.items()):
            pod = there.get(uid)
            if worker.ended.is_set() and pod is None:
                del self._workers[uid]
            else:
                worker.look(pod)
        for uid, pod in there.items():
            if uid not in self._workers:
                self._workers[uid] = PodWorker(
                    self._api,
                    self._runtime,
                    self._nodes[pod["spec"]["nodeName"]],
                    pod,
                    self._system,
                )

    def say(self, namespace: str, prefix: str, node: str, line: str) -> None:
        """Add a line to the log of a system pod's containers, on a node or wherever it runs."""
        for worker in tuple(self._workers.values()):
            metadata, spec = worker.pod["metadata"], worker.pod["spec"]
            if metadata["namespace"] != namespace or not metadata["name"].startswith(prefix):
                continue
            if not node or spec.get("nodeName") == node:
                for running in worker.runs():
                    running.log.say(line)
                    break

    def close(self) -> None:
        """End the workers; the containers end with the lab."""
        for worker in tuple(self._workers.values()):
            worker.close()

    # -- what the API server asks -------------------------------------------------------------

    def logs(
        self,
        pod: Obj,
        container: str,
        *,
        follow: bool = False,
        since: float | None = None,
        tail: int | None = None,
        previous: bool = False,
        timestamps: bool = False,
    ) -> Iterator[bytes]:
        """Read a container's log."""
        state = self._state(pod, container)
        name = pod["metadata"]["name"]
        running = state.previous if previous else state.running
        if previous and running is None:
            raise bad_request(
                f'previous terminated container "{container}" in pod "{name}" not found'
            )
        if running is None:
            why = state.waiting[0] if state.waiting else "ContainerCreating"
            told = (
                "trying and failing to pull image" if "Image" in why else f"waiting to start: {why}"
            )
            raise bad_request(f'container "{container}" in pod "{name}" is {told}')
        log: ContainerLog = running.log
        return log.read(follow=follow, since=since, tail=tail, timestamps=timestamps)

    def execute(
        self, pod: Obj, container: str, argv: Sequence[str], *, stdin: bool, tty: bool
    ) -> Program:
        """Start a program beside a container's own."""
        state = self._state(pod, container)
        running = self._running(pod, state)
        assert state.wanted is not None  # noqa: S101 - it runs
        try:
            return self._runtime.execute(
                state.wanted, argv, stdin=stdin, terminal=tty, beside=running.process is not None
            )
        except StartError as error:
            raise bad_request(
                "Internal error occurred: error executing command in container: failed to exec in "
                f"container: failed to start exec: OCI runtime exec failed: exec failed: unable to "
                f"start container process: {error}"
            ) from error
        except LabError as error:
            raise bad_request(str(error)) from error

    def attach(self, pod: Obj, container: str, *, stdin: bool, tty: bool) -> Attached:
        """Join the streams of a container's own program."""
        return Attached(self._running(pod, self._state(pod, container)), stdin=stdin, tty=tty)

    def connect(self, pod: Obj, port: int) -> socket.socket:
        """Connect to a port of a pod, inside its network."""
        worker = self._workers.get(pod["metadata"]["uid"])
        if worker is None or worker.network is None:
            raise bad_request(f"pod {pod['metadata']['name']} is not running")
        connection = self._runtime.tree.open_socket(
            worker.network.namespace, socket.AF_INET, socket.SOCK_STREAM
        )
        try:
            connection.connect((worker.address, port))
        except OSError:
            connection.close()
            raise
        return connection

    def _state(self, pod: Obj, container: str) -> ContainerState:
        worker = self._workers.get(pod["metadata"]["uid"])
        name = pod["metadata"]["name"]
        if worker is None:
            if not pod["spec"].get("nodeName"):
                raise bad_request(f"pod {name} does not have a host assigned")
            raise bad_request(
                f'container "{container}" in pod "{name}" is waiting to start: ContainerCreating'
            )
        return worker.container(container)

    @staticmethod
    def _running(pod: Obj, state: ContainerState) -> Running:
        if not state.runs or state.running is None:
            raise bad_request(
                f"container {state.name} is not running in pod {pod['metadata']['name']}"
            )
        return state.running


class Attached:
    """Somebody's streams, joined to a running container's."""

    def __init__(self, running: Running, *, stdin: bool, tty: bool) -> None:
        """Join them."""
        self._running = running
        self._left = threading.Event()
        self.stdout, self._out = os.pipe2(os.O_CLOEXEC)
        self.stderr: int | None = None
        self._errors: int | None = None
        self._terminal = running.terminal if tty else None
        if self._terminal is None:
            self.stderr, self._errors = os.pipe2(os.O_CLOEXEC)
        source = running.terminal if running.terminal is not None else running.stdin
        self.stdin = os.dup(source) if stdin and source is not None else None
        self._joined = contextlib.ExitStack()
        self._joined.enter_context(running.log.listening(self._pass_on))
        for descriptor in (self._out, self._errors):
            if descriptor is not None:
                os.set_blocking(descriptor, False)

    def _pass_on(self, stream: int, data: bytes) -> None:
        descriptor = self._errors if stream > 1 and self._errors is not None else self._out
        with contextlib.suppress(OSError):  # whoever does not read misses it
            os.write(descriptor, data)

    def wait(self) -> int:
        """Wait for the container's end, or until the client has left."""
        while not self._left.wait(0.1):
            if (code := self._running.code()) is not None:
                break
        else:
            code = 0
        self._joined.close()
        for descriptor in (self._out, self._errors):
            if descriptor is not None:
                os.close(descriptor)
        return code

    def resize(self, rows: int, columns: int) -> None:
        """Tell the terminal its size."""
        if self._terminal is not None:
            set_size(self._terminal, rows, columns)

    def kill(self) -> None:
        """The client has left; the container goes on."""
        self._left.set()
