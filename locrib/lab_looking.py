"""`locrib lab run`, `show`, `trace` and the rest: looking at a lab that is up, from a shell."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import Annotated
from urllib.parse import urlsplit

import typer
from rich.markup import escape

from bgp.fsm_log import LoggedTransition
from labs.errors import LabError
from labs.lab_verbs import LabVerbs
from labs.remote import RemoteLab
from locrib import terminal
from locrib.lab_up import Host, LabName, reached
from locrib.trouble import Exit

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
    """Open a router's own command line: vtysh, birdc or gobgp, as it runs there."""  # fmt: skip
    with reached(lab) as there:
        daemon = there.topology.speaker(host).daemon
        if daemon.startswith("frr"):
            argv = ["vtysh", *(part for line in commands or [] for part in ("-c", line))]
            _execute(there, host, argv)
        elif commands:
            for line in commands:
                terminal.say(there.show(host, line))
        else:
            _execute(there, host, ["birdc"])


def show(lab: LabName = None) -> None:
    """Show a lab: its hosts, links and sessions, and what has been done to it."""
    with reached(lab) as there:
        for line in described(there):
            terminal.out.print(line, soft_wrap=True)


def described(lab: LabVerbs) -> Iterable[str]:
    """Yield a lab in lines for a terminal, sessions asked of both of their sides."""
    topology = lab.topology
    yield f"[bold]{escape(lab.title)}[/]"
    yield "\n[bold]Hosts[/]"
    for host in topology.hosts.values():
        speaks = f", AS {host.asn}" if host.asn else ""
        addresses = ", ".join(topology.addresses(host.name))
        yield f"  {host.name:<10} {host.role.value}{speaks}  [dim]{addresses}[/]"
    yield "\n[bold]Links[/]"
    for link in topology.links:
        yield f"  {link.names[0]} - {link.names[1]}"
    yield "\n[bold]Sessions[/]"
    for session in topology.sessions:
        one, other = (side.host for side in session.sides)
        yield f"  {one} - {other}: {_state(lab, one, other)}, {_state(lab, other, one)}"
    yield f"\n[bold]Done to it[/]  {escape(str(lab.situation))}"


def _state(lab: LabVerbs, host: str, neighbor: str) -> str:
    try:
        state = lab.state(host, neighbor)
    except LabError as error:  # a daemon that is stopped or frozen says nothing
        return f"[yellow]{escape(str(error).partition(';')[0])}[/]"
    return f"[{'green' if state == 'Established' else 'red'}]{state}[/]"


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
            for hop in there.trace(host, urlsplit(url).hostname or url):
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
    streams = (sys.stdin.fileno(), sys.stdout.fileno(), sys.stderr.fileno())
    status = lab.execute(host, ["env", f"TERM={terminal_kind}", *argv], streams)
    raise typer.Exit(status if status >= 0 else SIGNALLED - status)
