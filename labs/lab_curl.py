"""A client's request over HTTP, from a host of a lab: who answered, or why nobody did."""

from __future__ import annotations

import contextlib
import errno
import ipaddress
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

_URL: Final = re.compile(r"(?:http://)?(\d+\.\d+\.\d+\.\d+)(?::(\d{1,5}))?(/[!-~]*)?")
_LARGEST_PORT: Final = 65535
_SAID: Final = re.compile(r"answered by (\S+)\nasked by (\S+)")
_FINE: Final = re.compile(r"HTTP/\d\.\d 2\d\d\b")
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
    address, port, path = read_url(url)
    begun = time.monotonic()

    def took() -> float:
        return round(time.monotonic() - begun, 4)

    request = f"GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n".encode()
    try:
        with open_socket() as client:
            client.settimeout(PATIENCE)
            client.connect((address, port))
            client.sendall(request)
            data = _received(client, begun + PATIENCE)
    except TimeoutError:
        return Answer(url, took(), error=f"no answer within {PATIENCE:g} seconds")
    except OSError as error:
        return Answer(url, took(), error=_WHY.get(error.errno or 0, str(error.strerror)))
    head, _, body = data.partition(b"\r\n\r\n")
    text = body.decode(errors="replace")
    if why := _trouble(head.decode(errors="replace"), body):
        return Answer(url, took(), error=why, text=text)
    said = _SAID.search(text)  # the lab's own servers say who they are; others need not
    server, source = (said[1], said[2]) if said else (None, None)
    return Answer(url, took(), server, source, text=text)


def read_url(url: str) -> tuple[str, int, str]:
    """Return the address, port and path of a URL.

    Raises:
        LabError: that is no URL a lab can ask for.
    """
    if found := _URL.fullmatch(url):
        port = int(found[2] or PORT)
        with contextlib.suppress(ValueError):
            address = str(ipaddress.IPv4Address(found[1]))
            if 1 <= port <= _LARGEST_PORT:
                return address, port, found[3] or "/"
    raise LabError(f"expected a URL with an address such as http://198.51.100.7/, seen {url!r}")


def _received(client: socket.socket, deadline: float) -> bytes:
    """Return everything until the other side hangs up.

    Raises:
        TimeoutError: it goes on beyond the deadline.
    """
    data = bytearray()
    while received := client.recv(1 << 16):
        data += received
        if time.monotonic() > deadline:
            raise TimeoutError
    return bytes(data)


def _trouble(head: str, body: bytes) -> str:
    """Say what is wrong with what came, "" when it is a whole answer to what was asked for."""
    promised = re.search(r"(?im)^content-length: *(\d+)", head)
    if not head or (promised and len(body) < int(promised[1])):
        return "the answer was cut short"
    status = head.partition("\r\n")[0]
    return "" if _FINE.match(status) else f"somebody answered {status[:80]!r}"
