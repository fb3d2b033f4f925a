"""What a node's FRR is given, from objects in YAML to the whole text.

Each golden/NAME.yaml begins with the node whose text golden/NAME.conf is. The texts were
written by the renderer and read line by line against MetalLB's templates; the renderer was held
against MetalLB's own golden files as well, which are not kept here.
"""

from pathlib import Path
from typing import Any

import pytest
import yaml

from labs.integrations.metallb_config import by_name, configuration, for_node
from labs.integrations.metallb_frr import render
from labs.integrations.metallb_speaker import decide, key, running, sessions
from labs.integrations.metallb_values import Resources

GOLDEN = Path(__file__).parent / "golden"
CASES = sorted(GOLDEN.glob("*.yaml"))
SLICES = "kubernetes.io/service-name"


def rendered(path: Path, loader: Any) -> str:
    about, *objects = [one for one in yaml.load_all(path.read_text(), loader) if one]

    def all_of(kind: str) -> list[Any]:
        return [one for one in objects if one["kind"] == kind]

    resources = Resources(
        all_of("IPAddressPool"),
        all_of("BGPPeer"),
        all_of("BFDProfile"),
        all_of("BGPAdvertisement"),
        all_of("L2Advertisement"),
        all_of("Community"),
        {one["metadata"]["name"]: one for one in all_of("Secret")},
        all_of("Node"),
        all_of("Namespace"),
        next(iter(all_of("ConfigMap")), None),
    )
    (node,) = (one for one in all_of("Node") if one["metadata"]["name"] == about["node"])
    config = configuration(by_name(for_node(resources, node)))
    decisions = [
        decide(
            config,
            node,
            service,
            [
                one
                for one in all_of("EndpointSlice")
                if one["metadata"]["labels"][SLICES] == service["metadata"]["name"]
            ],
        )
        for service in sorted(all_of("Service"), key=key)
    ]
    opened = sessions(running(config, node), decisions)
    level = about.get("logLevel", "info")
    return render(about["node"], opened, config.bfd_profiles, config.extras, level)


def test_there_are_golden_files() -> None:
    assert len(CASES) >= 6
    assert {path.stem for path in CASES} == {path.stem for path in GOLDEN.glob("*.conf")}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_objects_become_the_text_that_metallb_gives_frr(path: Path, strings: Any) -> None:
    assert rendered(path, strings) == path.with_suffix(".conf").read_text()


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_order_of_objects_does_not_matter(path: Path, strings: Any, tmp_path: Path) -> None:
    about, *objects = path.read_text().split("\n---\n")
    turned = tmp_path / path.name
    turned.write_text("\n---\n".join([about, *reversed(objects)]))
    assert rendered(turned, strings) == path.with_suffix(".conf").read_text()
