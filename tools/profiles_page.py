"""Writes docs/profiles.md from the profiles themselves: the page cannot say what the code does not.

Run: python tools/profiles_page.py (tests/test_docs.py holds the page to its source)
"""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "profiles.md"
sys.path.insert(0, str(ROOT))  # the tools run from a checkout, installed or not

from bgp.knobs import Knobs  # noqa: E402 - after the path is set
from bgp.messages import INELIGIBLE, PREFERENCES  # noqa: E402 - as above
from bgp.profiles import PROFILES, Method, Profile  # noqa: E402 - as above
from bgp.reasons import Undecided  # noqa: E402 - as above

WALKS = {
    Method.ELIMINATION: "each step removes paths from consideration and the rest go on; the order "
    "of arrival plays no part",
    Method.NEWEST_FIRST: "after each arrival one pass over the list, newest path first, keeping "
    "the better of two",
    Method.SORTED_INSERTION: "a new path is put ahead of the first kept path that it beats; "
    "`bgp deterministic-med` makes its groups and the insertion does not look at them",
    Method.INCUMBENT: "an arrival is compared with the best route only; with deterministic MED its "
    "neighbor-AS group is redone first",
    Method.STABLE_SORT: "the list is sorted anew, stably, on each arrival",
}

HEAD = """\
# Decision profiles

<!-- Written by tools/profiles_page.py from bgp/profiles.py. Change the code, then run it. -->

A profile is a speaker's decision process: a tuple of steps, what is refused beforehand, and the
way candidates are walked. What each is proven against is in [agreement.md](agreement.md).
`locrib bestpath --profile NAME` and the calculator use them; `frr` alone means the FRR unpacked on
this machine, 8.4 where both or none is.
"""

READING = """\
## Reading a result

`decided_by` is one of the step names above, or `{undecided}`. It is the last step that put a path
out of the running: what settled the matter. FRR's `selectionReason` is another thing, the last
comparison FRR happened to make, and names the decisive step only by luck once there are three
paths. Results carry both.

Options that change what is advertised, or how traffic is weighted, and never which path is best,
are not knobs here: `as-set`/`no-as-set` of `multipath-relax`, `bgp bestpath bandwidth`, and the
weight a link-bandwidth community gives.
"""


def page() -> str:
    """Return the whole page."""
    parts = [HEAD, *(_section(profile) for profile in PROFILES.values()), _knobs(), _refusals()]
    undecided = "`, `".join(word.value for word in Undecided)
    parts.append(READING.format(undecided=undecided))
    return "\n".join(parts)


def _section(profile: Profile) -> str:
    words = ("FRR's words",) if profile.gives_reason else ()
    rows = [
        (
            str(number),
            f"`{step.id.value}`",
            PREFERENCES[step.id],
            *((step.reason or "-",) if words else ()),
            step.source,
        )
        for number, step in enumerate(profile.steps, start=1)
    ]
    return "\n".join(
        [
            f"## {profile.title} (`{profile.name}`)",
            "",
            f"{profile.versions}. Walk: {WALKS[profile.method]}.",
            "",
            *_table(("", "step", "prefers", *words, "source"), rows),
            "",
        ]
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(line)} |" for line in lines]


def _knobs() -> str:
    rows = [
        (
            f"`{knob}`",
            *("yes" if knob in profile.knobs else "-" for profile in PROFILES.values()),
        )
        for knob in Knobs.__dataclass_fields__
    ]
    return "\n".join(
        [
            "## Knobs",
            "",
            "A speaker that does not have a knob ignores it, and says so when a person asks.",
            "",
            *_table(("knob", *(f"`{name}`" for name in PROFILES)), rows),
            "",
        ]
    )


def _refusals() -> str:
    rows = [(f"`{cause.value}`", text) for cause, text in INELIGIBLE.items()]
    return "\n".join(
        [
            "## Eligibility",
            "",
            "Before preference comes eligibility.",
            "",
            *_table(("cause", "what it is"), rows),
            "",
        ]
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)} written")
