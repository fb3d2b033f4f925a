"""`locrib forget`: take away what Loc-RIB brought to this machine, and never a learner's work.

What can be made again goes: unpacked daemons, caches, Jupyter's settings for the course, and the
notebooks that are still as they were delivered. What a learner wrote (changed notebooks, answers)
goes only when asked for by name (`--work`) and confirmed. Files that Loc-RIB did not make stay in
any case, whatever folder they lie in.
"""

import contextlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from locrib import answers, delivery, files, folders, jupyter_env
from locrib.learn import SERVER_LOCK
from locrib.trouble import Exit, Trouble

_NAMED = 3
"""How many paths of an item are named; the learner needs to recognise it, not to count."""


@dataclass(frozen=True)
class Item:
    """Something that can go: what it is to a learner, and the files or folders it consists of."""

    what: str
    paths: tuple[Path, ...]


@dataclass(frozen=True)
class Inventory:
    """What is there: things that can be made again, and a learner's work."""

    remakeable: tuple[Item, ...]
    work: tuple[Item, ...]


def inventory(workspace: Path) -> Inventory:
    """Look at this machine for what `forget` is about; nothing is changed."""
    memory = workspace / delivery.MEMORY
    untouched, changed = delivery.own_copies(workspace)
    given = [path for folder in _answer_folders(workspace) for path in answers.traces(folder)]
    work = _present(
        Item("notebooks you changed", tuple(changed)),
        Item("your answers", tuple(given)),
    )
    remakeable = _present(
        Item("notebooks as they were delivered", tuple(untouched)),
        Item("routing daemons and other fetched data", (folders.data(),)),
        Item("caches", (folders.cache(),)),
        Item("JupyterLab's settings for the course", (folders.config(),)),
        Item("histories, layouts and logs", (folders.state(), jupyter_env.runtime_folder())),
        Item("the record of what was delivered", (memory,)),
    )
    return Inventory(remakeable, work)


def forget(
    workspace: Path,
    *,
    work: bool,
    tell: Callable[[str], None],
    confirm: Callable[[str], bool],
) -> None:
    """Remove what can be made again and, on request, the learner's work.

    Args:
        workspace: The learner's workspace; it need not exist.
        work: Whether the learner's own work goes too.
        tell: Called with a line for everything that goes or stays, before it goes.
        confirm: Asked once before any work goes; called only when there is some.

    Raises:
        Trouble: A server still runs on the workspace, or something cannot be removed.
    """
    with _nobody_at_work(workspace):
        found, answer_folders = inventory(workspace), _answer_folders(workspace)
        doomed = list(found.remakeable)
        if found.work and not work:
            # Without the record, the next delivery could not tell a learner's changes from ours.
            doomed = [item for item in doomed if workspace / delivery.MEMORY not in item.paths]
        for item in found.work:
            tell(f"{'removes' if work else 'keeps  '} {_described(item)}")
        for item in doomed:
            tell(f"removes {_described(item)}")
        if not doomed and not found.work:
            tell("nothing of Loc-RIB is here")
        if work and found.work:
            if not confirm("This removes work that nothing can bring back. Remove it?"):
                tell("nothing was removed")
                return
            doomed = [*found.work, *doomed]
        for item in doomed:
            for path in item.paths:
                _remove(path)
    for folder in (*answer_folders, workspace):
        # Only if nothing is left in it that we did not make.
        with contextlib.suppress(OSError):
            folder.rmdir()


@contextlib.contextmanager
def _nobody_at_work(workspace: Path) -> Iterator[None]:
    memory = workspace / delivery.MEMORY
    if not memory.is_dir():
        yield
        return
    try:
        with files.locked(memory / SERVER_LOCK, wait=False):
            yield
    except BlockingIOError:
        raise Trouble(
            f"nobody to be at work in {workspace}",
            "a `locrib learn` runs there",
            "stop it with Ctrl-C in its terminal, then try again",
            code=Exit.BUSY,
        ) from None


def _answer_folders(workspace: Path) -> list[Path]:
    """Answers lie beside the notebooks, wherever in the workspace these are."""
    notebooks = [path for paths in delivery.own_copies(workspace) for path in paths]
    return sorted(
        {path.parent / answers.FOLDER for path in notebooks} | {workspace / answers.FOLDER}
    )


def _present(*items: Item) -> tuple[Item, ...]:
    """The items of which something exists, with the paths that do."""
    there = (Item(i.what, tuple(p for p in i.paths if p.exists())) for i in items)
    return tuple(item for item in there if item.paths)


def _described(item: Item) -> str:
    listed = ", ".join(str(path) for path in item.paths[:_NAMED])
    more = len(item.paths) - _NAMED
    return f"{item.what}: {listed}" + (f" and {more} more" if more > 0 else "")


def _remove(path: Path) -> None:
    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise Trouble(
            f"to remove {path}",
            f"{error.strerror or error} ({error.filename or path})",
            "mend its permissions or remove it by hand, then run `locrib forget` again",
        ) from error
