"""A request over HTTP: what can be asked for, and what is said of an answer that is none."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from labs import lab_curl
from labs.errors import LabError
from labs.lab_curl import ask

OWN = b"answered by pod1\nasked by 192.0.2.10\n"


@contextmanager
def answering(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """Answer one request as told; yields the URL."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1 << 12)
                answer(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        thread.join()


def saying(text: bytes) -> Callable[[socket.socket], None]:
    return lambda connection: connection.sendall(text)


@pytest.mark.parametrize(
    "url",
    [
        *("http://999.1.1.1/", "http://198.51.100.7:0/", "http://198.51.100.7:65536/"),
        *("http://198.51.100.7:99999/", "https://198.51.100.7/", "http://pod1/", ""),
        *("http://198.51.100.7/a b", "http://198.51.100.7/\ud800", "http://198.51.100.7/\r\nX: y"),
    ],
)
def test_what_is_no_url_of_a_lab_is_refused_and_nothing_is_opened(url: str) -> None:
    with pytest.raises(LabError, match="expected a URL with an address such as"):
        ask(lambda: pytest.fail("a socket was opened"), url)


def test_an_answer_of_a_server_of_the_labs_own_says_who_and_whom() -> None:
    head = f"HTTP/1.0 200 OK\r\nContent-Length: {len(OWN)}\r\n\r\n".encode()
    with answering(saying(head + OWN)) as url:
        answer = ask(socket.socket, url)
    assert (answer.server, answer.source, answer.error) == ("pod1", "192.0.2.10", None)


@pytest.mark.parametrize("text", [b"", b"HTTP/1.0 200 OK\r\nContent-Length: 99\r\n\r\nansw"])
def test_an_answer_that_ends_too_early_was_cut_short(text: bytes) -> None:
    with answering(saying(text)) as url:
        assert ask(socket.socket, url).error == "the answer was cut short"


def test_another_server_than_the_labs_own_is_not_called_cut_short() -> None:
    with answering(saying(b"HTTP/1.0 404 File not found\r\nContent-Length: 4\r\n\r\nnone")) as url:
        answer = ask(socket.socket, url)
    assert "somebody answered 'HTTP/1.0 404 File not found'" in str(answer.error)
    assert answer.text == "none"


def test_an_answer_without_an_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lab_curl, "PATIENCE", 0.3)

    def for_ever(connection: socket.socket) -> None:
        with suppress(OSError):  # the client hung up
            while True:
                connection.sendall(b"x" * 1000)

    with answering(for_ever) as url:
        assert ask(socket.socket, url).error == "no answer within 0.3 seconds"
