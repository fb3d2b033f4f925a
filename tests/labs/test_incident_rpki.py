"""A route that turns invalid is marked so at once, and used until its policy is asked again.

The cache (RFC 6811) tells something new; FRR marks the route and leaves it in place. What a border
marks and refuses at first is in `test_roas`.
"""

from collections.abc import Iterator

import pytest
from unpacked import wanted

from labs.lab import Lab
from labs.packages import Daemons
from labs.polling import poll

pytestmark = pytest.mark.lab
OURS, THEIRS = "198.51.100.0/24", "203.0.113.0/24"
KNOWN = f"{OURS} from 64701"


@pytest.fixture
def lab(daemons: Daemons, namespaces: None) -> Iterator[Lab]:
    del namespaces
    for name in ("frr-8.4", "bird", "stayrtr"):
        wanted(daemons, name)
    with Lab("origin-validation") as lab:
        yield lab


def validity(lab: Lab, prefix: str) -> set[str]:
    """What the border's bgpd calls its paths to a prefix."""
    told = lab.show("border", f"show bgp ipv4 unicast {prefix}")
    return {word for word in ("valid", "invalid", "not found")
            if f"rpki validation-state: {word}" in told}  # fmt: skip


def way(lab: Lab, prefix: str) -> str:
    """The neighbor that the border's kernel sends the prefix's first address to, "" for none."""
    return lab.trace("border", prefix.replace(".0/24", ".1"))[0].to


def test_a_route_that_turns_invalid_is_used_until_the_policy_is_asked_again(lab: Lab) -> None:
    assert (validity(lab, OURS), way(lab, OURS)) == ({"valid"}, "legit")
    assert (validity(lab, THEIRS), way(lab, THEIRS)) == ({"not found"}, "hijacker")

    lab.roas("validator", KNOWN, f"{THEIRS} from 64701")
    poll("it is marked", lambda: validity(lab, THEIRS) == {"invalid"})
    assert way(lab, THEIRS) == "hijacker"
    lab.show("border", "clear bgp ipv4 unicast * soft in")
    poll("it has left the kernel", lambda: way(lab, THEIRS) == "")
    assert (validity(lab, OURS), way(lab, OURS)) == ({"valid"}, "legit")

    lab.roas("validator", KNOWN)
    poll("border has heard it", lambda: "203.0.113" not in lab.show(
        "border", "show rpki prefix-table"))  # fmt: skip
    lab.show("border", "clear bgp ipv4 unicast * soft in")
    poll("it is back", lambda: way(lab, THEIRS) == "hijacker")
    assert validity(lab, THEIRS) == {"not found"}
