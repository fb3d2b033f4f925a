"""The few frames of SPDY/3.1 in which kubectl carries forwarded ports, without any I/O.

Source: SPDY protocol, draft 3.1 (frames in section 2.2 and 2.6, the header dictionary in 2.6.10.1).
Nothing else speaks it any more; `kubectl port-forward` sends it inside a WebSocket.
"""

import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import NamedTuple

_WORDS = (
    "options head post put delete trace accept accept-charset accept-encoding accept-language "
    "accept-ranges age allow authorization cache-control connection content-base "
    "content-encoding content-language content-length content-location content-md5 "
    "content-range content-type date etag expect expires from host if-match if-modified-since "
    "if-none-match if-range if-unmodified-since last-modified location max-forwards pragma "
    "proxy-authenticate proxy-authorization range referer retry-after server te trailer "
    "transfer-encoding upgrade user-agent vary via warning www-authenticate method get status"
)
_MORE = ("200 OK", "version", "HTTP/1.1", "url", "public", "set-cookie", "keep-alive", "origin")
_TAIL = (
    "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505"
    "203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request"
    "401 Unauthorized403 Forbidden404 Not Found500 Internal Server Error501 Not Implemented"
    "503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 "
    "Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,"
    "application/xml,application/xhtml+xml,text/plain,text/javascript,publicprivatemax-age="
    "gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0."
)


def _counted(text: bytes) -> bytes:
    return struct.pack(">I", len(text)) + text


DICTIONARY = (
    b"".join(_counted(word.encode()) for word in (*_WORDS.split(), *_MORE)) + _TAIL.encode()
)

_CONTROL, _VERSION, _FIN = 0x8000, 3, 1
_SYN_STREAM, _SYN_REPLY, _RST_STREAM, _PING = 1, 2, 3, 6
_HEAD = struct.Struct(">II")
_LENGTH = 0xFFFFFF
LONGEST = 1 << 20
"""kubectl's frames are much smaller; longer ones are no SPDY."""


class Opened(NamedTuple):
    """The other side opened a stream."""

    stream: int
    headers: Mapping[str, str]


class Data(NamedTuple):
    """The other side sent data, and nothing more when `last`."""

    stream: int
    data: bytes
    last: bool


class Reset(NamedTuple):
    """The other side gave a stream up."""

    stream: int


class Ping(NamedTuple):
    """The other side wants to see this number again."""

    number: int


class Session:
    """The server's side of a connection: octets in, what they mean out."""

    def __init__(self) -> None:
        """Begin; the headers' compression lasts as long as the connection."""
        self._buffer = bytearray()
        self._inflate = zlib.decompressobj(zdict=DICTIONARY)
        self._deflate = zlib.compressobj(zdict=DICTIONARY)

    def receive(self, octets: bytes) -> Iterator[Opened | Data | Reset | Ping]:
        """What the octets received mean, frame by frame.

        Raises:
            ValueError: they are no SPDY.
        """
        self._buffer += octets
        while len(self._buffer) >= _HEAD.size:
            first, second = _HEAD.unpack_from(self._buffer)
            length = second & _LENGTH
            if length > LONGEST:
                raise ValueError(f"a frame of {length} octets is longer than any of kubectl's")
            end = _HEAD.size + length
            if len(self._buffer) < end:
                return
            body = bytes(self._buffer[_HEAD.size : end])
            del self._buffer[:end]
            last = bool(second >> 24 & _FIN)
            if first >> 16 & _CONTROL:
                yield from self._control(first & 0xFFFF, body, last=last)
            else:
                yield Data(first, body, last)

    def _control(
        self, kind: int, body: bytes, *, last: bool
    ) -> Iterator[Opened | Data | Reset | Ping]:
        try:
            if kind == _SYN_STREAM:
                stream = struct.unpack_from(">I", body)[0]
                yield Opened(stream, self._headers(body[10:]))
                if last:
                    yield Data(stream, b"", last=True)
            elif kind == _RST_STREAM:
                yield Reset(struct.unpack_from(">I", body)[0])
            elif kind == _PING:
                yield Ping(struct.unpack_from(">I", body)[0])
        except (struct.error, zlib.error, UnicodeDecodeError) as error:
            raise ValueError(f"a broken frame of type {kind}: {error}") from None

    def _headers(self, block: bytes) -> dict[str, str]:
        plain = self._inflate.decompress(block, LONGEST)
        (count,) = struct.unpack_from(">I", plain)
        at = 4
        texts = []
        for _ in range(2 * count):
            (length,) = struct.unpack_from(">I", plain, at)
            texts.append(plain[at + 4 : at + 4 + length].decode())
            at += 4 + length
        return dict(zip(texts[::2], texts[1::2], strict=True))

    def accept(self, stream: int) -> bytes:
        """The frame that accepts a stream."""
        block = self._deflate.compress(struct.pack(">I", 0))
        block += self._deflate.flush(zlib.Z_SYNC_FLUSH)
        return _control(_SYN_REPLY, struct.pack(">I", stream) + block)


def _control(kind: int, body: bytes) -> bytes:
    first = (_CONTROL | _VERSION) << 16 | kind
    return _HEAD.pack(first, len(body)) + body


def data(stream: int, octets: bytes, *, last: bool = False) -> bytes:
    """The frame that carries data; with `last`, nothing follows on this stream."""
    return _HEAD.pack(stream, (_FIN if last else 0) << 24 | len(octets)) + octets


def pong(number: int) -> bytes:
    """The frame that answers a ping."""
    return _control(_PING, struct.pack(">I", number))
