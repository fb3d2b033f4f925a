"""`python -m labs.agreement`: run the proof, print disagreements, write the report."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from labs.agreement.generate import generate
from labs.agreement.proof import DEFAULT_CASES, ROUTERS, Result, answered, prove
from labs.agreement.report import report
from labs.agreement.shrink import describe, shrink
from labs.errors import LabError
from labs.packages import ensure

SHRUNK_AT_MOST = 5


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the proof.

    Returns:
        0 when every case agrees, 1 when one does not, 2 when the proof could not be finished.
    """
    options = _parser().parse_args(arguments)
    names = options.daemon or list(DEFAULT_CASES)
    daemons = ensure(names, progress=_say)
    if not daemons:
        return 2
    worlds = [
        world
        for name in daemons
        for world in generate(name, options.cases or DEFAULT_CASES[name], options.seed)
    ]
    results: list[Result] = []
    broken = False
    try:
        for result in prove(daemons, worlds, options.jobs, _say):
            results.append(result)
            if options.save:
                with options.save.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(answered(result)) + "\n")
    except LabError as error:
        _say(f"the proof broke off: {error}")
        broken = True
    bad = [result for result in results if result.differs]
    for result in bad[:SHRUNK_AT_MOST]:
        print(describe(shrink(result, daemons[result.world.daemon])))
    if len(bad) > SHRUNK_AT_MOST:
        print(f"and {len(bad) - SHRUNK_AT_MOST} more, e.g. {bad[-1].case['case']}")
    for name in daemons:
        mine = [result for result in results if result.world.daemon == name]
        agreeing = sum(not result.differs for result in mine)
        print(f"{name} ({daemons[name].title}): {agreeing} of {len(mine)} agree")
    if options.report and not broken:
        options.report.parent.mkdir(parents=True, exist_ok=True)
        options.report.write_text(report(results, daemons, options.seed), encoding="utf-8")
    return 2 if broken else int(bool(bad))


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m labs.agreement",
        description="Put generated decision cases to real routing daemons and compare the answers "
        "with the model's. Starts daemons in namespaces of its own; needs no root.",
    )
    parser.add_argument(
        "--cases",
        type=int,
        metavar="N",
        help="cases for each daemon (default: "
        + ", ".join(f"{name} {count}" for name, count in DEFAULT_CASES.items())
        + ")",
    )
    parser.add_argument("--seed", type=int, default=1, help="another seed makes other cases")
    parser.add_argument(
        "--daemon", action="append", choices=list(ROUTERS), help="only this one; may be repeated"
    )
    parser.add_argument("--jobs", type=int, default=2, help="worlds played at a time (default 2)")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write the report, Markdown")
    parser.add_argument(
        "--save",
        type=Path,
        metavar="FILE",
        help="append the answered cases, one JSON object a line",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
