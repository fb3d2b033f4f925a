"""Reading and writing a program's descriptors inside an event loop, without a thread."""

import asyncio
import os
from typing import Any

_CHUNK = 32 * 1024


async def read(descriptor: int) -> bytes:
    """The next output; b"" at its end (which a terminal tells by an error)."""
    os.set_blocking(descriptor, False)
    while True:
        try:
            return os.read(descriptor, _CHUNK)
        except BlockingIOError:
            await _ready(descriptor, writing=False)
        except OSError:
            return b""


async def write(descriptor: int, data: bytes) -> None:
    """Write all of it; what nobody reads any more is dropped."""
    os.set_blocking(descriptor, False)
    while data:
        try:
            data = data[os.write(descriptor, data) :]
        except BlockingIOError:
            await _ready(descriptor, writing=True)
        except OSError:
            return


async def _ready(descriptor: int, *, writing: bool) -> None:
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[Any] = loop.create_future()

    def done() -> None:
        if not ready.done():
            ready.set_result(None)

    if writing:
        loop.add_writer(descriptor, done)
    else:
        loop.add_reader(descriptor, done)
    try:
        await ready
    finally:
        if writing:
            loop.remove_writer(descriptor)
        else:
            loop.remove_reader(descriptor)
