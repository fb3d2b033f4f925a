"""`locrib lab run`, `show`, `trace` and the rest: looking at a lab that is up, from a shell."""

from __future__ import annotations

import os
import sys
import webbrowser
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from bgp.fsm_log import LoggedTransition
from labs.lab_curl import read_url
from labs.lab_verbs import LabVerbs
from labs.remote import RemoteLab
from locrib import lab_sight, terminal
from locrib.lab_up import Host, LabName, reached
from locrib.trouble import Exit, Trouble
from modules.pictures.network import network_picture
from modules.pictures.network_sight import CROWD, NO_ANSWER, UP, Sight, told_service
from modules.pictures.network_text import ascii_only, network_lines

Neighbor = Annotated[str, typer.Argument(metavar="NEIGHBOR", help="The other side.")]
SIGNALLED = 128  # a shell's own way to say which signal ended a program


def run(
    host: Host,
    command: Annotated[
        list[str], typer.Argument(metavar="-- COMMAND...", help="What to run, after two dashes.")
    ],
    lab: LabName = None,
) -> None:
    """Run a command on a host of a lab: its network, its routing daemon's vtysh or birdc.

    Prints as it comes, can be interrupted, and ends with the command's own exit status.
    """
    with reached(lab) as there:
        _execute(there, host, command)


def vtysh(
    host: Host,
    commands: Annotated[
        list[str] | None,
        typer.Option(
            "--command",
            "-c",
            metavar="LINE",
            help="Run this, as often as needed.",
            show_default=False,
        ),
    ] = None,
    lab: LabName = None,
) -> None:
    """Open a router's own vtysh or birdc, or run lines of them or of gobgp, as they run there."""
    with reached(lab) as there:
        daemon = there.topology.speaker(host).daemon
        if daemon.startswith("frr"):
            argv = ["vtysh", *(part for line in commands or [] for part in ("-c", line))]
            _execute(there, host, argv)
        elif commands:
            for line in commands:
                terminal.say(there.show(host, line))
        elif daemon == "gobgp":
            raise Trouble(
                "a line for gobgp, which has no prompt of its own", f"no line for {host}",
                f"run `locrib lab vtysh {host} -c neighbor`", code=Exit.USAGE,
            )  # fmt: skip
        else:
            _execute(there, host, ["birdc"])


def show(
    picture: Annotated[
        Path | None,
        typer.Option(
            "--picture",
            "-p",
            metavar="FILE.svg",
            help="Draw it into a file, too.",
            show_default=False,
        ),
    ] = None,
    open_it: Annotated[
        bool, typer.Option("--open", help="Show that file in the browser, if there is one.")
    ] = False,
    lab: LabName = None,
) -> None:
    """Show a lab: its hosts, links and sessions, and what has been done to it.

    Letters stand for what a router calls its session: E Established, A Active, C Connect, I Idle,
    S OpenSent, O OpenConfirm, ? no answer.
    """
    if open_it and picture is None:
        raise Trouble("a file to open", "--open alone", "add --picture lab.svg", code=Exit.USAGE)
    with reached(lab) as there:
        sight = lab_sight.sight_of(there)
        for line in described(there, sight):
            terminal.out.print(line, soft_wrap=True)
        if picture is None:
            return
        drawn = network_picture(sight, lab_sight.origin_of(there)).standing_svg()
    try:
        picture.write_text(drawn, encoding="utf-8")
    except OSError as error:
        raise Trouble(
            f"a picture in {picture}", str(error.strerror), "give --picture a file in a folder "
            "that is there and yours", code=Exit.INPUT,
        ) from error  # fmt: skip
    terminal.say(f"\nDrawn    {picture}")
    if open_it and not webbrowser.open(picture.absolute().as_uri()):
        terminal.say("         No browser was found here; open the file with one.")


def described(lab: LabVerbs, sight: Sight) -> Iterator[str]:
    """Yield a lab in lines for a terminal: a drawing, then its sessions as both sides call them."""
    yield f"[bold]{escape(lab.title)}[/]\n"
    for line in network_lines(sight):
        drawn = escape(line.text if _can_show(line.text) else ascii_only(line.text))
        yield f"[yellow]{drawn}[/]" if line.trouble else drawn
    ends = list(sight.ends())
    told = [pair for pair in ends if len(ends) <= CROWD or not sight.is_up(*pair)]
    yield "\n[bold]Sessions[/]"
    for one, other in told:
        both = ", ".join(_coloured(sight.states[pair]) for pair in ((one, other), (other, one)))
        yield f"  {one} - {other}: {both}"
    if len(told) < len(ends):
        yield f"  {len(ends) - len(told)} more, all of them Established"
    for service in lab.topology.services:
        yield escape(f"\n{told_service(sight, service)}")
    yield f"\n[bold]Done to it[/]  {escape(str(lab.situation))}"


def _can_show(text: str) -> bool:
    """Whether this terminal's encoding has every character of a line."""
    try:
        text.encode(terminal.out.encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _coloured(state: str) -> str:
    colour = {UP: "green", NO_ANSWER: "yellow"}.get(state, "red")
    return f"[{colour}]{escape(state)}[/]"


def paths(
    host: Host,
    prefix: Annotated[str, typer.Argument(metavar="PREFIX", help="Such as 10.244.1.0/24.")],
    lab: LabName = None,
) -> None:
    """List the BGP paths a host has for a prefix, in the order they arrived."""
    with reached(lab) as there:
        found = there.paths(host, prefix)
        for path in found:
            med = "" if path.med is None else f", MED {path.med}"
            preference = "" if path.local_pref is None else f", LOCAL_PREF {path.local_pref}"
            terminal.say(
                f"{path.id}: NEXT_HOP {path.next_hop}, AS_PATH {path.as_path}{med}{preference}"
            )
        if not found:
            terminal.say(f"{host} has no path for {prefix}")


def transitions(
    host: Host,
    neighbor: Neighbor,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on, as it happens, until Ctrl-C.")
    ] = False,
    lab: LabName = None,
) -> None:
    """Show what a session went through, as its router's log tells it."""
    with reached(lab) as there:
        edges = there.follow(host, neighbor) if follow else there.transitions(host, neighbor)
        for edge in edges:
            terminal.say(told_edge(edge))
            sys.stdout.flush()


def told_edge(edge: LoggedTransition) -> str:
    """Return an edge as a line."""
    told = [f"sent NOTIFICATION {edge.sent}"] if edge.sent else []
    told += [f"received NOTIFICATION {edge.received}"] if edge.received else []
    why = f" ({', '.join(told)})" if told else ""
    return f"{edge.time}  {edge.before} -> {edge.after}  {edge.event}{why}"


def curl(
    host: Host,
    url: Annotated[str, typer.Argument(metavar="URL", help="Such as http://198.51.100.7/.")],
    count: Annotated[int, typer.Option("--count", "-n", min=1, max=1000, help="How often.")] = 1,
    explain: Annotated[
        bool, typer.Option("--explain", "-e", help="First show the way, hop by hop.")
    ] = False,
    lab: LabName = None,
) -> None:
    """Ask for a URL from a host, and say who answered and whom it saw asking.

    With --explain, first the way there: each host's route, and where kube-proxy rewrites it.
    """
    with reached(lab) as there:
        if explain:
            address, _, _ = read_url(url)
            for hop in there.trace(host, address):
                terminal.say(str(hop))
        answers = there.curl(host, url, count)
        for answer in answers:
            terminal.say(str(answer))
    if any(answer.error for answer in answers):
        raise typer.Exit(Exit.CHECK)


def trace(
    host: Host,
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="Where to.")],
    lab: LabName = None,
) -> None:
    """Follow a packet hop by hop, by each host's own routing table."""
    with reached(lab) as there:
        hops = there.trace(host, address)
        for hop in hops:
            terminal.say(str(hop))
    if hops and hops[-1].problem:
        raise typer.Exit(Exit.CHECK)


def _execute(lab: RemoteLab, host: str, argv: list[str]) -> None:
    """Run a program there on this terminal, and end as it ends."""
    terminal_kind = os.environ.get("TERM", "dumb")
    with Path(os.devnull).open("r+b") as nothing:  # for a stream that is closed (`<&-`)
        typed, out, err = ((s or nothing).fileno() for s in (sys.stdin, sys.stdout, sys.stderr))
        status = lab.execute(host, ["env", f"TERM={terminal_kind}", *argv], (typed, out, err))
    raise typer.Exit(status if status >= 0 else SIGNALLED - status)
