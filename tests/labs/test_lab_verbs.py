"""What a lab's verbs refuse before anybody is asked, whoever carries them out."""

from pathlib import Path

import pytest

from labs.errors import LabError
from labs.lab_recording import Recording
from labs.lab_replay import Replay


@pytest.fixture
def lab(tmp_path: Path) -> Replay:
    """A recording of a lab that nobody ever asked anything."""
    file = tmp_path / "silent.json"
    Recording("first-session", "A first session").save(file)
    return Replay(file)


@pytest.mark.parametrize(
    "prefix", ["10.244.1.0/33", "999.1.1.1", "", "2001:db8::/32", "10.0.0.0/8 json\nexit", "; ls"]
)
def test_what_is_no_prefix_is_refused_and_no_router_is_asked(lab: Replay, prefix: str) -> None:
    with pytest.raises(LabError, match=r"expected an IPv4 prefix such as 10\.244\.1\.0/24, seen"):
        lab.paths("tor1", prefix)


@pytest.mark.parametrize("prefix", ["10.244.1.0/24", "10.244.1.10"])
def test_a_prefix_and_an_address_are_asked_for(lab: Replay, prefix: str) -> None:
    with pytest.raises(LabError, match="was not recorded"):
        lab.paths("tor1", prefix)
