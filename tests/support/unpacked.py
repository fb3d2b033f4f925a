"""The daemons a test of labs needs, or a skip that says why one is missing."""

import pytest

from labs.errors import LabError
from labs.packages import Daemon, Daemons


def wanted(daemons: Daemons, name: str) -> Daemon:
    """Return a daemon, or skip saying why it is missing and what mends it."""
    try:
        return daemons[name]
    except LabError as error:
        pytest.skip(str(error))
