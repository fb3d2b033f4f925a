"""What docs/cluster.md tells people to type, typed; its tables, held against what there is."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from kubectl import Cluster, binary
from paper_nodes import PaperNodes
from unpacked import wanted

from labs.integrations import named
from labs.integrations.metallb import INTEGRATION
from labs.kube.controller import run_controllers
from labs.kube.core_kinds import CORE_KINDS
from labs.kube.reviews import KINDS as REVIEWS
from labs.packages import Daemons
from labs.polling import poll

TOP = Path(__file__).parents[3]
PAGE = (TOP / "docs" / "cluster.md").read_text(encoding="utf-8")
SECONDS = 120.0


def block(language: str) -> str:
    """The page's only block of code in a language."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    return str(found)


def first_cells(heading: str) -> list[str]:
    """The words in code of the first cells of the table below a heading."""
    section = PAGE.partition(f"\n{heading}\n")[2].partition("\n#")[0]
    rows = [row.split("|")[1] for row in section.splitlines() if row.startswith("| `")]
    return [word for row in rows for word in re.findall(r"`([^`]+)`", row)]


def test_every_kind_of_a_cluster_is_in_the_table_and_no_other() -> None:
    known = {one.kind for one in (*CORE_KINDS, *REVIEWS, *INTEGRATION.kinds)}
    told = first_cells("### Kinds")
    assert len(told) == len({*told})
    assert {*told} == known


def test_every_command_of_kubectl_is_in_the_table_once() -> None:
    told = subprocess.run([binary(), "--help"], capture_output=True, text=True, check=True).stdout
    known = set(re.findall(r"^  ([a-z-]+) {2,}\S", told, re.MULTILINE))
    written = first_cells("### Verbs")
    assert len(known) > 40
    assert len(written) == len({*written})
    assert {*written} == known


def test_the_integration_on_the_page_is_one(tmp_path: Path) -> None:
    (tmp_path / "announcer.py").write_text(block("python"), encoding="utf-8")
    integration = named("announcer", tmp_path)
    nodes = PaperNodes(("node1", "node2"))
    with Cluster(kinds=integration.kinds) as cluster:
        running = run_controllers(cluster.api, integration.controllers(cluster.api, nodes))
        try:
            spec = {"asn": 64512, "peer": "172.18.0.254", "peerASN": 65099}
            cluster.api.create(
                {
                    "apiVersion": "example.com/v1",
                    "kind": "Announcement",
                    "metadata": {"name": "all"},
                    "spec": {**spec, "prefixes": ["10.9.0.0/24"]},
                }
            )
            poll(
                "both nodes are told",
                lambda: all(
                    "network 10.9.0.0/24" in (nodes.texts.get(name) or [""])[-1]
                    for name in nodes.names()
                ),
            )
        finally:
            running.close()


@pytest.mark.lab
def test_the_commands_on_the_page_work(daemons: Daemons, namespaces: None, tmp_path: Path) -> None:
    del namespaces
    for name in ("frr-8.4", "nftables"):
        wanted(daemons, name)
    runtime = tmp_path / "run"
    runtime.mkdir(mode=0o700)
    (tmp_path / "vip.yaml").write_text(block("yaml"), encoding="utf-8")
    command = f'locrib() {{ "{sys.executable}" -P -m locrib "$@"; }}\n'
    end = "trap 'locrib lab down >/dev/null 2>&1 || true' EXIT\n"
    done = subprocess.run(
        ["bash", "-e", "-c", f"{command}{end}{block('sh')}"],
        cwd=tmp_path,
        env=os.environ | {"XDG_RUNTIME_DIR": str(runtime), "PYTHONPATH": str(TOP)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert 'announcing from node "node1"' in done.stdout
    assert "172.30.200.1 (VIP)" in done.stdout
