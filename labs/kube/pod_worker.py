"""One pod on its node, looked after by a thread: set up, started, probed, restarted, ended.

Level-triggered like a kubelet's pod worker: each step looks at how things stand, does what is due,
writes the pod's status where it changed, and says when to look again. Sources: the pod lifecycle in
the Kubernetes documentation; the events' words are the kubelet's.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from typing import Final

from labs.descriptors import HasDescriptor, readable
from labs.errors import LabError
from labs.kube import pod_status, probes
from labs.kube.api import Api, ApiError
from labs.kube.container_state import ContainerState
from labs.kube.containers import Program, Running, Runtime, StartError, Wanted
from labs.kube.images import find, unknown
from labs.kube.pod_files import MissingError, environment, expanded, lay_volumes
from labs.kube.pod_network import PodNetwork, PodNetworks
from labs.kube.probes import ProbeState
from labs.kube.schema import Obj
from labs.kube.times import now

_LOG: Final = logging.getLogger(__name__)
RETRY: Final = 1.0
"""Seconds between two looks for an object that a pod waits for; its coming is noticed at once."""
LONG: Final = 60.0
_START_FAILED: Final = 128
_RUNTIME_SAID: Final = (
    "failed to create containerd task: failed to create shim task: OCI runtime create failed: "
    "runc create failed: unable to start container process: error during container init: "
)


class _Wake:
    """What wakes a worker, as a descriptor."""

    def __init__(self) -> None:
        self._descriptor = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._lock = threading.Lock()
        self._closed = False

    def fileno(self) -> int:
        return self._descriptor

    def ring(self) -> None:
        with self._lock:
            if not self._closed:
                os.eventfd_write(self._descriptor, 1)

    def quiet(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.eventfd_read(self._descriptor)

    def close(self) -> None:
        with self._lock:
            self._closed = True
            os.close(self._descriptor)


class PodWorker:
    """Looks after one pod."""

    def __init__(
        self, api: Api, runtime: Runtime, networks: PodNetworks, pod: Obj, system: tuple[str, ...]
    ) -> None:
        """Begin.

        Args:
            api: where the pod's status is written.
            runtime: what starts containers.
            networks: the node's.
            pod: the pod, bound to the node.
            system: the images of the integration's own pods.
        """
        self.pod = pod
        self._api, self._runtime, self._networks, self._system = api, runtime, networks, system
        self._gone = self._closing = False
        self._network: PodNetwork | None = None
        self._volumes: dict[str, str] | None = None
        self._begun = now()
        spec = pod["spec"]
        self.inits = [
            ContainerState(c, ("PodInitializing", "")) for c in spec.get("initContainers") or ()
        ]
        first = ("PodInitializing", "") if self.inits else ("ContainerCreating", "")
        self.containers = [ContainerState(c, first) for c in spec["containers"]]
        self._folder = f"/run/lab/kube/pods/{self.uid}"
        self._again = 0.0
        self._told = ""
        self._deadline: float | None = None
        self._wake = _Wake()
        self.ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"pod {self.name}", daemon=True)
        self._thread.start()

    @property
    def name(self) -> str:
        """The pod's name."""
        return str(self.pod["metadata"]["name"])

    @property
    def uid(self) -> str:
        """The pod's uid."""
        return str(self.pod["metadata"]["uid"])

    @property
    def address(self) -> str:
        """The pod's address, "" before it has one."""
        return self._network.address if self._network else ""

    @property
    def network(self) -> PodNetwork | None:
        """The pod's network, once it has one."""
        return self._network

    def look(self, pod: Obj | None) -> None:
        """Look at the pod as it is now; None when there is none any more."""
        if pod is None:
            self._gone = True
        else:
            self.pod = pod
        self._wake.ring()

    def close(self) -> None:
        """End the thread; what runs ends with the lab."""
        self._closing = True
        self._wake.ring()
        self._thread.join()

    def container(self, name: str) -> ContainerState:
        """Return a container by name; the caller has checked that the pod has it."""
        return next(one for one in (*self.inits, *self.containers) if one.name == name)

    # -- the thread -----------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while not self._closing:
                try:
                    seconds = self._step()
                except Exception as error:  # noqa: BLE001 -- a pod outlives whatever a lab throws
                    if self._closing:
                        break
                    self._trouble(error)
                    seconds = RETRY
                if seconds is None:
                    break
                self._wait(seconds)
        finally:
            self.ended.set()
            self._wake.close()

    def _wait(self, seconds: float) -> None:
        waited: list[HasDescriptor] = [self._wake]
        for running in self.runs():
            if running.code() is not None:
                return  # it has ended since the last look, and nobody will be told of it again
            if running.process is not None:
                waited.append(running.process)
        readable(waited, seconds)
        self._wake.quiet()

    def _step(self) -> float | None:
        """Do what is due; return after how many seconds to look again, None when all is over."""
        at = time.monotonic()
        self._reap(at)
        if self._gone or "deletionTimestamp" in self.pod["metadata"]:
            return self._end(at)
        if self._phase_over():
            self._write()
            return LONG
        if not self._set_up(at):
            self._write()
            return RETRY
        due = [at + LONG]
        if self._initialize(at, due):
            for state in self.containers:
                self._keep(state, at, due)
        self._write()
        return max(0.0, min(due) - time.monotonic())

    def _phase_over(self) -> bool:
        """Whether the pod has succeeded or failed: nothing is started again."""
        return pod_status.phase(self.pod, self.inits, self.containers) in ("Succeeded", "Failed")

    # -- setting up -------------------------------------------------------------------------------

    def _set_up(self, at: float) -> bool:
        if self._network is None:
            host = bool(self.pod["spec"].get("hostNetwork"))
            self._network = self._networks.make(self.name, self.uid, host_network=host)
        if self._volumes is None:
            try:
                self._volumes = lay_volumes(self._api, self._runtime.tree, self.pod, self._folder)
            except MissingError as error:
                if at >= self._again:
                    self._event("FailedMount", str(error), warning=True)
                    self._again = at + 2 * RETRY
                return False
        return True

    def _initialize(self, at: float, due: list[float]) -> bool:
        """Run the init containers, one after the other; tell whether all are done."""
        for state in self.inits:
            stays = state.spec.get("restartPolicy") == "Always"
            if state.ended is not None and state.ended["exitCode"] == 0 and not stays:
                continue
            self._keep(state, at, due, "Always" if stays else "")
            if not stays or not state.started:
                return False
        return True

    # -- one container ----------------------------------------------------------------------------

    def _keep(self, state: ContainerState, at: float, due: list[float], policy: str = "") -> None:
        """Let a container run, as its pod's restartPolicy has it."""
        if state.runs:
            if state.stopping is not None and at >= state.stopping and state.running:
                state.running.stop(signal.SIGKILL)
                state.stopping = at + LONG
            self._probe(state, due)
            if state.stopping is not None:
                due.append(state.stopping)
            return
        if state.ended is not None and not self._again_wanted(state, policy):
            return
        if at < state.due:
            if state.ended is not None and state.waiting is None:
                wait = state.due - at
                self._back_off(state, wait)
            due.append(state.due)
            return
        self._start(state, at)
        self._reap(time.monotonic())
        due.append(at if not state.runs else at + LONG)
        if state.runs:
            self._probe(state, due)

    def _again_wanted(self, state: ContainerState, policy: str) -> bool:
        assert state.ended is not None  # noqa: S101 - the caller has looked
        policy = policy or self.pod["spec"].get("restartPolicy", "Always")
        if (
            state in self.inits
            and policy == "Always"
            and state.spec.get("restartPolicy") != "Always"
        ):
            policy = "OnFailure"
        return policy == "Always" or (policy == "OnFailure" and state.ended["exitCode"] != 0)

    def _back_off(self, state: ContainerState, seconds: float) -> None:
        namespace = self.pod["metadata"]["namespace"]
        whose = f"{self.name}_{namespace}({self.uid})"
        told = f"restarting failed container={state.name} pod={whose}"
        told = f"back-off {_duration(round(seconds))} {told}"
        state.waiting = ("CrashLoopBackOff", told)
        event = f"Back-off restarting failed container {state.name} in pod {whose}"
        self._event("BackOff", event, warning=True)

    def _start(self, state: ContainerState, at: float) -> None:
        reference = state.spec["image"]
        image = find(reference, self._system)
        if image is None:
            self._no_image(state, at)
            return
        assert self._network is not None  # noqa: S101 - the pod is set up
        try:
            wanted = self._wanted(state)
        except MissingError as error:
            state.waiting = ("CreateContainerConfigError", str(error))
            state.due = at + RETRY
            if at >= self._again:
                self._again = at + FIRST_LOOKS
                self._event("Failed", f"Error: {error}", warning=True)
            return
        self._event("Pulled", f'Container image "{reference}" already present on machine')
        if state.running is not None or state.last is not None or state.ended is not None:
            state.restarts += 1
        self._event("Created", f"Created container: {state.name}")
        try:
            running = self._runtime.start(wanted)
        except StartError as error:
            message = f"{_RUNTIME_SAID}{error}"
            if state.ended is not None:
                state.last = state.ended
            state.wanted, state.began, state.since = wanted, now(), at
            state.end(_START_FAILED, at, "StartError", message)
            self._event("Failed", f"Error: {message}", warning=True)
            return
        state.start(running, wanted, at)
        if not state.probes:
            state.ready = state.started
        if "readinessProbe" not in state.spec:
            state.ready = state.started
        self._event("Started", f"Started container {state.name}")
        running.code()

    def _no_image(self, state: ContainerState, at: float) -> None:
        reference = state.spec["image"]
        why = f'Failed to pull image "{reference}": {unknown(reference)}'
        first = state.waiting is None or state.waiting[0] != "ErrImagePull"
        if first:
            self._event("Failed", why, warning=True)
            self._event("Failed", "Error: ErrImagePull", warning=True)
            state.waiting = ("ErrImagePull", why)
            state.backoff = max(state.backoff, FIRST_LOOKS)
            state.due = at + RETRY
            return
        self._event("BackOff", f'Back-off pulling image "{reference}"')
        self._event("Failed", "Error: ImagePullBackOff", warning=True)
        state.waiting = ("ImagePullBackOff", f'Back-off pulling image "{reference}": {why}')
        state.due = at + LONG * 60  # nothing is pulled here, however often one asks

    def _wanted(self, state: ContainerState) -> Wanted:
        """Work out what to start.

        Raises:
            MissingError: an object that it needs is not there.
        """
        spec, network, volumes = state.spec, self._network, self._volumes or {}
        assert network is not None  # noqa: S101 - the pod is set up
        image = find(spec["image"], self._system)
        assert image is not None  # noqa: S101 - the caller has looked
        variables = environment(self._api, self.pod, spec, network.address)
        command = tuple(spec.get("command") or ()) or image.entrypoint
        arguments = spec.get("args")
        if arguments is None:
            arguments = () if spec.get("command") else image.arguments
        scratch = f"{self._folder}/{state.name}/scratch"
        self._runtime.tree.script(f"mkdir -p {scratch}")
        return Wanted(
            key=f"{self.uid}/{state.name}/{state.restarts + (state.running is not None)}",
            image=image,
            argv=expanded((*command, *arguments), variables),
            network=network.namespace,
            address=network.address,
            pod=self.name,
            environment=variables,
            folder=spec.get("workingDir") or "/",
            scratch=scratch,
            volumes=tuple(
                (
                    _below(volumes[m["name"]], m.get("subPath", "")),
                    m["mountPath"],
                    not m.get("readOnly", False),
                )
                for m in spec.get("volumeMounts") or ()
                if m["name"] in volumes
            ),
            stdin=bool(spec.get("stdin")),
            terminal=bool(spec.get("tty")),
        )

    def _reap(self, at: float) -> None:
        """Count those as ended that have."""
        for state in (*self.inits, *self.containers):
            if state.runs and state.running is not None:
                code = state.running.code()
                if code is not None:
                    state.end(code, at)

    # -- probes -----------------------------------------------------------------------------------

    def _probe(self, state: ContainerState, due: list[float]) -> None:
        for probe in state.probes:
            if state.stopping is not None or not state.runs:
                return
            if probe.kind != "startup" and not state.started:
                continue
            if probe.kind == "startup" and state.started:
                continue
            if time.monotonic() >= probe.due:
                self._ask(state, probe)
            due.append(probe.due)

    def _ask(self, state: ContainerState, probe: ProbeState) -> None:
        ports = {
            p["name"]: p["containerPort"] for p in state.spec.get("ports") or () if "name" in p
        }
        why = probes.ask(
            probe.probe, ports, self.address, self._open_socket,
            lambda argv: self._beside(state, argv),
        )  # fmt: skip
        at = time.monotonic()
        probe.count(fine=not why, now=at)
        if why:
            self._event("Unhealthy", f"{probe.kind.capitalize()} probe failed: {why}", warning=True)
        if probe.kind == "readiness":
            state.ready = bool(probe.result)
        elif probe.kind == "startup" and probe.result:
            state.started = True
            state.ready = "readinessProbe" not in state.spec
        elif probe.result is False:
            told = f"Container {state.name} failed {probe.kind} probe, will be restarted"
            self._event("Killing", told)
            self._stop(state, at, self._grace())

    def _open_socket(self) -> socket.socket:
        return self._runtime.tree.open_socket(
            self._networks.node, socket.AF_INET, socket.SOCK_STREAM
        )

    def _beside(self, state: ContainerState, argv: list[str]) -> Program:
        assert state.wanted is not None  # noqa: S101 - it runs
        beside = state.running is not None and state.running.process is not None
        return self._runtime.execute(state.wanted, argv, stdin=False, terminal=False, beside=beside)

    # -- the end ----------------------------------------------------------------------------------

    def _grace(self) -> float:
        metadata, spec = self.pod["metadata"], self.pod["spec"]
        own = spec.get("terminationGracePeriodSeconds", 30)
        return float(metadata.get("deletionGracePeriodSeconds", own))

    def _stop(self, state: ContainerState, at: float, grace: float) -> None:
        if state.stopping is None and state.running is not None:
            state.ready = False
            state.stopping = at + grace
            state.running.stop(signal.SIGTERM if grace else signal.SIGKILL)

    def _end(self, at: float) -> float | None:
        """End the containers, then the network, then the object."""
        for state in (*self.containers, *self.inits):
            if state.runs:
                self._end_container(state, at, 0.0 if self._gone else self._grace())
        self._reap(time.monotonic())
        left = [s.stopping for s in (*self.containers, *self.inits) if s.runs and s.stopping]
        if not self._gone:
            self._write()
        if left:
            return max(0.05, min(left) - time.monotonic())
        if self._network is not None:
            network, self._network = self._network, None
            self._networks.take_back(network)
        self._runtime.tree.script(f"rm -rf {self._folder}")
        if not self._gone:
            with contextlib.suppress(ApiError):
                metadata = self.pod["metadata"]
                self._api.delete("pods", self.name, metadata["namespace"], grace=0, uid=self.uid)
        return None

    def _end_container(self, state: ContainerState, at: float, grace: float) -> None:
        if state.stopping is None:
            if not self._gone:
                self._event("Killing", f"Stopping container {state.name}")
            self._stop(state, at, grace)
            return
        state.stopping = min(state.stopping, at + grace)
        if at >= state.stopping and state.running is not None:
            state.running.stop(signal.SIGKILL)

    # -- telling ----------------------------------------------------------------------------------

    def _write(self) -> None:
        status = pod_status.status(
            self.pod, self.inits, self.containers,
            host=self._networks.address, address=self.address, begun=self._begun,
        )  # fmt: skip
        with contextlib.suppress(ApiError):  # it is gone: the next look says so
            self._api.set_status(self.pod, status, manager="kubelet")

    def _trouble(self, error: Exception) -> None:
        """Tell of what went wrong; the next look may find another world."""
        if isinstance(error, (LabError, ApiError)):
            self._event("FailedSync", str(error), warning=True)
        else:
            _LOG.warning("pod %s: tries again", self.name, exc_info=error)

    def _event(self, reason: str, message: str, *, warning: bool = False) -> None:
        kind = "Warning" if warning else "Normal"
        with contextlib.suppress(ApiError):
            self._api.event(self.pod, reason, message, kind, "kubelet")

    def runs(self) -> Iterator[Running]:
        """Yield what runs."""
        for state in (*self.inits, *self.containers):
            if state.runs and state.running is not None:
                yield state.running


FIRST_LOOKS: Final = 10.0
"""Seconds between two events on the same trouble."""


def _below(folder: str, part: str) -> str:
    return f"{folder}/{part}" if part else folder


def _duration(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"
