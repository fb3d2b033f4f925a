"""`python -m labs.sessions record --out DIR`: record FRR's logs of real sessions anew."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from bgp.fsm_recording import RecordedLog
from labs.errors import LabError
from labs.packages import Daemon, ensure
from labs.process_tree import ProcessTree
from labs.sessions.link import configuration, link
from labs.sessions.scenarios import NEIGHBOR, SCENARIOS, Scenario

FRRS = ("frr-8.4", "frr-10")
NOISE = "Update Group Hash"  # lines of it, none about a session


def record(daemon: Daemon, scenario: Scenario) -> RecordedLog:
    """Play a scenario with a daemon and return what bgpd logged.

    Raises:
        LabError: the session did not go as the scenario says.
    """
    config = configuration([NEIGHBOR], scenario.options)
    with ProcessTree() as tree, link(tree, daemon, config) as (frr, far):
        scenario.play(frr, far)
        lines = [line for line in frr.log().splitlines() if " BGP: " in line and NOISE not in line]
    return RecordedLog(scenario.name, daemon.name, daemon.title, scenario.done, "\n".join(lines))


def main(arguments: Sequence[str] | None = None) -> int:
    """Record what was asked for.

    Returns:
        0 when all was recorded, 1 when a session went otherwise, 2 when no FRR can be had.
    """
    options = _parser().parse_args(arguments)
    daemons = ensure(FRRS, progress=_say)
    if not daemons:
        return 2
    options.out.mkdir(parents=True, exist_ok=True)
    failed = False
    for name in daemons:
        for scenario in SCENARIOS:
            if options.scenario and scenario.name not in options.scenario:
                continue
            try:
                recording = record(daemons[name], scenario)
            except LabError as error:
                _say(f"{scenario.name} with {name}: {error}")
                failed = True
                continue
            path = options.out / f"{scenario.name}.{name}.log"
            path.write_text(recording.text(), encoding="utf-8")
            print(f"{path}: {len(recording.transitions)} transitions")
    return int(failed)


def _say(line: str) -> None:
    print(line, file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m labs.sessions", description=__doc__)
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    verb = verbs.add_parser("record", help="record FRR's logs of real sessions")
    verb.add_argument("--out", type=Path, required=True, help="the folder for the recordings")
    names = [scenario.name for scenario in SCENARIOS]
    verb.add_argument(
        "--scenario", action="append", choices=names, help="only this one; may be given again"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
