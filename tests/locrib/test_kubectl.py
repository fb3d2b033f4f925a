"""`locrib kubectl` on a lab that is up: words, input, exit codes, and Ctrl-C are kubectl's own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from labs.errors import LabError
from labs.packages import OFFERS, ensure
from labs.polling import poll
from labs.process_tree import ProcessTree
from locrib.trouble import Exit

TOP = Path(__file__).parents[2]
LOCRIB = [sys.executable, "-P", "-m", "locrib"]
pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment in which one lab with a cluster is up."""
    try:
        ProcessTree().close()
    except LabError as error:
        pytest.skip(str(error))
    found = ensure(OFFERS)
    for name in ("frr-8.4", "nftables"):
        if name in found.missing:
            pytest.skip(found.missing[name])
    runtime = tmp_path_factory.mktemp("runtime")
    runtime.chmod(0o700)
    environment = os.environ | {"XDG_RUNTIME_DIR": str(runtime), "PYTHONPATH": str(TOP)}
    environment.pop("LOCRIB_LAB", None)
    run = [*LOCRIB, "lab", "up", "cluster", "--detach", "--idle", "5m"]
    subprocess.run(run, env=environment, check=True, capture_output=True, timeout=90)
    yield environment
    subprocess.run([*LOCRIB, "lab", "down"], env=environment, check=True, capture_output=True)


def kubectl(
    place: dict[str, str], *words: str, given: str = "", folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*LOCRIB, "kubectl", *words],
        env=place, cwd=folder, input=given, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_words_and_streams_pass_through(place: dict[str, str]) -> None:
    done = kubectl(place, "get", "nodes", "-o", "name")
    assert done.stdout.split() == ["node/node1", "node/node2", "node/node3"]
    wrong = kubectl(place, "get", "nothing", "--ignore-not-found")
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert "doesn't have a resource type" in wrong.stderr


def test_files_are_found_where_the_learner_stands(place: dict[str, str], tmp_path: Path) -> None:
    color = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": "b"}}
    (tmp_path / "c.json").write_text(json.dumps(color), encoding="utf-8")
    assert "created" in kubectl(place, "apply", "-f", "c.json", folder=tmp_path).stdout
    color["data"] = {"a": "c"}
    assert "configured" in kubectl(place, "apply", "-f", "-", given=json.dumps(color)).stdout


def test_a_command_in_a_pod_reads_the_learners_input(place: dict[str, str]) -> None:
    run = ("run", "-i", "--rm", "--quiet", "one", "--image=busybox", "--restart=Never", "--")
    done = kubectl(place, *run, "sh", "-c", "read word; echo got $word", given="hello\n")
    assert "got hello" in done.stdout
    kubectl(place, "run", "two", "--image=busybox", "--", "sleep", "600")
    kubectl(place, "wait", "--for=condition=Ready", "pod/two", "--timeout=30s")
    inside = kubectl(place, "exec", "-i", "two", "--", "sh", "-c", "cat; exit 9", given="in\n")
    assert (inside.returncode, inside.stdout) == (9, "in\n")


def test_ctrl_c_ends_a_watch(place: dict[str, str]) -> None:
    with subprocess.Popen(
        [*LOCRIB, "kubectl", "get", "nodes", "--watch", "-o", "name"],
        env=place, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as watch:  # fmt: skip
        assert watch.stdout is not None
        listed = [watch.stdout.readline() for _ in range(3)]
        # Once a change is told, the list is over and the watch has begun.
        kubectl(place, "label", "node", "node1", "seen=yes")
        told = watch.stdout.readline()
        watch.send_signal(signal.SIGINT)
        poll("the watch ends", lambda: watch.poll() is not None)
        assert watch.returncode == 1, "as kubectl itself ends"
    assert listed == [f"node/node{number}\n" for number in (1, 2, 3)]
    assert told == "node/node1\n"


def test_a_lab_without_a_cluster_says_which_has_one(place: dict[str, str], tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    alone = place | {"XDG_RUNTIME_DIR": str(tmp_path)}
    done = kubectl(alone, "get", "nodes")
    assert done.returncode == Exit.USAGE
    assert "locrib lab up cluster" in done.stderr
