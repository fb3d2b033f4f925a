"""What docs/labs.md tells people to type, typed: its commands, its Python, its topology."""

import dataclasses
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from unpacked import wanted

from labs import topology_file
from labs.lab import Lab
from labs.packages import Daemons
from labs.topology import Host, Link, Service, Session, Side
from locrib.lab import COMMANDS

TOP = Path(__file__).parents[2]
PAGE = (TOP / "docs" / "labs.md").read_text(encoding="utf-8")
SECONDS = 120.0


def blocks(language: str) -> list[str]:
    """The page's blocks of code in a language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def routers(namespaces: None, daemons: Daemons) -> None:
    """Skip where the page's labs cannot run."""
    del namespaces
    for name in ("frr-8.4", "bird", "nftables"):
        wanted(daemons, name)


def rows(heading: str) -> Iterator[str]:
    """The first cells of the table below a heading of the page."""
    section = PAGE.partition(heading)[2]
    for row in section.partition("\n\n## ")[0].splitlines():
        if found := re.match(r"\| `([a-z-]+)` \|", row):
            yield found[1]


def test_every_command_on_the_page_exists() -> None:
    named = set(re.findall(r"locrib lab ([a-z]+)", PAGE))
    assert named
    assert named <= {*COMMANDS}


def test_every_verb_in_the_table_of_faults_exists() -> None:
    table = PAGE.partition("| what you break |")[2].partition("\n\n")[0]
    verbs = set(re.findall(r"`([a-z_]+)[(`]", table))
    assert {verb for verb in verbs if not hasattr(Lab, verb)} == set()
    assert len(verbs) > 10


def test_the_page_lists_the_topologies_that_ship() -> None:
    assert sorted(rows("## Up, look, down")) == sorted(topology_file.known())


def test_every_word_of_a_topology_is_on_the_page() -> None:
    kinds = (Host, Link, Service, Session, Side)
    words = {field.name for kind in kinds for field in dataclasses.fields(kind)}
    derived = {"name", "host", "sides", "daemons"}  # a table's place and name, and `daemon`
    assert {word for word in words - derived if f"`{word}`" not in PAGE} == set()


@pytest.mark.lab
@pytest.mark.usefixtures("routers")
def test_the_topology_on_the_page_comes_up_and_does_what_its_comment_says(tmp_path: Path) -> None:
    file = tmp_path / "uplink.toml"
    file.write_text("".join(blocks("toml")), encoding="utf-8")
    with Lab(str(file)) as lab:
        (answer,) = lab.curl("client", "10.244.1.10")
        assert (answer.server, answer.source) == ("web", "192.0.2.10")


@pytest.mark.lab
@pytest.mark.usefixtures("routers")
def test_the_python_on_the_page_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (text,) = blocks("python")
    exec(compile(text, "docs/labs.md", "exec"), {})  # noqa: S102 - it is the page's own
    said = capsys.readouterr().out
    assert said.count("answered and saw 172.18.0.") == 6
    assert "tor: session with node1" in said


@pytest.mark.lab
@pytest.mark.usefixtures("routers")
@pytest.mark.parametrize("number", range(len(blocks("sh"))))
def test_the_commands_on_the_page_work(number: int, tmp_path: Path) -> None:
    runtime, here = tmp_path / "run", tmp_path / "here"
    runtime.mkdir(mode=0o700)
    here.mkdir()
    differs = "|| [ $? = 6 ]"  # what `diff` says of two that are not the same
    command = f'locrib() {{ "{sys.executable}" -P -m locrib "$@" {differs}; }}\n'
    script = f"{command}trap 'locrib lab down >/dev/null 2>&1 || true' EXIT\n{blocks('sh')[number]}"
    done = subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=here,
        env=os.environ | {"XDG_RUNTIME_DIR": str(runtime), "PYTHONPATH": str(TOP)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "nothing is left of it" in done.stdout
