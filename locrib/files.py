"""Writing files that somebody's work depends on: whole or not at all, and one writer at a time."""

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Replace `path` by `text` so that a reader, or a power cut, sees the old or the new file.

    Raises:
        OSError: The folder cannot be written; the old file is as it was.
    """
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".new")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes files for their owner only; a teacher may have to read a learner's.
        Path(temporary).chmod(0o666 & ~_umask())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def put_aside(path: Path) -> Path:
    """Rename a file that cannot be read, so that nothing overwrites what is left in it."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    for attempt in range(1000):
        aside = path.with_name(
            f"{path.name}.unreadable-{stamp}" + (f"-{attempt}" if attempt else "")
        )
        if not aside.exists():
            return path.rename(aside)
    raise FileExistsError(path)


@contextlib.contextmanager
def locked(path: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold the lock file `path` while the block runs; the kernel lets go when a process dies.

    Args:
        path: The lock file; made when missing and never removed, because removing it would let
            two processes each hold "the" lock.
        wait: Whether to wait for another holder to finish.

    Raises:
        BlockingIOError: Somebody else holds it, and `wait` is false.
    """
    with path.open("a", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
