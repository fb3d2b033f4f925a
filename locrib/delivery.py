"""Lessons into a learner's workspace, again and again, without ever touching the learner's work.

What was delivered is remembered in `.locrib/delivered.json` in the workspace (docs/formats.md).
A copy whose cells are still those that were delivered belongs to the course and is renewed in
place; any other copy belongs to the learner, and an updated lesson is laid beside it. When in
doubt (no memory, an unreadable file) it is the learner's.
"""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from pathlib import Path, PurePosixPath
from typing import Any

from locrib import files, folders, notebooks, records
from locrib.trouble import Exit, Trouble

MEMORY = ".locrib"
"""The folder in a workspace that is the course's own."""
MANIFEST = "delivered.json"
FORMAT, VERSION = "locrib-delivered", 1


class Action(Enum):
    """What is done about one lesson, each with what a learner is told (nothing when empty)."""

    KEEP = ""
    NEW = "new"
    RENEW = "updated; you had not changed it"
    ADOPT = "already there, as delivered"
    BESIDE = "updated; yours has your changes and stays, the new one lies beside it"
    BESIDE_UNREADABLE = "yours cannot be read as a notebook and stays, a fresh one lies beside it"


class _Disk(Enum):
    """What can lie where a lesson belongs, besides a notebook (which is its digest)."""

    ABSENT = "absent"
    UNREADABLE = "unreadable"


@dataclasses.dataclass(frozen=True)
class Entry:
    """What the manifest remembers of one lesson.

    Attributes:
        source: Fingerprint of the text that was last built.
        cells: Digest of the notebook built from it.
        delivered: Digest of what was last written to the lesson's own place, None when never.
        beside: Name of the updated copy last laid beside a learner's, None when none.
    """

    source: str
    cells: str
    delivered: str | None
    beside: str | None = None


@dataclasses.dataclass(frozen=True)
class Delivered:
    """What happened to one lesson: where it belongs, what was done, and where the new copy is."""

    target: str
    action: Action
    written: str | None = None


def plan(disk: str | _Disk, entry: Entry | None, want: str) -> Action:
    """What to do about one lesson: a pure function of three facts.

    Args:
        disk: Digest of the cells of the notebook at the lesson's place, or why there is none.
        entry: What was remembered of the lesson, None when nothing.
        want: Digest of the cells the lesson has now.
    """
    if disk is _Disk.ABSENT:
        return Action.NEW
    already_offered = entry is not None and entry.cells == want
    if disk is _Disk.UNREADABLE:
        return (
            Action.KEEP if already_offered and entry and entry.beside else Action.BESIDE_UNREADABLE
        )
    if disk == want:
        return Action.KEEP if entry and entry.delivered == want else Action.ADOPT
    # The last build is known as well: a learner may have moved the copy beside into place.
    if entry and disk in (entry.delivered, entry.cells):
        return Action.RENEW
    return Action.KEEP if already_offered else Action.BESIDE


def deliver(lessons: Iterable[tuple[Path, str]], workspace: Path) -> list[Delivered]:
    """Bring every lesson of the course into `workspace`.

    Args:
        lessons: Source (MyST Markdown) and target (a relative `.ipynb` path) of each notebook.
        workspace: The learner's folder; made when missing.

    Returns:
        What was done, a line for each lesson, in the order given.

    Raises:
        Trouble: The workspace cannot be written, a source cannot be built, the manifest comes
            from a newer version of the course, or another delivery is at work.
    """
    memory = folders.make(
        folders.make(workspace, "your notebooks") / MEMORY, "what was delivered to you"
    )
    try:
        with files.locked(memory / "delivery.lock", wait=False):
            return _deliver(lessons, workspace, memory / MANIFEST)
    except BlockingIOError:
        raise Trouble(
            f"nobody else to be delivering lessons to {workspace}",
            "another `locrib learn` is doing so at this moment",
            "wait for it to finish, then try again",
            code=Exit.BUSY,
        ) from None
    except OSError as error:
        raise Trouble(
            f"to write notebooks into {workspace}",
            f"{error.strerror or error} ({error.filename or workspace})",
            "free some space or mend the folder's permissions, then try again: nothing is lost",
        ) from error


def _deliver(
    lessons: Iterable[tuple[Path, str]], workspace: Path, manifest: Path
) -> list[Delivered]:
    entries = read_manifest(manifest)
    before = dict(entries)
    done = []
    try:
        for source, target in lessons:
            outcome, entries[target] = _deliver_one(
                source, _checked(target), workspace, entries.get(target)
            )
            done.append(outcome)
    finally:
        # What was written is remembered even if the next lesson fails.
        if entries != before or not manifest.exists():
            _write_manifest(manifest, entries)
    return done


def _deliver_one(
    source: Path, target: str, workspace: Path, entry: Entry | None
) -> tuple[Delivered, Entry]:
    place = workspace / target
    if entry and entry.beside and not (workspace / entry.beside).exists():
        entry = dataclasses.replace(entry, beside=None)
    fingerprint = notebooks.fingerprint(notebooks.read(source))
    text: str | None = None
    if entry is not None and entry.source == fingerprint:
        want = entry.cells
    else:
        text = notebooks.build(source)
        want = notebooks.digest(text)
    action = plan(_on_disk(place), entry, want)
    written = None
    delivered, beside = (entry.delivered, entry.beside) if entry else (None, None)
    match action:
        case Action.NEW | Action.RENEW:
            place.parent.mkdir(parents=True, exist_ok=True)
            files.write_whole(place, text if text is not None else notebooks.build(source))
            written, delivered = target, want
        case Action.ADOPT:
            delivered = want
        case Action.BESIDE | Action.BESIDE_UNREADABLE:
            copy = _free_name(place, entry)
            files.write_whole(copy, text if text is not None else notebooks.build(source))
            written = beside = copy.relative_to(workspace).as_posix()
    return (
        Delivered(target, action, written),
        Entry(source=fingerprint, cells=want, delivered=delivered, beside=beside),
    )


def _free_name(place: Path, entry: Entry | None) -> Path:
    """Where an updated copy goes: over the last one if the learner left that alone, else anew."""
    for number in range(1, 1000):
        mark = "updated" if number == 1 else f"updated-{number}"
        copy = place.with_name(f"{place.stem}.{mark}{place.suffix}")
        seen = _on_disk(copy)
        if seen is _Disk.ABSENT or (entry and seen == entry.cells):
            return copy
    raise FileExistsError(17, "a thousand updated copies", str(place))


def _on_disk(path: Path) -> str | _Disk:
    """The digest of the notebook at `path`, or why there is none."""
    try:
        return notebooks.digest(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return _Disk.ABSENT
    except (ValueError, IsADirectoryError):
        return _Disk.UNREADABLE


def _checked(target: str) -> str:
    """A target stays inside the workspace and is a notebook: the course's own promise."""
    path = PurePosixPath(target)
    if path.is_absolute() or ".." in path.parts or path.suffix != ".ipynb":
        raise Trouble(
            "a notebook's name to be a relative .ipynb path inside the workspace",
            repr(target),
            "mend the course's list of notebooks; with an unchanged copy, please report it",
            code=Exit.INPUT,
        )
    return target


def read_manifest(manifest: Path) -> dict[str, Entry]:
    """What was delivered, by target; nothing when there is no readable manifest.

    An unreadable one is put aside, and every notebook then counts as the learner's own.

    Raises:
        Trouble: The manifest's version is newer than this program.
    """
    try:
        found = records.read(manifest, FORMAT, VERSION)["notebooks"]
        return {str(name): _entry(entry) for name, entry in found.items()}
    except FileNotFoundError:
        return {}
    except records.NewerRecordError as error:
        raise Trouble(
            f"a record of deliveries in {manifest} that this Loc-RIB can read",
            str(error),
            "update this copy of the course, or choose another folder with --workspace DIR",
        ) from error
    except (ValueError, TypeError, KeyError, AttributeError):
        files.put_aside(manifest)
        return {}


def _entry(found: Mapping[str, Any]) -> Entry:
    entry = Entry(**found)
    for name, value in dataclasses.asdict(entry).items():
        optional = name in ("delivered", "beside")
        if not (isinstance(value, str) or (optional and value is None)):
            raise TypeError(f"{name} is {value!r}")
    return entry


def _write_manifest(manifest: Path, entries: Mapping[str, Entry]) -> None:
    listed = {name: dataclasses.asdict(entry) for name, entry in sorted(entries.items())}
    records.write(manifest, FORMAT, VERSION, notebooks=listed)


def own_copies(workspace: Path) -> tuple[Sequence[Path], Sequence[Path]]:
    """The delivered notebooks of a workspace: those left as delivered, and those changed since."""
    untouched: list[Path] = []
    changed: list[Path] = []
    for target, entry in read_manifest(workspace / MEMORY / MANIFEST).items():
        for name, as_delivered in ((target, entry.delivered), (entry.beside, entry.cells)):
            if name is None or not (path := workspace / name).is_file():
                continue
            (untouched if _on_disk(path) == as_delivered else changed).append(path)
    return untouched, changed
