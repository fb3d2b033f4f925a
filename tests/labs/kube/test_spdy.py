"""The frames of forwarded ports."""

import struct
import zlib

import pytest

from labs.kube import spdy


def opening(stream: int, deflate: "zlib._Compress", **headers: str) -> bytes:
    plain = struct.pack(">I", len(headers))
    for text in [text for pair in headers.items() for text in pair]:
        plain += struct.pack(">I", len(text)) + text.encode()
    block = deflate.compress(plain) + deflate.flush(zlib.Z_SYNC_FLUSH)
    body = struct.pack(">IIH", stream, 0, 0) + block
    return struct.pack(">HHI", 0x8003, 1, len(body)) + body


def test_the_dictionary_is_the_one_of_the_draft() -> None:
    # Its length and checksum are what every zlib stream of SPDY/3 names in its first octets.
    assert len(spdy.DICTIONARY) == 1423
    assert zlib.adler32(spdy.DICTIONARY) == 0xE3C6A7C2


def test_streams_are_opened_by_headers_that_share_their_compression() -> None:
    session = spdy.Session()
    deflate = zlib.compressobj(zdict=spdy.DICTIONARY)
    frames = opening(1, deflate, streamtype="error", port="80")
    frames += opening(3, deflate, streamtype="data", port="80")
    events = list(session.receive(frames))
    assert events == [
        spdy.Opened(1, {"streamtype": "error", "port": "80"}),
        spdy.Opened(3, {"streamtype": "data", "port": "80"}),
    ]


def test_data_comes_in_any_pieces() -> None:
    session = spdy.Session()
    frames = spdy.data(3, b"hello") + spdy.data(3, b"", last=True) + spdy.pong(7)
    events = [event for octet in frames for event in session.receive(bytes([octet]))]
    assert events == [
        spdy.Data(3, b"hello", last=False),
        spdy.Data(3, b"", last=True),
        spdy.Ping(7),
    ]


def test_a_stream_is_accepted_by_a_reply() -> None:
    reply = spdy.Session().accept(3)
    assert reply[:4] == b"\x80\x03\x00\x02"
    inflate = zlib.decompressobj(zdict=spdy.DICTIONARY)
    assert inflate.decompress(reply[12:]) == struct.pack(">I", 0)


@pytest.mark.parametrize(
    "octets",
    [
        b"\x80\x03\x00\x01\x00\xff\xff\xff",
        b"\x80\x03\x00\x01\x00\x00\x00\x02ab",
        b"\x80\x03\x00\x01\x00\x00\x00\x0c0123456789ab",
        b"\x80\x03\x00\x06\x00\x00\x00\x00",
    ],
)
def test_what_is_no_spdy_is_refused(octets: bytes) -> None:
    with pytest.raises(ValueError, match="frame"):
        list(spdy.Session().receive(octets))
