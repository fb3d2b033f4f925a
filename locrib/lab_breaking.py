"""`locrib lab cut`, `stop`, `mend` and the rest: breaking a lab that is up, and mending it."""

from __future__ import annotations

from typing import Annotated

import typer

from labs.remote import RemoteLab
from locrib import terminal
from locrib.lab_up import Host, LabName, reached

One = Annotated[str, typer.Argument(metavar="ONE", help="A host or switch.")]
Other = Annotated[str, typer.Argument(metavar="OTHER", help="The host or switch it is linked to.")]
Service = Annotated[str, typer.Argument(metavar="SERVICE", help="A Service of the lab.")]

Beside = Annotated[
    str,
    typer.Option(
        "--daemon",
        metavar="NAME",
        help="bfdd, staticd or zebra, beside FRR's bgpd.",
        show_default=False,
    ),
]


def cut(one: One, other: Other, lab: LabName = None) -> None:
    """Cut a link."""
    with reached(lab) as there:
        there.cut(one, other)
        _done(there)


def heal(one: One, other: Other, lab: LabName = None) -> None:
    """Take back whatever was done to a link."""
    with reached(lab) as there:
        there.heal(one, other)
        _done(there)


def mtu(
    one: One,
    other: Other,
    octets: Annotated[int, typer.Argument(metavar="OCTETS", help="Such as 1400.")],
    lab: LabName = None,
) -> None:
    """Set the MTU of a link; at a switch its port only, so that the host does not notice."""
    with reached(lab) as there:
        there.mtu(one, other, octets)
        _done(there)


def drop(
    one: One,
    other: Other,
    what: Annotated[str, typer.Argument(metavar="[WHAT]", help="tcp, bgp, icmp or all.")] = "tcp",
    percent: Annotated[
        int, typer.Option("--percent", "-p", min=1, max=100, help="How many of a hundred.")
    ] = 100,
    lab: LabName = None,
) -> None:
    """Lose packets on a link in silence."""
    with reached(lab) as there:
        there.drop(one, other, what, percent)
        _done(there)


def freeze(host: Host, daemon: Beside = "", lab: LabName = None) -> None:
    """Stop a host's BGP daemon in time: it keeps its sessions and says nothing."""
    with reached(lab) as there:
        there.freeze(host, daemon)
        _done(there)


def thaw(host: Host, daemon: Beside = "", lab: LabName = None) -> None:
    """Let a frozen daemon go on."""
    with reached(lab) as there:
        there.thaw(host, daemon)
        _done(there)


def stop(host: Host, lab: LabName = None) -> None:
    """End a host's BGP daemon: its port is closed."""
    with reached(lab) as there:
        there.stop_daemon(host)
        _done(there)


def start(host: Host, lab: LabName = None) -> None:
    """Start a stopped daemon."""
    with reached(lab) as there:
        there.start_daemon(host)
        _done(there)


def limit(
    one: One,
    other: Other,
    kilobits: Annotated[int, typer.Argument(metavar="KBITS", help="Kilobits a second.")],
    lab: LabName = None,
) -> None:
    """Hold a link to a rate, both ways."""
    with reached(lab) as there:
        there.limit(one, other, kilobits)
        _done(there)


def kill(host: Host, lab: LabName = None) -> None:
    """Kill a host's BGP daemon: it says no goodbye."""
    with reached(lab) as there:
        there.kill(host)
        _done(there)


def as_number(
    host: Host,
    asn: Annotated[int, typer.Argument(metavar="ASN", help="Such as 64999.")],
    lab: LabName = None,
) -> None:
    """Let a host's daemon claim another AS number than its neighbors expect."""
    with reached(lab) as there:
        there.as_number(host, asn)
        _done(there)


def routes(
    node: Annotated[str, typer.Argument(metavar="NODE", help="A node of the lab.")],
    count: Annotated[int, typer.Argument(metavar="COUNT", help="0 takes them back.")],
    lab: LabName = None,
) -> None:
    """Let a node announce so many blocks of pod addresses beside its own."""
    with reached(lab) as there:
        there.routes(node, count)
        _done(there)


def configure(
    host: Host,
    lines: Annotated[list[str], typer.Argument(metavar="LINE...", help="Each in quotes.")],
    lab: LabName = None,
) -> None:
    """Enter configuration lines on a host that runs FRR; `mend` takes them back."""
    with reached(lab) as there:
        there.configure(host, *lines)
        _done(there)


def policy(
    service: Service,
    name: Annotated[str, typer.Argument(metavar="POLICY", help="Cluster or Local.")],
    lab: LabName = None,
) -> None:
    """Give a Service another externalTrafficPolicy, on every node."""
    with reached(lab) as there:
        there.policy(service, name)
        _done(there)


def endpoints(
    service: Service,
    pods: Annotated[
        list[str] | None,
        typer.Argument(metavar="[POD...]", help="Those that are ready.", show_default=False),
    ] = None,
    lab: LabName = None,
) -> None:
    """Let these pods be the Service's ready ones, or none."""
    with reached(lab) as there:
        there.endpoints(service, *(pods or []))
        _done(there)


def roas(
    host: Host,
    told: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ROA...]",
            help="Such as '198.51.100.0/24 le 24 from 64701'.",
            show_default=False,
        ),
    ] = None,
    lab: LabName = None,
) -> None:
    """Let a validator tell these ROAs, or none."""
    with reached(lab) as there:
        there.roas(host, *(told or []))
        _done(there)


def mend(lab: LabName = None) -> None:
    """Undo everything that was done to a lab, and wait until it is as at first."""
    with reached(lab) as there:
        there.mend()
        _done(there)


def _done(lab: RemoteLab) -> None:
    terminal.say(f"{lab.door.name}: {lab.situation}")
