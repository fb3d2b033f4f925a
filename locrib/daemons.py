"""The routing daemons of the lessons, made ready once, and never in the way of opening the course.

Unpacking is the work of `labs.packages`. Here is the manner: what could not be had is remembered,
so that the next start is instant and offline; it is tried again when the learner asks for it.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from labs import packages
from labs.errors import LabError
from labs.process_tree import ProcessTree
from locrib import folders, records

WANTED = ("frr-8.4", "frr-10", "bird", "gobgp", "nftables")
"""The daemons the lessons run, and what loses packets between them; names of `labs.packages`."""

FORMAT, VERSION = "locrib-daemons-missing", 1
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Readiness:
    """The upstream version of each daemon that is there, and why each other one is not."""

    versions: Mapping[str, str]
    missing: Mapping[str, str]


def prepare(tell: Callable[[str], None], *, retry: bool = False) -> Readiness:
    """Make ready what can be had; without network, root or Debian, say so and go on.

    Args:
        tell: Called with a line for a person at each step.
        retry: Whether to try again for daemons that could not be had before.
    """
    try:
        versions = packages.available()
        known = {} if retry else remembered()
        lacking = [name for name in WANTED if name not in versions and name not in known]
        if not lacking:
            return Readiness(versions, {n: why for n, why in known.items() if n not in versions})
        tell(f"unpacking routing daemons ({', '.join(lacking)}), once")
        missing = {**known, **packages.ensure(lacking, tell).missing}
        _remember(missing)
        return Readiness(packages.available(), missing)
    except (LabError, OSError, ValueError) as error:
        # A lesson without a lab is still a lesson; the reason is shown, the traceback on request.
        _log.debug("no daemons", exc_info=True)
        return Readiness({}, dict.fromkeys(WANTED, str(error)))


def refusal() -> str | None:
    """Why no lab can run on this machine, with what to do about it; None when one can.

    Found out by starting one with nothing in it: some systems refuse namespaces to ordinary users
    in ways that show only then.
    """
    try:
        with ProcessTree():
            return None
    except LabError as error:
        return str(error)


def _memory() -> Path:
    return folders.state() / "daemons-missing.json"


def remembered() -> dict[str, str]:
    """Why daemons could not be had last time; nothing when unreadable: then it is tried."""
    try:
        found = records.read(_memory(), FORMAT, VERSION)["missing"]
        return {str(name): str(why) for name, why in found.items()}
    except (OSError, records.NewerRecordError, ValueError, KeyError, AttributeError):
        _log.debug("no memory of missing daemons in %s", _memory())
    return {}


def _remember(missing: Mapping[str, str]) -> None:
    folders.make(_memory().parent, "memory between runs")
    records.write(_memory(), FORMAT, VERSION, missing=dict(missing))
