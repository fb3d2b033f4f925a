"""The one process that answers HTTP for all web servers of a cluster's pods, and its owner's side.

`labs.pod_server` is told of each container that comes and goes. A hundred pods cost one process.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from labs import pod_server
from labs.errors import LabError
from labs.kube.container_log import Pump
from labs.process_tree import ProcessTree

_ANSWER_SECONDS = 10.0


@dataclass(frozen=True)
class Site:
    """Where a web server answers.

    Attributes:
        key: what it is stopped by.
        host: the network namespace.
        address: an address there.
        port: where it listens.
        name: who answers.
        text: what an answer begins with, "" for nothing.
    """

    key: str
    host: str
    address: str
    port: int
    name: str
    text: str


class WebServers:
    """Web servers in any number of network namespaces."""

    def __init__(self, tree: ProcessTree, pump: Pump) -> None:
        """Start the process.

        Args:
            tree: the lab.
            pump: what reads its output.
        """
        told, self._tell = os.pipe2(os.O_CLOEXEC)
        heard, tells = os.pipe2(os.O_CLOEXEC)
        program = [sys.executable, "-I", str(Path(pod_server.__file__)), "--told"]
        try:
            self.process = tree.spawn(program, streams=(told, tells, tells))
        finally:
            os.close(told)
            os.close(tells)
        self._lock = threading.Lock()
        self._answers: dict[str, Callable[[dict[str, Any]], None]] = {}
        self._logs: dict[str, Callable[[str], None]] = {}
        self._rest = b""
        pump.watch(heard, self._hear)

    def start(self, site: Site, log: Callable[[str], None]) -> str:
        """Let a server listen; return why it does not, "" when it does.

        Args:
            site: where.
            log: takes a line for each request.
        """
        answered = threading.Event()
        reply: dict[str, Any] = {}

        def take(told: dict[str, Any]) -> None:
            reply.update(told)
            answered.set()

        with self._lock:
            self._answers[site.key], self._logs[site.key] = take, log
        told = asdict(site)
        self._say(add=told.pop("key"), **told)
        if not answered.wait(_ANSWER_SECONDS):
            raise LabError(f"the pods' server does not answer:\n{self.process.last_lines()}")
        if "failed" in reply:
            self._logs.pop(site.key, None)
            return str(reply["why"])
        return ""

    def stop(self, key: str) -> None:
        """Let a server listen no more."""
        if self._logs.pop(key, None) is not None:
            self._say(remove=key)

    def close(self) -> None:
        """End the process."""
        os.close(self._tell)

    def _say(self, **told: Any) -> None:  # noqa: ANN401 - JSON
        with self._lock, contextlib.suppress(BrokenPipeError):  # the lab ends
            os.write(self._tell, json.dumps(told).encode() + b"\n")

    def _hear(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            try:
                told = json.loads(line)
            except ValueError:
                continue  # a traceback; whoever waits says that it does not answer
            if log := self._logs.get(told.get("asked", "")):
                log(told["line"])
            key = told.get("listening") or told.get("failed")
            if key and (answer := self._answers.pop(key, None)):
                answer(told)
