"""A new integration is one new file."""

from pathlib import Path
from typing import Any

import pytest

import labs.integrations
from labs.errors import LabError
from labs.integrations import found, named
from labs.kube.integration import Integration

HELLO = '''
"""An integration that is one file: a node greets whom an object names."""

from labs.kube.admission import DeniedError, Webhook
from labs.kube.core_meta import resource
from labs.kube.integration import Integration
from labs.kube.kinds import Kind
from labs.kube.schema import obj, string

GREETING = Kind(
    group="example.org",
    version="v1",
    kind="Greeting",
    plural="greetings",
    schema=resource("Whom to greet.", {"spec": obj("Whom.", {"name": string("Whom.")})}),
    namespaced=False,
)


def refuse_nobody(review):
    if not review.new["spec"].get("name"):
        raise DeniedError("nobody to greet")


class Greeter:
    name = "greeter"
    watches = ("greetings.example.org",)

    def __init__(self, api, nodes):
        self.api, self.nodes = api, nodes

    def reconcile(self):
        names = [one["spec"]["name"] for one in self.api.list("greetings.example.org")]
        for node in self.nodes.names():
            self.nodes.configure(node, "\\n".join(f"! hello {name}" for name in names))


INTEGRATION = Integration(
    name="hello",
    title="Hello",
    daemon="frr",
    kinds=(GREETING,),
    webhooks=(Webhook("h.example.org", ("greetings.example.org",), ("CREATE",), refuse_nobody),),
    manifests=(),
    controllers=lambda api, nodes: [Greeter(api, nodes)],
)
'''


def test_metallb_is_found_in_the_integrations_folder() -> None:
    assert found()["metallb"].title == "MetalLB"
    assert named("metallb").daemon == "frr"


def test_nothing_but_its_own_file_names_an_integration() -> None:
    folder = Path(labs.integrations.__file__).parent
    assert "metallb" not in (folder / "__init__.py").read_text().replace(
        "metallb_*.py", ""
    ).replace("metallb.py", "")


def test_one_new_file_is_a_whole_integration(tmp_path: Path, cluster: Any) -> None:
    (tmp_path / "hello.py").write_text(HELLO)
    (tmp_path / "hello_parts.py").write_text('"""A part without an integration of its own."""\n')
    integration = named("hello", tmp_path)
    assert list(found(tmp_path)) == ["hello"]
    world = cluster(integration)
    world.apply(
        "{apiVersion: example.org/v1, kind: Greeting, metadata: {name: a}, spec: {name: Bo}}"
    )
    world.settle()
    assert world.text() == "! hello Bo"
    with pytest.raises(Exception, match="denied the request: nobody to greet"):
        world.apply("{apiVersion: example.org/v1, kind: Greeting, metadata: {name: b}, spec: {}}")


def test_an_unknown_integration_is_told_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="no integration 'calico'; there are: metallb"):
        named("calico")
    with pytest.raises(LabError, match="there are: none"):
        named("calico", tmp_path)


def test_two_files_cannot_be_the_same_integration(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.py").write_text(HELLO)
    with pytest.raises(LabError, match=r"two\.py: there is an integration 'hello' already"):
        found(tmp_path)


def test_a_file_whose_integration_is_something_else_is_told(tmp_path: Path) -> None:
    (tmp_path / "odd.py").write_text("INTEGRATION = 3\n")
    with pytest.raises(LabError, match=r"odd\.py: INTEGRATION is a int"):
        found(tmp_path)


def test_a_module_that_only_mentions_the_word_is_none(tmp_path: Path) -> None:
    (tmp_path / "near.py").write_text("# no INTEGRATION here\n")
    assert found(tmp_path) == {}
    assert isinstance(named("metallb"), Integration)
