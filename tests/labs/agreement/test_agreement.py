"""The proof: the model decides as FRR 8.4, FRR 10, BIRD 2 and GoBGP 3 decide."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ordinary_user import ORDINARY_USER, as_ordinary_user, ordinary_home, skip_unless_readable

from bgp.case import decide_case, parse_case
from labs.agreement.__main__ import main
from labs.agreement.dialects import DIALECTS
from labs.agreement.generate import generate
from labs.agreement.proof import DEFAULT_CASES, Result, prove
from labs.agreement.report import report
from labs.agreement.shrink import describe, shrink
from labs.packages import Daemons

pytestmark = pytest.mark.lab

TOP = Path(__file__).parents[3]
SEED = 1


@pytest.fixture(scope="module")
def results(daemons: Daemons, namespaces: None) -> list[Result]:
    """Every case of the proof, answered by every daemon there is; written to build/."""
    del namespaces
    # Not all that can be unpacked decides between paths.
    speakers = {name: daemons[name] for name in DEFAULT_CASES if name in daemons}
    worlds = [world for name in speakers for world in generate(name, DEFAULT_CASES[name], SEED)]
    found = list(prove(speakers, worlds, 2, print))
    (TOP / "build").mkdir(exist_ok=True)
    (TOP / "build/agreement.md").write_text(report(found, speakers, SEED), encoding="utf-8")
    return found


@pytest.mark.parametrize("name", DEFAULT_CASES)
def test_the_model_agrees_with_the_daemon(
    name: str, daemons: Daemons, results: list[Result]
) -> None:
    if name not in daemons:
        pytest.skip(f"{name}: {daemons.missing[name]}")
    mine = [result for result in results if result.world.daemon == name]
    assert len(mine) == DEFAULT_CASES[name]
    wrong = [result for result in mine if result.differs]
    assert not wrong, "\n".join(
        [f"{len(wrong)} of {len(mine)} disagree; the first, shrunk:"]
        + [describe(shrink(result, daemons[name])) for result in wrong[:2]]
    )


REACHED = {
    "frr-8.4": {
        *("llgr-stale", "weight", "local-pref", "local-route", "as-path-length", "origin", "med"),
        *("as-path-length-with-confederation", "peer-type", "confed-peer-type", "igp-metric"),
        *("cluster-list-length-as-metric", "older-path", "router-id", "cluster-list-length"),
        *("neighbor-address", "only-path", "no-eligible-path"),
    },
    "frr-10": {
        *("llgr-stale", "weight", "local-pref", "local-route", "as-path-length", "origin", "med"),
        *("as-path-length-with-confederation", "peer-type", "confed-peer-type", "igp-metric"),
        *("aigp", "older-path", "router-id", "cluster-list-length", "neighbor-address"),
        *("only-path", "no-eligible-path"),
    },
    "bird": {
        *("llgr-stale", "local-pref", "local-route", "aigp", "as-path-length", "origin", "med"),
        *("peer-type", "igp-metric", "older-path", "router-id", "cluster-list-length"),
        *("next-hop-resolvable", "neighbor-address", "only-path"),
    },
    "bird-1.6": {"local-pref", "as-path-length", "med", "igp-metric", "older-path", "router-id"},
    "gobgp": {
        *("llgr-stale", "local-pref", "local-route", "as-path-length", "origin", "med"),
        *("peer-type", "older-path", "router-id", "neighbor-address", "only-path"),
    },
}
"""Steps that settle at least one case of the proof: all that announcements and options reach."""


@pytest.mark.parametrize("name", REACHED)
def test_every_step_within_reach_decided_a_case(
    name: str, daemons: Daemons, results: list[Result]
) -> None:
    if name not in daemons:
        pytest.skip(f"{name}: {daemons.missing[name]}")
    assert name in DIALECTS
    reached = {result.decided_by for result in results if result.world.daemon == name}
    assert REACHED[name] - reached == set()


def test_the_command_saves_what_was_answered_and_writes_the_report(
    daemons: Daemons, namespaces: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    del namespaces
    if "bird" not in daemons:
        pytest.skip(f"bird: {daemons.missing['bird']}")
    saved, written = tmp_path / "cases.jsonl", tmp_path / "docs" / "agreement.md"
    chosen = ["--daemon", "bird", "--cases", "20", "--seed", "8"]
    assert main([*chosen, "--save", str(saved), "--report", str(written)]) == 0
    assert capsys.readouterr().out == f"bird ({daemons['bird'].title}): 20 of 20 agree\n"
    lines = [json.loads(line) for line in saved.read_text(encoding="utf-8").splitlines()]
    assert [decide_case(parse_case(case), "bird").best for case in lines] == [
        case["best"] for case in lines
    ]
    text = written.read_text(encoding="utf-8")
    assert f"| `bird` | {daemons['bird'].title} | `bird` | best | 20 | 20 (100.0 %) |" in text
    assert main([*chosen, "--report", str(tmp_path / "again.md")]) == 0
    assert (tmp_path / "again.md").read_text(encoding="utf-8") == text


@pytest.fixture
def someone() -> Iterator[Path]:
    """The home of an ordinary user made for this test."""
    with ordinary_home() as home:
        yield home


def test_an_ordinary_user_unpacks_the_daemons_and_proves_the_same(
    someone: Path, namespaces: None
) -> None:
    del namespaces
    skip_unless_readable(someone, "labs.agreement")
    chosen = ["--daemon", "frr-8.4", "--daemon", "bird", "--cases", "20"]
    done = as_ordinary_user(someone, sys.executable, "-m", "labs.agreement", *chosen)
    if "could not be fetched" in done.stderr:
        pytest.skip(f"no network to unpack from: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr + done.stdout
    for line in done.stdout.splitlines():
        assert line.endswith(": 20 of 20 agree")
    assert (someone / ".local/share/locrib/daemons").stat().st_uid == ORDINARY_USER
