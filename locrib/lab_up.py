"""`locrib lab up`, `list`, `down`: labs that stay up for other commands, and how they end."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from labs import topology_file
from labs.errors import LabError, NextVerbError
from labs.holder import Claim, Holder, LabBusyError, check_name, claim
from labs.lab import Lab
from labs.process_tree import ProcessTree
from labs.remote import Info, RemoteLab, labs_up
from locrib import jupyter_env, lab_words, terminal
from locrib.trouble import Exit, Trouble

IDLE: Final = "2h"
UNITS: Final = {"s": 1, "m": 60, "h": 3600}

Host = Annotated[str, typer.Argument(metavar="HOST", help="A host of the lab.")]
LabName = Annotated[
    str | None,
    typer.Option(
        "--lab", "-l", metavar="NAME", help="Which lab, if several are up.", show_default=False
    ),
]


def folder() -> Path:
    """Where labs that are up can be reached; only this user can enter it."""
    place = jupyter_env.runtime() / "labs"
    place.mkdir(mode=0o700, exist_ok=True)
    return place


@contextlib.contextmanager
def reached(name: str | None) -> Iterator[RemoteLab]:
    """Reach a lab by name, or the only one that is up; a lab's refusal is told as a sentence.

    Raises:
        Trouble: there is none of that name, several to choose from, or the lab refused.
    """
    place, given = folder(), name
    if name is None:
        up = [info.name for info in labs_up(place)]
        if len(up) != 1:
            seen = f"several are: {', '.join(up)}" if up else "none is"
            step = "say which by --lab NAME" if up else "run `locrib lab up first-session`"
            raise Trouble("one lab that is up", seen, step, code=Exit.USAGE)
        name = up[0]
    with told("a lab that does it", lab=given), RemoteLab(place, name) as lab:
        yield lab


@contextlib.contextmanager
def told(
    expected: str,
    step: str = "see `locrib lab show` for what there is, `locrib lab doctor`",
    lab: str | None = None,
) -> Iterator[None]:
    """Turn a lab's refusal into the three lines of a `Trouble`.

    The last of them is `step`, or the command for the verb that leads on, with the `lab` that the
    reader gave.
    """
    try:
        yield
    except NextVerbError as error:
        line = lab_words.command(error.verb, error.arguments, lab)
        raise Trouble(expected, error.seen, f"run `{line}`", code=Exit.INPUT) from error
    except LabError as error:
        raise Trouble(expected, str(error).rstrip("."), step, code=Exit.INPUT) from error


def up(
    topology: Annotated[
        str, typer.Argument(metavar="TOPOLOGY", help="One that ships with the course, or a file.")
    ],
    name: Annotated[
        str | None,
        typer.Option(
            "--name", metavar="NAME", help="Its name, if not the topology's.", show_default=False
        ),
    ] = None,
    detach: Annotated[
        bool, typer.Option("--detach", "-d", help="Return at once; the lab stays up.")
    ] = False,
    idle: Annotated[
        str | None,
        typer.Option(
            "--idle",
            metavar="TIME",
            help=f"End it after so long without use: 90s, 30m, 2h. [dim]\\[default: {IDLE} with "
            "--detach, else never][/]",
            show_default=False,
        ),
    ] = None,
    ready: Annotated[int | None, typer.Option("--ready", hidden=True)] = None,
) -> None:
    """Bring up a lab, and keep it until Ctrl-C.

    Real routers in namespaces of their own: nothing of this machine is touched, and everything is
    gone when the command ends, however it ends. Other terminals reach it by `locrib lab run` and
    the rest.
    """  # fmt: skip
    seconds = parse_time(idle or IDLE) if idle or detach else None
    name = name or Path(topology).stem
    with told("a name for the lab", "give it one by --name NAME"):
        check_name(name)
    if detach:
        _detach(topology, name, idle or IDLE)
        return
    mended = "run `locrib lab doctor`: it says what this machine lacks"
    with _reporting(ready), told(f"the lab {topology} to come up", mended):
        begun = time.monotonic()
        if topology.endswith(".toml"):
            topology = str(Path(topology).absolute())
        with told(f"a topology in {topology}", "correct it; docs/labs.md says what one takes"):
            chosen = topology_file.load(topology)
        if ready is None:
            terminal.say(f"Up       {chosen.title}, starting ...")
        with (
            ProcessTree() as tree,  # there first and last, to give the name back after a SIGKILL
            contextlib.closing(_claimed(name, tree)) as claimed,
            Lab(chosen, tree) as lab,
        ):
            holder = Holder(claimed, lab, topology, seconds)
            # A thread of the holder's own must never be in the way of its end.
            signal.signal(signal.SIGTERM, lambda *_: holder.end())
            took = time.monotonic() - begun
            if ready is None:
                terminal.say(f"Ready    {lab.title}, in {took:.1f} s")
                _suggest(lab, name)
                terminal.say("         Ctrl-C ends it.")
            else:
                _report(ready, title=lab.title, took=took)
            with contextlib.suppress(KeyboardInterrupt):
                holder.serve()
        if ready is None:
            terminal.say(f"Down     {name}; nothing is left of it")


def list_labs(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """List the labs that are up."""
    found = labs_up(folder())
    for info in found:
        if as_json:
            terminal.say(json.dumps(vars(info)))
        else:
            terminal.say(_line(info))
    if not found and not as_json:
        names = ", ".join(topology_file.known())
        terminal.say(f"No lab is up. `locrib lab up NAME` brings one up: {names}")


def down(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="Which lab.", show_default=False)
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="End every lab.")] = False,
) -> None:
    """End a lab that is up, with everything in it."""
    names = [info.name for info in labs_up(folder())] if everything else [name]
    for one in names:
        with reached(one) as lab:
            lab.down()
            terminal.say(f"Down     {lab.door.name}; nothing is left of it")


def parse_time(text: str) -> float:
    """Read `90s`, `30m`, `2h`; a bare number is seconds.

    Raises:
        Trouble: it is none of these.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text)
    if match is None or float(match[1]) == 0:
        raise Trouble("a time such as 90s, 30m or 2h", repr(text), "correct --idle",
                      code=Exit.USAGE)  # fmt: skip
    return float(match[1]) * UNITS[match[2] or "s"]


def _line(info: Info) -> str:
    since = datetime.fromtimestamp(info.since, UTC).astimezone().strftime("%H:%M")
    ends = "" if info.ends_in is None else f", ends in {info.ends_in / 60:.0f} min without use"
    return f"{info.name}: {info.title}, up since {since}{ends}; {info.situation}"


def _claimed(name: str, tree: ProcessTree) -> Claim:
    try:
        return claim(folder(), name, tree)
    except LabBusyError as error:
        raise Trouble(
            f"the name {name} to be free", str(error),
            f"use it, end it (`locrib lab down {name}`), or take another --name",
            code=Exit.BUSY,
        ) from error  # fmt: skip


def _suggest(lab: Lab, name: str) -> None:
    """Show what one would type next, with a host that exists."""
    router = lab.topology.speakers()[0].name
    terminal.say(f"         locrib lab show --lab {name}")
    terminal.say(f"         locrib lab vtysh {router}")


def _detach(topology: str, name: str, idle: str) -> None:
    """Start a holder that outlives this command, and wait until its lab is up."""
    reader, writer = os.pipe()
    options = ["--name", name, "--idle", idle, "--ready", str(writer)]
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "locrib", "lab", "up", topology, *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=[writer],
        start_new_session=True,
    ) as holder:
        os.close(writer)
        try:
            with os.fdopen(reader) as reports:
                report = json.loads(reports.readline() or "{}")
        except KeyboardInterrupt:
            holder.terminate()
            raise
        if "title" not in report:
            holder.wait()
            raise Trouble(
                report.get("expected", f"the lab {topology} to come up"),
                report.get("seen", _ended(holder.returncode)),
                report.get("next", "run the same without --detach to see more"),
                code=Exit(report.get("code", Exit.MACHINE)),
            )
        terminal.say(f"Ready    {report['title']}, in {report['took']:.1f} s")
        terminal.say(f"         locrib lab show --lab {name}")
        terminal.say(f"         It ends after {idle} without use, or by `locrib lab down {name}`.")
        holder.returncode = 0  # it goes on; leaving the block must not wait for it


@contextlib.contextmanager
def _reporting(ready: int | None) -> Iterator[None]:
    """Hand a detached holder's trouble to the command that waits for it."""
    try:
        yield
    except Trouble as trouble:
        if ready is not None:
            _report(ready, expected=trouble.expected, seen=trouble.seen, next=trouble.next_step,
                    code=int(trouble.code))  # fmt: skip
        raise


def _ended(status: int) -> str:
    if status < 0:
        return f"its process was ended by {signal.Signals(-status).name}"
    return f"its process ended with status {status}"


def _report(ready: int, **fields: object) -> None:
    """Tell the command that waits; end where it is gone, for then nobody knows of the lab."""
    try:
        os.write(ready, json.dumps(fields).encode() + b"\n")
    except BrokenPipeError:
        raise Trouble(
            "the command that waits for the lab", "it has ended", "run it again", code=Exit.MACHINE
        ) from None
    finally:
        os.close(ready)
