import itertools

import pytest

from labs.errors import LabError
from labs.polling import poll


def test_a_poll_returns_the_first_true_value() -> None:
    answers = iter([None, 0, "", "ready", "later"])
    assert poll("an answer", lambda: next(answers)) == "ready"


def test_a_poll_that_ends_in_vain_says_what_was_awaited_and_what_was_seen() -> None:
    seen = itertools.count()

    def never() -> None:
        next(seen)

    with pytest.raises(LabError, match=r"the moon: not within 0\.05 seconds: only stars"):
        poll("the moon", never, 0.05, lambda: "only stars")
    assert next(seen) > 1
