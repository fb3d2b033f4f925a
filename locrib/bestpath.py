"""`locrib bestpath`: the decision process on a router's output, or on cases, at a terminal.

Reading, deciding and printing a stream of cases keeps one case in memory at a time.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TextIO

import typer

from bgp.case import Case, decide_case, parse_case
from bgp.decision import Decision
from bgp.errors import InvalidValueError
from bgp.frr_json import FrrTable, parse_frr_table
from bgp.json_checks import load
from bgp.knobs import Knobs
from bgp.profiles import FRR_8_4, Profile
from bgp.profiles import profile as find_profile
from bgp.route import Confederation, Speaker
from bgp.values import parse_identifier
from labs import packages
from locrib import bestpath_text, terminal
from locrib.trouble import Exit, Trouble

RESULT_VERSION = 1
MAX_LINE = 16 * 2**20  # characters; a case of 1,024 paths has about half a million
UNKNOWN_AS = 64512

_HOW = "see `locrib bestpath --help` for the two formats it reads"


def bestpath(  # noqa: PLR0917 -- options of a command line, all given by name
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="[FILE]",
            help="What FRR printed for `show bgp ipv4|ipv6 unicast PREFIX json`; - for standard "
            "input.",
            show_default=False,
        ),
    ] = None,
    cases: Annotated[
        str | None,
        typer.Option(
            "--cases",
            metavar="FILE",
            help="Decision cases, one JSON object a line (docs/formats.md); - for standard input.",
            show_default=False,
        ),
    ] = None,
    profile: Annotated[
        str,
        typer.Option(
            "--profile",
            metavar="NAME",
            help="rfc4271, frr-8.4, frr-10, bird, gobgp, cisco; frr means the FRR at hand.",
        ),
    ] = "frr",
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a line instead of a table.")
    ] = False,
    local_as: Annotated[
        int | None,
        typer.Option("--local-as", metavar="ASN", help="The router's AS.", show_default=False),
    ] = None,
    router_id: Annotated[
        str | None,
        typer.Option("--router-id", metavar="ID", help="Its BGP Identifier.", show_default=False),
    ] = None,
    confederation: Annotated[
        int | None,
        typer.Option(
            "--confederation",
            metavar="ASN",
            help="The confederation's identifier, if it is in one.",
            show_default=False,
        ),
    ] = None,
    knob: Annotated[
        list[str] | None,
        typer.Option(
            "--knob",
            metavar="NAME[=VALUE]",
            help="An option of the router, as often as needed: deterministic-med, "
            "maximum-paths=4, default-local-preference=200, ...",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Say which path is best, and why.

    FRR's JSON leaves out the router's AS and options: give them here. Cases carry their own.
    A case that cannot be read is named with its line on standard error, and the rest goes on.
    """
    if (source is None) == (cases is None):
        raise Trouble(
            "one thing to read: a FILE with FRR's JSON, or --cases FILE",
            "both" if source else "neither",
            _HOW,
            code=Exit.USAGE,
        )
    try:
        chosen = profile_named(profile)
        knobs = parse_knobs(knob or [])
        speaker = Speaker(
            UNKNOWN_AS if local_as is None else local_as,
            None if router_id is None else parse_identifier("--router-id", router_id),
            confederation=None if confederation is None else Confederation(confederation),
        )
    except InvalidValueError as error:
        raise _trouble(error, "the options", Exit.USAGE) from None
    if cases is not None:
        _refuse_options_of_frr(local_as, router_id, confederation, knob)
        _decide_cases(cases, chosen, as_json=as_json)
        return
    _decide_frr(str(source), chosen, speaker, knobs, as_json=as_json, guessed_as=local_as is None)


def profile_named(name: str) -> Profile:
    """Return a profile; `frr` is the FRR unpacked on this machine, 8.4 where both or none is."""
    if name != "frr":
        return find_profile(name)
    at_hand = packages.available()
    return next((find_profile(frr) for frr in ("frr-8.4", "frr-10") if frr in at_hand), FRR_8_4)


def parse_knobs(words: list[str]) -> Knobs:
    """Read `--knob` words: NAME alone switches on, =VALUE gives a number, true or false."""
    values: dict[str, object] = {}
    for word in words:
        name, given, text = word.partition("=")
        value: object = {"true": True, "false": False, "on": True, "off": False}.get(text, text)
        if not given:
            value = True
        elif isinstance(value, str) and value.isascii() and value.isdigit():
            value = int(value)
        values[name.strip().replace("-", "_")] = value
    return Knobs.from_mapping(values)


def result(decision: Decision, name: str, prefix: object) -> dict[str, object]:
    """Return the decision as the JSON object of docs/formats.md ("best path result")."""
    return {
        "version": RESULT_VERSION,
        "case": name,
        "prefix": None if prefix is None else str(prefix),
        "profile": decision.profile.name,
        "best": decision.best,
        "reason": decision.reason,
        "decided_by": decision.decided_by.value,
        "multipath": list(decision.multipath),
        "lost": {
            lost.path: {"step": lost.step.value, "to": lost.by} for lost in decision.eliminations
        },
        "ineligible": {path_id: cause.value for path_id, cause in decision.ineligible},
    }


def _decide_cases(source: str, profile: Profile, *, as_json: bool) -> None:
    refused = 0
    with _opened(source) as stream:
        for number, line in enumerate(_lines(stream), start=1):
            if not line.strip():
                continue
            try:
                case = parse_case(load(line))
                decision = decide_case(case, profile)
            except InvalidValueError as error:
                refused += 1
                terminal.err.print(f"line {number}: {terminal.plain(str(error))}", markup=False)
                continue
            _print_case(case, decision, as_json=as_json)
    if refused:
        raise Trouble(
            "every line to hold one decision case",
            f"{refused} {'line' if refused == 1 else 'lines'} that could not be read, named above",
            "correct them; the results of the others stand",
            code=Exit.INPUT,
        )


def _print_case(case: Case, decision: Decision, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(result(decision, case.id, case.prefix)))
    else:
        bestpath_text.show(decision, title=case.id, prefix=case.prefix)


def _decide_frr(  # one call site; the parts are the options of the command
    source: str,
    profile: Profile,
    speaker: Speaker,
    knobs: Knobs,
    *,
    as_json: bool,
    guessed_as: bool,
) -> None:
    with _opened(source) as stream:
        text = stream.read(MAX_LINE + 1)
    if len(text) > MAX_LINE:
        raise Trouble(
            f"at most {MAX_LINE} characters of JSON",
            f"more than that in {_name(source)}",
            "give one prefix, not the whole table",
            code=Exit.INPUT,
        )
    try:
        table = parse_frr_table(text, profile, speaker.asn)
        decision = decide_table(table, profile, speaker, knobs)
    except InvalidValueError as error:
        raise _trouble(error, f"{_name(source)}", Exit.INPUT) from None
    assumptions = list(table.assumptions)
    if guessed_as:
        assumptions.append(
            f"The router's AS is not in the output: taken as {UNKNOWN_AS}; give it with --local-as."
        )
    router = {"best": table.best, "reason": table.reason, "multipath": list(table.multipath)}
    if as_json:
        answer = result(decision, str(table.prefix), table.prefix)
        answer |= {"router": router, "assumptions": assumptions}
        print(json.dumps(answer))
        return
    bestpath_text.show(decision, title=str(table.prefix), prefix=None)
    bestpath_text.show_router(decision, table)
    for assumption in assumptions:
        terminal.say(f"Note: {assumption}", style="dim")


def decide_table(table: FrrTable, profile: Profile, speaker: Speaker, knobs: Knobs) -> Decision:
    """Decide what FRR printed for one prefix."""
    return decide_case(Case(str(table.prefix), table.prefix, speaker, knobs, table.paths), profile)


def _refuse_options_of_frr(*given: object) -> None:
    if any(given):
        raise Trouble(
            "no --local-as, --router-id, --confederation or --knob beside --cases",
            "an option that every case carries itself",
            "leave it out, or put it into the cases",
            code=Exit.USAGE,
        )


def _lines(stream: TextIO) -> Iterator[str]:
    """Yield lines; a line without end is cut off rather than read into memory."""
    while line := stream.readline(MAX_LINE):
        yield line
        while line and not line.endswith("\n") and len(line) == MAX_LINE:
            line = stream.readline(MAX_LINE)


@contextmanager
def _opened(source: str) -> Iterator[TextIO]:
    if source == "-":
        yield sys.stdin
        return
    try:
        with Path(source).open(encoding="utf-8-sig") as stream:
            yield stream
    except OSError as error:
        raise Trouble(
            "a file that can be read", f"{source}: {error.strerror}", _HOW, code=Exit.INPUT
        ) from None
    except UnicodeDecodeError as error:
        raise Trouble(
            "text in UTF-8",
            f"{source}: {error.reason} at byte {error.start}",
            "save it as UTF-8",
            code=Exit.INPUT,
        ) from None


def _name(source: str) -> str:
    return "standard input" if source == "-" else source


def _trouble(error: InvalidValueError, where: str, code: Exit) -> Trouble:
    return Trouble(
        f"{error.field} in {where} to be {error.rule}",
        terminal.plain(repr(error.value))[:200],
        _HOW,
        code=code,
    )
