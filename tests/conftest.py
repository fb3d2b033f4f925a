"""How every test of the project runs."""

import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings

# A property is judged by its answer and not by its pace: a loaded machine is no bug.
settings.register_profile("default", deadline=None)
settings.register_profile("soak", deadline=None, max_examples=5000)
settings.load_profile("default")

# A script starts what it puts in the background with SIGINT ignored, and what the tests start and
# interrupt would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

pytest_plugins = ["lab_page"]  # fixtures for tests in a browser: jupyter_server, chromium, lab

LONGEST_FIRST = (
    "modules/test_sessions_in_browser.py",
    "modules/test_lessons_run.py",
    "labs/kube/test_cluster_incidents.py",
    "locrib/test_cli.py",
    "locrib/test_lab.py",
    "widgets/test_session_fsm_browser.py",
    "widgets/test_browser.py",
    "labs/agreement/test_agreement.py",
    "locrib/test_server.py",
    "tools/test_bootstrap.py",
    "labs/test_packages.py",
    "labs/test_lab_docs.py",
    "labs/test_lab.py",
    "labs/test_lab_ends.py",
    "labs/test_lab_many_times.py",
    "labs/test_holder.py",
    "labs/test_lab_failures.py",
    "labs/test_stage.py",
    "labs/test_fsm_visible.py",
    "modules/test_lesson_in_browser.py",
)
"""Files of about half a minute and more, by what they take. Side by side with others they begin
first, so that the run does not end with one worker in a long file."""


def pytest_xdist_auto_num_workers() -> int:
    """`-n auto`: one more worker than there are processors, for most of the time is waiting."""
    return len(os.sched_getaffinity(0)) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first; the order within a file stays."""
    here = Path(__file__).parent
    turn = {here / name: number for number, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: turn.get(item.path, len(turn)))
