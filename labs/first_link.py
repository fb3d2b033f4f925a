"""The owner's talk with the first process of its lab: a request, then its answer.

One at a time, whichever thread asks. `first_process` is the other end, and says what there is to
ask for.
"""

import errno
import json
import os
import socket
import threading
from collections.abc import Mapping, Sequence
from typing import Any, Final

from labs import first_process
from labs.errors import LabError

ANSWER_SECONDS: Final = 30.0
OVER: Final = (errno.EPIPE, errno.ECONNRESET, errno.EBADF, errno.ENOTCONN)
"""What a socket says whose other end is gone, or that was closed."""


class FirstLink:
    """The owner's end of the control socket."""

    def __init__(self, control: socket.socket) -> None:
        """Take over the socket."""
        self._socket = control
        self._socket.settimeout(ANSWER_SECONDS)
        self._lock = threading.Lock()
        self._requests = 0

    def close(self) -> None:
        """Hang up, with which the lab ends."""
        self._socket.close()

    def request(self, verb: str, descriptors: Sequence[int] = (), **fields: Any) -> Any:  # noqa: ANN401 - replies differ by verb
        """Ask the first process for something; return its reply, or the descriptor it gave.

        Raises:
            LabError: it was refused, or the lab has ended.
        """
        with self._lock:
            self._requests += 1
            message = {"verb": verb, "request": self._requests, **fields}
            try:
                self._send(json.dumps(message).encode(), descriptors)
                reply, given = self._reply(self._requests)
            except TimeoutError as error:
                raise LabError(
                    f"the lab does not answer within {ANSWER_SECONDS:g} seconds"
                ) from error
            except OSError as error:
                what = "the lab has ended" if error.errno in OVER else told(verb, fields)
                raise LabError(f"{what} ({error.strerror})") from error
        if "error" in reply:
            raise LabError(f"{told(verb, fields)}: {reply['error']}")
        return given[0] if given else reply

    def _send(self, data: bytes, descriptors: Sequence[int]) -> None:
        if len(data) <= first_process.MESSAGE_LIMIT:
            socket.send_fds(self._socket, [data], list(descriptors))
            return
        with os.fdopen(os.memfd_create("request"), "wb") as file:
            file.write(data)
            file.flush()
            parts = [first_process.IN_A_FILE]
            socket.send_fds(self._socket, parts, [*descriptors, file.fileno()])

    def _reply(self, number: int) -> tuple[dict[str, Any], list[int]]:
        """Wait for the answer to a request, past those that nobody waited for to the end.

        Ctrl-C, or a time that is over, leaves such answers behind.
        """
        while True:
            data, given, _, _ = socket.recv_fds(self._socket, 1 << 16, 1, socket.MSG_CMSG_CLOEXEC)
            if not data:
                raise LabError("the lab has ended")
            reply = json.loads(data)
            if reply.pop("request") == number:
                return reply, given
            for descriptor in given:
                os.close(descriptor)


def on(host: str | None) -> str:
    """Say where something happened, in the middle of a sentence."""
    return f" on {host}" if host else ""


def told(verb: str, fields: Mapping[str, Any]) -> str:
    """Say what the first process did not do."""
    if verb == "spawn":
        return f"{fields['argv'][0]}{on(fields['host'])} could not be started"
    if verb == "write":
        return f"{fields['path']} could not be written"
    return f"{verb} {fields}"
