"""Captures as several people take them at once, of links that go down, and of more than is kept."""

from collections.abc import Iterator

import pytest
from unpacked import wanted

from labs import lab_capture
from labs.errors import LabError
from labs.lab import Lab
from labs.packages import Daemons
from labs.topology_file import parse

pytestmark = pytest.mark.lab
CABLE = """
title = "A cable"

[host.left]
role = "client"

[host.right]
role = "client"

[[link]]
ends = ["left", "right"]
addresses = ["192.0.2.1/24", "192.0.2.2/24"]
"""


@pytest.fixture
def lab(daemons: Daemons, namespaces: None) -> Iterator[Lab]:
    del namespaces
    wanted(daemons, "nftables")
    with Lab(parse(CABLE, "cable.toml")) as lab:
        yield lab


def call(lab: Lab) -> None:
    """Ask for an answer that is not there: a SYN one way, an RST the other."""
    (answer,) = lab.curl("left", "http://192.0.2.2/")
    assert answer.error is not None


def calls(text: str) -> int:
    return text.count("Flags [S]")


def test_two_captures_of_one_link_do_not_take_each_others_packets(lab: Lab) -> None:
    with lab.capture("left", "right", "tcp") as longer:
        call(lab)
        with lab.capture("left", "right", "tcp") as shorter:
            call(lab)
        call(lab)
    assert (calls(longer.text), calls(shorter.text)) == (3, 1)


def test_the_first_to_begin_may_be_the_first_to_end(lab: Lab) -> None:
    first, second = (lab.capture("left", "right", "tcp") for _ in range(2))
    one = first.__enter__()
    other = second.__enter__()
    call(lab)
    first.__exit__(None, None, None)
    call(lab)
    second.__exit__(None, None, None)
    assert (calls(one.text), calls(other.text)) == (1, 2)


def test_a_capture_outlives_its_link_going_down(lab: Lab) -> None:
    with lab.capture("left", "right", "tcp") as seen:
        call(lab)
        lab.run("left", "ip link set right down; ip link set right up")
        call(lab)
    assert calls(seen.text) == 2


def test_what_a_capture_does_not_keep_is_counted(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lab_capture, "LIMIT", 1)
    with lab.capture("left", "right", "tcp") as seen:
        call(lab)
    assert seen.text.startswith("... and ")
    assert seen.text.endswith(" packets more than a capture keeps\n")


def test_a_capture_that_tcpdump_reads_too_slowly_says_what_to_do(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    capture = lab.capture("left", "right")
    capture.__enter__()
    monkeypatch.setattr(lab_capture, "READ_SECONDS", 0.0)
    with pytest.raises(LabError, match="capture for a shorter time"):
        capture.__exit__(None, None, None)
