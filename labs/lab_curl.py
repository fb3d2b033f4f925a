"""A client's request over HTTP, from a host of a lab: who answered, or why nobody did."""

from __future__ import annotations

import errno
import re
import socket
import time
from collections.abc import Callable
from typing import Final

from labs.errors import LabError
from labs.lab_values import Answer

PATIENCE: Final = 2.0
"""Seconds before a request counts as unanswered; TCP sends a lost SYN again after one."""
PORT: Final = 80

_URL: Final = re.compile(r"(?:http://)?(\d+\.\d+\.\d+\.\d+)(?::(\d{1,5}))?(/\S*)?")
_SAID: Final = re.compile(r"answered by (\S+)\nasked by (\S+)")
_WHY: Final = {
    errno.ECONNREFUSED: "refused: nobody listens there (TCP RST)",
    errno.ENETUNREACH: "network unreachable: no route to it, here or at a router on the way (ICMP)",
    errno.EHOSTUNREACH: "host unreachable: the last router finds nobody there (ICMP)",
    errno.ECONNRESET: "the connection was reset",
}


def ask(open_socket: Callable[[], socket.socket], url: str) -> Answer:
    """Send one request and wait for the answer.

    Args:
        open_socket: opens a TCP socket on the client.
        url: such as `http://198.51.100.7/`; an address, since a lab has no DNS.

    Raises:
        LabError: that is no URL a lab can ask for.
    """
    found = _URL.fullmatch(url)
    if found is None:
        raise LabError(f"expected a URL with an address such as http://198.51.100.7/, seen {url!r}")
    begun = time.monotonic()

    def took() -> float:
        return round(time.monotonic() - begun, 4)

    request = f"GET {found[3] or '/'} HTTP/1.0\r\nHost: {found[1]}\r\n\r\n".encode()
    data = bytearray()
    try:
        with open_socket() as client:
            client.settimeout(PATIENCE)
            client.connect((found[1], int(found[2] or PORT)))
            client.sendall(request)
            while received := client.recv(1 << 16):
                data += received
    except TimeoutError:
        return Answer(url, took(), error=f"no answer within {PATIENCE:g} seconds")
    except OSError as error:
        return Answer(url, took(), error=_WHY.get(error.errno or 0, str(error.strerror)))
    text = data.decode(errors="replace").partition("\r\n\r\n")[2]
    said = _SAID.fullmatch(text.strip())
    if said is None:
        return Answer(url, took(), error="the answer was cut short", text=text)
    return Answer(url, took(), said[1], said[2], text=text)
