"""The HTTP server of a lab's Kubernetes API: one thread, one loop, one listening socket.

It holds no state of its own: a new server over the same store goes on where the last one ended, as
an API server does over its etcd.
"""

import asyncio
import logging
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self

from tornado.httpserver import HTTPServer
from tornado.web import Application, RequestHandler

from labs.kube import bodies, discovery, openapi
from labs.kube.answering import Base
from labs.kube.api import Api
from labs.kube.errors import no_such_path
from labs.kube.handlers import Resources
from labs.kube.kinds import Kinds
from labs.kube.logs import Logs
from labs.kube.port_forward import PortForward
from labs.kube.streams import Channels, Containers
from labs.kube.watching import Bell

_LOG = logging.getLogger(__name__)
VERSION = "v1.37.0+locrib"
_OPENAPI_2 = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
_PLATFORM = "linux/amd64"
_HARD_LIMIT = 64 * 1024 * 1024
"""Bodies beyond our limit are read this far, so that the client gets to read the refusal."""
_STARTS_WITHIN = 10.0
_THREADS = 128


class About(Base):
    """What the API serves: versions, groups, resources, schemas; and that it is well."""

    async def get(self) -> None:
        """Answer one of these documents."""
        await self.respond(self._get)

    async def _get(self) -> None:
        path = self.request.path.strip("/")
        if path in ("healthz", "livez", "readyz"):
            self.set_header("Content-Type", "text/plain; charset=utf-8")
            self.write("ok")
            return
        if path == "openapi/v2":
            self._old_schemas()
            return
        kinds = self.api.kinds
        if path in ("api", "apis") and self._aggregated():
            told = discovery.aggregated(kinds, core=path == "api")
            self.answer(told, content_type=discovery.AGGREGATED)
            return
        self.answer(self._document(path))

    def _old_schemas(self) -> None:
        """Answer that OpenAPI 2 tells of no kind: kubectl asks it about those that 3 lacks.

        Were it missing, kubectl would complain of the missing document, not of the unknown kind.
        """
        if "protobuf" not in self.request.headers.get("Accept", ""):
            self.answer({"swagger": "2.0", "info": {"title": "Kubernetes", "version": VERSION}})
            return
        self.set_header("Content-Type", _OPENAPI_2)
        self.write(_empty_document())

    def _aggregated(self) -> bool:
        form = bodies.form(self.request.headers.get("Accept", ""))
        return form == "APIGroupDiscoveryList"

    def _document(self, path: str) -> object:
        match path.split("/"):
            case ["version"]:
                return version()
            case ["openapi", *rest]:
                return _schemas(self.api.kinds, rest)
            case rest:
                return _discovered(self.api.kinds, rest)


def _schemas(kinds: Kinds, path: list[str]) -> object:
    match path:
        case ["v3"]:
            return openapi.index(kinds)
        case ["v3", "api", number]:
            return openapi.document(kinds, "", number)
        case ["v3", "apis", group, number]:
            return openapi.document(kinds, group, number)
    raise no_such_path()


def _discovered(kinds: Kinds, path: list[str]) -> object:
    match path:
        case ["api"]:
            return discovery.api_versions()
        case ["apis"]:
            return discovery.group_list(kinds)
        case ["api", number]:
            return discovery.resource_list(kinds, "", number)
        case ["apis", group]:
            return discovery.group(kinds, group)
        case ["apis", group, number]:
            return discovery.resource_list(kinds, group, number)
    raise no_such_path()


def _empty_document() -> bytes:
    """OpenAPI 2's Document in protobuf, with 1 swagger and 2 info (1 title, 2 version) only."""

    def text(number: int, value: bytes) -> bytes:
        return bytes((number << 3 | 2, len(value))) + value

    info = text(1, b"Kubernetes") + text(2, VERSION.encode())
    return text(1, b"2.0") + text(2, info)


def version() -> dict[str, str]:
    """The answer to /version."""
    return {
        "major": "1",
        "minor": "37",
        "gitVersion": VERSION,
        "gitCommit": "",
        "gitTreeState": "clean",
        "buildDate": "1970-01-01T00:00:00Z",
        "goVersion": "",
        "compiler": "",
        "platform": _PLATFORM,
    }


def _silent(handler: RequestHandler) -> None:
    """Log requests for those who look for a mistake of ours, not for the learner."""
    _LOG.debug("%s %s %s", handler.get_status(), handler.request.method, handler.request.uri)


_DOCUMENTS = (
    r"/(?:version|healthz|livez|readyz|api|apis|api/[^/]+|apis/[^/]+(?:/[^/]+)?|openapi/.*)/?"
)


class Server:
    """Serves an API on a socket that listens already, until `close`."""

    def __init__(self, api: Api, containers: Containers | None, sock: socket.socket) -> None:
        """Take what to serve and where; `start` begins. The socket is closed with the server.

        Args:
            api: what is served.
            containers: what logs, exec, attach and port-forward reach; `None`: nothing runs here.
            sock: a bound, listening stream socket.
        """
        self._api = api
        self._containers = containers
        self._socket = sock
        self._thread = threading.Thread(target=self._run, name="kube api server", daemon=True)
        self._started = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end: asyncio.Event | None = None

    def start(self) -> Self:
        """Serve from now on."""
        self._thread.start()
        if not self._started.wait(_STARTS_WITHIN):
            raise RuntimeError(f"the API server did not start within {_STARTS_WITHIN:g} seconds")
        return self

    def close(self) -> None:
        """End every request and the thread; the store stays as it is."""
        if self._loop is not None and self._end is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._end.set)
            self._thread.join()

    def __enter__(self) -> Self:
        """Serve inside a `with`."""
        return self.start()

    def __exit__(self, *_: object) -> None:
        """End with the `with`."""
        self.close()

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        # Each exec waits in a thread for its program's end; most of them are never needed.
        self._loop.set_default_executor(ThreadPoolExecutor(_THREADS, "kube api stream"))
        bell = Bell(self._api.store, self._loop)
        shared: dict[str, Any] = {
            "api": self._api,
            "bell": bell,
            "containers": self._containers,
        }
        pod = r"/api/v1/namespaces/([^/]+)/pods/([^/]+)"
        application = Application(
            [
                (_DOCUMENTS, About, shared),
                (rf"{pod}/log", Logs, shared),
                (rf"{pod}/(exec|attach)", Channels, shared),
                (rf"{pod}/portforward", PortForward, shared),
                (r"/.*", Resources, shared),
            ],
            log_function=_silent,
            websocket_max_message_size=bodies.LIMIT,
        )
        server = HTTPServer(application, max_body_size=_HARD_LIMIT)
        self._socket.setblocking(False)
        server.add_sockets([self._socket])
        self._started.set()
        await self._end.wait()
        server.stop()
        bell.close()
        await server.close_all_connections()
        bell.ring()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
