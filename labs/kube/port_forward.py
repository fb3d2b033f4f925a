"""`kubectl port-forward`: connections of the learner's machine that come out in a pod.

Each connection is a pair of SPDY streams (data, error) with one request id, inside a WebSocket.
Source: the subprotocol SPDY/3.1+portforward.k8s.io of Kubernetes' port forwarding.
"""

import asyncio
import contextlib
import socket
from collections.abc import Mapping

from tornado.websocket import WebSocketClosedError

from labs.kube import spdy
from labs.kube.errors import ApiError, bad_request
from labs.kube.schema import Obj
from labs.kube.streams import PodSocket, reached

PROTOCOL = "SPDY/3.1+portforward.k8s.io"
_CHUNK = 32 * 1024
_WAITING = 16
"""Pieces that may wait for a slow program before its sender has to wait too."""


class PortForward(PodSocket):
    """Forwards ports for one kubectl."""

    def select_subprotocol(self, subprotocols: list[str]) -> str | None:
        """Take kubectl's protocol."""
        return PROTOCOL if PROTOCOL in subprotocols else None

    async def get(self, namespace: str, name: str) -> None:
        """Check what can be checked before the protocol is changed."""
        try:
            self.pod: Obj = self.find_pod(namespace, name)
            reached(self.containers)
            if PROTOCOL not in self.request.headers.get("Sec-WebSocket-Protocol", ""):
                raise bad_request(f"a WebSocket with the subprotocol {PROTOCOL} was expected")
        except ApiError as error:
            self.refuse(error)
            return
        self.session = spdy.Session()
        self.opened: dict[int, Mapping[str, str]] = {}
        self.inputs: dict[int, asyncio.Queue[bytes | None]] = {}
        self.work: set[asyncio.Task[None]] = set()
        await super().get(namespace, name)

    async def on_message(self, message: str | bytes) -> None:
        """Take SPDY frames."""
        octets = message.encode() if isinstance(message, str) else message
        try:
            for event in self.session.receive(octets):
                await self._take(event)
        except ValueError:
            self.close(1002)  # a protocol error

    async def _take(self, event: spdy.Opened | spdy.Data | spdy.Reset | spdy.Ping) -> None:
        if isinstance(event, spdy.Ping):
            await self._send(spdy.pong(event.number))
        elif isinstance(event, spdy.Opened):
            await self._join(event)
        elif isinstance(event, spdy.Data):
            if (waiting := self.inputs.get(event.stream)) is not None:
                if event.data:
                    await waiting.put(event.data)
                if event.last:
                    await waiting.put(None)
        elif (waiting := self.inputs.get(event.stream)) is not None:
            await waiting.put(None)

    async def _join(self, event: spdy.Opened) -> None:
        await self._send(self.session.accept(event.stream))
        self.opened[event.stream] = event.headers
        request = event.headers.get("requestid")
        if event.headers.get("streamtype") != "data":
            return
        errors = [
            stream
            for stream, headers in self.opened.items()
            if headers.get("requestid") == request and headers.get("streamtype") == "error"
        ]
        if not errors:
            return
        self.inputs[event.stream] = asyncio.Queue(_WAITING)
        port = int(event.headers.get("port", "0"))
        task = asyncio.create_task(self._forward(event.stream, errors[0], port))
        self.work.add(task)
        task.add_done_callback(self.work.discard)

    async def _forward(self, stream: int, errors: int, port: int) -> None:
        """Carry one connection."""
        loop = asyncio.get_running_loop()
        containers = reached(self.containers)
        try:
            inside = await loop.run_in_executor(None, containers.connect, self.pod, port)
        except (ApiError, OSError) as error:
            metadata = self.pod["metadata"]
            told = (
                f"error forwarding port {port} to pod {metadata['name']}, "
                f"uid {metadata['uid']}: {error}"
            )
            await self._send(spdy.data(errors, told.encode(), last=True))
            await self._send(spdy.data(stream, b"", last=True))
            return
        inside.setblocking(False)
        try:
            await asyncio.gather(self._inward(stream, inside), self._outward(stream, inside))
            await self._send(spdy.data(errors, b"", last=True))
        finally:
            inside.close()
            self.inputs.pop(stream, None)
            self.opened.pop(stream, None)
            self.opened.pop(errors, None)

    async def _inward(self, stream: int, inside: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        waiting = self.inputs[stream]
        with contextlib.suppress(OSError):  # the program reads no more; it may still answer
            while (piece := await waiting.get()) is not None:
                await loop.sock_sendall(inside, piece)
            inside.shutdown(socket.SHUT_WR)

    async def _outward(self, stream: int, inside: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        with contextlib.suppress(ConnectionError):
            while piece := await loop.sock_recv(inside, _CHUNK):
                await self._send(spdy.data(stream, piece))
        await self._send(spdy.data(stream, b"", last=True))
        # Who was answered to the end waits for no more of what is sent to it.
        await self.inputs[stream].put(None)

    async def _send(self, frame: bytes) -> None:
        with contextlib.suppress(WebSocketClosedError):
            await self.write_message(frame, binary=True)

    def on_close(self) -> None:
        """The client has left: its connections end."""
        for task in tuple(getattr(self, "work", ())):
            task.cancel()
