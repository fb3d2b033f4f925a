"""What reaches into containers: exec and attach, and the kubelet's side of them.

The streams of exec and attach travel over one WebSocket, each message led by the number of its
channel. Source: the subprotocol v5.channel.k8s.io of Kubernetes' remote command API (0 input,
1 output, 2 errors, 3 how it ended, 4 the terminal's size, 255 a channel is closed).
"""

import asyncio
import contextlib
import json
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from tornado.websocket import WebSocketClosedError, WebSocketHandler

from labs.kube import pipes
from labs.kube.api import Api
from labs.kube.errors import ApiError, bad_request, success
from labs.kube.schema import Obj
from labs.kube.watching import Bell

PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io")
INPUT, OUTPUT, ERRORS, STATUS, SIZE, CLOSED = 0, 1, 2, 3, 4, 255
_LAST_WORDS = 1.0
"""Seconds that output may still come after the program has ended: a child may hold the pipe."""


class Process(Protocol):
    """A program in a container; its descriptors belong to the caller, who closes them.

    Attributes:
        stdin: where its input is written; `None` when it has none.
        stdout: where its output is read; with a terminal, the terminal.
        stderr: where its errors are read; `None` with a terminal.
    """

    stdin: int | None
    stdout: int
    stderr: int | None

    def wait(self) -> int:
        """Wait for its end and return its exit code (128 and the signal's number)."""

    def resize(self, rows: int, columns: int) -> None:
        """Tell the terminal its size."""

    def kill(self) -> None:
        """The client has left: end what was executed, let go of what was attached to."""


class Containers(Protocol):
    """The kubelet's side. Every call may block; each refuses with an `ApiError`."""

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
        """A container's log in whole lines, the last `tail` lines or `since` seconds of it.

        With `follow` it goes on until the container ends, and yields b"" at least five times a
        second while nothing is new, so that a client that left is noticed.
        """

    def execute(
        self, pod: Obj, container: str, argv: Sequence[str], *, stdin: bool, tty: bool
    ) -> Process:
        """Start a program in a container."""

    def attach(self, pod: Obj, container: str, *, stdin: bool, tty: bool) -> Process:
        """Join the streams of a container's own program."""

    def connect(self, pod: Obj, port: int) -> socket.socket:
        """Connect to a port of a pod."""


def container_of(pod: Obj, wanted: str) -> str:
    """The container that is meant: the one named, or the pod's only one.

    Raises:
        ApiError: the pod has none of that name, or several to choose from.
    """
    spec, name = pod["spec"], pod["metadata"]["name"]
    names = [container["name"] for container in spec.get("containers") or ()]
    every = names + [container["name"] for container in spec.get("initContainers") or ()]
    if not wanted and len(names) > 1:
        told = " ".join(names)
        raise bad_request(
            f"a container name must be specified for pod {name}, choose one of: [{told}]"
        )
    if wanted and wanted not in every:
        raise bad_request(f"container {wanted} is not valid for pod {name}")
    return wanted or names[0]


def reached(containers: Containers | None) -> Containers:
    """The kubelet's side, when there is one.

    Raises:
        ApiError: there is none.
    """
    if containers is None:
        raise bad_request("no kubelet runs behind this API server: its pods are objects only")
    return containers


class PodSocket(WebSocketHandler):
    """A WebSocket into a pod."""

    def initialize(self, api: Api, bell: Bell, containers: Containers | None) -> None:
        """Take what all requests share."""
        del bell
        self.api = api
        self.containers = containers

    def check_origin(self, origin: str) -> bool:
        """Refuse browsers: no page may reach into a lab."""
        del origin
        return False

    def find_pod(self, namespace: str, name: str) -> Obj:
        """The pod that is meant.

        Raises:
            ApiError: there is none, or a browser's page asks.
        """
        if "Origin" in self.request.headers:
            raise ApiError(403, "Forbidden", "no page of a browser may reach into a lab")
        return self.api.get("pods", name, namespace)

    def refuse(self, error: ApiError) -> None:
        """Answer with a Status, before any stream."""
        self.set_status(error.code)
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps(error.status()))

    def post(self, namespace: str, name: str, verb: str = "portforward") -> None:
        """Refuse SPDY, kubectl's way before WebSockets, saying first what else is wrong."""
        try:
            self.find_pod(namespace, name)
            raise bad_request(f"{verb} is served over WebSocket only, and this is no WebSocket")
        except ApiError as error:
            self.refuse(error)


class Channels(PodSocket):
    """`kubectl exec`, `attach` and `run -it`."""

    def initialize(self, api: Api, bell: Bell, containers: Containers | None) -> None:
        """Take what all requests share."""
        super().initialize(api, bell, containers)
        self.process: Process | None = None
        self.refused: ApiError | None = None
        self.attached = False
        self.work: asyncio.Task[None] | None = None

    def select_subprotocol(self, subprotocols: list[str]) -> str | None:
        """Take the newest protocol that both know."""
        return next((name for name in PROTOCOLS if name in subprotocols), None)

    async def get(self, namespace: str, name: str, verb: str) -> None:
        """Check what can be checked before the protocol is changed."""
        try:
            pod = self.find_pod(namespace, name)
            container = container_of(pod, self.get_query_argument("container", ""))
            offered = self.request.headers.get("Sec-WebSocket-Protocol", "")
            if not any(known in offered for known in PROTOCOLS):
                raise bad_request(
                    f"a WebSocket with the subprotocol {PROTOCOLS[0]} was expected, "
                    f"not {offered or 'a plain request'!r}"
                )
            argv = self.get_query_arguments("command", strip=False)
            if verb == "exec" and not argv:
                raise bad_request("you must specify at least one command for the container")
            self.attached = verb == "attach"
            start = self._starting(pod, container, argv if verb == "exec" else None)
        except ApiError as error:
            self.refuse(error)
            return
        loop = asyncio.get_running_loop()
        starting = loop.run_in_executor(None, start)
        try:
            self.process = await asyncio.shield(starting)
        except asyncio.CancelledError:
            starting.add_done_callback(_dropped)  # the server ends while the program starts
            raise
        except ApiError as error:
            # From here on kubectl reads what went wrong from the stream, not from the answer.
            self.refused = error
        await super().get(namespace, name, verb)
        if self.work is None and self.process is not None:
            # It was no WebSocket after all: nobody reads what was started.
            _drop(self.process)
            await loop.run_in_executor(None, self.process.wait)

    def _starting(self, pod: Obj, container: str, argv: list[str] | None) -> Callable[[], Process]:
        """What starts the program, or attaches to the container's own."""
        inside = reached(self.containers)
        tty, stdin = self._asked("tty"), self._asked("stdin")
        if argv is None:
            return lambda: inside.attach(pod, container, stdin=stdin, tty=tty)
        return lambda: inside.execute(pod, container, argv, stdin=stdin, tty=tty)

    def _asked(self, name: str) -> bool:
        return self.get_query_argument(name, "") in ("1", "true")

    def open(self, *_: str) -> None:
        """Carry the streams."""
        self.work = asyncio.create_task(self._carry())

    async def on_message(self, message: str | bytes) -> None:
        """Take input, or the terminal's size."""
        data = message.encode() if isinstance(message, str) else message
        process = self.process
        if not data or process is None:
            return
        channel, rest = data[0], data[1:]
        if channel == INPUT and process.stdin is not None:
            await pipes.write(process.stdin, rest)
        elif channel == SIZE:
            size = json.loads(rest)
            process.resize(int(size.get("Height", 24)), int(size.get("Width", 80)))
        elif channel == CLOSED and rest[:1] == bytes([INPUT]):
            self._end_input()

    def _end_input(self) -> None:
        process = self.process
        if process is not None and process.stdin is not None:
            descriptor, process.stdin = process.stdin, None
            os.close(descriptor)

    def on_close(self) -> None:
        """The client has left."""
        if self.process is not None:
            self.process.kill()

    async def _carry(self) -> None:
        process = self.process
        if self.refused is not None:
            await self._tell(STATUS, json.dumps(self.refused.status()).encode())
            self.close(1000)
        if process is None:
            return
        loop = asyncio.get_running_loop()
        outputs = [(OUTPUT, process.stdout)]
        if process.stderr is not None:
            outputs.append((ERRORS, process.stderr))
        pumps = [asyncio.create_task(self._pump(*output)) for output in outputs]
        try:
            code = await loop.run_in_executor(None, process.wait)
            await asyncio.wait(pumps, timeout=_LAST_WORDS)
            if self.attached:
                code = 0  # attaching went well; how the program ended is in the pod's status
            await self._tell(STATUS, json.dumps(_ended(code)).encode())
            self.close(1000)
        except asyncio.CancelledError:
            process.kill()  # the server ends, and what it started with it
            raise
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            self._end_input()
            for _, descriptor in outputs:
                os.close(descriptor)
            self.process = None

    async def _pump(self, channel: int, descriptor: int) -> None:
        while data := await pipes.read(descriptor):
            await self._tell(channel, data)

    async def _tell(self, channel: int, data: bytes) -> None:
        with contextlib.suppress(WebSocketClosedError):
            await self.write_message(bytes([channel]) + data, binary=True)


def _dropped(starting: asyncio.Future[Process]) -> None:
    if starting.exception() is None:
        _drop(starting.result())


def _drop(process: Process) -> None:
    """Let go of a program that nobody will hear."""
    process.kill()
    for descriptor in (process.stdin, process.stdout, process.stderr):
        if descriptor is not None:
            os.close(descriptor)


def _ended(code: int) -> Obj:
    if code == 0:
        return success()
    message = f"command terminated with non-zero exit code {code}"
    causes = [{"reason": "ExitCode", "message": str(code)}]
    return ApiError(500, "NonZeroExitCode", message, {"causes": causes}).status()
