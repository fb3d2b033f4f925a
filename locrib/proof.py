"""Proof that the course opens: what `locrib learn --check` does instead of waiting for a learner.

It goes the way a browser goes, through the running server's own pages, REST API and websocket
(https://jupyter-server.readthedocs.io/en/latest/developers/rest-api.html and, for the messages,
https://jupyter-client.readthedocs.io/en/stable/messaging.html): the page, the notebook, a kernel
for it, and the notebook's first code cell.
"""

import asyncio
import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from locrib.server import Server
from locrib.trouble import Exit, Trouble

SECONDS = 90.0
"""For the whole proof; a cold start of a kernel on a loaded machine takes ten."""


class CheckFailedError(Trouble):
    """The server is up, and something a learner needs does not work."""

    def __init__(self, expected: str, seen: str) -> None:
        """Say what should have happened and what did."""
        super().__init__(
            expected,
            seen,
            "run `locrib --verbose learn --check`; with an unchanged copy, please report it",
            code=Exit.CHECK,
        )


def prove(server: Server, notebook: str, tell: Callable[[str], None]) -> None:
    """Open `notebook` on `server` and run its first code cell; its kernel ends with the server.

    Args:
        server: A running server.
        notebook: Path of a notebook in its workspace.
        tell: Called with a line for each thing that was proven.

    Raises:
        CheckFailedError: Something did not work, or not within `SECONDS`.
    """
    try:
        asyncio.run(asyncio.wait_for(_prove(server, notebook, tell), SECONDS))
    except TimeoutError:
        raise CheckFailedError(
            f"the server to open and run {notebook}", f"no end after {SECONDS:.0f} seconds"
        ) from None
    except (HTTPClientError, OSError) as error:
        raise CheckFailedError(f"the server to open and run {notebook}", str(error)) from error


async def _prove(server: Server, notebook: str, tell: Callable[[str], None]) -> None:
    ask = _Asker(server)
    page = await ask.text(f"/lab/tree/{quote(notebook)}")
    if 'id="jupyter-config-data"' not in page:
        raise CheckFailedError("JupyterLab's page", f"a page that starts {page[:80]!r}")
    tell(f"the server answers on {server.url}")
    content = (await ask.json(f"/api/contents/{quote(notebook)}"))["content"]
    sources = [cell["source"] for cell in content["cells"] if cell["cell_type"] == "code"]
    tell(f"{notebook} opens, with {len(content['cells'])} cells")
    spec = content["metadata"]["kernelspec"]["name"]
    session = await ask.json(
        "/api/sessions",
        {"path": notebook, "name": notebook, "type": "notebook", "kernel": {"name": spec}},
    )
    await _run(ask, session["kernel"]["id"], sources[0])
    tell(f"its kernel ({spec}) runs the first cell")


async def _run(ask: "_Asker", kernel: str, source: str) -> None:
    """Run one cell; it must end well and write nothing to standard error."""
    socket = await ask.websocket(f"/api/kernels/{kernel}/channels")
    request = _message("execute_request", code=source, allow_stdin=False, stop_on_error=True)
    try:
        await socket.write_message(json.dumps(request))
        # The reply (shell) and "idle" (iopub) come on two channels, in either order.
        replied = idle = False
        while not (replied and idle):
            received = await socket.read_message()
            if received is None:
                raise CheckFailedError("the kernel to run the first cell", "it went away")
            message = json.loads(received)
            # The server says these about the kernel, in answer to nobody.
            if message["content"].get("execution_state") in ("restarting", "dead"):
                raise CheckFailedError("the kernel to run the first cell", "it died of it")
            if message["parent_header"].get("msg_id") != request["header"]["msg_id"]:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "stream" and content["name"] == "stderr":
                raise CheckFailedError("nothing on standard error", content["text"].strip())
            if kind == "error":
                seen = f"{content['ename']}: {content['evalue']}"
                raise CheckFailedError("the first cell to run without an error", seen)
            replied = replied or kind == "execute_reply"
            idle = idle or (kind == "status" and content["execution_state"] == "idle")
    finally:
        socket.close()


def _message(kind: str, **content: Any) -> dict[str, Any]:  # noqa: ANN401 -- JSON
    return {
        "header": {
            "msg_id": uuid.uuid4().hex,
            "session": uuid.uuid4().hex,
            "username": "locrib",
            "date": datetime.now(UTC).isoformat(),
            "msg_type": kind,
            "version": "5.3",
        },
        "parent_header": {},
        "metadata": {},
        "content": {"silent": False, "store_history": False, "user_expressions": {}, **content},
        "channel": "shell",
        "buffers": [],
    }


class _Asker:
    """Requests to the server with the token, as short as the proof wants to read."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._client = AsyncHTTPClient()

    def _request(self, path: str, **options: Any) -> HTTPRequest:  # noqa: ANN401 -- passed on
        return HTTPRequest(
            self._server.url + path,
            headers={"Authorization": f"token {self._server.token}"},
            request_timeout=SECONDS,
            **options,
        )

    async def text(self, path: str) -> str:
        reply = await self._client.fetch(self._request(path))
        return str(reply.body.decode())

    async def json(self, path: str, body: object = None) -> Any:  # noqa: ANN401 -- JSON
        options = {} if body is None else {"method": "POST", "body": json.dumps(body)}
        reply = await self._client.fetch(self._request(path, **options))
        return json.loads(reply.body)

    async def websocket(self, path: str) -> WebSocketClientConnection:
        request = self._request(path)
        request.url = request.url.replace("http:", "ws:", 1)
        return await websocket_connect(request)
