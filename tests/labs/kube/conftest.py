"""What the tests of the cluster's API share: a server, the real kubectl, programs as containers."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from kubectl import Cluster, Kubectl
from local_containers import LocalContainers


@pytest.fixture
def containers(tmp_path: Path) -> LocalContainers:
    folder = tmp_path / "logs"
    folder.mkdir()
    return LocalContainers(folder)


@pytest.fixture
def cluster(containers: LocalContainers) -> Iterator[Cluster]:
    with Cluster(containers=containers) as running:
        yield running


@pytest.fixture
def kubectl(cluster: Cluster, tmp_path: Path) -> Kubectl:
    home = tmp_path / "home"
    home.mkdir()
    return Kubectl(home, cluster.url)
