"""The one configuration file of Jupyter: what it may contain, and that Jupyter understands it."""

import ast
from pathlib import Path

import pytest
from traitlets.config import Config, Configurable
from traitlets.config.loader import PyFileConfigLoader
from traitlets.utils.importstring import import_item

from locrib import course

FILE = Path(__file__).parents[1] / "jupyter_config.py"
HOMES = {
    "ServerApp": "jupyter_server.serverapp.ServerApp",
    "LabApp": "jupyterlab.labapp.LabApp",
    "MultiKernelManager": "jupyter_client.multikernelmanager.MultiKernelManager",
    "KernelManager": "jupyter_client.manager.KernelManager",
    "NotebookClient": "nbclient.client.NotebookClient",
    "NbConvertBase": "nbconvert.utils.base.NbConvertBase",
}


def configuration() -> Config:
    return PyFileConfigLoader(FILE.name, path=str(FILE.parent)).load_config()


def test_it_only_assigns_because_lab_runs_it_six_times_a_start() -> None:
    _docstring, *statements = ast.parse(FILE.read_text(encoding="utf-8")).body
    for statement in statements:
        assert isinstance(statement, ast.Assign), ast.unparse(statement)
    calls = [node for node in ast.walk(ast.Module(statements, [])) if isinstance(node, ast.Call)]
    assert [ast.unparse(call) for call in calls] == ["get_config()"]


@pytest.mark.parametrize("section", HOMES)
def test_every_setting_is_one_that_jupyter_has(section: str) -> None:
    owner: type[Configurable] = import_item(HOMES[section])
    assert set(configuration()[section]) <= set(owner.class_traits(config=True))


def test_no_section_is_left_unchecked() -> None:
    assert set(configuration()) == set(HOMES)


def test_lab_opens_on_the_courses_home_page() -> None:
    assert configuration()["LabApp"]["default_url"] == f"/lab/tree/{course.HOME}"
