"""One container of a pod as its kubelet sees it: what it does, did before, and when it may again.

Source: ContainerStatus in the core/v1 API reference; the back-off of a kubelet (10 s, doubled up to
five minutes, begun anew after ten minutes without a failure).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Final

from labs.kube.containers import Running, Wanted
from labs.kube.probes import ProbeState
from labs.kube.schema import Obj
from labs.kube.times import now

FIRST_BACKOFF: Final = 10.0
LONGEST_BACKOFF: Final = 300.0
FORGOTTEN_AFTER: Final = 600.0
_OOM: Final = 137


@dataclass
class ContainerState:
    """A container's state.

    Attributes:
        spec: its part of the pod's spec.
        waiting: (reason, message) while it waits; None when it runs or has ended.
        running: what runs, or ran last.
        wanted: what was started.
        previous: what ran before.
        began: when it started, for people; `since` is the same on the monotonic clock.
        ended: how it ended, the API's `terminated`.
        last: how the run before ended.
        restarts: how often it was started again.
        backoff: seconds it has to wait after the next failure; 0 before the first.
        due: when it may start, monotonic.
        started: it passed its startup probe.
        ready: it passes its readiness probe.
        stopping: when SIGKILL follows the SIGTERM it got, monotonic; None while nobody ends it.
        probes: its probes of this run.
    """

    spec: Obj
    waiting: tuple[str, str] | None = ("ContainerCreating", "")
    running: Running | None = None
    wanted: Wanted | None = None
    previous: Running | None = None
    began: str = ""
    since: float = 0.0
    ended: Obj | None = None
    last: Obj | None = None
    restarts: int = 0
    backoff: float = 0.0
    due: float = 0.0
    started: bool = False
    ready: bool = False
    stopping: float | None = None
    probes: list[ProbeState] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.spec["name"])

    @property
    def runs(self) -> bool:
        """Whether it runs."""
        return self.running is not None and self.ended is None and self.waiting is None

    def start(self, running: Running, wanted: Wanted, at: float) -> None:
        """Count as running."""
        if self.ended is not None:
            self.last = self.ended
        self.previous, self.running, self.wanted = self.running, running, wanted
        self.waiting = self.ended = self.stopping = None
        self.began, self.since = now(), at
        self.started = "startupProbe" not in self.spec
        self.ready = False
        self.probes = [
            ProbeState(
                kind,
                self.spec[f"{kind}Probe"],
                at + self.spec[f"{kind}Probe"].get("initialDelaySeconds", 0),
            )
            for kind in ("startup", "liveness", "readiness")
            if f"{kind}Probe" in self.spec
        ]

    def end(self, code: int, at: float, reason: str = "", message: str = "") -> None:
        """Count as ended."""
        self.ended = {
            "exitCode": code,
            "reason": reason or ("Completed" if code == 0 else "Error"),
            "startedAt": self.began or now(),
            "finishedAt": now(),
            "containerID": self.identity,
        }
        if message:
            self.ended["message"] = message
        self.ready = self.started = False
        self.waiting = None
        if at - self.since > FORGOTTEN_AFTER:
            self.backoff = 0.0
        self.due = at + self.backoff
        self.backoff = min(max(self.backoff * 2, FIRST_BACKOFF), LONGEST_BACKOFF)

    @property
    def identity(self) -> str:
        """What a runtime would call this run."""
        key = self.wanted.key if self.wanted else self.name
        return f"locrib://{hashlib.sha256(key.encode()).hexdigest()}"

    def status(self) -> Obj:
        """Return the API's ContainerStatus."""
        state: Obj
        if self.waiting is not None:
            reason, message = self.waiting
            state = {"waiting": {"reason": reason} | ({"message": message} if message else {})}
        elif self.ended is not None:
            state = {"terminated": self.ended}
        else:
            state = {"running": {"startedAt": self.began}}
        last = self.last if self.waiting is None or self.ended is None else self.ended
        told: Obj = {
            "name": self.name,
            "state": state,
            "lastState": {"terminated": last} if last else {},
            "ready": self.ready,
            "restartCount": self.restarts,
            "image": self.spec["image"],
            "imageID": f"locrib://{self.spec['image']}" if self.wanted else "",
            "started": self.started and self.runs,
        }
        if self.wanted:
            told["containerID"] = self.identity
        return told
