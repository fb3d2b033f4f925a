"""HTTP as it is, without a client that knows Kubernetes."""

import http.client
import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any, NamedTuple

SECONDS = 20.0


class Answer(NamedTuple):
    code: int
    body: Any
    headers: http.client.HTTPMessage


class Client:
    def __init__(self, port: int) -> None:
        self.port = port

    def __call__(
        self, method: str, path: str, body: Any = None, *, raw: bytes | None = None, **headers: str
    ) -> Answer:
        data = raw if raw is not None else None if body is None else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        with closing(connection):
            connection.request(method, path, body=data, headers=named)
            answer = connection.getresponse()
            text = answer.read()
            is_json = answer.headers.get_content_type() == "application/json"
            return Answer(answer.status, json.loads(text) if is_json else text, answer.headers)

    def watch(self, path: str, **headers: str) -> "Wire":
        return Wire(self.port, path, headers)

    def events(self, path: str, **headers: str) -> list[dict[str, Any]]:
        """All events of a watch that ends by itself."""
        with closing(self.watch(path, **headers)) as wire:
            return list(wire)


class Wire:
    """A watch as it comes off the wire."""

    def __init__(self, port: int, path: str, headers: dict[str, str]) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
        self.connection.request("GET", path, headers=headers)
        self.answer = self.connection.getresponse()

    def next(self) -> dict[str, Any] | None:
        line = self.answer.readline()
        return json.loads(line) if line else None

    def __iter__(self) -> Iterator[dict[str, Any]]:
        while (event := self.next()) is not None:
            yield event

    def close(self) -> None:
        self.answer.close()
        self.connection.close()
