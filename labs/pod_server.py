"""Answers HTTP in many hosts of a lab at once, and says who asked: one small process for all pods.

Runs inside a lab, alone and outside any package (`python -I pod_server.py HOST,ADDRESS ...`), so it
imports nothing but the standard library. It opens a listening socket in each host's network
namespace and answers from one thread. The answer is two lines, one fact each, so that a person
and a program read the same text.
"""

import contextlib
import ctypes
import os
import selectors
import socket
import sys

CLONE_NEWNET = 0x40000000
PORT = 80
BACKLOG = 128
MOST_SILENT = 128
"""Connections that have asked nothing yet; beyond these the oldest is closed. One whose client was
cut off stays silent for ever, and a process may have a thousand descriptors."""

_libc = ctypes.CDLL(None, use_errno=True)


def listen(host: str, address: str) -> socket.socket:
    """Listen on an address of a host; the address must be configured there."""
    home = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        _enter(os.open(f"/run/netns/{host}", os.O_RDONLY | os.O_CLOEXEC))
        listener = socket.create_server((address, PORT), backlog=BACKLOG)
    finally:
        _enter(home)
    listener.setblocking(False)
    return listener


def _enter(descriptor: int) -> None:
    try:
        if _libc.setns(descriptor, CLONE_NEWNET):
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))
    finally:
        os.close(descriptor)


def answer(connection: socket.socket, host: str) -> None:
    """Answer one request, whatever it asks for, and hang up."""
    with contextlib.suppress(OSError), connection:
        if connection.recv(1 << 12):
            body = f"answered by {host}\nasked by {connection.getpeername()[0]}\n".encode()
            head = f"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}"
            connection.sendall(head.encode() + b"\r\n\r\n" + body)


def serve(hosts: list[tuple[str, str]]) -> None:
    """Answer for every (host, address), for ever."""
    silent: dict[socket.socket, None] = {}  # in the order they came
    with selectors.DefaultSelector() as selector:
        for host, address in hosts:
            selector.register(listen(host, address), selectors.EVENT_READ, (host, True))
        print("listening", flush=True)
        while True:
            for key, _ in selector.select():
                host, listening = key.data
                assert isinstance(key.fileobj, socket.socket)  # noqa: S101 - only sockets are registered
                if listening:
                    with contextlib.suppress(OSError):
                        connection, _ = key.fileobj.accept()
                        connection.setblocking(False)
                        selector.register(connection, selectors.EVENT_READ, (host, False))
                        silent[connection] = None
                elif key.fileobj in silent:  # not closed a moment ago
                    selector.unregister(key.fileobj)
                    del silent[key.fileobj]
                    answer(key.fileobj, host)
                while len(silent) > MOST_SILENT:
                    oldest = next(iter(silent))
                    selector.unregister(oldest)
                    del silent[oldest]
                    oldest.close()


if __name__ == "__main__":
    serve([(host, address) for host, _, address in (a.partition(",") for a in sys.argv[1:])])
