"""How often a test of labs does what may go wrong now and then: often in `make soak` only.

One switch for all kinds of test: hypothesis' profile `soak` gives properties thousands of
examples, and what repeats itself against real daemons its full count. tests/labs/conftest.py takes
the two names below in.
"""

from fnmatch import fnmatch
from typing import Final, Protocol

import pytest

WHOLE_TESTS: Final = {
    "test_incident_*.py": 20,
    "test_fsm_trials.py": 3,
    "test_fsm_scenarios.py": 5,
    "test_fsm_timers.py": 3,
    "test_fsm_delay_open.py": 3,
}
"""How often `make soak` repeats each test of a file; its module's lab stays up meanwhile."""


class Times(Protocol):
    """A count that depends on the run."""

    def __call__(self, usually: int, *, soak: int) -> int:
        """Return the count for this run."""


def is_soaking(config: pytest.Config) -> bool:
    return bool(config.getoption("--hypothesis-profile") == "soak")


@pytest.fixture(scope="session")
def times(pytestconfig: pytest.Config) -> Times:
    """Choose a count: `times(10, soak=200)`."""
    soaking = is_soaking(pytestconfig)

    def chosen(usually: int, *, soak: int) -> int:
        return soak if soaking else usually

    return chosen


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test of each turn, so that a long run tells how far it is and which turn failed.

    A test marked `turns(4, soak=80)` takes its turn's number as `turn`. The tests of `WHOLE_TESTS`
    are repeated as they are, where the run soaks.
    """
    if (turns := metafunc.definition.get_closest_marker("turns")) is not None:
        count = turns.kwargs["soak"] if is_soaking(metafunc.config) else turns.args[0]
        metafunc.parametrize("turn", range(1, count + 1), ids=lambda turn: f"turn-{turn}")
        return
    file = metafunc.definition.path.name
    count = next((n for pattern, n in WHOLE_TESTS.items() if fnmatch(file, pattern)), 1)
    if is_soaking(metafunc.config) and count > 1:
        metafunc.fixturenames.append("turn")
        metafunc.parametrize("turn", range(1, count + 1), ids=lambda turn: f"turn-{turn}")
