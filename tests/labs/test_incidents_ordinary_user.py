"""The incidents need no root: a sample of them, run by pytest as an ordinary user."""

import sys

import pytest
from ordinary_user import TOP, as_ordinary_user, give, ordinary_home, skip_unless_readable

from labs.packages import Daemons

SAMPLE = (
    "test_incident_rack.py",
    "test_lab_failures.py::test_a_lab_needs_no_room_on_the_disk",
    "test_lab_failures.py::test_a_full_run_folder_is_named_and_mended_by_room",
)


@pytest.mark.lab
def test_an_ordinary_user_proves_the_incidents(daemons: Daemons, namespaces: None) -> None:
    del namespaces
    for missing in daemons.missing.values():
        pytest.skip(missing)
    with ordinary_home() as home:
        skip_unless_readable(home, "pytest")
        for daemon in daemons.values():
            give(daemon, home)
        options = ["-q", "-p", "no:cacheprovider", "--basetemp", str(home / "tests")]
        tests = [str(TOP / "tests/labs" / name) for name in SAMPLE]
        done = as_ordinary_user(home, sys.executable, "-m", "pytest", *options, *tests)
        assert done.returncode == 0, done.stdout
        assert "skipped" not in done.stdout
