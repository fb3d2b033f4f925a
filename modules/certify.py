"""The model certifies the right answer: what a question asks of a scene, computed by `bgp`.

A question's file types no right answer. It names what is asked (`asks`), and each choice says what
it stands for (`value`); the choice whose value is the model's is the right one. So a question and
the calculator can never disagree.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from typing import Final

from bgp import Case, decide, decide_case
from bgp.decision import Decision

PRIVATE_ASNS: Final = (range(64512, 65535), range(4200000000, 4294967295))
"""RFC 6996: AS numbers for private use; 65535 and 4294967295 are reserved (RFC 7300)."""
MOST_ORDERED: Final = 6


def best(case: Case, profile: str, _: str) -> str:
    """Id of the best path, `none` without one."""
    return decide_case(case, profile).best or "none"


def sharing(case: Case, profile: str, _: str) -> str:
    """Ids of the paths that share the traffic, joined by `+`."""
    return "+".join(decide_case(case, profile).multipath) or "none"


def fate(case: Case, profile: str, path_id: str) -> str:
    """What becomes of one path: best, shares, `lost STEP` or `excluded REASON`."""
    decision = decide_case(case, profile)
    decision.path(path_id)
    excluded, lost = decision.why_ineligible(path_id), decision.lost(path_id)
    if excluded is not None:
        return f"excluded {excluded.value}"
    if path_id == decision.best:
        return "best"
    if path_id in decision.multipath:
        return "shares"
    return f"lost {lost.step.value}" if lost else "lost"


def both(case: Case, profile: str, other: str) -> str:
    """Best path of two profiles, joined by `/`."""
    return f"{best(case, profile, '')}/{best(case, other, '')}"


def winners(case: Case, profile: str, _: str) -> str:
    """Ids of all paths that are best in some order of arrival, joined by `+`."""
    return "+".join(sorted({found.best or "none" for found in orders(case, profile)}))


def decided_by(case: Case, profile: str, _: str) -> str:
    """Name of the step that settled it."""
    return decide_case(case, profile).decided_by.value


def private_asn(_: Case | None, __: str, choices: str) -> str:
    """Which of the numbers is an AS number for private use."""
    found = [text for text in choices.split() if any(int(text) in block for block in PRIVATE_ASNS)]
    return "+".join(found)


def orders(case: Case, profile: str) -> tuple[Decision, ...]:
    """Decide a case in every order of arrival.

    Raises:
        ValueError: more than `MOST_ORDERED` paths; there would be too many orders.
    """
    if len(case.paths) > MOST_ORDERED:
        raise ValueError(f"at most {MOST_ORDERED} paths have all their orders tried")
    return tuple(
        decide(paths, profile, case.speaker, case.knobs) for paths in permutations(case.paths)
    )


Ask = Callable[[Case, str, str], str]
ASKS: Final[dict[str, Ask]] = {
    ask.__name__.replace("_", "-"): ask for ask in (best, sharing, fate, both, winners, decided_by)
}
"""What can be asked of a scene; the third argument is the question's `of`."""
