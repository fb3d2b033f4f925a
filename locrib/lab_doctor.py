"""`locrib lab doctor`: what labs can do on this machine, and the one step that mends each lack."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Annotated

import typer
from rich.markup import escape

from labs import packages
from labs.doctor import Finding, examine
from locrib import daemons, terminal
from locrib.trouble import Exit

RESULT_VERSION = 1


def doctor(
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object instead of lines.")
    ] = False,
    fetch: Annotated[
        bool, typer.Option("--fetch", help="First unpack every daemon that is missing.")
    ] = False,
) -> None:
    """Try everything a lab does, and say what mends the rest.

    Nothing is guessed from version numbers: namespaces are made, packets sent, daemons started,
    and all of it is gone when the command ends. Exit code 0 means that labs run here, though some
    may lack a daemon; 6 that none does.
    """
    tell = (lambda _line: None) if as_json else terminal.say
    missing = packages.ensure(packages.OFFERS, tell).missing if fetch else daemons.remembered()
    findings = list(_shown(examine(packages.installed(), missing), silent=as_json))
    runs = all(finding.ok for finding in findings if finding.needed)
    if as_json:
        result = {
            "version": RESULT_VERSION,
            "labs_run": runs,
            "findings": list(map(asdict, findings)),
        }
        terminal.out.print_json(json.dumps(result))
    else:
        terminal.say("")
        terminal.say(_verdict(findings, runs), style="bold green" if runs else "bold red")
    raise typer.Exit(Exit.OK if runs else Exit.CHECK)


def _shown(findings: Iterable[Finding], *, silent: bool) -> Iterator[Finding]:
    """Print each finding as it comes: a start of a daemon takes a second."""
    for finding in findings:
        if not silent:
            mark = "[green]yes[/]" if finding.ok else "[red]no [/]"
            terminal.out.print(
                f"{mark}  [bold]{escape(finding.title)}[/]: {escape(terminal.plain(finding.seen))}",
                soft_wrap=True,
            )
            if finding.mend:
                terminal.out.print(f"     [yellow]mend:[/] {escape(finding.mend)}", soft_wrap=True)
        yield finding


def _verdict(findings: list[Finding], runs: bool) -> str:
    lacking = sum(not finding.ok for finding in findings)
    if not runs:
        return "Labs do not run here. Until that is mended, lessons play recordings of real labs."
    if lacking:
        return f"Labs run here, but for {lacking} of {len(findings)} things."
    return "Labs run here, with everything they can use."
