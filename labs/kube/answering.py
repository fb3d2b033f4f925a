"""What all requests share: their bodies, answers in JSON, refusals as Status objects, warnings.

Source: Status (meta/v1) in the API reference, and the HTTP Warning header as kubectl reads it.
"""

from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Any

from tornado.iostream import StreamClosedError
from tornado.web import RequestHandler, stream_request_body

from labs.kube import bodies
from labs.kube.api import Api
from labs.kube.errors import ApiError, method_not_allowed, too_large
from labs.kube.watching import Bell


@stream_request_body
class Base(RequestHandler):
    """Answers in JSON, errors as Status objects, and bodies of at most three MiB."""

    def initialize(self, api: Api, bell: Bell, containers: Any) -> None:  # noqa: ANN401 -- streams.Containers or None
        """Take what all requests share."""
        self.api = api
        self.bell = bell
        self.containers = containers
        self.body = bytearray()
        self.size = 0
        self.gone = False

    def data_received(self, chunk: bytes) -> None:
        """Collect the body; of one that is too long only the length."""
        self.size += len(chunk)
        if self.size <= bodies.LIMIT:
            self.body += chunk

    def on_connection_close(self) -> None:
        """The client has left: who still writes to it looks up."""
        self.gone = True
        self.bell.ring()

    def query(self) -> dict[str, str]:
        """The query's parameters, each once."""
        return {name: self.get_query_argument(name) for name in self.request.query_arguments}

    def set_default_headers(self) -> None:
        """Say nothing of the server's make, and let nothing be kept."""
        self.clear_header("Server")
        self.set_header("Cache-Control", "no-cache, private")

    def answer(self, value: object, code: int = 200, content_type: str = bodies.JSON) -> None:
        """Send a JSON value."""
        self.set_status(code)
        self.set_header("Content-Type", content_type)
        self.write(bodies.written(value))

    def warn(self, messages: Sequence[str]) -> None:
        """Send what kubectl prints as warnings."""
        for message in dict.fromkeys(messages):
            quoted = message.replace("\\", "\\\\").replace('"', '\\"')
            plain = "".join(letter if letter.isprintable() else " " for letter in quoted)
            # A header is octets; ours are UTF-8, as kubectl reads them.
            self.add_header("Warning", f'299 - "{plain}"'.encode().decode("latin-1"))

    async def send(self, chunk: bytes) -> None:
        """Write a part of a long answer, and wait until the client keeps up."""
        try:
            self.write(chunk)
            await self.flush()
        except StreamClosedError:
            self.gone = True

    async def respond(self, serve: Callable[[], Awaitable[None]]) -> None:
        """Serve, and answer what goes wrong as a Status."""
        try:
            if self.size > bodies.LIMIT:
                raise too_large(bodies.LIMIT)
            await serve()
        except ApiError as error:
            if not self._headers_written:
                if seconds := error.details.get("retryAfterSeconds"):
                    self.set_header("Retry-After", str(seconds))
                self.answer(error.status(), error.code)
        except StreamClosedError:
            self.gone = True

    def write_error(self, status_code: int, **kwargs: Any) -> None:  # noqa: ANN401 -- tornado's
        """Answer our own failures as a Status too, so that kubectl can print them."""
        if status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            self.answer(method_not_allowed().status(), status_code)
            return
        error = kwargs.get("exc_info", (None, None))[1]
        told = f"{type(error).__name__}: {error}" if error else self._reason
        status = ApiError(status_code, "InternalError", f"Internal error occurred: {told}")
        self.answer(status.status(), status_code)
