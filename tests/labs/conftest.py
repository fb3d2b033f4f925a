"""What the tests of labs share: real namespaces and real daemons, or a skip that says why."""

from collections.abc import Iterator

import pytest
from counts import pytest_generate_tests, times
from owners import start
from unpacked import wanted

from labs.errors import LabError
from labs.packages import OFFERS, Daemon, Daemons, ensure
from labs.process_tree import ProcessTree

__all__ = ["pytest_generate_tests", "start", "times"]


@pytest.fixture(scope="session")
def daemons() -> Daemons:
    """Every daemon that can be had on this machine, unpacked once into the user's data folder."""
    return ensure(OFFERS)


@pytest.fixture(scope="session")
def namespaces() -> None:
    """Skip where the system refuses namespaces, saying what would allow them."""
    try:
        ProcessTree().close()
    except LabError as error:
        pytest.skip(str(error))


@pytest.fixture
def tree(namespaces: None) -> Iterator[ProcessTree]:
    """A lab's namespaces with nothing in them yet."""
    del namespaces
    with ProcessTree() as lab:
        yield lab


@pytest.fixture
def router(daemons: Daemons, request: pytest.FixtureRequest) -> Daemon:
    """The daemon a test names by `@pytest.mark.parametrize("router", [...], indirect=True)`."""
    return wanted(daemons, request.param)
