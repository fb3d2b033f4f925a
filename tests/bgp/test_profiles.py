import pytest

from bgp import InvalidValueError, Knobs, profile
from bgp.profiles import PROFILES, frr_profile_for
from bgp.reasons import StepId


@pytest.mark.parametrize(
    ("version", "name"),
    [
        ("8.4.4", "frr-8.4"),
        ("8.5", "frr-8.4"),
        ("10.0.1", "frr-8.4"),
        ("10.1", "frr-10"),
        ("10.3-3+deb13u1", "frr-10"),
        ("v10.5.0", "frr-10"),
        ("11", "frr-10"),
    ],
)
def test_the_frr_profile_follows_the_daemons_version(version: str, name: str) -> None:
    assert frr_profile_for(version).name == name


@pytest.mark.parametrize("version", ["", "ten", "10.x"])
def test_what_is_no_version_is_refused(version: str) -> None:
    with pytest.raises(InvalidValueError, match="a version such as"):
        frr_profile_for(version)


def test_frr_alone_is_8_4() -> None:
    assert profile("frr").name == "frr-8.4"


@pytest.mark.parametrize("name", PROFILES)
def test_each_step_of_a_profile_has_its_source_and_stands_once(name: str) -> None:
    steps = PROFILES[name].steps
    assert len({step.id for step in steps}) == len(steps)
    assert all(step.source for step in steps)
    assert StepId.NOTHING_LEFT not in {step.id for step in steps}


@pytest.mark.parametrize("name", ["frr-8.4", "frr-10"])
def test_each_step_of_frr_has_frrs_words(name: str) -> None:
    unworded = [step.id for step in PROFILES[name].steps if not step.reason]
    assert unworded == [StepId.LLGR_STALE]


def test_a_profile_names_the_knobs_it_ignores() -> None:
    options = Knobs(deterministic_med=True, as_path_ignore=True, maximum_paths=2)
    assert PROFILES["gobgp"].ignored(options) == ("deterministic_med", "maximum_paths")
    assert PROFILES["rfc4271"].ignored(Knobs()) == ()


def test_a_step_is_found_by_its_name() -> None:
    assert PROFILES["bird"].step(StepId.NEXT_HOP).id is StepId.NEXT_HOP
    with pytest.raises(KeyError):
        PROFILES["rfc4271"].step(StepId.WEIGHT)
