"""`locrib lab snapshot`, `diff`, `checkpoint`, `restore`, `capture`: what is kept of a lab."""

from __future__ import annotations

import json
import signal
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Final

import typer

from bgp.errors import InvalidValueError
from bgp.json_checks import load
from bgp.snapshot import Snapshot, compare
from bgp.snapshot_json import parse_snapshot, snapshot_object
from labs.errors import LabError
from labs.situation import Situation
from locrib import files, records, terminal
from locrib.lab_breaking import One, Other
from locrib.lab_up import LabName, reached
from locrib.trouble import Exit, Trouble

CHECKPOINT: Final = "locrib-lab-checkpoint"
CHECKPOINT_VERSION: Final = 1
CheckpointFile = Annotated[Path, typer.Argument(metavar="FILE", help="A checkpoint's file.")]


def snapshot(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="Where to write it.", show_default=False),
    ] = None,
    lab: LabName = None,
) -> None:
    """Take a snapshot of everything a lab's routers and kernels know now.

    Written as JSON (docs/formats.md) into FILE, or printed. `locrib lab diff` compares two.
    """
    with reached(lab) as there:
        taken = there.snapshot()
    text = json.dumps(snapshot_object(taken), indent=1) + "\n"
    if file is None:
        typer.echo(text, nl=False)
        return
    try:
        files.write_whole(file, text)
    except OSError as error:
        raise Trouble(f"{file} to be writable", str(error), "choose another place") from error
    terminal.say(f"Snapshot {file}: {len(taken.hosts)} hosts")


def diff(
    before: Annotated[Path, typer.Argument(metavar="BEFORE", help="A snapshot's file.")],
    after: Annotated[
        Path | None,
        typer.Argument(
            metavar="[AFTER]", help="Another; without it, the lab now.", show_default=False
        ),
    ] = None,
    lab: LabName = None,
) -> None:
    """Say what differs between two snapshots, or between one and the lab as it is now.

    Exit code 0 means that nothing does; 6 that something does.
    """  # fmt: skip
    first = read(before)
    if after is None:
        with reached(lab) as there:
            second = there.snapshot()
    else:
        second = read(after)
    differences = compare(first, second)
    for difference in differences:
        terminal.say(terminal.plain(str(difference)))
    if differences:
        raise typer.Exit(Exit.CHECK)
    terminal.say("Nothing differs.")


def read(file: Path) -> Snapshot:
    """Read a snapshot's file.

    Raises:
        Trouble: it is not there, or no snapshot; says where it is wrong.
    """
    try:
        return parse_snapshot(load(file.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, InvalidValueError) as error:
        raise Trouble(
            f"a snapshot in {file}", str(error), "take one with `locrib lab snapshot FILE`",
            code=Exit.INPUT,
        ) from error  # fmt: skip


def checkpoint(file: CheckpointFile, lab: LabName = None) -> None:
    """Keep what has been done to a lab, to come back to it: `locrib lab restore FILE`.

    Kept are configuration, objects and links; sessions and counters begin anew.
    """
    with reached(lab) as there:
        done = there.checkpoint()
        name = there.topology.name
    fields = {"topology": name, "situation": done.plain()}
    try:
        records.write(file, CHECKPOINT, CHECKPOINT_VERSION, **fields)
    except OSError as error:
        raise Trouble(f"{file} to be writable", str(error), "choose another place") from error
    terminal.say(f"Kept     {file}: {done}")


def restore(file: CheckpointFile, lab: LabName = None) -> None:
    """Mend a lab, then do again what had been done at a checkpoint."""
    try:
        kept = records.read(file, CHECKPOINT, CHECKPOINT_VERSION)
        situation, topology = Situation.of(kept.get("situation")), kept.get("topology")
    except (OSError, ValueError, records.NewerRecordError) as error:
        raise Trouble(
            f"a checkpoint in {file}", str(error), "make one with `locrib lab checkpoint FILE`",
            code=Exit.INPUT,
        ) from error  # fmt: skip
    with reached(lab) as there:
        if there.topology.name != topology:
            raise LabError(
                f"the checkpoint is of {topology}, and this lab is {there.topology.name}"
            )
        there.restore(situation)
        terminal.say(f"{there.door.name}: {there.situation}")


def capture(
    one: One,
    other: Other,
    what: Annotated[
        str, typer.Argument(metavar="[FILTER]", help="As tcpdump understands it.")
    ] = "tcp port 179",
    seconds: Annotated[
        float | None,
        typer.Option(
            "--seconds",
            "-s",
            min=0.1,
            max=3600,
            help="How long; without it until Ctrl-C.",
            show_default=False,
        ),
    ] = None,
    lab: LabName = None,
) -> None:
    """Capture what goes over a link, and print it as tcpdump reads it."""  # fmt: skip
    with reached(lab) as there:
        with there.capture(one, other, what) as captured, suppress(KeyboardInterrupt):
            terminal.err.print("[dim]capturing; Ctrl-C ends it[/]")
            # Not a sleep: it wakes for Ctrl-C, and for nothing else before its time.
            signal.sigtimedwait([signal.SIGUSR2], seconds if seconds is not None else 3600.0)
        terminal.say(terminal.plain_lines(captured.text))
