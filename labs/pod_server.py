"""Answers HTTP in many hosts of a lab at once, and says who asked: one small process for all pods.

Runs inside a lab, alone and outside any package (`python -I pod_server.py HOST,ADDRESS ...`), so it
imports nothing but the standard library. It opens a listening socket in each host's network
namespace and answers from one thread. The answer is two lines, one fact each, so that a person
and a program read the same text.

With `--told` it begins with no hosts and is told of them, a JSON object a line on its input, as a
cluster's pods come and go: {"add": KEY, "host", "address", "port", "name", "text"} and
{"remove": KEY}. It tells, in the same way, {"listening": KEY}, {"failed": KEY, "why"} and, for each
request, {"asked": KEY, "line"}. It ends with its input.
"""

import contextlib
import ctypes
import json
import os
import selectors
import socket
import sys
import time

CLONE_NEWNET = 0x40000000
PORT = 80
BACKLOG = 128
MOST_SILENT = 128
"""Connections that have asked nothing yet; beyond these the oldest is closed. One whose client was
cut off stays silent for ever, and a process may have a thousand descriptors."""

_libc = ctypes.CDLL(None, use_errno=True)


class Site:
    """Where requests are answered (no dataclass: those cost this process a third of its memory).

    Attributes:
        name: who answers.
        key: what its requests are told under; "" where nobody is told.
        text: what an answer begins with, "" for nothing.
    """

    def __init__(self, name: str, key: str = "", text: str = "") -> None:
        """Answer in this name."""
        self.name, self.key, self.text = name, key, text


def listen(host: str, address: str, port: int = PORT) -> socket.socket:
    """Listen on an address of a host; the address must be configured there."""
    home = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        _enter(os.open(f"/run/netns/{host}", os.O_RDONLY | os.O_CLOEXEC))
        listener = socket.create_server((address, port), backlog=BACKLOG)
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


def answer(connection: socket.socket, site: Site) -> None:
    """Answer one request, whatever it asks for, and hang up."""
    with contextlib.suppress(OSError), connection:
        if asked := connection.recv(1 << 12):
            peer = connection.getpeername()[0]
            text = f"{site.text}\n" if site.text else ""
            body = f"{text}answered by {site.name}\nasked by {peer}\n".encode()
            head = f"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}"
            connection.sendall(head.encode() + b"\r\n\r\n" + body)
            if site.key:
                tell(asked=site.key, line=_log_line(peer, asked, len(body)))


def _log_line(peer: str, asked: bytes, size: int) -> str:
    """Write a request as web servers log one (the combined log format)."""
    lines = asked.decode(errors="replace").splitlines()
    agent = next((one[12:] for one in lines if one.lower().startswith("user-agent: ")), "-")
    when = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime())
    return f'{peer} - - [{when}] "{lines[0] if lines else ""}" 200 {size} "-" "{agent}"'


def tell(**said: str) -> None:
    """Tell the owner something."""
    print(json.dumps(said), flush=True)


class Server:
    """Answers at any number of sites, from one thread."""

    def __init__(self) -> None:
        """Answer nowhere, yet."""
        self.selector = selectors.DefaultSelector()
        self.silent: dict[socket.socket, None] = {}  # in the order they came
        self.listeners: dict[str, socket.socket] = {}  # by key
        self.heard = b""

    def add(self, site: Site, host: str, address: str, port: int = PORT) -> None:
        """Answer at one more."""
        listener = listen(host, address, port)
        self.selector.register(listener, selectors.EVENT_READ, (site, True))
        if site.key:
            self.listeners[site.key] = listener

    def serve(self) -> None:
        """Answer for ever, or until the input ends."""
        while True:
            for key, _ in self.selector.select():
                if key.fileobj is sys.stdin:
                    if not self.hear():
                        return
                    continue
                site, listening = key.data
                assert isinstance(key.fileobj, socket.socket)  # noqa: S101 - what else is registered
                if listening:
                    if key.fileobj.fileno() >= 0:  # not removed a moment ago
                        self.accept(key.fileobj, site)
                elif key.fileobj in self.silent:  # not closed a moment ago
                    self.selector.unregister(key.fileobj)
                    del self.silent[key.fileobj]
                    answer(key.fileobj, site)

    def accept(self, listener: socket.socket, site: Site) -> None:
        """Take a call."""
        with contextlib.suppress(OSError):
            connection, _ = listener.accept()
            connection.setblocking(False)
            self.selector.register(connection, selectors.EVENT_READ, (site, False))
            self.silent[connection] = None
        while len(self.silent) > MOST_SILENT:
            oldest = next(iter(self.silent))
            self.selector.unregister(oldest)
            del self.silent[oldest]
            oldest.close()

    def hear(self) -> bool:
        """Do what was told on the input; return False at its end."""
        data = os.read(sys.stdin.fileno(), 1 << 16)
        *lines, self.heard = (self.heard + data).split(b"\n")
        for line in lines:
            told = json.loads(line)
            if key := told.get("remove"):
                self.remove(key)
                continue
            site = Site(told["name"], told["add"], told["text"])
            try:
                self.add(site, told["host"], told["address"], told["port"])
                tell(listening=site.key)
            except OSError as error:
                tell(failed=site.key, why=error.strerror or str(error))
        return bool(data)

    def remove(self, key: str) -> None:
        """Answer there no more."""
        if (listener := self.listeners.pop(key, None)) is not None:
            self.selector.unregister(listener)
            listener.close()


def main(words: list[str]) -> None:
    """Answer where the command line says, or the input."""
    server = Server()
    if words == ["--told"]:
        server.selector.register(sys.stdin, selectors.EVENT_READ)
    else:
        for host, _, address in (word.partition(",") for word in words):
            server.add(Site(host), host, address)
        print("listening", flush=True)
    server.serve()


if __name__ == "__main__":
    main(sys.argv[1:])
